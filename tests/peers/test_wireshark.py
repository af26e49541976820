"""Wireshark's LLRP dissector reads whole conversations between our driver and the virtual readers.

Two defects of its own are known (tshark 4.0.17): it shows the only byte of SET_PROTOCOL_VERSION as if it lay in the
header, and the ReaderID of Identification without having counted the two bytes of its length; both times it then
complains that bytes are left over.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reader.access import (
    Bank,
    KillTag,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagOperation,
    TagTarget,
    WriteWords,
    epc_written,
)
from reader.conversation import AccessErrand, OutputErrand, RetuneErrand
from reader.errors import TagAccessError
from reader.llrp.frames import Framer
from reader.profile import load_profile
from reader.virtual.faults import Fault
from reader.virtual.llrp.gpio import InputEdge
from tests.peers.capture import write_capture
from tests.peers.tools import tool
from tests.reader.llrp.pair import Pair

pytestmark = pytest.mark.peers

EPC = "3036451FD4001940000003E9"
NEW_EPC = "3036451FD400194000002710"
LONG_EPC = "3616451FD400194D9AB5723" + "0" * 25 + "A000"
SET_PROTOCOL_VERSION, GET_READER_CONFIG_RESPONSE, REPORT = "47", "12", "61"
ITS_OWN_DEFECTS = {
    SET_PROTOCOL_VERSION: "Incorrect length of message: 10 bytes decoded, but 11 bytes available.",
    GET_READER_CONFIG_RESPONSE: "Incorrect length of parameter: 13 bytes decoded, but 15 bytes claimed.",
}
PAIRS = {
    "plain, 1.1": ("virtual-pad", "plain", 2),
    "plain, 1.0.1": ("virtual-pad", "plain", 1),
    "R420": ("impinj-r420-pad-eu", "impinj-r420", 1),
    "R700": ("impinj-r700-pad-eu", "impinj-r700", 2),
    "FX9600": ("zebra-fx9600-pad-eu", "zebra-fx9600", 1),
}


def access(pair: Pair, *operations: TagOperation, epc: str = EPC) -> None:
    error = pair.done(AccessErrand(TagTarget(epc), operations)).error
    assert error is None, error


def all_that_a_shop_does(profile: str, personality: str, version: int) -> Pair:
    """Live through a conversation with inventory, access, inputs, outputs, an event, another profile and a farewell."""
    wanted = load_profile(profile)
    pair = Pair(wanted, personality=personality, max_version=version)
    pair.run(1.5)
    assert pair.session.is_reading, pair.details
    access(pair, ReadWords(Bank.TID, 0, 6))
    access(pair, WriteWords(Bank.RESERVED, 0, (0, 7)), WriteWords(Bank.USER, 0, (1, 2), in_blocks=True))
    access(pair, LockTag(((LockField.EPC, Lock.LOCKED),)), epc=EPC)
    refused = pair.done(AccessErrand(TagTarget(EPC), (WriteWords(Bank.USER, 999, (1,)),))).error
    assert isinstance(refused, TagAccessError)
    access(pair, epc_written(NEW_EPC), epc="3036451FD4001980000003EA")
    access(pair, KillTag(7))
    if pair.device.outputs:
        assert pair.done(OutputErrand(1, True)).error is None
        pair.device.feel(InputEdge(1, True), pair.now_us)
    pair.faults.switch_on(Fault.ANTENNA_GONE)
    pair.run(0.5)
    pair.faults.switch_off(Fault.ANTENNA_GONE)
    assert pair.done(RetuneErrand(replace(wanted, population=wanted.population + 1))).error is None
    pair.run(2.0)
    pair.session.leave(pair.now_us / 1e6)
    pair.run(0.1)
    assert pair.session.is_over
    return pair


@pytest.fixture(scope="module", params=PAIRS)
def pair(request: pytest.FixtureRequest) -> Pair:
    return all_that_a_shop_does(*PAIRS[request.param])


@pytest.fixture
def capture(pair: Pair, tmp_path: Path) -> Path:
    path = tmp_path / "conversation.pcap"
    write_capture(path, pair.tape)
    return path


def dissected(capture: Path, *fields: str, only: str = "llrp") -> Iterator[list[list[str]]]:
    """Yield, for each packet that ``only`` keeps, the values of each field."""
    command = [tool("tshark"), "-n", "-r", str(capture), "-Y", only, "-T", "fields", "-E", "separator=|"]
    command += ["-E", "aggregator=;"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    for line in done.stdout.splitlines():
        yield [[value for value in values.split(";") if value] for values in line.split("|")]


def test_it_finds_every_message(pair: Pair, capture: Path) -> None:
    to_reader, from_reader = Framer(), Framer()
    sent = [
        (str(frame.type), str(len(frame.raw)), str(frame.message_id))
        for _, is_ours, said in pair.tape
        for frame in (to_reader if is_ours else from_reader).feed(said)
    ]
    found = [
        message
        for types, lengths, ids in dissected(capture, "llrp.type", "llrp.length", "llrp.id")
        for message in zip(types, lengths, ids, strict=True)
    ]

    assert found == sent


def test_it_complains_of_nothing(capture: Path) -> None:
    complaints = dissected(capture, "llrp.type", "_ws.expert.message", only="_ws.expert || _ws.malformed")

    for types, said in complaints:
        assert said
        assert set(said) <= {ITS_OWN_DEFECTS.get(one) for one in types}, types


def test_it_sees_the_same_tags(pair: Pair, capture: Path) -> None:
    seen = [
        epc.replace(":", "").upper()
        for (epcs,) in dissected(capture, "llrp.param.epc", only=f"llrp.type == {REPORT}")
        for epc in epcs
    ]
    ours = [read.epc for read in pair.reads]

    assert set(ours) == set(seen)
    assert NEW_EPC in seen
    assert seen[: len(ours)] == ours  # what came while we left is nobody's any more


def test_it_would_complain(tmp_path: Path, pair: Pair) -> None:
    """What is spoilt on purpose is found: a parameter's length that leads beyond its message."""
    when_us, is_ours, said = next(piece for piece in pair.tape if not piece[1])
    spoilt = bytearray(said)
    spoilt[13] += 9
    path = tmp_path / "spoilt.pcap"
    write_capture(path, [(when_us, is_ours, bytes(spoilt))])

    assert list(dissected(path, "frame.number", only="_ws.expert || _ws.malformed"))
