"""Which serials were given to which chips: no serial twice, and every EPC bound to the TID it was written to.

A serial is taken before it is written, in a transaction of its own: one whose label is spoilt is lost, never reused.
Stores that encode for themselves start in ranges that do not meet (`first_serial`).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from checkout.store import Store
from reader.epc import Sgtin, encode_sgtin96
from stocksync.errors import EncodingError
from stocksync.movement import microseconds, moment_utc

__all__ = ["Binding", "EncodingBook", "Planned"]

_GREATEST_SERIAL: Final = (1 << 38) - 1  # what an SGTIN-96 holds


@dataclass(frozen=True, slots=True)
class Planned:
    """A serial that was taken, and the EPC (SGTIN-96, hex) that it makes."""

    item: Sgtin
    epc: str


@dataclass(frozen=True, slots=True)
class Binding:
    """An EPC as it was written to a chip; ``replaced_by`` is the chip's next EPC, None for its present one."""

    epc: str
    tid: str
    encoded_utc: datetime
    replaced_by: str | None = None


class EncodingBook:
    """The store's book of serials and bindings."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def plan(
        self,
        gtin: str,
        *,
        first_serial: int = 1,
        serial: int | None = None,
        prefix_digits: int = 7,
        filter_value: int = 1,
    ) -> Planned:
        """Take the next free serial of ``gtin`` (14 digits), or ``serial`` itself.

        Args:
            gtin: The product.
            first_serial: Where to begin for a product of which none was taken yet.
            serial: This one; it must be free.
            prefix_digits: Length of the company prefix, 6 to 12.
            filter_value: 0 to 7; 1 is a single item.

        Raises:
            EncodingError: The serial is taken, or none is left.
            EpcError: The values make no SGTIN-96.
        """

        def take(transaction: sqlite3.Connection) -> Planned:
            row = transaction.execute("SELECT next FROM serial_number WHERE gtin = ?", (gtin,)).fetchone()
            candidate = serial if serial is not None else max(first_serial, row[0] if row else 0)
            while candidate <= _GREATEST_SERIAL:
                item = Sgtin(gtin, str(candidate))
                epc = encode_sgtin96(gtin, candidate, prefix_digits, filter_value)
                if not _is_taken(transaction, item):
                    break
                if serial is not None:
                    raise EncodingError(f"serial {serial} of {gtin} is taken already")
                candidate += 1
            else:
                raise EncodingError(f"no serial of {gtin} is left below {_GREATEST_SERIAL + 1}")
            transaction.execute("INSERT INTO taken_serial (gtin, serial) VALUES (?, ?)", (gtin, str(candidate)))
            if serial is None:
                transaction.execute(
                    "INSERT INTO serial_number (gtin, next) VALUES (?, ?) "
                    "ON CONFLICT (gtin) DO UPDATE SET next = excluded.next",
                    (gtin, candidate + 1),
                )
            return Planned(item, epc)

        return self._store.write(take)

    def bind(self, epc: str, tid: str, encoded_utc: datetime) -> Binding:
        """Note that the chip ``tid`` carries ``epc`` from now on; the same again changes nothing.

        Raises:
            EncodingError: Another chip carries that EPC.
        """

        def note(transaction: sqlite3.Connection) -> Binding:
            known = _binding(transaction, "epc = ? AND replaced_by IS NULL", epc)
            if known is not None:
                if known.tid != tid:
                    raise EncodingError(
                        f"two tags of one name: {epc} was written to the chip {known.tid}, this is {tid}"
                    )
                return known
            transaction.execute(
                "UPDATE encoded_tag SET replaced_by = ? WHERE tid = ? AND replaced_by IS NULL", (epc, tid)
            )
            transaction.execute(
                "INSERT INTO encoded_tag (epc, tid, encoded_us) VALUES (?, ?, ?)", (epc, tid, microseconds(encoded_utc))
            )
            return Binding(epc, tid, encoded_utc)

        return self._store.write(note)

    def of_epc(self, epc: str) -> Binding | None:
        """Return the chip that carries ``epc`` now, as far as it was written here."""
        with self._store.read() as connection:
            return _binding(connection, "epc = ? AND replaced_by IS NULL", epc)

    def of_tid(self, tid: str) -> Binding | None:
        """Return what the chip ``tid`` carries now, as far as it was written here."""
        with self._store.read() as connection:
            return _binding(connection, "tid = ? AND replaced_by IS NULL", tid)


def _is_taken(connection: sqlite3.Connection, item: Sgtin) -> bool:
    """Whether the serial was taken here, or a tag of it is known: tags come labelled from elsewhere, too."""
    return (
        connection.execute(
            "SELECT 1 FROM taken_serial WHERE gtin = ? AND serial = ? "
            "UNION ALL SELECT 1 FROM tag_state WHERE tag_key = ?",
            (item.gtin, item.serial, item.digital_link),
        ).fetchone()
        is not None
    )


def _binding(connection: sqlite3.Connection, where: str, value: str) -> Binding | None:
    row = connection.execute(
        f"SELECT epc, tid, encoded_us, replaced_by FROM encoded_tag WHERE {where}",  # noqa: S608 - one of our own
        (value,),
    ).fetchone()
    return None if row is None else Binding(row[0], row[1], moment_utc(row[2]), row[3])
