"""What people wear, drawn: shirts, jackets, shoes, socks, caps. Each returns SVG for a field of 200 by 200."""

from __future__ import annotations

from collections.abc import Callable

from appliance.demo.drawn_colours import Palette

__all__ = ["CLOTHES"]


def _tee(p: Palette, front: str) -> str:
    body = (
        "M70 43C78 55 122 55 130 43L156 54Q162 57 165 63L181 93Q182 96 179 98L160 107Q157 108 155 105"
        "L147 94V164Q147 168 143 169Q100 175 57 169Q53 168 53 164V94L45 105Q43 108 40 107L21 98Q18 96 19 93"
        "L35 63Q38 57 44 54Z"
    )
    return (
        f'<path d="M76 42C84 52 116 52 124 42C112 37 88 37 76 42Z" fill="{p.deep}"/>'
        f'<path d="{body}" fill="{p.fill}"/>{front}'
        f'<path d="M70 43C78 55 122 55 130 43L125 41C116 51 84 51 75 41Z" fill="{p.dark}"/>'
        '<path d="M147 94V164Q147 168 143 169Q128 172 112 172.5C133 146 139 112 133 66Z" fill="#1b2230" opacity=".1"/>'
        '<path d="M66 62C58 92 58 130 64 164" fill="none" stroke="#fff" stroke-width="7" opacity=".13"'
        ' stroke-linecap="round"/>'
        f'<path d="M53 94Q57 82 55 70M147 94Q143 82 145 70M54 161Q100 168 146 161M27 89L47 99M173 89L153 99"'
        f' fill="none" stroke="{p.dark}" stroke-width="1.6" stroke-linecap="round"/>'
    )


def _tee_plain(p: Palette) -> str:
    pocket = (
        f'<path d="M112 82H132V101Q122 108 112 101Z" fill="{p.light}" stroke="{p.dark}" stroke-width="1.4"/>'
        f'<path d="M112 86H132" stroke="{p.dark}" stroke-width="1.2" stroke-dasharray="2 2"/>'
        f'<path d="M127 82H132V89H127Z" fill="{p.accent}"/>'
    )
    return _tee(p, pocket)


def _tee_striped(p: Palette) -> str:
    bands = "".join(f"M53 {y}Q100 {y + 8} 147 {y}V{y + 9}Q100 {y + 17} 53 {y + 9}Z" for y in (76, 98, 120, 142))
    return _tee(p, f'<path d="{bands}" fill="{p.accent}"/>')


def _tee_printed(p: Palette) -> str:
    badge = (
        f'<circle cx="100" cy="101" r="25" fill="{p.accent}"/>'
        '<circle cx="109" cy="91" r="6" fill="#fff" opacity=".85"/>'
        f'<path d="M77 111L92 88L101 101L108 92L123 111A25 25 0 0 1 77 111Z" fill="{p.deep}"/>'
        '<path d="M92 88L86.5 96.5L92 94.5L97 95.5Z" fill="#fff" opacity=".9"/>'
    )
    return _tee(p, badge)


def _tee_raglan(p: Palette) -> str:
    sleeves = (
        "M70 43L44 54Q38 57 35 63L19 93Q18 96 21 98L40 107Q43 108 45 105L53 94Q58 66 78 48Z"
        "M130 43L156 54Q162 57 165 63L181 93Q182 96 179 98L160 107Q157 108 155 105L147 94Q142 66 122 48Z"
    )
    return _tee(
        p, f'<path d="{sleeves}" fill="{p.accent}"/><path d="M112 92L120 79L125 86L128 83L134 92Z" fill="{p.accent}"/>'
    )


def _jacket(p: Palette, over: str, hood: bool = True) -> str:
    body = (
        "M67 50L86 42Q100 52 114 42L133 50Q152 58 159 84L173 146Q174 151 169 152L153 156Q148 157 147 152L141 116"
        "V168Q141 172 137 173Q100 178 63 173Q59 172 59 168V116L53 152Q52 157 47 156L31 152Q26 151 27 146L41 84"
        "Q48 58 67 50Z"
    )
    back = (
        f'<path d="M71 50Q70 20 100 20Q130 20 129 50Q114 61 100 61Q86 61 71 50Z" fill="{p.dark}"/>'
        f'<path d="M80 47Q80 29 100 29Q120 29 120 47Q110 56 100 56Q90 56 80 47Z" fill="{p.deep}"/>'
        if hood
        else f'<path d="M82 44V34Q100 28 118 34V44Q100 56 82 44Z" fill="{p.deep}"/>'
    )
    return (
        f'<clipPath id="c{p.key}"><path d="{body}"/></clipPath>{back}<path d="{body}" fill="{p.fill}"/>'
        f'<g clip-path="url(#c{p.key})">{over}</g>'
        '<path d="M141 116V168Q141 172 137 173Q122 175 108 175.5C130 150 138 112 130 60Z" fill="#1b2230" opacity=".1"/>'
        f'<path d="M59 116Q63 98 60 84M141 116Q137 98 140 84M29 143L51 148M171 143L149 148" fill="none"'
        f' stroke="{p.deep}" stroke-width="1.8" stroke-linecap="round" opacity=".7"/>'
        f'<path d="M100 50V176" stroke="{p.deep}" stroke-width="3"/>'
        f'<path d="M100 50V176" stroke="{p.accent}" stroke-width="1.2" stroke-dasharray="2 2"/>'
        '<path d="M97.5 66H102.5L104 76Q100 80 96 76Z" fill="#fffdf8"/>'
    )


def _jacket_shell(p: Palette) -> str:
    over = (
        f'<path d="M67 50L86 42Q100 52 114 42L133 50Q146 56 152 68Q100 92 48 68Q54 56 67 50Z" fill="{p.accent}"/>'
        f'<path d="M48 68Q100 92 152 68" fill="none" stroke="{p.accent_dark}" stroke-width="1.6"/>'
        f'<path d="M72 128L84 152M128 128L116 152" stroke="{p.deep}" stroke-width="4" stroke-linecap="round"/>'
        f'<path d="M72 128L84 152M128 128L116 152" stroke="{p.accent}" stroke-width="1.4" stroke-linecap="round"/>'
        f'<path d="M112 98H130" stroke="{p.light}" stroke-width="3" stroke-linecap="round"/>'
    )
    return _jacket(p, over)


def _jacket_down(p: Palette) -> str:
    rows = (76, 96, 116, 136, 156)
    seams = "".join(f"M59 {y}Q80 {y + 7} 100 {y}Q120 {y + 7} 141 {y}" for y in rows)
    glow = "".join(f"M66 {y - 9}Q80 {y - 5} 92 {y - 9}" for y in rows)
    arms = "M46 76L59 84M38 98L56 104M34 122L54 126M154 76L141 84M162 98L144 104M166 122L146 126"
    over = (
        f'<path d="{seams}{arms}" fill="none" stroke="{p.dark}" stroke-width="2.4" stroke-linecap="round"/>'
        f'<path d="{glow}" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" opacity=".22"/>'
        f'<path d="M112 82H128V90Q120 94 112 90Z" fill="{p.accent}"/>'
    )
    return _jacket(p, over)


def _jacket_fleece(p: Palette) -> str:
    tufts = "".join(f"M{x} {y}q2 -4 4 0" for y in range(84, 168, 12) for x in range(64 + y % 8, 136, 14))
    over = (
        f'<path d="{tufts}" fill="none" stroke="{p.light}" stroke-width="1.8" stroke-linecap="round"/>'
        f'<path d="M108 78H134V104Q121 110 108 104Z" fill="{p.accent}"/>'
        f'<path d="M108 84H134" stroke="{p.accent_dark}" stroke-width="2"/>'
        f'<path d="M59 164Q100 172 141 164V168Q141 172 137 173Q100 178 63 173Q59 172 59 168Z" fill="{p.accent}"/>'
    )
    return _jacket(p, over, hood=False)


def _shoe(p: Palette, collar: str, sole: str, side: str) -> str:
    upper = "L90 73Q96 70 100 75Q112 97 132 107L160 116Q181 123 183 142H26Z"
    return (
        f'<path d="M64 92L69 63Q78 55 90 61L103 82Q88 98 64 92Z" fill="{p.accent_dark}"/>'
        f'<path d="{collar}{upper}" fill="{p.fill}"/>{side}'
        f'<path d="M148 112Q181 120 183 142H152Q141 128 148 112Z" fill="{p.accent}"/>'
        f'<path d="M148 112Q141 128 152 142" fill="none" stroke="{p.accent_dark}" stroke-width="1.6"/>'
        '<path d="M26 142L27 128Q90 138 183 137V142Z" fill="#1b2230" opacity=".12"/>'
        f'<path d="M92 72L80 84M100 80L88 93M109 90L97 102M120 99L109 111" stroke="#fffdf8" stroke-width="4"'
        ' stroke-linecap="round"/>'
        f'<path d="M80 84L100 80M88 93L109 90M97 102L120 99" stroke="#fffdf8" stroke-width="2" opacity=".8"/>{sole}'
    )


def _shoe_running(p: Palette) -> str:
    sole = (
        '<path d="M20 146Q19 139 27 139Q100 148 181 139Q189 141 187 151Q184 163 168 163H40Q22 163 20 146Z"'
        ' fill="#fbf7ee"/>'
        f'<path d="M21 151Q60 158 110 155T187 150Q184 163 168 163H40Q25 163 21 151Z" fill="{p.accent}"/>'
        f'<path d="M46 163V159M64 163V159M82 163V159M100 163V159M118 163V159M136 163V159M154 163V159"'
        f' stroke="{p.accent_dark}" stroke-width="3"/>'
    )
    side = (
        f'<path d="M58 140Q78 132 92 108L100 113Q90 132 76 141ZM84 141Q100 132 107 117L114 121Q108 134 100 141Z"'
        f' fill="{p.accent}"/><path d="M29 112Q40 118 50 112" fill="none" stroke="{p.dark}" stroke-width="2"/>'
    )
    return _shoe(p, "M26 142L30 88Q31 78 40 81Q50 92 64 91Q74 90 80 80", sole, side)


def _shoe_trail(p: Palette) -> str:
    lugs = "".join(f"M{x} 158h11l-2 9h-7Z" for x in range(28, 176, 18))
    sole = (
        f'<path d="{lugs}" fill="#2c2f36"/><path d="M20 144Q20 139 27 139H181Q188 142 186 153Q184 160 174 160H32'
        f'Q20 160 20 144Z" fill="#3a3e47"/><path d="M21 146H187" stroke="{p.accent}" stroke-width="3"/>'
    )
    side = (
        f'<path d="M26 142L28 106Q52 112 60 141Z" fill="{p.dark}"/>'
        f'<path d="M34 74Q50 79 66 73M33 83Q50 89 68 83" fill="none" stroke="{p.light}" stroke-width="3"/>'
        f'<path d="M70 140Q96 134 112 116M92 140Q112 136 124 122" fill="none" stroke="{p.dark}" stroke-width="3"'
        ' stroke-linecap="round"/>'
        f'<path d="M26 72Q20 60 32 60L34 70Z" fill="{p.accent}"/>'
    )
    return _shoe(p, "M26 142L29 72Q31 64 40 65L62 62Q69 62 71 70Q74 82 80 80", sole, side)


def _sock(p: Palette, trim: str, fill: str) -> str:
    return (
        f'<path d="M68 26H110V98Q110 107 118 112L142 127Q160 140 151 158Q141 174 119 165L80 142Q66 133 67 117Z"'
        f' fill="{fill}"/>{trim}'
        f'<path d="M66 22Q66 18 70 18H108Q112 18 112 22V38H66Z" fill="{p.accent}"/>'
        f'<path d="M74 19V37M82 19V37M90 19V37M98 19V37M106 19V37" stroke="{p.accent_dark}" stroke-width="1.6"/>'
        f'<path d="M67 112Q86 114 92 128Q88 142 78 141Q66 133 67 112Z" fill="{p.accent}"/>'
        f'<path d="M130 120L142 127Q160 140 151 158Q141 174 119 165Q132 146 130 120Z" fill="{p.accent}"/>'
        '<path d="M110 40V98Q110 107 118 112L130 120Q132 132 128 143Q100 128 97 100V40Z" fill="#1b2230" opacity=".09"/>'
        '<path d="M74 46V104" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".22"/>'
    )


def _sock_pair(p: Palette, trim: str) -> str:
    return (
        f'<g transform="translate(30 -4) rotate(-9 90 90)">{_sock(p, "", p.dark)}</g>'
        f'<g transform="translate(-16 6)">{_sock(p, trim, p.fill)}</g>'
    )


def _sock_striped(p: Palette) -> str:
    return _sock_pair(p, f'<path d="M67.5 48H110V55H67.5ZM67.5 62H110V66H67.5Z" fill="{p.accent}"/>')


def _sock_dotted(p: Palette) -> str:
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="3.4"/>'
        for y, x0 in ((52, 76), (64, 82), (76, 76), (88, 82), (100, 76))
        for x in (x0, x0 + 14, x0 + 26)
        if x < 108
    )
    return _sock_pair(p, f'<g fill="{p.light}">{dots}</g>')


def _sock_ribbed(p: Palette) -> str:
    ribs = "".join(f"M{x} 40V104" for x in range(72, 110, 6))
    zigzag = "M67 62l7-8 7 8 7-8 7 8 7-8 8 8v9l-8-8-7 8-7-8-7 8-7-8-7 8Z"
    return _sock_pair(
        p, f'<path d="{ribs}" stroke="{p.dark}" stroke-width="1.2"/><path d="{zigzag}" fill="{p.light}"/>'
    )


def _cap(p: Palette) -> str:
    return (
        '<g transform="translate(-10 18) scale(1.04)">'
        f'<path d="M34 118Q30 60 92 54Q148 52 154 110Q96 100 34 118Z" fill="{p.fill}"/>'
        f'<path d="M92 54Q66 66 62 111Q47 114 34 118Q30 60 92 54Z" fill="{p.light}" opacity=".35"/>'
        f'<path d="M92 54Q148 52 154 110Q142 107 128 106.5Q126 70 92 54Z" fill="#1b2230" opacity=".12"/>'
        f'<path d="M92 54Q66 66 62 111M92 54Q126 70 128 106" fill="none" stroke="{p.dark}" stroke-width="1.8"/>'
        f'<circle cx="74" cy="78" r="2.4" fill="{p.deep}"/><circle cx="116" cy="76" r="2.4" fill="{p.deep}"/>'
        f'<ellipse cx="92" cy="54" rx="7" ry="4.5" fill="{p.accent}"/>'
        '<path d="M34 118Q96 98 154 110Q190 118 191 134Q190 141 178 138Q120 120 60 131Q38 134 34 118Z"'
        f' fill="{p.accent}"/>'
        f'<path d="M60 131Q120 120 178 138Q190 141 191 134Q186 130 174 128Q116 114 36 124Q42 133 60 131Z"'
        f' fill="{p.accent_dark}"/>'
        f'<path d="M44 118Q98 103 152 113Q172 117 182 125" fill="none" stroke="#fff" stroke-width="1.4"'
        ' stroke-dasharray="3 3" opacity=".6"/>'
        f'<path d="M80 98L92 78L98 88L103 82L113 96Q96 94 80 98Z" fill="#fffdf8"/></g>'
    )


def _beanie(p: Palette) -> str:
    ribs = "".join(f"M{x} 114V146" for x in range(54, 152, 9))
    knit = "".join(
        f"M{x} {y}l5 5 5-5" for y in (72, 84, 96) for x in range(58 if y > 80 else 68, 138 if y > 80 else 128, 12)
    )
    tuft = "".join(
        f'<circle cx="{x}" cy="{y}" r="{r}"/>'
        for x, y, r in ((100, 40, 15), (88, 42, 9), (112, 42, 9), (94, 30, 9), (107, 30, 9))
    )
    return (
        f'<g transform="translate(-8 12) scale(1.08)"><g fill="{p.accent}">{tuft}</g>'
        '<path d="M90 34q4-8 10-2M104 46q6 2 9-5M92 48q3 4 8 2" fill="none"'
        f' stroke="{p.accent_dark}" stroke-width="2" stroke-linecap="round"/>'
        f'<path d="M48 122Q46 52 100 52Q154 52 152 122Z" fill="{p.fill}"/>'
        f'<path d="{knit}" fill="none" stroke="{p.light}" stroke-width="2.6" stroke-linecap="round"/>'
        '<path d="M100 52Q154 52 152 122H124Q128 76 100 52Z" fill="#1b2230" opacity=".1"/>'
        f'<path d="M42 118Q42 110 50 110H150Q158 110 158 118V142Q158 150 150 150H50Q42 150 42 142Z" fill="{p.dark}"/>'
        f'<path d="{ribs}" stroke="{p.deep}" stroke-width="2" opacity=".6"/>'
        f'<path d="M88 122H112V138H88Z" fill="{p.accent}"/>'
        f'<path d="M92 134L99 126L103 131L105 129L108 134Z" fill="{p.on_accent}"/></g>'
    )


CLOTHES: dict[str, Callable[[Palette], str]] = {
    "tee-plain": _tee_plain,
    "tee-striped": _tee_striped,
    "tee-printed": _tee_printed,
    "tee-raglan": _tee_raglan,
    "jacket-shell": _jacket_shell,
    "jacket-down": _jacket_down,
    "jacket-fleece": _jacket_fleece,
    "shoe-running": _shoe_running,
    "shoe-trail": _shoe_trail,
    "sock-striped": _sock_striped,
    "sock-dotted": _sock_dotted,
    "sock-ribbed": _sock_ribbed,
    "cap": _cap,
    "beanie": _beanie,
}
