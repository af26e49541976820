"""What staff see of this box and do with it; implements kiosk_ui's `StaffDesk`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from checkout.store import Store
from kiosk_ui.port import CentralRelay
from reader.port import Clock, TagReader
from stocksync.movement import microseconds, moment_utc
from stocksync.sync_status import read_status

__all__ = ["Counting", "Desk"]


class Counting(Protocol):
    """A stocktake that can be started, watched and ended; see `StaffDesk` for the mappings."""

    def state(self) -> Mapping[str, Any] | None:
        """Return the running or the latest count, or None."""

    def start(self, zone: str) -> Mapping[str, Any]:
        """Begin to sweep ``zone``."""

    def finish(self) -> Mapping[str, Any]:
        """End the sweep."""


class Desk:
    """The store service's view of itself."""

    def __init__(
        self,
        store: Store,
        readers: Mapping[str, TagReader],  # by lane
        relay: CentralRelay,
        counting: Counting,
        currency: str,
        time_zone: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._readers = readers
        self._relay = relay
        self._counting = counting
        self._currency = currency
        self._zone = ZoneInfo(time_zone)
        self._clock = clock

    def overview(self) -> Mapping[str, Any]:
        """Return the state of the whole box."""
        now_us = self._clock.utc_us()
        with self._store.read() as connection:
            sync = read_status(connection, now_us // 1000)
            since_us = microseconds(self._midnight(moment_utc(now_us)))
            count, total_minor = connection.execute(
                """
                SELECT count(*), COALESCE(sum(total_minor), 0) FROM sale
                WHERE state IN ('paid', 'fulfilled') AND settled_us >= ?
                """,
                (since_us,),
            ).fetchone()
        central = self._relay.availability()
        return {
            "readers": [_reader(lane, reader) for lane, reader in self._readers.items()],
            "outbox": {
                "depth": sync["depth"],
                "age_s": sync["age_s"],
                "last_error": sync["last_error"] if sync["state"] != "up" else None,
                "lag_s": sync["lag_s"],
                "dead": sync["dead"],
            },
            "central": {"up": central["central_up"], "detail": sync["state"]},
            "sales": {"today": count, "total_minor": total_minor, "currency": self._currency},
            "disk": {"free_bytes": shutil.disk_usage(_folder_of(self._store)).free},
        }

    def sales(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """Return the latest settled sales, newest first."""
        with self._store.read() as connection:
            rows = connection.execute(
                """
                SELECT number, lane, settled_us, total_minor, currency, state,
                       (SELECT count(*) FROM sale_line WHERE sale_line.sale = sale.sale) AS items
                FROM sale WHERE settled_us IS NOT NULL ORDER BY settled_us DESC LIMIT ?
                """,
                (limit,),
            ).fetchall()
        return [
            {
                "number": row["number"],
                "sold_utc": moment_utc(row["settled_us"]).isoformat(timespec="seconds"),
                "lane": row["lane"],
                "items": row["items"],
                "total_minor": row["total_minor"],
                "currency": row["currency"],
                "state": row["state"],
            }
            for row in rows
        ]

    def stocktake(self) -> Mapping[str, Any] | None:
        """Return the running or the latest count, or None."""
        return self._counting.state()

    def start_stocktake(self, zone: str) -> Mapping[str, Any]:
        """Begin a count."""
        return self._counting.start(zone)

    def finish_stocktake(self) -> Mapping[str, Any]:
        """End a count."""
        return self._counting.finish()

    def _midnight(self, now_utc: datetime) -> datetime:
        """Return when today began on the wall of this store."""
        today = now_utc.astimezone(self._zone).date()
        return datetime.combine(today, time(), self._zone).astimezone(UTC)


def _folder_of(store: Store) -> Path:
    return store.path.parent


def _reader(lane: str, reader: TagReader) -> dict[str, Any]:
    health = reader.health()
    return {
        "name": reader.name,
        "lane": lane,
        "state": health.state.value,
        "detail": health.detail,
        "model": health.model,
        "tx_power_dbm": health.tx_power_dbm,
        "reads_per_s": health.reads_per_s,
        "last_read_age_s": health.last_read_age_s,
        "temperature_c": health.temperature_c,
        "antennas_gone": list(health.antennas_gone),
        "malformed": health.malformed,
    }
