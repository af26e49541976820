"""What every `PaymentTerminal` owes the till. An adapter joins by adding itself to `bench`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from checkout.money import Money
from checkout.tender import Attempt, Cancelled, Captured, Declined, NeverSeen, PaymentTerminal, Pending
from checkout.terminals.demo import DemoTerminal, ask_demo_terminal
from checkout.terminals.demo_server import Behaviour, DemoTerminalServer, charges


class Bench:
    """A terminal under test and the hand that plays the shopper and counts the money."""

    def __init__(self, terminal: PaymentTerminal, server: DemoTerminalServer, ledger: Path) -> None:
        self.terminal = terminal
        self._server = server
        self._ledger = ledger

    def card_will_be(self, behaviour: Behaviour) -> None:
        self._server.behaviour = behaviour

    def bring_card(self) -> None:
        ask_demo_terminal(*self._server.address, {"op": "card"})

    def money_minor(self) -> int:
        return sum(charge.amount_minor for charge in charges(self._ledger) if not charge.is_reversed)

    def charge_count(self) -> int:
        return len(charges(self._ledger))


@pytest.fixture(params=["demo"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with DemoTerminalServer(tmp_path / "ledger.db", card_s=3600.0) as server:
        yield Bench(DemoTerminal(*server.address), server, tmp_path / "ledger.db")


def attempt(number: int = 1, minor: int = 1250) -> Attempt:
    return Attempt(f"01ATTEMPT{number:017}", f"01SALE{number:020}", 1, Money(minor, "EUR"))


def test_it_says_that_it_answers(bench: Bench) -> None:
    assert bench.terminal.health().up


def test_an_attempt_waits_for_its_card_and_is_then_captured(bench: Bench) -> None:
    assert isinstance(bench.terminal.start(attempt()), Pending)
    assert isinstance(bench.terminal.poll(attempt()), Pending)
    assert bench.money_minor() == 0

    bench.bring_card()

    outcome = bench.terminal.poll(attempt())
    assert isinstance(outcome, Captured)
    assert outcome.reference
    assert bench.money_minor() == 1250


def test_started_again_it_charges_once(bench: Bench) -> None:
    bench.terminal.start(attempt())
    bench.terminal.start(attempt())
    bench.bring_card()
    first = bench.terminal.poll(attempt())

    again = bench.terminal.start(attempt())

    assert again == first
    assert bench.charge_count() == 1


def test_a_declined_card_is_final_and_free(bench: Bench) -> None:
    bench.card_will_be(Behaviour.DECLINE)
    bench.terminal.start(attempt())
    bench.bring_card()

    assert isinstance(bench.terminal.poll(attempt()), Declined)
    bench.card_will_be(Behaviour.APPROVE)
    assert isinstance(bench.terminal.start(attempt()), Declined)
    assert bench.charge_count() == 0


def test_a_second_attempt_finds_it_busy_until_the_first_is_over(bench: Bench) -> None:
    bench.terminal.start(attempt(1))

    assert bench.terminal.start(attempt(2)) == Declined("busy")

    bench.bring_card()
    assert isinstance(bench.terminal.start(attempt(3)), Pending)


def test_a_cancelled_attempt_takes_no_money(bench: Bench) -> None:
    bench.terminal.start(attempt())

    assert isinstance(bench.terminal.cancel(attempt()), Cancelled)
    assert isinstance(bench.terminal.poll(attempt()), Cancelled)
    assert isinstance(bench.terminal.start(attempt()), Cancelled)
    assert bench.charge_count() == 0


def test_a_cancel_that_comes_too_late_does_not_hide_the_charge(bench: Bench) -> None:
    bench.terminal.start(attempt())
    bench.bring_card()

    assert isinstance(bench.terminal.cancel(attempt()), Captured)
    assert bench.money_minor() == 1250


def test_a_reversal_gives_back_once(bench: Bench) -> None:
    bench.terminal.start(attempt())
    bench.bring_card()

    assert isinstance(bench.terminal.reverse(attempt()), Cancelled)
    assert isinstance(bench.terminal.reverse(attempt()), Cancelled)
    assert isinstance(bench.terminal.lookup(attempt()), Cancelled)
    assert bench.money_minor() == 0
    assert bench.charge_count() == 1


def test_asking_for_what_never_came_says_so_and_changes_nothing(bench: Bench) -> None:
    assert isinstance(bench.terminal.lookup(attempt()), NeverSeen)
    assert isinstance(bench.terminal.poll(attempt()), NeverSeen)
    assert isinstance(bench.terminal.reverse(attempt()), NeverSeen)
    assert isinstance(bench.terminal.start(attempt()), Pending)


def test_a_start_that_arrives_after_its_cancel_is_never_armed(bench: Bench) -> None:
    assert isinstance(bench.terminal.cancel(attempt()), Cancelled | NeverSeen)

    assert not isinstance(bench.terminal.start(attempt()), Pending | Captured)

    bench.bring_card()
    assert bench.charge_count() == 0
