"""What staff see of the box: figures from the disk, whatever became of the goods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance.desk import Desk
from checkout.settlement import Settlement
from checkout.store import migrate
from checkout.tender import Captured
from stocksync.migrations import stocksync_migrations
from tests.checkout.shop_bench import ShopBench, quote_for, sock
from tests.kiosk_ui.fakes import FakeRelay


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ShopBench]:
    made = ShopBench(tmp_path)
    migrate(made.path, [stocksync_migrations])
    yield made
    made.close()


class NoCount:
    """A shop that never counts."""

    def state(self) -> Mapping[str, Any] | None:
        return None

    def start(self, zone: str) -> Mapping[str, Any]:
        raise NotImplementedError

    def finish(self) -> Mapping[str, Any]:
        raise NotImplementedError


def desk_of(bench: ShopBench) -> Desk:
    return Desk(bench.store, {}, FakeRelay(), NoCount(), "EUR", "Europe/Berlin", bench.clock)


def sell(settlement: Settlement, serial: int) -> None:
    attempt = settlement.arm("lane-1", f"terminal-{serial}", quote_for(sock(serial)))
    settlement.settle(attempt, Captured(f"T-{serial}"))


def test_a_paid_sale_counts_even_where_its_goods_could_not_be_booked_out(bench: ShopBench) -> None:
    sell(bench.settlement, 1)
    bench.clock.now_s += 1
    bench.books.fault = ValueError("a tag that the books do not take")
    sell(bench.settlement, 2)
    desk = desk_of(bench)

    assert desk.overview()["sales"] == {"today": 2, "total_minor": 2380, "currency": "EUR"}
    assert [sale["state"] for sale in desk.sales(10)] == ["paid", "fulfilled"]


def test_today_begins_at_midnight_on_the_wall_of_the_store(bench: ShopBench) -> None:
    sell(bench.settlement, 1)
    bench.clock.now_s += 24 * 3600

    assert desk_of(bench).overview()["sales"]["today"] == 0
    assert len(desk_of(bench).sales(10)) == 1
