"""Why the system refused, in words for who stands before the box, to whom its error numbers and names say nothing.

For sentences that say themselves what was tried.
"""

from __future__ import annotations

import errno
from typing import Final

__all__ = ["reason_of"]

_WORDS: Final = {
    errno.ECONNREFUSED: "nothing takes connections there",
    errno.ECONNRESET: "the other end broke the connection",
    errno.EPIPE: "the other end closed the connection",
    errno.EHOSTUNREACH: "it cannot be reached from here: is it switched on, and on this network?",
    errno.ENETUNREACH: "this box has no way to that network",
    errno.ETIMEDOUT: "no answer",
    errno.ENOENT: "it is not there",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EADDRINUSE: "the address is taken",
    errno.ENOSPC: "the disk is full",
    errno.EROFS: "the disk may not be written to",
    errno.EISDIR: "it is a folder",
    errno.ENOTTY: "it is no serial line",
    errno.EINVAL: "the system takes it for impossible",
}


def reason_of(error: Exception) -> str:
    """Return why ``error`` happened, without numbers or a program's names where that is known."""
    code = getattr(error, "errno", None)
    if code is None and error.args and isinstance(error.args[0], int):
        code = error.args[0]  # termios.error is no OSError
    words = _WORDS.get(code) if isinstance(code, int) else None
    return words or getattr(error, "strerror", None) or str(error)
