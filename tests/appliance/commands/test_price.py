"""`tagtill price`, as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from appliance.cli import tagtill

BASKET = {
    "currency": "EUR",
    "units": [{"id": "u1", "gtin": "4006381333931", "price_minor": 1190, "tax_rate": "0.19"}],
    "promotions": [{"type": "percent", "percent": "10", "per": "unit", "select": {"all": True}, "name": "Größe"}],
    "cash": {"rounding_minor": 5},
}


def test_a_file_in_one_object_out(tmp_path: Path) -> None:
    (tmp_path / "basket.json").write_text(json.dumps(BASKET), encoding="utf-8-sig")
    result = CliRunner().invoke(tagtill, ["price", str(tmp_path / "basket.json"), "--json"])

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "units": [
            {
                "id": "u1",
                "gross_minor": 1071,
                "discount_minor": 119,
                "net_minor": 900,
                "tax_minor": 171,
                "promotions": ["Größe"],
            }
        ],
        "tax": [{"rate": "0.19", "gross_minor": 1071, "net_minor": 900, "tax_minor": 171}],
        "total_minor": 1071,
        "net_minor": 900,
        "tax_minor": 171,
        "discount_minor": 119,
        "cash_total_minor": 1070,
    }


def test_people_read_it_in_their_currency() -> None:
    result = CliRunner().invoke(tagtill, ["price", "-"], input=json.dumps(BASKET))
    assert result.stdout.splitlines() == [
        "       10.71  u1, Größe: −1.19",
        "       10.71  total EUR",
        "        1.71  of it tax at 0.19",
        "       10.70  in cash",
    ]
    for currency, shown in (("JPY", "1071"), ("KWD", "1.071")):
        result = CliRunner().invoke(tagtill, ["price", "-"], input=json.dumps(BASKET | {"currency": currency}))
        assert f"{shown:>12}  total {currency}" in result.stdout.splitlines()


@pytest.mark.parametrize(
    ("raw", "said"),
    [(b"", "expected JSON"), (b"\xff", "expected UTF-8"), (b'{"currency": 1}', "currency: expected a text, not 1")],
)
def test_what_is_wrong_is_one_line_and_exit_1(raw: bytes, said: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "appliance.cli", "price", "-", "--json"], input=raw, capture_output=True
    )

    assert (run.returncode, run.stdout) == (1, b"")
    (line,) = run.stderr.decode().splitlines()
    assert said in line
