"""Being let back in by two stewards, on pages and by letters; and every other way in which somebody is helped."""

import re

from browsing import PASSWORD, Site, work
from conftest import Clock
from postbox import Postbox
from scene import person

from hub import apps, audit, people
from hub.clock import DAY, MINUTE, now
from hub.store import Tx
from web import errands

NEW = "three odd words together"
RHYS = "rhys@glan.example"


async def actor(site: Site, login: str) -> int:
    found = await site.store.read(people.known_as, login)
    assert found is not None
    return found[0].actor


async def two_stewards(site: Site, clock: Clock) -> str:
    """Bethan and Dai have been stewards for a week. Returns the path at which rhys is let back in."""
    await site.did(second_steward)
    clock.forward(7 * DAY)
    return f"/steward/people/{await actor(site, 'rhys')}/rescue"


def second_steward(tx: Tx) -> None:
    person(tx, "dai", "steward")
    tx.run("UPDATE account SET raised = :now", now=now())


def shown(page: str) -> str:
    """What stands there to be copied."""
    found = re.search(r'<p class="code all">([^<]+)</p>', page)
    assert found is not None, page
    return found[1]


async def test_p_07_one_steward_asks_another_says_yes_and_both_halves_open_it(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    at = await two_stewards(postal, clock)
    bethan, dai, rhys = [await postal.who(name) for name in ("bethan", "dai", "rhys")]
    wrong = await bethan.post(at, data={"why": " "})
    assert wrong.status_code == 422
    asked = await bethan.post(at, data={"why": "I have rung him."})
    code = shown(asked.text)
    assert code not in (await bethan.get(at)).text, "it is shown once"
    assert "asks for a second steward" in (await dai.get("/steward/people")).text
    assert "I have rung him." in (await dai.get(at)).text
    assert "/approve" not in (await bethan.get(at)).text
    assert (await bethan.post(f"{at}/approve")).status_code == 403
    link = shown((await dai.post(f"{at}/approve")).text).removeprefix(postal.base)
    assert link not in (await dai.get(at)).text
    assert (await rhys.get("/account")).status_code == 200, "nothing changes before it is used"
    for _ in range(2):
        assert "<b>rhys</b>" in (await postal.guest.get(link)).text
    typed = {"password": NEW, "again": NEW}
    assert 'id="f-code-oops"' in (await postal.guest.post(link, data=typed | {"code": "aaaa-aaaa"})).text
    assert (await postal.guest.post(link, data=typed | {"code": code, "again": "other"})).status_code == 422
    done = await postal.guest.post(link, data=typed | {"code": code.upper()})
    assert done.headers["location"] == "/signin?done=rescued"
    assert "set-cookie" not in done.headers
    assert (await rhys.get("/account")).status_code == 303
    assert (await postal.guest.post(link, data=typed | {"code": code})).status_code == 403
    again = await postal.browser("198.51.100.7").post("/signin", data={"name": "rhys", "password": NEW})
    assert again.headers["location"] == "/account?done=signed-in"
    await work(postal)
    subjects = [it["Subject"] for it in postbox.to(RHYS)]
    assert subjects[-1] == "About your account: Riverside"
    page = (await bethan.get("/steward/audit")).text
    for words in ("asked to let rhys back in: I have rung him.", "said yes to letting rhys back in", "was let back in"):
        assert words in page


async def test_whom_it_is_about_is_told_at_each_step_and_says_no_by_the_letter(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    at = await two_stewards(postal, clock)
    bethan, dai = await postal.who("bethan"), await postal.who("dai")
    await bethan.post(at, data={"why": "He said so."})
    await work(postal)
    no = postbox.link(RHYS)
    assert postbox.letters[-1]["Subject"] == "Is somebody to let you back in? Riverside"
    link = shown((await dai.post(f"{at}/approve")).text).removeprefix(postal.base)
    await work(postal)
    assert postbox.letters[-1]["Subject"] == "You can choose a new password: Riverside"
    assert link.partition("key=")[2] not in postbox.letters[-1].get_content()
    for _ in range(2):  # programs that look at links
        assert "say no" in (await postal.guest.get(no)).text
    assert (await postal.guest.get(link)).status_code == 200
    assert (await postal.guest.post(no)).headers["location"].startswith("/signin?done=rescue-refused")
    assert (await postal.guest.get(link)).status_code == 403
    assert (await postal.guest.post(no)).status_code == 403
    await work(postal)
    assert postbox.letters[-1]["Subject"] == "Nothing has changed: Riverside"
    assert "said no to letting rhys back in" in (await dai.get("/steward/audit")).text


async def test_both_stewards_are_asked_whether_it_is_still_them(site: Site, clock: Clock) -> None:
    at = await two_stewards(site, clock)
    bethan, dai = await site.who("bethan"), await site.who("dai")
    clock.forward(16 * MINUTE)
    for browser, path in ((bethan, at), (dai, f"{at}/approve"), (dai, f"{at}/refuse")):
        assert (await browser.post(path, data={"why": "x"})).status_code == 401


async def test_where_there_is_no_second_steward_the_page_names_the_command(site: Site, clock: Clock) -> None:
    bethan = await site.who("bethan")
    page = (await bethan.get(f"/steward/people/{await actor(site, 'rhys')}/rescue")).text
    assert "There are not two stewards who can." in page
    assert "neighbourhub user reset rhys --password-file FILE --second-step" in page
    assert 'name="why"' not in page


async def test_about_oneself_others_decide(site: Site, clock: Clock) -> None:
    await two_stewards(site, clock)
    bethan = await site.who("bethan")
    at = f"/steward/people/{await actor(site, 'bethan')}/rescue"
    assert "two other stewards" in (await bethan.get(at)).text
    assert (await bethan.post(at, data={"why": "It is me."})).status_code == 403


async def test_a_hub_without_mail_says_that_nobody_is_told_and_nothing_fails(site: Site, clock: Clock) -> None:
    at = await two_stewards(site, clock)
    bethan = await site.who("bethan")
    assert "This hub sends no e-mail, so nobody tells them" in (await bethan.post(at, data={"why": "x"})).text
    await work(site)
    failed = await site.store.read(lambda tx: tx.all("SELECT last_error FROM job WHERE dead = 1"))
    assert failed == []


# The other ways


async def test_a_link_that_one_steward_makes_is_told_to_whom_it_is_for(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    bethan = await postal.who("bethan")
    await bethan.post(f"/steward/people/{await actor(postal, 'rhys')}/link")
    await work(postal)
    assert "has made a link to choose a new password for rhys" in postbox.to(RHYS)[-1].get_content()


async def test_what_is_done_at_the_machine_is_written_down_and_told(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    tools = errands.Tools(postal.store, postal.app.state.config, postal.app.state.data, None, None)  # type: ignore[arg-type]
    hashed = people.hash_password(NEW)
    for second in (False, True):
        await errands.reset_user(tools, {"login": "rhys", "hash": hashed, "second_step": second})
        await work(postal)
    first, last = [it.get_content() for it in postbox.to(RHYS)]
    assert "was given a new password by whoever runs the machine" in first
    assert "There is no second step any more" in last
    assert "There is no second step any more" not in first
    deeds = await postal.store.read(audit.read, await actor(postal, "bethan"))
    assert [it.what for it in deeds] == ["reset-shell-second", "reset-shell"]
    page = (await (await postal.who("bethan")).get("/steward/audit")).text
    assert "gave rhys a new password and took their second step away by a command" in page


async def test_whoever_let_an_app_in_gets_a_letter_when_it_ends(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await postal.did(speaks_welsh)
    await postal.did(app_of_rhys)
    clock.forward(125 * DAY)
    page = (await (await postal.who("rhys")).get("/account/apps")).text
    assert "Does neb yn ei ddefnyddio" in page
    clock.forward(56 * DAY)
    await postal.did(apps.sweep)
    await work(postal)
    words = postbox.to(RHYS)[-1].get_content()
    assert "> Tusk" in words
    assert "Chân nhw ddim dod i mewn mwyach" in words
    assert "glan.example" in words
    assert PASSWORD not in words


def speaks_welsh(tx: Tx) -> None:
    found = people.known_as(tx, "rhys")
    assert found is not None
    people.speak(tx, found[0].actor, "cy")


def app_of_rhys(tx: Tx) -> None:
    found = people.known_as(tx, "rhys")
    assert found is not None
    app, _ = apps.register(tx, apps.Draft("Tusk", ("tusk://back",)))
    apps.let_in(tx, found[0].actor, app, "read")
