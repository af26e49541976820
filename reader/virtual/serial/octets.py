"""Reads the content of a request from its front to its end."""

from __future__ import annotations

__all__ = ["Octets", "ShortError"]


class ShortError(ValueError):
    """The content ends before what was to be read."""


class Octets:
    """Takes numbers, most significant byte first, and bytes off the front."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def __len__(self) -> int:
        return len(self._content) - self._at

    def number(self, size: int, *, signed: bool = False) -> int:
        """Take a number of ``size`` bytes.

        Raises:
            ShortError: There are not so many.
        """
        return int.from_bytes(self.take(size), "big", signed=signed)

    def take(self, size: int) -> bytes:
        """Take ``size`` bytes.

        Raises:
            ShortError: There are not so many.
        """
        if size > len(self):
            raise ShortError(f"{len(self)} bytes where {size} were expected")
        taken = self._content[self._at : self._at + size]
        self._at += size
        return taken

    def rest(self) -> bytes:
        """Take all that is left."""
        return self.take(len(self))

    def peek(self) -> int | None:
        """Return the next byte without taking it; None at the end."""
        return self._content[self._at] if len(self) else None
