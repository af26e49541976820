"""What new events change: beliefs about tags, levels of products, exceptions. Runs inside the capturing transaction.

A tag whose new observations are all newer than what is believed takes a step; any other is folded anew from all its
events. Both give the same (`central.belief`, rule 1), the first is the cheap and usual one. There is one writer, so
what was read here cannot change before it is written.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from stocksync.central.belief import (
    BLANK,
    Belief,
    Finding,
    Observation,
    Standing,
    claim_of,
    claimed_site,
    fold,
    step,
    taken_back,
)
from stocksync.central.model import CapturedEvent, ExceptionKind, Role

__all__ = ["Change", "beliefs_of", "believe", "folded_levels", "note_exceptions", "taken_back_by"]

_LAST_FOLDED = Role.OUTPUT  # parents and classes have no state
_LevelKey = tuple[str, str]
_Share = tuple[int, int]  # on hand, uncertain

_HISTORY = """
    SELECT mention.key, mention.role, event.*
    FROM json_each(?) AS wanted JOIN mention ON mention.key = wanted.value JOIN event ON event.number = mention.event
    WHERE mention.role <= ? AND NOT event.declared AND NOT event.quarantined AND NOT event.retracted
"""
_TAKEN_BACK = """
    SELECT original.number, original.event_type, original.action, original.biz_step, original.disposition,
        original.event_id, declaration.error_reason,
        original.author IS NULL OR declaration.author IS NULL OR original.author = declaration.author AS same_author
    FROM json_each(?) AS wanted
    JOIN event AS original ON original.event_id = wanted.value AND NOT original.declared
    JOIN event AS declaration ON declaration.event_id = wanted.value AND declaration.declared
    WHERE NOT declaration.quarantined AND NOT original.quarantined
"""
_UPSERT_STATE = """
    INSERT INTO tag_state (tag, gtin, standing, site, doubted, sale, hlc) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (tag) DO UPDATE SET standing = excluded.standing, site = excluded.site, doubted = excluded.doubted,
        sale = excluded.sale, hlc = excluded.hlc
"""
_UPSERT_LEVEL = """
    INSERT INTO level (gtin, location, on_hand, uncertain, revision, changed_us) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (gtin, location) DO UPDATE SET on_hand = on_hand + excluded.on_hand,
        uncertain = uncertain + excluded.uncertain, revision = excluded.revision, changed_us = excluded.changed_us
    WHERE excluded.on_hand != 0 OR excluded.uncertain != 0
"""


class Change(NamedTuple):
    """A batch's new events that are believed, and the tags whose history changed behind them."""

    events: Sequence[CapturedEvent]  # without declarations and what one has taken back
    claims: Sequence[CapturedEvent]  # the same, and what was taken back: the places that were ever named
    rewritten: Collection[str]


def believe(connection: sqlite3.Connection, change: Change, record_us: int) -> None:
    """Bring beliefs, levels and exceptions to what is true with ``change``."""
    news: dict[str, list[Observation]] = defaultdict(list)
    for event in change.events:
        for tag, _, observation in _observations_of(event):
            news[tag].append(observation)
    gtins = {mention.key: mention.gtin for event in change.claims for mention in event.mentions}
    before = beliefs_of(connection, {*news, *change.rewritten})
    stale = {tag for tag, new in news.items() if tag in before and min(new)[0] <= before[tag][0].hlc}
    stale.update(change.rewritten)
    after, findings = _steps(before, news, stale)
    for tag, (belief, found) in _folds(connection, stale).items():
        after[tag] = belief
        _replace_findings(connection, tag, found, record_us)
    _note_findings(connection, findings, record_us)
    known = {tag: gtins[tag] if tag in gtins else before[tag][1] for tag in after}
    connection.executemany(_UPSERT_STATE, [_state_row(tag, known[tag], belief) for tag, belief in after.items()])
    _move_levels(connection, change, before, after, known, record_us)


def beliefs_of(connection: sqlite3.Connection, tags: Collection[str]) -> dict[str, tuple[Belief, str | None]]:
    """Return belief and GTIN of those of ``tags`` that were ever heard of."""
    rows = connection.execute(
        "SELECT tag_state.* FROM json_each(?) AS wanted JOIN tag_state ON tag_state.tag = wanted.value",
        (json.dumps(list(tags)),),
    )
    return {
        row["tag"]: (
            Belief(Standing(row["standing"]), row["site"], bool(row["doubted"]), row["sale"], row["hlc"]),
            row["gtin"],
        )
        for row in rows
    }


def taken_back_by(connection: sqlite3.Connection, event_ids: Collection[str], record_us: int) -> dict[int, list[str]]:
    """Mark the originals among ``event_ids`` that a declaration takes back; return their numbers and tags."""
    taken: dict[int, list[str]] = {}
    for row in connection.execute(_TAKEN_BACK, (json.dumps(list(event_ids)),)).fetchall():
        claim = claim_of(row["event_type"], row["action"], row["biz_step"], row["disposition"], Role.ITEM)
        objection = taken_back(claim, row["error_reason"], same_author=bool(row["same_author"]))
        if objection is None:
            tags = connection.execute(
                "SELECT key FROM mention WHERE event = ? AND role <= ?", (row["number"], _LAST_FOLDED)
            )
            taken[row["number"]] = [tag for (tag,) in tags]
            connection.execute("UPDATE event SET retracted = 1 WHERE number = ?", (row["number"],))
        else:
            detail = "an error declaration that does not take its event back"
            note_exceptions(connection, [(objection, row["event_id"], None, detail, "")], record_us)
    return taken


def note_exceptions(
    connection: sqlite3.Connection, found: Iterable[tuple[ExceptionKind, str, str | None, str, str]], record_us: int
) -> None:
    """Keep (kind, eventID, tag, detail, what else tells it from others of the event), each only once."""
    connection.executemany(
        "INSERT OR IGNORE INTO exception_record (kind, event_id, tag, detail, fingerprint, noticed_us)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (kind.value, event_id, tag, detail, json.dumps([kind.value, event_id, tag, more]), record_us)
            for kind, event_id, tag, detail, more in found
        ],
    )


def folded_levels(connection: sqlite3.Connection, tags: Collection[str]) -> dict[_LevelKey, _Share]:
    """Fold ``tags`` anew, write their beliefs, and return what they add to the levels."""
    gtins = {tag: gtin for tag, (_, gtin) in beliefs_of(connection, tags).items()}
    totals: dict[_LevelKey, _Share] = {}
    folds = _folds(connection, tags)
    for tag, (belief, _) in folds.items():
        _add(totals, _place_of(belief, gtins.get(tag)), _share_of(belief), 1)
    rows = [_state_row(tag, gtins.get(tag), belief) for tag, (belief, _) in folds.items()]
    connection.executemany(_UPSERT_STATE, rows)
    return totals


def _observations_of(event: CapturedEvent) -> Iterable[tuple[str, str | None, Observation]]:
    for mention in event.mentions:
        if mention.role <= _LAST_FOLDED:
            claim = claim_of(event.event_type, event.action, event.biz_step, event.disposition, mention.role)
            yield (
                mention.key,
                mention.gtin,
                Observation(
                    event.hlc,
                    event.store or "",
                    event.epoch,
                    event.seq,
                    event.event_id,
                    mention.role,
                    claim,
                    event.biz_site,
                    event.read_site,
                ),
            )


def _observation_of_row(row: sqlite3.Row) -> Observation:
    role = Role(row["role"])
    return Observation(
        row["hlc"],
        row["store"] or "",
        row["epoch"],
        row["seq"],
        row["event_id"],
        role,
        claim_of(row["event_type"], row["action"], row["biz_step"], row["disposition"], role),
        row["biz_site"],
        row["read_site"],
    )


def _steps(
    before: Mapping[str, tuple[Belief, str | None]], news: Mapping[str, list[Observation]], stale: Collection[str]
) -> tuple[dict[str, Belief], list[tuple[str, Finding]]]:
    after: dict[str, Belief] = {}
    findings: list[tuple[str, Finding]] = []
    for tag, observations in news.items():
        if tag in stale:
            continue
        belief = before[tag][0] if tag in before else BLANK
        for observation in sorted(observations, key=lambda one: one[:6]):
            belief, found = step(belief, observation)
            findings += [(tag, finding) for finding in found]
        after[tag] = belief
    return after, findings


def _folds(connection: sqlite3.Connection, tags: Collection[str]) -> dict[str, tuple[Belief, list[Finding]]]:
    histories: dict[str, list[Observation]] = {tag: [] for tag in tags}
    if tags:
        for row in connection.execute(_HISTORY, (json.dumps(list(tags)), _LAST_FOLDED)):
            histories[row["key"]].append(_observation_of_row(row))
    return {tag: fold(history) for tag, history in histories.items()}


def _note_findings(connection: sqlite3.Connection, findings: Iterable[tuple[str, Finding]], record_us: int) -> None:
    note_exceptions(connection, [(finding.kind, finding.event_id, tag, "", "") for tag, finding in findings], record_us)


def _replace_findings(connection: sqlite3.Connection, tag: str, found: Sequence[Finding], record_us: int) -> None:
    """What a late event has explained is no contradiction any more."""
    valid = {(finding.kind.value, finding.event_id) for finding in found}
    rows = connection.execute("SELECT number, kind, event_id FROM exception_record WHERE tag = ?", (tag,)).fetchall()
    explained = [(row["number"],) for row in rows if (row["kind"], row["event_id"]) not in valid]
    connection.executemany("DELETE FROM exception_record WHERE number = ?", explained)
    _note_findings(connection, [(tag, finding) for finding in found], record_us)


def _state_row(tag: str, gtin: str | None, belief: Belief) -> tuple[object, ...]:
    return tag, gtin, belief.standing.value, belief.site, belief.doubted, belief.sale, belief.hlc


def _move_levels(
    connection: sqlite3.Connection,
    change: Change,
    before: Mapping[str, tuple[Belief, str | None]],
    after: Mapping[str, Belief],
    gtins: Mapping[str, str | None],
    record_us: int,
) -> None:
    moved: dict[_LevelKey, _Share] = {}
    for event in change.claims:
        for _, gtin, observation in _observations_of(event):
            # A product that was ever said to be at a site has a level there, be it zero.
            _add(moved, (gtin, claimed_site(observation)), (0, 0), 1)
    for tag, belief in after.items():
        if tag in before:
            _add(moved, _place_of(before[tag][0], gtins[tag]), _share_of(before[tag][0]), -1)
        _add(moved, _place_of(belief, gtins[tag]), _share_of(belief), 1)
    if not moved:
        return
    (revision,) = connection.execute("SELECT coalesce(max(revision), 0) + 1 FROM level").fetchone()
    connection.executemany(
        _UPSERT_LEVEL, [(*key, on_hand, uncertain, revision, record_us) for key, (on_hand, uncertain) in moved.items()]
    )


def _place_of(belief: Belief, gtin: str | None) -> tuple[str | None, str | None]:
    return (gtin, belief.site) if belief.standing is Standing.IN_STOCK else (None, None)


def _share_of(belief: Belief) -> _Share:
    return 1, int(belief.doubted)


def _add(totals: dict[_LevelKey, _Share], place: tuple[str | None, str | None], share: _Share, sign: int) -> None:
    gtin, location = place
    if gtin is not None and location is not None:
        on_hand, uncertain = totals.get((gtin, location), (0, 0))
        totals[gtin, location] = on_hand + sign * share[0], uncertain + sign * share[1]
