"""Reads on disk come back as they were; what is broken is named with file and line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.errors import RecordingError
from reader.model import TagRead
from reader.recording import Recorder, json_of_read, read_of_json, recorded_reads

reads = st.builds(
    TagRead,
    t_us=st.integers(0, 1 << 50),
    epc=st.text("0123456789ABCDEF", max_size=64),
    antenna=st.integers(1, 32),
    rssi_dbm=st.floats(-100, 0),
    phase_deg=st.none() | st.floats(0, 360),
    channel_mhz=st.none() | st.floats(860, 930),
    seen_count=st.integers(1, 1000),
    tid=st.none() | st.text("0123456789ABCDEF", min_size=4, max_size=24),
)


@given(reads)
def test_a_read_comes_back(read: TagRead) -> None:
    assert read_of_json(json_of_read(read)) == read


def test_a_recording_counts_from_its_own_start(tmp_path: Path) -> None:
    stream = io.BytesIO()
    recorder = Recorder(stream)
    recorder.write([TagRead(5_000_000, "30AA", 1, -40.5), TagRead(5_000_100, "30BB", 2, -41.0, 12.5, 866.3, 3)])
    recorder.write([TagRead(5_000_200, "30AA", 1, -40.0)])
    path = tmp_path / "a.jsonl"
    path.write_bytes(stream.getvalue())

    assert recorder.reads == 3
    assert list(recorded_reads(path)) == [
        TagRead(0, "30AA", 1, -40.5),
        TagRead(100, "30BB", 2, -41.0, 12.5, 866.3, 3),
        TagRead(200, "30AA", 1, -40.0),
    ]


GOOD = '{"t_us":1,"epc":"30aa","antenna":1,"rssi_dbm":-40}'


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "7",
        '{"t_us":1,"epc":"30","antenna":1}',
        GOOD.replace('"t_us":1', '"t_us":1.5'),
        GOOD.replace('"antenna":1', '"antenna":0'),
        GOOD.replace('"antenna":1', '"antenna":true'),
        GOOD.replace("30aa", "xyz"),
        GOOD.replace("-40", '"-40"'),
        GOOD.replace("}", ',"count":0}'),
        GOOD.replace("}", ',"phase_deg":"x"}'),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{GOOD}\n\n{line}\n")

    with pytest.raises(RecordingError, match=r"a\.jsonl:3: "):
        list(recorded_reads(path))


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"none\.jsonl"):
        list(recorded_reads(tmp_path / "none.jsonl"))


def test_what_others_add_is_ignored() -> None:
    assert read_of_json({"t_us": 1, "epc": "30aa", "antenna": 1, "rssi_dbm": -40, "tid": "E2"}).epc == "30AA"
