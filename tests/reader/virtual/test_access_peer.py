"""Access operations in somebody else's bytes: sllurp's codec asks, and reads what is reported.

The messages are built as sllurp's own `startAccess` builds them. Its client is left out: it has no locks, and orders
given from another thread than its own are lost now and then (facts measured 2026-11).
"""

from __future__ import annotations

from typing import Any

from sllurp.llrp import LLRPMessage

from reader.access import Bank, Lock, LockField
from tests.reader.virtual.llrp_bench import BenchClient, code, report_spec, rospec, running

EPC = "3036451FD4001940000003E9"
ANYBODY = {"MB": 0, "M": 1, "Pointer": 0, "TagMask": "", "TagData": ""}  # its default
THIS_TAG = {"MB": 1, "M": 1, "Pointer": 32, "TagMask": b"F" * len(EPC), "TagData": EPC.encode()}


class Sllurp:
    """Asks a reader that inventories for access operations, each once."""

    def __init__(self, bench: BenchClient) -> None:
        self.bench = bench
        self._specs = 0
        running(bench, rospec(report=report_spec(EnableAccessSpecID=1)))

    def ask(self, operation: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
        """Return the tag that is reported with a result."""
        self._specs += 1
        spec = {
            "AccessSpecID": self._specs,
            "AntennaID": 0,
            "ProtocolID": 1,
            "CurrentState": False,
            "ROSpecID": 0,
            "AccessSpecStopTrigger": {"AccessSpecStopTriggerType": 1, "OperationCountValue": 1},
            "AccessCommand": {
                "TagSpecParameter": {"C1G2TagSpec": {"C1G2TargetTag": [target]}},
                "OpSpecParameter": [operation],
            },
            "AccessReportSpec": {"AccessReportTrigger": 1},
        }
        added = LLRPMessage(msgdict={"ADD_ACCESSSPEC": {"Ver": 1, "Type": 40, "ID": 9, "AccessSpec": spec}})
        assert code(self.bench.send(added.msgbytes)[0]) == 0
        enabled = {"Ver": 1, "Type": 42, "ID": 10, "AccessSpecID": self._specs}
        assert code(self.bench.send(LLRPMessage(msgdict={"ENABLE_ACCESSSPEC": enabled}).msgbytes)[0]) == 0
        self.bench.raw.clear()
        self.bench.wait(500)
        said = [LLRPMessage(msgbytes=raw).msgdict for raw in self.bench.raw]
        tags: list[dict[str, Any]] = [
            tag for one in said for tag in one.get("RO_ACCESS_REPORT", {}).get("TagReportData", ())
        ]
        (tag,) = [tag for tag in tags if tag.get("AccessSpecID")]
        assert tag["AccessSpecID"] == self._specs
        return tag


def test_sllurps_codec_reads_writes_and_locks() -> None:
    bench = BenchClient()
    sllurp = Sllurp(bench)

    read = {"C1G2Read": {"OpSpecID": 0, "AccessPassword": 0, "MB": 2, "WordPtr": 0, "WordCount": 6}}
    anybody = sllurp.ask(read, ANYBODY)
    memory = bench.world.memory(anybody["EPC-96"].decode().upper())
    assert anybody["C1G2ReadOpSpecResult"]["Result"] == 0
    assert anybody["C1G2ReadOpSpecResult"]["ReadData"].hex().upper() == memory.tid

    user = {"OpSpecID": 1, "AccessPassword": 0, "MB": 3, "WordPtr": 1}
    write = {"C1G2Write": user | {"WriteDataWordCount": 2, "WriteData": b"\x12\x34\x56\x78"}}
    written = sllurp.ask(write, THIS_TAG)["C1G2WriteOpSpecResult"]
    assert (written["Result"], written["NumWordsWritten"]) == (0, 2)
    assert bench.world.memory(EPC).content(Bank.USER)[:4] == (0, 0x1234, 0x5678, 0)

    payload = [{"Privilege": 1, "DataField": 4}]
    lock = {"C1G2Lock": {"OpSpecID": 2, "AccessPassword": 0, "C1G2LockPayload": payload}}
    assert sllurp.ask(lock, THIS_TAG)["C1G2LockOpSpecResult"]["Result"] == 0
    assert bench.world.memory(EPC).locks[LockField.USER] is Lock.ALWAYS_LOCKED
    assert sllurp.ask(write, THIS_TAG)["C1G2WriteOpSpecResult"]["Result"] == 2
