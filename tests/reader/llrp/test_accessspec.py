from __future__ import annotations

from typing import Any

import pytest
from sllurp.llrp import LLRPMessage

from reader.access import Bank, KillTag, Lock, LockField, LockTag, ReadWords, TagOperation, WriteWords
from reader.llrp.accessspec import add_accessspec
from reader.llrp.words import frames_in_words

EPC = "3034257BF7194E4000001A85"
OPERATIONS: tuple[TagOperation, ...] = (
    ReadWords(Bank.TID, 0, 6, password=0xAABBCCDD),
    WriteWords(Bank.EPC, 1, (0x3000, 0x1234), password=7),
    WriteWords(Bank.USER, 4, (1, 2, 3), in_blocks=True),
    LockTag(((LockField.EPC, Lock.LOCKED), (LockField.KILL_PASSWORD, Lock.ALWAYS_LOCKED)), password=9),
    KillTag(0x11223344),
)


def spec(
    epc: str | None = EPC, antenna: int | None = None, operations: tuple[TagOperation, ...] = OPERATIONS
) -> dict[str, Any]:
    (frame,) = frames_in_words(add_accessspec(1, 9, 5, epc=epc, antenna=antenna, operations=operations, first_op_id=40))
    assert (frame.error, frame.kind, frame.message_id) == (None, "ADD_ACCESSSPEC", 9)
    found: dict[str, Any] = frame.fields["AccessSpec"]
    return found


def test_an_access_happens_once_under_any_rospec_and_is_reported_at_once() -> None:
    found = spec(antenna=3)

    assert {key: found[key] for key in ("AccessSpecID", "AntennaID", "ProtocolID", "CurrentState", "ROSpecID")} == {
        "AccessSpecID": 5,
        "AntennaID": 3,
        "ProtocolID": 1,
        "CurrentState": 0,
        "ROSpecID": 0,
    }
    assert found["AccessSpecStopTrigger"] == {"AccessSpecStopTrigger": 1, "OperationCountValue": 1}
    assert found["AccessReportSpec"] == {"AccessReportTrigger": 1}
    assert spec(antenna=None)["AntennaID"] == 0


def test_the_whole_epc_is_meant_and_its_length() -> None:
    tags = spec()["AccessCommand"]["C1G2TagSpec"]["C1G2TargetTag"]

    assert [(tag["MB"], tag["Match"], tag["Pointer"], tag["TagMask"], tag["TagData"]) for tag in tags] == [
        (1, 1, 32, "F" * 24, EPC),
        (1, 1, 16, "F8", "30"),  # six words
    ]
    assert tags[1]["TagMask_BitCount"] == 5


def test_any_tag_is_a_mask_of_no_bits() -> None:
    (tag,) = spec(epc=None)["AccessCommand"]["C1G2TagSpec"]["C1G2TargetTag"]

    assert (tag["TagMask_BitCount"], tag["TagData_BitCount"], tag["Match"]) == (0, 0, 1)


def test_a_tag_without_an_epc_is_known_by_that() -> None:
    (tag,) = spec(epc="")["AccessCommand"]["C1G2TagSpec"]["C1G2TargetTag"]

    assert (tag["Pointer"], tag["TagMask"], tag["TagData"], tag["TagMask_BitCount"]) == (16, "F8", "00", 5)


def test_operations_in_the_standards_words() -> None:
    command = spec()["AccessCommand"]

    assert list(command)[1:] == ["C1G2Read", "C1G2Write", "C1G2BlockWrite", "C1G2Lock", "C1G2Kill"]
    assert command["C1G2Read"] == [
        {"OpSpecID": 40, "AccessPassword": 0xAABBCCDD, "MB": 2, "WordPointer": 0, "WordCount": 6}
    ]
    assert command["C1G2Write"] == [
        {"OpSpecID": 41, "AccessPassword": 7, "MB": 1, "WordPointer": 1, "WriteData": [0x3000, 0x1234]}
    ]
    assert command["C1G2BlockWrite"] == [
        {"OpSpecID": 42, "AccessPassword": 0, "MB": 3, "WordPointer": 4, "WriteData": [1, 2, 3]}
    ]
    assert command["C1G2Lock"] == [
        {
            "OpSpecID": 43,
            "AccessPassword": 9,
            "C1G2LockPayload": [{"Privilege": 0, "DataField": 2}, {"Privilege": 1, "DataField": 0}],
        }
    ]
    assert command["C1G2Kill"] == [{"OpSpecID": 44, "KillPassword": 0x11223344}]


@pytest.mark.parametrize(
    ("operation", "theirs"),
    [
        (
            OPERATIONS[0],
            {"C1G2Read": {"OpSpecID": 1, "AccessPassword": 0xAABBCCDD, "MB": 2, "WordPtr": 0, "WordCount": 6}},
        ),
        (
            OPERATIONS[1],
            {
                "C1G2Write": {
                    "OpSpecID": 1,
                    "AccessPassword": 7,
                    "MB": 1,
                    "WordPtr": 1,
                    "WriteDataWordCount": 2,
                    "WriteData": b"\x30\x00\x12\x34",
                }
            },
        ),
        (
            LockTag(((LockField.USER, Lock.OPEN),), password=9),
            {
                "C1G2Lock": {
                    "OpSpecID": 1,
                    "AccessPassword": 9,
                    "C1G2LockPayload": [{"Privilege": 3, "DataField": 4}],
                }
            },
        ),
    ],
)
def test_what_sllurp_can_encode_comes_out_the_same(operation: TagOperation, theirs: dict[str, Any]) -> None:
    """A second opinion, byte for byte, on the operations that it has encoders for."""
    target = {"MB": 1, "M": True, "Pointer": 0, "TagMask": b"", "TagData": b""}
    content = {
        "AccessSpecID": 5,
        "AntennaID": 0,
        "ProtocolID": 1,
        "CurrentState": False,
        "ROSpecID": 0,
        "AccessSpecStopTrigger": {"AccessSpecStopTriggerType": 1, "OperationCountValue": 1},
        "AccessCommand": {
            "TagSpecParameter": {"C1G2TagSpec": {"C1G2TargetTag": [target]}},
            "OpSpecParameter": [theirs],
        },
        "AccessReportSpec": {"AccessReportTrigger": 1},
    }
    raw = LLRPMessage(msgdict={"ADD_ACCESSSPEC": {"Ver": 1, "ID": 9, "AccessSpec": content}}).msgbytes

    assert add_accessspec(1, 9, 5, epc=None, antenna=None, operations=(operation,), first_op_id=1) == raw
