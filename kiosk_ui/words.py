"""A catalogue of words: every sentence that people read, by key, with plural forms and amounts.

A catalogue is one JSON file of `translations/`: key → text, or key → {plural category: text}. Places for values
are written `{name}`. Pages get the keys they need of the same file, so a translation is one more file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import copy
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_skeleton, format_time
from babel.numbers import format_percent

from checkout.money import minor_digits
from kiosk_ui.errors import WordsError

__all__ = ["Text", "Words", "load_words"]

Text = str | Mapping[str, str]

_PLACE = re.compile(r"\{([a-z_]+)\}")


class Words:
    """The words of one language. `tag` is its BCP 47 name, for `<html lang>`."""

    def __init__(self, locale: Locale, catalogue: Mapping[str, Text]) -> None:
        self._locale = locale
        self._catalogue = catalogue
        self.tag = str(locale).replace("_", "-")
        self.direction = locale.text_direction

    def __call__(self, key: str, *, n: int = 0, **values: object) -> str:
        """Return the text of ``key``; a plural one is chosen by ``n``.

        Raises:
            WordsError: The catalogue has no such text.
        """
        text = self._catalogue.get(key)
        if text is None:
            raise WordsError(f"the {self.tag} catalogue has no text for {key!r}")
        if not isinstance(text, str):
            text = text.get(self._locale.plural_form(n), text["other"])
        values["n"] = n
        return _PLACE.sub(lambda place: str(values.get(place[1], place[0])), text)

    def has(self, key: str) -> bool:
        """Say whether there is a text for ``key``."""
        return key in self._catalogue

    def of_code(self, family: str, code: str) -> str:
        """Return the words for a ``code`` of a ``family``; an unknown one gets the family's `other`."""
        key = f"{family}.{code}"
        return self(key if key in self._catalogue else f"{family}.other")

    def money(self, minor: int, currency: str) -> str:
        """Return an amount of minor units as people write it; babel gets an exact value, so nothing is rounded."""
        return _money(minor, currency, self._locale)

    def percent(self, rate: str) -> str:
        """Return a rate such as "0.19" as "19%", with as many decimals as it has."""
        return str(format_percent(Decimal(rate), locale=self._locale, decimal_quantization=False))

    def moment(self, at: datetime) -> str:
        """Return a date and time as people write it, in the zone that ``at`` carries."""
        return str(format_datetime(at, "medium", locale=self._locale))

    def brief_moment(self, at: datetime) -> str:
        """Return a day and a time to the minute, for lists."""
        day = format_skeleton("MMMd", at, locale=self._locale)
        return f"{day}, {format_time(at, 'short', locale=self._locale)}"

    def below(self, *families: str) -> dict[str, Text]:
        """Return the texts of ``families`` ("kiosk" has "kiosk.pay"), for a page's own script."""
        return {key: text for key, text in self._catalogue.items() if key.split(".", 1)[0] in families}


@lru_cache(maxsize=4096)
def _money(minor: int, currency: str, locale: Locale) -> str:
    digits = minor_digits(currency)
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)  # CLDR's digits differ from ISO 4217's for some, IQD for one
    amount = Decimal(minor).scaleb(-digits)
    return str(pattern.apply(amount, locale, currency=currency, currency_digits=False))


def load_words(language: str) -> Words:
    """Return the words of ``language`` ("en", "en-IE"), from the catalogue of its plain language.

    Raises:
        WordsError: There is no such language, or no catalogue for it.
    """
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise WordsError(f"{language!r} is not a language such as 'en' or 'en-IE'") from error
    source = files("kiosk_ui") / "translations" / f"{locale.language}.json"
    if not source.is_file():
        raise WordsError(f"there is no catalogue of words for {language!r}")
    return Words(locale, json.loads(source.read_text(encoding="utf-8")))
