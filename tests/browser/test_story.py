"""What people do at a hub, done in a real browser: with JavaScript and, where it could matter, without."""

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, expect
from processes import PASSWORD, Hub
from towns import Towns
from visitors import DESK, Visitor

from web.auth import PLAIN

pytestmark = pytest.mark.browser
both = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
GPS, MAKE = 0x8825, 0x010F  # of EXIF


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub on its first day, with a steward and nothing on."""
    hub = Hub(tmp_path_factory.mktemp("quiet") / "data").set_up().start()
    yield hub
    hub.stop()


def photo() -> FilePayload:
    """A photograph as a telephone takes it: it says where that was."""
    exif = Image.Exif()
    exif[MAKE] = "Telephone"
    exif[GPS] = {1: "N", 2: (51.0, 28.0, 58.0), 3: "W", 4: (3.0, 11.0, 41.0)}
    out = BytesIO()
    Image.new("RGB", (1600, 900), (60, 120, 90)).save(out, "JPEG", exif=exif)
    return {"name": "bank.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def set_up(it: Visitor, link: str) -> None:
    """All seven screens of the wizard, with the mistakes that people make."""
    page = it.page
    it.open(link)
    it.type("Name of the hub", "Riverside")
    it.type("Name of the hub", "Glan-yr-afon", "In Welsh")
    it.press("Next")
    page.get_by_label("Name of the area").fill("Riverside, Aberwennol")
    it.press("Next")
    it.type("Welcome", "Come along, ask, lend a hand.")
    it.press("Next")
    rules = page.get_by_role("group", name="Rules")
    for tongue in ("In English", "In Welsh"):
        rules.get_by_label(tongue).fill("")
    it.press("Next")
    it.is_refused("rules")
    it.type("Rules", "Be kind.")
    it.press("Next")
    it.press("Next")
    it.is_refused("who answers for the hub")
    finish_too_early(it, link)
    first = page.get_by_role("group", name="Person 1")
    first.get_by_label("Name").fill("Bethan Rees")
    first.get_by_label("How to reach them").fill("01632 960118")
    it.press("Next")
    page.get_by_role("radio", name="Colour 8", exact=True).check()
    it.press("Next")
    account(it)
    it.is_told("Your hub is open.")


def finish_too_early(it: Visitor, link: str) -> None:
    """Whoever jumps to the end is sent back to what is missing."""
    it.open(f"{link}&step=account")
    account(it)
    it.is_refused("who answers for the hub")
    expect(it.page.get_by_role("heading", level=1)).to_have_text("Who answers for the hub?")


def account(it: Visitor) -> None:
    it.page.get_by_label("A name to sign in with").fill("bethan")
    it.page.get_by_label("E-mail address").fill("bethan@example.org")
    it.page.get_by_label("Password").fill(PASSWORD)
    it.page.get_by_label("The same again").fill(PASSWORD)
    it.press("Open the hub")


def fill_in_event(it: Visitor, title: str) -> None:
    it.type("What is it called?", title)
    starts, ends = it.page.get_by_role("group", name="Starts"), it.page.get_by_role("group", name="Finishes")
    starts.get_by_label("Day").fill("2031-06-06")
    starts.get_by_label("Time").fill("10:00")
    ends.get_by_label("Time").fill("13:00")
    it.page.get_by_label("Place", exact=True).fill("Mill Bridge")
    it.page.get_by_label("How many people can come?").fill("40")
    it.page.get_by_role("group", name="Can people get in without steps?").get_by_label("Yes").check()


def add_picture(it: Visitor, shows: str) -> None:
    it.page.get_by_label("Add a picture").set_input_files([photo()])
    it.type("What does it show?", shows)


def the_picture_tells_nothing(it: Visitor, shows: str) -> None:
    """It stands on the page with its words, and says neither where nor with what it was taken."""
    picture = it.page.get_by_role("img", name=shows)
    expect(picture).to_be_visible()
    for size in {picture.get_attribute("src"), (picture.get_attribute("srcset") or "").split()[-2]}:
        served = it.context.request.get(str(size)).body()
        exif = Image.open(BytesIO(served)).getexif()
        assert not exif
        assert not exif.get_ifd(GPS)
        assert b"Telephone" not in served


@both
def test_from_an_empty_hub_to_a_cancelled_event(chromium: Browser, untouched: Hub, javascript: bool) -> None:
    link = next(line for line in untouched.said if "/setup?key=" in line).strip()
    with (
        Visitor(chromium, untouched.base, javascript=javascript) as steward,
        Visitor(chromium, untouched.base, javascript=javascript) as guest,
    ):
        assert guest.open("/") == 503
        set_up(steward, link)
        steward.page.get_by_role("link", name="Add an event").click()
        fill_in_event(steward, "Riverbank clear-up")
        add_picture(steward, "The bank after the flood")
        steward.press("Publish the event")
        steward.is_told("It is published.")
        event = steward.path

        guest.open("/")
        guest.follow("Riverbank clear-up")
        assert guest.path == event
        the_picture_tells_nothing(guest, "The bank after the flood")
        own = a_guest_comes_along(guest)
        guest.open(event)
        guest.sees("2 of 40 places taken")

        steward.open(f"{event}/people")
        steward.sees("Mair")
        steward.sees("01632 960150")
        steward.open(event)
        steward.page.get_by_role("link", name="Cancel, postpone or move online").click()
        steward.type("Why?", "The bank is flooded.")
        steward.press("Tell everybody")
        steward.is_told("It is cancelled.")
        for page in (event, own):
            guest.open(page)
            guest.sees("This event is cancelled. The bank is flooded.")
        assert guest.context.cookies() == []
        assert not guest.complaints + steward.complaints
        assert not guest.strangers | steward.strangers


def a_guest_comes_along(guest: Visitor) -> str:
    """They answer, and change their mind by the link that they were given. Returns where it leads."""
    page = guest.page
    page.get_by_label("I’m going").check()
    page.get_by_label("Your name").fill("Mair")
    page.get_by_label("Phone or e-mail").fill("01632 960150")
    page.get_by_label("How many of you?").fill("4")
    guest.press("Send my answer")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are going")
    link = page.locator(".code").first.inner_text()
    guest.open("/")
    assert guest.open(link) == 200
    page.get_by_label("How many of you?").fill("2")
    guest.press("Change my answer")
    guest.is_told("Your answer is changed.")
    return link


@both
def test_what_does_not_fit_is_said_and_nothing_typed_is_lost(chromium: Browser, quiet: Hub, javascript: bool) -> None:
    with Visitor(chromium, quiet.base, javascript=javascript) as steward:
        steward.sign_in("bethan", PASSWORD)
        steward.open("/publish/event")
        fill_in_event(steward, "Seed swap")
        steward.page.get_by_role("group", name="Finishes").get_by_label("Time").fill("09:00")
        steward.page.get_by_label("What does it cost?").fill("two pounds")
        steward.page.get_by_label("Words to find it by").fill("seeds, garden")
        add_picture(steward, "Seeds in bags")
        steward.press("Publish the event")

        steward.is_refused("amount in pounds")
        page = steward.page
        typed = {"Place": "Mill Bridge", "What does it cost?": "two pounds", "Words to find it by": "seeds, garden"}
        for label, words in typed.items():
            expect(page.get_by_label(re.compile(f"^{re.escape(label)}"))).to_have_value(words)
        for group, words in {"What is it called?": "Seed swap", "What does the picture show?": "Seeds in bags"}.items():
            expect(page.get_by_role("group", name=group).get_by_label("In English")).to_have_value(words)
        expect(page.get_by_role("group", name="Can people get in without steps?").get_by_label("Yes")).to_be_checked()
        page.locator("#errors a").last.click()
        expect(page.get_by_label("What does it cost?")).to_be_focused()

        page.get_by_label("What does it cost?").fill("2.50")
        steward.press("Publish the event")
        steward.is_refused("It must end after it starts.")
        page.get_by_role("group", name="Finishes").get_by_label("Time").fill("13:00")
        steward.press("Publish the event")
        steward.is_told("It is published.")
        steward.sees("£2.50")
        the_picture_tells_nothing(steward, "Seeds in bags")


def test_a_guest_helps_and_a_coordinator_accepts(chromium: Browser, quiet: Hub) -> None:
    with Visitor(chromium, quiet.base, size=DESK) as steward, Visitor(chromium, quiet.base) as guest:
        steward.sign_in("bethan", PASSWORD)
        steward.open("/publish/ask")
        steward.type("What is needed, in a few words?", "A lift to the eye clinic")
        steward.page.get_by_label("How many helpers are needed?").fill("1")
        steward.press("Publish the ask")
        steward.is_told("It is published.")
        ask = steward.path

        guest.open("/asks")
        guest.follow("A lift to the eye clinic")
        guest.press("Send")
        guest.is_refused("name")
        guest.page.get_by_label("Your name").fill("Idris")
        guest.page.get_by_label("Your phone number or e-mail").fill("01632 960151")
        guest.page.get_by_label("Anything we should know?").fill("Not on Tuesdays.")
        guest.press("Send")
        expect(guest.page.get_by_role("heading", level=1)).to_have_text("Thank you")

        steward.open("/steward")
        steward.page.get_by_role("link", name=re.compile("See who can help ?: A lift to the eye clinic")).click()
        steward.sees("Not on Tuesdays.")
        steward.page.get_by_role("link", name=re.compile("Accept or decline ?: Idris")).click()
        steward.sees("01632 960151")
        steward.page.get_by_role("button", name="Accept").click()
        steward.is_told("That is noted.")
        guest.open(ask)
        guest.sees("1 of 1 helper found")
        guest.sees_not("01632 960151")


def test_a_project_tells_how_it_is_getting_on(chromium: Browser, quiet: Hub) -> None:
    with Visitor(chromium, quiet.base, size=DESK) as steward, Visitor(chromium, quiet.base) as guest:
        steward.sign_in("bethan", PASSWORD)
        steward.open("/publish/project")
        steward.type("What is it called?", "Old Mill Orchard")
        steward.type("In one sentence", "Forty fruit trees.")
        steward.press("Start the project")
        steward.is_told("It is published.")
        project = steward.path
        steward.page.get_by_role("link", name="Write an update").click()
        steward.type("What is the news?", "Twenty-eight trees are in.")
        steward.press("Publish the news")
        steward.is_told("It is published.")
        guest.open("/projects")
        guest.sees("Old Mill Orchard")
        guest.follow("Old Mill Orchard")
        assert guest.path == project
        guest.sees("Twenty-eight trees are in.")


def test_a_reply_that_is_hidden_is_seen_by_nobody(chromium: Browser, towns: Towns) -> None:
    event = f"/events/{towns.ids['plain']}"
    with (
        Visitor(chromium, towns.glan.base, cookies=towns.cookies("delyth")) as neighbour,
        Visitor(chromium, towns.glan.base, cookies=towns.cookies("rhys")) as moderator,
        Visitor(chromium, towns.glan.base) as guest,
    ):
        neighbour.open(event)
        neighbour.page.get_by_label("Your reply").fill("Come to my shop, everything half price.")
        neighbour.press("Send my reply")
        neighbour.is_told("Your reply is here")
        guest.open(event)
        guest.sees("half price")
        moderator.open("/steward/replies")
        moderator.page.get_by_role("button", name=re.compile("Hide it ?: Delyth")).first.click()
        moderator.is_told("The reply is hidden.")
        guest.open(event)
        guest.sees_not("half price")


def test_the_page_stays_when_its_language_changes(chromium: Browser, towns: Towns) -> None:
    event = f"/events/{towns.ids['event']}"
    with Visitor(chromium, towns.glan.base) as guest:
        guest.open(event)
        guest.follow("Cymraeg")
        expect(guest.page.locator("html")).to_have_attribute("lang", "cy")
        assert guest.path == event
        expect(guest.page.get_by_role("heading", level=1)).to_have_text("Clirio glan yr afon")
        guest.page.get_by_role("navigation").first.get_by_role("link", name=re.compile("Prosiectau")).click()
        expect(guest.page.locator("html")).to_have_attribute("lang", "cy")
        guest.follow("English")
        expect(guest.page.locator("html")).to_have_attribute("lang", "en")
        assert guest.path == "/projects"
        assert guest.context.cookies() == []


def test_whoever_signs_out_is_out(chromium: Browser, quiet: Hub) -> None:
    with Visitor(chromium, quiet.base, size=DESK) as steward:
        steward.open("/steward")
        assert steward.path == "/signin"
        steward.page.get_by_label("Name or e-mail address").fill("bethan")
        steward.page.get_by_label("Password").fill(PASSWORD)
        steward.press("Sign in")
        assert steward.path == "/steward"
        (cookie,) = [it for it in steward.context.cookies() if it["name"] == PLAIN]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        steward.page.get_by_role("contentinfo").get_by_role("button", name="Sign out").click()
        steward.is_told("You are signed out.")
        assert PLAIN not in [it["name"] for it in steward.context.cookies()]
        steward.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": quiet.base}])
        steward.open("/steward")
        assert steward.path == "/signin"


def test_a_poster_is_one_sheet_of_paper(chromium: Browser, towns: Towns) -> None:
    with Visitor(chromium, towns.glan.base, size=DESK) as guest:
        guest.open(f"/events/{towns.ids['event']}/poster")
        paper = guest.page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
