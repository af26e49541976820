"""Expected against seen: found, missing, unexpected. Pure.

1. A count speaks about its window, from start to finish. A tag that moved within it is neither missing nor counted:
   the movement knows better.
2. Missing means not read in a sweep: uncertain, not gone.
3. A tag that was seen and not expected is told with the reason, because each asks for another person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from stocksync.clock import Stamp
from stocksync.tag_state import Condition, TagState

__all__ = ["CountedTag", "UnexpectedKind", "UnexpectedTag", "Variance", "has_moved", "variance_of"]


@dataclass(frozen=True, slots=True)
class CountedTag:
    """One tag of a count: `epc` as upper-case hex, `gtin` None for what is no trade item."""

    tag_key: str
    epc: str
    gtin: str | None


class UnexpectedKind(StrEnum):
    """Why a tag that was seen was not expected."""

    SOLD = "sold"  # sold before the count began: exit leak, cloned tag, or a sale that should have been voided
    ELSEWHERE = "elsewhere"  # this store's, but in another zone by the books
    UNKNOWN = "unknown"  # a product of this shop, an item that the books never heard of
    FOREIGN = "foreign"  # another shop's goods, or no goods at all


@dataclass(frozen=True, slots=True)
class UnexpectedTag:
    """A tag that was seen and not expected, and why not."""

    tag: CountedTag
    kind: UnexpectedKind


@dataclass(frozen=True, slots=True)
class Variance:
    """What a count came to. Every expected tag is in one of the first three, each in the order of its tag key.

    moved: expected, not seen, and sold or brought elsewhere while the count ran.
    """

    found: tuple[CountedTag, ...]
    missing: tuple[CountedTag, ...]
    moved: tuple[CountedTag, ...]
    unexpected: tuple[UnexpectedTag, ...]


def variance_of(
    expected: Iterable[CountedTag],
    seen: Mapping[str, CountedTag],
    states: Mapping[str, TagState],
    started: Stamp,
    is_ours: Callable[[str], bool],
) -> Variance:
    """Compare.

    Args:
        expected: What the books had in the zone when the count began.
        seen: What was read since, by tag key.
        states: What the books know now of every tag of both.
        started: The stamp of the beginning; whatever moved a tag after it is above it.
        is_ours: Whether a GTIN is a product of this shop.
    """
    wanted = {tag.tag_key: tag for tag in sorted(expected, key=_key)}
    absent = [tag for key, tag in wanted.items() if key not in seen]
    strangers = [tag for tag in sorted(seen.values(), key=_key) if tag.tag_key not in wanted]
    kinds = [(tag, _kind_of(tag, states.get(tag.tag_key), started, is_ours)) for tag in strangers]
    return Variance(
        found=tuple(tag for key, tag in wanted.items() if key in seen),
        missing=tuple(tag for tag in absent if not has_moved(states.get(tag.tag_key), started)),
        moved=tuple(tag for tag in absent if has_moved(states.get(tag.tag_key), started)),
        unexpected=tuple(UnexpectedTag(tag, kind) for tag, kind in kinds if kind is not None),
    )


def has_moved(state: TagState | None, started: Stamp) -> bool:
    """Say whether the books heard of the tag since ``started``."""
    return state is not None and state.latest > started


def _kind_of(
    tag: CountedTag, state: TagState | None, started: Stamp, is_ours: Callable[[str], bool]
) -> UnexpectedKind | None:
    if has_moved(state, started):
        return None  # stocked or sold while the count ran: nothing to wonder about
    if state is None:
        return UnexpectedKind.UNKNOWN if tag.gtin is not None and is_ours(tag.gtin) else UnexpectedKind.FOREIGN
    return UnexpectedKind.SOLD if state.condition is Condition.SOLD else UnexpectedKind.ELSEWHERE


def _key(tag: CountedTag) -> str:
    return tag.tag_key
