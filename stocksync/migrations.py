"""The tables of this room in a store's database: numbers, movements, tags, the outbox, stocktakes.

Movements are history: triggers keep them from being changed or deleted, whatever tool opens the file.
"""

from __future__ import annotations

import time

from sqlite_utils import Migrations
from sqlite_utils.db import Database

__all__ = ["stocksync_migrations"]

stocksync_migrations = Migrations("stocksync")

_NUMBERS = """
    CREATE TABLE sync_numbers (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        epoch INTEGER NOT NULL CHECK (epoch >= 1),
        last_seq INTEGER NOT NULL CHECK (last_seq >= 0),
        clock_high TEXT
    ) STRICT
    """

_MOVEMENTS = (
    """
    CREATE TABLE movement (
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        hlc TEXT NOT NULL,
        event_id TEXT NOT NULL,
        tag_key TEXT NOT NULL,
        epc TEXT NOT NULL,
        gtin TEXT,
        reason TEXT NOT NULL CHECK (reason IN ('stock','sale','void','return','count')),
        occurred_us INTEGER NOT NULL,
        zone TEXT,
        lane TEXT,
        document TEXT,
        undoes TEXT,
        PRIMARY KEY (epoch, seq)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX movement_by_tag ON movement(tag_key)",
    """
    CREATE TRIGGER movement_never_changes BEFORE UPDATE ON movement
    BEGIN SELECT RAISE(ABORT, 'a movement never changes'); END
    """,
    """
    CREATE TRIGGER movement_never_vanishes BEFORE DELETE ON movement
    BEGIN SELECT RAISE(ABORT, 'a movement is never deleted'); END
    """,
)

_TAGS = (
    """
    CREATE TABLE tag_state (
        tag_key TEXT PRIMARY KEY,
        epc TEXT NOT NULL,
        gtin TEXT,
        state TEXT NOT NULL CHECK (state IN ('present','returned','sold','unplaced')),
        zone TEXT,
        document TEXT,
        hlc TEXT NOT NULL,
        place_zone TEXT,
        place_reason TEXT,
        place_hlc TEXT,
        place_event_id TEXT
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX tag_state_by_zone ON tag_state(zone) WHERE zone IS NOT NULL",
    "CREATE INDEX tag_state_by_gtin ON tag_state(gtin, state)",
    """
    CREATE TABLE tag_sale (
        tag_key TEXT NOT NULL,
        document TEXT NOT NULL,
        sold_hlc TEXT,
        sold_us INTEGER,
        event_id TEXT,
        undone_hlc TEXT,
        PRIMARY KEY (tag_key, document)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE stock_exception (
        tag_key TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('seen_after_sale','sold_twice')),
        document TEXT NOT NULL,
        raised_hlc TEXT NOT NULL,
        resolved_hlc TEXT,
        PRIMARY KEY (tag_key, kind, document)
    ) STRICT, WITHOUT ROWID
    """,
)

_OUTBOX = (
    """
    CREATE TABLE outbox (
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        event_id TEXT NOT NULL,
        body TEXT NOT NULL,
        appended_ms INTEGER NOT NULL,
        PRIMARY KEY (epoch, seq)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE dead_letter (
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        event_id TEXT NOT NULL,
        body TEXT NOT NULL,
        appended_ms INTEGER NOT NULL,
        died_ms INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (epoch, seq)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE sync_status (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        state TEXT NOT NULL,
        sent INTEGER NOT NULL,
        lag_ms INTEGER,
        last_success_ms INTEGER,
        last_error TEXT,
        last_error_ms INTEGER
    ) STRICT
    """,
)

_STOCKTAKES = (
    """
    CREATE TABLE stocktake (
        stocktake TEXT PRIMARY KEY,
        zone TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open','closing','finished')),
        started_us INTEGER NOT NULL,
        start_hlc TEXT NOT NULL,
        finished_us INTEGER,
        reads INTEGER NOT NULL DEFAULT 0,
        curve TEXT NOT NULL DEFAULT '[]',
        report TEXT
    ) STRICT
    """,
    "CREATE UNIQUE INDEX one_stocktake_at_a_time ON stocktake((1)) WHERE state <> 'finished'",
    """
    CREATE TABLE stocktake_expected (
        stocktake TEXT NOT NULL REFERENCES stocktake(stocktake),
        tag_key TEXT NOT NULL,
        epc TEXT NOT NULL,
        gtin TEXT,
        PRIMARY KEY (stocktake, tag_key)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE stocktake_seen (
        stocktake TEXT NOT NULL REFERENCES stocktake(stocktake),
        tag_key TEXT NOT NULL,
        epc TEXT NOT NULL,
        reads INTEGER NOT NULL,
        to_publish INTEGER NOT NULL DEFAULT 0 CHECK (to_publish IN (0, 1)),
        PRIMARY KEY (stocktake, tag_key)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX stocktake_to_publish ON stocktake_seen(stocktake, tag_key) WHERE to_publish",
)

_ENCODING = (
    "CREATE TABLE serial_number (gtin TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE taken_serial (gtin TEXT NOT NULL, serial TEXT NOT NULL, PRIMARY KEY (gtin, serial)) "
    "STRICT, WITHOUT ROWID",
    """
    CREATE TABLE encoded_tag (
        epc TEXT NOT NULL,
        tid TEXT NOT NULL,
        encoded_us INTEGER NOT NULL,
        replaced_by TEXT
    ) STRICT
    """,
    "CREATE UNIQUE INDEX encoded_tag_epc ON encoded_tag(epc) WHERE replaced_by IS NULL",
    "CREATE UNIQUE INDEX encoded_tag_tid ON encoded_tag(tid) WHERE replaced_by IS NULL",
)


@stocksync_migrations(name="0001_movements")
def _create(database: Database) -> None:
    for statement in (_NUMBERS, *_MOVEMENTS, *_TAGS, *_OUTBOX, *_STOCKTAKES):
        database.execute(statement)
    # A database that is made anew under an old store's name must not use its numbers again, hence the time.
    database.execute("INSERT INTO sync_numbers (one, epoch, last_seq) VALUES (1, ?, 0)", [time.time_ns() // 1_000_000])
    database.execute("INSERT INTO sync_status (one, state, sent) VALUES (1, 'never_run', 0)")


@stocksync_migrations(name="0002_encoding")
def _add_encoding(database: Database) -> None:
    for statement in _ENCODING:
        database.execute(statement)
