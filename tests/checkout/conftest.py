"""Fixtures for settling and the till."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout.shop_bench import ShopBench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ShopBench]:
    shop = ShopBench(tmp_path)
    yield shop
    shop.close()
