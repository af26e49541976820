"""One batch into the tables: what is new is stored and believed, what is not is told. Runs inside one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence

from stocksync.central.deduplication import EventName, Number, judged, number_of
from stocksync.central.model import (
    Behaviour,
    CaptureBatch,
    CapturedEvent,
    CaptureOutcome,
    ExceptionKind,
    Verdict,
)
from stocksync.central.problems import problem_of
from stocksync.central.storage.believing import (
    Change,
    believe,
    folded_levels,
    note_exceptions,
    taken_back_by,
)

__all__ = ["capture", "rebuild"]

_REBUILD_TAGS = 1000  # folded at a time, to bound memory

_INSERT_EVENT = """
    INSERT INTO event (number, event_id, declared, author, store, epoch, seq, hlc, event_type, action, biz_step,
        disposition, error_reason, read_point, biz_location, read_site, biz_site, event_time_us, record_us, digest,
        context, document, quarantined)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_BY_NUMBER = """
    SELECT event.store, event.epoch, event.seq, event.digest
    FROM json_each(?) AS wanted JOIN event ON event.store = json_extract(wanted.value, '$[0]')
        AND event.epoch = json_extract(wanted.value, '$[1]') AND event.seq = json_extract(wanted.value, '$[2]')
"""


def capture(connection: sqlite3.Connection, batch: CaptureBatch, ahead_us: int) -> CaptureOutcome:
    """Store what is new of ``batch``; see `CentralStorage.capture`. ahead_us: stamps further ahead are not believed."""
    names, numbers = _known(connection, batch.events)
    judgements = judged(batch.events, names, numbers)
    verdicts = [verdict for verdict, _ in judgements]
    conflicts = {n: why for n, (verdict, why) in enumerate(judgements) if verdict is Verdict.CONFLICT}
    (last_us,) = connection.execute("SELECT coalesce(max(record_us), 0) FROM event").fetchone()
    record_us = max(batch.received_us, last_us)  # recordTime never goes back, or paging by it would lose events
    _note_conflicts(connection, batch.events, conflicts, record_us)
    if conflicts and batch.behaviour is Behaviour.ROLLBACK:
        verdicts = [Verdict.REFUSED if verdict is Verdict.STORED else verdict for verdict in verdicts]
    else:
        verdicts = [
            Verdict.QUARANTINED
            if verdict is Verdict.STORED and _is_ahead(event, batch.received_us + ahead_us)
            else verdict
            for event, verdict in zip(batch.events, verdicts, strict=True)
        ]
        _store(connection, batch, verdicts, names, record_us)
    _write_job(connection, batch, conflicts, record_us)
    return CaptureOutcome(verdicts, conflicts, record_us)


def rebuild(connection: sqlite3.Connection) -> int:
    """Recompute beliefs and levels from the events; return how many levels differed."""
    tags = [tag for (tag,) in connection.execute("SELECT tag FROM tag_state")]
    totals: dict[tuple[str, str], tuple[int, int]] = {}
    for start in range(0, len(tags), _REBUILD_TAGS):
        for key, share in folded_levels(connection, tags[start : start + _REBUILD_TAGS]).items():
            known = totals.get(key, (0, 0))
            totals[key] = known[0] + share[0], known[1] + share[1]
    (revision,) = connection.execute("SELECT coalesce(max(revision), 0) + 1 FROM level").fetchone()
    kept = {
        (row["gtin"], row["location"]): (row["on_hand"], row["uncertain"])
        for row in connection.execute("SELECT * FROM level")
    }
    wrong = {key: totals.get(key, (0, 0)) for key in kept | totals if kept.get(key) != totals.get(key, (0, 0))}
    connection.executemany(
        "INSERT INTO level (gtin, location, on_hand, uncertain, revision, changed_us)"
        " VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(record_us), 0) FROM event))"
        " ON CONFLICT (gtin, location) DO UPDATE SET on_hand = excluded.on_hand, uncertain = excluded.uncertain,"
        " revision = excluded.revision",
        [(*key, *share, revision) for key, share in wrong.items()],
    )
    return len(wrong)


def _known(
    connection: sqlite3.Connection, events: Sequence[CapturedEvent]
) -> tuple[dict[EventName, bytes], dict[Number, bytes]]:
    """Return the digests under the identities of ``events``, both kinds of declaration included."""
    ids = json.dumps(list({event.event_id for event in events}))
    by_id = "SELECT event.* FROM json_each(?) AS wanted JOIN event ON event.event_id = wanted.value"
    names = {(row["event_id"], bool(row["declared"])): row["digest"] for row in connection.execute(by_id, (ids,))}
    wanted = json.dumps([number for event in events if (number := number_of(event)) is not None])
    rows = connection.execute(_BY_NUMBER, (wanted,))
    return names, {(row["store"], row["epoch"], row["seq"]): row["digest"] for row in rows}


def _is_ahead(event: CapturedEvent, horizon_us: int) -> bool:
    stamped_us = int(event.hlc[:12], 16) * 1000
    return max(stamped_us, event.event_time_us) > horizon_us


def _store(
    connection: sqlite3.Connection,
    batch: CaptureBatch,
    verdicts: Sequence[Verdict],
    names: Mapping[EventName, bytes],
    record_us: int,
) -> None:
    fresh = [
        (event, verdict)
        for event, verdict in zip(batch.events, verdicts, strict=True)
        if verdict in (Verdict.STORED, Verdict.QUARANTINED)
    ]
    if not fresh:
        return
    first = _insert(connection, fresh, batch.author, record_us)
    ahead = [event for event, verdict in fresh if verdict is Verdict.QUARANTINED]
    note_exceptions(
        connection, [(ExceptionKind.FUTURE_EVENT, event.event_id, None, event.hlc, "") for event in ahead], record_us
    )
    believed = {first + n: event for n, (event, verdict) in enumerate(fresh) if verdict is Verdict.STORED}
    paired = {event.event_id for event in believed.values() if event.declared or (event.event_id, True) in names}
    taken = taken_back_by(connection, paired, record_us) if paired else {}
    claims = {number: event for number, event in believed.items() if not event.declared}
    change = Change(
        events=[event for number, event in claims.items() if number not in taken],
        claims=list(claims.values()),
        rewritten={tag for tags in taken.values() for tag in tags},
    )
    believe(connection, change, record_us)
    _hear(connection, believed.values(), record_us)


def _insert(
    connection: sqlite3.Connection, fresh: Sequence[tuple[CapturedEvent, Verdict]], author: str | None, record_us: int
) -> int:
    """Insert the events and their mentions; return the number of the first, the others follow."""
    (first,) = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM event").fetchone()
    contexts = _context_ids(connection, {event.context for event, _ in fresh})
    connection.executemany(
        _INSERT_EVENT,
        [
            (
                number,
                event.event_id,
                event.declared,
                author,
                event.store,
                event.epoch,
                event.seq,
                event.hlc,
                event.event_type,
                event.action,
                event.biz_step,
                event.disposition,
                event.error_reason,
                event.read_point,
                event.biz_location,
                event.read_site,
                event.biz_site,
                event.event_time_us,
                record_us,
                event.digest,
                contexts[event.context],
                event.document,
                verdict is Verdict.QUARANTINED,
            )
            for number, (event, verdict) in enumerate(fresh, first)
        ],
    )
    connection.executemany(
        # The same identifier twice in one role says nothing more than once.
        "INSERT OR IGNORE INTO mention (key, event, role) VALUES (?, ?, ?)",
        [
            (mention.key, number, mention.role)
            for number, (event, _) in enumerate(fresh, first)
            for mention in event.mentions
        ],
    )
    return int(first)


def _context_ids(connection: sqlite3.Connection, contexts: Collection[str]) -> dict[str, int]:
    connection.executemany("INSERT OR IGNORE INTO context (document) VALUES (?)", [(text,) for text in contexts])
    rows = connection.execute(
        "SELECT document, context.id FROM json_each(?) AS wanted JOIN context ON document = wanted.value",
        (json.dumps(list(contexts)),),
    )
    return {row["document"]: row["id"] for row in rows}


def _hear(connection: sqlite3.Connection, events: Collection[CapturedEvent], record_us: int) -> None:
    """Note when each site was last heard from: the readPoint's, where the event was made, else the bizLocation's."""
    sites = {site for event in events if (site := event.read_site or event.biz_site) is not None}
    connection.executemany(
        "INSERT INTO heard (site, record_us) VALUES (?, ?)"
        " ON CONFLICT (site) DO UPDATE SET record_us = excluded.record_us WHERE excluded.record_us > record_us",
        [(site, record_us) for site in sites],
    )


def _note_conflicts(
    connection: sqlite3.Connection, events: Sequence[CapturedEvent], conflicts: Mapping[int, str], record_us: int
) -> None:
    note_exceptions(
        connection,
        [
            (ExceptionKind.IDENTITY_CONFLICT, events[n].event_id, None, why, events[n].digest.hex())
            for n, why in conflicts.items()
        ],
        record_us,
    )


def _write_job(
    connection: sqlite3.Connection, batch: CaptureBatch, conflicts: Mapping[int, str], record_us: int
) -> None:
    if batch.job_id is None:
        return
    found = [problem_of(409, why, eventID=batch.events[n].event_id, conflict=True) for n, why in conflicts.items()]
    connection.execute(
        "INSERT INTO capture_job (id, author, created_us, finished_us, behaviour, errors) VALUES (?, ?, ?, ?, ?, ?)",
        (
            batch.job_id,
            batch.author,
            batch.received_us,
            record_us,
            batch.behaviour.value,
            json.dumps([*batch.errors, *found]),
        ),
    )
