"""Canonical JSON: one text for one value, so that a hash of it means something."""

from __future__ import annotations

import hashlib
import json
from typing import Any

__all__ = ["canonical_json", "sha256_hex"]


def canonical_json(value: Any) -> str:
    """Return ``value`` as JSON with sorted keys, no spaces, and integers as its only numbers.

    Raises:
        TypeError: A float, or a value that JSON does not know; amounts are integers, rates are texts.
    """
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of ``text`` in UTF-8, as 64 lower-case hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float has no canonical text: {value!r}")
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):  # 1 and "1" would become the same key
                raise TypeError(f"a key is a text, not {key!r}")
            _refuse_floats(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _refuse_floats(member)
