"""A pseudo terminal behind a stable name: the tty of a virtual serial module.

1. The slave is raw before anybody can open it: a fresh one echoes what it is sent.
2. One slave descriptor stays open here: without it the master gives EIO as soon as the last client leaves.
3. The name is a symbolic link that is replaced in one step, so that a client that looks again after a replug finds
   either nothing or a tty. A file that is no such link is never touched.
4. A tty keeps the rate that a client sets, and the master sees it.

Source: Linux, pty(7), termios(3), ioctl_tty(2); facts measured 2026-11.
"""

from __future__ import annotations

import fcntl
import os
import struct
import tty
from pathlib import Path

from reader.errors import SceneError

__all__ = ["PseudoTerminal"]

# struct termios2 of Linux: four flag words, line discipline, 19 control characters, input and output rate as numbers.
_TERMIOS2 = struct.Struct("=4IB19sII")
_TCGETS2, _TCSETS2 = 0x802C542A, 0x402C542B
_CBAUD, _BOTHER = 0o010017, 0o010000
_READ_BYTES = 65536


class PseudoTerminal:
    """An open pty whose slave is found at ``link``; not blocking."""

    def __init__(self, link: Path, baud: int) -> None:
        """Open it, at ``baud`` until a client says otherwise.

        Raises:
            SceneError: ``link`` is there already and is not ours to replace, or cannot be made.
        """
        self.link = link
        self._occupied = False
        _refuse_foreign(link)
        self._master, self._slave = os.openpty()
        try:
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self._set_baud(baud)
            self.device = os.ttyname(self._slave)
            _replace_link(link, self.device)
        except BaseException:
            self._close_descriptors()
            raise

    def fileno(self) -> int:
        """The master, for a selector."""
        return self._master

    @property
    def client_baud(self) -> int:
        """The rate that the client has set."""
        content = fcntl.ioctl(self._master, _TCGETS2, bytes(_TERMIOS2.size))
        rate: int = _TERMIOS2.unpack(content)[-1]
        return rate

    def read(self) -> bytes:
        """Return what the client wrote since; empty where it wrote nothing."""
        try:
            return os.read(self._master, _READ_BYTES)
        except BlockingIOError:
            return b""

    def write(self, octets: bytes) -> int:
        """Return how many of ``octets`` found room; the rest did not."""
        try:
            return os.write(self._master, octets)
        except BlockingIOError:
            return 0

    def occupy(self, is_taken: bool) -> None:
        """Take or give back the lock that a client takes which wants the tty for itself (flock, as pyserial does)."""
        if is_taken == self._occupied:
            return
        try:
            fcntl.flock(self._slave, (fcntl.LOCK_EX if is_taken else fcntl.LOCK_UN) | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # a client has it; it may keep it
        self._occupied = is_taken

    def close(self) -> None:
        """Unplug it: clients get errors, and the name goes unless it leads elsewhere by now."""
        if self.link.is_symlink() and self.link.readlink() == Path(self.device):
            self.link.unlink()
        self._close_descriptors()

    def _close_descriptors(self) -> None:
        os.close(self._slave)
        os.close(self._master)

    def _set_baud(self, baud: int) -> None:
        settings = list(_TERMIOS2.unpack(fcntl.ioctl(self._slave, _TCGETS2, bytes(_TERMIOS2.size))))
        settings[2] = settings[2] & ~_CBAUD | _BOTHER
        settings[-2:] = baud, baud
        fcntl.ioctl(self._slave, _TCSETS2, _TERMIOS2.pack(*settings))


def _refuse_foreign(link: Path) -> None:
    """Check that ``link`` may be made.

    Raises:
        SceneError: Something is there that no virtual module can have left behind.
    """
    if link.is_symlink() and str(link.readlink()).startswith("/dev/pts/"):
        return  # left behind by one that was killed
    if link.is_symlink() or link.exists():
        raise SceneError(f"{link}: is there already, and is no link to a pseudo terminal; it is left as it is")


def _replace_link(link: Path, device: str) -> None:
    beside = link.with_name(f".{link.name}.{os.getpid()}")
    try:
        beside.symlink_to(device)
        beside.replace(link)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise SceneError(f"{link}: the link cannot be made: {error.strerror}") from error
