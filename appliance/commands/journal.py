"""`tagtill journal`: is every record as it was written?"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import click

from appliance.commands.config_option import store_file, store_option
from checkout.errors import StoreError
from checkout.journal import JournalReport, verify

__all__ = ["journal"]


@click.group()
def journal() -> None:
    """The sales journal."""


@journal.command("verify")
@store_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a sentence.")
@click.pass_context
def verify_journal(ctx: click.Context, store_path: Path | None, config_path: Path, as_json: bool) -> None:
    """Walk the hash chain; exit 1 at the first record in doubt. Changes nothing."""
    store = store_file(store_path, config_path)
    store = store_file(store_path, config_path)
    report = _report_on(store)
    if as_json:
        fault = report.fault
        click.echo(
            json.dumps(
                {
                    "ok": report.is_sound,
                    "records": report.records,
                    "sales": report.sales,
                    "total_minor": report.total_minor,
                    "head": report.head,
                    "seq": fault.seq if fault else None,
                    "reason": fault.reason if fault else None,
                }
            )
        )
    elif report.is_sound:
        click.echo(f"{store}: {report.records} records, {report.sales} sales, sound; head {report.head}")
    if not as_json:
        report.raise_fault()
    ctx.exit(0 if report.is_sound else 1)


def _report_on(store: Path) -> JournalReport:
    if not store.is_file():
        raise StoreError(f"there is no store at {store}")
    with closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            return verify(connection)
        except sqlite3.Error as error:
            raise StoreError(f"{store} cannot be read: {error}") from error
