"""`tagtill basket replay`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from reader.recording import json_of_read
from tests.reader.basket.streams import StreamSite
from tests.reader.llrp.tcp_reader import TcpReader


def tagtill(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance.cli", "basket", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_transaction_is_answered(tmp_path: Path) -> None:
    generator, sold = StreamSite(5), []
    for name in ("t1", "t2", "t3"):
        stream = generator.basket(4, take_out=1)
        (tmp_path / f"{name}.reads.jsonl").write_text(
            "".join(f"{json.dumps(json_of_read(read))}\n" for read in stream.reads)
        )
        meta = {"name": name, "site": "s", "placed_us": stream.placed_us, "reader": {"region": "etsi", "n_ant": 2}}
        (tmp_path / f"{name}.meta.json").write_text(json.dumps(meta))
        sold.append({"name": name, "epcs": sorted(stream.sold)})
    ledger, out = tmp_path / "sold.jsonl", tmp_path / "decisions.jsonl"
    ledger.write_text("".join(f"{json.dumps(row)}\n" for row in sold))

    done = tagtill("replay", str(tmp_path), "--out", str(out), "--sold", str(ledger), "--watch")

    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["name"] for row in rows] == ["t1", "t2", "t3"]
    for row in rows:
        assert set(row) == {"name", "done_us", "epcs", "strays", "p_miss", "assist", "removed"}
        assert 0.03 <= row["p_miss"] <= 1


def test_broken_input_is_one_line_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "t.meta.json").write_text('{"name":"t","site":"s","placed_us":0}')
    (tmp_path / "t.reads.jsonl").write_text('{"t_us":0}\n')

    done = tagtill("replay", str(tmp_path), "--out", str(tmp_path / "out.jsonl"))

    assert done.returncode == 1
    assert "t.reads.jsonl:1:" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_folder_that_is_not_there_is_an_error_of_the_world(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    done = tagtill("replay", str(tmp_path / "none"), "--out", str(out))

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


def test_a_recording_is_not_written_over_unless_that_is_wished(tmp_path: Path) -> None:
    out = tmp_path / "monday.reads.jsonl"
    out.write_text("kept\n")
    words = ("record", "--profile", "virtual-pad", "--out", str(out), "--seconds", "0.3")
    with TcpReader() as line:
        refused = tagtill(*words, "--address", line.address)
        kept = out.read_text()
        written = tagtill(*words, "--address", line.address, "--force")

    assert (refused.returncode, kept) == (1, "kept\n")
    assert refused.stderr == f"tagtill: {out} is there already; --force writes over it\n"
    assert (written.returncode, written.stderr) == (0, "")
    assert out.read_text().startswith('{"t_us":')


def test_nothing_read_leaves_no_recording_and_is_said_once(tmp_path: Path) -> None:
    out = tmp_path / "monday.reads.jsonl"

    done = tagtill(
        "record", "--profile", "virtual-pad", "--out", str(out), "--seconds", "0.3", "--address", "127.0.0.1:9"
    )

    assert (done.returncode, out.exists()) == (1, False)
    assert done.stderr == (
        "tagtill: no reads; the link is down: 127.0.0.1:9 does not answer: nothing takes connections there\n"
    )
