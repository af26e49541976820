"""What the commands of `tagtill tag` share: which reader, which tag, and passwords that nobody sees."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from appliance.commands.config_option import config_option
from appliance.commands.reader_options import address_option, health_when_up, json_option, wait_option
from appliance.config import load_config
from appliance.profiles import configured_profile
from reader.access import TagTarget
from reader.commission import single_tag
from reader.host_clock import HostClock
from reader.port import ControlledReader
from reader.profile import load_profile
from reader.registry import open_reader
from reader.system_reasons import reason_of

__all__ = ["Station", "access_password_option", "password_option", "refusing_values", "tag_options"]

_HEX: Final = frozenset("0123456789abcdefABCDEF")
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Station:
    """Which reader, which tag before it, and how to answer: what every command of `tagtill tag` is told.

    reader_name: of the configuration; None where a profile was given instead.
    """

    profile_name: str | None
    reader_name: str | None
    config_path: Path
    address: str | None
    wait_s: float
    epc: str | None
    antenna: int | None
    as_json: bool

    @contextmanager
    def opened(self) -> Iterator[ControlledReader]:
        """Open the reader, wait until it reads, and close it at the end.

        Raises:
            click.ClickException: It refuses, or is not up in time.
        """
        _, reader = self.named, self._reader()  # what cannot be is refused before anything is opened
        reader.start()
        try:
            health_when_up(reader, self.wait_s)
            yield reader
        finally:
            reader.stop()

    def target(self, reader: ControlledReader) -> TagTarget:
        """Return the tag that is meant. Raises ReaderError where nobody can know which."""
        return self.named or single_tag(reader, HostClock(), antenna=self.antenna)

    @property
    def named(self) -> TagTarget | None:
        """The tag of `--epc`. Raises click.UsageError where that is none."""
        if self.epc is None:
            return None
        with refusing_values():
            return TagTarget(self.epc.strip().upper(), self.antenna)

    def _reader(self) -> ControlledReader:
        if (self.profile_name is None) == (self.reader_name is None):
            raise click.UsageError("say which reader: --profile, or --reader for one of the configuration's")
        if self.profile_name is not None:
            return open_reader(load_profile(self.profile_name), self.address)
        config = load_config(self.config_path)
        name = self.reader_name or ""
        if name not in config.readers:
            known = ", ".join(config.readers) or "none"
            raise click.UsageError(f"the configuration has no reader {name}; there is {known}")
        return open_reader(configured_profile(config, name), self.address or config.readers[name].address, name)


@contextmanager
def refusing_values() -> Iterator[None]:
    """Turn the complaint of a value that no tag can obey into a usage error."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def tag_options(command: _Command) -> _Command:
    """Add the options that say which reader, and which tag before it; the command is called with a `Station`."""

    @wraps(command)
    def with_station(
        *words: object,
        profile_name: str | None,
        reader_name: str | None,
        config_path: Path,
        address: str | None,
        wait_s: float,
        epc: str | None,
        antenna: int | None,
        as_json: bool,
        **others: object,
    ) -> object:
        station = Station(profile_name, reader_name, config_path, address, wait_s, epc, antenna, as_json)
        return command(*words, station=station, **others)

    added: Any = with_station
    for option in (
        json_option,
        click.option("--antenna", type=click.IntRange(1, 64), help="Only a tag before this antenna port."),
        click.option("--epc", help="Which tag, by its EPC; without it the only one that answers."),
        wait_option,
        address_option,
        config_option,
        click.option("--reader", "reader_name", metavar="NAME", help="A reader of the configuration."),
        click.option("--profile", "profile_name", metavar="F", help="A profile's name or file, instead of --reader."),
    ):
        added = option(added)
    wrapped: _Command = added
    return wrapped


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
            raise click.BadParameter(f"{path} cannot be read: {reason_of(error)}") from error
    if text is None:
        return None
    digits = text.strip()
    if len(digits) != 8 or not _HEX.issuperset(digits):
        raise click.BadParameter(f"{source} does not hold 8 hex digits")
    return int(digits, 16)


access_password_option = password_option("password", "The tag's access password")
