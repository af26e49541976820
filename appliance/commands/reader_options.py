"""What the commands of `tagtill reader` share."""

from __future__ import annotations

import time

import click
import orjson

from appliance.reader_words import event_in_words
from reader.model import LinkState, ReaderEventKind, ReaderHealth
from reader.port import TagReader

__all__ = [
    "Telling",
    "address_option",
    "health_when_up",
    "json_option",
    "print_json",
    "profile_option",
    "wait_option",
]

_LOOK_S = 0.02

profile_option = click.option("--profile", "profile_name", required=True, metavar="F", help="A profile's name or file.")
address_option = click.option("--address", help="Where the reader is, if not where the profile says.")
wait_option = click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Give up when the reader is not up after so many seconds.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")


class Telling:
    """Says on stderr what a reader reports besides tags, as it comes.

    kinds: of what was said so far.
    """

    def __init__(self, opened: TagReader) -> None:
        self.kinds: set[ReaderEventKind] = set()
        self._opened = opened
        self._was_up = False

    def go_on(self) -> None:
        """Say what is new; that the link came up is none the first time."""
        for event in self._opened.events():
            if event.kind is ReaderEventKind.LINK_UP and not self._was_up:
                self._was_up = True
                continue
            self.kinds.add(event.kind)
            click.echo(event_in_words(event), err=True)


def health_when_up(opened: TagReader, wait_s: float) -> ReaderHealth:
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
        time.sleep(_LOOK_S)


def print_json(row: object) -> None:
    """Print one object on a line of its own."""
    click.echo(orjson.dumps(row, option=orjson.OPT_NON_STR_KEYS))
