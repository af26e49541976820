"""`tagtill tag encode`: the next serial onto a blank tag, read back, bound to its chip, and the label to go with it."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
import orjson

from appliance.commands.config_option import store_file
from appliance.commands.tag_options import (
    Station,
    access_password_option,
    password_option,
    tag_options,
)
from checkout.catalogue import Product
from checkout.catalogue_tables import catalogue_migrations, load_catalogue
from checkout.errors import LabelError
from checkout.label_zpl import Label, LabelStock, label_zpl
from checkout.store import Store, migrate
from kiosk_ui.words import load_words
from reader.access import TagTarget
from reader.commission import Commissioned, TagIdentity, commission
from reader.epc import decode, gtin14, sgtin_of
from reader.host_clock import HostClock
from reader.port import ControlledReader
from reader.system_reasons import reason_of
from stocksync.encoding_book import EncodingBook, Planned
from stocksync.migrations import stocksync_migrations

__all__ = ["encode"]

_PRINTER_S: Final = 5.0
_RAW_PORT: Final = 9100  # where label printers listen
_UNLABELLED: Final = "the serial is taken (and the tag encoded, where a reader did it), but there is no label"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What every tag of this run shall get."""

    gtin: str
    serial: int | None
    first_serial: int
    prefix_digits: int
    filter_value: int
    replaces: bool
    lock: bool
    password: int
    new_password: int | None


@dataclass(frozen=True, slots=True)
class _Labels:
    """Where labels go, and on what they are printed; ``encode``: whether the printer writes the tag, too."""

    stock: LabelStock
    path: Path | None
    printer: str | None
    encode: bool

    def zpl(self, planned: Planned, product: Product | None) -> str:
        """Return the label of one tag. Raises LabelError."""
        return label_zpl(_label(planned, product), self.stock, encodes=self.encode)

    def put(self, zpl: str) -> None:
        """Append the label to a file, send it to a printer, or both. The tag is encoded already: a failure says so."""
        if self.path is not None:
            try:
                with self.path.open("a", encoding="utf-8") as stream:
                    stream.write(zpl)
            except OSError as error:
                raise click.ClickException(f"{_UNLABELLED}: {self.path}: {reason_of(error)}") from error
        if self.printer is not None:
            host, _, port = self.printer.partition(":")
            try:
                with socket.create_connection((host, int(port or _RAW_PORT)), timeout=_PRINTER_S) as link:
                    link.sendall(zpl.encode())
            except (OSError, ValueError) as error:
                raise click.ClickException(
                    f"{_UNLABELLED}: {self.printer} does not answer: {reason_of(error)}"
                ) from error


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of the command: tag after tag of one product."""

    station: Station
    wish: _Wish
    book: EncodingBook
    product: Product | None
    labels: _Labels

    def by_printer(self, count: int) -> None:
        """Have the printer write and print ``count`` tags."""
        for _ in range(count):
            planned = self._planned()
            self.labels.put(self.labels.zpl(planned, self.product))
            _tell(planned, None, as_json=self.station.as_json)

    def by_reader(self, count: int) -> None:
        """Write ``count`` tags that are laid down one after the other."""
        with self.station.opened() as reader:
            done: set[str | None] = set()
            for turn in range(count):
                if turn:
                    click.pause(f"{turn} of {count} done. Lay the next tag there, then press a key … ", err=True)
                target = self._blank(reader)
                while target.epc in done:
                    click.pause("That is a tag just done. Lay the next one there, then press a key … ", err=True)
                    reader.poll(0.0)  # what is read from now on counts
                    target = self._blank(reader)
                planned = self._planned()
                # Made first: what cannot be printed is said before anything is written.
                zpl = self.labels.zpl(planned, self.product)
                made = self._written(reader, target, planned)
                done.add(made.after.epc)
                self.labels.put(zpl)
                _tell(planned, made, as_json=self.station.as_json)

    def _planned(self) -> Planned:
        wish = self.wish
        return self.book.plan(
            wish.gtin,
            first_serial=wish.first_serial,
            serial=wish.serial,
            prefix_digits=wish.prefix_digits,
            filter_value=wish.filter_value,
        )

    def _blank(self, reader: ControlledReader) -> TagTarget:
        """Return the tag to be written. Raises click.ClickException where it names an item and shall keep its name."""
        target = self.station.target(reader)
        item = sgtin_of(target.epc or "")
        if item is not None and not self.wish.replaces:
            raise click.ClickException(
                f"this tag is {item.gtin}, serial {item.serial}, already; give --replace to make another item of it"
            )
        return target

    def _written(self, reader: ControlledReader, target: TagTarget, planned: Planned) -> Commissioned:
        """Write one tag. Its serial is taken already; where the writing fails it is lost, so that it never comes twice.

        EPC and chip are bound as soon as the tag has its EPC: if password or lock fail after that, the book knows it.
        """
        return commission(
            reader,
            target,
            planned.epc,
            password=self.wish.password,
            new_password=self.wish.new_password,
            lock=self.wish.lock,
            told=lambda step: click.echo(f"{planned.epc}: {step}", err=True),
            named=lambda tag: _bind(self.book, tag),
        )


@click.command()
@tag_options
@click.option(
    "--store",
    "store_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A store's database, instead of the configured one.",
)
@access_password_option
@password_option("new_password", "The access password that the tag shall have from now on")
@click.option("--gtin", required=True, help="The product: a GTIN of 8, 12, 13 or 14 digits.")
@click.option("--serial", type=click.IntRange(0, (1 << 38) - 1), help="This serial instead of the next free one.")
@click.option(
    "--first-serial",
    type=click.IntRange(0, (1 << 38) - 1),
    default=1,
    show_default=True,
    help="Where a product's serials begin; give every store that encodes a range of its own.",
)
@click.option("--company-prefix-digits", "prefix_digits", type=click.IntRange(6, 12), default=7, show_default=True)
@click.option("--filter", "filter_value", type=click.IntRange(0, 7), default=1, show_default=True, help="1: one item.")
@click.option("--count", type=click.IntRange(1, 10_000), default=1, show_default=True, help="One tag after the other.")
@click.option("--replace", "replaces", is_flag=True, help="Also a tag that names an item already.")
@click.option("--lock", is_flag=True, help="Lock EPC and access password; needs an access password.")
@click.option("--label", "label_path", type=click.Path(dir_okay=False, path_type=Path), help="Append ZPL to this file.")
@click.option("--printer", metavar="HOST[:PORT]", help="Send each label to this printer (port 9100).")
@click.option("--by-printer", is_flag=True, help="The printer writes the tag as it prints; no reader is needed.")
@click.option("--label-size", default="57x32", show_default=True, metavar="WxH", help="In millimetres.")
@click.option("--dpi", type=click.Choice(["203", "300", "600"]), default="203", show_default=True)
def encode(
    station: Station,
    store_path: Path | None,
    password: int | None,
    new_password: int | None,
    gtin: str,
    serial: int | None,
    first_serial: int,
    prefix_digits: int,
    filter_value: int,
    count: int,
    replaces: bool,
    lock: bool,
    label_path: Path | None,
    printer: str | None,
    by_printer: bool,
    label_size: str,
    dpi: str,
) -> None:
    """Give a tag its item: write, read back, bind to the chip, print the label.

    The tag that answers alone is taken, or the one of --epc. With --count, each next tag is asked for.
    """
    if count > 1 and (serial is not None or station.epc is not None):
        raise click.UsageError("--count takes the next serials of tags that lie there alone: no --serial, no --epc")
    if by_printer and (lock or new_password is not None or (label_path is None and printer is None)):
        raise click.UsageError("--by-printer needs --printer or --label, and sets neither locks nor passwords")
    wish = _Wish(
        gtin14(gtin), serial, first_serial, prefix_digits, filter_value, replaces, lock, password or 0, new_password
    )
    if count > 1 and not by_printer and not sys.stdin.isatty():
        raise click.UsageError("--count asks for each next tag, and nobody can answer here: no terminal")
    labels = _Labels(_stock_of(label_size, int(dpi)), label_path, printer, by_printer)
    with _opened_store(store_file(store_path, station.config_path)) as store:
        product = _product(store, wish.gtin)
        if product is None:
            click.echo(f"note: {wish.gtin} is not in the catalogue; the label shows the number", err=True)
        run = _Run(station, wish, EncodingBook(store), product, labels)
        if by_printer:
            run.by_printer(count)
        else:
            run.by_reader(count)


@contextmanager
def _opened_store(path: Path) -> Iterator[Store]:
    migrate(path, [catalogue_migrations, stocksync_migrations])
    with Store(path) as store:
        yield store


def _product(store: Store, gtin: str) -> Product | None:
    with store.read() as connection:
        return load_catalogue(connection).get(gtin)


def _bind(book: EncodingBook, tag: TagIdentity) -> None:
    book.bind(tag.epc, tag.tid, _EPOCH + timedelta(microseconds=HostClock().utc_us()))


def _label(planned: Planned, product: Product | None) -> Label:
    words = load_words("en")
    return Label(
        name=product.name if product else planned.item.gtin,
        detail=product.detail if product else "",
        price=words.money(product.price_minor, product.currency) if product else "",
        gtin=planned.item.gtin,
        serial=planned.item.serial,
        digital_link=decode(planned.epc).digital_link or "",
        epc=planned.epc,
    )


def _stock_of(size: str, dpi: int) -> LabelStock:
    numbers = re.fullmatch(r"(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)", size.lower())
    if numbers is None:
        raise click.UsageError(f"--label-size is WIDTHxHEIGHT in millimetres, as 57x32, not {size!r}")
    try:
        return LabelStock(float(numbers[1]), float(numbers[2]), dpi)
    except LabelError as error:
        raise click.UsageError(f"--label-size: {error}") from error


def _tell(planned: Planned, made: Commissioned | None, *, as_json: bool) -> None:
    """Say what a tag is now; ``made`` is None where the printer writes it, and nobody knows the chip."""
    if not as_json:
        chip = f"chip {made.after.tid}" if made else "left to the printer"
        click.echo(f"{planned.epc}  {planned.item.gtin}  serial {planned.item.serial}  {chip}")
        return
    click.echo(
        orjson.dumps(
            {
                "epc": planned.epc,
                "gtin": planned.item.gtin,
                "serial": planned.item.serial,
                "tid": made.after.tid if made else None,
                "previous_epc": made.before.epc if made else None,
                "locked": made.is_locked if made else False,
                "digital_link": planned.item.digital_link,
            }
        )
    )
