from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from appliance.cli import tagtill
from reader.epc import encode_sgtin96

_GTIN = "09506000134352"


def _import(folder: Path, text: str, *options: str) -> Result:
    (folder / "tags.csv").write_text(text, encoding="utf-8")
    where = ["--store", str(folder / "store.db"), "--store-id", "s1", "--gln", "9521321000001"]
    return CliRunner().invoke(tagtill, ["stock", "import", str(folder / "tags.csv"), *where, *options])


def _csv(*serials: int) -> str:
    return "epc,zone\n" + "".join(f"{encode_sgtin96(_GTIN, serial)},floor\n" for serial in serials)


def test_tags_are_imported_once(tmp_path: Path) -> None:
    first = _import(tmp_path, _csv(1, 2, 3), "--json")
    second = _import(tmp_path, _csv(1, 2, 3, 4), "--json")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert json.loads(first.output) == {"imported": 3, "known": 0, "sold": 0}
    assert json.loads(second.output) == {"imported": 1, "known": 3, "sold": 0}


def test_every_bad_row_is_printed_and_nothing_is_imported(tmp_path: Path) -> None:
    result = _import(tmp_path, _csv(1, 1) + "zz,floor\n", "--json")

    assert result.exit_code == 1
    problems = [json.loads(line)["problem"] for line in result.stdout.splitlines()]
    assert [problem.partition(":")[0] for problem in problems] == ["tags.csv, line 3", "tags.csv, line 4"]
    assert "2 problems" in result.stderr
    assert json.loads(_import(tmp_path, _csv(1), "--json").output)["imported"] == 1


@pytest.mark.parametrize("options", [("--store", "x.db"), ("--store-id", "s1"), ("--store", "x.db", "--gln", "1")])
def test_a_store_without_a_name_is_a_usage_error(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "tags.csv").write_text(_csv(1), encoding="utf-8")

    result = CliRunner().invoke(tagtill, ["stock", "import", str(tmp_path / "tags.csv"), *options])

    assert result.exit_code == 2
    assert not (tmp_path / "x.db").exists()
