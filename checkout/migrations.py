"""The tables of this room: sales, payments, the journal, receipts.

What must never change is guarded by triggers as well as by code, because a shop's file is also opened
with other tools. `INSERT OR REPLACE` deletes without firing delete triggers, hence the guards on insert.
"""

from __future__ import annotations

from sqlite_utils import Migrations
from sqlite_utils.db import Database

__all__ = ["checkout_migrations"]

checkout_migrations = Migrations("checkout")

_SALES = (
    """
    CREATE TABLE sale (
        sale TEXT PRIMARY KEY,
        lane TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open','frozen','paying','unknown','paid','fulfilled','voided')),
        quote_hash TEXT NOT NULL,
        quote_json TEXT NOT NULL,
        total_minor INTEGER NOT NULL,
        currency TEXT NOT NULL,
        opened_us INTEGER NOT NULL,
        settled_us INTEGER,
        number TEXT UNIQUE,
        journal_seq INTEGER
    ) STRICT
    """,
    "CREATE INDEX sale_by_settled ON sale(settled_us)",
    "CREATE INDEX sale_unsettled ON sale(lane) WHERE state NOT IN ('fulfilled','voided')",
    """
    CREATE TRIGGER sale_never_goes_back BEFORE UPDATE ON sale
    WHEN OLD.state IN ('paid','fulfilled','voided')
        AND NOT (OLD.state = NEW.state OR (OLD.state = 'paid' AND NEW.state = 'fulfilled'))
    BEGIN SELECT RAISE(ABORT, 'a sale that is paid or voided never goes back'); END
    """,
    """
    CREATE TRIGGER sale_paid_never_changes BEFORE UPDATE ON sale
    WHEN OLD.state IN ('paid','fulfilled')
        AND (OLD.quote_json <> NEW.quote_json OR OLD.total_minor <> NEW.total_minor
            OR (OLD.number IS NOT NULL AND OLD.number IS NOT NEW.number))
    BEGIN SELECT RAISE(ABORT, 'a paid sale never changes'); END
    """,
    """
    CREATE TRIGGER sale_never_vanishes BEFORE DELETE ON sale
    BEGIN SELECT RAISE(ABORT, 'a sale is never deleted'); END
    """,
    """
    CREATE TABLE sale_move (
        seq INTEGER PRIMARY KEY,
        sale TEXT NOT NULL REFERENCES sale(sale),
        move TEXT NOT NULL,
        state TEXT NOT NULL,
        at_us INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE sale_line (
        sale TEXT NOT NULL REFERENCES sale(sale),
        position INTEGER NOT NULL,
        epc TEXT NOT NULL,
        gtin TEXT NOT NULL,
        name TEXT NOT NULL,
        detail TEXT NOT NULL,
        price_minor INTEGER NOT NULL,
        discount_minor INTEGER NOT NULL,
        gross_minor INTEGER NOT NULL,
        net_minor INTEGER NOT NULL,
        tax_minor INTEGER NOT NULL,
        tax_rate TEXT NOT NULL,
        PRIMARY KEY (sale, position)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX sale_line_by_epc ON sale_line(epc)",
    """
    CREATE TABLE evidence (
        sale TEXT PRIMARY KEY REFERENCES sale(sale),
        body TEXT NOT NULL
    ) STRICT
    """,
)

_PAYMENTS = (
    """
    CREATE TABLE attempt (
        attempt TEXT PRIMARY KEY,
        sale TEXT NOT NULL REFERENCES sale(sale),
        n INTEGER NOT NULL CHECK (n >= 1),
        amount_minor INTEGER NOT NULL,
        currency TEXT NOT NULL,
        terminal TEXT NOT NULL,
        lane TEXT NOT NULL,
        armed_us INTEGER NOT NULL,
        is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
        UNIQUE (sale, n)
    ) STRICT
    """,
    "CREATE UNIQUE INDEX one_open_attempt_per_sale ON attempt(sale) WHERE is_open",
    "CREATE UNIQUE INDEX one_open_attempt_per_terminal ON attempt(terminal) WHERE is_open",
    """
    CREATE TRIGGER attempt_only_closes BEFORE UPDATE ON attempt
    WHEN OLD.is_open = 0 OR NEW.attempt <> OLD.attempt OR NEW.sale <> OLD.sale OR NEW.terminal <> OLD.terminal
        OR NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency
    BEGIN SELECT RAISE(ABORT, 'an attempt only closes'); END
    """,
    """
    CREATE TABLE payment_event (
        seq INTEGER PRIMARY KEY,
        attempt TEXT NOT NULL REFERENCES attempt(attempt),
        kind TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        currency TEXT NOT NULL,
        reference TEXT NOT NULL,
        detail TEXT NOT NULL,
        at_us INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX payment_event_by_attempt ON payment_event(attempt)",
)

_JOURNAL = (
    """
    CREATE TABLE journal (
        seq INTEGER PRIMARY KEY,
        type TEXT NOT NULL,
        day TEXT NOT NULL,
        body TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX journal_by_day ON journal(day)",
)

_RECEIPTS = (
    """
    CREATE TABLE receipt (
        token TEXT PRIMARY KEY,
        sale TEXT NOT NULL UNIQUE REFERENCES sale(sale),
        n INTEGER NOT NULL UNIQUE,
        number TEXT NOT NULL UNIQUE,
        body TEXT NOT NULL,
        is_uploaded INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    "CREATE INDEX receipt_to_upload ON receipt(n) WHERE NOT is_uploaded",
)


def _append_only(table: str) -> tuple[str, ...]:
    """Return triggers that let ``table`` only grow, its integer key ``seq`` by one each time."""
    gapless = (
        f"CREATE TRIGGER {table}_grows_by_one BEFORE INSERT ON {table} "  # noqa: S608 - names of our own tables
        f"WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM {table}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is gapless'); END"
    )
    return (
        gapless,
        *(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for act in ("UPDATE", "DELETE")
        ),
    )


@checkout_migrations(name="0001_sales")
def _create(database: Database) -> None:
    guards = (guard for table in ("journal", "payment_event", "sale_move") for guard in _append_only(table))
    for statement in (*_SALES, *_PAYMENTS, *_JOURNAL, *_RECEIPTS, *guards):
        database.execute(statement)
