"""Reads on disk and back: one JSON object per line, oldest first.

A recording is evidence: what a basket was decided from can be kept, replayed, and explained. Times in a file
count from its own start, so that recordings of different readers can lie side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from reader.errors import RecordingError
from reader.model import TagRead

__all__ = ["Recorder", "json_of_read", "load_object", "read_of_json", "recorded_reads"]

_HEX_DIGITS = frozenset("0123456789ABCDEFabcdef")


def json_of_read(read: TagRead) -> dict[str, Any]:
    """Return ``read`` as recordings and `reader inventory --json` write it."""
    return {
        "t_us": read.t_us,
        "epc": read.epc,
        "antenna": read.antenna,
        "rssi_dbm": read.rssi_dbm,
        "phase_deg": read.phase_deg,
        "channel_mhz": read.channel_mhz,
        "count": read.seen_count,
        **({"tid": read.tid} if read.tid is not None else {}),
    }


def read_of_json(row: Any) -> TagRead:
    """Return the read that ``row`` (a parsed line) stands for; unknown keys are ignored.

    Raises:
        RecordingError: A field is missing or impossible; says which.
    """
    if not isinstance(row, dict):
        raise RecordingError("a read is a JSON object")
    try:
        t_us, epc, antenna, rssi_dbm = row["t_us"], row["epc"], row["antenna"], row["rssi_dbm"]
    except KeyError as error:
        raise RecordingError(f"a read has a field {error}") from None
    count = row.get("count", 1)
    phase_deg, channel_mhz = row.get("phase_deg"), row.get("channel_mhz")
    if type(t_us) is not int or type(antenna) is not int or type(count) is not int or antenna < 1 or count < 1:
        raise RecordingError("t_us is an integer; antenna and count are integers from 1")
    if type(epc) is not str or not _HEX_DIGITS.issuperset(epc):
        raise RecordingError("epc is hex")
    if not _is_number(rssi_dbm):
        raise RecordingError("rssi_dbm is a number")
    if not (phase_deg is None or _is_number(phase_deg)) or not (channel_mhz is None or _is_number(channel_mhz)):
        raise RecordingError("phase_deg and channel_mhz are numbers or null")
    return TagRead(t_us, epc.upper(), antenna, float(rssi_dbm), phase_deg, channel_mhz, count, _tid_of(row))


def _tid_of(row: dict[str, Any]) -> str | None:
    tid = row.get("tid")
    if tid is None:
        return None
    if not isinstance(tid, str) or not tid or not _HEX_DIGITS.issuperset(tid):
        raise RecordingError("tid is hex, where it is there at all")
    return tid.upper()


def recorded_reads(path: Path) -> Iterator[TagRead]:
    """Yield the reads of a recording, one by one: it may be larger than memory.

    Raises:
        RecordingError: The file cannot be read, or a line is no read; says file and line.
    """
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if line.isspace():
                    continue
                try:
                    yield read_of_json(orjson.loads(line))
                except orjson.JSONDecodeError as error:
                    raise RecordingError(f"{path}:{number}: not JSON: {error}") from error
                except RecordingError as error:
                    raise RecordingError(f"{path}:{number}: {error}") from error
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error


def load_object(path: Path) -> dict[str, Any]:
    """Return the JSON object that a whole file holds.

    Raises:
        RecordingError: The file cannot be read, or holds something else.
    """
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise RecordingError(f"{path}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise RecordingError(f"{path}: expected a JSON object")
    return found


class Recorder:
    """Writes reads to a stream, with times from the first of them."""

    def __init__(self, stream: BinaryIO) -> None:
        """Write to ``stream``, which the caller opens and closes."""
        self._stream = stream
        self._start_us: int | None = None
        self.reads = 0

    def write(self, reads: Iterable[TagRead]) -> None:
        """Append ``reads``. Raises OSError when the disk does not take them."""
        for read in reads:
            if self._start_us is None:
                self._start_us = read.t_us
            row = json_of_read(read._replace(t_us=read.t_us - self._start_us))
            self._stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
            self.reads += 1


def _is_number(value: Any) -> bool:
    return type(value) is float or type(value) is int
