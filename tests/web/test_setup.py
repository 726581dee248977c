"""Setting a hub up in the browser: what is kept, what is refused, and what stands at the end."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import pytest_asyncio
from browsing import Site, a_site, fields
from conftest import Clock
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from hub import people, settings
from hub.clock import DAY
from hub.store import Store, Tx
from hub.store.open import opened
from web.pages.setup import ORDER

Step = dict[str, str | list[str]]
TYPED: dict[str, Step] = {
    "names": {"name.en": "Riverside", "name.cy": "Glan-yr-afon", "languages": ["en", "cy"], "handle": "riverside"},
    "place": {"area_name": "Riverside ward", "area_code": "W05000985", "lat": "51.48", "lon": "-3.18", "radius": "2",
              "zone": "Europe/London"},
    "welcome": {"welcome.en": "Neighbours by the river."},
    "rules": {"rules.en": "Be kind."},
    "contacts": {"contacts.0.name": "Bethan", "contacts.0.reach": "01632 960118"},
    "look": {"hue": "235"},
    "account": {"login": "bethan", "email": "b@example.org", "password": "three odd words here",
                "again": "three odd words here"},
}  # fmt: skip


class Wizard:
    def __init__(self, site: Site, key: str) -> None:
        self.site, self.key, self.browser = site, key, site.browser()

    def path(self, step: str) -> str:
        return f"/setup?key={self.key}&step={step}"

    async def send(self, step: str, **more: Any) -> Any:
        return await self.browser.post(self.path(step), data=TYPED[step] | more)

    async def up_to(self, last: str) -> None:
        for step in ORDER[: ORDER.index(last)]:
            answer = await self.send(step)
            assert answer.status_code == 303, (step, answer.text)


@pytest_asyncio.fixture
async def wizard(sqlite_path: Path, tmp_path: Path) -> AsyncIterator[Wizard]:
    async with opened(str(sqlite_path)) as store, a_site(store, tmp_path) as site:
        yield Wizard(site, await store.write(people.new_link, "setup"))


async def test_until_then_every_page_says_kindly_that_there_is_nothing_yet(wizard: Wizard) -> None:
    for path in ("/", "/events", "/steward", "/signin", "/actor/hub", "/nothing"):
        answer = await wizard.browser.get(path)
        assert answer.status_code == 503
        assert "not set up yet" in answer.text
    assert (await wizard.browser.get("/healthz")).status_code == 200
    assert (await wizard.browser.get("/readyz")).status_code == 200


async def test_seven_pages_open_a_hub_and_sign_its_steward_in(store: Store, tmp_path: Path) -> None:
    async with a_site(store, tmp_path) as site:
        wizard = Wizard(site, await store.write(people.new_link, "setup"))
        assert len(ORDER) == 7
        await wizard.up_to("account")
        answer = await wizard.send("account")
        assert answer.headers["location"] == "/publish?done=opened"
        page = await wizard.browser.get(answer.headers["location"])
        assert page.status_code == 200
        assert "Publish your first event" in page.text
        hub = await store.read(settings.get)
        assert (hub.name, hub.acct, hub.hue) == (
            {"en": "Riverside", "cy": "Glan-yr-afon"}, "@riverside@glan.example", 235
        )  # fmt: skip
        assert (hub.area.code, hub.lat, hub.radius) == ("W05000985", 51.48, 2.0)
        assert (await store.read(people.steward)).login == "bethan"


async def test_the_link_is_good_once(wizard: Wizard) -> None:
    await wizard.up_to("account")
    assert (await wizard.send("account")).status_code == 303
    for again in (await wizard.browser.get(wizard.path("names")), await wizard.send("names")):
        assert again.status_code == 403
        assert "used" in again.text


async def test_looking_does_not_use_the_link_up(wizard: Wizard) -> None:
    for _ in range(3):
        assert (await wizard.browser.get(f"/setup?key={wizard.key}")).status_code == 200


async def test_nobody_sets_the_hub_up_without_the_link(clock: Clock, wizard: Wizard) -> None:
    for path in ("/setup", "/setup?key=", "/setup?key=guessed&step=account"):
        assert (await wizard.browser.get(path)).status_code == 403
        assert (await wizard.browser.post(path, data=TYPED["account"])).status_code == 403
    clock.forward(2 * DAY)
    assert (await wizard.browser.get(f"/setup?key={wizard.key}")).status_code == 403


async def test_each_page_keeps_what_was_typed_for_whoever_comes_back(wizard: Wizard) -> None:
    await wizard.up_to("rules")
    elsewhere = wizard.site.browser()
    page = await elsewhere.get(f"/setup?key={wizard.key}")
    assert "Which rules hold here?" in page.text
    for step in ORDER[:3]:
        typed = fields((await elsewhere.get(wizard.path(step))).text, "/setup")
        for name, words in TYPED[step].items():
            assert isinstance(words, list) or typed[name] == words


async def test_going_back_keeps_even_what_does_not_fit(wizard: Wizard) -> None:
    await wizard.up_to("place")
    answer = await wizard.send("place", radius="a mile", go="back")
    assert answer.headers["location"].endswith("step=names")
    assert 'value="a mile"' in (await wizard.browser.get(wizard.path("place"))).text


@pytest.mark.parametrize(
    ("step", "typed", "said"),
    [
        ("names", {"name.en": " ", "name.cy": ""}, "Give your hub a name"),
        ("names", {"languages": []}, "Choose at least one language"),
        ("names", {"handle": "Hub!"}, "A handle has"),
        ("place", {"radius": "500"}, "at most 100 kilometres"),
        ("place", {"lat": "91"}, "Latitude runs from"),
        ("place", {"lon": ""}, "both latitude and longitude"),
        ("place", {"zone": "Mars/Olympus"}, "Name a time zone"),
        ("place", {"area_code": "12"}, "nine letters and digits"),
        ("rules", {"rules.en": ""}, "Write the rules"),
        ("contacts", {"contacts.0.name": ""}, "Name at least one person"),
        ("contacts", {"contacts.0.reach": ""}, "how to reach them"),
        ("look", {"hue": "1"}, "one of the twelve"),
        ("account", {"password": "short", "again": "short"}, "at least 12 characters"),
        ("account", {"again": "something else here"}, "differ"),
        ("account", {"email": "nobody"}, "Type an e-mail address"),
        ("account", {"login": "p_x"}, "That name is taken"),
        ("account", {"login": "riverside"}, "That name is taken"),
    ],
)
async def test_what_does_not_fit_is_said_beside_it_and_nothing_is_lost(
    wizard: Wizard, step: str, typed: dict[str, Any], said: str
) -> None:
    await wizard.up_to(step)
    answer = await wizard.send(step, **typed)
    assert answer.status_code == 422
    assert said in answer.text
    kept = fields(answer.text, "/setup")
    for name, words in (TYPED[step] | typed).items():
        if isinstance(words, str) and words and name not in ("password", "again", "hue"):
            assert kept[name].strip() == words.strip()
    assert "three odd words here" not in answer.text


async def test_a_hub_does_not_open_without_rules_and_somebody_who_answers_for_it(wizard: Wizard) -> None:
    await wizard.send("names")
    await wizard.send("contacts", **{"contacts.0.name": ""})
    answer = await wizard.send("account")
    assert answer.status_code == 303
    page = await wizard.browser.get(answer.headers["location"])
    assert "Name at least one person" in page.text
    assert await wizard.site.store.read(settings.found) is None


async def test_passwords_are_never_put_aside(wizard: Wizard) -> None:
    await wizard.send("account", email="nobody")

    def kept(tx: Tx) -> str:
        row = tx.one("SELECT answers FROM setup")
        assert row is not None
        return str(row["answers"])

    assert "three odd words" not in await wizard.site.store.read(kept)


async def test_very_long_answers_are_refused_and_not_a_mistake_of_ours(wizard: Wizard) -> None:
    answer = await wizard.send("welcome", **{"welcome.en": "x" * 95_000})
    assert answer.status_code == 422
    assert "too long" in answer.text


@pytest.mark.parametrize("step", ["nothing", "", "names%00"])
async def test_odd_steps_are_answered_in_words(wizard: Wizard, step: str) -> None:
    assert (await wizard.browser.get(f"/setup?key={wizard.key}&step={step}")).status_code == 200
    assert (await wizard.browser.post(f"/setup?key={wizard.key}&step={step}", data={})).status_code in (303, 422)


FIELDS = sorted(
    {name for typed in TYPED.values() for name in typed} | {"go", "contacts", "contacts.x.name", "name", "hue.x"}
)
ODD = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "0", "-1", "1e309", "nan", "٣", "\x00", "back", "A" * 3000, "<b>", "9" * 30]),
)


@pytest.mark.slow
@hypothesis.settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(step=st.sampled_from(ORDER), typed=st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=8))
async def test_no_answer_however_odd_is_a_mistake_of_ours(wizard: Wizard, step: str, typed: dict[str, str]) -> None:
    safe = {name: words.encode("utf-8", "replace").decode() for name, words in typed.items()}
    answer = await wizard.browser.post(wizard.path(step), data=safe)
    assert answer.status_code in (303, 422)
    assert (await wizard.browser.get(wizard.path(step))).status_code == 200
