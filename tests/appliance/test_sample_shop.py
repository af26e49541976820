"""The sample shop: big enough, believable to every other room, the same for the same seed, and quick."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from appliance.demo.assortment import ASSORTMENT
from appliance.demo.pictures import DRAWINGS, picture_svg
from appliance.demo.shop import SampleShop, make_shop, write_shop
from checkout.catalogue import Catalogue
from checkout.catalogue_csv import read_products_csv
from checkout.lines import lines_of, price_lines
from checkout.pricing import parse_promotions
from checkout.view import LineKind
from reader.epc import EpcClass, decode, location_link, sgtin_of

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def shop() -> SampleShop:
    return make_shop()


@pytest.fixture(scope="module")
def folder(shop: SampleShop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("shop")
    write_shop(shop, directory)
    return directory


@pytest.mark.parametrize("seed", range(1, 6))
def test_it_is_a_whole_shop_whatever_the_seed(seed: int) -> None:
    shop = make_shop(seed)
    assert len(shop.products) >= 300
    assert len(shop.categories) == 12
    assert len(shop.items) >= 3000
    assert {str(product.tax_rate) for product in shop.products} == {"0.19", "0.07"}


def test_every_item_is_a_product_with_a_serial_of_its_own(shop: SampleShop) -> None:
    prices = {product.gtin: product for product in shop.products}
    names = [sgtin_of(item.epc) for item in shop.items]

    assert len(prices) == len(shop.products)
    assert None not in names
    assert len(set(names)) == len(shop.items) == len({item.epc for item in shop.items})
    for item, name in zip(shop.items, names, strict=True):
        assert name is not None
        assert name.gtin == item.gtin
        assert item.category == prices[item.gtin].category
    assert set(prices) == {item.gtin for item in shop.items}
    assert {decode(shop.items[n].epc).company_prefix for n in (0, 1500, -1)} == {"9521321"}


def test_no_two_products_look_the_same_on_a_receipt(shop: SampleShop) -> None:
    twice = [seen for seen, count in Counter((p.name, p.detail) for p in shop.products).items() if count > 1]
    assert twice == []


def test_the_same_seed_makes_the_same_shop_and_another_does_not(shop: SampleShop) -> None:
    assert make_shop(1) == shop
    other = make_shop(2)
    assert other.products == shop.products
    assert other.items != shop.items


def test_the_store_has_a_number_that_a_location_may_have(shop: SampleShop) -> None:
    assert location_link(shop.gln) == f"https://id.gs1.org/414/{shop.gln}"


def test_visitors_are_no_goods_of_this_shop(shop: SampleShop) -> None:
    catalogue = Catalogue.of(shop.products)
    kinds = {name: [line.kind for line in lines_of(epcs, catalogue, {})] for name, epcs in shop.visitors.items()}
    assert kinds == {
        "a bag from another shop": [LineKind.FOREIGN] * 3,
        "a tote box": [],
        "a blank tag": [],
        "a spoilt tag": [LineKind.UNREADABLE],
    }
    assert decode(shop.visitors["a tote box"][0]).scheme == "sscc-96"
    assert decode(shop.visitors["a blank tag"][0]).tag_class is EpcClass.UNPROGRAMMED


def test_every_promotion_gives_something_for_a_fitting_basket(shop: SampleShop) -> None:
    first = {category: [i.epc for i in shop.items if i.category == category] for category in shop.categories}
    picks = ("Socks", 3), ("Caps & beanies", 2), ("Bars & snacks", 4), ("Tents", 1), ("Bottles", 1), ("Books & maps", 2)
    epcs = [epc for category, count in picks for epc in first[category][:count]]
    basket = price_lines(lines_of(epcs, Catalogue.of(shop.products), {}), shop.promotions, shop.currency)

    given = {name for unit in basket.units for name in unit.promotions}
    assert given == {promotion.name for promotion in shop.promotions}
    assert len(given) == 5
    assert [str(total.rate) for total in basket.tax] == ["0.07", "0.19"]


def test_the_files_are_what_the_shop_is(shop: SampleShop, folder: Path) -> None:
    with (folder / "catalogue.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert tuple(read_products_csv(stream, "catalogue.csv")) == shop.products
    with (folder / "stock.csv").open(encoding="utf-8", newline="") as stream:
        assert [(row["epc"], row["zone"]) for row in csv.DictReader(stream)] == [(i.epc, i.zone) for i in shop.items]
    assert parse_promotions(json.loads((folder / "promotions.json").read_text("utf-8"))) == shop.promotions
    summary = json.loads((folder / "shop.json").read_text("utf-8"))
    assert (summary["gln"], summary["products"], summary["items"]) == (shop.gln, len(shop.products), len(shop.items))


def test_written_again_it_is_the_same(shop: SampleShop, folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    write_shop(replace(shop), folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_every_product_has_a_picture_with_its_name_that_needs_nobody(shop: SampleShop, folder: Path) -> None:
    for product in shop.products:
        assert product.picture is not None
        raw = (folder / "pictures" / product.picture).read_bytes()
        root = ElementTree.fromstring(raw)

        assert len(raw) <= 4096
        assert root.tag == f"{SVG}svg"
        assert root.get("role") == "img"
        assert root.findtext(f"{SVG}title") == f"{product.name}, {product.detail}"
        assert b"href" not in raw
        assert raw.count(b"http") == 1  # the namespace
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert all(identity is not None and identity.endswith(product.gtin) for identity in ids)
        used = {part.split(b")")[0].decode() for part in raw.split(b"url(#")[1:]}
        assert used <= set(ids)


def test_every_drawing_is_sold() -> None:
    assert {model.drawing for category in ASSORTMENT for model in category.models} == set(DRAWINGS)


def test_a_title_cannot_break_out() -> None:
    svg = picture_svg("cap", "#112233", "#445566", "<script> & co", "k")
    assert ElementTree.fromstring(svg).findtext(f"{SVG}title") == "<script> & co"
