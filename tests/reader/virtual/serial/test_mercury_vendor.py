"""Sessions of the vendor's own C client (Mercury API, samples of October 2024), as it spoke to the virtual module.

The client was content with every answer: it printed the tags, the TIDs, the serial number, and ended with code 0.
What is held to here is what its requests led to; their bytes are the client's own.
"""

from __future__ import annotations

import pytest

from reader.access import Lock, LockField
from reader.virtual.serial.mercury_frames import RequestCutter
from tests.reader.virtual.serial.mercury_bench import Bench, tags_in

CONNECT = ("ff00031d0c", "ff00671d68", "ff00711d7e", "ff0197024bbf", "ff02930005517d", "ff016105bdb8")
BOTH_PORTS = "ff059102010102022dc0"
READ = "ff08228810001301f42fff85a8"  # with metadata flag 2000, which no table has
FETCH, FETCH_MORE, CLEAR = "ff03292fff00deaf", "ff03290fff00facd", "ff002a1d25"


def told(bench: Bench, raw_hex: str, milliseconds: float = 50.0) -> list[tuple[int | None, int | None]]:
    """Let it hear one captured frame; return opcode and status of what it says."""
    bench.say(bytes.fromhex(raw_hex))
    return [(frame.opcode, frame.status) for frame in bench.listen(milliseconds)]


def connected() -> Bench:
    bench = Bench(is_raw=True)
    for raw_hex in CONNECT:
        (request,) = RequestCutter().feed(bytes.fromhex(raw_hex), 0)
        assert told(bench, raw_hex) == [(request.opcode, 0)]
    assert told(bench, BOTH_PORTS) == [(0x91, 0)]
    return bench


def test_it_connects_reads_and_fetches() -> None:
    bench = connected()

    assert told(bench, READ, 600) == [(0x22, 0)]
    bench.say(bytes.fromhex(FETCH) + bytes.fromhex(FETCH_MORE))
    tags = tags_in(bench.listen(50))
    assert {"3036451FD4001940000003E9", "3036451FD40019C0000003EB"} <= {tag.epc.hex().upper() for tag in tags}
    assert told(bench, CLEAR) == [(0x2A, 0)]


def test_it_streams_with_an_off_time_of_nothing() -> None:
    bench = connected()
    assert told(bench, "ff039a010c00a35d") == [(0x9A, 0)]

    began, *others = told(bench, "ff132f000001220000050a228810041b00fa00000fff290c", 1020)
    assert began == (0x2F, 0)
    assert others.count((0x22, 0x0400)) == 4
    assert others.count((0x22, 0)) > 50
    assert told(bench, "ff032f0000025e86")[-1] == (0x2F, 0)


def test_it_reads_tids_with_an_embedded_command() -> None:
    bench = connected()

    assert told(bench, "ff14228810001701f42fff01092807d0000200000000002679", 600) == [(0x22, 0)]
    bench.say(bytes.fromhex(FETCH_MORE))
    tags = tags_in(bench.listen(50))
    assert any((tag.embedded or b"").startswith(b"\xe2\x80\x11\x60") for tag in tags)  # zero words: all of them


@pytest.mark.parametrize(
    ("raw_hex", "epc"),
    [("ff112303e88800000123456789abcdef012345678b80", "0123456789ABCDEF01234567")],
)
def test_it_writes_an_epc_to_whichever_tag_is_there(raw_hex: str, epc: str) -> None:
    bench = connected()

    assert told(bench, raw_hex, 1200) == [(0x23, 0)]
    assert len(bench.world.tags_of(epc)) == 1


def test_it_locks_and_unlocks_an_epc() -> None:
    bench = connected()
    (placed,) = bench.world.tags_of("3036451FD4001A80000003EE")
    locks = bench.world.memory(placed.chip).locks

    assert told(bench, "ff182503e8010000000000300020603036451fd4001a80000003ee0735", 1200) == [(0x25, 0)]
    assert locks[LockField.EPC] is Lock.LOCKED
    assert told(bench, "ff182503e8010000000000300000603036451fd4001a80000003ee6995", 1200) == [(0x25, 0)]
    assert locks[LockField.EPC] is Lock.OPEN


@pytest.mark.parametrize(
    ("raw_hex", "opcode", "status"),
    [
        ("ff1c2803e81100c000000000000200000000603036451fd4001a80000003eef2e5", 0x28, 0),  # reserved bank by EPC
        ("ff102211001301f400c000000000203036451fec74", 0x22, 0),  # the first 32 bits of an EPC
        ("ff02100040f0d3", 0x10, 0),  # serial number
        ("ff016601babc", 0x66, 0),  # pins
        ("ff026a01122e5c", 0x6A, 0),  # product group
        ("ff026b05003a6f", 0x6B, 0),  # session
        ("ff00631d6c", 0x63, 0),
    ],
)
def test_its_other_questions_are_answered(raw_hex: str, opcode: int, status: int) -> None:
    assert told(connected(), raw_hex, 1200) == [(opcode, status)]
