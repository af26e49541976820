"""Bodies of requests: unpacked within bounds, whatever was packed."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard

from stocksync.central.body import json_of, unpacked
from stocksync.central.problems import ProblemError

PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstandard.compress, "": bytes}


@pytest.mark.parametrize(("encoding", "pack"), PACKERS.items())
def test_what_was_packed_comes_out_and_the_limit_is_exact(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    body = b"0123456789" * 1000

    assert unpacked(pack(body), encoding, len(body)) == body
    with pytest.raises(ProblemError) as refusal:
        unpacked(pack(body), encoding, len(body) - 1)
    assert refusal.value.status == 413


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_costs_no_more_memory_than_the_limit(encoding: str) -> None:
    bomb = PACKERS[encoding](bytes(200 << 20))
    limit = 4 << 20
    tracemalloc.start()
    try:
        with pytest.raises(ProblemError):
            unpacked(bomb, encoding, limit)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4 * limit


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("body", [b"", b"nonsense", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd\xff\xff\xff\xff"])
def test_what_is_not_packed_is_refused(encoding: str, body: bytes) -> None:
    with pytest.raises(ProblemError) as refusal:
        json_of(unpacked(body, encoding, 1000))
    assert refusal.value.status == 400


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_packed_body_that_was_cut_is_refused(encoding: str) -> None:
    packed = PACKERS[encoding](b'{"a":"' + b"x" * 5000 + b'"}')
    with pytest.raises(ProblemError):
        json_of(unpacked(packed[:-8], encoding, 10_000))


def test_gzip_may_come_in_several_members_but_not_in_thousands() -> None:
    parts = [gzip.compress(part) for part in (b'{"a":', b"", b"1}")]

    assert json_of(unpacked(b"".join(parts), "gzip", 100)) == {"a": 1}
    for refused, status in (
        (b"".join(parts) + b"rest", 400),
        (parts[0] + parts[2][:-9], 400),
        (gzip.compress(b"") * 200_000, 400),
        (gzip.compress(b"x" * 60) * 2, 413),
    ):
        with pytest.raises(ProblemError) as refusal:
            unpacked(refused, "gzip", 100)
        assert refusal.value.status == status


def test_another_encoding_is_named() -> None:
    with pytest.raises(ProblemError, match="br") as refusal:
        unpacked(b"", "br", 10)
    assert refusal.value.status == 415


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"\xff", b"[" * 5000, b'"\\ud800"'])
def test_hostile_json_is_refused(body: bytes) -> None:
    with pytest.raises(ProblemError) as refusal:
        json_of(body)
    assert refusal.value.status == 400
