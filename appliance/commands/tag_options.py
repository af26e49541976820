"""What the commands of `tagtill tag` share: which reader, which tag, and passwords that nobody sees."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from appliance.commands.reader_options import (
    address_option,
    health_when_up,
    json_option,
    profile_option,
    wait_option,
)
from reader.access import TagTarget
from reader.commission import single_tag
from reader.host_clock import HostClock
from reader.port import ControlledReader
from reader.profile import load_profile
from reader.registry import open_reader

__all__ = ["access_password_option", "opened_reader", "password_option", "tag_options", "target_of"]

_HEX: Final = frozenset("0123456789abcdefABCDEF")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def tag_options(command: _Command) -> _Command:
    """Add the options that say which reader, and which tag before it."""
    antenna = click.option("--antenna", type=click.IntRange(1, 64), help="Only a tag before this antenna port.")
    epc = click.option("--epc", help="Which tag, by its EPC; without it the only one that answers.")
    return profile_option(address_option(wait_option(epc(antenna(json_option(command))))))


def password_option(name: str, help_text: str) -> Callable[[_Command], _Command]:
    """Add a tag's password: from a file, or from the environment, never from the command line, which others can see."""
    variable = f"TAGTILL_TAG_{name.upper()}"

    def add(command: _Command) -> _Command:
        return click.option(
            f"--{name.replace('_', '-')}-file",
            name,
            type=click.Path(dir_okay=False, path_type=Path),
            callback=_password_of,
            help=f"{help_text}: a file with 8 hex digits. Or in the environment as {variable}.",
        )(command)

    return add


def _password_of(_context: click.Context, option: click.Parameter, path: Path | None) -> int | None:
    """Return a password as a number; a click callback."""
    assert option.name is not None
    source = f"TAGTILL_TAG_{option.name.upper()}"
    text = os.environ.get(source)
    if path is not None:
        source = str(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise click.BadParameter(f"{path} cannot be read: {error}") from error
    if text is None:
        return None
    digits = text.strip()
    if len(digits) != 8 or not _HEX.issuperset(digits):
        raise click.BadParameter(f"{source} does not hold 8 hex digits")
    return int(digits, 16)


@contextmanager
def opened_reader(profile_name: str, address: str | None, wait_s: float) -> Iterator[ControlledReader]:
    """Open a reader, wait until it reads, and close it at the end.

    Raises:
        click.ClickException: It refuses, or is not up in time.
    """
    reader = open_reader(load_profile(profile_name), address)
    reader.start()
    try:
        health_when_up(reader, wait_s)
        yield reader
    finally:
        reader.stop()


def target_of(reader: ControlledReader, epc: str | None, antenna: int | None) -> TagTarget:
    """Return the tag that is meant. Raises ReaderError where nobody can know which."""
    return TagTarget(epc.upper(), antenna) if epc else single_tag(reader, HostClock(), antenna=antenna)


access_password_option = password_option("password", "The tag's access password")
