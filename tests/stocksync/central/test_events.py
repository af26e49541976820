"""The query interface."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests import official_epcis
from tests.stocksync.central.world import SITES, Central, foreign, id_of, movement, tag, time_text, void_of
from tests.stocksync.central.world import START_MS as START


@pytest.fixture
def asked(central: Central) -> Central:
    """Five events, recorded in the order of their numbers, a second apart."""
    sale = movement("sale", [2], 3, at_ms=3000)
    aggregated = {
        **foreign(movement("stock", [], 4, at_ms=1000)),
        "type": "AggregationEvent",
        "parentID": "urn:epc:id:sscc:0614141.1234567890",
        "childEPCs": [tag(7)],
        "childQuantityList": [{"epcClass": "https://id.gs1.org/01/09506000134352", "quantity": 2}],
    }
    del aggregated["epcList"]
    for event in (
        movement("stock", [1], 1),
        movement("stock", [2], 2, at_ms=2000, site=1),
        sale,
        aggregated,
        void_of(sale, 5, at_ms=4000),
    ):
        central.clock.advance_s(1)
        central.capture(event)
    return central


def numbers(central: Central, query: str) -> list[int]:
    return [int(event["eventID"][-4:], 16) for event in central.found(query)]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", [1, 2, 3, 4, 3]),
        ("EQ_bizStep=stocking", [1, 2, 4]),
        ("EQ_bizStep=cbv:BizStep-retail_selling", [3, 3]),
        ("EQ_bizStep=stocking|retail_selling&eventType=ObjectEvent", [1, 2, 3, 3]),
        ("EQ_disposition=https://ref.gs1.org/cbv/Disp-retail_sold", [3, 3]),
        (f"EQ_eventID={id_of(2)}|{id_of(1)}", [1, 2]),
        ("EQ_action=ADD|DELETE", []),
        ("eventType=AggregationEvent", [4]),
        (f"GE_eventTime={time_text(START + 2000)}", [2, 3, 3]),
        (f"LT_eventTime={quote(time_text(START + 2000))}", [1, 4]),
        (f"GE_recordTime={time_text(START + 2000)}&LT_recordTime={time_text(START + 4000)}", [2, 3]),
        (f"MATCH_epc={tag(7)}|{tag(1)}", [1, 4]),
        ("MATCH_epc=urn:epc:id:sgtin:9506000.013435.2", [2, 3, 3]),
        ("MATCH_epc=urn:epc:id:sscc:0614141.1234567890", []),
        ("MATCH_anyEPC=urn:epc:id:sscc:0614141.1234567890", [4]),
        ("MATCH_parentID=urn:epc:id:sscc:0614141.1234567890", [4]),
        ("MATCH_epcClass=urn:epc:idpat:sgtin:9506000.013435.*", [4]),
        (f"EQ_bizLocation={SITES[1]}/254/floor", [2]),
        (f"EQ_readPoint={SITES[0]}/254/lane-1&EQ_bizStep=stocking", [1, 4]),
        ("EXISTS_errorDeclaration=true", [3]),
        ("EXISTS_errorDeclaration=false&EQ_bizStep=retail_selling", [3, 3]),
        ("EQ_errorReason=cbv:ER-did_not_occur", [3]),
        ("orderBy=eventTime&orderDirection=ASC", [1, 4, 2, 3, 3]),
        ("orderBy=eventTime&EXISTS_errorDeclaration=false&eventType=ObjectEvent&EQ_bizStep=stocking", [2, 1]),
        ("orderBy=recordTime&eventCountLimit=2", [3, 4]),
        ("maxEventCount=5", [1, 2, 3, 4, 3]),
    ],
)
def test_filters_mean_what_the_standard_says(asked: Central, query: str, wanted: list[int]) -> None:
    assert numbers(asked, query) == wanted


@pytest.mark.parametrize(
    "query", ["", "orderBy=eventTime", "orderBy=recordTime&orderDirection=ASC", "eventType=ObjectEvent"]
)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_following_the_links_gives_everything_once(asked: Central, query: str, size: int) -> None:
    wanted = numbers(asked, query)
    url = f"/events?perPage={size}&{query}"
    found: list[int] = []
    while url:
        answer = asked.client.get(url)
        page = answer.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert len(page) <= size
        found += [int(event["eventID"][-4:], 16) for event in page]
        url = answer.headers.get("Link", "")[1:].partition(">")[0]

    assert found == wanted


def test_a_count_limit_holds_over_all_pages(asked: Central) -> None:
    first = asked.client.get("/events?orderBy=eventTime&eventCountLimit=3&perPage=2")
    second = asked.client.get(first.headers["Link"][1:].partition(">")[0])

    assert "Link" not in second.headers
    assert len(second.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        "EQ_colour=red",
        "eq_bizStep=stocking",
        "WD_bizLocation=urn:epc:id:sgln:0614141.00777.0",
        "EQ_action=LOOK",
        "eventType=Sale",
        "GE_eventTime=yesterday",
        "GE_eventTime=2026-11-22T10:15:30",
        "GE_eventTime=2026-11-22T10:15:30Z&GE_eventTime=2026-11-22T10:15:30Z",
        "EQ_eventID=",
        "EXISTS_errorDeclaration=yes",
        "orderBy=bizStep",
        "orderDirection=UP",
        "eventCountLimit=3",
        "orderBy=eventTime&eventCountLimit=3&maxEventCount=3",
        "perPage=0",
        "perPage=-1",
        "perPage=99999999999999999999",
        "nextPageToken=nonsense",
        "nextPageToken=WzFd",
        "nextPageToken=é",
    ],
)
def test_what_is_no_query_is_refused_by_name(asked: Central, query: str) -> None:
    answer = asked.client.get(f"/events?{query}")

    assert answer.status_code == 400
    assert answer.json["type"] == "epcisException:QueryParameterException"
    assert query.partition("=")[0].partition("&")[0] in answer.json["detail"] or "&" in query


def test_a_token_belongs_to_its_query(asked: Central) -> None:
    link = asked.client.get("/events?perPage=1&EQ_bizStep=stocking").headers["Link"]
    token = link.partition("nextPageToken=")[2].partition(">")[0]

    assert asked.client.get(f"/events?perPage=1&nextPageToken={token}").status_code == 400


def test_more_than_was_wanted_is_refused(asked: Central) -> None:
    answer = asked.client.get("/events?maxEventCount=4")

    assert answer.status_code == 413
    assert answer.json["type"] == "epcisException:QueryTooLargeException"
    assert "payload" not in answer.json["title"]  # that is the other 413


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (f"/epcs/{tag(2)}/events", [2, 3, 3]),
        (f"/epcs/{quote(tag(2), safe='')}/events", [2, 3, 3]),
        ("/epcs/urn:epc:id:sgtin:9506000.013435.2/events", [2, 3, 3]),
        ("/bizSteps/stocking/events", [1, 2, 4]),
        ("/dispositions/retail_sold/events", [3, 3]),
        ("/eventTypes/AggregationEvent/events", [4]),
        (f"/bizLocations/{SITES[1]}/254/floor/events", [2]),
        (f"/readPoints/{SITES[1]}/254/lane-1/events?EQ_action=OBSERVE", [2]),
    ],
)
def test_resources_are_shorthands_for_a_filter(asked: Central, path: str, wanted: list[int]) -> None:
    events = asked.client.get(path).json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]

    assert [int(event["eventID"][-4:], 16) for event in events] == wanted
    assert asked.client.get(f"{path}{'&' if '?' in path else '?'}perPage=1").status_code == 200


def test_a_resource_is_not_asked_for_twice(asked: Central) -> None:
    assert asked.client.get("/bizSteps/stocking/events?EQ_bizStep=storing").status_code == 400


def test_answers_are_json_of_either_kind_or_none(asked: Central) -> None:
    for accept, kind in (
        ("*/*", "application/json"),
        ("application/ld+json", "application/ld+json"),
        ("text/html, application/json;q=0.5", "application/json"),
    ):
        assert asked.client.get("/events", headers={"Accept": accept}).content_type == kind
    refused = asked.client.get("/events", headers={"Accept": "application/xml"})
    assert refused.status_code == 406
    assert refused.json["type"] == "epcisException:NotAcceptableException"
    assert asked.client.head("/events").status_code == 200
    assert asked.client.options("/events").headers["Allow"] == "OPTIONS, GET, POST"


def test_what_is_handed_out_is_valid_by_the_official_schema(asked: Central) -> None:
    official_epcis.needed()
    listed = asked.client.get("/events").json

    assert list(official_epcis.schema().iter_errors(listed)) == []
    assert all(event["recordTime"].endswith("Z") for event in asked.found())
