"""`tagtill reader`: what a reader is, what it reads, and what its bytes mean."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

import click
import orjson
import structlog

from reader.llrp.words import frames_in_words
from reader.model import LinkState, ReaderHealth
from reader.port import TagReader
from reader.profile import Profile, load_profile
from reader.recording import Recorder
from reader.registry import open_reader
from reader.serial import words as serial_words
from reader.serial.framing import Direction

__all__ = ["reader"]

_POLL_S = 0.1
_HEX = frozenset("0123456789ABCDEFabcdef")

_profile = click.option("--profile", "profile_name", required=True, metavar="F", help="A profile's name or file.")
_address = click.option("--address", help="HOST:PORT, where it is not the profile's.")
_wait = click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Give up when the reader is not up after so many seconds.",
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")


@click.group()
def reader() -> None:
    """Probe a reader, list its reads, decode its frames."""
    # stdout belongs to the reads; structlog would print there, too.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


@reader.command()
@_profile
@_address
@_wait
@_json
def probe(profile_name: str, address: str | None, wait_s: float, as_json: bool) -> None:
    """Connect, set the reader up as for work, and say what it is."""
    profile = load_profile(profile_name)
    opened = open_reader(profile, address)
    opened.start()
    try:
        health = _health_when_up(opened, wait_s)
    finally:
        opened.stop()
    found = _findings(profile, health)
    if as_json:
        _print_json(found)
        return
    for key, value in found.items():
        click.echo(f"{key:16} {value}")


def _findings(profile: Profile, health: ReaderHealth) -> dict[str, object]:
    return {
        "profile": profile.name,
        "driver": profile.driver,
        "model": health.model,
        "firmware": health.firmware,
        "region": profile.region.name,
        "antennas": list(profile.antennas),
        "tx_power_dbm": health.tx_power_dbm,
        "power_limit_dbm": round(profile.power_limit_dbm, 2),
        "tested": profile.origin.tested,
    }


@reader.command()
@_profile
@_address
@click.option(
    "--seconds", type=click.FloatRange(min=0, min_open=True), help="Stop after so long; without it, on Ctrl-C."
)
@_wait
@_json
def inventory(profile_name: str, address: str | None, seconds: float | None, wait_s: float, as_json: bool) -> None:
    """List the reads as they come; without --json, one line per tag at the end."""
    opened = open_reader(load_profile(profile_name), address)
    opened.start()
    try:
        _health_when_up(opened, wait_s)
        seen = _listed(opened, seconds, as_json)
    finally:
        opened.stop()
    if not as_json:
        for epc, (count, best_dbm, antennas) in sorted(seen.items()):
            ports = ",".join(str(port) for port in sorted(antennas))
            click.echo(f"{epc}  {count:6} reads  {best_dbm:6.1f} dBm  antenna {ports}")


def _listed(opened: TagReader, seconds: float | None, as_json: bool) -> dict[str, tuple[int, float, set[int]]]:
    """Take reads for ``seconds``; return per EPC how often, how strong and where it was seen."""
    seen: dict[str, tuple[int, float, set[int]]] = {}
    recorder = Recorder(sys.stdout.buffer)
    until_s = None if seconds is None else time.monotonic() + seconds
    try:
        while until_s is None or time.monotonic() < until_s:
            # Ports report in turn, so a later message may hold the earlier read.
            reads = sorted(opened.poll(_POLL_S))
            for read in reads:
                count, best_dbm, antennas = seen.get(read.epc, (0, read.rssi_dbm, set()))
                seen[read.epc] = count + read.seen_count, max(best_dbm, read.rssi_dbm), antennas | {read.antenna}
            if as_json:
                recorder.write(reads)
                sys.stdout.buffer.flush()
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    return seen


def _health_when_up(opened: TagReader, wait_s: float) -> ReaderHealth:
    """Return the reader's health as soon as it is up.

    Raises:
        click.ClickException: It refuses, or is not up in time.
    """
    until_s = time.monotonic() + wait_s
    while True:
        health = opened.health()
        if health.state is LinkState.UP:
            return health
        if health.state is LinkState.REFUSED or time.monotonic() >= until_s:
            raise click.ClickException(f"the reader is {health.state}: {health.detail or 'no answer yet'}")
        time.sleep(0.02)


@reader.command()
@click.option("--protocol", type=click.Choice(["llrp", *serial_words.FAMILIES]), required=True)
@click.option(
    "--direction",
    type=click.Choice([end.value for end in Direction]),
    default=Direction.FROM_READER.value,
    show_default=True,
    help="Who sent the bytes; the frames of llrp and m100 say it themselves.",
)
@_json
@click.argument("hex_text", metavar="[HEX|-]", default="-")
def decode(protocol: str, direction: str, as_json: bool, hex_text: str) -> None:
    """Say in words what frames in bytes mean; broken frames included."""
    stream = _bytes_of(sys.stdin.read() if hex_text == "-" else hex_text)
    frames = _llrp_frames(stream) if protocol == "llrp" else _serial_frames(protocol, stream, Direction(direction))
    for frame in frames:
        if as_json:
            _print_json(frame)
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


def _print_json(row: object) -> None:
    click.echo(orjson.dumps(row))
