"""Several ROSpecs: one is active at a time, and who goes first."""

from __future__ import annotations

from reader.virtual.llrp.codec import encode
from reader.virtual.llrp.element import Element, Message, make, message
from tests.reader.virtual.llrp_bench import BenchClient, code, culprits, report_spec, reports, rospec, start_trigger

ROSPEC_EVENT = 2
START, END, PREEMPTED = 0, 1, 2


def client_with(*priorities: int, start: int = 0, report: Element | None = None) -> BenchClient:
    """Return a client with enabled ROSpecs 1, 2, … of those priorities."""
    client = BenchClient()
    client.events_on(ROSPEC_EVENT)
    for id, priority in enumerate(priorities, start=1):
        added = rospec(id=id, priority=priority, start=start_trigger(start), report=report)
        assert code(client.ask("ADD_ROSPEC", added)) == 0
    return client


def asked(client: BenchClient, name: str, id: int) -> list[Message]:
    """Return the answer of a request about one ROSpec, and all that is said with it."""
    return client.send(encode(message(name, 1, ROSpecID=id)))


def states(client: BenchClient) -> list[int]:
    return [spec.number("CurrentState") for spec in client.ask("GET_ROSPECS").body.each("ROSpec")]


def events(said: list[Message]) -> list[tuple[int, int, int]]:
    """Return (what, which, by whom) of each ROSpecEvent."""
    told = [one.body.children[0].children[1] for one in said if one.name == "READER_EVENT_NOTIFICATION"]
    return [(e.number("EventType"), e.number("ROSpecID"), e.number("PreemptingROSpecID")) for e in told]


def test_a_more_urgent_rospec_preempts_and_what_was_gathered_is_not_lost() -> None:
    client = client_with(3, 1, report=report_spec(2, 0, EnableROSpecID=1))
    client.ask("ENABLE_ROSPEC", ROSpecID=0)
    client.ask("START_ROSPEC", ROSpecID=1)
    client.wait(300)

    said = asked(client, "START_ROSPEC", 2) + client.wait(20)

    assert code(said[0]) == 0
    assert events(said) == [(PREEMPTED, 1, 2), (START, 2, 0)]
    assert states(client) == [1, 2]
    assert {tag.the("ROSpecID").number("ROSpecID") for tag in reports(said)} == {1}
    client.wait(300)
    said = asked(client, "STOP_ROSPEC", 2)
    assert {tag.the("ROSpecID").number("ROSpecID") for tag in reports(said)} == {2}


def test_one_that_is_no_more_urgent_does_not_start() -> None:
    client = client_with(3, 3, 4)
    client.ask("ENABLE_ROSPEC", ROSpecID=0)
    client.ask("START_ROSPEC", ROSpecID=1)

    for id in (2, 3):
        refused = client.ask("START_ROSPEC", ROSpecID=id)
        assert (code(refused), culprits(refused)) == (101, [("FieldError", 0, 300)])
    assert states(client) == [2, 1, 1]
    client.ask("STOP_ROSPEC", ROSpecID=1)
    assert code(client.ask("START_ROSPEC", ROSpecID=3)) == 0


def test_those_that_start_immediately_take_their_turn_by_priority() -> None:
    client = client_with(2, 1, 3, start=1)
    said = []
    for id in (1, 2, 3):
        said += asked(client, "ENABLE_ROSPEC", id) + client.wait(50)
    assert events(said) == [(START, 1, 0), (PREEMPTED, 1, 2), (START, 2, 0)]

    said = asked(client, "DISABLE_ROSPEC", 2) + client.wait(50)
    assert events(said) == [(END, 2, 0), (START, 1, 0)]
    said = asked(client, "DELETE_ROSPEC", 1) + client.wait(50)
    assert events(said) == [(END, 1, 0), (START, 3, 0)]


def test_a_periodic_rospec_interrupts_a_less_urgent_one_for_a_while() -> None:
    client = BenchClient()
    client.events_on(ROSPEC_EVENT)
    period = make("PeriodicTriggerValue", Offset=200, Period=500)
    client.ask("ADD_ROSPEC", rospec(id=1, priority=5, start=start_trigger(1)))
    client.ask("ADD_ROSPEC", rospec(id=2, priority=0, start=start_trigger(2, period), stop=1, stop_ms=100))
    said = asked(client, "ENABLE_ROSPEC", 0) + client.wait(1000)

    turn = [(PREEMPTED, 1, 2), (START, 2, 0), (END, 2, 0), (START, 1, 0)]
    assert events(said) == [(START, 1, 0), *turn, *turn]
