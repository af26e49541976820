"""What can be asked of one tag's memory, and what came of it; the same for every reader and protocol.

Words are 16 bits; addresses count words from 0 in their bank. Where things lie (Gen2 2.1, section 6.3.2.1): bank EPC
holds the CRC at word 0, the PC at word 1 and the EPC from word 2; bank RESERVED holds the kill password at words 0
and 1 and the access password at words 2 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

__all__ = [
    "AccessFault",
    "Accessed",
    "Bank",
    "KillTag",
    "Lock",
    "LockField",
    "LockTag",
    "ReadWords",
    "TagOperation",
    "TagTarget",
    "WriteWords",
    "act_in_words",
    "epc_written",
    "fault_in_words",
]

_PC_WORD = 1
_GREATEST_WORD = 0xFFFF
_GREATEST_PASSWORD = 0xFFFFFFFF
_HEX = frozenset("0123456789ABCDEF")
_MAX_EPC_WORDS = 31  # what the five length bits of the PC can count


class Bank(IntEnum):
    """A tag's memory banks by their numbers in the air."""

    RESERVED = 0
    EPC = 1
    TID = 2
    USER = 3


class LockField(StrEnum):
    """What can be locked."""

    KILL_PASSWORD = "kill_password"  # noqa: S105 - the name of a field
    ACCESS_PASSWORD = "access_password"  # noqa: S105 - the name of a field
    EPC = "epc"
    TID = "tid"
    USER = "user"


class Lock(StrEnum):
    """How a field is locked. A locked bank can still be read by all; a locked password cannot."""

    OPEN = "open"  # written by anybody
    LOCKED = "locked"  # written only with the access password
    ALWAYS_OPEN = "always_open"  # and can never be locked again
    ALWAYS_LOCKED = "always_locked"  # and can never be opened again


@dataclass(frozen=True, slots=True)
class ReadWords:
    """Read ``count`` words, at least 1, from ``address`` on (both up to 65535)."""

    bank: Bank
    address: int
    count: int
    password: int = 0

    def __post_init__(self) -> None:
        _check_words(self.address, self.count)
        _check_password(self.password)


@dataclass(frozen=True, slots=True)
class WriteWords:
    """Write ``words``, at least one; ``in_blocks`` by Gen2's BlockWrite, which not every chip has."""

    bank: Bank
    address: int
    words: tuple[int, ...]
    password: int = 0
    in_blocks: bool = False

    def __post_init__(self) -> None:
        _check_words(self.address, len(self.words))
        _check_password(self.password)
        if not all(0 <= word <= _GREATEST_WORD for word in self.words):
            raise ValueError("a word has 16 bits")


@dataclass(frozen=True, slots=True)
class LockTag:
    """Change the locks of some fields, each named once; the others stay as they are."""

    locks: tuple[tuple[LockField, Lock], ...]
    password: int = 0

    def __post_init__(self) -> None:
        _check_password(self.password)
        fields = [field for field, _ in self.locks]
        if not fields or len(set(fields)) < len(fields):
            raise ValueError("name at least one field, and each once")


@dataclass(frozen=True, slots=True)
class KillTag:
    """Silence the tag for ever; a tag whose kill password is 0 refuses."""

    password: int

    def __post_init__(self) -> None:
        _check_password(self.password)


TagOperation = ReadWords | WriteWords | LockTag | KillTag


@dataclass(frozen=True, slots=True)
class TagTarget:
    """Which tag is meant.

    epc: its whole EPC as upper-case hex; None for whichever tag answers first.
    antenna: the port before which it lies, counted from 1; None for any.
    """

    epc: str | None = None
    antenna: int | None = None

    def __post_init__(self) -> None:
        if self.epc is not None and (
            len(self.epc) % 4 or len(self.epc) > 4 * _MAX_EPC_WORDS or not _HEX.issuperset(self.epc)
        ):
            raise ValueError(f"an EPC is upper-case hex in whole words, 4 digits each, at most 31, not {self.epc!r}")
        if self.antenna is not None and self.antenna < 1:
            raise ValueError(f"antenna ports are counted from 1, not {self.antenna}")


@dataclass(frozen=True, slots=True)
class Accessed:
    """An operation that succeeded: on the tag that had this ``epc`` when it began; ``words`` is what was read."""

    operation: TagOperation
    epc: str
    antenna: int
    words: tuple[int, ...] = ()


class AccessFault(StrEnum):
    """Why an operation on a tag failed."""

    NO_TAG = "no_tag"  # nothing answered, or it fell silent in the middle
    PASSWORD = "password"  # noqa: S105 - a kind of refusal
    ZERO_KILL_PASSWORD = "zero_kill_password"  # noqa: S105 - a kind of refusal
    LOCKED = "locked"
    OVERRUN = "overrun"  # the tag has no such words
    WEAK = "weak"  # too little power reaches the tag to write
    TAG = "tag"  # the tag refused and did not say why
    READER = "reader"  # the reader failed
    UNSUPPORTED = "unsupported"  # this reader, or this tag, cannot do it


_FAULTS = {
    AccessFault.NO_TAG: "the tag did not answer, or fell silent in the middle",
    AccessFault.PASSWORD: "the password is wrong",
    AccessFault.ZERO_KILL_PASSWORD: "its kill password is 0, so it cannot be killed",
    AccessFault.LOCKED: "that memory is locked",
    AccessFault.OVERRUN: "the tag has no such words",
    AccessFault.WEAK: "too little power reaches the tag; lay it nearer to the antenna",
    AccessFault.TAG: "the tag refused and did not say why",
    AccessFault.READER: "the reader failed",
    AccessFault.UNSUPPORTED: "this reader, or this tag, cannot do it",
}


def fault_in_words(fault: AccessFault) -> str:
    """Return why an operation failed, for staff."""
    return _FAULTS[fault]


def act_in_words(operation: TagOperation) -> str:
    """Return what an operation does, for staff; never a password."""
    match operation:
        case ReadWords(bank, address, count):
            return f"reading {_span(address, count)} of bank {bank.name}"
        case WriteWords(bank, address, words):
            return f"writing {_span(address, len(words))} of bank {bank.name}"
        case LockTag(locks):
            return "setting " + ", ".join(f"{field.value} to {lock.value}" for field, lock in locks)
        case KillTag():
            return "killing the tag"


def _check_words(address: int, count: int) -> None:
    if not 0 <= address <= _GREATEST_WORD or not 1 <= count <= _GREATEST_WORD + 1 - address:
        raise ValueError(f"{count} words from word {address} on; expected at least one, and none beyond word 65535")


def _check_password(password: int) -> None:
    if not 0 <= password <= _GREATEST_PASSWORD:
        raise ValueError("a password has 32 bits")  # never the password itself: errors are logged


def _span(address: int, count: int) -> str:
    return f"word {address}" if count == 1 else f"words {address} to {address + count - 1}"


def epc_written(epc_hex: str, pc: int = 0, password: int = 0) -> WriteWords:
    """Return the operation that gives a tag another EPC, its length in the PC word with it.

    Args:
        epc_hex: Whole words, at most 31.
        pc: The PC word as the tag has it (or as it is wanted); its five length bits are set anew.
        password: The access password, 0 for a tag that has none.

    Raises:
        ValueError: ``epc_hex`` is no hex, or not whole words.
    """
    octets = bytes.fromhex(epc_hex)
    words, rest = divmod(len(octets), 2)
    if rest or words > _MAX_EPC_WORDS:
        raise ValueError(f"an EPC of {8 * len(octets)} bits; expected whole words of 16 bits, at most {_MAX_EPC_WORDS}")
    content = tuple(int.from_bytes(octets[at : at + 2], "big") for at in range(0, len(octets), 2))
    return WriteWords(Bank.EPC, _PC_WORD, (words << 11 | pc & 0x07FF, *content), password)
