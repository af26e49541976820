"""What is done on a connection that reads: errands, and what is asked aside. Pure: scripts for `asking`.

1. An errand that fails says so in its `Outcome`. Only a request that gets no answer, or one that cannot be read, ends
   the connection: then nobody knows what is in force.
2. Before anything is taken from a running ROSpec, what it has gathered is fetched (`handshake.stopped`).
3. What cannot be put in force leaves what was: the old ROSpec is added anew.
4. A tag that the running ROSpec has read already may be silent to it (session 2 and 3 for as long as it is in the
   field; "single" in session 1 for seconds), and an AccessSpec meets only tags that answer. For an access the ROSpec
   is therefore exchanged for one in session 0, where each tag answers again and again, and afterwards for the old one
   again. Reads of both are reported like any others. The profile's filters hold in both: a tag that they rule out
   cannot be accessed.
5. An AccessSpec is deleted in every case: a write that waits for its tag must not happen after it was given up.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, assert_never

from reader.access import Accessed, AccessFault, TagTarget
from reader.conversation import AccessErrand, Errand, Noticed, Outcome, OutputErrand, RetuneErrand
from reader.errors import (
    ProfileError,
    ProtocolError,
    ReaderGoneError,
    ReaderRefusedError,
    ReaderTimeoutError,
    TagAccessError,
)
from reader.llrp import control, handmade
from reader.llrp.accessspec import add_accessspec
from reader.llrp.asking import Listening, Request, Script
from reader.llrp.handshake import Setup, configured, simple, started, stopped
from reader.llrp.makers import impinj_temperature_of
from reader.llrp.notices import antenna_gone
from reader.llrp.op_results import OpResult, may_hold_results, op_results
from reader.llrp.plan import is_repeating, plan_for, plan_to_access
from reader.llrp.tag_report import tag_reports

__all__ = ["Done", "antennas_asked", "errand_run", "started_again", "temperature_asked"]

_CLEAN_UP_S: Final = 0.3  # of an access's time, to delete the AccessSpec and to go back to the old ROSpec
_ASIDE_S: Final = 2.0  # for what can be done without; errands wait behind it
_MAX_OP_ID: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Done:
    """What a script leaves behind.

    outcome: of an errand; None for what was asked aside.
    is_last: whether it is of no use to ask for the temperature again on this connection.
    noticed: what it found out for staff.
    """

    setup: Setup
    outcome: Outcome | None = None
    is_last: bool = False
    noticed: tuple[Noticed, ...] = ()


def errand_run(errand: Errand, setup: Setup, due_s: float) -> Script[Done]:
    """Return the script of an errand that has to be over by ``due_s``."""
    match errand:
        case AccessErrand():
            return _accessed(errand, setup, due_s)
        case OutputErrand():
            return _switched(errand, setup)
        case RetuneErrand():
            return _retuned(errand, setup)
        case _:
            assert_never(errand)


def _refused(setup: Setup, request: str, reason: str) -> Done:
    return Done(setup, Outcome(error=ReaderRefusedError(request, 0, reason)))


def _switched(errand: OutputErrand, setup: Setup) -> Script[Done]:
    if not 1 <= errand.port <= setup.capabilities.outputs:
        return _refused(setup, "GPOWriteData", f"it has {setup.capabilities.outputs} outputs, not output {errand.port}")
    try:
        yield Request(
            "SET_READER_CONFIG",
            13,
            lambda message_id: handmade.set_output(setup.version, message_id, errand.port, is_on=errand.is_on),
        )
    except ReaderRefusedError as refusal:
        return Done(setup, Outcome(error=refusal))
    return Done(setup, Outcome())


def _retuned(errand: RetuneErrand, setup: Setup) -> Script[Done]:
    try:
        plan = plan_for(errand.profile, setup.capabilities)
    except ProfileError as error:
        return Done(setup, Outcome(error=error))
    wanted = replace(setup, profile=errand.profile, plan=plan, rospec_id=setup.rospec_id + 1)
    yield from stopped(setup)
    try:
        yield from configured(wanted)
        yield from started(wanted)
    except (ReaderRefusedError, ProfileError) as error:
        back = replace(setup, rospec_id=setup.rospec_id + 2)
        yield from _restored(back, instead_of=wanted.rospec_id, is_configured=True)
        return Done(back, Outcome(error=error))
    return Done(wanted, Outcome())


def _restored(back: Setup, *, instead_of: int | None, is_configured: bool) -> Script[None]:
    """Put in force again what was; that failing, the connection is made anew.

    Args:
        back: What was in force, under a new ROSpecID.
        instead_of: The ROSpec that could not be put in force and may be there, or None.
        is_configured: Whether the settings of the reader as a whole may be others now.
    """
    try:
        if instead_of is not None:
            with suppress(ReaderRefusedError):  # it was not even added
                yield simple("DELETE_ROSPEC", 31, back.version, ROSpecID=instead_of)
        if is_configured:
            yield from configured(back)
        yield from started(back)
    except (ReaderRefusedError, ProfileError) as error:
        raise ReaderGoneError(f"the reader does not take back what it had in force: {error}") from error


def _accessed(errand: AccessErrand, setup: Setup, due_s: float) -> Script[Done]:
    refusal = _why_not(errand, setup)
    if refusal:
        return _refused(setup, "AccessSpec", refusal)
    first_op_id = setup.op_id if setup.op_id + len(errand.operations) <= _MAX_OP_ID else 1
    setup = replace(setup, access_id=setup.access_id + 1, op_id=first_op_id + len(errand.operations))
    if is_repeating(setup.plan):
        outcome = yield from _performed(errand, setup, first_op_id, due_s - _CLEAN_UP_S)
        return Done(setup, outcome)
    awake = replace(setup, plan=plan_to_access(setup.plan), rospec_id=setup.rospec_id + 1)
    back = replace(setup, rospec_id=setup.rospec_id + 2)
    yield from stopped(setup)
    try:
        yield from started(awake)
    except (ReaderRefusedError, ProfileError) as error:
        yield from _restored(back, instead_of=awake.rospec_id, is_configured=False)
        return Done(back, Outcome(error=error))
    outcome = yield from _performed(errand, awake, first_op_id, due_s - _CLEAN_UP_S)
    yield from stopped(awake)
    yield from _restored(back, instead_of=None, is_configured=False)
    return Done(back, outcome)


def _why_not(errand: AccessErrand, setup: Setup) -> str:
    """Return why this reader cannot do ``errand``, empty where it can."""
    can = setup.capabilities
    if not can.max_access_specs:
        return "it reads tags, but changes none"
    if len(errand.operations) > can.max_operations:
        return f"it does at most {can.max_operations} operations at a time, not {len(errand.operations)}"
    antenna = errand.target.antenna
    if antenna is not None and antenna not in setup.plan.ports:
        return f"antenna {antenna} is not in use"
    return ""


def _accessspec(errand: AccessErrand, setup: Setup, first_op_id: int) -> Callable[[int], bytes]:
    """Return what encodes ADD_ACCESSSPEC, given the message id."""
    return lambda message_id: add_accessspec(
        setup.version,
        message_id,
        setup.access_id,
        epc=errand.target.epc,
        antenna=errand.target.antenna,
        operations=errand.operations,
        first_op_id=first_op_id,
    )


class _Gathering:
    """The results of one AccessSpec, and whether its tag was seen at all."""

    def __init__(self, errand: AccessErrand, first_op_id: int) -> None:
        self.is_seen = False
        self.refusal: ReaderRefusedError | None = None
        self._target: TagTarget = errand.target
        self._operations = errand.operations
        self._first_op_id = first_op_id
        self._results: dict[int, OpResult] = {}

    def is_wanted(self, body: bytes) -> bool:
        """Whether a report tells anything new: the first sight of the tag, or results."""
        return not self.is_seen or may_hold_results(body)

    def take(self, body: bytes) -> None:
        """Take a report; one that is broken costs itself, and the session has counted it."""
        with suppress(ProtocolError):
            self.is_seen = self.is_seen or any(
                self._target.epc in (None, report.epc) and self._target.antenna in (None, report.antenna)
                for report in tag_reports(body)
            )
            for result in op_results(body):
                self._results.setdefault(result.op_id, result)

    def outcome(self) -> Outcome | None:
        """Return what came of it; None while more has to come."""
        if self.refusal is not None:
            return Outcome(error=self.refusal)
        done: list[Accessed] = []
        for op_id, operation in enumerate(self._operations, self._first_op_id):
            result = self._results.get(op_id)
            if result is None:
                return None
            if result.fault is not None:
                reason = f"the reader's result for tag {result.epc}: {result.fault}"
                return Outcome(error=TagAccessError(result.fault, reason, tuple(done)))
            done.append(Accessed(operation, result.epc, result.antenna, result.words))
        return Outcome(tuple(done))

    def outcome_when_late(self) -> Outcome:
        """Return what to say when the time is over."""
        tag = "a tag" if self._target.epc is None else f"tag {self._target.epc}"
        if self._results:
            return Outcome(error=ReaderTimeoutError(f"{tag}: the reader told of some operations only in time"))
        if self.is_seen:
            return Outcome(error=ReaderTimeoutError(f"{tag} was read, but the reader told of no operation in time"))
        return Outcome(error=TagAccessError(AccessFault.NO_TAG, f"{tag} was not seen in time"))


def _performed(errand: AccessErrand, setup: Setup, first_op_id: int, due_s: float) -> Script[Outcome]:
    """Add the AccessSpec, wait for its results, take it away again."""
    version, spec_id = setup.version, setup.access_id
    gathering = _Gathering(errand, first_op_id)
    try:
        yield Request("ADD_ACCESSSPEC", 50, _accessspec(errand, setup, first_op_id))
    except ReaderRefusedError as refusal:
        return Outcome(error=refusal)
    try:
        yield simple("ENABLE_ACCESSSPEC", 52, version, AccessSpecID=spec_id)
        yield from _awaited(gathering, due_s)
    except ReaderRefusedError as refusal:
        gathering.refusal = refusal
    with suppress(ReaderRefusedError):  # it was carried out, and is gone by itself
        yield Request(
            "DELETE_ACCESSSPEC",
            51,
            lambda message_id: control.simple("DELETE_ACCESSSPEC", version, message_id, AccessSpecID=spec_id),
            overhear=gathering.take,  # what happened just before it was given up did happen
        )
    return gathering.outcome() or gathering.outcome_when_late()


def _awaited(gathering: _Gathering, due_s: float) -> Script[None]:
    """Take reports until all that was to be done is done, or the time is over."""
    while gathering.outcome() is None:
        try:
            report = yield Listening(gathering.is_wanted, due_s)
        except ReaderTimeoutError:
            return
        gathering.take(report.body)


def antennas_asked(setup: Setup) -> Script[Done]:
    """Ask which antennas are missing: the reader tells by itself only of one that goes, not of one that has gone."""
    try:
        answer = yield Request(
            "GET_READER_CONFIG",
            12,
            lambda message_id: handmade.get_antenna_properties(setup.version, message_id),
            deadline_s=_ASIDE_S,
        )
        gone = handmade.unconnected_of(answer) & set(setup.plan.ports)
    except (ReaderRefusedError, ReaderTimeoutError, ProtocolError):
        return Done(setup)  # then nobody knows; the reads will show it
    return Done(setup, noticed=tuple(antenna_gone(port) for port in sorted(gone)))


def temperature_asked(setup: Setup) -> Script[Done]:
    """Ask an Impinj reader how warm it is; one that does not say is not asked again."""
    try:
        answer = yield Request(
            "GET_READER_CONFIG",
            12,
            lambda message_id: handmade.get_impinj_configuration(setup.version, message_id),
            deadline_s=_ASIDE_S,
        )
        temperature = impinj_temperature_of(answer.body)
    except (ReaderRefusedError, ReaderTimeoutError, ProtocolError):
        temperature = None
    is_last = temperature is None
    return Done(setup if is_last else replace(setup, temperature_c=temperature), is_last=is_last)


def started_again(setup: Setup, intruder: int) -> Script[Done]:
    """Delete a ROSpec that pre-empted ours, and start ours again; that failing, the connection is made anew."""
    with suppress(ReaderRefusedError):  # it is over already
        yield simple("DELETE_ROSPEC", 31, setup.version, ROSpecID=intruder)
    try:
        yield simple("START_ROSPEC", 32, setup.version, ROSpecID=setup.rospec_id)
    except ReaderRefusedError as error:
        raise ReaderGoneError(f"the reader does not start again what was pre-empted: {error}") from error
    return Done(setup)
