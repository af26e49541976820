"""Filters that act on tags' flags, and queries by flags: what is taken, what is refused, and whom it finds."""

from __future__ import annotations

from collections import Counter

import pytest

from reader.virtual.llrp.element import Bits, Element, make
from reader.virtual.llrp.impinj import R420, R700
from reader.virtual.llrp.personality import Personality
from tests.reader.virtual.llrp_bench import (
    ON_PAD,
    BenchClient,
    ai_spec,
    antenna,
    code,
    culprits,
    epc_of,
    reports,
    rospec,
    running,
    transmitter,
)


def command(*children: Element, aware: int) -> Element:
    return antenna(0, transmitter(), make("C1G2InventoryCommand", *children, TagInventoryStateAware=aware))


def flag_filter(*actions: str, target: int = 0) -> Element:
    """Return a filter for all tags with actions of these kinds."""
    mask = make("C1G2TagInventoryMask", MB=1, Pointer=0, TagMask=Bits(0, b""))
    fields = {"Aware": {"Target": target, "Action": 0}, "Unaware": {"Action": 0}}
    named = [make(f"C1G2TagInventoryState{kind}FilterAction", **fields[kind]) for kind in actions]
    return make("C1G2Filter", mask, *named, T=0)


@pytest.mark.parametrize(
    ("aware", "actions", "status", "culprit"),
    [
        (1, ("Aware",), 0, None),
        (0, ("Unaware",), 0, None),
        (0, (), 0, None),
        (0, ("Aware", "Unaware"), 0, None),
        (1, ("Aware", "Unaware"), 0, None),
        (0, ("Aware",), 100, 209),
        (1, ("Unaware",), 100, 203),
        (1, (), 100, 203),
    ],
)
def test_a_filter_has_the_action_that_fits_how_tags_are_asked(
    aware: int, actions: tuple[str, ...], status: int, culprit: int | None
) -> None:
    answer = BenchClient().ask("ADD_ROSPEC", rospec(ai_spec(command(flag_filter(*actions), aware=aware))))

    assert code(answer) == status
    if culprit is not None:
        assert culprits(answer)[-1] == ("ParameterError", 333, culprit)


@pytest.mark.parametrize("personality", [R420, R700])
def test_a_reader_without_state_awareness_takes_no_action_on_flags(personality: Personality) -> None:
    client = BenchClient(personality=personality)
    refused = client.ask("ADD_ROSPEC", rospec(ai_spec(command(flag_filter("Aware", "Unaware"), aware=0))))

    assert code(refused) == 100
    assert culprits(refused)[-1] == ("ParameterError", 333, 209)


def test_flags_are_named_by_0_to_4_and_nothing_else() -> None:
    wanted = [rospec(ai_spec(command(flag_filter("Aware", target=target), aware=1))) for target in (4, 5)]

    assert [code(BenchClient().ask("ADD_ROSPEC", one)) for one in wanted] == [0, 100]


def asking(*filters: Element, session: int, **asked: int) -> Element:
    action = make("C1G2TagInventoryStateAwareSingulationAction", **({"I": 0, "S": 0, "S_All": 0} | asked))
    control = make("C1G2SingulationControl", action, Session=session, TagPopulation=8, TagTransitTime=0)
    return rospec(ai_spec(command(*filters, control, aware=1)))


def flag_client() -> BenchClient:
    client = BenchClient()
    client.version = 2
    assert code(client.ask("SET_PROTOCOL_VERSION", ProtocolVersion=2)) == 0
    return client


@pytest.mark.parametrize(
    ("asked", "found"), [({"S": 0}, True), ({"S": 1}, False), ({"S": 1, "S_All": 1}, True), ({"S_All": 1}, True)]
)
def test_sl_is_asked_for_by_s_and_by_s_all(asked: dict[str, int], found: bool) -> None:
    client = flag_client()
    running(client, asking(flag_filter("Aware"), session=1, **asked))

    assert ({epc_of(tag) for tag in reports(client.wait(1000))} >= ON_PAD) is found


@pytest.mark.parametrize("session", [0, 1, 2, 3])
def test_targets_1_to_4_are_the_flags_of_the_sessions(session: int) -> None:
    """To A before each round: read for ever. The flag of another session: once, as long as this one's flag lasts."""
    counts = []
    for target in (session + 1, (session + 1) % 4 + 1):
        client = flag_client()
        running(client, asking(flag_filter("Aware", target=target), session=session, S_All=1))
        counts.append(Counter(epc_of(tag) for tag in reports(client.wait(1500))))

    assert all(counts[0][epc] > 10 for epc in ON_PAD)
    assert session == 0 or all(counts[1][epc] < 5 for epc in ON_PAD)


def test_1_0_1_has_no_words_for_with_sl_or_without() -> None:
    assert code(BenchClient().ask("ADD_ROSPEC", asking(session=1, S_All=1))) == 100
