"""A resident's life in a real browser, from wanting to join to leaving and staying: with JavaScript and without."""

import asyncio
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from threading import Event as Flag

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, expect
from postbox import Postbox, a_postbox
from processes import PASSWORD, Hub, until
from visitors import DESK, Visitor

from hub.clock import DAY, now

pytestmark = pytest.mark.browser
both = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
OWN = "three odd words together"  # what Delyth chooses
ADDRESS = "delyth@example.org"


@pytest.fixture(scope="module")
def postbox() -> Iterator[Postbox]:
    """A mail server of the test's own, in a thread beside it."""
    ready, over, made = Flag(), Flag(), list[Postbox]()

    async def serve() -> None:
        async with a_postbox() as it:
            made.append(it)
            ready.set()
            await asyncio.to_thread(over.wait)

    with ThreadPoolExecutor(1) as beside:
        serving = beside.submit(asyncio.run, serve())
        ready.wait(10)
        yield made[0]
        over.set()
        serving.result()


@pytest.fixture
def hub(tmp_path_factory: pytest.TempPathFactory, postbox: Postbox) -> Iterator[Hub]:
    """Riverside with a steward, an event that is coming up, and mail."""
    postbox.letters.clear()
    mail = {
        "NEIGHBOURHUB_MAIL_HOST": "127.0.0.1", "NEIGHBOURHUB_MAIL_PORT": str(postbox.port),
        "NEIGHBOURHUB_MAIL_SECURITY": "none", "NEIGHBOURHUB_MAIL_SENDER": "hub@glan.example",
    }  # fmt: skip
    it = Hub(tmp_path_factory.mktemp("residents") / "data", **mail).set_up()
    it.publish(
        "event",
        title={"en": "Riverbank clear-up"},
        starts=now() + 3 * DAY,
        ends=now() + 4 * DAY,
        venue="Mill Bridge",
        places=12,
    )
    it.start()
    yield it
    it.stop()


def photo(name: str = "heron.jpg", colour: tuple[int, int, int] = (60, 120, 90)) -> FilePayload:
    out = BytesIO()
    Image.new("RGB", (800, 600), colour).save(out, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": out.getvalue()}


def card(it: Visitor, words: str) -> Locator:
    """What somebody said, with all that can be done to it."""
    return it.page.locator("article.said").filter(has_text=words).first


def do(it: Visitor, words: str, deed: str) -> None:
    card(it, words).get_by_role("button", name=deed, exact=True).first.click()


def asks_to_join(it: Visitor, postbox: Postbox) -> None:
    """By the form, with an answer to the question; then by the link in the letter."""
    it.open("/signup")
    it.page.get_by_label("A name to go by").fill("delyth")
    it.page.get_by_label("E-mail address").fill(ADDRESS)
    it.page.get_by_label("Password").fill(OWN)
    it.page.get_by_label("What brings you here?").fill("I live by the bridge, and the heron knows me.")
    it.page.get_by_label("I will keep to these rules").check()
    it.page.locator("[name=started]").evaluate("it => { it.value -= 60000 }")  # people are slower than tests
    it.press("Ask to join")
    it.sees("Look in your mail")
    until(lambda: postbox.to(ADDRESS), "the letter")
    it.open(postbox.link(ADDRESS))
    it.sees("You asked to join as delyth")
    it.press("Yes, this is my address")
    it.sees("You are on the list")
    it.sign_in("delyth", OWN)
    it.sees("your request waits for a moderator")


def is_let_in(steward: Visitor, postbox: Postbox) -> None:
    steward.sign_in("bethan", PASSWORD)
    steward.open("/steward")
    steward.follow("Let them in or not")
    assert steward.path == "/steward/signups"
    steward.sees("the heron knows me")
    steward.page.get_by_role("button", name="Let them in").click()
    steward.is_told("They are in")
    until(lambda: [it for it in postbox.to(ADDRESS) if "You are in" in it["Subject"]], "the letter that says so")


def fills_the_profile(it: Visitor) -> None:
    it.open("/account")
    it.follow("Your page")
    it.page.get_by_label("What you would like to be called").fill("Delyth Howells")
    it.page.get_by_label("A few words about you").fill("Chapel Street since 1971.")
    it.page.get_by_label("A picture of you").set_input_files([photo("me.jpg", (180, 90, 40))])
    it.page.get_by_label("What, 1", exact=True).fill("Garden")
    it.page.get_by_label("Words, 1", exact=True).fill("number 12")
    it.press("Save")
    it.is_told("It is kept")
    it.open("/account/profile")
    it.sees("Waits for a look")


def shows_the_profile(it: Visitor) -> None:
    it.open("/@delyth")
    for words in ("Delyth Howells", "Chapel Street since 1971.", "number 12"):
        it.sees(words)
    picture = it.page.locator(".h-card .face img").first
    assert picture.evaluate("it => it.complete && it.naturalWidth > 0"), "the picture is not there"


def says_something(it: Visitor) -> None:
    """With a picture, then with a poll, from the long form; refused first, and nothing of it lost."""
    it.open("/home")
    it.follow("With pictures, a poll, or for a few")
    it.page.get_by_label("Your words").fill("The heron is back. #Heron")
    it.page.locator("summary", has_text="Pictures, a poll").click()
    it.page.get_by_label("Add a picture").set_input_files([photo()])
    it.type("What does it show?", "A heron on the weir")
    it.page.get_by_label("Answer 1").fill("At dawn")
    it.press("Say it")
    it.sees("A post has pictures or a poll, not both.")
    expect(it.page.get_by_label("Your words")).to_have_value("The heron is back. #Heron")
    expect(it.page.get_by_role("group", name="What does the picture show?").get_by_label("In English")).to_have_value(
        "A heron on the weir"
    )
    it.page.get_by_label("Answer 1").fill("")
    it.press("Say it")
    it.is_told("Only you see it until")
    expect(it.page.get_by_role("img", name="A heron on the weir")).to_be_visible()
    it.open("/compose")
    it.page.get_by_label("Your words").fill("When shall we look for it?")
    it.page.locator("summary", has_text="Pictures, a poll").click()
    it.page.get_by_label("Answer 1").fill("At dawn")
    it.page.get_by_label("Answer 2").fill("At dusk")
    it.press("Say it")
    it.sees("At dusk: 0")


def is_let_through(steward: Visitor) -> None:
    """What a newcomer says is looked over: until then nobody but they see it."""
    steward.open("/around/here")
    steward.sees_not("The heron is back")
    steward.open("/steward/held")
    steward.page.locator('form[action*="/profile/"]').get_by_role("button", name="Let it through").click()
    steward.is_told("Others see it now")
    waiting = steward.page.get_by_role("button", name="Let it through")
    for _ in range(waiting.count()):
        waiting.last.click()
        steward.is_told("It shows now")


def keeps_a_draft(it: Visitor) -> None:
    it.open("/compose")
    it.page.get_by_label("Your words").fill("I have half a mind to")
    it.press("Keep it as a draft")
    it.follow("I have half a mind to")
    expect(it.page.get_by_label("Your words")).to_have_value("I have half a mind to")
    it.page.get_by_label("Your words").fill("I have half a mind to learn the harp.")
    it.press("Say it")
    it.sees("learn the harp")
    it.open("/compose")
    it.sees_not("What you have begun")


def talks_with(it: Visitor, other: Visitor) -> None:
    """They answer, vote, like and share; she likes, shares, keeps and answers; both are told."""
    other.open("/around/here")
    do(other, "When shall we look", "At dusk")
    expect(card(other, "When shall we look")).to_contain_text("At dusk: 1")
    do(other, "The heron is back", "Like")
    do(other, "The heron is back", "Share")
    card(other, "The heron is back").get_by_role("link", name="Answer").click()
    words = other.page.get_by_label("Your words")
    expect(words).to_have_value("@delyth ")
    words.fill("@delyth At dusk, with a flask.")
    other.press("Say it")
    other.sees("with a flask")

    def told() -> bool:
        it.open("/notifications")
        body = it.page.locator("main").inner_text()
        return all(said in body for said in ("likes what you said", "has shared what you said", "with a flask"))

    until(told, "what she is told")
    for deed in ("Like", "Share", "Keep"):
        do(it, "with a flask", deed)
    for deed in ("Liked 1", "Shared 1", "Kept"):
        expect(card(it, "with a flask").get_by_role("button", name=deed, exact=True)).to_be_visible()
    it.open("/bookmarks")
    it.sees("with a flask")


def follows_and_comes_along(it: Visitor, steward: Visitor) -> None:
    """Whom she follows shows on her first page, beside the hub's event, which is answered there."""
    it.open("/@bethan")
    it.press("Follow")
    expect(it.page.get_by_role("button", name="Follow no more")).to_be_visible()
    steward.open("/home")
    steward.page.get_by_label("What do you want to say?").fill("The bins are on Thursday.")
    steward.press("Say it to everybody")

    def there() -> bool:
        it.open("/home")
        said = it.page.locator("main").inner_text()
        return "The bins are on Thursday." in said and "Riverbank clear-up" in said

    until(there, "what is said, on her first page")
    do(it, "Riverbank clear-up", "I’m going")
    expect(card(it, "Riverbank clear-up").get_by_role("button", name="I’m going")).to_have_attribute(
        "aria-pressed", "true"
    )
    it.sees("1 of 12 places taken")
    steward.open("/steward")
    steward.page.get_by_role("link", name="1 person is coming").first.click()
    steward.sees("@delyth")


def makes_a_list(it: Visitor) -> None:
    it.open("/lists")
    it.page.get_by_label("Name of a new list").fill("Our street")
    it.press("Make this list")
    it.page.get_by_label("Put somebody on it").select_option(label=bethan(it))
    it.press("Put them on it")
    expect(it.page.locator("#members")).to_contain_text("bethan")


def bethan(it: Visitor) -> str:
    options = it.page.get_by_label("Put somebody on it").locator("option").all_inner_texts()
    return next(words for words in options if "@bethan" in words)


def takes_everything_along(it: Visitor, folder: Path) -> None:
    it.open("/account/belongings")
    with it.page.expect_download() as everything:
        it.follow("Download everything")
    everything.value.save_as(folder / "everything.zip")
    with zipfile.ZipFile(folder / "everything.zip") as packed:
        assert b"learn the harp" in packed.read("everything.json")
        assert [name for name in packed.namelist() if name.startswith("pictures/")]
    with it.page.expect_download() as follows:
        it.page.locator("main").get_by_role("link", name="Whom you follow").click()
    follows.value.save_as(folder / "follows.csv")
    lines = (folder / "follows.csv").read_text().splitlines()
    (folder / "mutes.csv").write_text("\n".join([lines[0], *(line for line in lines if "bethan@" in line)]))
    it.page.get_by_label("What is in the file").select_option(label="Whom you do not hear")
    it.page.get_by_label("The file", exact=True).set_input_files(folder / "mutes.csv")
    it.press("Bring it along")

    def brought() -> bool:
        it.open("/account/belongings")
        return "1 of 1 lines done" in it.page.locator("#brought").inner_text()

    until(brought, "the list that was brought")
    it.open("/@bethan")
    it.page.locator("main summary", has_text="More").first.click()
    it.press("Hear them again")


def blocks_and_forgives(it: Visitor) -> None:
    it.open("/@bethan")
    it.page.locator("main summary", has_text="More").first.click()
    it.press("Block")
    it.open("/home")
    it.sees("Riverbank clear-up")
    it.sees_not("The bins are on Thursday.")
    it.open("/@bethan")
    it.press("Block them no more")
    expect(it.page.get_by_role("button", name="Follow", exact=True)).to_be_visible()


def leaves_and_stays(it: Visitor) -> None:
    it.open("/account/leave")
    it.page.get_by_label("Type the name that you sign in with").fill("bethan")
    it.press("Leave in a week")
    it.sees("so that nobody leaves by a slip")
    it.page.get_by_label("Type the name that you sign in with").fill("delyth")
    it.press("Leave in a week")
    it.sees("Until then nothing is lost.")
    it.press("I would rather stay")
    it.is_told("stay")


@both
def test_a_neighbour_joins_lives_here_and_stays(
    chromium: Browser, hub: Hub, postbox: Postbox, tmp_path: Path, javascript: bool
) -> None:
    with (
        Visitor(chromium, hub.base, javascript=javascript) as delyth,
        Visitor(chromium, hub.base, javascript=javascript, size=DESK) as steward,
    ):
        asks_to_join(delyth, postbox)
        is_let_in(steward, postbox)
        delyth.sign_in("delyth", OWN)
        fills_the_profile(delyth)
        follows_and_comes_along(delyth, steward)
        says_something(delyth)
        keeps_a_draft(delyth)
        is_let_through(steward)
        shows_the_profile(delyth)
        talks_with(delyth, steward)
        makes_a_list(delyth)
        takes_everything_along(delyth, tmp_path)
        blocks_and_forgives(delyth)
        leaves_and_stays(delyth)
        assert not delyth.complaints + steward.complaints
        assert not delyth.strangers | steward.strangers


def test_the_same_in_welsh(chromium: Browser, hub: Hub, postbox: Postbox) -> None:
    """Somebody whose browser speaks Welsh meets no English on the way in, nor in what is for them."""
    with Visitor(chromium, hub.base, lang="cy") as nest, Visitor(chromium, hub.base, lang="cy") as steward:
        nest.open("/signup")
        for label, words in (
            ("Enw i’w arddel", "nest"), ("Cyfeiriad e-bost", "nest@example.org"), ("Cyfrinair", OWN),
            ("Beth sy’n dod â chi yma?", "Dw i’n byw ger y bont."),
        ):  # fmt: skip
            nest.page.get_by_label(label).first.fill(words)
        nest.page.get_by_label("Byddaf yn cadw at y rheolau hyn").check()
        nest.page.locator("[name=started]").evaluate("it => { it.value -= 60000 }")
        nest.press("Gofyn am gael ymuno")
        until(lambda: postbox.to("nest@example.org"), "the letter")
        nest.open(postbox.link("nest@example.org"))
        nest.press("Ie, fy nghyfeiriad i yw hwn")
        steward.open("/signin")
        _enter(steward, "bethan", PASSWORD)
        steward.open("/steward/signups")
        steward.page.get_by_role("button", name="Eu gadael i mewn").click()
        nest.open("/signin")
        _enter(nest, "nest", OWN)
        nest.open("/around/here")
        nest.page.get_by_label("Beth hoffech chi ei ddweud?").fill("Bore da, bawb.")
        nest.press("Ei ddweud wrth bawb")
        nest.sees("Bore da, bawb.")
        said = nest.page.locator("article.said .text").first
        assert said.locator("[lang=en]").count() == 0
        for page in ("/home", "/notifications", "/lists", "/compose", "/account/profile", "/account/belongings"):
            nest.open(page)
            expect(nest.page.locator("html")).to_have_attribute("lang", "cy")
            assert nest.page.locator("main [lang=en]:not(article *, input, textarea)").count() == 0, page
        assert not nest.complaints + steward.complaints


def _enter(it: Visitor, name: str, password: str) -> None:
    it.page.locator("[name=name]").fill(name)
    it.page.locator("[name=password]").fill(password)
    it.page.locator("main form").filter(has=it.page.locator("[name=password]")).get_by_role("button").first.click()
