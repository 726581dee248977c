"""Forms: whatever is typed or sent, nothing is lost and nothing breaks."""

from collections.abc import Iterator
from typing import Annotated, Literal

import httpx
import msgspec
import pytest
import sink
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta
from sink import NOON, at
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub import clock
from hub.errors import Invalid
from web import forms

ZONE = "Europe/London"
KLINGON = b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--"


class Person(msgspec.Struct):
    name: str
    reach: str = ""


class Draft(msgspec.Struct):
    title: dict[str, str]
    starts: int | None = None
    places: Annotated[int, Meta(ge=1)] | None = None
    share: float = 1.0
    cost: int = 0
    kind: Literal["ask", "offer"] = "ask"
    short: Annotated[str, Meta(max_length=5)] = ""
    flagged: bool = False
    step_free: bool | None = None
    tags: list[str] = msgspec.field(default_factory=lambda: ["as", "before"])
    contacts: list[Person] = msgspec.field(default_factory=list)


@pytest.fixture(autouse=True)
def _wednesday_3_june_2026() -> Iterator[None]:
    clock.use(lambda: NOON)
    yield
    clock.use(None)


def typed(**fields: str | list[str]) -> forms.Form[Draft]:
    """A form in which this was typed; two underscores stand for a dot."""
    values = {k.replace("__", "."): v if isinstance(v, list) else [v] for k, v in fields.items()}
    return forms.convert({"title.en": ["Street party"], **values}, Draft, ZONE)


def wrong(**fields: str | list[str]) -> dict[str, str]:
    form = typed(**fields)
    assert form.value is None
    return {name: str(error) for name, error in form.errors.items()}


def value(**fields: str | list[str]) -> Draft:
    form = typed(**fields)
    assert form.value, form.errors
    return form.value


def test_words_in_two_languages_become_a_text_and_blanks_are_left_out() -> None:
    assert value(title__cy="Parti stryd").title == {"en": "Street party", "cy": "Parti stryd"}
    assert value(title__cy="  ").title == {"en": "Street party"}


def test_what_is_left_blank_is_not_said() -> None:
    assert value(places="", kind="", short="") == value()


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert wrong(places="lots", share="half", kind="gift", short="too long") == {
        "places": "Type a number, such as 40.",
        "share": "Type a number, such as 2.5.",
        "kind": "Choose one of the answers.",
        "short": "Use at most 5 characters.",
    }


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0", "Type 1 or more."),
        ("9" * 5000, "That number is too large."),
        ("90071992547409930", "That number is too large."),
        ("1e5", "Type a number, such as 40."),
        ("١٢x", "Type a number, such as 40."),
    ],
)
def test_numbers_that_do_not_fit(typed: str, sentence: str) -> None:
    assert wrong(places=typed) == {"places": sentence}


def test_numbers_as_people_write_them() -> None:
    assert [value(places=words).places for words in (" 40 ", "1,200", "1 200")] == [40, 1200, 1200]


@pytest.mark.parametrize("number", ["nan", "inf", "-Infinity", "1e999"])
def test_no_number_that_is_none_gets_in(number: str) -> None:
    assert wrong(share=number) == {"share": "Type a number, such as 2.5."}


@pytest.mark.parametrize(
    ("on", "time", "moment"),
    [
        ("2026-06-06", "10:00", at(6, 10)),
        ("6/6/2026", "10am", at(6, 10)),
        ("6.6.26", "10.30", at(6, 10, 30)),
        ("Saturday 6 June", "2.30 pm", at(6, 14, 30)),
        ("6th of June 2026", "noon", at(6, 12)),
        ("dydd Sadwrn 6 Mehefin", "2 y prynhawn", at(6, 14)),
        ("6 Meh 2026", "7 yh", at(6, 19)),
        ("2 June", "12 am", at(2, 0)),  # yesterday may still be meant
        ("1 May", "12pm", at(1, 12, month=5, year=2027)),
        ("2026-06-06", "10:00:00", at(6, 10)),
    ],
)
def test_days_and_times_as_people_type_them(on: str, time: str, moment: int) -> None:
    assert value(starts__date=on, starts__time=time).starts == moment


@pytest.mark.parametrize(
    ("on", "time", "sentence"),
    [
        ("31/6/2026", "10:00", "There is no such day. Check the day and the month."),
        ("2026-02-30", "10:00", "There is no such day. Check the day and the month."),
        ("next week", "10:00", "Type the day like 6 June 2026 or 6/6/2026."),
        ("0000-01-01", "10:00", "There is no such day. Check the day and the month."),
        ("2026-06-06", "teatime", "Type the time like 10 am, 2.30 pm or 14:30."),
        ("2026-06-06", "25:00", "There is no such time. Type it like 10 am, 2.30 pm or 14:30."),
        ("2026-06-06", "14 pm", "There is no such time. Type it like 10 am, 2.30 pm or 14:30."),
        ("2026-06-06", "", "Give the time too."),
        ("", "10:00", "Give the day too."),
    ],
)
def test_days_and_times_that_are_none(on: str, time: str, sentence: str) -> None:
    assert wrong(starts__date=on, starts__time=time) == {"starts": sentence}


def test_an_hour_that_does_not_happen_is_explained() -> None:
    assert wrong(starts__date="28/3/2027", starts__time="1.30 am") == {
        "starts": "The clocks go forward that night and 01:30 does not happen. Choose a time an hour later."
    }


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", ZONE])
def test_a_year_that_no_calendar_shows_is_still_a_moment_for_the_domain_to_refuse(zone: str) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        for clock_ in ("00:00", "23:59"):
            assert forms.convert({"starts.date": [day], "starts.time": [clock_], "title.en": ["x"]}, Draft, zone).value


def test_an_hour_that_comes_twice_is_taken_the_first_time_and_said() -> None:
    form = typed(starts__date="25/10/2026", starts__time="1.30 am")
    assert form.value
    assert form.value.starts == at(25, 0, 30, month=10) + clock.HOUR
    assert str(form.notes["starts"]).startswith("The clocks go back that night")


def test_pounds_become_pence() -> None:
    assert [value(cost__pounds=words).cost for words in ("2.50", "£3", "1,200.5", "")] == [250, 300, 120050, 0]
    assert wrong(cost__pounds="a fiver") == {"cost": "Type an amount in pounds, such as 2.50."}


def test_boxes_are_ticked_or_not() -> None:
    assert value(flagged=["", "true"]).flagged
    assert not value(flagged=[""]).flagged
    assert [value(step_free=words).step_free for words in ("true", "false", "")] == [True, False, None]


def test_lists_and_rows() -> None:
    assert value(tags=["", "river", "tea"]).tags == ["river", "tea"]
    assert value(tags=[""]).tags == []
    assert value().tags == ["as", "before"], "a list that the form does not have keeps its usual value"
    rows = value(contacts__1__name="Rhys", contacts__0__name="Bethan", contacts__0__reach="01632", contacts__2__name="")
    assert [contact.name for contact in rows.contacts] == ["Bethan", "Rhys"]
    assert wrong(contacts__0__reach="01632") == {"contacts.0.name": "Fill this in."}


def test_what_was_typed_comes_back_as_it_was() -> None:
    form = typed(places=" lots ", starts__date="31/6/26", flagged=["", "true"])
    assert (form.typed("places"), form.typed("starts.date"), form.typed("title.en")) == (
        " lots ",
        "31/6/26",
        "Street party",
    )
    assert form.picked("flagged", "true")


def test_a_refusal_by_the_neighbourhood_stands_at_its_field() -> None:
    form = typed().refuse(Invalid("This event is full.", field="places"))
    assert form.value is None
    assert str(form.wrong("places")) == "This event is full."


def test_a_form_to_change_something_shows_it() -> None:
    draft = Draft({"en": "Tea", "cy": "Paned"}, starts=at(6, 10), cost=250, flagged=True, contacts=[Person("Rhys")])
    form = forms.filled(draft, ZONE, moments=("starts",), amounts=("cost",))
    assert form.typed("title.cy") == "Paned"
    assert (form.typed("starts.date"), form.typed("starts.time")) == ("2026-06-06", "10:00")
    assert form.typed("cost.pounds") == "2.50"
    assert forms.convert(form._typed, Draft, ZONE).value == draft


odd = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)  # also halves of characters
names = st.sampled_from(
    [
        "title", "title.en", "starts.date", "starts.time", "starts", "places", "cost.pounds", "cost", "tags", "tags.x",
        "kind", "contacts.0.name", "contacts.0", "contacts", "flagged", "step_free.date", "share", "a.b.c.d.e.f", ".",
        "..", "",
    ]
)  # fmt: skip


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(st.dictionaries(names | odd, st.lists(odd | st.sampled_from(["2026-06-06", "10:00", "99/99/9999"]), min_size=1)))
def test_whatever_is_typed_there_is_a_value_or_a_sentence(fields: dict[str, list[str]]) -> None:
    cleaned = {forms.clean(name): [forms.clean(one) for one in values] for name, values in fields.items()}
    form = forms.convert(cleaned, Draft, ZONE)
    assert (form.value is None) == bool(form.errors)


# Over the wire


async def echo(request: Request) -> Response:
    form = await forms.parse(request, Draft, files=request.url.path == "/pictures")
    files = {name: [file.name, len(file.data)] for name, file in form.files.items()}
    errors = {name: str(error) for name, error in form.errors.items()}
    return JSONResponse({"value": msgspec.to_builtins(form.value), "errors": errors, "files": files})


def browser() -> httpx.AsyncClient:
    routes = (Route("/echo", echo, methods=["POST"]), Route("/pictures", echo, methods=["POST"]))
    return httpx.AsyncClient(transport=httpx.ASGITransport(sink.app(routes=routes)), base_url="https://hub.example")


async def test_a_form_arrives_either_way_it_may_be_sent() -> None:
    async with browser() as client:
        plain = await client.post("/echo", data={"title.en": "Te a chân", "places": "4"})
        parts = await client.post("/echo", files={"title.en": (None, "Te a chân"), "places": (None, "4")})
    assert plain.json() == parts.json()
    assert plain.json()["value"]["title"] == {"en": "Te a chân"}


async def test_control_characters_and_half_letters_are_dropped() -> None:
    body = b"title.en=Str\x00eet%00%ED%A0%80+party%0D%0Atwo"
    async with browser() as client:
        answer = await client.post("/echo", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    title = answer.json()["value"]["title"]["en"]
    assert title.startswith("Street")
    assert title.endswith(" party\ntwo")
    assert "\x00" not in title


async def test_pictures_come_only_where_they_are_asked_for() -> None:
    picture = {"picture": ("bench.jpg", b"\xff\xd8" + b"0" * 300_000, "image/jpeg")}
    async with browser() as client:
        taken = await client.post("/pictures", data={"title.en": "Bench"}, files=picture)
        refused = await client.post("/echo", data={"title.en": "Bench"}, files=picture)
        small = await client.post("/echo", data={"title.en": "Bench"}, files={"picture": ("a.txt", b"x")})
    assert taken.json()["files"] == {"picture": ["bench.jpg", 300_002]}
    assert (refused.status_code, small.status_code) == (413, 400)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", b"--x\r\n", 400),
        ("multipart/form-data; boundary=", b"--x\r\n", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 200),  # no field arrived, and that is said beside each
        ("multipart/form-data; boundary=x; charset=klingon", KLINGON, 400),
        ("application/json", b"{}", 415),
        ("text/html", b"x", 415),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(101)), 400),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * forms.WORDS, 413),
        ("application/x-www-form-urlencoded", b"%%%=%zz&=&&;", 200),
        ("", b"", 200),
    ],
)
async def test_what_is_no_form_is_refused_in_words(kind: str, body: bytes, status: int) -> None:
    async with browser() as client:
        answer = await client.post("/echo", content=body, headers={"content-type": kind} if kind else {})
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["title"]


async def test_a_body_that_hides_its_length_is_cut_off_too() -> None:
    async def endless() -> object:
        for _ in range(10):
            yield b"a" * (forms.WORDS // 8)

    async with browser() as client:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await client.post("/echo", content=endless(), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 413
