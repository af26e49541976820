"""The module's own codec, held to frames of real modules and of the vendor's client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.virtual.serial.mercury_frames import MAX_DATA_BYTES, Request, RequestCutter, answer
from reader.virtual.serial.mercury_tags import TagReport, record_octets, single_octets

_FILE = Path(__file__).resolve().parents[3] / "vectors" / "serial.json"
VECTORS = [row for row in json.loads(_FILE.read_text(encoding="utf-8"))["vectors"] if row["family"] == "mercury"]
REQUESTS = [row for row in VECTORS if row["direction"] == "to_reader" and not row["must_refuse"]]
ANSWERS = [row for row in VECTORS if row["direction"] == "from_reader" and not row["must_refuse"]]
REFUSED = [row for row in VECTORS if row["must_refuse"]]


def named(row: dict[str, Any]) -> str:
    name: str = row["id"]
    return name


def octets_of(row: dict[str, Any]) -> bytes:
    return bytes.fromhex(row["bytes_hex"])


def cut(octets: bytes) -> list[Request]:
    return list(RequestCutter().feed(octets, 0))


def test_there_are_vectors_of_every_kind() -> None:
    assert (len(REQUESTS), len(ANSWERS), len(REFUSED)) == (34, 18, 1)


@pytest.mark.parametrize("row", REQUESTS, ids=named)
def test_a_request_is_cut(row: dict[str, Any]) -> None:
    raw = octets_of(row)

    assert cut(b"\xff" * 200 + raw) == [Request(row["fields"]["opcode"], raw[3:-2])]


@pytest.mark.parametrize("row", ANSWERS, ids=named)
def test_an_answer_is_written_as_the_module_wrote_it(row: dict[str, Any]) -> None:
    raw = octets_of(row)

    assert answer(row["fields"]["opcode"], row["fields"]["status"], raw[5:-2]) == raw


@pytest.mark.parametrize("row", REFUSED, ids=named)
def test_a_request_with_a_wrong_crc_costs_itself_only(row: dict[str, Any]) -> None:
    good = octets_of(REQUESTS[0])

    assert cut(octets_of(row) + good) == cut(good)


def test_a_tag_is_written_as_the_module_wrote_it() -> None:
    (row,) = (row for row in ANSWERS if row["id"] == "mercury.stream_tag_sf")
    report = TagReport(0x3000, bytes(10) + b"\x15\x45", -60, 1, 923_200, 295, 0, gpio=15)
    head = bytes.fromhex("10001b01ff01")

    assert answer(0x22, 0, head + record_octets(report, 0x01FF)) == octets_of(row)


def test_a_single_tag_is_written_as_the_module_wrote_it() -> None:
    (row,) = (row for row in ANSWERS if row["id"] == "mercury.readsingle_rsp")
    report = TagReport(0x3000, bytes.fromhex(row["fields"]["epc"]), -60, 1, 866_300, 0, 0)

    assert answer(0x21, 0, single_octets(report)) == octets_of(row)


@given(
    st.lists(st.sampled_from(REQUESTS + REFUSED), max_size=8).map(
        lambda rows: b"".join(octets_of(row) for row in rows)
    ),
    st.lists(st.integers(1, 30)),
)
def test_any_chunking_yields_the_same_requests(stream: bytes, sizes: list[int]) -> None:
    got: list[Request] = []
    cutter, at = RequestCutter(), 0
    for size in [*sizes, len(stream)]:
        got += cutter.feed(stream[at : at + size], 0)
        at += size

    assert got == cut(stream)


@given(st.binary(max_size=400))
def test_after_any_noise_the_next_request_is_heard_at_the_latest_when_the_line_was_quiet(noise: bytes) -> None:
    cutter = RequestCutter()
    list(cutter.feed(noise, 0))
    version = octets_of(REQUESTS[1])

    got = [*cutter.feed(version, 200_000), *cutter.rest(400_000)]

    assert Request(0x03, b"") in got


@given(st.integers(0, 255), st.integers(0, 0xFFFF), st.binary(max_size=MAX_DATA_BYTES))
def test_an_answer_says_its_length(opcode: int, status: int, content: bytes) -> None:
    raw = answer(opcode, status, content)

    assert (raw[0], raw[1], len(raw)) == (0xFF, len(content), len(content) + 7)
