"""What an A0 board keeps of buffered inventories: each EPC once, as it was heard last, and how often. Pure."""

from __future__ import annotations

from typing import Final

from reader.virtual.serial.r2000_settings import DONE
from reader.virtual.serial.r2000_tags import HeardTag

__all__ = ["TagBuffer"]

_MOST_TAGS: Final = 0xFFFF  # what a count of 16 bits can say
_MOST_COUNTED: Final = 0xFF


class TagBuffer:
    """Kept until it is cleared or the board restarts."""

    def __init__(self) -> None:
        self._tags: dict[bytes, tuple[HeardTag, int]] = {}

    def __len__(self) -> int:
        return len(self._tags)

    def keep(self, tag: HeardTag) -> None:
        """Keep what was heard last of a tag; a full buffer takes no new ones."""
        _, count = self._tags.get(tag.epc, (tag, 0))
        if count or len(self._tags) < _MOST_TAGS:
            self._tags[tag.epc] = (tag, min(_MOST_COUNTED, count + 1))

    def clear(self) -> None:
        """Forget all."""
        self._tags.clear()

    def contents(self) -> list[bytes]:
        """Return the data of one frame for each tag."""
        total = len(self._tags).to_bytes(2, "big")
        return [
            total + bytes((len(tag.pc_epc_crc),)) + tag.pc_epc_crc + bytes((tag.rssi, tag.freqant, count))
            for tag, count in self._tags.values()
        ]

    def obey(self, command: int) -> bytes | None:
        """Return the data that answer a count (92) or a clear (93); None for other commands."""
        match command:
            case 0x92:
                return len(self._tags).to_bytes(2, "big")
            case 0x93:
                self.clear()
                return DONE
        return None
