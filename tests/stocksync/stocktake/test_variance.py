from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stocksync.clock import Stamp
from stocksync.movement import Movement, Reason, moment_utc
from stocksync.stocktake.coverage import Curve, chance_of_new, grown, rate_per_s
from stocksync.stocktake.variance import CountedTag, UnexpectedKind, variance_of
from stocksync.tag_state import TagState, moved

_STARTED = Stamp(100, 0, "s")


def _tag(key: str, gtin: str | None = "ours") -> CountedTag:
    return CountedTag(key, key, gtin)


def _state(key: str, ms: int, reason: Reason, zone: str = "floor") -> TagState:
    def movement(at_ms: int, why: Reason) -> Movement:
        return Movement(
            "s", 1, at_ms, Stamp(at_ms, 0, "s"), f"urn:uuid:{at_ms}", key, key, "ours", why, moment_utc(at_ms * 1000),
            zone=zone if why is Reason.STOCK else None, lane="1", document="D",
        )  # fmt: skip

    first = moved(None, movement(1, Reason.STOCK))
    return moved(first, movement(ms, reason))


_KEYS = st.sampled_from([f"k{n}" for n in range(12)])
_HISTORY = st.tuples(
    st.sampled_from([2, 50, 150]), st.sampled_from([Reason.STOCK, Reason.SALE]), st.sampled_from(["floor", "backroom"])
)


@given(st.sets(_KEYS), st.sets(_KEYS), st.dictionaries(_KEYS, _HISTORY))
def test_every_expected_tag_is_found_missing_or_moved_and_every_other_is_explained(
    expected: set[str], seen: set[str], history: dict[str, tuple[int, Reason, str]]
) -> None:
    states = {key: _state(key, *what) for key, what in history.items()}

    variance = variance_of(
        map(_tag, expected), {key: _tag(key) for key in seen}, states, _STARTED, lambda gtin: gtin == "ours"
    )

    found, missing, gone = (
        {tag.tag_key for tag in tags} for tags in (variance.found, variance.missing, variance.moved)
    )
    assert found | missing | gone == expected
    assert len(found) + len(missing) + len(gone) == len(expected)
    assert found == expected & seen
    for key in missing | gone:
        assert (key in gone) == (key in history and history[key][0] > 100)
    strangers = {each.tag.tag_key: each.kind for each in variance.unexpected}
    assert strangers.keys() <= seen - expected
    for key in seen - expected - strangers.keys():
        assert history[key][0] > 100  # it came or went while the count ran
    for key, kind in strangers.items():
        if key not in history:
            assert kind is UnexpectedKind.UNKNOWN
        else:
            sold = history[key][1] is Reason.SALE
            assert kind is (UnexpectedKind.SOLD if sold else UnexpectedKind.ELSEWHERE)


def test_what_is_no_product_of_this_shop_is_foreign() -> None:
    seen = {"a": _tag("a", "theirs"), "b": _tag("b", None)}

    variance = variance_of([], seen, {}, _STARTED, lambda gtin: gtin == "ours")

    assert [each.kind for each in variance.unexpected] == [UnexpectedKind.FOREIGN, UnexpectedKind.FOREIGN]


@given(st.lists(st.floats(0, 30), max_size=600))
def test_the_curve_rises_and_stays_small(gaps_s: list[float]) -> None:
    curve: Curve = ()
    elapsed_s, unique = 0.0, 0
    for gap_s in gaps_s:
        elapsed_s += gap_s
        unique += 3
        curve = grown(curve, elapsed_s, unique)
        assert rate_per_s(curve, elapsed_s, unique) >= 0

    assert len(curve) <= 240
    assert list(curve) == sorted(curve)


def test_the_chance_of_a_new_tag_falls_as_tags_are_read_again() -> None:
    assert chance_of_new([]) is None
    assert chance_of_new([1, 1, 1]) == 1.0
    assert chance_of_new([1, 9, 10]) == 0.05
    assert chance_of_new([9, 10]) == 0.0


def test_the_rate_is_of_the_last_seconds() -> None:
    curve: Curve = ((0.0, 0), (10.0, 500), (20.0, 600))

    assert rate_per_s(curve, 20.0, 600) == 10.0
    assert rate_per_s((), 0.0, 0) == 0.0
