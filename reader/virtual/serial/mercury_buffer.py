"""The tag buffer of a Mercury module: what buffered searches found, until it is fetched and cleared."""

from __future__ import annotations

from reader.virtual.serial.mercury_frames import MAX_DATA_BYTES
from reader.virtual.serial.mercury_tags import TagReport, record_octets

__all__ = ["TagBuffer"]

_MAX_TAGS = 1000  # more than a large basket; a real module has room for a few hundred to a few thousand
_HEAD_BYTES = 4


class TagBuffer:
    """Tags in the order in which they were first read; each once, or once an antenna."""

    def __init__(self) -> None:
        self._tags: dict[tuple[bytes, int], TagReport] = {}
        self._fetched = 0

    def add(self, report: TagReport, *, by_antenna: bool, keeps_highest_rssi: bool) -> bool:
        """Take a read; return False where there is no room for it."""
        key = (report.epc, report.antenna if by_antenna else 0)
        known = self._tags.get(key)
        if known is None:
            if len(self._tags) >= _MAX_TAGS:
                return False
            self._tags[key] = report
            return True
        kept = report if keeps_highest_rssi and report.rssi_dbm > known.rssi_dbm else known
        self._tags[key] = kept._replace(read_count=known.read_count + 1)
        return True

    def __len__(self) -> int:
        return len(self._tags)

    def clear(self) -> None:
        """Forget all tags."""
        self._tags.clear()
        self._fetched = 0

    def positions(self) -> bytes:
        """Return where fetching and filling stand."""
        return self._fetched.to_bytes(2, "big") + len(self._tags).to_bytes(2, "big")

    def fetch(self, metadata: int, option: int) -> bytes:
        """Return the next records that fit into one answer, and count them as fetched."""
        records = bytearray()
        count = 0
        for report in list(self._tags.values())[self._fetched :]:
            record = record_octets(report, metadata)
            if _HEAD_BYTES + len(records) + len(record) > MAX_DATA_BYTES:
                break
            records += record
            count += 1
        self._fetched += count
        return metadata.to_bytes(2, "big") + bytes((option, count)) + bytes(records)
