"""What is believed of one tag, rule by rule."""

from __future__ import annotations

import pytest

from stocksync.central.belief import Claim, Finding, Observation, Standing, claim_of, fold, taken_back
from stocksync.central.model import ExceptionKind, Role

A, B = "https://id.gs1.org/414/9521321000001", "https://id.gs1.org/414/9521321000018"


def seen(n: int, claim: Claim, site: str | None = None, read_site: str | None = None) -> Observation:
    return Observation(f"{n:012x}-0000-s", "s", 1, n, f"event-{n}", Role.ITEM, claim, site, read_site)


@pytest.mark.parametrize(
    ("step", "disposition", "claim"),
    [
        ("commissioning", "active", Claim.PRESENT),
        ("receiving", "sellable_not_accessible", Claim.PRESENT),
        ("receiving", "in_progress", Claim.HELD),
        ("stocking", "sellable_accessible", Claim.PRESENT),
        ("cycle_counting", None, Claim.PRESENT),
        ("retail_selling", "retail_sold", Claim.SALE),
        ("retail_selling", None, Claim.SALE),
        ("killing", "retail_sold", Claim.SOLD),
        ("accepting", "returned", Claim.RETURNED),
        ("inspecting", "damaged", Claim.HELD),
        ("shipping", "in_transit", Claim.AWAY),
        ("void_shipping", "sellable_not_accessible", Claim.PRESENT),
        ("entering_exiting", "unknown", Claim.DOUBT),
        ("other", "stolen", Claim.AWAY),
        ("decommissioning", "inactive", Claim.ENDED),
        ("encoding", "encoded", Claim.SEEN),
        ("inspecting", None, Claim.SEEN),
        ("https://example.org/steps/polishing", "https://example.org/states/shiny", Claim.SEEN),
    ],
)
def test_words_say_what_the_mapping_of_movements_means_by_them(step: str, disposition: str, claim: Claim) -> None:
    assert claim_of("ObjectEvent", "OBSERVE", step, disposition, Role.ITEM) is claim


def test_delete_ends_an_identifier_only_where_it_is_about_the_object() -> None:
    words = ("destroying", "destroyed", Role.ITEM)
    assert claim_of("ObjectEvent", "DELETE", *words) is Claim.ENDED
    unpacked = ("unpacking", "sellable_not_accessible", Role.CHILD)
    assert claim_of("AggregationEvent", "DELETE", *unpacked) is Claim.PRESENT
    assert claim_of("TransformationEvent", None, "commissioning", "active", Role.INPUT) is Claim.ENDED
    assert claim_of("TransformationEvent", None, "commissioning", "active", Role.OUTPUT) is Claim.PRESENT


@pytest.mark.parametrize("later", [claim for claim in Claim if claim not in (Claim.RETURNED, Claim.SALE)])
def test_sold_is_sticky(later: Claim) -> None:
    belief, _ = fold([seen(1, Claim.PRESENT, A), seen(2, Claim.SALE), seen(3, later, A)])

    assert belief.standing is Standing.SOLD
    assert belief.sale == "event-2"


def test_a_return_leaves_sold_and_is_not_for_sale_yet() -> None:
    belief, findings = fold([seen(1, Claim.SALE), seen(2, Claim.RETURNED, A)])

    assert (belief.standing, belief.site) == (Standing.HELD, A)
    assert findings == []


def test_contradictions_name_the_event_that_brought_them_up() -> None:
    kinds = [
        ([seen(1, Claim.SALE), seen(2, Claim.PRESENT, A)], ExceptionKind.SOLD_TAG_SEEN),
        ([seen(1, Claim.SALE), seen(2, Claim.SALE)], ExceptionKind.SOLD_TWICE),
        ([seen(1, Claim.PRESENT, A), seen(2, Claim.PRESENT, B)], ExceptionKind.TWO_PLACES),
        ([seen(1, Claim.PRESENT, A), seen(2, Claim.SALE, read_site=B)], ExceptionKind.TWO_PLACES),
        ([seen(1, Claim.ENDED), seen(2, Claim.PRESENT, A)], ExceptionKind.ENDED_TAG_SEEN),
    ]
    for observations, kind in kinds:
        assert fold(observations)[1] == [Finding(kind, "event-2")]


def test_a_booked_transfer_and_a_killed_tag_contradict_nothing() -> None:
    assert fold([seen(1, Claim.PRESENT, A), seen(2, Claim.AWAY), seen(3, Claim.PRESENT, B)])[1] == []
    assert fold([seen(1, Claim.PRESENT, A), seen(2, Claim.SALE, read_site=A), seen(3, Claim.SOLD)])[1] == []


def test_a_count_of_one_site_says_nothing_of_a_tag_at_another() -> None:
    here, _ = fold([seen(1, Claim.PRESENT, A), seen(2, Claim.DOUBT, A)])
    there, _ = fold([seen(1, Claim.PRESENT, B), seen(2, Claim.DOUBT, A)])

    assert here.doubted
    assert not there.doubted


def test_a_place_without_business_location_is_where_it_was_read() -> None:
    belief, _ = fold([seen(1, Claim.PRESENT, None, A)])

    assert (belief.standing, belief.site) == (Standing.IN_STOCK, A)


def test_who_may_take_back_what() -> None:
    assert taken_back(Claim.SALE, "did_not_occur", same_author=True) is None
    assert taken_back(Claim.SALE, None, same_author=True) is ExceptionKind.SALE_DECLARED_INCORRECT
    assert taken_back(Claim.PRESENT, "incorrect_data", same_author=True) is None
    assert taken_back(Claim.PRESENT, "did_not_occur", same_author=False) is ExceptionKind.FOREIGN_DECLARATION
