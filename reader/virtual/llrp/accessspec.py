"""What an AccessSpec orders, checked against what the reader can: which tags, which operations, how often.

1. Of two target tags both must hold. A mask of no bits holds for every tag; bits that the tag does not have match
   nothing.
2. Operations that this reader does not know are refused when the AccessSpec is added, not when a tag is there.

Source: LLRP 1.1, sections 12 (access operation) and 16.2.1.3 (C1G2TagSpec, C1G2TargetTag, OpSpecs).
"""

from __future__ import annotations

from dataclasses import dataclass

from reader.access import Bank, Lock, LockField
from reader.virtual.llrp.capabilities import Capabilities
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.refusals import bad_field, too_many, unsupported
from reader.virtual.llrp.status import Status
from reader.virtual.memory import TagMemory
from reader.virtual.operations import Kill, Operation, Read, SetLocks, Write

__all__ = ["AccessPlan", "OpPlan", "TargetTag", "access_plan"]

_HERE = ("AccessSpec", "AccessCommand")
# C1G2LockPrivilege and C1G2LockDataField, by number. "Read/write" is the lock that the password opens.
_PRIVILEGES = (Lock.LOCKED, Lock.ALWAYS_LOCKED, Lock.ALWAYS_OPEN, Lock.OPEN)
_FIELDS = (LockField.KILL_PASSWORD, LockField.ACCESS_PASSWORD, LockField.EPC, LockField.TID, LockField.USER)


@dataclass(frozen=True, slots=True)
class TargetTag:
    """One condition on a tag's memory: ``length`` bits from ``pointer`` on, those that ``mask`` has set."""

    bank: Bank
    pointer: int
    length: int
    mask: int
    bits: int
    match: bool

    def admits(self, tag: TagMemory) -> bool:
        """Whether a tag fulfils it."""
        if not self.length:
            return True
        there = tag.bits(self.bank, self.pointer, self.length)
        return (there is not None and not (there ^ self.bits) & self.mask) is self.match


@dataclass(frozen=True, slots=True)
class OpPlan:
    """One OpSpec: its id, the name of its result parameter, and what is to be done."""

    id: int
    result: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """A whole AccessSpec. ``antenna`` and ``rospec`` 0: any. ``count``: executions after which it is deleted, 0: never.

    report_trigger: AccessReportTrigger, None for the reader's own setting.
    """

    id: int
    element: Element
    antenna: int
    rospec: int
    targets: tuple[TargetTag, ...]
    ops: tuple[OpPlan, ...]
    count: int
    report_trigger: int | None

    def admits(self, tag: TagMemory, antenna: int, rospec: int) -> bool:
        """Whether it is to be executed on a tag that a ROSpec read on an antenna."""
        if self.antenna not in (0, antenna) or self.rospec not in (0, rospec):
            return False
        return all(target.admits(tag) for target in self.targets)

    def element_in(self, *, is_active: bool) -> Element:
        """Return the AccessSpec as it was added, with its state as it is now."""
        fields = {**self.element.fields, "CurrentState": int(is_active)}
        return make("AccessSpec", *self.element.children, **fields)


def access_plan(spec: Element, can: Capabilities) -> AccessPlan:
    """Check an AccessSpec and return what it orders.

    Raises:
        RefusedError: What this reader cannot do, with its place.
    """
    if not spec.number("AccessSpecID"):
        raise bad_field(spec, "AccessSpecID", "0 means all", code=Status.A_INVALID)
    if spec.number("AntennaID") > can.antennas:
        raise bad_field(spec, "AntennaID", f"there are {can.antennas} antennas")
    if spec.number("ProtocolID") != 1:
        raise bad_field(spec, "ProtocolID", "this reader speaks Gen2, 1")
    if spec.number("CurrentState"):
        raise bad_field(spec, "CurrentState", "an AccessSpec is added disabled", code=Status.A_INVALID)
    command = spec.the("AccessCommand")
    stop = spec.the("AccessSpecStopTrigger")
    report = spec.first("AccessReportSpec")
    return AccessPlan(
        id=spec.number("AccessSpecID"),
        element=spec,
        antenna=spec.number("AntennaID"),
        rospec=spec.number("ROSpecID"),
        targets=tuple(_target(one) for one in command.the("C1G2TagSpec").each("C1G2TargetTag")),
        ops=_ops_of(command, can),
        count=stop.number("OperationCountValue") if stop.number("AccessSpecStopTrigger") else 0,
        report_trigger=None if report is None else report.number("AccessReportTrigger"),
    )


def _target(wanted: Element) -> TargetTag:
    here = (*_HERE, "C1G2TagSpec")
    bank = Bank(wanted.number("MB"))
    length, mask = wanted.bits("TagMask")
    if bank is Bank.RESERVED and length:  # without a mask it is how sllurp says "any tag"
        raise bad_field(wanted, "MB", "passwords cannot be compared", *here)
    count, bits = wanted.bits("TagData")
    if length and count != length:
        raise bad_field(wanted, "TagData", f"the mask has {length} bits", *here, code=Status.A_INVALID)
    unused = -length % 8
    return TargetTag(
        bank=bank,
        pointer=wanted.number("Pointer"),
        length=length,
        mask=int.from_bytes(mask, "big") >> unused,
        bits=int.from_bytes(bits, "big") >> unused if length else 0,
        match=bool(wanted.number("Match")),
    )


def _ops_of(command: Element, can: Capabilities) -> tuple[OpPlan, ...]:
    ops = [child for child in command.children if child.name not in ("C1G2TagSpec", "Custom")]
    most = can.who.max_ops_per_access_spec
    if len(ops) > most:
        raise too_many(ops[most].name, f"at most {most} operations", *_HERE)
    taken: set[int] = set()
    for op in ops:
        if op.number("OpSpecID") in taken:
            raise bad_field(op, "OpSpecID", "results could not be told apart", *_HERE, code=Status.A_INVALID)
        taken.add(op.number("OpSpecID"))
    return tuple(OpPlan(op.number("OpSpecID"), f"{op.name}OpSpecResult", _operation(op)) for op in ops)


def _operation(op: Element) -> Operation:
    match op.name:
        case "C1G2Read":
            # A count of 0 reads to the end of the bank.
            return Read(
                Bank(op.number("MB")), op.number("WordPointer"), op.number("WordCount"), op.number("AccessPassword")
            )
        case "C1G2Write" | "C1G2BlockWrite":
            words = op.numbers("WriteData")
            if not words:
                raise bad_field(op, "WriteData", "nothing to write", *_HERE, code=Status.A_INVALID)
            return Write(
                Bank(op.number("MB")),
                op.number("WordPointer"),
                words,
                op.number("AccessPassword"),
                in_blocks=op.name == "C1G2BlockWrite",
            )
        case "C1G2Lock":
            locks = tuple(
                (_FIELDS[payload.number("DataField")], _PRIVILEGES[payload.number("Privilege")])
                for payload in op.each("C1G2LockPayload")
            )
            return SetLocks(locks, op.number("AccessPassword"))
        case "C1G2Kill":
            return Kill(op.number("KillPassword"))
        case name:
            raise unsupported(name, "this reader does not know this operation", *_HERE)
