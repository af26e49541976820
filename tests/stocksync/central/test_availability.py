"""What may be promised, and how old that truth is."""

from __future__ import annotations

import pytest

from tests.stocksync.central.world import GLNS, GTIN, SITES, Central, foreign, missed, movement, tag

FIELDS = {"gtin", "location", "on_hand", "reserved", "safety", "uncertain", "available", "as_of", "age_s"}


def test_a_level_has_exactly_the_promised_fields(central: Central) -> None:
    central.capture(movement("stock", [1, 2], 1), missed([1], 2, at_ms=1))
    central.clock.advance_s(7.5)

    body = central.client.get(f"/availability/{GTIN}").json

    assert body["gtin"] == GTIN
    (level,) = body["locations"]
    assert set(level) == FIELDS
    assert level == {
        "gtin": GTIN,
        "location": SITES[0],
        "on_hand": 2,
        "reserved": 0,
        "safety": 0,
        "uncertain": 1,
        "available": 1,
        "as_of": "2026-11-22T09:35:30.125Z",
        "age_s": 7.5,
    }


def test_the_age_is_that_of_anything_heard_from_the_site(central: Central) -> None:
    central.capture(movement("stock", [1], 1))
    central.clock.advance_s(60)
    central.capture(movement("gate", [9], 2, at_ms=1))
    central.clock.advance_s(1)

    (level,) = central.client.get(f"/availability/{GTIN}").json["locations"]

    assert level["age_s"] == 1


def test_many_products_and_places_at_once(central: Central) -> None:
    other = "04012345123456"
    central.capture(
        movement("stock", [1], 1),
        movement("stock", [2], 2, site=1),
        {**movement("stock", [], 3), "epcList": [tag(1, other)]},
    )

    def asked(query: str) -> list[tuple[str, str]]:
        items = central.client.get(f"/availability?{query}").json["items"]
        return [(item["gtin"], item["location"]) for item in items]

    assert asked(f"gtins={GTIN},{other}&locations={SITES[0]}") == [(other, SITES[0]), (GTIN, SITES[0])]
    assert asked(f"gtins={GTIN}") == [(GTIN, SITES[0]), (GTIN, SITES[1])]
    assert asked(f"locations={GLNS[1]}") == [(GTIN, SITES[1])]
    assert asked(f"locations={SITES[1]}/254/floor") == [(GTIN, SITES[1])]
    assert len(asked("")) == 3
    assert asked("gtins=00000000000000") == []


def test_an_unknown_product_is_nowhere_and_a_short_gtin_is_padded(central: Central) -> None:
    assert central.client.get("/availability/9506000134352").json == {"gtin": GTIN, "locations": []}
    assert central.client.get("/availability/95010939").json["gtin"] == "00000095010939"
    assert central.client.get("/availability/614141123452").json["gtin"] == "00614141123452"


@pytest.mark.parametrize(
    "path",
    [
        "/availability/9506000134353",  # its check digit is wrong
        "/availability/123",
        "/availability/٠٩٥٠٦٠٠٠١٣٤٣٥٢",  # digits, but not GS1's
        "/availability/x",
        "/availability?gtins=",
        f"/availability?gtins={GTIN},",
        "/availability?locations=9521321000002",
        "/availability?locations=",
        f"/availability?gtin={GTIN}",
    ],
)
def test_what_is_no_gtin_or_place_is_refused(central: Central, path: str) -> None:
    answer = central.client.get(path)

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


def test_a_partner_without_our_extension_moves_levels_too(central: Central) -> None:
    urn = "urn:epc:id:sgtin:9506000.013435.7"
    arrived = {
        **foreign(movement("stock", [], 1)),
        "epcList": [urn],
        "bizStep": "https://ref.gs1.org/cbv/BizStep-receiving",
        "disposition": "cbv:Disp-sellable_not_accessible",
        "bizLocation": {"id": "urn:epc:id:sgln:952132100000..0"},
    }
    central.capture(arrived)
    assert central.stock() == {SITES[0]: (1, 0, 1)}

    central.capture(movement("sale", [7], 2, at_ms=1))

    assert central.stock() == {SITES[0]: (0, 0, 0)}


def test_a_tag_moves_between_sites_and_counts_once(central: Central) -> None:
    central.capture(movement("stock", [1], 1), movement("ship", [1], 2, at_ms=1))
    assert central.stock() == {SITES[0]: (0, 0, 0)}

    central.capture(movement("stock", [1], 3, at_ms=2, site=1))

    assert central.stock() == {SITES[0]: (0, 0, 0), SITES[1]: (1, 0, 1)}
    assert central.exceptions() == []


def test_what_is_damaged_or_returned_is_not_promised(central: Central) -> None:
    central.capture(movement("stock", [1, 2], 1), movement("damage", [1], 2, at_ms=1))
    assert central.stock() == {SITES[0]: (1, 0, 1)}

    central.capture(movement("sale", [2], 3, at_ms=2), movement("return", [2], 4, at_ms=3))
    assert central.stock() == {SITES[0]: (0, 0, 0)}

    central.capture(movement("stock", [2], 5, at_ms=4))
    assert central.stock() == {SITES[0]: (1, 0, 1)}
