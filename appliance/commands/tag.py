"""`tagtill tag`: what is in one tag's memory, and how it is changed."""

from __future__ import annotations

from typing import Any, Final

import click
import orjson

from appliance.commands.tag_encode import encode
from appliance.commands.tag_options import (
    Station,
    access_password_option,
    password_option,
    refusing_values,
    tag_options,
)
from appliance.logs import leave_telling_to_the_command
from reader.access import (
    Accessed,
    Bank,
    KillTag,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagTarget,
    WriteWords,
)
from reader.commission import identity_of
from reader.errors import TagAccessError
from reader.port import ControlledReader

__all__ = ["tag"]

_BANKS: Final = {bank.name.lower(): bank for bank in Bank}
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_MOST_WORDS: Final = 32  # tried for "all of the bank"; halved until the tag has as many


@click.group()
def tag() -> None:
    """Read, write, lock and kill one tag; give it a serial and a label."""
    leave_telling_to_the_command()


tag.add_command(encode)


@tag.command()
@tag_options
@access_password_option
@click.option("--bank", type=click.Choice([*_BANKS, "all"]), default="all", show_default=True)
@click.option("--word", type=click.IntRange(0, 65535), default=0, show_default=True, help="First word of 16 bits.")
@click.option("--count", type=click.IntRange(1, 255), help="Words to read; without it all that the bank has.")
def read(
    station: Station,
    password: int | None,
    bank: str,
    word: int,
    count: int | None,
) -> None:
    """Read a tag's memory: its EPC bank, chip number, user memory and, where they are not locked, its passwords."""
    if bank == "all" and (word or count):
        raise click.UsageError("--word and --count need one --bank")
    with refusing_values():
        ReadWords(_BANKS.get(bank, Bank.EPC), word, count or 1)
    with station.opened() as reader:
        target = station.target(reader)
        found = identity_of(reader, target)
        there = TagTarget(found.epc, found.antenna)
        wanted = list(_BANKS) if bank == "all" else [bank]
        banks = {name: _read_bank(reader, there, _BANKS[name], word, count, password or 0) for name in wanted}
    shown = {"epc": found.epc, "pc": f"{found.pc:04X}", "tid": found.tid, "antenna": found.antenna, "banks": banks}
    if station.as_json:
        click.echo(orjson.dumps(shown))
    else:
        click.echo(f"EPC  {found.epc}   PC {found.pc:04X}\nTID  {found.tid}")
        for name, content in banks.items():
            click.echo(f"{name:9}{content['hex'] if content['error'] is None else content['error']}")
    if not any(content["hex"] for content in banks.values()):
        raise click.ClickException("nothing of it could be read")


def _read_bank(
    reader: ControlledReader, target: TagTarget, bank: Bank, word: int, count: int | None, password: int
) -> dict[str, str | None]:
    """Return a bank's words as hex, or why they cannot be read: one locked bank must not hide the others."""
    size = count or _MOST_WORDS
    while True:
        try:
            (done,) = reader.perform(target, (ReadWords(bank, word, size, password),))
        except TagAccessError as error:
            if count is None and size > 1 and error.fault.value in ("overrun", "tag", "no_tag"):
                size //= 2
                continue
            return {"hex": None, "error": str(error)}
        words = list(done.words)
        if count is None and size < _MOST_WORDS:
            words += _rest_of_bank(reader, target, bank, word + size, size, password)
        return {"hex": "".join(f"{each:04X}" for each in words), "error": None}


def _rest_of_bank(
    reader: ControlledReader, target: TagTarget, bank: Bank, word: int, below: int, password: int
) -> list[int]:
    """Return the words between ``word`` and the bank's end, which lies fewer than ``below`` words on."""
    words: list[int] = []
    step = below // 2
    while step:
        try:
            (done,) = reader.perform(target, (ReadWords(bank, word + len(words), step, password),))
            words += done.words
        except TagAccessError:
            pass  # it ends before; half the step is tried next
        step //= 2
    return words


@tag.command()
@tag_options
@access_password_option
@click.option("--bank", type=click.Choice(["user", "epc", "reserved"]), default="user", show_default=True)
@click.option("--word", type=click.IntRange(0, 65535), default=0, show_default=True, help="First word of 16 bits.")
@click.option("--data", "data_hex", required=True, metavar="HEX", help="Whole words: 4 hex digits each.")
@click.option("--in-blocks", is_flag=True, help="By Gen2's BlockWrite, which not every chip has.")
def write(
    station: Station,
    password: int | None,
    bank: str,
    word: int,
    data_hex: str,
    in_blocks: bool,
) -> None:
    """Write words, then read them back. To give a tag an EPC, `tag encode` is safer."""
    words, place = _words_of(data_hex), _BANKS[bank]
    with refusing_values():
        writing = WriteWords(place, word, words, password or 0, in_blocks)
    with station.opened() as reader:
        # In one go: what follows an operation that changes the EPC goes to the same tag, never to its twin.
        reading = ReadWords(place, word, len(words), password or 0)
        done, back = reader.perform(station.target(reader), (writing, reading))
    if back.words != words:
        raise click.ClickException(
            f"the tag took the words and holds others: {''.join(f'{each:04X}' for each in back.words)}"
        )
    facts = {"bank": bank, "word": word, "data": "".join(data_hex.split()).upper()}
    _tell(done, station.as_json, facts, f"{len(words)} words written, read back")


def _words_of(data_hex: str) -> tuple[int, ...]:
    text = "".join(data_hex.split())
    if not text or not _HEX.issuperset(text):
        raise click.UsageError(f"--data is hex, not {data_hex!r}")
    if len(text) % 4:
        raise click.UsageError(f"--data is whole words of 4 hex digits, not {len(text)} digits")
    return tuple(int(text[at : at + 4], 16) for at in range(0, len(text), 4))


@tag.command()
@tag_options
@access_password_option
@click.option(
    "--field",
    "fields",
    multiple=True,
    required=True,
    metavar="FIELD=LOCK",
    help="What, and how: kill_password, access_password, epc, tid, user = open, locked, always_open, always_locked.",
)
@click.option("--yes", is_flag=True, help="Do not ask before a lock that can never be undone.")
def lock(
    station: Station,
    password: int | None,
    fields: tuple[str, ...],
    yes: bool,
) -> None:
    """Lock or open parts of a tag's memory. A lock needs an access password that is not 0."""
    with refusing_values():
        locking = LockTag(tuple(_lock_of(text) for text in fields), password or 0)
    locks = locking.locks
    with station.opened() as reader:
        target = station.target(reader)
        for_ever = [field.value for field, how in locks if how in (Lock.ALWAYS_OPEN, Lock.ALWAYS_LOCKED)]
        if for_ever and not yes:
            click.confirm(
                f"{', '.join(for_ever)} of {target.epc} can never be changed again. Go on?", abort=True, err=True
            )
        (done,) = reader.perform(target, (locking,))
    _tell(done, station.as_json, {"locks": {field.value: how.value for field, how in locks}}, "locks changed")


def _lock_of(text: str) -> tuple[LockField, Lock]:
    field, _, how = text.partition("=")
    try:
        return LockField(field), Lock(how)
    except ValueError as error:
        raise click.UsageError(
            f"--field is FIELD=LOCK with {', '.join(LockField)} and {', '.join(Lock)}, not {text!r}"
        ) from error


@tag.command()
@tag_options
@password_option("kill_password", "The tag's kill password")
@click.option("--yes", is_flag=True, help="Do not ask.")
def kill(
    station: Station,
    kill_password: int | None,
    yes: bool,
) -> None:
    """Silence a tag for ever."""
    if kill_password is None:
        raise click.UsageError("a kill password is needed: --kill-password-file or TAGTILL_TAG_KILL_PASSWORD")
    with station.opened() as reader:
        target = station.target(reader)
        if not yes:
            click.confirm(f"{target.epc} will never answer again. Go on?", abort=True, err=True)
        (done,) = reader.perform(target, (KillTag(kill_password),))
    _tell(done, station.as_json, {"killed": True}, "killed")


def _tell(done: Accessed, as_json: bool, facts: dict[str, Any], sentence: str) -> None:
    if as_json:
        click.echo(orjson.dumps({"epc": done.epc, "antenna": done.antenna, **facts}))
    else:
        click.echo(f"{done.epc}: {sentence}")
