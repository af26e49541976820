"""Central's tables in SQLite, as a set of migrations."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

__all__ = ["CENTRAL_MIGRATIONS"]

CENTRAL_MIGRATIONS = Migrations("central")


# Numbers instead of the ids' text as keys: a random text as primary key is two to four times slower and
# gets slower as the table grows (measured 2026-11).
@CENTRAL_MIGRATIONS()
def m001_events_and_what_follows_from_them(db: Database) -> None:
    db.executescript("""
    CREATE TABLE context (
        id INTEGER PRIMARY KEY,
        document TEXT NOT NULL UNIQUE
    );
    CREATE TABLE event (
        number INTEGER PRIMARY KEY,
        event_id TEXT NOT NULL,
        declared INTEGER NOT NULL,
        author TEXT,
        store TEXT,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        hlc TEXT NOT NULL,
        event_type TEXT NOT NULL,
        action TEXT,
        biz_step TEXT,
        disposition TEXT,
        error_reason TEXT,
        read_point TEXT,
        biz_location TEXT,
        read_site TEXT,
        biz_site TEXT,
        event_time_us INTEGER NOT NULL,
        record_us INTEGER NOT NULL,
        digest BLOB NOT NULL,
        context INTEGER NOT NULL REFERENCES context (id),
        document TEXT NOT NULL,
        quarantined INTEGER NOT NULL DEFAULT 0,
        retracted INTEGER NOT NULL DEFAULT 0,
        UNIQUE (event_id, declared)
    );
    CREATE UNIQUE INDEX event_by_store ON event (store, epoch, seq) WHERE store IS NOT NULL;
    CREATE INDEX event_by_time ON event (event_time_us);
    CREATE INDEX event_by_record ON event (record_us);

    CREATE TABLE mention (
        key TEXT NOT NULL,
        event INTEGER NOT NULL REFERENCES event (number),
        role INTEGER NOT NULL,
        PRIMARY KEY (key, event, role)
    ) WITHOUT ROWID;
    CREATE INDEX mention_by_event ON mention (event);

    CREATE TABLE tag_state (
        tag TEXT PRIMARY KEY,
        gtin TEXT,
        standing TEXT NOT NULL,
        site TEXT,
        doubted INTEGER NOT NULL,
        sale TEXT,
        hlc TEXT NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE level (
        gtin TEXT NOT NULL,
        location TEXT NOT NULL,
        on_hand INTEGER NOT NULL DEFAULT 0,
        reserved INTEGER NOT NULL DEFAULT 0,
        safety INTEGER NOT NULL DEFAULT 0,
        uncertain INTEGER NOT NULL DEFAULT 0,
        revision INTEGER NOT NULL,
        changed_us INTEGER NOT NULL,
        PRIMARY KEY (gtin, location)
    ) WITHOUT ROWID;
    CREATE INDEX level_by_revision ON level (revision);

    CREATE TABLE heard (
        site TEXT PRIMARY KEY,
        record_us INTEGER NOT NULL
    ) WITHOUT ROWID;

    CREATE VIEW level_and_age AS
        SELECT gtin, location, on_hand, reserved, safety, uncertain,
            coalesce(heard.record_us, level.changed_us) AS as_of_us, revision
        FROM level LEFT JOIN heard ON heard.site = level.location;

    CREATE TABLE exception_record (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        event_id TEXT NOT NULL,
        tag TEXT,
        detail TEXT NOT NULL,
        fingerprint TEXT NOT NULL UNIQUE,
        noticed_us INTEGER NOT NULL
    );
    CREATE INDEX exception_by_tag ON exception_record (tag) WHERE tag IS NOT NULL;

    CREATE TABLE capture_job (
        id TEXT PRIMARY KEY,
        author TEXT,
        created_us INTEGER NOT NULL,
        finished_us INTEGER NOT NULL,
        behaviour TEXT NOT NULL,
        errors TEXT NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE receipt (
        token TEXT PRIMARY KEY,
        author TEXT,
        document TEXT NOT NULL,
        expires_us INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX receipt_by_expiry ON receipt (expires_us);
    """)
