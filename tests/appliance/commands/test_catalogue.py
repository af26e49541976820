"""`tagtill catalogue import`, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from appliance.cli import tagtill
from checkout.catalogue_tables import load_catalogue
from checkout.store import Store

GOOD = "gtin,name,category,price_minor,currency,tax_rate\n4006381333931,Pen,Pens,199,EUR,0.19\n"


def _import(path: Path, *options: str) -> tuple[int, str, str]:
    arguments = ["catalogue", "import", str(path), "--store", str(path.parent / "new" / "store.db"), *options]
    result = CliRunner().invoke(tagtill, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_an_import_reaches_the_store(tmp_path: Path) -> None:
    source = tmp_path / "pens.csv"
    source.write_text(GOOD, encoding="utf-8-sig")

    assert _import(source) == (0, "1 products imported, catalogue version 1\n", "")
    assert _import(source, "--json") == (0, '{"products":1,"version":2}\n', "")
    with Store(tmp_path / "new" / "store.db") as store, store.read() as connection:
        assert [product.name for product in load_catalogue(connection).products()] == ["Pen"]


def test_bad_rows_are_listed_and_nothing_is_touched(tmp_path: Path) -> None:
    source = tmp_path / "pens.csv"
    source.write_text(GOOD + "1,Ink,Pens,1.5,EUR,0.19\n")

    code, out, err = _import(source, "--json")
    assert code == 1
    assert [json.loads(line)["problem"].split(":")[0:2] for line in out.splitlines()] == [
        ["pens.csv, line 3", " gtin"],
        ["pens.csv, line 3", " price_minor"],
    ]
    assert err == f"Error: {source}: nothing imported, 2 problems\n"
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        tagtill, ["catalogue", "import", str(tmp_path / "x.csv"), "--store", str(tmp_path / "s")]
    )
    assert isinstance(result.exception, FileNotFoundError)  # main() says it in one line
