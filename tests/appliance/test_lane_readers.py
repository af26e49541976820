"""Lanes that share a reader or join several, as the store service opens them, over real LLRP."""

from __future__ import annotations

from pathlib import Path

from appliance.config import load_config
from appliance.lane_readers import open_lane_readers
from reader.host_clock import HostClock
from reader.port import TagReader
from tests.reader.fake_reader import polled
from tests.reader.llrp.line import report, tag
from tests.reader.llrp.tcp_reader import TcpReader

SHOP = """
[store]
id = "harbour"
name = "Harbour Street"
gln = "9521321000018"

[readers.left]
profile = "virtual-pad"
address = "{left}"

[readers.right]
profile = "virtual-pad"
address = "{right}"

[terminals.one]
driver = "demo"
address = "127.0.0.1:9100"

[terminals.two]
driver = "demo"
address = "127.0.0.1:9101"

"""
EPCS = ["3034257BF7194E4000001A85", "3034257BF7194E4000001A86"]


def lanes(folder: Path, left: TcpReader, right: TcpReader, text: str) -> dict[str, TagReader]:
    path = folder / "shop.toml"
    path.write_text(SHOP.format(left=left.address, right=right.address) + text, encoding="utf-8")
    return open_lane_readers(load_config(path), HostClock())


def test_two_lanes_share_a_reader_that_is_connected_once(tmp_path: Path) -> None:
    text = """
[lanes.a]
reader = "left"
antennas = [1]
terminal = "one"
[lanes.b]
reader = "left"
antennas = [2]
terminal = "two"
"""
    with TcpReader() as left, TcpReader() as right:
        left.after_start = lambda _: report(
            tag(bytes.fromhex(EPCS[0]), antenna=1), tag(bytes.fromhex(EPCS[1]), antenna=2)
        )
        opened = lanes(tmp_path, left, right, text)
        for reader in opened.values():
            reader.start()
        seen = {lane: {read.epc for read in polled(reader, 1)} for lane, reader in opened.items()}
        for reader in opened.values():
            reader.stop()

    assert list(opened) == ["a", "b"]
    assert [reader.name for reader in opened.values()] == ["left antenna 1", "left antenna 2"]
    assert seen == {"a": {EPCS[0]}, "b": {EPCS[1]}}
    assert (len(left.scripts), len(right.scripts)) == (1, 0)


def test_a_lane_joins_two_readers(tmp_path: Path) -> None:
    text = '[lanes.a]\nreaders = ["left", "right"]\nterminal = "one"\n'
    with TcpReader() as left, TcpReader() as right:
        left.after_start = lambda _: report(tag(bytes.fromhex(EPCS[0])))
        right.after_start = lambda _: report(tag(bytes.fromhex(EPCS[1])))
        (reader,) = lanes(tmp_path, left, right, text).values()
        reader.start()
        seen = {read.epc: read.antenna for read in polled(reader, 2)}
        reader.stop()

    assert reader.name == "left + right"
    assert seen == {EPCS[0]: 1, EPCS[1]: 1001}
