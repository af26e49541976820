"""What can go wrong between a page and the shop.

KioskUiError
├── SettingsError (ValueError)      settings that cannot be obeyed
└── WordsError (LookupError)        a catalogue of words that is missing or lacks a word
"""

from __future__ import annotations

__all__ = ["KioskUiError", "SettingsError", "WordsError"]


class KioskUiError(Exception):
    """Base of every error of this package; `retry_helps` says whether the same again may succeed."""

    retry_helps = False


class SettingsError(KioskUiError, ValueError):
    """Settings that cannot be obeyed; says which and what was expected."""


class WordsError(KioskUiError, LookupError):
    """A language without a catalogue, or a catalogue without a word that a page needs."""
