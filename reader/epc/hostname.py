"""The hostname of '++' schemes: one flag bit, a 6-bit count, then Code 40 or 7-bit codes with short forms.

Source: GS1 TDS 2.3, 14.5.16, tables 14-11 to 14-15. In table 14-14 two rows carry the prefix of another
table (.org.cn, .net.cn); they are read here as the table's caption says.
"""

from __future__ import annotations

from reader.epc.bits import BitReader, BitWriter
from reader.epc.characters import CODE_40, SET_82
from reader.epc.variable import put_code_40, take_code_40
from reader.errors import EpcError

__all__ = ["put_hostname", "take_hostname"]

_LONGEST = 63

# Table A: codes that no character of set 82 uses.
_FRAGMENTS = {
    0x1E: "qr.",
    0x1F: "www.",
    0x20: "id.",
    0x23: "#",
    0x5B: ".com",
    0x5C: ".org",
    0x5D: ".net",
    0x5E: ".int",
    0x60: ".edu",
    0x7B: ".gov",
    0x7C: ".mil",
    0x7D: ".biz",
    0x7E: ".eco",
    0x7F: ".med",
}
# Tables B1 to B4: the first code names the table, the second the row.
_TABLES = tuple(
    tuple(f".{domain}" for domain in rows.split())
    for rows in (
        "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo bq br bs bt bw by bz "
        "ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et eu fi fj fk "
        "fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is "
        "it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li",
        "lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl "
        "no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl "
        "sm sn sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug us uy uz va vc ve vg vi "
        "vn vu wf ws ye yt za zm zw",
        "com.au net.au org.au co.at com.bd co.bd com.br net.br co.nz com.ng com.pk co.in com.in co.il co.jp co.za "
        "co.kr com.es com.lk co.th co.tt com.tt com.tr biz.tr com.ua co.uk co.zm com.zm com.cn org.cn net.cn gov.cn",
        "tech",
    )
)
_SHORT_FORMS = {text: (code,) for code, text in _FRAGMENTS.items()} | {
    text: (table, row) for table, rows in enumerate(_TABLES) for row, text in enumerate(rows)
}
_LONGEST_SHORT_FORM = max(map(len, _SHORT_FORMS))


def take_hostname(reader: BitReader) -> str | None:
    """Return the hostname at ``reader``, or None where it has codes that are reserved.

    Raises:
        EpcError: It runs past the end of the EPC.
    """
    optimised = reader.take(1, "hostname flag")
    count = reader.take(6, "hostname length")
    if not optimised:
        return take_code_40(reader, count)
    codes = iter([reader.take(7, "hostname") for _ in range(count)])
    text = ""
    for code in codes:
        if code < len(_TABLES):
            row = next(codes, len(_TABLES[code]))
            if row >= len(_TABLES[code]):
                return None
            text += _TABLES[code][row]
        elif code in _FRAGMENTS:
            text += _FRAGMENTS[code]
        elif chr(code) in SET_82:
            text += chr(code)
        else:
            return None
    return text


def put_hostname(writer: BitWriter, hostname: str | None) -> None:
    """Append ``hostname``: 1 to 63 characters. Raises EpcError."""
    if not hostname or len(hostname) > _LONGEST or not SET_82.issuperset(hostname):
        raise EpcError(f"a '++' scheme needs a hostname of at most {_LONGEST} characters, not {hostname!r}")
    codes = _codes(hostname)
    if set(hostname) <= set(CODE_40) and 16 * -(-len(hostname) // 3) < 7 * len(codes):
        writer.put(0, 1)
        writer.put(len(hostname), 6)
        put_code_40(writer, hostname)
        return
    writer.put(1, 1)
    writer.put(len(codes), 6)
    for code in codes:
        writer.put(code, 7)


def _codes(hostname: str) -> list[int]:
    codes: list[int] = []
    position = 0
    while position < len(hostname):
        for length in range(_LONGEST_SHORT_FORM, 1, -1):
            short = _SHORT_FORMS.get(hostname[position : position + length])
            if short and len(hostname) - position >= length and len(short) < length:
                codes += short
                position += length
                break
        else:
            codes.append(ord(hostname[position]))
            position += 1
    return codes
