"""Our own schema against the official one: the same verdict on every official example and on what is made of them."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from stocksync.epcis.terms import BIZ_STEPS, DISPOSITIONS
from stocksync.epcis.validation import problems_of_document, problems_of_event
from tests import official_epcis

_EVENT_EXAMPLES = "JSON-Schema-test"


def _is_valid_by_us(document: Any) -> bool:
    if isinstance(document, dict) and document.get("type") in ("EPCISDocument", "EPCISQueryDocument"):
        return problems_of_document(document) == []
    return problems_of_event(document, standalone=True) == []


def test_every_official_example_is_accepted_by_both() -> None:
    official_epcis.needed()
    assert len(official_epcis.examples()) > 30

    for name, document in official_epcis.examples().items():
        assert official_epcis.schema().is_valid(document), name
        problems = problems_of_document(document) if _EVENT_EXAMPLES not in name else problems_of_event(document)
        assert problems == [], name


def _sale() -> dict[str, Any]:
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventID": "urn:uuid:0193a5b0-0000-7000-8000-000000000001",
        "eventTime": "2026-11-22T10:15:30.125+01:00",
        "eventTimeZoneOffset": "+01:00",
        "epcList": ["https://id.gs1.org/01/09506000134352/21/1"],
        "action": "OBSERVE",
        "bizStep": "retail_selling",
        "disposition": "retail_sold",
        "readPoint": {"id": "https://id.gs1.org/414/9521321000000/254/lane-1"},
    }


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"bizStep": "returning"}, "bizStep"),
        ({"disposition": "missing"}, "disposition"),
        ({"eventID": "abc"}, "eventID"),
        ({"eventTime": "2026-11-22T10:15:30.125"}, "eventTime"),
        ({"eventTimeZoneOffset": "CET"}, "eventTimeZoneOffset"),
        ({"epcList": ["123"]}, "epcList[0]"),
        ({"receipt": "K1-17"}, ""),
        ({"action": "SELL"}, "action"),
        ({"bizTransactionList": [{"type": "receipt", "bizTransaction": "urn:x:1"}]}, "bizTransactionList[0].type"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_broken_sale_is_rejected_by_both_and_the_place_is_named(change: dict[str, Any], place: str) -> None:
    assert problems_of_event(_sale(), standalone=True) == []
    broken = _sale() | change

    problems = problems_of_event(broken, standalone=True)

    assert len(problems) == 1
    assert str(problems[0]).startswith(place)
    official_epcis.needed()
    assert not official_epcis.schema().is_valid(broken)


@pytest.mark.parametrize("missing", ["type", "eventTime", "eventTimeZoneOffset", "action", "epcList", "@context"])
def test_what_an_event_must_have(missing: str) -> None:
    event = _sale()
    del event[missing]

    assert problems_of_event(event, standalone=True)
    official_epcis.needed()
    assert not official_epcis.schema().is_valid(event)


def test_every_word_of_the_vocabulary_is_taken_in_three_spellings_and_others_are_not() -> None:
    for word in BIZ_STEPS.words:
        for spelling in (word, f"cbv:BizStep-{word}", f"https://ref.gs1.org/cbv/BizStep-{word}"):
            assert problems_of_event(_sale() | {"bizStep": spelling}) == []
    for word in DISPOSITIONS.words:
        assert problems_of_event(_sale() | {"disposition": word}) == []
    for wrong in (
        "cbv:BizStep-returning",
        "urn:epcglobal:cbv:bizstep:receiving",
        "https://ns.gs1.org/cbv/BizStep-other",
    ):
        assert problems_of_event(_sale() | {"bizStep": wrong})
    assert problems_of_event(_sale() | {"bizStep": "https://shop.example/steps/alteration"}) == []


@pytest.mark.parametrize("nonsense", [None, [], "x", 3, {}, {"type": "EPCISDocument"}, {"type": "Invoice"}])
def test_what_is_no_document_at_all_is_a_problem_and_no_crash(nonsense: object) -> None:
    assert problems_of_document(nonsense)
    assert problems_of_event(nonsense)


def test_a_hostile_document_gets_a_bounded_answer() -> None:
    document = {"type": "EPCISDocument", "epcisBody": {"eventList": [{"type": "ObjectEvent"}] * 5000}}

    assert 0 < len(problems_of_document(document)) <= 100


_VALUES: tuple[Any, ...] = (
    None, True, 0, -1.5, "", "abc", "urn:x:y", "2026-11-22T10:15:30Z", "2026-11-22 10:15", "OBSERVE", "DELETE", "inv",
    "receiving", [], ["urn:x:y", "urn:x:y"], [{}], {}, {"id": "urn:x:y"}, {"id": "y"}, {"x:y": 1},
)  # fmt: skip
_NAMES = ("x:y", "plain", "ilmd", "action", "type", "epcList", "quantityList", "id", "uom", "parentID", "bizLocation")


def _containers(value: Any) -> Iterator[dict[str, Any] | list[Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _containers(each)
    elif isinstance(value, list):
        yield value
        for each in value:
            yield from _containers(each)


def _mutate(document: Any, chance: random.Random) -> None:
    place = chance.choice([each for each in _containers(document) if each])
    if isinstance(place, list):
        place[chance.randrange(len(place))] = copy.deepcopy(chance.choice(_VALUES))
        return
    name = chance.choice([*place, *_NAMES])
    if name in place and chance.random() < 0.4:
        del place[name]
    else:
        place[name] = copy.deepcopy(chance.choice(_VALUES))


def test_the_verdict_is_the_official_one_on_thousands_of_altered_examples() -> None:
    official_epcis.needed()
    chance = random.Random(20261122)
    verdicts = {True: 0, False: 0}

    for name, example in official_epcis.examples().items():
        for _ in range(150):
            document = copy.deepcopy(example)
            _mutate(document, chance)
            expected = official_epcis.schema().is_valid(document)
            verdicts[expected] += 1
            assert _is_valid_by_us(document) == expected, f"{name}: {json.dumps(document)}"

    assert min(verdicts.values()) > 500  # else the altering is too tame or too wild to prove anything
