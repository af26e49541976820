"""Who may do what: keys of stores, of which only the hashes are kept here.

1. Whoever writes shows a key; a key belongs to one store and writes only that store's events.
2. Reading needs any key, unless the settings make reads public. A receipt's token is its own key.
3. An open central (loopback only, for demo and tests) asks nobody for anything.

A key is 32 random bytes made at enrolment, so a plain SHA-256 of it is as good as a slow hash of a password.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stocksync.central.settings import CentralSettingsError

__all__ = ["KeyRing", "hash_key", "load_keys"]

_HASH_LENGTH = 64


def hash_key(key: str) -> str:
    """Return what central keeps of a key: its SHA-256 in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


class KeyRing:
    """The stores' keys."""

    def __init__(self, hashes: Mapping[str, tuple[str, ...]]) -> None:
        self._hashes = [(store, value.lower()) for store, values in hashes.items() for value in values]

    def store_of(self, key: str) -> str | None:
        """Return the store whose key it is, or None; takes as long for a wrong key as for a right one."""
        shown = hash_key(key)
        found = None
        for store, value in self._hashes:
            if hmac.compare_digest(shown, value):
                found = store
        return found


def load_keys(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a file, TOML or by its ending JSON: `store = "hash"`, or `["hash", "next hash"]` while a key rotates.

    Raises:
        CentralSettingsError: It cannot be read, is empty, or something in it is no SHA-256 in hex.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise CentralSettingsError(f"{path}: expected a readable file ({error.strerror})") from error
    except ValueError as error:
        raise CentralSettingsError(f"{path}: {error}") from error
    if not isinstance(content, dict) or not content:
        raise CentralSettingsError(f"{path}: expected store = hash, at least once")
    return {store: _hashes_of(path, store, value) for store, value in content.items()}


def _hashes_of(path: Path, store: str, value: Any) -> tuple[str, ...]:
    hashes = value if isinstance(value, list) else [value]
    for text in hashes:
        if not isinstance(text, str) or len(text) != _HASH_LENGTH or not set(text.lower()) <= set("0123456789abcdef"):
            raise CentralSettingsError(f"{path}: expected the SHA-256 of {store}'s key in hex, 64 digits")
    return tuple(hashes)
