"""Our table of names is CLDR's, as Babel has it."""

import pytest
from babel import Locale
from babel.numbers import format_decimal

from web import i18n, when
from web.almanac import NAMES
from web.words import Words

LOCALES = {"en": "en_GB", "cy": "cy_GB"}


def words(language: str) -> Words:
    return Words(i18n.Catalogue(language, {}), "Europe/London")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_days_and_months_are_called_as_cldr_has_them(language: str) -> None:
    names, known = NAMES[language], Locale.parse(LOCALES[language])
    days, months = known.days["stand-alone"], known.months["stand-alone"]
    assert list(names.days) == [days["wide"][n] for n in range(7)]
    assert list(names.short_days) == [days["abbreviated"][n] for n in range(7)]
    assert list(names.months) == [months["wide"][n] for n in range(1, 13)]
    assert list(names.short_months) == [months["abbreviated"][n] for n in range(1, 13)]
    assert list(names.typed) == [known.months["format"]["abbreviated"][n] for n in range(1, 13)]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("n", [0, 7, 999, 1_000, 1_294, 1_234_567, -1_234, 1.5, 2.0, 1_234.5, 0.126, -0.5])
def test_numbers_are_written_as_cldr_has_them(language: str, n: float) -> None:
    assert words(language).number(n) == format_decimal(round(n, 2), locale=LOCALES[language])


@pytest.mark.parametrize(("pence", "all_of_it", "whole"), [
    (0, "£0.00", "£0"), (5, "£0.05", "£0.05"), (41_200, "£412.00", "£412"), (128_450, "£1,284.50", "£1,284.50"),
    (-250, "-£2.50", "-£2.50"), (-100_000, "-£1,000.00", "-£1,000"),
])  # fmt: skip
def test_money_is_pounds_with_their_pence(pence: int, all_of_it: str, whole: str) -> None:
    assert (words("en").money(pence), words("en").money(pence, whole=True)) == (all_of_it, whole)


def test_months_may_be_typed_short_or_long_in_both_languages() -> None:
    known = when._months()
    assert {known[name] for name in ("june", "jun", "mehefin", "meh", "fehefin")} == {6}
    assert known["gor"] == known["gorff"] == known["july"] == 7
