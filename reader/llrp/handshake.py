"""The order of requests that makes a reader read, and the ones that make it read otherwise, stop, or tell what it is.
Pure: scripts for `asking`.

1. Version first, and only where the model is said to speak 1.1; a reader that does not know the question speaks 1.0.1.
2. What is left of whoever was here before us is deleted, and with it whatever it let transmit, before anything can be
   refused: a profile that the reader cannot obey, or another maker's extensions, must not leave it transmitting by
   the ROSpec of a till that was killed, or of the profile that this one replaced.
3. Impinj's extensions before anything that may carry one of its parameters; the reader forgets them at each connect.
   But after the capabilities, which say who made it: another maker's reader is refused by that, not by a custom message
   that it does not know.
4. The power is read back before anything is enabled: nothing transmits at a power that was not asked for.
   There is one ROSpec at a time, because many readers take no second one: several antennas' jobs are its per-antenna
   settings, and another job for all of them is another ROSpec in its place.
5. ENABLE_EVENTS_AND_REPORTS comes last, and always: a reader that holds its reports for us lets them go then.

Source: LLRP 1.1, sections 5.3, 9 and 10.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from reader.errors import ProfileError, ReaderBusyError, ReaderRefusedError, ReaderTimeoutError
from reader.llrp import control, handmade
from reader.llrp.asking import Request, Script
from reader.llrp.capabilities import Capabilities
from reader.llrp.plan import RadioPlan, plan_for
from reader.llrp.rospec import add_rospec
from reader.llrp.status import M_UNEXPECTED_MESSAGE
from reader.profile import Profile

__all__ = [
    "Setup",
    "Survey",
    "closing",
    "configured",
    "farewell",
    "handshake",
    "is_welcome",
    "simple",
    "started",
    "stopped",
    "survey",
]

_CUSTOM: Final = 1023
_V1_0_1: Final = 1
_V1_1: Final = 2
_LEAVING_S: Final = 2.0  # a reader that is told to stop may be gone already
_CLOSING_S: Final = 10.0  # LLRP 1.1, conformance: the reader closes within ten seconds
_REFUSALS: Final = {
    1: "the reader has connected to somebody else by itself",
    2: "another client is connected to the reader",
    3: "the reader refuses connections and does not say why",
}


@dataclass(frozen=True, slots=True)
class Setup:
    """What is in force on a connection.

    plan: its power was read back.
    rospec_id: of the ROSpec that runs; each that takes another's place on this connection has the next number.
    access_id: of the next AccessSpec; op_id: of the next operation in one.
    temperature_c: what the reader last said of it.
    """

    version: int
    profile: Profile
    capabilities: Capabilities
    plan: RadioPlan
    rospec_id: int = control.FIRST_ROSPEC_ID
    access_id: int = 1
    op_id: int = 1
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a reader says of itself.

    Versions: 1 is LLRP 1.0.1, 2 is LLRP 1.1; the greatest that it speaks may be a later one.
    antennas_gone: ports without an antenna, where it looks without transmitting.
    """

    capabilities: Capabilities
    current_version: int
    greatest_version: int
    antennas_gone: frozenset[int] = frozenset()


def is_welcome(attempt: int) -> bool:
    """Return whether a ConnectionAttemptStatusType, the first that a reader says, lets us in.

    Raises:
        ReaderBusyError: Somebody else has the reader.
    """
    if attempt in _REFUSALS:
        raise ReaderBusyError(_REFUSALS[attempt])
    return attempt == 0


def simple(name: str, answer: int | None, version: int, deadline_s: float | None = None, **fields: int) -> Request:
    """Return the request for a message without parameters; see `control.simple`."""
    return Request(name, answer, lambda message_id: control.simple(name, version, message_id, **fields), deadline_s)


def handshake(profile: Profile) -> Script[Setup]:
    """Ask for everything that has to be done until reports flow; return what came of it.

    Raises:
        ProfileError: The reader cannot do what the profile wants, or does not hold the power that was set. Nothing
            transmits then.
        ProtocolError: An answer cannot be read.
    """
    version = yield from _negotiation(profile.model.protocol_version)
    with suppress(ReaderRefusedError):  # a reader without AccessSpecs has none to delete
        yield simple("DELETE_ACCESSSPEC", 51, version, AccessSpecID=0)
    yield simple("DELETE_ROSPEC", 31, version, ROSpecID=0)
    answer = yield simple("GET_READER_CAPABILITIES", 11, version, RequestedData=0)
    capabilities = control.capabilities_of(answer, profile.model.hop_table_id)
    setup = Setup(version, profile, capabilities, plan_for(profile, capabilities))
    if profile.model.impinj_extensions:
        yield simple("IMPINJ_ENABLE_EXTENSIONS", _CUSTOM, version)
    yield from configured(setup)
    yield from started(setup)
    yield simple("ENABLE_EVENTS_AND_REPORTS", None, version)
    return setup


def configured(setup: Setup) -> Script[None]:
    """Set what the plan says for the reader as a whole."""
    yield Request(
        "SET_READER_CONFIG", 13, lambda message_id: control.set_reader_config(setup.version, message_id, setup.plan)
    )


def started(setup: Setup) -> Script[None]:
    """Add the plan's ROSpec, see that the reader holds its power, and let it read.

    Raises:
        ProfileError: The reader does not hold the power that was set; the ROSpec is there, but does not run.
    """
    version, rospec_id = setup.version, setup.rospec_id
    yield Request("ADD_ROSPEC", 30, lambda message_id: add_rospec(version, message_id, rospec_id, setup.plan))
    yield from _power_check(setup)
    yield simple("ENABLE_ROSPEC", 34, version, ROSpecID=rospec_id)
    if setup.plan.start_input is None:
        yield simple("START_ROSPEC", 32, version, ROSpecID=rospec_id)


def stopped(setup: Setup) -> Script[None]:
    """Take the running ROSpec away; what it has gathered is reported first."""
    version, rospec_id = setup.version, setup.rospec_id
    yield Request("GET_REPORT", None, lambda message_id: handmade.get_report(version, message_id))
    with suppress(ReaderRefusedError):  # one that waits for an input cannot be stopped
        yield simple("STOP_ROSPEC", 33, version, ROSpecID=rospec_id)
    yield simple("DELETE_ROSPEC", 31, version, ROSpecID=rospec_id)


def farewell(version: int, *, changes_tags: bool) -> Script[None]:
    """Ask for silence in the air, then for the end of the connection.

    Args:
        version: LLRP's, of the connection.
        changes_tags: Whether an AccessSpec may be left that has not met its tag.
    """
    if changes_tags:
        with suppress(ReaderRefusedError, ReaderTimeoutError):
            yield simple("DELETE_ACCESSSPEC", 51, version, _LEAVING_S, AccessSpecID=0)
    with suppress(ReaderRefusedError, ReaderTimeoutError):  # then the end of the connection has to do
        yield simple("DELETE_ROSPEC", 31, version, _LEAVING_S, ROSpecID=0)
    yield from closing(version)


def closing(version: int) -> Script[None]:
    """Ask for the end of the connection."""
    with suppress(ReaderRefusedError):  # we close it ourselves
        yield simple("CLOSE_CONNECTION", 4, version, _CLOSING_S)


def survey() -> Script[Survey]:
    """Ask what the reader is; nothing is changed, nothing transmits.

    Raises:
        ProtocolError: An answer cannot be read.
    """
    try:
        answer = yield Request("GET_SUPPORTED_VERSION", 56, handmade.get_supported_version)
        current, greatest = handmade.versions_of(answer)
    except (ReaderRefusedError, ReaderTimeoutError):
        current = greatest = _V1_0_1
    version = min(max(current, _V1_0_1), _V1_1)
    answer = yield simple("GET_READER_CAPABILITIES", 11, version, RequestedData=0)
    capabilities = control.capabilities_of(answer)
    gone: frozenset[int] = frozenset()
    with suppress(ReaderRefusedError, ReaderTimeoutError):  # some do not know which antennas they have
        answer = yield Request(
            "GET_READER_CONFIG", 12, lambda message_id: handmade.get_antenna_properties(version, message_id)
        )
        gone = handmade.unconnected_of(answer)
    return Survey(capabilities, version, max(greatest, version), gone)


def _negotiation(greatest: int) -> Script[int]:
    """Return the version to speak, at most ``greatest``."""
    if greatest < _V1_1:
        return _V1_0_1
    try:
        answer = yield Request("GET_SUPPORTED_VERSION", 56, handmade.get_supported_version)
    except ReaderRefusedError:
        return _V1_0_1
    current, supported = handmade.versions_of(answer)
    if current >= _V1_1 or supported < _V1_1:
        return min(max(current, _V1_0_1), _V1_1)
    try:
        yield Request("SET_PROTOCOL_VERSION", 57, lambda message_id: handmade.set_protocol_version(_V1_1, message_id))
    except ReaderRefusedError as refusal:
        # Already set, by whoever was here before us: it can be set only once until the reader restarts.
        return _V1_1 if refusal.status == M_UNEXPECTED_MESSAGE else _V1_0_1
    return _V1_1


def _power_check(setup: Setup) -> Script[None]:
    version = setup.version
    answer = yield Request(
        "GET_READER_CONFIG", 12, lambda message_id: handmade.get_antenna_configuration(version, message_id)
    )
    default = control.config_powers_of(answer)
    answer = yield Request("GET_ROSPECS", 36, lambda message_id: handmade.get_rospecs(version, message_id))
    rospec = control.rospec_powers_of(answer, setup.rospec_id)
    for antenna in setup.plan.antennas:
        wanted = antenna.tx_power_index
        if rospec.get(antenna.port) != wanted or default.get(antenna.port, wanted) != wanted:
            raise ProfileError(
                f"antenna {antenna.port}: power index {wanted} ({antenna.tx_power_dbm:.2f} dBm) was set, but the "
                f"reader holds {rospec.get(antenna.port)} in its ROSpec and {default.get(antenna.port)} as its default"
            )
