from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stocksync.scripted_central import ScriptedCentral
from tests.stocksync.shop import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as opened:
        yield opened


@pytest.fixture
def central() -> Iterator[ScriptedCentral]:
    scripted = ScriptedCentral()
    yield scripted
    scripted.close()
