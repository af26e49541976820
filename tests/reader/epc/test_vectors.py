"""Every published vector, both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reader.epc import EpcClass, decode, encode

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "tds.json").read_text(encoding="utf-8")
)["vectors"]
VALID = [row for row in VECTORS if row["kind"] == "valid"]
BAD = [row for row in VECTORS if row["kind"] == "bad"]


def test_no_vector_is_left_out() -> None:
    assert len(VECTORS) == len(VALID) + len(BAD) == 84


@pytest.mark.parametrize("row", VALID, ids=lambda row: f"{row['id']}-{row['scheme']}")
def test_valid_vectors_decode_to_their_words(row: dict[str, Any]) -> None:
    found = decode(row["hex"]).to_json()

    assert found["error"] is None
    assert found["class"] == "gs1"
    assert found["scheme"] == row["scheme"].lower()
    assert found["uri"] == row["pure_identity_uri"]
    for name in ("filter", "tag_uri", "element_string", "gs1_key", "serial", "digital_link"):
        assert found[name] == row[name], name
    assert found["hostname"] == row.get("hostname")


@pytest.mark.parametrize("row", BAD, ids=lambda row: f"{row['id']}-{row['expect_class']}")
def test_bad_vectors_get_their_class_and_no_identity(row: dict[str, Any]) -> None:
    found = decode(f"{row['pc']}:{row['hex']}" if row["pc"] else row["hex"])

    assert found.tag_class is EpcClass(row["expect_class"])
    assert found.error
    assert (found.scheme, found.gs1_key, found.serial, found.digital_link) == (None, None, None, None)


@pytest.mark.parametrize("row", VALID, ids=lambda row: f"{row['id']}-{row['scheme']}")
def test_valid_vectors_encode_to_their_bits(row: dict[str, Any]) -> None:
    fields = decode(row["hex"])
    prefix, _, reference = (row["pure_identity_uri"] or "....").split(":")[-1].partition(".")
    key = row["gs1_key"] or f"{prefix}.{reference.partition('.')[0]}"

    written = encode(
        row["scheme"].lower(),
        key,
        row["serial"],
        filter_value=row["filter"] or 0,
        prefix_digits=len(fields.company_prefix or "1234567"),
        hostname=row.get("hostname"),
    )

    assert written == row["hex"].rstrip("0").ljust(len(written), "0")
