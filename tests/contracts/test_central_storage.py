"""What every storage of the central inventory does, whatever is under it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocksync.central.belief import Standing
from stocksync.central.model import (
    Behaviour,
    CaptureBatch,
    CapturedEvent,
    ExceptionKind,
    StoredReceipt,
    Verdict,
)
from stocksync.central.query import EventQuery, PageMark
from stocksync.central.storage.port import CentralStorage
from stocksync.central.storage.sqlite import SqliteCentralStorage
from stocksync.central.storage.writer import CentralStorageError
from tests.stocksync.central.world import (
    GTIN,
    KINDS,
    SITES,
    START_US,
    Event,
    foreign,
    id_of,
    kept,
    missed,
    movement,
    tag,
    void_of,
)

AHEAD_US = 600_000_000
Opener = Callable[[Path], CentralStorage]


def _sqlite(folder: Path) -> CentralStorage:
    return SqliteCentralStorage(folder / "central.db", AHEAD_US)


OPENERS: dict[str, Opener] = {"sqlite": _sqlite}


@pytest.fixture(params=list(OPENERS))
def opener(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def storage(opener: Opener, tmp_path: Path) -> Iterator[CentralStorage]:
    opened = opener(tmp_path)
    yield opened
    opened.close()


def batch(*events: CapturedEvent, behaviour: Behaviour = Behaviour.PROCEED, **more: object) -> CaptureBatch:
    return replace(CaptureBatch(events, behaviour, None, START_US), **more)  # type: ignore[arg-type]  # test sugar


def put(storage: CentralStorage, *events: Event) -> Sequence[Verdict]:
    return storage.capture(batch(*map(kept, events))).verdicts


def levels(storage: CentralStorage) -> dict[tuple[str, str], tuple[int, int]]:
    return {(level.gtin, level.location): (level.on_hand, level.uncertain) for level in storage.levels(None, None)}


def state(storage: CentralStorage) -> object:
    """Everything that follows from the events, and nothing that depends on when they came."""
    exceptions = {(record.kind, record.event_id, record.tag) for record in storage.exceptions(0, 10_000)}
    events = {(event.event_time_us, event.document) for event in storage.events(EventQuery(), None, 10_000)}
    return levels(storage), dict(storage.beliefs([tag(serial) for serial in range(4)])), exceptions, events


# --- laws


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """What two stores might say of three tags, contradictions included, with stamps in any order and some equal."""
    events: list[Event] = []
    sales: list[Event] = []
    for number in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from([*KINDS, "missed", "void"]))
        serials = draw(st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True))
        at_ms, site = draw(st.integers(0, 6)), draw(st.integers(0, 1))
        if kind == "void" and sales:
            sale = sales.pop(draw(st.integers(0, len(sales) - 1)))
            reason = draw(st.sampled_from(["did_not_occur", "incorrect_data"]))
            events.append(void_of(sale, number, at_ms=at_ms, reason=reason))
        elif kind == "missed":
            events.append(missed(serials, number, at_ms=at_ms, site=site))
        elif kind != "void":
            event = movement(kind, serials, number, at_ms=at_ms, site=site)
            events.append(draw(st.sampled_from([event, foreign(event)])))
            if kind == "sale":
                sales.append(event)
                events[-1] = event
    return events


@pytest.mark.parametrize("opener", OPENERS.values(), ids=list(OPENERS))
@settings(max_examples=30, deadline=None, derandomize=True)
@given(history=histories(), data=st.data())
def test_neither_order_nor_batches_nor_repeats_change_what_is_believed(
    opener: Opener, history: list[Event], data: st.DataObject
) -> None:
    repeats = data.draw(st.lists(st.sampled_from(history), max_size=4)) if history else []
    shuffled = data.draw(st.permutations([*history, *repeats]))
    cut = data.draw(st.integers(0, len(shuffled)))
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        straight, crooked = opener(Path(one)), opener(Path(other))
        put(straight, *history)
        put(crooked, *shuffled[:cut])
        for event in shuffled[cut:]:
            put(crooked, event)

        assert state(crooked) == state(straight)
        before = state(crooked)
        assert crooked.rebuild() == 0
        assert state(crooked) == before
        straight.close()
        crooked.close()


@pytest.mark.parametrize("opener", OPENERS.values(), ids=list(OPENERS))
@settings(max_examples=15, deadline=None, derandomize=True)
@given(history=histories())
def test_sold_never_becomes_less_without_a_return_or_a_void(opener: Opener, history: list[Event]) -> None:
    with TemporaryDirectory() as folder:
        storage = opener(Path(folder))
        in_order = sorted(history, key=lambda event: event["eventTime"])
        plain = [event for event in in_order if "errorDeclaration" not in event and event["disposition"] != "returned"]
        sold: set[str] = set()
        for event in plain:
            put(storage, event)
            now = {key for key, belief in storage.beliefs([tag(n) for n in range(3)]).items() if belief.sale}
            assert sold <= now
            sold = now
        storage.close()


# --- identity


def test_the_same_again_is_a_duplicate_and_changes_nothing(storage: CentralStorage) -> None:
    sale = movement("sale", [1], 1)
    assert put(storage, sale, sale) == [Verdict.STORED, Verdict.DUPLICATE]
    before = state(storage)

    assert put(storage, sale) == [Verdict.DUPLICATE]
    assert state(storage) == before


@pytest.mark.parametrize(
    "change",
    [
        {"epcList": [tag(2)]},  # same eventID and number
        {"epcList": [tag(2)], "tagtill:seq": 99},  # same eventID
        {"eventID": id_of(99)},  # same number
    ],
)
def test_other_content_under_a_known_identity_is_kept_out_and_noticed(storage: CentralStorage, change: Event) -> None:
    first = movement("sale", [1], 1)
    put(storage, first)

    assert put(storage, {**first, **change}) == [Verdict.CONFLICT]
    assert [event.document for event in storage.events(EventQuery(), None, 9)] == [kept(first).document]
    assert [record.kind for record in storage.exceptions(0, 9)] == [ExceptionKind.IDENTITY_CONFLICT]


def test_the_same_number_in_a_new_epoch_is_another_movement(storage: CentralStorage) -> None:
    first = movement("stock", [1], 1)
    restored = {**movement("stock", [2], 2), "tagtill:epoch": 2, "tagtill:seq": 1}

    assert put(storage, first, restored) == [Verdict.STORED, Verdict.STORED]


def test_rollback_refuses_all_for_one_conflict_but_keeps_the_notice_and_the_job(storage: CentralStorage) -> None:
    put(storage, movement("stock", [1], 1))
    events = [kept(movement("stock", [2], 2)), kept({**movement("stock", [3], 1)})]

    outcome = storage.capture(batch(*events, behaviour=Behaviour.ROLLBACK, job_id="job"))

    assert outcome.verdicts == [Verdict.REFUSED, Verdict.CONFLICT]
    assert storage.count(EventQuery(), 9) == 1
    assert len(storage.exceptions(0, 9)) == 1
    job = storage.job("job")
    assert job is not None
    assert [error["eventID"] for error in job.errors] == [id_of(1)]


# --- belief


def test_a_sale_lowers_the_level_and_its_void_raises_it(storage: CentralStorage) -> None:
    put(storage, movement("stock", [1, 2], 1))
    sale = movement("sale", [1], 2, at_ms=1)
    put(storage, sale)
    assert levels(storage) == {(GTIN, SITES[0]): (1, 0)}

    put(storage, void_of(sale, 3, at_ms=2))

    assert levels(storage) == {(GTIN, SITES[0]): (2, 0)}


def test_a_void_that_came_before_its_sale_still_takes_it_back(storage: CentralStorage) -> None:
    sale = movement("sale", [1], 2, at_ms=1)
    put(storage, void_of(sale, 3, at_ms=2))
    put(storage, movement("stock", [1], 1))

    put(storage, sale)

    assert levels(storage) == {(GTIN, SITES[0]): (1, 0)}
    assert storage.beliefs([tag(1)])[tag(1)].standing is Standing.IN_STOCK


def test_another_stores_declaration_takes_nothing_back(storage: CentralStorage) -> None:
    sale = movement("sale", [1], 2, at_ms=1)
    storage.capture(batch(kept(movement("stock", [1], 1)), kept(sale), author="store-0"))

    storage.capture(batch(kept(void_of(sale, 3, at_ms=2)), author="store-1"))

    assert levels(storage) == {(GTIN, SITES[0]): (0, 0)}
    assert [record.kind for record in storage.exceptions(0, 9)] == [ExceptionKind.FOREIGN_DECLARATION]


def test_only_what_did_not_occur_takes_a_sale_back(storage: CentralStorage) -> None:
    sale = movement("sale", [1], 2, at_ms=1)
    put(storage, movement("stock", [1], 1), sale, void_of(sale, 3, at_ms=2, reason="incorrect_data"))

    assert levels(storage) == {(GTIN, SITES[0]): (0, 0)}
    assert [record.kind for record in storage.exceptions(0, 9)] == [ExceptionKind.SALE_DECLARED_INCORRECT]


def test_a_count_of_a_sold_tag_is_an_exception_until_a_late_return_explains_it(storage: CentralStorage) -> None:
    put(storage, movement("stock", [1], 1), movement("sale", [1], 2, at_ms=1), movement("count", [1], 4, at_ms=3))
    assert levels(storage) == {(GTIN, SITES[0]): (0, 0)}
    assert [record.kind for record in storage.exceptions(0, 9)] == [ExceptionKind.SOLD_TAG_SEEN]

    put(storage, movement("return", [1], 3, at_ms=2))

    assert levels(storage) == {(GTIN, SITES[0]): (1, 0)}
    assert storage.exceptions(0, 9) == []


def test_what_a_count_misses_is_uncertain_until_seen_again(storage: CentralStorage) -> None:
    put(storage, movement("stock", [1, 2, 3], 1), missed([1, 2], 2, at_ms=1))
    assert [level.available for level in storage.levels([GTIN], None)] == [1]
    assert levels(storage) == {(GTIN, SITES[0]): (3, 2)}

    put(storage, movement("count", [1], 3, at_ms=2))

    assert levels(storage) == {(GTIN, SITES[0]): (3, 1)}


def test_a_stamp_from_far_ahead_is_kept_not_believed_and_listed(storage: CentralStorage) -> None:
    put(storage, movement("stock", [1], 1))
    ahead_ms = AHEAD_US // 1000 + 1

    assert put(storage, movement("sale", [1], 2, at_ms=ahead_ms)) == [Verdict.QUARANTINED]
    assert put(storage, movement("sale", [1], 2, at_ms=ahead_ms)) == [Verdict.DUPLICATE]

    assert levels(storage) == {(GTIN, SITES[0]): (1, 0)}
    assert storage.count(EventQuery(), 9) == 2
    assert [(record.kind, record.event_id) for record in storage.exceptions(0, 9)] == [
        (ExceptionKind.FUTURE_EVENT, id_of(2))
    ]


def test_a_rebuild_mends_what_is_wrong_and_says_how_much(opener: Opener, tmp_path: Path) -> None:
    storage = opener(tmp_path)
    put(storage, movement("stock", [1, 2], 1), movement("stock", [3], 2, site=1))
    before = levels(storage)
    if isinstance(storage, SqliteCentralStorage):
        storage._writer.write(lambda connection: connection.execute("UPDATE level SET on_hand = 7"))

    assert storage.rebuild() == 2
    assert levels(storage) == before
    storage.close()


# --- time


def test_a_site_is_heard_of_by_any_event_and_record_time_never_goes_back(storage: CentralStorage) -> None:
    storage.capture(batch(kept(movement("stock", [1], 1))))
    storage.capture(batch(kept(movement("gate", [2], 2, at_ms=1)), received_us=START_US + 5_000_000))
    assert [level.as_of_us for level in storage.levels([GTIN], None)] == [START_US + 5_000_000]

    outcome = storage.capture(batch(kept(movement("sale", [2], 3, at_ms=2)), received_us=START_US - 9_000_000))

    assert outcome.record_us == START_US + 5_000_000


def test_who_waits_for_a_change_is_woken_by_it(storage: CentralStorage) -> None:
    seen: list[int] = []
    start = storage.revision()
    waiter = threading.Thread(target=lambda: seen.append(storage.wait_for_change(start, 10)))
    waiter.start()

    put(storage, movement("stock", [1], 1))
    waiter.join(10)

    assert seen == [start + 1]
    assert [level.gtin for level in storage.levels_since(start)] == [GTIN]
    assert storage.levels_since(start + 1) == []
    assert storage.wait_for_change(start + 1, 0) == start + 1


def test_an_event_that_moves_no_level_wakes_nobody(storage: CentralStorage) -> None:
    put(storage, movement("stock", [1], 1))
    revision = storage.revision()

    put(storage, movement("gate", [9], 2, at_ms=1), movement("count", [1], 3, at_ms=2))

    assert storage.revision() == revision


# --- queries


def test_pages_follow_one_another_without_gap_or_repeat(storage: CentralStorage) -> None:
    put(storage, *(movement("stock", [n], n, at_ms=n // 2) for n in range(1, 8)))
    for order, descending in (("", False), ("event_time_us", True), ("event_time_us", False), ("record_us", True)):
        query = EventQuery(order=order, descending=descending)
        numbers: list[int] = []
        mark = None
        while page := storage.events(query, mark, 2):
            numbers += [event.number for event in page]
            last = page[-1]
            mark = PageMark(getattr(last, order) if order else last.number, last.number, len(numbers))

        assert sorted(numbers) == list(range(1, 8))


# --- the rest


def test_what_was_captured_is_there_after_opening_again(opener: Opener, tmp_path: Path) -> None:
    first = opener(tmp_path)
    put(first, movement("stock", [1], 1), movement("count", [1], 2, at_ms=1, site=1))
    before, revision = state(first), first.revision()
    first.close()

    again = opener(tmp_path)

    assert state(again) == before
    assert again.revision() == revision
    again.close()


def test_many_writers_at_once_lose_nothing(storage: CentralStorage) -> None:
    def write(first: int) -> None:
        for n in range(first, first + 10):
            put(storage, movement("stock", [n], n))

    threads = [threading.Thread(target=write, args=(100 * n,)) for n in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert levels(storage) == {(GTIN, SITES[0]): (60, 0)}
    assert storage.count(EventQuery(), 1000) == 60


def test_jobs_are_listed_newest_first_by_author(storage: CentralStorage) -> None:
    for n, author in enumerate(("a", "b", "a")):
        storage.capture(batch(job_id=f"job-{n}", author=author))

    assert [job.job_id for job in storage.jobs("a", None, 9)] == ["job-2", "job-0"]
    assert [job.job_id for job in storage.jobs(None, "job-2", 1)] == ["job-1"]
    assert storage.job("job-9") is None


def test_receipts_expire_belong_to_their_author_and_are_purged(storage: CentralStorage) -> None:
    assert storage.put_receipt("token", StoredReceipt("a", "{}", 100))
    assert storage.put_receipt("token", StoredReceipt("a", "{}", 100))
    assert not storage.put_receipt("token", StoredReceipt("b", "[]", 200))
    assert storage.receipt("token", 99) == StoredReceipt("a", "{}", 100)
    assert storage.receipt("token", 100) is None

    storage.capture(batch(job_id="old"))
    storage.purge(100, START_US + 1)

    assert storage.receipt("token", 0) is None
    assert storage.job("old") is None


def test_a_closed_storage_says_so_and_closes_twice(storage: CentralStorage) -> None:
    storage.close()
    storage.close()

    with pytest.raises(CentralStorageError):
        put(storage, movement("stock", [1], 1))
