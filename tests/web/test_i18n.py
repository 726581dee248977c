"""Dates, times, amounts and languages, as people say them."""

from collections.abc import Iterator
from datetime import date

import pytest
from sink import NOON, at

from hub import clock
from web import i18n, themes
from web.words import Words

ZONE = "Europe/London"
SAD, SUL, DAU = "Dydd Sadwrn 6 Mehefin", "ddydd Sul 7 Mehefin", "2 y prynhawn"


@pytest.fixture(autouse=True)
def _wednesday_3_june_2026() -> Iterator[None]:
    clock.use(lambda: NOON)
    yield
    clock.use(None)


def speak(language: str, zone: str = ZONE) -> Words:
    return Words(i18n.catalogue(language, themes.chain()), zone)


@pytest.mark.parametrize(
    ("starts", "ends", "english", "welsh"),
    [
        (at(6, 10), at(6, 13), "Saturday 6 June, 10 am to 1 pm", f"{SAD}, 10 y bore tan 1 y prynhawn"),
        (at(4, 19), at(4, 20, 30), "Thursday 4 June, 7 pm to 8.30 pm", "Dydd Iau 4 Mehefin, 7 tan 8.30 yr hwyr"),
        (at(6, 12), at(6, 15), "Saturday 6 June, 12 noon to 3 pm", f"{SAD}, hanner dydd tan 3 y prynhawn"),
        (at(6, 20), at(7, 2), "Saturday 6 June, 8 pm to 2 am on Sunday", f"{SAD}, 8 yr hwyr tan 2 y bore ddydd Sul"),
        (at(6, 20), at(7, 0), "Saturday 6 June, 8 pm to 12 midnight", f"{SAD}, 8 yr hwyr tan hanner nos"),
        (at(6, 18), at(7, 14), "Saturday 6 June, 6 pm to Sunday 7 June, 2 pm", f"{SAD}, 6 yr hwyr tan {SUL}, {DAU}"),
        (at(6, 0), at(7, 0), "Saturday 6 June, all day", f"{SAD}, drwy’r dydd"),
        (at(6, 0), at(8, 0), "Saturday 6 June to Sunday 7 June", f"{SAD} tan {SUL}"),
        (at(11, 9, 15), None, "Thursday 11 June, 9.15 am", "Dydd Iau 11 Mehefin, 9.15 y bore"),
        (at(9, 10, month=1, year=2027), None, "Saturday 9 January 2027, 10 am", "Dydd Sadwrn 9 Ionawr 2027, 10 y bore"),
    ],
)  # fmt: skip
def test_when_something_is(starts: int, ends: int | None, english: str, welsh: str) -> None:
    assert speak("en").when(starts, ends) == english
    assert speak("cy").when(starts, ends) == welsh


def test_the_clock_on_the_wall_is_the_one_that_is_said_when_the_clocks_change() -> None:
    forward = at(29, 0, 30, month=3), at(29, 3, month=3)  # the hour from 1 to 2 does not happen
    assert speak("en").when(*forward) == "Sunday 29 March, 12.30 am to 3 am"
    assert forward[1] - forward[0] == 90 * clock.MINUTE
    back = at(25, 0, 30, month=10), at(25, 3, month=10)  # the hour from 1 to 2 comes twice
    assert speak("en").when(*back) == "Sunday 25 October, 12.30 am to 3 am"
    assert back[1] - back[0] == 210 * clock.MINUTE


def test_a_thing_keeps_the_time_zone_of_its_place() -> None:
    assert speak("en").time(at(6, 10), "Europe/Berlin") == "11 am"
    assert speak("en", "Europe/Berlin").day(at(6, 23, 30)) == "Sunday 7 June"


def test_a_tile_has_three_short_lines() -> None:
    today, then = speak("en").tile(at(3, 14)), speak("cy").tile(at(6, 10))
    assert (today.top, today.number, today.month, today.iso) == ("Today", "3", "June", "2026-06-03T14:00+01:00")
    assert (then.top, then.number, then.month) == ("Sad", "6", "Meh")
    assert speak("en").tile(date(2026, 9, 5)).month == "Sept"
    assert max(len(speak("cy").tile(date(2026, month, 1)).month) for month in range(1, 13)) <= 5


@pytest.mark.parametrize(
    ("past", "english", "welsh"),
    [
        (20 * 1000, "just now", "eiliad yn ôl"),
        (clock.MINUTE, "1 minute ago", "1 munud yn ôl"),
        (2 * clock.MINUTE, "2 minutes ago", "2 funud yn ôl"),
        (3 * clock.HOUR, "3 hours ago", "3 awr yn ôl"),
        (2 * clock.DAY, "2 days ago", "2 ddiwrnod yn ôl"),
        (8 * clock.DAY, "Tuesday 26 May", "dydd Mawrth 26 Mai"),
    ],
)
def test_how_long_ago(past: int, english: str, welsh: str) -> None:
    assert speak("en").ago(NOON - past) == english
    assert speak("cy").ago(NOON - past) == welsh


def test_when_somebody_said_something() -> None:
    assert speak("en").moment(at(3, 9)) == "today at 9 am"
    assert speak("en").moment(at(2, 20, 40)) == "yesterday at 8.40 pm"
    assert speak("cy").moment(at(2, 18)) == "ddoe am 6 yr hwyr"
    assert speak("cy").moment(at(1, 18)) == "ddydd Llun 1 Mehefin am 6 yr hwyr"


def test_numbers_and_money() -> None:
    assert speak("en").number(1294) == "1,294"
    assert speak("en").money(41200) == "£412.00"
    assert speak("cy").money(128400, whole=True) == "£1,284"
    assert speak("en").money(-9850) == "-£98.50"


def test_welsh_counts_in_six_ways() -> None:
    welsh = i18n.catalogue("cy", themes.chain())
    said = [welsh.ngettext("%(n)s event", "%(n)s events", n) % {"n": n} for n in (0, 1, 2, 3, 6, 7)]
    assert said[:3] == ["dim digwyddiadau", "1 digwyddiad", "2 ddigwyddiad"]
    things = [
        welsh.ngettext("There is one thing to put right", "There are %(n)s things to put right", n) for n in range(8)
    ]
    assert len(set(things)) == 5  # three and six sound alike here
    assert i18n.catalogue("en", themes.chain()).ngettext("%(n)s event", "%(n)s events", 0) == "%(n)s events"


@pytest.mark.parametrize(
    ("asked", "own", "header", "expected"),
    [
        (None, None, "", "en"),
        (None, None, "cy-GB,cy;q=0.9,en;q=0.8", "cy"),
        (None, None, "fr, de;q=0.9, cy;q=0.1", "cy"),
        (None, None, "en;q=0.3, cy;q=0.7", "cy"),
        (None, None, "cy;q=0, en;q=0.1", "en"),
        (None, None, ";;;q=,,cy;q=wide,\x00", "en"),
        (None, "cy", "en", "cy"),
        ("en", "cy", "cy", "en"),
        ("tlh", "cy", "en", "cy"),
    ],
)
def test_whose_word_on_the_language_counts(asked: str | None, own: str | None, header: str, expected: str) -> None:
    assert i18n.choose(["en", "cy"], asked, own, header) == expected


def test_a_hub_in_one_language_keeps_to_it() -> None:
    assert i18n.choose(["cy"], "en", "en", "en") == "cy"


def test_a_fuzzy_or_half_done_message_stays_english() -> None:
    po = """#, fuzzy
msgid "a"
msgstr "x"

msgid "b"
msgid_plural "bs"
msgstr[0] "y"
msgstr[1] ""

msgid ""
"two "
"lines"
msgstr "dwy\\n\\"linell\\""
"""
    assert i18n.read(po) == {"two lines": ('dwy\n"linell"',)}
