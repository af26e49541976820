"""Fixtures for settling and the till."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.checkout.shop_bench import ShopBench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ShopBench]:
    shop = ShopBench(tmp_path)
    yield shop
    shop.close()


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[Callable[[], ShopBench]]:
    """As many shops as a test wants, each on a disk of its own."""
    shops: list[ShopBench] = []

    def make() -> ShopBench:
        folder = tmp_path / f"shop-{len(shops)}"
        folder.mkdir()
        shops.append(ShopBench(folder))
        return shops[-1]

    yield make
    for shop in shops:
        shop.close()
