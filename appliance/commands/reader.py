"""`tagtill reader`: what a reader is, what it reads, and what its bytes mean."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

import click
import orjson

from appliance.commands.reader_options import (
    Telling,
    address_option,
    health_when_up,
    json_option,
    print_json,
    profile_option,
    wait_option,
)
from appliance.commands.reader_probe import probe
from appliance.commands.reader_profiles import profiles
from appliance.logs import leave_telling_to_the_command
from appliance.reader_words import reasons_for_silence
from reader.llrp.words import frames_in_words
from reader.port import TagReader
from reader.profile import load_profile
from reader.recording import Recorder
from reader.registry import open_reader
from reader.serial import words as serial_words
from reader.serial.framing import Direction

__all__ = ["reader"]

_POLL_S = 0.1
_HEX = frozenset("0123456789ABCDEFabcdef")


@click.group()
def reader() -> None:
    """Probe a reader, list its reads, decode its frames."""
    leave_telling_to_the_command()


reader.add_command(probe)
reader.add_command(profiles)


@reader.command()
@profile_option
@address_option
@click.option(
    "--seconds", type=click.FloatRange(min=0, min_open=True), help="Stop after so long; without it, on Ctrl-C."
)
@wait_option
@json_option
def inventory(profile_name: str, address: str | None, seconds: float | None, wait_s: float, as_json: bool) -> None:
    """List the reads as they come; without --json, one line per tag at the end.

    What the reader reports besides is said on stderr, and so is why no tag was read, where that is so.
    """
    profile = load_profile(profile_name)
    opened = open_reader(profile, address)
    opened.start()
    told = Telling(opened)
    try:
        health_when_up(opened, wait_s)
        seen = _listed(opened, told, seconds, as_json)
        health = opened.health()
    finally:
        opened.stop()
    if not seen:
        click.echo(f"no tag was read: {'; '.join(reasons_for_silence(profile, health, told.kinds))}", err=True)
    if not as_json:
        for epc, (count, best_dbm, antennas) in sorted(seen.items()):
            ports = ",".join(str(port) for port in sorted(antennas))
            click.echo(f"{epc}  {count:6} reads  {best_dbm:6.1f} dBm  antenna {ports}")


def _listed(
    opened: TagReader, told: Telling, seconds: float | None, as_json: bool
) -> dict[str, tuple[int, float, set[int]]]:
    """Take reads for ``seconds``; return per EPC how often, how strong and where it was seen."""
    seen: dict[str, tuple[int, float, set[int]]] = {}
    recorder = Recorder(sys.stdout.buffer)
    until_s = None if seconds is None else time.monotonic() + seconds
    try:
        while until_s is None or time.monotonic() < until_s:
            # Ports report in turn, so a later message may hold the earlier read.
            reads = sorted(opened.poll(_POLL_S))
            told.go_on()
            for read in reads:
                count, best_dbm, antennas = seen.get(read.epc, (0, read.rssi_dbm, set()))
                seen[read.epc] = count + read.seen_count, max(best_dbm, read.rssi_dbm), antennas | {read.antenna}
            if as_json:
                recorder.write(reads)
                sys.stdout.buffer.flush()
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    return seen


@reader.command()
@click.option("--protocol", type=click.Choice(["llrp", *serial_words.FAMILIES]), required=True)
@click.option(
    "--direction",
    type=click.Choice([end.value for end in Direction]),
    default=Direction.FROM_READER.value,
    show_default=True,
    help="Who sent the bytes; the frames of llrp and m100 say it themselves.",
)
@json_option
@click.argument("hex_text", metavar="[HEX|-]", default="-")
def decode(protocol: str, direction: str, as_json: bool, hex_text: str) -> None:
    """Say in words what frames in bytes mean; broken frames included. Without HEX, they come from stdin."""
    if hex_text == "-" and sys.stdin.isatty():
        click.echo("reading hex digits from the terminal; Ctrl-D ends them", err=True)
    stream = _bytes_of(sys.stdin.read() if hex_text == "-" else hex_text)
    frames = _llrp_frames(stream) if protocol == "llrp" else _serial_frames(protocol, stream, Direction(direction))
    for frame in frames:
        if as_json:
            print_json(frame)
        else:
            click.echo(f"{frame['offset']:6}  {frame['kind']}  {frame['error'] or 'ok'}")
            click.echo(orjson.dumps(frame["fields"], option=orjson.OPT_INDENT_2).decode())


def _llrp_frames(stream: bytes) -> Iterator[dict[str, object]]:
    for frame in frames_in_words(stream):
        yield {
            "offset": frame.offset,
            "length": frame.length,
            "kind": frame.kind,
            "version": frame.version,
            "message_id": frame.message_id,
            "fields": frame.fields,
            "error": frame.error,
        }


def _serial_frames(family: str, stream: bytes, direction: Direction) -> Iterator[dict[str, object]]:
    for frame in serial_words.frames_in_words(family, stream, direction):
        yield {
            "offset": frame.offset,
            "length": frame.length,
            "kind": frame.kind,
            "fields": frame.fields,
            "error": frame.error,
        }


def _bytes_of(hex_text: str) -> bytes:
    """Return the bytes of hex digits; white space, colons and 0x between them do not matter."""
    words: Sequence[str] = hex_text.replace(":", " ").split()
    digits = "".join(word[2:] if word[:2] in ("0x", "0X") else word for word in words)
    if not _HEX.issuperset(digits):
        strange = next(digit for digit in digits if digit not in _HEX)
        raise click.ClickException(f"{strange!r} is no hex digit")
    if len(digits) % 2:
        raise click.ClickException(f"{len(digits)} hex digits are no whole bytes")
    return bytes.fromhex(digits)
