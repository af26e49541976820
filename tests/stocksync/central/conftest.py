"""One open central per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stocksync.central.world import Central


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Central]:
    opened = Central(tmp_path)
    yield opened
    opened.close()
