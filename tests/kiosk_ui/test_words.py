"""The catalogue has every word that is asked for and none that nobody asks for; amounts are exact."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from checkout.money import minor_digits
from checkout.view import LineKind, Stage
from kiosk_ui.errors import WordsError
from kiosk_ui.words import Words, load_words

HOME = Path(__file__).parents[2] / "kiosk_ui"
KEY = re.compile(r"""["'`]([a-z]+\.[a-z0-9_]+)["'`]""")
# Names of templates and endpoints look the same.
NOT_WORDS = {"staff.desk", "shopper.index"} | {
    f"{name}.html" for name in ("index", "kiosk", "shop", "staff", "receipt", "error")
}
# Families whose keys are made of a code at run time.
CODED = {"notice", "payment", "failed", "stage", "link"}


def asked_keys() -> set[str]:
    sources = [*HOME.rglob("*.py"), *HOME.rglob("*.html"), *HOME.rglob("*.js")]
    families = {key.split(".")[0] for key in catalogue()}
    found = {key for path in sources for key in KEY.findall(path.read_text(encoding="utf-8"))}
    coded = {f"kiosk.aside_{kind}{end}" for kind in LineKind if kind is not LineKind.SALE for end in ("", "_hint")}
    coded |= {f"stage.{stage}" for stage in Stage}
    coded |= {f"{family}.other" for family in ("notice", "payment", "failed", "link")} | {"failed.other_hint"}
    coded |= {f"page.{name}_lead" for name in ("not_found", "refused", "failed")}
    return {key for key in found if key.split(".")[0] in families and key not in NOT_WORDS} | coded


def catalogue() -> dict[str, object]:
    found: dict[str, object] = json.loads((HOME / "translations" / "en.json").read_text(encoding="utf-8"))
    return found


def test_every_word_that_is_asked_for_is_there() -> None:
    assert asked_keys() - set(catalogue()) == set()


def test_no_word_is_there_that_nobody_asks_for() -> None:
    assert {key for key in set(catalogue()) - asked_keys() if key.split(".")[0] not in CODED} == set()


def test_every_failure_says_what_to_do() -> None:
    failures = {key for key in catalogue() if key.startswith("failed.") and not key.endswith("_hint")}

    assert {f"{key}_hint" for key in failures} <= set(catalogue())


def test_every_failure_says_that_nothing_was_charged() -> None:
    hints = {key: text for key, text in catalogue().items() if key.startswith("failed.") and key.endswith("_hint")}

    assert all("Nothing was charged" in str(text) for text in hints.values())


def test_a_plural_is_chosen_by_the_language() -> None:
    forms = {"x.n": {"one": "{n} rzecz", "few": "{n} rzeczy", "many": "{n} rzeczy (wiele)", "other": "{n} rzeczy"}}
    words = Words(Locale.parse("pl"), forms)

    assert [words("x.n", n=n) for n in (1, 3, 5)] == ["1 rzecz", "3 rzeczy", "5 rzeczy (wiele)"]


def test_a_missing_word_is_an_error_that_names_it() -> None:
    with pytest.raises(WordsError, match=r"no text for 'kiosk\.nothing'"):
        load_words("en")("kiosk.nothing")


@pytest.mark.parametrize("language", ["xx", "", "../en", "de", "not a language"])
def test_a_language_without_a_catalogue_is_refused(language: str) -> None:
    with pytest.raises(WordsError):
        load_words(language)


def test_a_territory_takes_the_catalogue_of_its_language() -> None:
    words = load_words("en-IE")

    assert (words.tag, words("kiosk.done")) == ("en-IE", load_words("en")("kiosk.done"))


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "TND", "IQD", "ISK"]))
def test_an_amount_is_written_with_all_its_digits_and_no_other(minor: int, currency: str) -> None:
    written = load_words("en").money(minor, currency)
    digits = re.sub(r"[^0-9.]", "", written)

    assert Decimal(digits) == abs(Decimal(minor).scaleb(-minor_digits(currency)))
    assert ("-" in written) == (minor < 0)


@pytest.mark.parametrize(
    ("rate", "written"), [("0.19", "19%"), ("0.07", "7%"), ("0.055", "5.5%"), ("0", "0%"), ("0.190", "19%")]
)
def test_a_rate_is_written_with_the_decimals_that_it_has(rate: str, written: str) -> None:
    assert load_words("en").percent(rate) == written
