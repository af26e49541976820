"""EPCglobal's conformance cases for readers (LLRP 1.1, 2010), each with the tests that hold it; those without another
room are here. All run on a clock of their own.

    TCR   essence                                      held by
    ----  -------------------------------------------  --------------------------------------------------------------
    7.1   speaks first, version 1, status 0            test_conformance_messages: speaks_first
          configuration state value                    test_conformance_runs: state_value_changes
          a second link is refused, the first one told test_llrp_reader: second_client
          closing answered, then silence and the end   test_conformance_messages: closing_is_answered
                                                       test_llrp_reader: closing_is_answered
          closing of its own announced                 test_conformance_messages: own_closing
                                                       test_llrp_reader: stopping_says_goodbye
          reader-initiated links                       none: this reader never calls anybody
    7.2   46 and 47, and what comes after them         test_conformance_list: tcr_7_2
          beyond the greatest version                  test_conformance_messages: beyond_the_greatest
    7.3   all capabilities, and each group             test_conformance_messages: capabilities_come
    7.4   unknown custom message and parameter         test_conformance_messages: what_is_wrong
    7.5   eleven wrong requests                        test_conformance_messages: what_is_wrong
          a foreign version, and an ERROR_MESSAGE      test_conformance_messages: foreign_version
                                                       test_conformance_messages: never_answered
    7.6   defaults set and read back, 4, 5 and 6       test_conformance_list: tcr_7_6
                                                       test_conformance_runs: read_back_as_they_were_set
          state value on ADD and DELETE                test_conformance_runs: state_value_changes
          null triggers: START, STOP, and their order  test_conformance_runs: stop_request
          GET_ROSPECS before and after                 test_conformance_runs: shown_as_added
          request 0 has every mandatory part           test_conformance_runs: every_mandatory_part
    7.7   LoopSpec 1                                   test_conformance_runs: counts_up_and_ends
          LoopSpec 0 until STOP                        test_conformance_list: tcr_7_7
    7.8   an EPC written once; read each round         test_access_specs: epc_is_written_once
                                                       test_access_specs: periodic_rospec
          disabled AccessSpec, disabled ROSpec         test_access_specs: disabled_access_spec
                                                       test_access_specs: without_an_active_rospec
          GET_ACCESSSPECS; state value                 test_access_specs: added_disabled_enabled
                                                       test_access_specs: state_value_changes
    7.9   two tags, or the timeout                     test_conformance_runs: ends_after_n_tags
                                                       test_conformance_runs: the_timeout_ends
          N = 1: two reports of one tag                test_conformance_list: tcr_7_9
    7.10  ENABLE starts, a duration stops              test_conformance_runs: story_of_a_run
    7.11  no new tags for T: at once, and after a tag  test_conformance_list: tcr_7_11
                                                       test_conformance_runs: silence_ends
    7.12  empty in the document                        none
    7.13  polled reports                               test_conformance_runs: polled_reports
    7.14  keepalives                                   test_conformance_runs: keepalives_come
    7.15  lock, write refused, kill                    test_access_specs: locked_is_written_no_more
                                                       test_access_specs: killed_with_its_password
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reader.virtual.llrp.element import make
from tests.reader.virtual.llrp_bench import (
    ON_PAD,
    BenchClient,
    ai_spec,
    ai_stop,
    antenna,
    code,
    epc_of,
    frame,
    observing,
    report_spec,
    reports,
    rospec,
    running,
    spoken,
    transmitter,
    with_stop,
)

HERE = Path(__file__).parent
HELD = re.compile(r"(test_\w+): (\w+)$", re.MULTILINE)


@pytest.mark.parametrize(("file", "part"), HELD.findall(__doc__ or ""))
def test_the_list_names_one_test_that_exists(file: str, part: str) -> None:
    named = re.findall(r"^def (test_\w+)\(", (HERE / f"{file}.py").read_text(), re.MULTILINE)

    assert len([name for name in named if part in name]) == 1


def test_the_list_leaves_no_case_out() -> None:
    cases = re.findall(r"^    7\.(\d+) ", __doc__ or "", re.MULTILINE)

    assert [int(number) for number in cases] == list(range(1, 16))


def test_tcr_7_2_versions_from_one_restart_to_the_next() -> None:
    client = BenchClient()
    (told,) = client.send(frame(46, version=2))
    assert (told.version, told.body.number("CurrentVersion"), told.body.number("SupportedVersion")) == (2, 1, 2)
    (agreed,) = client.send(frame(47, b"\1", version=2))
    assert (agreed.name, agreed.version, code(agreed)) == ("SET_PROTOCOL_VERSION_RESPONSE", 2, 0)
    (told,) = client.send(frame(46, version=2))
    assert (told.version, told.body.number("CurrentVersion")) == (1, 1)
    (again,) = client.send(frame(47, b"\2", version=2))
    assert (again.version, code(again)) == (2, 112)

    client.device.disconnect()
    client.device.connect(client.now_us)
    client.heard()
    (beyond,) = client.send(frame(47, b"\3", version=2))
    assert (code(beyond), beyond.body.the("LLRPStatus").children) == (110, ())
    (agreed,) = client.send(frame(47, b"\2", version=2))
    assert code(agreed) == 0
    (told,) = client.send(frame(46, version=2))
    assert (told.version, told.body.number("CurrentVersion")) == (2, 2)


def test_tcr_7_6_defaults_are_set_and_read_back() -> None:
    client = BenchClient()
    events = make(
        "ReaderEventNotificationSpec",
        *[make("EventNotificationState", EventType=kind, NotificationState=kind % 2) for kind in range(9)],
    )
    wanted = {4: report_spec(1, 0), 5: events, 6: make("AccessReportSpec", AccessReportTrigger=1)}
    assert code(client.ask("SET_READER_CONFIG", wanted[5], wanted[4], wanted[6], ResetToFactoryDefault=0)) == 0

    for requested, element in wanted.items():
        answer = client.ask("GET_READER_CONFIG", AntennaID=0, RequestedData=requested, GPIPortNum=0, GPOPortNum=0)
        assert (code(answer), answer.body.children[1:]) == (0, (element,))


def test_tcr_7_7_a_loop_without_end_counts_until_it_is_stopped() -> None:
    client = BenchClient()
    assert code(client.send(frame(47, b"\2", version=2))[0]) == 0
    client.version = 2
    client.events_on(2, 9)
    lap = ai_spec(antenna(0, transmitter()), stop=ai_stop(1, 200))
    running(client, rospec(lap, make("LoopSpec", LoopCount=0), report=report_spec(1, 0)))

    said = client.wait(5000)
    events = [one.body.children[0].first("SpecLoopEvent") for one in said if one.name == "READER_EVENT_NOTIFICATION"]
    counts = [event.number("LoopCount") for event in events if event is not None]
    assert len(counts) > 15
    assert counts == list(range(1, len(counts) + 1))
    assert code(client.ask("STOP_ROSPEC", ROSpecID=1)) == 0
    client.heard()
    assert client.wait(1000) == []


def test_tcr_7_9_two_reads_of_one_tag_are_two_reports() -> None:
    client = BenchClient()
    one = min(ON_PAD)
    client.world.remove([tag.epc for tag in client.world.tags() if tag.epc != one])
    running(client, with_stop(ai_stop(3, 0, observing(0, tags=2, timeout_ms=5000)), report=report_spec(1, 1)))

    said = client.wait(5000)

    assert spoken(said) == ["report", "report"]
    assert [epc_of(tag) for tag in reports(said)] == [one, one]


def test_tcr_7_11_without_any_tag_it_ends_after_t_and_not_at_the_timeout() -> None:
    client = BenchClient()
    client.events_on(2, 6)
    client.world.remove([tag.epc for tag in client.world.tags()])
    running(client, with_stop(ai_stop(3, 0, observing(1, t_ms=400, timeout_ms=10_000)), report=report_spec(1, 0)))

    assert spoken(client.wait(380)) == ["ROSpecEvent 0"]
    assert spoken(client.wait(60)) == ["AISpecEvent 0", "ROSpecEvent 1"]
