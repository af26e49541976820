"""Damaged frames by the thousand for everything that reads a reader's bytes: no crash, no hang, no growth, and good
frames behind them count. `make deep` sends 100,000 to each.

What may end a connection is a typed `ReaderError`, as it may in the field; then the next connection has to read.
"""

from __future__ import annotations

import gc
import random
import resource
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import pytest

from reader.access import Bank, ReadWords, TagTarget, WriteWords
from reader.conversation import AccessErrand, OutputErrand
from reader.errors import ReaderError
from reader.llrp.frames import HEADER_BYTES, Framer, LengthError
from reader.llrp.session import Session
from reader.model import TagRead
from reader.profile import Profile
from reader.serial.framing import Direction
from reader.serial.m100 import M100Decoder
from reader.serial.m100_conversation import M100
from reader.serial.mercury import MercuryDecoder
from reader.serial.mercury_conversation import MERCURY
from reader.serial.r2000 import R2000Decoder
from reader.serial.r2000_conversation import R2000
from tests.reader.llrp.pair import Pair
from tests.reader.mutation import mutated
from tests.reader.serial import m100_script, mercury_script, r2000_script
from tests.reader.serial.lines import frames_of
from tests.reader.serial.talks import Talk

SEED = 20261122
FEW, MANY = 3000, 100_000
DEEP_S = 300.0  # a deep run that takes longer than this hangs
GROWTH_BYTES, GROWTH_BLOCKS = 4 << 20, 2000
# A damaged length may claim the frame behind it as its own; the next bytes show that it was wrong. A serial frame of
# 582 bytes is the longest, a report of a tag has 21 and more.
HELD_BACK = 30
# Share of good frames that may be lost: one that lies in what a damaged one claims, and makes its checksum right by
# chance. A sum of eight bits does that once in 256 times, with a mark at the end more seldom; a CRC once in 65,536.
SWALLOWED = {"llrp": 0.0, "mercury": 1e-4, "m100": 1e-3, "r2000": 4e-3}
EPC = "3036451FD4001940000003E9"
ERRANDS = (
    AccessErrand(TagTarget(EPC), (ReadWords(Bank.TID, 0, 2), WriteWords(Bank.USER, 0, (1, 2)))),
    OutputErrand(1, True),
)


class Reading(Protocol):
    """A conversation that reads, and what its reader says.

    samples: sound frames of every kind.
    """

    @property
    def samples(self) -> Sequence[bytes]: ...

    def hear(self, octets: bytes) -> None:
        """Take bytes, then silence. Raises ReaderError where that ends the connection."""

    def is_of_use(self, octets: bytes) -> bool:
        """Whether a connection on which ``octets`` came can go on, by the protocol's own rules."""

    def good(self, epc: bytes) -> bytes:
        """A sound report of a tag."""

    def take_reads(self) -> list[TagRead]: ...


# --- the four of them -----------------------------------------------------------------------------


def llrp_samples() -> list[bytes]:
    """All that readers say to us: answers, reports, events, results of access, of three makers and both versions."""
    said: dict[tuple[int, int], bytes] = {}
    for profile, personality, version in (
        ("virtual-pad", "plain", 2),
        ("impinj-r420-pad-eu", "impinj-r420", 1),
        ("zebra-fx9600-pad-eu", "zebra-fx9600", 1),
    ):
        pair = Pair(profile, personality=personality, max_version=version)
        pair.run(1.0)
        for errand in ERRANDS:
            pair.done(errand)
        pair.session.leave(pair.now_us / 1e6)
        pair.run(0.1)
        framer = Framer()
        for _, is_ours, octets in pair.tape:
            for frame in () if is_ours else framer.feed(octets):
                said.setdefault((frame.type, len(frame.raw)), frame.raw)
    return list(said.values())


class LlrpReading:
    def __init__(self, samples: Sequence[bytes]) -> None:
        self.samples = samples
        self._now_s = 100.0
        pair = Pair()
        while not pair.session.is_reading:
            pair.step()
        self._session: Session = pair.session
        self._now_s = pair.now_us / 1e6

    def hear(self, octets: bytes) -> None:
        self._now_s += 0.01
        self._session.receive(octets, self._now_s)
        self._session.tick(self._now_s)
        self._session.take_outgoing()
        self._session.take_noticed()

    def is_of_use(self, octets: bytes) -> bool:
        framer = Framer()
        try:
            framer.feed(octets)
        except LengthError:
            return False
        return framer.is_empty

    def good(self, epc: bytes) -> bytes:
        tag = b"\x8d" + epc + b"\x81\0\1" + b"\x86\xc0" + b"\x84" + round(self._now_s * 1e6).to_bytes(8, "big")
        body = b"\0\xf0" + (len(tag) + 4).to_bytes(2, "big") + tag
        return b"\x04\x3d" + (HEADER_BYTES + len(body)).to_bytes(4, "big") + b"\0\0\0\1" + body

    def take_reads(self) -> list[TagRead]:
        return self._session.take_reads()


class SerialReading:
    def __init__(self, family: str) -> None:
        self.samples = [*frames_of(family), *_script_frames(family)]
        self._good = _GOOD[family]
        self._talk = _talk_of(family, lambda frame: frame)
        self._talk.hear(self._good(b"\0" * 12))
        assert self._talk.said.is_reading

    def hear(self, octets: bytes) -> None:
        self._talk.said.receive(octets or b"\0", self._talk.now_s)
        self._talk.now_s += 0.06  # the line is quiet: what waits is looked at
        self._talk.said.tick(self._talk.now_s)
        self._talk.go_on()
        self._talk.asked.clear()
        self._talk.said.take_noticed()

    def is_of_use(self, octets: bytes) -> bool:
        return True

    def good(self, epc: bytes) -> bytes:
        return self._good(epc)

    def take_reads(self) -> list[TagRead]:
        return self._talk.said.take_reads()


_GOOD: dict[str, Callable[[bytes], bytes]] = {
    "mercury": mercury_script.tag_frame,
    "m100": m100_script.notice,
    "r2000": r2000_script.notice,
}


def _script_frames(family: str) -> list[bytes]:
    """The scripts' own answers to all that is asked up to reading, as frames."""
    said: list[bytes] = []

    def kept(frame: bytes) -> bytes:
        said.append(frame)
        return frame

    _talk_of(family, kept)
    return said


def _talk_of(family: str, on_the_way: Callable[[bytes], bytes]) -> Talk:
    """Return a conversation with the family's script; ``on_the_way`` is what becomes of each answer."""
    spoken: dict[str, tuple[Any, Profile, Callable[[bytes], Sequence[Any]], Callable[[Any], Sequence[bytes]]]]
    module, board, script = m100_script.Module(), r2000_script.Board(), mercury_script.Script()
    spoken = {
        "m100": (M100, m100_script.PROFILE, M100Decoder().feed, module.answer),
        "r2000": (R2000, r2000_script.PROFILE, R2000Decoder().feed, board.answer),
        "mercury": (
            MERCURY,
            mercury_script.profile_of(),
            MercuryDecoder(Direction.TO_READER).feed,
            lambda request: [script.hear(request.raw)],
        ),
    }
    talks, profile, cut, answer = spoken[family]
    return Talk(talks, profile, cut, lambda request: [on_the_way(frame) for frame in answer(request) if frame])


Begin = Callable[[], Reading]


@pytest.fixture
def begin(codec: str) -> Begin:
    """Makes a conversation that reads."""
    return partial(LlrpReading, llrp_samples()) if codec == "llrp" else partial(SerialReading, codec)


def damaged(rng: random.Random, reading: Reading) -> bytes:
    """A damaged frame; of LLRP's mostly the body alone, for otherwise little else would be tried."""
    frame = rng.choice(reading.samples)
    if isinstance(reading, LlrpReading) and rng.random() < 0.98:
        return _with_body(frame, mutated(rng, frame[HEADER_BYTES:], reading.samples))
    return mutated(rng, frame, reading.samples)


def _with_body(frame: bytes, body: bytes) -> bytes:
    return frame[:2] + (HEADER_BYTES + len(body)).to_bytes(4, "big") + frame[6:HEADER_BYTES] + body


class Account:
    """Which good reads are still to come. They come in order; damage may hold them back, but not for long."""

    def __init__(self) -> None:
        self.lost = 0
        self._due: deque[str] = deque()

    def sent(self, epc: str) -> None:
        self._due.append(epc)

    def came(self, reads: Sequence[TagRead]) -> None:
        for read in reads:
            if read.epc in self._due:
                while self._due.popleft() != read.epc:
                    self.lost += 1
        assert len(self._due) <= HELD_BACK, "reads are held back for ever"

    def forget(self) -> None:
        """The connection ended, and what was under way with it."""
        self._due.clear()

    def close(self) -> None:
        self.lost += len(self._due)


def read_on_behind_damage(codec: str, begin: Begin, count: int) -> None:
    """Damage ``count`` frames; good ones behind them have to be read, and memory must not grow."""
    rng, until_s = random.Random(SEED), time.monotonic() + DEEP_S
    reading, account, held = begin(), Account(), (0, 0)
    for number in range(count):
        if number == count // 2:
            held = _memory()
        bad, epc = damaged(rng, reading), _epc(number)
        account.sent(epc.hex().upper())
        try:
            reading.hear(bad)
            is_over = not reading.is_of_use(bad)
            if not is_over:
                reading.hear(reading.good(epc))
        except ReaderError:
            is_over = True
        account.came(reading.take_reads())
        if is_over:
            reading = begin()
            account.forget()
            account.sent(epc.hex().upper())
            reading.hear(reading.good(epc))
            account.came(reading.take_reads())
        assert time.monotonic() < until_s, f"only {number} frames in {DEEP_S:g} s"
    blocks, peak_bytes = _memory()
    assert blocks - held[0] < GROWTH_BLOCKS
    assert peak_bytes - held[1] < GROWTH_BYTES
    for number in range(count, count + HELD_BACK):
        account.sent(_epc(number).hex().upper())
        reading.hear(reading.good(_epc(number)))
        account.came(reading.take_reads())
    account.close()
    assert account.lost <= count * SWALLOWED[codec]


def _epc(number: int) -> bytes:
    return b"\x30" + number.to_bytes(11, "big")


def _memory() -> tuple[int, int]:
    """Return how many blocks Python holds, and the most bytes that the process ever had."""
    gc.collect()
    return sys.getallocatedblocks(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


CODECS = ["llrp", "mercury", "m100", "r2000"]


@pytest.mark.parametrize("codec", CODECS)
def test_good_frames_behind_damaged_ones_are_read(codec: str, begin: Begin) -> None:
    read_on_behind_damage(codec, begin, FEW)


@pytest.mark.deep
@pytest.mark.timeout(2 * DEEP_S)
@pytest.mark.parametrize("codec", CODECS)
def test_good_frames_behind_a_hundred_thousand_damaged_ones_are_read(codec: str, begin: Begin) -> None:
    read_on_behind_damage(codec, begin, MANY)


# --- setting up, and errands ----------------------------------------------------------------------


class SpoiltDevice:
    """A virtual reader some of whose messages are damaged, their lengths still right."""

    def __init__(self, device: Any, rng: random.Random) -> None:
        self._device = device
        self._rng = rng
        self._framer = Framer()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def take(self, now_us: int) -> bytes:
        frames = [frame.raw for frame in self._framer.feed(self._device.take(now_us))]
        return b"".join(self._spoilt(raw, frames) for raw in frames)

    def _spoilt(self, raw: bytes, others: Sequence[bytes]) -> bytes:
        if self._rng.random() > 0.1:
            return raw
        return _with_body(raw, mutated(self._rng, raw[HEADER_BYTES:], others))


def live_with_a_spoilt_llrp_reader(rng: random.Random) -> bool:
    """Connect, read and do errands; return whether it came to the end without a typed error."""
    pair = Pair()
    pair.device = SpoiltDevice(pair.device, rng)  # type: ignore[assignment]  # takes the place of one
    try:
        for _ in range(200):
            pair.step()
            if pair.session.is_reading:
                break
        for errand in ERRANDS if pair.session.is_reading else ():
            pair.done(errand)
        pair.session.leave(pair.now_us / 1e6)
        pair.run(0.1)
    except ReaderError:
        return False
    return True


def live_with_a_spoilt_module(family: str, rng: random.Random) -> bool:
    others = frames_of(family)
    try:
        talk = _talk_of(family, lambda frame: mutated(rng, frame, others) if rng.random() < 0.1 else frame)
        talk.wait(3.0)
        talk.hear(_GOOD[family](b"\x30" * 12))
        for errand in ERRANDS:
            talk.do(errand)
        talk.said.leave(talk.now_s)
        talk.wait(1.0)
    except ReaderError:
        return False
    return True


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("connections", [60, pytest.param(2000, marks=[pytest.mark.deep, pytest.mark.timeout(600)])])
def test_spoilt_answers_end_nothing_but_their_connection(codec: str, connections: int) -> None:
    rng = random.Random(SEED)
    live = live_with_a_spoilt_llrp_reader if codec == "llrp" else partial(live_with_a_spoilt_module, codec)

    ended_well = sum(live(rng) for _ in range(connections))

    assert 0 < ended_well < connections  # else nothing was tried
