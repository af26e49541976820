"""The capture interface, as stores and strangers use it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from tests import official_epcis
from tests.stocksync.central.world import (
    CONTEXT,
    SITES,
    Central,
    Event,
    document,
    foreign,
    id_of,
    movement,
    tag,
    void_of,
)


def test_options_say_what_a_capture_may_hold(central: Central) -> None:
    answer = central.client.options("/capture")

    assert answer.status_code == 204
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == "5000"
    assert int(answer.headers["GS1-EPCIS-Capture-File-Size-Limit"]) > 1_000_000
    assert answer.headers["GS1-Capture-Error-Behaviour"] == "all"
    assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"
    assert answer.headers["GS1-EPC-Format"] == "Always_GS1_Digital_Link"
    assert answer.headers["Allow"] == "OPTIONS, POST, GET"


def test_every_official_example_is_taken_and_handed_out_as_the_official_schema_wants_it(tmp_path: Path) -> None:
    official_epcis.needed()
    assert len(official_epcis.examples()) > 30
    for n, (name, example) in enumerate(official_epcis.examples().items()):
        # One central each: GS1 uses some eventIDs for several different events.
        folder = tmp_path / str(n)
        folder.mkdir()
        central = Central(folder)
        if example["type"] in ("EPCISDocument", "EPCISQueryDocument"):
            answer = central.client.post("/capture", json=example)
            assert answer.status_code == 202, (name, answer.json)
            job = central.client.get(answer.headers["Location"]).json
            assert job["success"], (name, job)
        else:
            answer = central.client.post("/events", json=example)
            assert answer.status_code == 201, (name, answer.json)
            assert official_epcis.schema().is_valid(answer.json), name
        listed = central.client.get("/events?perPage=100").json
        assert official_epcis.schema().is_valid(listed), (name, list(official_epcis.schema().iter_errors(listed)))
        assert central.found(), name
        assert central.parts.storage.rebuild() == 0
        central.close()


def test_documents_with_clashing_prefixes_are_handed_out_as_each_meant_them(central: Central) -> None:
    for n, meaning in enumerate(("http://a.example/", "http://b.example/")):
        event = {**foreign(movement("stock", [n], n)), "ext:field": "x"}
        body = {**document(event), "@context": [CONTEXT[0], {"ext": meaning}]}
        assert central.client.post("/capture", json=body).status_code == 202

    listed = central.client.get("/events").json
    events = listed["epcisBody"]["queryResults"]["resultsBody"]["eventList"]

    assert [event["@context"][1]["ext"] for event in events] == ["http://a.example/", "http://b.example/"]
    if official_epcis.FOLDER.is_dir():
        assert official_epcis.schema().is_valid(listed)


@pytest.mark.parametrize("encoding", ["zstd", "gzip", "identity"])
@pytest.mark.parametrize("kind", ["application/json", "application/ld+json", "application/json; charset=utf-8"])
def test_bodies_come_packed_and_in_both_media_types(central: Central, encoding: str, kind: str) -> None:
    body = orjson.dumps(document(movement("stock", [1], 1)))
    packers: dict[str, Callable[[bytes], bytes]] = {
        "zstd": zstandard.compress,
        "gzip": gzip.compress,
        "identity": bytes,
    }
    packed = packers[encoding](body)

    headers = {"Content-Encoding": encoding, "Content-Type": kind}
    answer = central.client.post("/capture", data=packed, headers=headers)

    assert answer.status_code == 202
    assert len(central.found()) == 1


def test_a_job_is_finished_when_it_is_accepted_and_a_repeat_is_a_success(central: Central) -> None:
    for _ in range(2):
        job = central.capture(movement("stock", [1], 1), behaviour="rollback")

        assert job["running"] is False
        assert job["success"] is True
        assert job["errors"] == []
        assert job["captureErrorBehaviour"] == "rollback"
    assert len(central.found()) == 1


def test_under_proceed_the_good_events_are_stored_and_the_bad_are_named(central: Central) -> None:
    invented = {**movement("stock", [2], 2), "bizStep": "returning"}
    odd = {**movement("stock", [3], 3), "tagtill:hlc": "now"}
    job = central.capture(movement("stock", [1], 1), invented, odd, 5, movement("stock", [4], 4))  # type: ignore[arg-type]  # 5 is no event

    assert job["success"] is False
    assert [(error["index"], error.get("eventID")) for error in job["errors"]] == [
        (1, id_of(2)),
        (2, id_of(3)),
        (3, None),
    ]
    assert {error["type"] for error in job["errors"]} == {"epcisException:ValidationException"}
    assert [event["eventID"] for event in central.found()] == [id_of(1), id_of(4)]


def test_under_rollback_one_bad_event_refuses_all(central: Central) -> None:
    good, bad = movement("stock", [1], 1), {**movement("stock", [2], 2), "eventTime": "2026-11-22T10:15:30"}

    answer = central.client.post("/capture", json=document(good, bad))

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"] == "epcisException:ValidationException"
    assert answer.json["errors"][0]["index"] == 1
    assert central.found() == []


def test_a_conflict_is_a_job_error_and_an_exception(central: Central) -> None:
    central.capture(movement("stock", [1], 1))

    job = central.capture({**movement("stock", [9], 1)}, movement("stock", [2], 2))

    assert [error["type"] for error in job["errors"]] == ["epcisException:ResourceAlreadyExistsException"]
    assert [(error["eventID"], error["conflict"]) for error in job["errors"]] == [(id_of(1), True)]
    assert central.exceptions() == ["identity_conflict"]
    assert central.stock() == {SITES[0]: (2, 0, 2)}


def test_a_void_is_no_duplicate_of_its_sale(central: Central) -> None:
    sale = movement("sale", [1], 2, at_ms=1)
    central.capture(movement("stock", [1], 1), sale)

    assert central.capture(void_of(sale, 3, at_ms=2))["success"]
    assert central.stock() == {SITES[0]: (1, 0, 1)}
    both = central.client.get(f"/events/{id_of(2)}").json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert ["errorDeclaration" in event for event in both] == [False, True]


def test_one_event_is_created_once(central: Central) -> None:
    answer = central.post(movement("stock", [1], 1))
    assert answer.status_code == 201
    assert answer.json["recordTime"] == "2026-11-22T09:35:30.125Z"
    assert central.client.get(answer.headers["Location"]).status_code == 200

    again = central.post(movement("stock", [1], 1))
    other = central.post(movement("stock", [2], 1))

    assert (again.status_code, other.status_code) == (409, 409)
    assert other.json["type"] == "epcisException:ResourceAlreadyExistsException"
    assert ("conflict" in again.json, other.json["conflict"]) == (False, True)
    assert central.exceptions() == ["identity_conflict"]


def test_an_event_without_id_can_be_found_by_the_one_it_got(central: Central) -> None:
    event = foreign(movement("stock", [1], 1))
    del event["eventID"]

    answer = central.post(event)

    assert answer.status_code == 201
    assert answer.json["eventID"].startswith("urn:uuid:")
    assert central.client.get(answer.headers["Location"]).status_code == 200


def test_an_id_may_be_any_uri(central: Central) -> None:
    event_id = "ni:///sha-256;df7bb3c352fef055578554f09f5e2aa41782150ced7bd0b8af24dd3ccb30ba69?ver=CBV2.0"
    answer = central.post({**foreign(movement("stock", [1], 1)), "eventID": event_id})

    assert central.client.get(answer.headers["Location"]).status_code == 200


NINE = [
    {"bizStep": "returning"},
    {"disposition": "missing"},
    {"eventID": "abc"},
    {"eventTime": "2026-11-22T10:15:30"},
    {"epcList": ["123"]},
    {"unknownField": 1},
    {"action": "LOOK"},
    {"eventTimeZoneOffset": "CET"},
    {"readPoint": "https://id.gs1.org/414/9521321000001"},
]


@pytest.mark.parametrize("change", NINE, ids=lambda change: next(iter(change)))
def test_what_looks_right_but_is_not_is_refused(central: Central, change: Event) -> None:
    answer = central.post({**movement("stock", [1], 1), **change})

    assert answer.status_code == 400
    assert answer.json["type"] == "epcisException:ValidationException"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'"EPCISDocument"',
        b"{}",
        b'{"type":"EPCISDocument"}',
        b'{"type":["EPCISDocument"]}',
        b'{"type":"EPCISDocument","epcisBody":[]}',
        b'{"type":"EPCISDocument","epcisBody":{"eventList":{}}}',
        b'{"type":"EPCISQueryDocument","epcisBody":{"queryResults":5}}',
        orjson.dumps(document() | {"@context": 5}),
        orjson.dumps(document() | {"creationDate": "yesterday"}),
        orjson.dumps(document()).replace(b'"2.0"', b"2.0"),
        b'{"a":' * 900 + b"1" + b"}" * 900,
    ],
)
@pytest.mark.parametrize("path", ["/capture", "/events"])
def test_hostile_bodies_are_refused_with_a_problem(central: Central, path: str, body: bytes) -> None:
    answer = central.client.post(path, data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("depth", [120, 250, 900])
def test_a_deep_extension_is_stored_or_refused_but_never_a_fault(central: Central, depth: int) -> None:
    deep: Any = 1
    for _ in range(depth):
        deep = {"ext:a": deep}
    body = json.dumps(document({**movement("stock", [1], 1), "ext:deep": deep}))

    answer = central.client.post("/capture", data=body, content_type="application/json")

    assert answer.status_code in (202, 400)
    assert central.client.get("/events").status_code == 200


def test_limits_are_told_with_the_refusal(tmp_path: Path) -> None:
    central = Central(tmp_path, capture_limit=2, file_limit=3000, unpacked_limit=6000)
    many = document(*(movement("stock", [n], n) for n in range(3)))
    long = document({**movement("stock", [1], 1), "ext:text": "x" * 4000})
    bomb = gzip.compress(orjson.dumps(document() | {"ext:text": "x" * 100_000}))
    for body, encoding in ((orjson.dumps(many), "identity"), (orjson.dumps(long), "identity"), (bomb, "gzip")):
        headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
        answer = central.client.post("/capture", data=body, headers=headers)

        assert answer.status_code == 413
        assert answer.json["type"] == "epcisException:CaptureLimitExceededException"
        assert answer.headers["GS1-EPCIS-Capture-Limit"] == "2"
        assert answer.headers["GS1-EPCIS-Capture-File-Size-Limit"] == "3000"
    central.close()


def test_what_we_do_not_speak_is_refused(central: Central) -> None:
    body = orjson.dumps(document(movement("stock", [1], 1)))
    json_kind = {"Content-Type": "application/json"}
    cases = [
        ({"Content-Type": "application/xml"}, 415),
        ({}, 415),
        ({**json_kind, "Content-Encoding": "br"}, 415),
        ({**json_kind, "GS1-EPCIS-Version": "1.2.0"}, 406),
        ({**json_kind, "GS1-EPCIS-Min": "3.0.0"}, 406),
        ({**json_kind, "GS1-CBV-Max": "1.0"}, 406),
        ({**json_kind, "GS1-EPC-Format": "Always_EPC_URN"}, 406),
        ({**json_kind, "GS1-EPCIS-Min": "x"}, 406),
        ({**json_kind, "GS1-Capture-Error-Behaviour": "all"}, 400),
    ]
    for headers, status in cases:
        answer = central.client.post("/capture", data=body, headers=headers)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), headers
    assert central.found() == []


def test_jobs_are_paged(central: Central) -> None:
    for n in range(5):
        central.clock.advance_s(1)
        central.capture(movement("stock", [n], n))
    first = central.client.get("/capture?perPage=3")
    assert len(first.json) == 3
    link = first.headers["Link"]
    assert link.endswith('>; rel="next"')

    second = central.client.get(link[1:].partition(">")[0])

    assert len(second.json) == 2
    assert "Link" not in second.headers
    assert len({job["captureID"] for job in [*first.json, *second.json]}) == 5
    for wrong in ("perPage=0", "perPage=x", "nextPageToken=../x", "other=1"):
        assert central.client.get(f"/capture?{wrong}").status_code == 400


def test_no_error_is_a_page(central: Central) -> None:
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("GET", "/capture/nowhere", 404),
        ("GET", "/events/nowhere", 404),
        ("GET", "/tags/nowhere", 404),
        ("DELETE", "/events", 405),
        ("POST", "/availability", 405),
        ("GET", "/events?" + "x" * 20_000, 414),
    ):
        answer = central.client.open(path, method=method)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
        assert answer.json["status"] == status


def test_what_was_believed_of_a_tag_is_told(central: Central) -> None:
    central.capture(movement("stock", [1], 1))

    for uri in (tag(1), tag(1).replace("https://id.gs1.org", "https://shop.example.com/x")):
        belief = central.client.get(f"/tags/{uri}").json
        assert (belief["epc"], belief["standing"], belief["location"]) == (tag(1), "in_stock", SITES[0])


def test_figures_are_counted(central: Central) -> None:
    central.capture(movement("stock", [1], 1))
    central.capture(movement("stock", [1], 1))
    central.client.get("/nowhere")

    text = central.client.get("/metrics").text
    assert 'tagtill_central_events_total{verdict="stored"} 1.0' in text
    assert 'tagtill_central_events_total{verdict="duplicate"} 1.0' in text
    assert 'tagtill_central_refused_total{status="404"} 1.0' in text
    assert central.client.get("/healthz").status_code == 200
    assert central.client.get("/readyz").json == {"storage": True}


def test_a_storage_that_fails_is_told_and_worth_another_try(central: Central) -> None:
    central.close()

    answer = central.post(movement("stock", [1], 1))

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.content_type == "application/problem+json"
