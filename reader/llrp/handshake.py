"""The order of requests that makes a reader read, and the one that makes it stop. Pure: a generator asks, and is
given the answers.

1. Version first, and only where the model is said to speak 1.1; a reader that does not know the question speaks 1.0.1.
2. Impinj's extensions before anything that may carry one of its parameters; the reader forgets them at each connect.
3. What is left of other clients is deleted, and with it whatever they let transmit.
4. The power is read back before anything is enabled: nothing transmits at a power that was not asked for.
5. ENABLE_EVENTS_AND_REPORTS comes last, and always: a reader that holds its reports for us lets them go then.

Source: LLRP 1.1, sections 5.3, 9 and 10.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final

from reader.errors import ProfileError
from reader.llrp import control, handmade
from reader.llrp.capabilities import Capabilities, RadioPlan, plan_for
from reader.llrp.frames import Frame
from reader.llrp.status import M_SUCCESS, M_UNEXPECTED_MESSAGE, status_of
from reader.profile import Profile

__all__ = ["ERROR_MESSAGE", "Request", "Setup", "farewell", "handshake"]

ERROR_MESSAGE: Final = 100
_CUSTOM: Final = 1023
_V1_0_1: Final = 1
_V1_1: Final = 2
# A LAN answers in milliseconds; a reader that changes its antennas' power while it checks them takes a second or two.
_ANSWER_S: Final = 5.0
_LEAVING_S: Final = 2.0  # a reader that is told to stop may be gone already
_CLOSING_S: Final = 10.0  # LLRP 1.1, conformance: the reader closes within ten seconds


@dataclass(frozen=True, slots=True)
class Request:
    """One message to the reader.

    answer: the type of its answer, None where the standard has none.
    encode: makes the bytes, given the message id.
    may_fail: whether the one who asks deals with a refusal; otherwise it ends the connection.
    """

    name: str
    answer: int | None
    encode: Callable[[int], bytes]
    deadline_s: float = _ANSWER_S
    may_fail: bool = False


@dataclass(frozen=True, slots=True)
class Setup:
    """What came of a handshake; the plan's power was read back."""

    version: int
    capabilities: Capabilities
    plan: RadioPlan


def _simple(name: str, answer: int | None, version: int, **fields: int) -> Request:
    return Request(name, answer, lambda message_id: control.simple(name, version, message_id, **fields))


def handshake(profile: Profile) -> Generator[Request, Frame, Setup]:
    """Ask for everything that has to be done until reports flow; return what came of it.

    Raises:
        ProfileError: The reader cannot do what the profile wants, or does not hold the power that was set.
        ProtocolError: An answer cannot be read.
    """
    version = yield from _negotiation(profile.model.protocol_version)
    if profile.model.impinj_extensions:
        yield _simple("IMPINJ_ENABLE_EXTENSIONS", _CUSTOM, version)
    answer = yield _simple("GET_READER_CAPABILITIES", 11, version, RequestedData=0)
    capabilities = control.capabilities_of(answer, profile.model.hop_table_id)
    plan = plan_for(profile, capabilities)
    yield Request("SET_READER_CONFIG", 13, lambda message_id: control.set_reader_config(version, message_id, plan))
    yield from _deletion(version)
    yield Request("ADD_ROSPEC", 30, lambda message_id: control.add_rospec(version, message_id, plan))
    yield from _power_check(version, plan)
    yield _simple("ENABLE_ROSPEC", 34, version, ROSpecID=control.ROSPEC_ID)
    yield _simple("START_ROSPEC", 32, version, ROSpecID=control.ROSPEC_ID)
    yield _simple("ENABLE_EVENTS_AND_REPORTS", None, version)
    return Setup(version, capabilities, plan)


def farewell(version: int) -> Generator[Request, Frame, None]:
    """Ask for silence in the air, then for the end of the connection."""
    yield Request(
        "DELETE_ROSPEC",
        31,
        lambda message_id: control.simple("DELETE_ROSPEC", version, message_id, ROSpecID=control.ROSPEC_ID),
        deadline_s=_LEAVING_S,
        may_fail=True,
    )
    yield Request(
        "CLOSE_CONNECTION",
        4,
        lambda message_id: control.simple("CLOSE_CONNECTION", version, message_id),
        deadline_s=_CLOSING_S,
        may_fail=True,
    )


def _negotiation(greatest: int) -> Generator[Request, Frame, int]:
    """Return the version to speak, at most ``greatest``."""
    if greatest < _V1_1:
        return _V1_0_1
    answer = yield Request("GET_SUPPORTED_VERSION", 56, handmade.get_supported_version, may_fail=True)
    if answer.type == ERROR_MESSAGE or status_of(answer).code != M_SUCCESS:
        return _V1_0_1
    current, supported = handmade.versions_of(answer)
    if current >= _V1_1 or supported < _V1_1:
        return min(max(current, _V1_0_1), _V1_1)
    answer = yield Request(
        "SET_PROTOCOL_VERSION",
        57,
        lambda message_id: handmade.set_protocol_version(_V1_1, message_id),
        may_fail=True,
    )
    # Already set, by whoever was here before us: it can be set only once until the reader restarts.
    is_set = answer.type != ERROR_MESSAGE and status_of(answer).code in (M_SUCCESS, M_UNEXPECTED_MESSAGE)
    return _V1_1 if is_set else _V1_0_1


def _deletion(version: int) -> Generator[Request, Frame, None]:
    yield Request(
        "DELETE_ACCESSSPEC",
        51,
        lambda message_id: control.simple("DELETE_ACCESSSPEC", version, message_id, AccessSpecID=0),
        may_fail=True,  # a reader without AccessSpecs has none to delete
    )
    yield _simple("DELETE_ROSPEC", 31, version, ROSpecID=0)


def _power_check(version: int, plan: RadioPlan) -> Generator[Request, Frame, None]:
    answer = yield Request(
        "GET_READER_CONFIG", 12, lambda message_id: handmade.get_antenna_configuration(version, message_id)
    )
    default = control.config_powers_of(answer)
    answer = yield Request("GET_ROSPECS", 36, lambda message_id: handmade.get_rospecs(version, message_id))
    rospec = control.rospec_powers_of(answer)
    for antenna in plan.antennas:
        if rospec.get(antenna) != plan.tx_power_index or default.get(antenna, plan.tx_power_index) != (
            plan.tx_power_index
        ):
            raise ProfileError(
                f"antenna {antenna}: power index {plan.tx_power_index} ({plan.tx_power_dbm:.2f} dBm) was set, but the "
                f"reader holds {rospec.get(antenna)} in its ROSpec and {default.get(antenna)} as its default"
            )
