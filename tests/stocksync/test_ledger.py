from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import pytest

from checkout.port import ItemLedger, MovementSink, MoveReason
from stocksync.errors import MovementError
from stocksync.ledger import Ledger
from stocksync.movement import Reason
from stocksync.movement_writer import Draft
from stocksync.outbox import OutboxRow, claim
from stocksync.tag_state import Condition
from tests.stocksync.shop import Shop, epc_of, long_epc_of


def _run(statement: str, transaction: sqlite3.Connection) -> None:
    transaction.execute(statement)


def _waiting(shop: Shop) -> list[OutboxRow]:
    with shop.store.read() as connection:
        return claim(connection, 10_000)


def test_checkouts_ports_are_met(shop: Shop) -> None:
    ledger: ItemLedger = Ledger(shop.store)
    sink: MovementSink = shop.writer

    assert ledger.sold([]) == {}
    assert sink is shop.writer


def test_a_sold_item_is_sold_in_every_encoding_of_its_tag(shop: Shop) -> None:
    shop.stock(epc_of(1), epc_of(2))
    shop.sell("K1-1", epc_of(1))

    sold = Ledger(shop.store).sold([epc_of(1), long_epc_of(1), epc_of(2), "E2801160600002"])

    assert set(sold) == {epc_of(1), long_epc_of(1)}
    assert sold[long_epc_of(1)].document == "K1-1"
    assert sold[epc_of(1)].occurred_utc == shop.clock.now()


@pytest.mark.parametrize("reason", [MoveReason.VOID, MoveReason.RETURN])
def test_what_names_the_sale_frees_the_tag(shop: Shop, reason: MoveReason) -> None:
    shop.stock(epc_of(1))
    shop.sell("K1-1", epc_of(1))
    shop.move(reason, "R1", long_epc_of(1), undoes="K1-1")

    assert Ledger(shop.store).sold([epc_of(1)]) == {}


def test_a_return_that_names_another_sale_does_not(shop: Shop) -> None:
    shop.sell("K1-1", epc_of(1))
    shop.move(MoveReason.RETURN, "R1", epc_of(1), undoes="K1-0")

    assert set(Ledger(shop.store).sold([epc_of(1)])) == {epc_of(1)}


def test_a_void_of_a_sale_that_never_was_is_refused_and_writes_nothing(shop: Shop) -> None:
    shop.stock(epc_of(1))
    before = _waiting(shop)

    with pytest.raises(MovementError, match="K1-9"):
        shop.move(MoveReason.VOID, "V1", epc_of(1), undoes="K1-9")

    assert _waiting(shop) == before


def test_a_count_of_a_sold_tag_is_an_exception_until_the_sale_is_voided(shop: Shop) -> None:
    ledger = Ledger(shop.store)
    shop.stock(epc_of(1))
    shop.sell("K1-1", epc_of(1))
    shop.record(Draft(epc_of(1), Reason.COUNT, shop.clock.now(), zone="floor", document="C1"))

    assert [(each.kind, each.document) for each in ledger.open_exceptions()] == [("seen_after_sale", "K1-1")]
    assert set(ledger.sold([epc_of(1)])) == {epc_of(1)}

    shop.move(MoveReason.VOID, "V1", epc_of(1), undoes="K1-1")

    assert ledger.open_exceptions() == []
    assert ledger.states([epc_of(1)])[epc_of(1)].condition is Condition.PRESENT


def test_a_sale_of_a_tag_that_no_list_knows_is_kept(shop: Shop) -> None:
    shop.sell("K1-1", epc_of(7), "E28011606000")

    assert set(Ledger(shop.store).sold([epc_of(7), "E28011606000"])) == {epc_of(7), "E28011606000"}


def test_numbers_have_no_gap_and_the_clock_rises(shop: Shop) -> None:
    shop.stock(epc_of(1), epc_of(2), epc_of(3))
    shop.clock.advance_s(-3600)  # somebody sets the clock back
    shop.sell("K1-1", epc_of(1), epc_of(2))

    with shop.store.read() as connection:
        rows = connection.execute("SELECT seq, hlc FROM movement ORDER BY epoch, seq").fetchall()
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5]
    stamps = [row["hlc"] for row in rows]
    assert stamps == sorted(set(stamps))


def test_a_transaction_that_fails_takes_its_numbers_back(shop: Shop) -> None:
    shop.stock(epc_of(1))

    def fail(transaction: sqlite3.Connection) -> None:
        shop.writer.record(transaction, [Draft(epc_of(2), Reason.STOCK, shop.clock.now(), zone="floor")])
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        shop.store.write(fail)
    shop.stock(epc_of(3))

    assert [row.seq for row in _waiting(shop)] == [1, 2]
    assert Ledger(shop.store).states([epc_of(2)]) == {}


def test_after_a_restart_the_clock_goes_on_above_its_high_mark(tmp_path: Path) -> None:
    first = Shop(tmp_path / "store.db")
    first.stock(epc_of(1))
    first.close()
    second = Shop(tmp_path / "store.db")
    second.clock.advance_s(-86_400)
    second.stock(epc_of(2))
    with second.store.read() as connection:
        stamps = [row["hlc"] for row in connection.execute("SELECT hlc FROM movement ORDER BY epoch, seq")]
    second.close()

    assert stamps[0] < stamps[1]


def test_a_new_epoch_never_uses_a_number_again(shop: Shop) -> None:
    shop.stock(epc_of(1))
    old = _waiting(shop)[0].epoch
    first = shop.store.write(shop.writer.open_new_epoch)
    shop.stock(epc_of(2))
    shop.clock.advance_s(-1e9)
    second = shop.store.write(shop.writer.open_new_epoch)

    assert old < first < second
    assert [(row.epoch, row.seq) for row in _waiting(shop)] == [(old, 1), (first, 1)]


def test_history_cannot_be_changed_or_deleted(shop: Shop) -> None:
    shop.stock(epc_of(1))

    for statement in ("UPDATE movement SET zone = 'x'", "DELETE FROM movement"):
        with pytest.raises(sqlite3.IntegrityError, match="a movement"):
            shop.store.write(partial(_run, statement))


def test_every_movement_is_in_history_and_in_the_outbox(shop: Shop) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 40)))
    shop.sell("K1-1", epc_of(1), epc_of(2), epc_of(3))
    shop.move(MoveReason.RETURN, "R1", epc_of(2), undoes="K1-1")
    shop.move(MoveReason.VOID, "V1", epc_of(3), undoes="K1-1")
    told = Ledger(shop.store).states([epc_of(serial) for serial in range(1, 40)])

    conditions = {epc: state.condition for epc, state in told.items()}

    assert conditions[epc_of(1)] is Condition.SOLD
    assert conditions[epc_of(2)] is Condition.RETURNED
    assert conditions[epc_of(3)] is Condition.PRESENT
    with shop.store.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM movement").fetchone()[0] == 44
        assert connection.execute("SELECT COUNT(*) FROM outbox").fetchone()[0] == 44
