"""A count with the reader that walks: it survives what the reader and the disk do meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from appliance.counting import SweepCounting
from checkout.catalogue import Catalogue
from reader.errors import ProfileError
from reader.model import LinkState, ReaderEvent, ReaderHealth, TagRead
from stocksync.errors import StocktakeError
from stocksync.stocktake.stocktake import Stocktake
from tests.stocksync.shop import Shop, epc_of, open_shop

EPCS = [epc_of(serial) for serial in (1, 2, 3)]


class Walker:
    """A reader that fails as often as it is told to, then reads every tag at each poll."""

    name = "sweep"

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.stopped = threading.Event()

    def start(self) -> None:
        """Nothing to connect to."""

    def poll(self, timeout_s: float) -> Sequence[TagRead]:
        self.stopped.wait(0.01)
        if self.failures:
            self.failures -= 1
            raise OSError("disk I/O error")
        return [TagRead(0, epc, 1, -50.0) for epc in EPCS]

    def events(self) -> Sequence[ReaderEvent]:
        return ()

    def clock_us(self) -> int:
        return 0

    def health(self) -> ReaderHealth:
        return ReaderHealth(LinkState.UP)

    def stop(self, deadline_s: float = 10.0) -> None:
        self.stopped.set()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as opened:
        opened.stock(*EPCS)
        yield opened


def counting_of(shop: Shop, open_reader: Callable[[], Walker] | None) -> SweepCounting:
    stocktake = Stocktake(shop.store, shop.writer, lambda _: True)
    return SweepCounting(stocktake, open_reader, lambda: Catalogue.of([], 1))


def until_found(counting: SweepCounting, count: int) -> None:
    deadline_s = time.monotonic() + 10
    while (state := counting.state()) is None or state["found"] < count:
        assert time.monotonic() < deadline_s, state
        threading.Event().wait(0.01)


def test_a_sweep_goes_on_after_a_fault(shop: Shop) -> None:
    walker = Walker(failures=1)
    counting = counting_of(shop, lambda: walker)
    counting.start("floor")
    until_found(counting, 3)

    report = counting.finish()

    assert (report["found"], report["missing"]) == (3, [])
    assert walker.stopped.is_set()


def test_a_reader_that_cannot_be_had_leaves_no_count_open(shop: Shop) -> None:
    def none_there() -> Walker:
        raise ProfileError("there is no such profile")

    counting = counting_of(shop, none_there)

    with pytest.raises(ProfileError):
        counting.start("floor")

    assert counting.state() is None


def test_a_second_count_is_refused_and_its_reader_given_back(shop: Shop) -> None:
    walkers: list[Walker] = []

    def one_more() -> Walker:
        walkers.append(Walker())
        return walkers[-1]

    counting = counting_of(shop, one_more)
    counting.start("floor")

    with pytest.raises(StocktakeError):
        counting.start("floor")

    assert [walker.stopped.is_set() for walker in walkers] == [False, True]
    counting.close()


def test_a_count_goes_on_after_a_restart(shop: Shop) -> None:
    before = counting_of(shop, Walker)
    before.start("floor")
    before.close()

    after = counting_of(shop, Walker)
    after.resume()
    until_found(after, 3)

    assert after.finish()["found"] == 3


def test_without_a_reader_there_is_nothing_to_count_with(shop: Shop) -> None:
    with pytest.raises(StocktakeError, match="no reader to walk with"):
        counting_of(shop, None).start("floor")
