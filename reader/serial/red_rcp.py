"""RED-RCP: a protocol that looks like M100's and is not. Enough of it to call it by name. Pure.

    BB TYPE CODE LEN16 PAYLOAD 7E CRC16        M100: BB TYPE COMMAND LEN16 PARAMETERS SUM 7E

CRC16 is CCITT's (polynomial 1021, preset FFFF) over TYPE to 7E, high byte first.

Source: Phychips RED Reader Control Protocol; AsReader's documents of it.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from typing import Final

__all__ = ["QUESTION", "is_red_rcp"]

QUESTION: Final = bytes.fromhex("bb00030001007e48ab")  # its "get reader information, model"; changes nothing

_HEAD_BYTES: Final = 5
_TAIL: Final = 0x7E
_CRC_BYTES: Final = 2
_HEADER: Final = re.compile(b"\xbb[\x00-\x02]")


def is_red_rcp(received: bytes) -> bool:
    """Return whether a whole RED-RCP frame is among the bytes."""
    for header in _HEADER.finditer(received):
        at = header.start()
        tail = at + _HEAD_BYTES + int.from_bytes(received[at + 3 : at + _HEAD_BYTES], "big")
        crc = received[tail + 1 : tail + 1 + _CRC_BYTES]
        if len(crc) < _CRC_BYTES or received[tail] != _TAIL:
            continue
        if crc_hqx(received[at + 1 : tail + 1], 0xFFFF) == int.from_bytes(crc, "big"):
            return True
    return False
