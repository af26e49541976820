"""What the central inventory is started with, checked once."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stocksync.errors import SyncError

__all__ = ["CentralSettings", "CentralSettingsError", "database_path"]

_DAY_S = 24 * 3600
_SQLITE = "sqlite:///"


class CentralSettingsError(SyncError, ValueError):
    """Settings with which central refuses to start; says which and what was expected."""


@dataclass(frozen=True, slots=True)
class CentralSettings:
    """How to run one central inventory.

    database: the SQLite file. keys: per store the SHA-256 hashes (hex) of its keys, see `keys.hash_key`.
    open: nobody is asked for a key; on loopback only.
    public_reads: reading needs no key (availability for a web shop's pages); writing always does, unless open.
    file_limit: octets of a request's body; unpacked_limit: of what it unpacks to. capture_limit: events per request.
    ahead_s: how far ahead of our clock an event may be stamped and still be believed.
    stream_s: after that an SSE stream ends and its reader comes back, so that a dead one does not hold a thread.
    """

    database: Path
    host: str = "127.0.0.1"
    port: int = 8090
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open: bool = False
    public_reads: bool = False
    threads: int = 32
    streams: int = 16
    stream_s: float = 60.0
    heartbeat_s: float = 3.0
    capture_limit: int = 5_000
    file_limit: int = 8 << 20
    unpacked_limit: int = 64 << 20
    ahead_s: float = 600.0
    receipt_s: float = 30 * _DAY_S
    job_s: float = 30 * _DAY_S

    def __post_init__(self) -> None:
        if self.open and not _is_loopback(self.host):
            raise CentralSettingsError(f"without keys central listens on loopback only, not on {self.host}")
        if not self.open and not self.keys:
            raise CentralSettingsError(
                "expected the stores' keys, or open (on loopback); central does not start without"
            )
        if self.streams >= self.threads:
            raise CentralSettingsError("expected fewer streams than threads, or nobody else gets an answer")


def database_path(text: str) -> Path:
    """Return the file that `sqlite:///FILE` or a bare path names.

    Raises:
        CentralSettingsError: It names another engine, or no file.
    """
    if text.startswith(("postgresql://", "postgres://")):
        raise CentralSettingsError("postgresql:// is not supported yet; expected sqlite:///FILE or FILE")
    path = text.removeprefix(_SQLITE)
    if not path or "://" in path or path == ":memory:":
        raise CentralSettingsError(f"expected sqlite:///FILE or FILE, not {text!r}")
    return Path(path)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
