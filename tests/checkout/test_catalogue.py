"""The catalogue: what an import refuses, that it is all or nothing, that the snapshot is what was imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.catalogue import Catalogue, Product
from checkout.catalogue_csv import CSV_COLUMNS, product_row, read_products_csv
from checkout.catalogue_tables import catalogue_migrations, import_products, load_catalogue
from checkout.errors import CatalogueError
from checkout.store import Store, migrate
from reader.epc import check_digit

HEADER = ",".join(CSV_COLUMNS)
SOCKS = Product(
    "04006381333931", "Trail Sock", "40–42, moss", "Socks", 1299, "EUR", Decimal("0.19"), ("socks", "winter"), "a/s.svg"
)
SOCKS_ROW = '4006381333931,Trail Sock,"40–42, moss",Socks,1299,EUR,0.19,socks|winter,a/s.svg'


def _read(text: str) -> list[Product]:
    return read_products_csv(io.StringIO(text, newline=""), "shop.csv")


def _problems(text: str) -> tuple[str, ...]:
    with pytest.raises(CatalogueError) as refusal:
        _read(text)
    return refusal.value.problems


def test_a_row_becomes_a_product() -> None:
    assert _read(f"{HEADER}\n{SOCKS_ROW}\n") == [SOCKS]


def test_columns_in_any_order_and_optional_ones_absent() -> None:
    (product,) = _read("price_minor,tax_rate,name,gtin,currency,category\r\n\r\n5,0,A,96385074,JPY,C\r\n")
    assert product == Product("00000096385074", "A", "", "C", 5, "JPY", Decimal(0))


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("gtin", "4006381333932", "gtin: the check digit of GTIN 4006381333932 should be 1"),
        ("gtin", "", "gtin: a GTIN has 8, 12, 13 or 14 digits"),
        ("gtin", "４006381333931", "gtin: a GTIN has 8, 12, 13 or 14 digits"),
        ("name", "", "name: expected 1 to 120 printable characters"),
        ("name", "x" * 121, "name: expected 1 to 120 printable characters"),
        ("name", "a\x1b[2Jb", "name: expected 1 to 120 printable characters"),
        ("detail", "a\nb", "detail: expected 0 to 120 printable characters"),
        ("category", " ", "category: expected 1 to 120"),
        ("price_minor", "12.99", "price_minor: expected a whole number of minor units (cents)"),
        ("price_minor", "-1", "price_minor: expected a whole number"),
        ("price_minor", "1_0", "price_minor: expected a whole number"),
        ("price_minor", "1000000000001", "price_minor: expected a whole number"),
        ("price_minor", "²", "price_minor: expected a whole number"),
        ("currency", "eur", "currency: expected three capital letters"),
        ("tax_rate", "19", "tax_rate: expected a fraction from 0 to 1"),
        ("tax_rate", "19 %", "tax_rate: expected a fraction from 0 to 1"),
        ("tax_rate", "", "tax_rate: expected a fraction from 0 to 1"),
        ("groups", "a\tb|c", "groups: expected names"),
        ("picture", "../secret", "picture: expected a path below"),
        ("picture", "/etc/passwd", "picture: expected a path below"),
        ("picture", "https://elsewhere/x.svg", "picture: expected a path below"),
    ],
)
def test_a_bad_cell_is_reported_with_its_line(column: str, cell: str, said: str) -> None:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, CSV_COLUMNS)
    writer.writeheader()
    writer.writerow(product_row(SOCKS) | {"gtin": "96385074"})
    writer.writerow(product_row(SOCKS) | {column: cell})

    (problem,) = _problems(stream.getvalue())
    assert problem.startswith(f"shop.csv, line 3: {said}")


def test_every_bad_row_is_reported_at_once() -> None:
    bad_price, bad_rate = SOCKS_ROW.replace("1299", "12,99"), SOCKS_ROW.replace("0.19", "x").replace("EUR", "CHF")
    assert [
        problem[:60] for problem in _problems(f'{HEADER}\n{SOCKS_ROW}\n{bad_price}\n"\n\n{bad_rate}\n{SOCKS_ROW}')
    ] == [
        "shop.csv, line 3: expected 9 cells, found 10",
        "shop.csv, line 4: expected CSV with commas and double quotes",
    ]
    assert [problem[:46] for problem in _problems(f"{HEADER}\n{SOCKS_ROW}\n\n{bad_rate}\n{SOCKS_ROW}")] == [
        "shop.csv, line 4: currency: expected EUR as ab",
        "shop.csv, line 4: tax_rate: expected a fractio",
        "shop.csv, line 4: gtin: expected a GTIN of its",
        "shop.csv, line 5: gtin: expected a GTIN of its",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: expected a header of gtin,"),
        ("gtin;name\n", "line 1: expected a header of gtin,"),
        (f"{HEADER},colour\n", "unknown: 'colour'"),
        (f"{HEADER},gtin\n", "there twice: 'gtin'"),
        (f"{HEADER}\n\n", "expected at least one product"),
        (f'{HEADER}\n"never closed', "line 2: expected CSV"),
        (f"{HEADER}\n" + "x" * 200_000, "line 2: expected CSV"),
    ],
)
def test_a_file_that_is_no_catalogue(text: str, said: str) -> None:
    (problem,) = _problems(text)
    assert said in problem


def test_a_file_that_is_not_utf_8() -> None:
    stream = io.TextIOWrapper(io.BytesIO(HEADER.encode() + b"\nGr\xf6\xdfe\n"), "utf-8-sig", newline="")
    with pytest.raises(CatalogueError, match="UTF-8"):
        read_products_csv(stream, "shop.csv")


texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
products = st.builds(
    Product,
    st.from_regex("[0-9]{13}", fullmatch=True).map(lambda body: body + check_digit(body)),
    texts,
    st.just("") | texts,
    texts,
    st.integers(0, 10**12),
    st.just("EUR"),
    st.decimals(0, 1, places=4),
    st.lists(texts.filter(lambda text: "|" not in text), unique=True, max_size=3).map(tuple),
    st.none() | st.from_regex(r"[A-Za-z0-9_-]{1,9}(/[a-z]{1,5}\.svg)?", fullmatch=True),
)


@given(st.lists(products, min_size=1, max_size=5, unique_by=lambda product: product.gtin))
def test_what_is_written_is_read(written: list[Product]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, CSV_COLUMNS)
    writer.writeheader()
    writer.writerows(map(product_row, written))

    assert _read(stream.getvalue()) == written


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    migrate(tmp_path / "store.db", [catalogue_migrations])
    with Store(tmp_path / "store.db") as opened:
        yield opened


def _load(store: Store) -> Catalogue:
    with store.read() as connection:
        return load_catalogue(connection)


def _variant(**changed: object) -> Product:
    fields = {name: getattr(SOCKS, name) for name in CSV_COLUMNS}
    return Product(**(fields | changed))


def test_an_empty_store_has_an_empty_catalogue(store: Store) -> None:
    assert (len(_load(store)), _load(store).version, _load(store).get(SOCKS.gtin)) == (0, 0, None)


def test_an_import_adds_and_changes_and_keeps_the_rest(store: Store) -> None:
    other = _variant(gtin="00000096385074", picture=None, groups=())
    assert store.write(lambda transaction: import_products(transaction, [SOCKS, other])) == 1
    before = _load(store)
    dearer = _variant(price_minor=1399, name="Trail Sock II")
    assert store.write(lambda transaction: import_products(transaction, [dearer])) == 2

    assert before.products() == (SOCKS, other)
    assert before.get(SOCKS.gtin) == SOCKS
    after = _load(store)
    assert (after.version, after.products()) == (2, (dearer, other))


def test_a_store_keeps_to_one_currency(store: Store) -> None:
    store.write(lambda transaction: import_products(transaction, [SOCKS]))
    francs = _variant(gtin="00000096385074", currency="CHF")
    with pytest.raises(CatalogueError, match="found CHF and EUR"):
        store.write(lambda transaction: import_products(transaction, [_variant(price_minor=1), francs]))

    assert _load(store).products() == (SOCKS,)
    assert _load(store).version == 1
