"""The till killed at every durable step of the walk, and started again: one sale, one charge, always."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from checkout.terminals.demo_server import Behaviour, DemoTerminalServer, charges
from checkout.till import Till
from checkout.view import LaneView, Stage
from tests.checkout.shop_bench import ShopBench, bar, client_of, sock
from tests.checkout.till.kill_switch import KilledError, KillSwitch, MortalStore, MortalTerminal


@dataclass(frozen=True)
class Shopper:
    """Somebody who wants two things, does what the screen says, and goes on after a restart.

    first_behaviour: what the terminal plays for the first attempt; later ones are approved.
    has_second_thoughts: cancels the first attempt at once.
    """

    first_behaviour: Behaviour
    has_second_thoughts: bool = False

    def shop(self, bench: ShopBench, server: DemoTerminalServer, till: Till) -> None:
        for _ in range(500):
            view = till.step(0.0)
            match view.stage:
                case Stage.BASKET if view.complete and view.terminal_up:
                    is_first = not bench.rows("SELECT 1 FROM attempt")
                    server.behaviour = self.first_behaviour if is_first else Behaviour.APPROVE
                    till.pay(view.quote)
                case Stage.PAYING if self._hesitates(bench, view):
                    till.cancel_payment()
                case Stage.PAYMENT_FAILED:
                    till.back()
                case Stage.RECEIPT:
                    till.finish()
                    return
                case Stage.ATTRACT if bench.sales():  # settled before the crash: the goods on the pad are paid for
                    return
        raise AssertionError(f"no end in sight: {till.view()}")

    def _hesitates(self, bench: ShopBench, view: LaneView) -> bool:
        waits = view.payment is not None and view.payment.code == "present_card"
        return self.has_second_thoughts and waits and len(bench.rows("SELECT 1 FROM attempt")) == 1


SHOPPERS = {
    # who, and how many steps there are at least, so that none is lost unseen
    "approve": (Shopper(Behaviour.APPROVE), 8),
    "reply lost": (Shopper(Behaviour.REPLY_LOST), 12),
    "decline": (Shopper(Behaviour.DECLINE), 14),
    "approve after cancel": (Shopper(Behaviour.APPROVE_AFTER_CANCEL, has_second_thoughts=True), 24),
}


def life(bench: ShopBench, server: DemoTerminalServer, shopper: Shopper, switch: KillSwitch) -> None:
    """One process, from its start to the end of the walk or of itself."""
    bench.open_store(lambda path: MortalStore(path, switch))
    shopper.shop(bench, server, bench.till(MortalTerminal(client_of(server), switch)))


def check_one_sale_one_charge(bench: ShopBench) -> None:
    (sale,) = bench.sales()
    kept = [charge for charge in charges(bench.ledger_path) if not charge.is_reversed]
    assert [(charge.sale, charge.amount_minor) for charge in kept] == [(sale["sale"], 1404)]
    assert sale["state"] == "fulfilled"
    assert bench.taken_minor() == 1404
    report = bench.journal()
    assert (report.is_sound, report.sales, report.total_minor) == (True, 1, 1404)
    assert sorted(row["epc"] for row in bench.rows("SELECT epc FROM books")) == sorted([sock(1), bar(2)])
    assert bench.rows("SELECT 1 FROM attempt WHERE is_open") == []


@pytest.mark.parametrize(("shopper", "least"), SHOPPERS.values(), ids=SHOPPERS)
def test_killed_at_any_step_it_sells_once_and_charges_once(
    make_bench: Callable[[], ShopBench], shopper: Shopper, least: int
) -> None:
    def lives(*kill_at: int) -> KillSwitch:
        """Let one process after the other die at its step; the last lives. Return the last one's steps."""
        bench = make_bench()
        bench.pad.tags = [sock(1), bar(2)]
        with bench.terminal_server(card_s=0.0) as server:
            for at in kill_at:
                with pytest.raises(KilledError):
                    life(bench, server, shopper, KillSwitch(at))
            last = KillSwitch()
            life(bench, server, shopper, last)
        check_one_sale_one_charge(bench)
        return last

    steps = lives().steps
    assert len(steps) >= least

    for at in range(1, len(steps) + 1):
        lives(at)


def test_killed_again_and_again_while_it_recovers(make_bench: Callable[[], ShopBench]) -> None:
    shopper = Shopper(Behaviour.REPLY_LOST)
    for at in range(3, 12):
        bench = make_bench()
        bench.pad.tags = [sock(1), bar(2)]
        with bench.terminal_server(card_s=0.0) as server:
            for _ in range(5):
                try:
                    life(bench, server, shopper, KillSwitch(at))
                except KilledError:
                    continue
            life(bench, server, shopper, KillSwitch())
        check_one_sale_one_charge(bench)
