"""What people take along, drawn: balls, bottles, backpacks, rackets, tents, bars, books; a field of 200 by 200 each."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

from appliance.demo.drawn_colours import Palette, mixed

__all__ = ["GEAR"]


def _points(corners: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"


def _ball(p: Palette, fill: str, seams: str) -> str:
    return (
        f'<clipPath id="c{p.key}"><circle cx="100" cy="98" r="66"/></clipPath>'
        f'<circle cx="100" cy="98" r="66" fill="{fill}"/><g clip-path="url(#c{p.key})">{seams}'
        '<path d="M166 98A66 66 0 0 1 52 143Q140 150 150 55A66 66 0 0 1 166 98Z" fill="#1b2230" opacity=".16"/>'
        '<ellipse cx="76" cy="66" rx="26" ry="17" transform="rotate(-36 76 66)" fill="#fff" opacity=".34"/></g>'
        f'<circle cx="100" cy="98" r="66" fill="none" stroke="{p.deep}" stroke-width="1.4" opacity=".45"/>'
    )


def _football(p: Palette) -> str:
    def corner(radius: float, turn: float) -> tuple[float, float]:
        return 96 + radius * sin(turn * pi / 5), 94 - radius * cos(turn * pi / 5)

    middle = [corner(20, 2 * n) for n in range(5)]
    outer = [
        [
            corner(47, 2 * n),
            corner(58, 2 * n - 0.62),
            corner(84, 2 * n - 0.5),
            corner(84, 2 * n + 0.5),
            corner(58, 2 * n + 0.62),
        ]
        for n in range(5)
    ]
    spokes = "".join(
        f"M{corner(20, 2 * n)[0]:.1f} {corner(20, 2 * n)[1]:.1f}L{corner(47, 2 * n)[0]:.1f} {corner(47, 2 * n)[1]:.1f}"
        f"M{corner(58, 2 * n + 0.62)[0]:.1f} {corner(58, 2 * n + 0.62)[1]:.1f}"
        f"L{corner(58, 2 * n + 1.38)[0]:.1f} {corner(58, 2 * n + 1.38)[1]:.1f}"
        for n in range(5)
    )
    patches = "".join(map(_points, [middle, *outer]))
    return _ball(
        p,
        "#f8f5ee",
        f'<path d="{spokes}" stroke="{mixed(p.base, "#8a8f99", 0.6)}" stroke-width="2.4"/>'
        f'<path d="{patches}" fill="{p.base}" stroke="{p.dark}" stroke-width="1.5"/>',
    )


def _basketball(p: Palette) -> str:
    grain = "".join(f'<circle cx="{40 + n * 37 % 120}" cy="{40 + n * 53 % 118}" r="1.1"/>' for n in range(34))
    return _ball(
        p,
        p.fill,
        f'<g fill="{p.dark}" opacity=".5">{grain}</g>'
        f'<path d="M30 112Q98 70 168 84M84 34Q108 90 116 164M52 48Q96 92 62 158M132 40Q108 84 160 126"'
        f' fill="none" stroke="{p.deep}" stroke-width="3.6"/>',
    )


def _volleyball(p: Palette) -> str:
    return _ball(
        p,
        "#faf7f0",
        f'<path d="M100 98Q60 60 66 30Q100 24 128 36Q104 60 100 98Z" fill="{p.base}"/>'
        f'<path d="M100 98Q152 84 166 100Q164 140 138 158Q130 112 100 98Z" fill="{p.accent}"/>'
        f'<path d="M100 98Q84 148 52 150Q32 124 34 92Q70 104 100 98Z" fill="{p.dark}"/>'
        '<path d="M100 98Q60 60 66 30M100 98Q78 66 88 26M100 98Q104 60 128 36M100 98Q152 84 168 100M100 98'
        "Q146 98 160 126"
        f'M100 98Q130 112 138 160M100 98Q84 148 52 150M100 98Q70 132 36 122M100 98Q70 104 32 92" fill="none"'
        ' stroke="#3a4150" stroke-width="2" opacity=".55"/>',
    )


def _bottle_steel(p: Palette) -> str:
    return (
        f'<path d="M84 30Q84 16 100 16Q116 16 116 30" fill="none" stroke="{p.accent_dark}" stroke-width="6"/>'
        f'<rect x="80" y="28" width="40" height="24" rx="5" fill="{p.accent}"/>'
        f'<path d="M86 30V50M92 30V50M108 30V50M114 30V50" stroke="{p.accent_dark}" stroke-width="1.6"/>'
        '<rect x="82" y="51" width="36" height="7" fill="#c9ced6"/>'
        '<path d="M82 54H118" stroke="#98a0ad" stroke-width="1.2"/>'
        '<path d="M82 58H118Q122 70 132 78Q138 84 138 94V168Q138 178 128 178H72Q62 178 62 168V94Q62 84 68 78'
        'Q78 70 82 58Z"'
        f' fill="{p.fill}"/>'
        '<path d="M118 58Q122 70 132 78Q138 84 138 94V168Q138 178 128 178H114Q122 178 122 168V92Q120 78 108 58Z"'
        ' fill="#1b2230" opacity=".15"/>'
        '<path d="M76 94V160" stroke="#fff" stroke-width="8" stroke-linecap="round" opacity=".38"/>'
        f'<path d="M62 166H138V168Q138 178 128 178H72Q62 178 62 168Z" fill="#c9ced6"/>'
        f'<circle cx="102" cy="122" r="17" fill="none" stroke="{p.accent}" stroke-width="2.6"/>'
        f'<path d="M90 130L99 114L104 122L108 117L115 130Z" fill="{p.accent}"/>'
    )


def _bottle_squeeze(p: Palette) -> str:
    return (
        f'<path d="M92 16H108L111 30H89Z" fill="{p.light}"/>'
        f'<rect x="90" y="13" width="20" height="7" rx="3" fill="{p.dark}"/>'
        f'<path d="M72 52Q72 32 90 30H110Q128 32 128 52Z" fill="{p.accent}"/>'
        f'<path d="M68 50H132Q136 50 136 54V60H64V54Q64 50 68 50Z" fill="{p.accent_dark}"/>'
        f'<path d="M66 60H134V86Q134 92 129 96Q124 101 129 106Q134 110 134 116V168Q134 178 124 178H76Q66 178 66 168'
        f'V116Q66 110 71 106Q76 101 71 96Q66 92 66 86Z" fill="{p.fill}"/>'
        '<path d="M134 60V86Q134 92 129 96Q124 101 129 106Q134 110 134 116V168Q134 178 124 178H110Q119 170 119 150V60Z"'
        ' fill="#1b2230" opacity=".13"/>'
        '<path d="M76 68V88M76 118V160" stroke="#fff" stroke-width="6" stroke-linecap="round" opacity=".4"/>'
        f'<path d="M88 116L112 130L98 134L114 150L86 138L100 133Z" fill="{p.accent}"/>'
        '<path d="M122 126H128M118 138H128M122 150H128M118 162H128" stroke="#fff" stroke-width="2" opacity=".7"/>'
    )


def _backpack(p: Palette, front: str) -> str:
    return (
        f'<path d="M84 34Q84 18 100 18Q116 18 116 34" fill="none" stroke="{p.deep}" stroke-width="6"/>'
        f'<path d="M52 92Q34 98 36 132Q37 152 50 156ZM148 92Q166 98 164 132Q163 152 150 156Z" fill="{p.dark}"/>'
        '<path d="M38 116Q44 112 51 112V118Q43 118 38 122ZM162 116Q156 112 149 112V118Q157 118 162 122Z"'
        f' fill="{p.accent}"/>'
        f'<path d="M52 78Q52 30 100 30Q148 30 148 78L152 156Q152 178 130 178H70Q48 178 48 156Z" fill="{p.fill}"/>'
        '<path d="M148 78L152 156Q152 178 130 178H112Q134 166 132 110Q130 52 106 30.4Q148 32 148 78Z" fill="#1b2230"'
        f' opacity=".11"/>{front}'
    )


def _backpack_day(p: Palette) -> str:
    front = (
        f'<path d="M58 84Q58 44 100 44Q142 44 142 84" fill="none" stroke="{p.deep}" stroke-width="3"/>'
        f'<path d="M58 84Q58 44 100 44Q142 44 142 84" fill="none" stroke="{p.accent}" stroke-width="1"'
        ' stroke-dasharray="2 2"/>'
        f'<rect x="138" y="82" width="7" height="14" rx="3" fill="{p.accent}"/>'
        f'<rect x="86" y="62" width="28" height="16" rx="3" fill="{p.accent}"/>'
        '<path d="M91 74L98 66L102 71L105 68L109 74Z" fill="#fff"/>'
        f'<path d="M62 112Q62 104 70 104H130Q138 104 138 112V152Q138 164 126 164H74Q62 164 62 152Z" fill="{p.dark}"/>'
        f'<path d="M62 122V112Q62 104 70 104H130Q138 104 138 112V122Q100 134 62 122Z" fill="{p.light}" opacity=".55"/>'
        f'<path d="M66 118Q100 129 134 118" fill="none" stroke="{p.deep}" stroke-width="2.4"/>'
        f'<rect x="112" y="120" width="6" height="15" rx="3" fill="{p.accent}"/>'
    )
    return _backpack(p, front)


def _backpack_trek(p: Palette) -> str:
    front = (
        f'<rect x="50" y="20" width="100" height="22" rx="11" fill="{p.accent}"/>'
        f'<path d="M66 21V41M134 21V41" stroke="{p.accent_dark}" stroke-width="4"/>'
        f'<path d="M52 84Q52 46 100 46Q148 46 148 84Q148 92 140 93Q100 100 60 93Q52 92 52 84Z" fill="{p.dark}"/>'
        f'<path d="M76 60V124M124 60V124" stroke="{p.accent}" stroke-width="6"/>'
        '<rect x="70" y="110" width="12" height="10" rx="2" fill="#e8e4da"/>'
        '<rect x="118" y="110" width="12" height="10"'
        ' rx="2" fill="#e8e4da"/>'
        f'<path d="M60 130H140V158Q140 168 130 168H70Q60 168 60 158Z" fill="{p.dark}"/>'
        f'<path d="M60 136H140" stroke="{p.light}" stroke-width="2" stroke-dasharray="5 3"/>'
        f'<path d="M88 150L100 140L112 150M88 160L100 150L112 160" fill="none" stroke="{p.accent}" stroke-width="2.4"/>'
    )
    return _backpack(p, front)


def _racket_tennis(p: Palette) -> str:
    mesh = "".join(f"M{x} 6V98" for x in range(70, 132, 7)) + "".join(f"M60 {y}H140" for y in range(14, 96, 7))
    return (
        '<g transform="rotate(38 100 100) translate(0 6)">'
        f'<clipPath id="c{p.key}"><ellipse cx="100" cy="52" rx="35" ry="46"/></clipPath>'
        '<ellipse cx="100" cy="52" rx="36" ry="47" fill="#fff" opacity=".55"/>'
        f'<path d="{mesh}" stroke="#a6adb8" stroke-width="1.1" clip-path="url(#c{p.key})"/>'
        f'<path d="M74 84L94 128M126 84L106 128" stroke="{p.dark}" stroke-width="7" stroke-linecap="round"/>'
        f'<ellipse cx="100" cy="52" rx="36" ry="47" fill="none" stroke="{p.base}" stroke-width="8"/>'
        f'<path d="M66 36A36 47 0 0 1 100 5" fill="none" stroke="{p.light}" stroke-width="4" stroke-linecap="round"/>'
        f'<path d="M134 36A36 47 0 0 1 136 58M64 58A36 47 0 0 0 67 74" fill="none" stroke="{p.accent}"'
        ' stroke-width="8"/>'
        f'<rect x="92" y="122" width="16" height="18" fill="{p.base}"/>'
        '<rect x="91" y="138" width="18" height="54" rx="5" fill="#2f333b"/>'
        '<path d="M91 150L109 142M91 162L109 154M91 174L109 166M91 186L109 178" stroke="#545a66" stroke-width="3"/>'
        f'<rect x="90" y="136" width="20" height="5" rx="2" fill="{p.accent}"/></g>'
        '<circle cx="152" cy="152" r="19" fill="#d7e24a"/><path d="M139 139Q152 150 138 165M166 141Q154 152 165 165"'
        ' fill="none" stroke="#fff" stroke-width="2.6"/>'
        '<path d="M171 152A19 19 0 0 1 140 167Q164 168 166 140A19 19 0 0 1'
        ' 171 152Z" fill="#1b2230" opacity=".13"/>'
    )


def _racket_badminton(p: Palette) -> str:
    mesh = "".join(f"M{x} 4V84" for x in range(76, 126, 6)) + "".join(f"M66 {y}H134" for y in range(10, 80, 6))
    return (
        '<g transform="rotate(-36 100 100) translate(0 6)">'
        f'<clipPath id="c{p.key}"><ellipse cx="100" cy="44" rx="29" ry="39"/></clipPath>'
        '<ellipse cx="100" cy="44" rx="29" ry="39" fill="#fff" opacity=".55"/>'
        f'<path d="{mesh}" stroke="#a6adb8" stroke-width="1" clip-path="url(#c{p.key})"/>'
        f'<path d="M100 84V146" stroke="{p.dark}" stroke-width="4.6"/>'
        f'<ellipse cx="100" cy="44" rx="29" ry="39" fill="none" stroke="{p.base}" stroke-width="5.6"/>'
        f'<path d="M72 34A29 39 0 0 1 94 6" fill="none" stroke="{p.light}" stroke-width="3" stroke-linecap="round"/>'
        f'<path d="M93 82H107L103 94H97Z" fill="{p.accent}"/>'
        '<path d="M96 144H104L107 152V190Q107 195 100 195T93 190V152Z"'
        f' fill="{p.accent}"/><path d="M93 162L107 155M93 173L107 166M93 184L107 177" stroke="{p.accent_dark}"'
        ' stroke-width="2.6"/></g><g transform="translate(50 148) rotate(32)">'
        '<path d="M-9 0L-19-34Q0-42 19-34L9 0Z" fill="#fffdf8" stroke="#c4c9d2" stroke-width="1.4"/>'
        '<path d="M-5 0L-11-36M0 0V-39M5 0L11-36M-13-16Q0-20 13-16" fill="none" stroke="#c4c9d2" stroke-width="1.4"/>'
        f'<path d="M-9 0H9A9 10 0 0 1-9 0Z" fill="#e9d9b8"/><path d="M-10-3H10V2H-10Z" fill="{p.base}"/></g>'
    )


def _bat(p: Palette) -> str:
    return (
        '<g transform="rotate(38 100 100) translate(2 -2)">'
        '<path d="M89 112H111L113 174Q113 183 100 183T87 174Z" fill="#d9b37c"/>'
        f'<path d="M94 124V181M106 124V181" stroke="#b98f58" stroke-width="2"/>'
        f'<path d="M87.5 142H112.5M87.3 148H112.7" stroke="{p.accent}" stroke-width="3"/>'
        f'<path d="M84 112Q54 98 54 64A50 50 0 0 1 154 64Q154 98 124 112Z" fill="{p.deep}"/>'
        f'<path d="M78 112Q48 98 48 64A50 50 0 0 1 148 64Q148 98 118 112Z" fill="{p.fill}"/>'
        '<path d="M78 112H118L111 123H89Z" fill="#c89c62"/><path d="M76 111H120" stroke="#8f6a3a" stroke-width="2"/>'
        '<path d="M60 62Q62 32 88 26" fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round"'
        ' opacity=".35"/>'
        '<path d="M148 64Q148 98 118 112H104Q134 92 132 54T104 14.5A50 50 0 0 1 148 64Z" fill="#1b2230"'
        ' opacity=".1"/></g>'
        '<circle cx="156" cy="150" r="16" fill="#fffaf0" stroke="#ddd3bd"/>'
        '<path d="M172 150A16 16 0 0 1 146 162Q166 162 167 139A16 16 0 0 1 172 150Z" fill="#1b2230" opacity=".14"/>'
    )


def _tent(p: Palette, shelter: str) -> str:
    firs = "".join(
        f"M{x} 154l{w} 0l-{w / 2:g} -{h}Z" for x, w, h in ((14, 26, 62), (30, 22, 46), (152, 30, 70), (142, 20, 44))
    )
    return (
        f'<path d="{firs}" fill="{mixed(p.paper, "#3f6b57", 0.42)}"/>'
        f'<circle cx="150" cy="48" r="13" fill="{mixed("#f5c24b", p.paper, 0.25)}"/>{shelter}'
        '<path d="M12 158Q40 150 62 156T120 155T188 157Q150 168 100 167T12 158Z" fill="#7c9a5e" opacity=".75"/>'
    )


def _tent_dome(p: Palette) -> str:
    shelter = (
        '<path d="M40 108L14 154M160 108L186 154" stroke="#8a8577" stroke-width="1.4"/>'
        f'<path d="M22 156Q44 68 100 58Q156 68 178 156Z" fill="{p.fill}"/>'
        f'<path d="M100 58Q156 68 178 156H132Q128 92 100 58Z" fill="#1b2230" opacity=".13"/>'
        f'<path d="M100 58Q68 92 58 156H22Q44 68 100 58Z" fill="{p.accent}"/>'
        '<path d="M86 63Q50 84 34 142" fill="none" stroke="#fff" stroke-width="4" opacity=".3" stroke-linecap="round"/>'
        f'<path d="M72 156Q80 104 100 82Q120 104 128 156Z" fill="{p.deep}"/>'
        f'<path d="M100 82Q120 104 128 156Q116 150 110 132Q102 108 100 82Z" fill="{p.light}"/>'
        '<path d="M76 156Q84 140 98 138Q108 146 110 156Z" fill="#e7d7b3"/>'
        f'<path d="M100 58Q68 92 58 156M100 58Q128 92 132 156" fill="none" stroke="{p.dark}" stroke-width="2"/>'
        f'<path d="M84 62Q100 50 116 62Q100 70 84 62Z" fill="{p.accent}"/>'
    )
    return _tent(p, shelter)


def _tent_ridge(p: Palette) -> str:
    shelter = (
        '<path d="M70 56L10 156M150 50L192 148" stroke="#8a8577" stroke-width="1.4"/>'
        f'<path d="M72 54L150 48L184 150L124 158Z" fill="{p.fill}"/>'
        f'<path d="M150 48L184 150L158 154Z" fill="#1b2230" opacity=".13"/>'
        f'<path d="M98 52L146 155M124 50L166 153" stroke="{p.dark}" stroke-width="1.6"/>'
        f'<path d="M72 54L20 158H124Z" fill="{p.accent}"/>'
        f'<path d="M72 66L48 158H96Z" fill="{p.deep}"/><path d="M72 66L96 158Q78 146 72 66Z" fill="{p.light}"/>'
        '<path d="M52 158Q60 142 74 143Q84 148 86 158Z" fill="#e7d7b3"/>'
        f'<path d="M72 50V158" stroke="{p.dark}" stroke-width="2.4"/><circle cx="72" cy="51" r="4" fill="{p.dark}"/>'
        '<path d="M82 60L140 56" stroke="#fff" stroke-width="4" opacity=".3" stroke-linecap="round"/>'
    )
    return _tent(p, shelter)


def _bar(p: Palette, emblem: str) -> str:
    teeth = "l3 5-3 5 3 5-3 5 3 5-3 5 3 5-3 5 3 5-3 5"
    oats = "".join(
        f'<ellipse cx="{x}" cy="{y}" rx="5" ry="3" transform="rotate({x * 7 % 90} {x} {y})"/>'
        for x, y in ((132, 84), (144, 92), (150, 104), (136, 108), (146, 118), (156, 92), (158, 114))
    )
    return (
        '<g transform="translate(-2 4) rotate(-16 100 100) scale(1.16) translate(-8 -4)">'
        '<path d="M112 76H158Q168 76 168 86V116Q168 126 158 126H112Z" fill="#9a6637"/>'
        f'<g fill="#d8b27a">{oats}</g><path d="M126 120H158Q168 120 168 112V116Q168 126 158 126H126Z" fill="#5f3a1c"'
        ' opacity=".5"/>'
        f'<path d="M18 76{teeth}V126H124L132 118 124 110 132 101 124 92 132 84 124 76Z" fill="{p.fill}"/>'
        f'<path d="M18 76{teeth}V126H34V76Z" fill="{p.dark}"/>'
        f'<path d="M24 78V124M29 78V124" stroke="{p.light}" stroke-width="1.4" opacity=".7"/>'
        f'<path d="M42 76H116Q104 100 116 126H42Q54 100 42 76Z" fill="{p.accent}"/>'
        f"{emblem}"
        '<path d="M36 82H122" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".35"/>'
        '<path d="M34 118H126" stroke="#1b2230" stroke-width="8" opacity=".09"/></g>'
    )


def _bar_oat(p: Palette) -> str:
    leaf = (
        f'<path d="M68 116Q58 104 70 92Q82 84 92 88Q94 100 86 110Q78 118 68 116Z" fill="{p.on_accent}"/>'
        f'<path d="M68 116Q74 102 90 90M74 106L72 98M80 100L84 102" fill="none" stroke="{p.accent}" stroke-width="2"/>'
    )
    return _bar(p, leaf)


def _bar_protein(p: Palette) -> str:
    bolt = (
        f'<circle cx="79" cy="101" r="17" fill="{p.on_accent}"/>'
        f'<path d="M82 88L69 104H78L75 114L89 98H80Z" fill="{p.accent}"/>'
    )
    return _bar(p, bolt)


def _pouch(p: Palette) -> str:
    nuts = "".join(
        f'<ellipse cx="{x}" cy="{y}" rx="8" ry="5.5" transform="rotate({turn} {x} {y})" fill="{fill}"/>'
        for x, y, turn, fill in (
            (88, 142, 20, "#b9783f"),
            (108, 146, -24, "#8c5a2b"),
            (98, 133, 60, "#d9a76a"),
            (117, 133, 10, "#a33b4a"),
            (83, 129, -30, "#8c5a2b"),
        )
    )
    return (
        f'<path d="M58 30H142L146 48L150 160Q150 176 134 176H66Q50 176 50 160L54 48Z" fill="{p.fill}"/>'
        f'<path d="M58 30H142L146 48H54Z" fill="{p.dark}"/>'
        '<path d="M54 48H146" stroke="#fff" stroke-width="1.6" stroke-dasharray="4 3" opacity=".7"/>'
        '<path d="M92 36H108Q110 42 100 42T92 36Z" fill="#fffdf8"/>'
        f'<path d="M64 66H136V104Q100 116 64 104Z" fill="{p.accent}"/>'
        f'<path d="M78 98L93 74L102 88L108 80L122 98Z" fill="{p.on_accent}"/>'
        '<path d="M70 138Q70 120 100 120T130 138Q130 158 100 158T70 138Z" fill="#fffaf0" opacity=".92"/>'
        f'{nuts}<path d="M146 48L150 160Q150 176 134 176H120Q134 166 132 140L128 48Z" fill="#1b2230" opacity=".12"/>'
        '<path d="M62 58L59 156" stroke="#fff" stroke-width="6" stroke-linecap="round" opacity=".3"/>'
    )


def _book(p: Palette, cover: str) -> str:
    return (
        f'<path d="M56 28L48 36V176L56 180Z" fill="{p.deep}"/>'
        '<path d="M56 170H148L152 176V181H56Z" fill="#f4ecd8"/><path d="M57 173H150M57 176.5H152" stroke="#cfc3a4"'
        ' stroke-width="1"/>'
        '<path d="M52 180Q48 180 48 175T54 168H152V173H58Q54 173 54 176.5T58 180H152V183H56Q53 183 52 180Z"'
        f' fill="{p.dark}"/>'
        f'<path d="M54 26H146Q152 26 152 32V170H54Q48 170 48 176V32Q48 26 54 26Z" fill="{p.fill}"/>{cover}'
        f'<path d="M48 32Q48 26 54 26H60V170H54Q48 170 48 176Z" fill="{p.dark}"/>'
        '<path d="M63 26V170" stroke="#fff" stroke-width="2" opacity=".3"/>'
        '<path d="M152 32V170H130Q146 100 136 26H146Q152 26 152 32Z" fill="#1b2230" opacity=".08"/>'
    )


def _book_guide(p: Palette) -> str:
    cover = (
        '<path d="M72 40H140V48H72ZM72 54H118V58H72Z" fill="#fffdf8"/>'
        f'<circle cx="122" cy="88" r="12" fill="{p.accent}"/>'
        f'<path d="M60 138L92 86L112 116L122 102L152 140V170H60Z" fill="{p.deep}"/>'
        '<path d="M92 86L82 102L90 99L95 104L101 99.5Z" fill="#fffdf8"/>'
        f'<path d="M60 150Q90 134 116 148T152 146V170H60Z" fill="{p.accent_dark}"/>'
        '<path d="M96 170Q92 158 106 154T112 142" fill="none" stroke="#fffdf8" stroke-width="2.4"'
        ' stroke-dasharray="4 3"/>'
    )
    return _book(p, cover)


def _book_notebook(p: Palette) -> str:
    cover = (
        '<rect x="78" y="50" width="58" height="36" rx="4" fill="#fffaf0"/>'
        f'<path d="M86 62H128M86 70H118" stroke="{p.dark}"'
        ' stroke-width="2.4" stroke-linecap="round"/>'
        f'<path d="M138 26V170" stroke="{p.accent}" stroke-width="6"/><circle cx="104" cy="126" r="20" fill="none"'
        f' stroke="{p.accent}" stroke-width="2.6"/><path d="M104 110L109 126L104 142L99 126Z" fill="{p.accent}"/>'
        f'<path d="M88 126L104 121L120 126L104 131Z" fill="{p.light}"/>'
        f'<path d="M74 170V188L79 183L84 188V170Z" fill="{p.accent}"/>'
    )
    return _book(p, cover)


def _map(p: Palette) -> str:
    return (
        f'<path d="M22 52L72 36V150L22 166Z" fill="{p.light}"/><path d="M72 36L126 54V168L72 150Z" fill="{p.fill}"/>'
        f'<path d="M126 54L178 38V152L126 168Z" fill="{p.light}"/>'
        '<path d="M72 36L126 54V168L72 150Z" fill="#1b2230" opacity=".1"/>'
        '<path d="M22 118Q46 96 72 108T126 128T178 104V152L126 168L72 150L22 166Z"'
        f' fill="{mixed(p.base, "#6d9b5a", 0.6)}" opacity=".75"/>'
        '<path d="M22 84Q50 92 72 78T112 92T126 84T178 74" fill="none" stroke="#5aa3cf" stroke-width="5"/>'
        '<path d="M34 146Q44 128 60 132T96 126T118 104T148 96" fill="none" stroke="#fffdf8" stroke-width="2.8"'
        ' stroke-dasharray="6 4" stroke-linecap="round"/>'
        '<path d="M30 62Q44 52 60 58M34 70Q46 62 58 66M84 120Q100 112 114 124M138 132Q150 122 166 128M142 140'
        'Q152 132 164 136"'
        f' fill="none" stroke="{p.dark}" stroke-width="1.6" opacity=".6"/>'
        f'<path d="M150 92Q134 74 150 60Q166 74 150 92Z" fill="{p.accent}" stroke="{p.accent_dark}"'
        ' stroke-width="1.4"/>'
        '<circle cx="150" cy="72" r="4.5" fill="#fffdf8"/>'
        f'<path d="M72 36V150M126 54V168" stroke="{p.dark}" stroke-width="1.4"/>'
    )


GEAR: dict[str, Callable[[Palette], str]] = {
    "football": _football,
    "basketball": _basketball,
    "volleyball": _volleyball,
    "bottle-steel": _bottle_steel,
    "bottle-squeeze": _bottle_squeeze,
    "backpack-day": _backpack_day,
    "backpack-trek": _backpack_trek,
    "racket-tennis": _racket_tennis,
    "racket-badminton": _racket_badminton,
    "bat": _bat,
    "tent-dome": _tent_dome,
    "tent-ridge": _tent_ridge,
    "bar-oat": _bar_oat,
    "bar-protein": _bar_protein,
    "pouch": _pouch,
    "book-guide": _book_guide,
    "book-notebook": _book_notebook,
    "map": _map,
}
