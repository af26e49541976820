"""What several folders of tests share: one running demo shop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from appliance.demo.shop import make_shop
from appliance.demo.supervisor import DemoPlan, DemoShop

# The same examples at every run, and no clock: on a busy machine a deadline fails what is right.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def demo_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoShop]:
    """A whole shop of real processes on loopback, on free ports; shared, so each test brings its own goods."""
    shop = DemoShop(
        DemoPlan(folder=tmp_path_factory.mktemp("demo"), port=0, seed=1, card_seconds=0.2),
        make_shop(1),
    )
    shop.prepare()
    try:
        shop.start()
        yield shop
    finally:
        shop.stop()
