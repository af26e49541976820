"""Character sets of EPC fields, and how they are escaped in URIs.

Source: GS1 TDS 2.3, Annex A (set 82), 14.5.6 (hexadecimal, file-safe base 64, Code 40).
"""

from __future__ import annotations

from urllib.parse import quote, unquote

__all__ = ["CODE_40", "FILE_SAFE_64", "SET_82", "link_escaped", "unescaped", "urn_escaped"]

# GS1 AI encodable character set 82, the only one that serials and extensions may use (TDS Annex A).
SET_82 = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
)

FILE_SAFE_64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

CODE_40 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"  # index 0 is padding, so A is 1 (TDS table 14-8)

_URN_ESCAPES = {ord(character): f"%{ord(character):02X}" for character in '"%&/<>?'}


def urn_escaped(text: str) -> str:
    """Return ``text`` as TDS Annex A's "URI Form" writes it in an EPC URN."""
    return text.translate(_URN_ESCAPES)


def link_escaped(text: str) -> str:
    """Return ``text`` as a path segment of a Digital Link: all but RFC 3986's unreserved characters are escaped."""
    return text if text.isalnum() else quote(text, safe="")


def unescaped(text: str) -> str:
    """Return ``text`` with its %XX sequences resolved."""
    return unquote(text) if "%" in text else text
