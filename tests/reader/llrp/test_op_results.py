from __future__ import annotations

import struct

import pytest

from reader.access import AccessFault
from reader.errors import ProtocolError
from reader.llrp.op_results import OpResult, may_hold_results, op_results
from tests.reader.llrp.line import tag, tlv

EPC = "3034257BF7194E4000001A85"


def read_result(op_id: int, *words: int, code: int = 0) -> bytes:
    return tlv(349, struct.pack(f">BHH{len(words)}H", code, op_id, len(words), *words))


def test_words_that_were_read() -> None:
    body = tag(antenna=2, extra=read_result(7, 0xE280, 0x1160))

    assert may_hold_results(body)
    assert op_results(body) == [OpResult(7, EPC, 2, None, (0xE280, 0x1160))]


def test_plain_reports_hold_none() -> None:
    assert not may_hold_results(tag() + tag(antenna=3))
    assert op_results(tag() + tag(antenna=3)) == []


F = AccessFault
WRITE = [F.OVERRUN, F.LOCKED, F.WEAK, F.TAG, F.NO_TAG, F.READER, F.PASSWORD, F.READER]


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        (349, [F.TAG, F.NO_TAG, F.READER, F.OVERRUN, F.LOCKED, F.PASSWORD, F.READER]),
        (350, WRITE),
        (354, WRITE),
        (351, [F.ZERO_KILL_PASSWORD, F.WEAK, F.TAG, F.NO_TAG, F.READER, F.PASSWORD, F.READER]),
        (352, [F.WEAK, F.TAG, F.NO_TAG, F.READER, F.PASSWORD, F.OVERRUN, F.LOCKED, F.READER]),
    ],
)
def test_each_kind_of_result_has_codes_of_its_own(kind: int, faults: list[AccessFault]) -> None:
    """LLRP 1.1, section 17.3.3; the last one of each is a code that does not exist."""
    rest = struct.pack(">H", 0) if kind in (349, 350, 354) else b""
    for code, fault in enumerate([None, *faults]):
        body = tag(extra=tlv(kind, struct.pack(">BH", code, 3) + rest))
        assert op_results(body) == [OpResult(3, EPC, 1, fault)], (kind, code)


@pytest.mark.parametrize(
    "result", [tlv(352, b"\0\0"), tlv(349, b"\0\0\1"), tlv(349, b"\0\0\1\0\2\0\0"), tlv(349, b"\0\0\1\0\0\0\0")]
)
def test_a_result_that_is_cut_off_is_the_typed_error(result: bytes) -> None:
    with pytest.raises(ProtocolError):
        op_results(tag(extra=result))
