from __future__ import annotations

from stocksync import outbox
from stocksync.outbox import OutboxRow
from tests.stocksync.shop import Shop, epc_of


def _claim(shop: Shop, limit: int = 100) -> list[OutboxRow]:
    with shop.store.read() as connection:
        return outbox.claim(connection, limit)


def test_rows_come_in_order_and_stay_until_they_are_acknowledged(shop: Shop) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 6)))

    assert [row.seq for row in _claim(shop, 3)] == [1, 2, 3]
    assert [row.seq for row in _claim(shop, 3)] == [1, 2, 3]  # a crash after the claim leaves nothing to undo

    shop.store.write(lambda transaction: outbox.acknowledge(transaction, _claim(shop, 3)))

    assert [row.seq for row in _claim(shop)] == [4, 5]


def test_an_acknowledgement_is_for_its_own_row_alone(shop: Shop) -> None:
    shop.stock(epc_of(1), epc_of(2), epc_of(3))
    shop.store.write(shop.writer.open_new_epoch)
    shop.stock(epc_of(4), epc_of(5))
    rows = _claim(shop)

    shop.store.write(lambda transaction: outbox.acknowledge(transaction, [rows[1], rows[4]]))

    assert _claim(shop) == [rows[0], rows[2], rows[3]]


def test_an_old_epoch_is_sent_before_the_new_one(shop: Shop) -> None:
    shop.stock(epc_of(1), epc_of(2))
    shop.store.write(shop.writer.open_new_epoch)
    shop.stock(epc_of(3))

    assert [row.seq for row in _claim(shop)] == [1, 2, 1]


def test_a_dead_letter_lets_the_rest_go_on_and_has_a_way_back(shop: Shop) -> None:
    shop.stock(epc_of(1), epc_of(2))
    poison = _claim(shop)[0]

    shop.store.write(lambda transaction: outbox.bury(transaction, poison, "no such word", 7))

    assert [row.seq for row in _claim(shop)] == [2]
    with shop.store.read() as connection:
        assert [(letter.row, letter.reason) for letter in outbox.dead_letters(connection)] == [(poison, "no such word")]
        assert outbox.depth(connection).dead == 1
    assert shop.store.write(outbox.revive) == 1
    assert _claim(shop)[0] == poison


def test_depth_tells_the_oldest_that_waits(shop: Shop) -> None:
    with shop.store.read() as connection:
        assert outbox.depth(connection) == outbox.Depth(0, None, 0)
    first_ms = shop.clock.now_us // 1000
    shop.stock(epc_of(1))
    shop.clock.advance_s(60)
    shop.stock(epc_of(2))

    with shop.store.read() as connection:
        assert outbox.depth(connection) == outbox.Depth(2, first_ms, 0)
