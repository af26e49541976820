"""What a driver owes under each fault, by protocol: what it says, in which words, and what becomes of the reads.

Where a fault cannot be noticed, or means nothing, the row says so and why: nothing is skipped in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from reader.model import ReaderEventKind
from reader.virtual.faults import Fault

__all__ = ["OF_READING", "Owed", "Reads", "owed_at_connect", "owed_while_reading"]

Kind = ReaderEventKind


class Reads(Enum):
    """What becomes of the reads while the fault is in force."""

    FLOW = auto()
    STOP = auto()
    EITHER = auto()  # the link is made anew meanwhile, or they trickle


class Link(Enum):
    """Where the link stands while the fault is in force."""

    UP = auto()
    BROKEN = auto()
    EITHER = auto()


@dataclass(frozen=True, slots=True)
class Owed:
    """What a driver owes under one fault.

    tells: the kind of event; None where nothing is to be told, `because` says why. words: what its detail contains, a
    pattern. antenna: the port that it names, which health lists as gone, too. within_s: how soon it is told.
    recovers_s: how long the device itself needs, when the fault is off or has happened, until it can be read again.
    is_unheard: whether the device must not have transmitted at all.
    """

    tells: ReaderEventKind | None = None
    words: str = ""
    because: str = ""
    antenna: int | None = None
    within_s: float = 1.0
    reads: Reads = Reads.FLOW
    link: Link = Link.UP
    recovers_s: float = 0.0
    is_unheard: bool = False


_Row = Mapping[str, Owed]

_DEAD_LLRP_S = 1.5  # three keepalive periods of the LLRP benches
_DEAD_SERIAL_S = 3.0  # and of the serial ones
_LOOSE_S = 1.0  # for how long a module's link stays away after a frame that broke in the middle
_BOOT_S = 2.0
_LOOKS_S = 5.0  # how often a Mercury module is asked whether an antenna is back
_LATE_S = 1.5  # a slow device's answer

_CLOSED = r"closed|unplugged|broke|no device"
_NO_LIFE = r"no sign of life"
_NO_DETECTOR = "an M100 has one port, and tells neither what is on it nor how warm it is"
_LLRPS_OWN = "there is no such thing in serial protocols"
_BETWEEN_FRAMES = "bytes that begin no frame, between frames, cost nothing"
_OWN_CLOCKS = "it has no clock: reads have the host's"
_NO_BUFFER = "reads go straight to the line, through no tag buffer"

_GONE_2 = Owed(Kind.ANTENNA_GONE, "antenna 2", antenna=2)
_UNNOTICED = Owed(because=_NO_DETECTOR, reads=Reads.STOP)
_LLRPS = Owed(because=_LLRPS_OWN)


def _serial(owed: Owed) -> dict[str, Owed]:
    return dict.fromkeys(("mercury", "m100", "r2000"), owed)


def _all(owed: Owed) -> dict[str, Owed]:
    return {"llrp": owed, **_serial(owed)}


_WHILE_READING: Mapping[Fault, _Row] = {
    Fault.SILENCE: {
        "llrp": Owed(Kind.LINK_LOST, _NO_LIFE, within_s=_DEAD_LLRP_S, reads=Reads.STOP, link=Link.BROKEN),
        **_serial(Owed(Kind.LINK_LOST, _NO_LIFE, within_s=_DEAD_SERIAL_S, reads=Reads.STOP, link=Link.BROKEN)),
    },
    Fault.MID_FRAME: {
        "llrp": Owed(Kind.LINK_LOST, _CLOSED, reads=Reads.EITHER, link=Link.EITHER),
        **_serial(Owed(Kind.LINK_LOST, _CLOSED, reads=Reads.EITHER, link=Link.EITHER, recovers_s=_LOOSE_S)),
    },
    Fault.TRUNCATE: {
        "llrp": Owed(Kind.MALFORMED, r"of \d+ bytes at byte \d+ does not fit", reads=Reads.STOP),
        **_serial(Owed(Kind.MALFORMED, r"a frame of \d+ bytes", reads=Reads.STOP)),
    },
    Fault.GARBAGE: {
        # A length that cannot be true: nothing tells where the next message begins.
        "llrp": Owed(Kind.LINK_LOST, "message of .* bytes; expected", reads=Reads.EITHER, link=Link.EITHER),
        **_serial(Owed(because=_BETWEEN_FRAMES)),
    },
    Fault.DUPLICATE: _all(Owed(because="a frame that comes twice is two reads; who counts tags counts each once")),
    Fault.SLOW: {
        "llrp": Owed(because="reads are no answers"),
        "mercury": Owed(because="a stream asks nothing; its signs of life are late, but come"),
        # Each round ends with a frame that is an answer, and late: the module does hardly anything but wait.
        "m100": Owed(Kind.LINK_LOST, _NO_LIFE, within_s=6.0, reads=Reads.EITHER, link=Link.EITHER),
        "r2000": Owed(Kind.LINK_LOST, _NO_LIFE, within_s=6.0, reads=Reads.EITHER, link=Link.EITHER),
    },
    Fault.REFUSE: _all(Owed(because="who is connected already stays so")),
    Fault.ANTENNA_GONE: {
        "llrp": _GONE_2,
        "mercury": Owed(Kind.ANTENNA_GONE, "antenna 2", antenna=2, within_s=3.0, recovers_s=_LOOKS_S),
        "m100": _UNNOTICED,
        "r2000": _GONE_2,
    },
    Fault.REFLECTION: {
        "llrp": Owed(Kind.EXCEPTION, "antenna 2 reflects too much power"),
        "mercury": Owed(Kind.REFLECTION, "return loss", within_s=2.0),
        "m100": _UNNOTICED,
        "r2000": _GONE_2,  # its detector measures what comes back, and calls both missing
    },
    Fault.OVER_TEMPERATURE: {
        "llrp": Owed(Kind.EXCEPTION, "temperature", reads=Reads.STOP),
        "mercury": Owed(Kind.HOT, "temperature exceeds limits", within_s=2.0, reads=Reads.STOP),
        "m100": _UNNOTICED,
        "r2000": Owed(Kind.EXCEPTION, "carrier could not be turned on", reads=Reads.STOP),
    },
    Fault.REBOOT: {
        "llrp": Owed(Kind.LINK_LOST, _CLOSED, reads=Reads.EITHER, link=Link.EITHER, recovers_s=_BOOT_S),
        # The line stays: only silence tells, and by then the module is there again.
        **_serial(Owed(Kind.LINK_LOST, _NO_LIFE, within_s=_DEAD_SERIAL_S, reads=Reads.EITHER, link=Link.EITHER)),
    },
    Fault.WRONG_POWER_TABLE: _all(Owed(because="who sets and reads back by a false table cannot notice it")),
    Fault.POWER_NOT_TAKEN: _all(Owed(because="power is set when it connects, and when it is retuned")),
    Fault.CLOCK_JUMP: {
        "llrp": Owed(because="reads go on, and the clock follows"),
        "mercury": Owed(because="a time that cannot be of this cycle is not believed"),
        "m100": Owed(because=_OWN_CLOCKS),
        "r2000": Owed(because=_OWN_CLOCKS),
    },
    Fault.UNKNOWN_TV: {
        # TV parameters do not say their length: what follows an unknown one cannot be found.
        "llrp": Owed(Kind.MALFORMED, "TV parameter of unknown type", reads=Reads.STOP),
        **_serial(_LLRPS),
    },
    Fault.REFUSED_ADD: {"llrp": Owed(because="the ROSpec is added already"), **_serial(_LLRPS)},
    Fault.BUFFER_WARNING: {"llrp": Owed(Kind.BUFFER_FILLING, "90 %"), **_serial(_LLRPS)},
    Fault.BUFFER_OVERFLOW: {
        "llrp": Owed(Kind.BUFFER_OVERFLOWED, "dropped reports"),
        **_serial(Owed(because=_NO_BUFFER)),
    },
}

OF_READING = frozenset(
    {
        Fault.TRUNCATE,
        Fault.DUPLICATE,
        Fault.CLOCK_JUMP,
        Fault.UNKNOWN_TV,
        Fault.BUFFER_WARNING,
        Fault.BUFFER_OVERFLOW,
    }
)
"""Faults of reports and of what makes them: connecting neither meets them nor changes what they do."""

_NO_ANSWER = r"no answer|something speaks|not answered|broke|closed"
_NOT_THAT_POWER = Owed(
    Kind.REFUSED, r"dBm.* (was|were) set.*holds", reads=Reads.STOP, link=Link.BROKEN, is_unheard=True
)

_AT_CONNECT: Mapping[Fault, _Row] = {
    Fault.SILENCE: {
        "llrp": Owed(
            Kind.LINK_LOST, "took the connection and said nothing", within_s=2.0, reads=Reads.STOP, link=Link.BROKEN
        ),
        **_serial(Owed(Kind.LINK_LOST, "no answer", within_s=2.0, reads=Reads.STOP, link=Link.BROKEN)),
    },
    Fault.MID_FRAME: _WHILE_READING[Fault.MID_FRAME],
    Fault.GARBAGE: _WHILE_READING[Fault.GARBAGE],
    Fault.SLOW: {
        "llrp": Owed(
            Kind.LINK_LOST,
            "not answered within",
            within_s=2.0,
            reads=Reads.EITHER,
            link=Link.EITHER,
            recovers_s=_LATE_S,
        ),
        **_serial(
            Owed(Kind.LINK_LOST, _NO_ANSWER, within_s=5.0, reads=Reads.STOP, link=Link.BROKEN, recovers_s=_LATE_S)
        ),
    },
    Fault.REFUSE: {
        "llrp": Owed(Kind.REFUSED, "another client", reads=Reads.STOP, link=Link.BROKEN),
        **_serial(Owed(Kind.REFUSED, "in use by another program", reads=Reads.STOP, link=Link.BROKEN)),
    },
    Fault.ANTENNA_GONE: _WHILE_READING[Fault.ANTENNA_GONE],
    Fault.REFLECTION: {
        **_WHILE_READING[Fault.REFLECTION],
        "llrp": _GONE_2,  # why, it said when it happened
    },
    Fault.OVER_TEMPERATURE: {
        **_WHILE_READING[Fault.OVER_TEMPERATURE],
        "llrp": Owed(because="a reader says it when it happens, and LLRP has no question for it", reads=Reads.STOP),
    },
    Fault.REBOOT: {
        "llrp": Owed(Kind.LINK_LOST, _CLOSED, reads=Reads.EITHER, link=Link.EITHER, recovers_s=_BOOT_S),
        **_serial(
            Owed(Kind.LINK_LOST, _NO_ANSWER, within_s=2.0, reads=Reads.EITHER, link=Link.EITHER, recovers_s=_BOOT_S)
        ),
    },
    Fault.WRONG_POWER_TABLE: {
        **_WHILE_READING[Fault.WRONG_POWER_TABLE],
        "mercury": _NOT_THAT_POWER,  # it has no table: what it reads back is not what was set
    },
    Fault.POWER_NOT_TAKEN: _all(_NOT_THAT_POWER),
    Fault.REFUSED_ADD: {
        "llrp": Owed(Kind.REFUSED, "refused ADD_ROSPEC", reads=Reads.STOP, link=Link.BROKEN, is_unheard=True),
        **_serial(_LLRPS),
    },
}

# A device server's raw port has no word for it: it closes.
_TURNED_AWAY = Owed(Kind.LINK_LOST, _CLOSED, reads=Reads.STOP, link=Link.BROKEN)


def owed_while_reading(bench: str, fault: Fault) -> Owed:
    """Return what is owed when ``fault`` befalls a reader that reads."""
    return _WHILE_READING[fault][bench.split()[0]]


def owed_at_connect(bench: str, fault: Fault) -> Owed:
    """Return what is owed when ``fault`` is there before the reader is connected; not for those `OF_READING`."""
    if fault is Fault.REFUSE and bench.endswith("tcp"):
        return _TURNED_AWAY
    return _AT_CONNECT[fault][bench.split()[0]]
