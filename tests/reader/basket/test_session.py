"""The basket as a till lives it: goods come, stay, leave, and the reader has its troubles."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.basket import Basket, BasketRule, BasketSession, Place
from reader.model import TagRead
from reader.port import TagStanding
from tests.reader.basket.streams import Ledger, StreamSite

SECOND = 1_000_000
GOODS = tuple(f"3034257BF7194E400000{n:04X}" for n in range(5))
WORN = "3034257BF7194E40000AAAAA"
SHELF = "3034257BF7194E40000BBBBB"


class Pad:
    """A pad whose tags are each read about every 40 ms by both antennas; levels and presence are set by the test."""

    def __init__(self, standings: dict[str, TagStanding] | None = None, rule: BasketRule | None = None) -> None:
        self.session = BasketSession(rule or BasketRule(), Ledger(standings))
        self.now_us = 0
        self.levels: dict[str, float] = {}
        self.draw = random.Random(1)

    def run(self, seconds: float, *, reader_up: bool = True) -> Basket:
        """Let time pass in steps of 50 ms, as the till does."""
        end_us = self.now_us + int(seconds * SECOND)
        while self.now_us < end_us:
            if reader_up:
                self.session.feed(self._reads(self.now_us, self.now_us + 50_000))
            self.now_us += 50_000
            basket = self.session.advance(self.now_us)
        return basket

    def _reads(self, start_us: int, end_us: int) -> Iterable[TagRead]:
        for t_us in range(start_us, end_us, 20_000):
            antenna = t_us // 60_000 % 2 + 1
            for n, (epc, level) in enumerate(self.levels.items()):
                if self.draw.random() < 0.6:
                    yield TagRead(t_us + n, epc, antenna, level - 3 * antenna + self.draw.gauss(0, 1.5))


@pytest.fixture
def pad() -> Pad:
    return Pad()


def test_a_basket_is_complete_within_a_second(pad: Pad) -> None:
    assert pad.run(2.0).is_empty
    placed_us = pad.now_us
    pad.levels = dict.fromkeys(GOODS, -40.0)

    assert set(pad.run(0.3).epcs) == set(GOODS)
    basket = pad.run(0.7)

    assert basket.complete
    assert not basket.assist
    assert basket.placed_us is not None
    assert basket.done_us is not None
    assert 0 <= basket.placed_us - placed_us < 100_000
    assert basket.done_us - placed_us <= SECOND


def test_a_late_item_joins_and_the_basket_is_incomplete_until_it_is_quiet_again(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS[:2], -40.0)
    assert pad.run(1.5).complete

    pad.levels[GOODS[2]] = -42.0
    basket = pad.run(0.4)

    assert basket.epcs[-1] == GOODS[2]
    assert not basket.complete
    assert pad.run(0.8).complete


def test_an_item_that_is_taken_out_vanishes_within_a_second_and_comes_back(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS, -40.0)
    pad.run(2.0)
    taken_us = pad.now_us
    del pad.levels[GOODS[1]]

    basket = pad.run(1.0)

    assert GOODS[1] not in basket.epcs
    assert [removal.epc for removal in basket.removed] == [GOODS[1]]
    assert basket.removed[0].t_us - taken_us <= 800_000
    assert basket.complete  # the list got shorter, nothing new came
    pad.levels[GOODS[1]] = -40.0
    assert GOODS[1] in pad.run(0.5).epcs


def test_an_item_carried_back_to_the_shelf_is_gone_though_it_is_still_heard_faintly(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS, -40.0)
    pad.run(2.0)
    pad.levels[GOODS[0]] = -66.0

    basket = pad.run(1.5)

    assert GOODS[0] not in basket.epcs
    assert GOODS[0] in basket.strays


def test_nothing_is_taken_away_while_it_lies_there(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS, -45.0) | {GOODS[3]: -52.0}

    basket = pad.run(20.0)

    assert set(basket.epcs) == set(GOODS)
    assert basket.removed == ()


def test_a_shelf_is_no_basket_however_long_it_is_heard(pad: Pad) -> None:
    pad.levels = {SHELF: -60.0}

    assert pad.run(20.0).is_empty
    pad.levels[GOODS[0]] = -40.0
    basket = pad.run(1.5)
    assert basket.epcs == (GOODS[0],)
    assert basket.strays == (SHELF,)


def test_an_item_from_the_shelf_close_by_is_goods_once_it_lies_on_the_pad(pad: Pad) -> None:
    pad.levels = {SHELF: -60.0}
    pad.run(10.0)
    laid_down_us = pad.now_us
    pad.levels[SHELF] = -40.0
    basket = pad.run(1.5)

    assert basket.epcs == (SHELF,)
    assert basket.complete
    assert not basket.assist
    assert basket.placed_us is not None
    assert basket.placed_us >= laid_down_us - 100_000


def test_sold_clothes_begin_no_basket_and_are_listed_in_one() -> None:
    pad = Pad({WORN: TagStanding.SOLD})
    pad.levels = {WORN: -42.0}
    assert pad.run(3.0).is_empty

    pad.levels[GOODS[0]] = -40.0
    basket = pad.run(1.5)

    assert set(basket.epcs) == {WORN, GOODS[0]}
    assert basket.complete
    del pad.levels[GOODS[0]]
    assert pad.run(2.0).is_empty


def test_a_sold_item_that_lies_there_alone_is_told_of_and_begins_no_basket() -> None:
    pad = Pad({GOODS[0]: TagStanding.SOLD})
    pad.run(4.0)
    pad.levels = {GOODS[0]: -42.0}

    basket = pad.run(1.5)

    assert (basket.sold_only, basket.epcs, basket.placed_us, basket.complete) == ((GOODS[0],), (), None, False)
    pad.levels[GOODS[1]] = -40.0
    basket = pad.run(1.5)
    assert (basket.sold_only, basket.epcs) == ((), (GOODS[0], GOODS[1]))
    pad.levels = {GOODS[0]: -42.0}
    assert pad.run(2.0).sold_only == (GOODS[0],)
    pad.levels = {}
    assert pad.run(3.0).sold_only == ()


def test_sold_clothes_that_are_worn_before_the_pad_are_not_told_of() -> None:
    pad = Pad({WORN: TagStanding.SOLD})
    pad.run(4.0)
    pad.levels = {WORN: -54.0}  # as clothes before a pad are; goods on it are about ten stronger

    basket = pad.run(20.0)

    assert basket.sold_only == ()
    assert [tag.place for tag in pad.session.evidence()] == [Place.IN]  # a basket would list them


def test_a_sold_item_is_not_told_of_for_one_strong_moment() -> None:
    pad = Pad({WORN: TagStanding.SOLD})
    pad.run(4.0)
    pad.levels = {WORN: -42.0}

    assert pad.run(0.4).sold_only == ()


def test_goods_become_sold_while_they_lie_there() -> None:
    pad = Pad()
    pad.levels = dict.fromkeys(GOODS, -40.0)
    assert pad.run(1.5).complete
    ledger = pad.session._knowledge
    assert isinstance(ledger, Ledger)
    ledger.others = dict.fromkeys(GOODS, TagStanding.SOLD)

    basket = pad.run(0.3)
    assert (basket.epcs, set(basket.sold_only)) == ((), {*GOODS})
    pad.session.reset()

    assert pad.run(3.0).is_empty


def test_a_sold_item_that_is_returned_while_it_lies_there_begins_a_basket() -> None:
    pad = Pad({GOODS[0]: TagStanding.SOLD})
    pad.levels = {GOODS[0]: -40.0}
    pad.run(5.0)
    ledger = pad.session._knowledge
    assert isinstance(ledger, Ledger)
    ledger.others = {}

    basket = pad.run(1.5)

    assert (basket.epcs, basket.sold_only, basket.complete) == ((GOODS[0],), (), True)


def test_a_tote_is_neither_goods_nor_stray() -> None:
    pad = Pad({WORN: TagStanding.NOT_GOODS})
    pad.levels = {WORN: -35.0, GOODS[0]: -40.0}

    basket = pad.run(1.5)

    assert basket.epcs == (GOODS[0],)
    assert basket.strays == ()


def test_foreign_goods_are_listed() -> None:
    pad = Pad({GOODS[0]: TagStanding.FOREIGN})
    pad.levels = {GOODS[0]: -40.0}

    assert pad.run(1.5).epcs == (GOODS[0],)


def test_a_lifted_basket_goes_as_a_whole_and_not_at_once(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS, -40.0)
    pad.run(2.0)
    lifted_us = pad.now_us
    pad.levels = {}

    assert len(pad.run(0.9).epcs) == 5
    basket = pad.run(0.8)

    assert basket.is_empty
    times_us = {removal.t_us for removal in basket.removed}
    assert len(basket.removed) == 5
    assert len(times_us) == 1
    assert times_us.pop() - lifted_us >= 1_200_000


def test_a_shadow_of_a_second_takes_nothing_away(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS, -40.0)
    pad.run(2.0)
    levels, pad.levels = pad.levels, {}
    pad.run(1.0)
    pad.levels = levels

    basket = pad.run(1.0)

    assert len(basket.epcs) == 5
    assert basket.removed == ()


def test_a_reader_that_is_away_takes_nothing_away(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS, -40.0)
    pad.run(2.0)

    pad.session.pause(pad.now_us)
    assert len(pad.run(8.0, reader_up=False).epcs) == 5
    pad.session.resume(pad.now_us)
    basket = pad.run(3.0)

    assert len(basket.epcs) == 5
    assert basket.removed == ()


def test_what_was_taken_while_the_reader_was_away_is_noticed_afterwards(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS, -40.0)
    pad.run(2.0)
    pad.session.pause(pad.now_us)
    pad.run(5.0, reader_up=False)
    del pad.levels[GOODS[2]]
    pad.session.resume(pad.now_us)

    assert GOODS[2] not in pad.run(1.5).epcs


def test_a_readers_clock_may_begin_anew(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS, -40.0)
    pad.run(2.0)
    pad.session.pause(pad.now_us)
    pad.now_us = 0
    pad.session.resume(0)

    basket = pad.run(1.5)

    assert len(basket.epcs) == 5
    assert basket.complete


def test_a_readers_clock_that_is_set_back_stops_nothing(pad: Pad) -> None:
    pad.now_us = 3600 * SECOND
    pad.levels = dict.fromkeys(GOODS, -40.0)
    pad.run(2.0)
    pad.now_us = 0
    del pad.levels[GOODS[2]]

    assert set(pad.run(2.0).epcs) == {*GOODS} - {GOODS[2]}


def test_a_lane_that_is_wiped_while_its_reader_is_away_stays_patient(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS, -40.0)
    pad.run(2.0)
    pad.session.pause(pad.now_us)
    pad.session.reset()
    pad.run(3.0, reader_up=False)
    pad.session.resume(pad.now_us)

    assert set(pad.run(1.5).epcs) == set(GOODS)


def test_what_was_taken_out_can_be_explained_too(pad: Pad) -> None:
    pad.levels = dict.fromkeys(GOODS, -40.0)
    pad.run(2.0)
    del pad.levels[GOODS[2]]
    pad.run(1.0)

    assert {tag.epc: tag.place for tag in pad.session.evidence()} == {
        epc: Place.GONE if epc == GOODS[2] else Place.IN for epc in GOODS
    }


def test_every_tag_can_be_explained(pad: Pad) -> None:
    pad.levels = {SHELF: -60.0}
    pad.run(5.0)
    pad.levels[GOODS[0]] = -40.0
    pad.run(1.5)

    found = {tag.epc: tag for tag in pad.session.evidence()}

    assert (found[GOODS[0]].place, found[SHELF].place) == (Place.IN, Place.STRAY)
    for tag in found.values():
        assert tag.score == pytest.approx(sum(tag.parts.values()), abs=0.5)
    rise_db = found[SHELF].rise_db
    assert rise_db is not None
    assert rise_db < 3
    assert found[GOODS[0]].to_json()["place"] == "in"


def test_an_idle_night_costs_nothing(pad: Pad) -> None:
    pad.session.advance(0)

    assert pad.session.advance(12 * 3600 * SECOND).is_empty


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 400), max_size=30))
def test_however_the_stream_is_cut_the_answer_is_the_same(seed: int, cuts: list[int]) -> None:
    reads = StreamSite(seed).basket(5, take_out=1).reads

    assert _answers(reads, [len(reads)]) == _answers(reads, cuts)


def _answers(reads: Sequence[TagRead], cuts: list[int]) -> tuple[Basket, object]:
    session = BasketSession(BasketRule(), Ledger())
    start = 0
    for cut in (*cuts, len(reads)):
        chunk = reads[start : start + cut]
        session.feed(chunk)
        if chunk:
            session.advance(chunk[-1].t_us)
        start += cut
    return session.advance(reads[-1].t_us + SECOND), session.evidence()
