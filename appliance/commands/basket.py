"""`tagtill basket`: record evidence, replay it to decisions."""

from __future__ import annotations

import time
from pathlib import Path

import click
import orjson

from appliance.logs import leave_telling_to_the_command
from reader.basket.replay import decisions
from reader.errors import RecordingError
from reader.recording import Recorder

__all__ = ["basket"]

_POLL_S = 0.2


@click.group()
def basket() -> None:
    """Record evidence; replay it to decisions."""


@basket.command()
@click.option("--profile", "profile_name", required=True, metavar="F", help="A profile's name or file.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The recording (JSONL).")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Stop after so long; default: Ctrl-C.")
@click.option("--address", help="host:port or a device, where the profile leaves it open.")
@click.option("--force", is_flag=True, help="Write over a recording that is there.")
def record(profile_name: str, out: Path, seconds: float | None, address: str | None, force: bool) -> None:
    """Write every read of a reader to a file, as it comes."""
    if out.exists() and not force:
        raise click.ClickException(f"{out} is there already; --force writes over it")
    leave_telling_to_the_command()
    # Here, so that a replay does not pay for drivers.
    from reader.profile import load_profile
    from reader.registry import open_reader

    reader = open_reader(load_profile(profile_name), address)
    until_s = None if seconds is None else time.monotonic() + seconds
    with out.open("wb") as stream:
        recorder = Recorder(stream)
        reader.start()
        try:
            while until_s is None or time.monotonic() < until_s:
                recorder.write(reader.poll(_POLL_S))
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
        finally:
            health = reader.health()
            reader.stop()
    if not recorder.reads:
        out.unlink()  # an empty one would have to be written over the next time
        raise click.ClickException(f"no reads; the link is {health.state}: {health.detail or 'no tag answered'}")
    click.echo(f"{recorder.reads} reads written to {out}")


@basket.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Decisions (JSONL).")
@click.option("--sold", "sold_path", type=click.Path(path_type=Path), help="What the ledger knows as sold (JSONL).")
@click.option("--watch", is_flag=True, help="Go on to the end of each stream and report removals.")
def replay(folder: Path, out: Path, sold_path: Path | None, watch: bool) -> None:
    """Decide every recorded transaction of DIR, as the till would have."""
    sold = {} if sold_path is None else _sold_tags(sold_path)
    count = 0
    with out.open("wb") as stream:
        for decision in decisions(folder, sold, watch=watch):
            stream.write(orjson.dumps(decision.to_json(), option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    click.echo(f"{count} transactions decided, written to {out}")


def _sold_tags(path: Path) -> dict[str, frozenset[str]]:
    """Return the sold tags by transaction. Raises RecordingError with file and line."""
    sold: dict[str, frozenset[str]] = {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
            sold[row["name"]] = sold.get(row["name"], frozenset()) | {epc.upper() for epc in row["epcs"]}
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise RecordingError(f'{path}:{number}: expected {{"name":…,"epcs":[…]}}: {error}') from error
    return sold
