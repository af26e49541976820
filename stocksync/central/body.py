"""The body of a request: bytes of anybody's, bounded before and after they are unpacked."""

from __future__ import annotations

import zlib
from typing import Any

import orjson
import zstandard

from stocksync.central.problems import ProblemError

__all__ = ["json_of", "unpacked"]

_STEP = 1 << 16
# A zstd frame may ask its reader for a window of gigabytes; ours is what level 19 needs.
_ZSTD_WINDOW = 1 << 23
# Each member costs a copy of what follows it; hundreds of thousands of empty ones would take hours.
_GZIP_MEMBERS = 64


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """Return ``body`` without its Content-Encoding.

    limit: of what comes out, in octets; not one more than that is ever unpacked.

    Raises:
        ProblemError: 413 beyond the limit, 415 for another encoding, 400 where it does not unpack.
    """
    encoding = encoding.strip().lower()
    try:
        match encoding:
            case "" | "identity":
                out = body
            case "gzip" | "x-gzip":
                out = _gunzipped(body, limit)
            case "zstd":
                out = _unzstd(body, limit)
            case _:
                raise ProblemError(415, f"Content-Encoding {encoding[:40]!r} is not supported; zstd and gzip are")
    except (zlib.error, zstandard.ZstdError, EOFError) as error:
        raise ProblemError(400, f"the body does not unpack as {encoding}: {error}") from error
    if len(out) > limit:
        raise ProblemError(413, f"the body unpacks to more than {limit} octets")
    return out


def json_of(body: bytes) -> Any:
    """Return what the JSON text ``body`` says.

    Raises:
        ProblemError: 400 where it is no JSON, or nested deeper than any document.
    """
    try:
        value = orjson.loads(body)
        # Reading allows 1,024 levels, writing and checking 254: what could not be handed out again is not taken.
        orjson.dumps(value)
    except orjson.JSONDecodeError as error:
        raise ProblemError(400, f"the body is no JSON: {error}") from error
    except orjson.JSONEncodeError as error:
        raise ProblemError(400, "the body is nested more than 254 levels deep") from error
    return value


def _gunzipped(body: bytes, limit: int) -> bytes:
    """Unpack one member or several, one behind the other (RFC 1952, 2.2)."""
    out = bytearray()
    for _ in range(_GZIP_MEMBERS):
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        out += unpacker.decompress(body, limit + 1 - len(out))
        if len(out) > limit:
            return bytes(out)
        if not unpacker.eof:
            raise EOFError("it ends too early")
        body = unpacker.unused_data
        if not body:
            return bytes(out)
    raise zlib.error(f"it has more than {_GZIP_MEMBERS} members")


def _unzstd(body: bytes, limit: int) -> bytes:
    out = bytearray()
    with zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(body) as reader:
        while len(out) <= limit and (step := reader.read(_STEP)):
            out += step
    # A frame that was cut off reads as a short one; the JSON in it is cut too, and refused for that.
    return bytes(out)
