"""ADD_ROSPEC in the standard's own words, as our own reading of the tables has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sllurp.llrp import LLRPMessage

from reader.access import Bank
from reader.llrp.plan import AntennaPlan, RadioPlan
from reader.llrp.rospec import add_rospec
from reader.llrp.words import frames_in_words
from reader.profile import InputTrigger, TagFilter

ANTENNA = AntennaPlan(2, 41, 20.0, session=1, population=32, target="dual")
PLAN = RadioPlan((ANTENNA,), hop_table_id=1, channel_index=1, report_tags=1, report_ms=0, keepalive_ms=1000)
NULL_STOP = {"AISpecStopTriggerType": 0, "DurationTrigger": 0}


def rospec(plan: RadioPlan, version: int = 1) -> dict[str, Any]:
    (frame,) = frames_in_words(add_rospec(version, 9, 5, plan))
    assert (frame.error, frame.kind, frame.version, frame.message_id) == (None, "ADD_ROSPEC", version, 9)
    found: dict[str, Any] = frame.fields["ROSpec"]
    return found


def command(plan: RadioPlan, version: int = 1) -> dict[str, Any]:
    (aispec,) = rospec(plan, version)["AISpec"]
    (inventory,) = aispec["InventoryParameterSpec"]
    found: dict[str, Any] = inventory["AntennaConfiguration"][0]["C1G2InventoryCommand"][0]
    return found


def test_a_plain_rospec_in_full() -> None:
    spec = rospec(replace(PLAN, antennas=(replace(ANTENNA, mode=1002),)))

    assert (spec["ROSpecID"], spec["Priority"], spec["CurrentState"]) == (5, 0, 0)
    assert spec["ROBoundarySpec"] == {
        "ROSpecStartTrigger": {"ROSpecStartTriggerType": 0},
        "ROSpecStopTrigger": {"ROSpecStopTriggerType": 0, "DurationTriggerValue": 0},
    }
    assert spec["AISpec"] == [
        {
            "AntennaIDs": [2],
            "AISpecStopTrigger": NULL_STOP,
            "InventoryParameterSpec": [
                {
                    "InventoryParameterSpecID": 1,
                    "ProtocolID": 1,
                    "AntennaConfiguration": [
                        {
                            "AntennaID": 2,
                            "RFTransmitter": {"HopTableID": 1, "ChannelIndex": 1, "TransmitPower": 41},
                            "C1G2InventoryCommand": [
                                {
                                    "TagInventoryStateAware": 0,
                                    "C1G2RFControl": {"ModeIndex": 1002, "Tari": 0},
                                    "C1G2SingulationControl": {"Session": 1, "TagPopulation": 32, "TagTransitTime": 0},
                                }
                            ],
                        }
                    ],
                }
            ],
        }
    ]
    assert (spec["ROReportSpec"]["ROReportTrigger"], spec["ROReportSpec"]["N"]) == (2, 1)
    assert {name for name, on in spec["ROReportSpec"]["TagReportContentSelector"].items() if on} == {
        "EnableAntennaID",
        "EnableChannelIndex",
        "EnablePeakRSSI",
        "EnableLastSeenTimestamp",
        "EnableTagSeenCount",
    }


def test_every_antenna_has_settings_of_its_own() -> None:
    other = AntennaPlan(4, 3, 10.5, session=2, population=200, target="single", mode=3)
    (aispec,) = rospec(replace(PLAN, antennas=(ANTENNA, other)))["AISpec"]
    (inventory,) = aispec["InventoryParameterSpec"]
    by_port = {
        one["AntennaID"]: (one["RFTransmitter"]["TransmitPower"], one["C1G2InventoryCommand"][0])
        for one in inventory["AntennaConfiguration"]
    }

    assert aispec["AntennaIDs"] == [2, 4]
    assert {port: power for port, (power, _) in by_port.items()} == {2: 41, 4: 3}
    assert by_port[4][1]["C1G2SingulationControl"] == {"Session": 2, "TagPopulation": 200, "TagTransitTime": 0}
    assert by_port[4][1]["C1G2RFControl"] == {"ModeIndex": 3, "Tari": 0}
    assert "C1G2RFControl" not in by_port[2][1]


def test_reports_by_time() -> None:
    report = rospec(replace(PLAN, report_tags=0, report_ms=50), version=2)["ROReportSpec"]

    assert (report["ROReportTrigger"], report["N"]) == (6, 50)


@pytest.mark.parametrize(("with_tid", "selected"), [(False, [52, 53]), (True, [51, 52, 53])])
def test_impinjs_own_words(with_tid: bool, selected: list[int]) -> None:
    plan = replace(
        PLAN,
        antennas=(replace(ANTENNA, impinj_search_mode=2),),
        is_impinj=True,
        reads_tid=with_tid,
        fixed_channels=(1, 4),
    )

    assert command(plan)["Custom"] == [
        {"VendorIdentifier": 25882, "ParameterSubtype": 23, "Data": "0002"},
        {"VendorIdentifier": 25882, "ParameterSubtype": 26, "Data": "00020000000200010004"},
    ]
    (selector,) = rospec(plan)["ROReportSpec"]["Custom"]
    assert selector["ParameterSubtype"] == 50
    assert selector["Data"] == "".join(f"03FF000E0000651A{subtype:08X}0001" for subtype in selected)


def test_what_sllurp_can_encode_comes_out_the_same() -> None:
    """A second opinion, byte for byte, on all that it has encoders for."""
    command = {
        "TagInventoryStateAware": False,
        "C1G2RFControl": {"ModeIndex": 1002, "Tari": 0},
        "C1G2SingulationControl": {"Session": 1, "TagPopulation": 32, "TagTransitTime": 0},
        "ImpinjInventorySearchMode": {"InventorySearchMode": 2},
    }
    antenna = {
        "AntennaID": 2,
        "RFTransmitter": {"HopTableId": 1, "ChannelIndex": 1, "TransmitPower": 41},
        "C1G2InventoryCommand": [command],
    }
    aispec = {
        "AntennaID": [2],
        "AISpecStopTrigger": {"AISpecStopTriggerType": "Null", "DurationTriggerValue": 0},
        "InventoryParameterSpec": [{"InventoryParameterSpecID": 1, "ProtocolID": 1, "AntennaConfiguration": [antenna]}],
    }
    selector = dict.fromkeys(
        ("EnableAntennaID", "EnableChannelIndex", "EnablePeakRSSI", "EnableLastSeenTimestamp", "EnableTagSeenCount"),
        True,
    )
    impinj = {
        "ImpinjEnableSerializedTID": {"SerializedTIDMode": 1},
        "ImpinjEnableRFPhaseAngle": {"RFPhaseAngleMode": 1},
        "ImpinjEnablePeakRSSI": {"PeakRSSIMode": 1},
    }
    spec = {
        "ROSpecID": 5,
        "Priority": 0,
        "CurrentState": "Disabled",
        "ROBoundarySpec": {
            "ROSpecStartTrigger": {"ROSpecStartTriggerType": "Null"},
            "ROSpecStopTrigger": {"ROSpecStopTriggerType": "Null", "DurationTriggerValue": 0},
        },
        "AISpec": [aispec],
        "ROReportSpec": {
            "ROReportTrigger": "Upon_N_Tags_Or_End_Of_ROSpec",
            "N": 1,
            "TagReportContentSelector": {"EnableROSpecID": False, **selector},
            "ImpinjTagReportContentSelector": impinj,
        },
    }
    theirs = LLRPMessage(msgdict={"ADD_ROSPEC": {"Ver": 1, "ID": 9, "ROSpec": spec}}).msgbytes
    plan = replace(PLAN, antennas=(replace(ANTENNA, mode=1002, impinj_search_mode=2),), is_impinj=True, reads_tid=True)

    assert add_rospec(1, 9, 5, plan) == theirs


def test_zebras_phase_is_asked_for() -> None:
    assert rospec(replace(PLAN, is_zebra=True))["ROReportSpec"]["Custom"] == [
        {"VendorIdentifier": 161, "ParameterSubtype": 708, "Data": "10000000"}
    ]


def test_an_input_starts_it_and_time_ends_it() -> None:
    boundary = rospec(replace(PLAN, start_input=InputTrigger(3, is_high=True, seconds=2.5)))["ROBoundarySpec"]

    assert boundary["ROSpecStartTrigger"] == {
        "ROSpecStartTriggerType": 3,
        "GPITriggerValue": {"GPIPortNum": 3, "GPIEvent": 1, "Timeout": 0},
    }
    assert boundary["ROSpecStopTrigger"] == {"ROSpecStopTriggerType": 1, "DurationTriggerValue": 2500}


KEEPING = TagFilter(Bank.EPC, 32, "3034", 14)
EXCLUDING = TagFilter(Bank.TID, 0, "E28", 12, is_excluding=True)


def test_filters_are_joined_by_and() -> None:
    """First: select matching, unselect the others. Then: only ever unselect."""
    filters = command(replace(PLAN, filters=(KEEPING, EXCLUDING, KEEPING)))["C1G2Filter"]

    assert [one["C1G2TagInventoryStateUnawareFilterAction"]["Action"] for one in filters] == [0, 3, 2]
    assert filters[0]["C1G2TagInventoryMask"] == {"MB": 1, "Pointer": 32, "TagMask": "3034", "TagMask_BitCount": 14}
    assert filters[1]["C1G2TagInventoryMask"] == {"MB": 2, "Pointer": 0, "TagMask": "E280", "TagMask_BitCount": 12}
    (first,) = command(replace(PLAN, filters=(EXCLUDING,)))["C1G2Filter"]
    assert first["C1G2TagInventoryStateUnawareFilterAction"]["Action"] == 4


@pytest.mark.parametrize(
    ("filters", "version", "action"),
    [
        ((), 1, {"I": 0, "S": 0, "S_All": 0}),
        ((), 2, {"I": 0, "S": 1, "S_All": 1}),
        ((KEEPING,), 1, {"I": 0, "S": 0, "S_All": 0}),
        ((KEEPING,), 2, {"I": 0, "S": 0, "S_All": 0}),
    ],
)
def test_a_state_aware_reader_asks_tags_in_state_a(
    filters: tuple[TagFilter, ...], version: int, action: dict[str, int]
) -> None:
    asked = command(replace(PLAN, antennas=(replace(ANTENNA, asks_state_a=True),), filters=filters), version)

    assert asked["TagInventoryStateAware"] == 1
    assert asked["C1G2SingulationControl"]["C1G2TagInventoryStateAwareSingulationAction"] == action


def test_a_state_aware_reader_of_1_0_1_selects_every_tag_where_none_is_filtered() -> None:
    plan = replace(PLAN, antennas=(replace(ANTENNA, asks_state_a=True),))

    (everybody,) = command(plan, 1)["C1G2Filter"]
    assert everybody["C1G2TagInventoryStateAwareFilterAction"] == {"Target": 0, "Action": 0}
    without = command(replace(plan, can_filter=False), 1)
    assert "C1G2Filter" not in without
    assert without["C1G2SingulationControl"]["C1G2TagInventoryStateAwareSingulationAction"]["S"] == 1


def test_filters_of_a_state_aware_reader_go_by_the_selected_flag() -> None:
    plan = replace(PLAN, antennas=(replace(ANTENNA, asks_state_a=True),), filters=(EXCLUDING, KEEPING, EXCLUDING))

    assert [one["C1G2TagInventoryStateAwareFilterAction"] for one in command(plan)["C1G2Filter"]] == [
        {"Target": 0, "Action": 4},
        {"Target": 0, "Action": 2},
        {"Target": 0, "Action": 5},
    ]


@settings(max_examples=100)
@given(
    st.lists(st.integers(1, 64), min_size=1, max_size=8, unique=True),
    st.one_of(st.none(), st.integers(0, 65535)),
    st.one_of(st.none(), st.integers(0, 5)),
    st.integers(0, 3),
    st.booleans(),
    st.lists(st.builds(TagFilter, st.sampled_from(Bank), st.integers(0, 600), st.just("A5" * 8), st.integers(0, 64))),
)
def test_every_plan_is_a_whole_message(
    ports: list[int], mode: int | None, search: int | None, session: int, aware: bool, filters: list[TagFilter]
) -> None:
    antennas = tuple(
        replace(ANTENNA, port=port, mode=mode, impinj_search_mode=search, session=session, asks_state_a=aware)
        for port in ports
    )

    rospec(replace(PLAN, antennas=antennas, filters=tuple(filters), is_impinj=search is not None), version=2)
