"""Letters: how they look, that none is lost, and that nobody makes the hub send what it should not."""

from pathlib import Path

import msgspec
import pytest
from browsing import Site, a_site, settle, work
from conftest import Clock
from loopback import by_itself, certificate, serving
from postbox import Postbox, a_postbox

from hub import config, jobs, letters, people
from hub.clock import DAY, MINUTE
from hub.config import Mail
from hub.errors import Invalid
from hub.store import Store
from hub.store.open import opened
from web import mail, writing
from web.worker import drain


async def reset(site: Site, login: str = "rhys") -> None:
    email = f"{login}@glan.example"
    await site.guest.post("/password/forgotten", data={"email": email})


async def test_a_letter_is_plain_words_in_the_language_of_whoever_gets_it(postal: Site, postbox: Postbox) -> None:
    rhys = (await postal.store.read(people.known_as, "rhys"))[0].actor  # type: ignore[index]
    await postal.did(people.speak, rhys, "cy")
    await reset(postal)
    await work(postal)
    (letter,) = postbox.letters
    assert letter["To"] == "rhys@glan.example"
    assert letter["From"] == "Glan-yr-afon <hub@glan.example>"
    assert letter["Subject"] == "Cyfrinair newydd ar gyfer Glan-yr-afon"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == "cy"
    assert letter["Message-ID"].endswith("@glan.example>")
    assert letter["Date"].datetime.timestamp() * 1000 == pytest.approx(1_777_626_000_000)
    assert letter.get_content_type() == "text/plain"
    assert "https://glan.example/password/reset?key=" in letter.get_content()
    assert postbox.envelopes == [("hub@glan.example", ["rhys@glan.example"])]


async def test_no_job_ever_holds_the_secret_of_a_link(postal: Site, postbox: Postbox) -> None:
    await reset(postal)
    rows = await postal.store.read(lambda tx: tx.all("SELECT args FROM job WHERE kind = 'mail'"))
    assert [set(msgspec.json.decode(row["args"])) for row in rows] == [{"letter", "account"}]
    assert not await postal.store.read(lambda tx: tx.all("SELECT 1 AS x FROM link WHERE purpose = 'reset'"))
    await work(postal)
    secret = postbox.link().partition("key=")[2].partition("&")[0]
    kept = await postal.store.read(lambda tx: tx.all("SELECT hash FROM link WHERE purpose = 'reset'"))
    assert [row["hash"] for row in kept] == [people.hashed(secret)]


async def test_a_mail_server_that_does_not_answer_loses_nothing(postal: Site, postbox: Postbox, clock: Clock) -> None:
    postbox.refuse = lambda address: "451 come back later"
    await reset(postal)
    await work(postal)
    assert postbox.letters == []
    postbox.refuse = lambda address: ""
    clock.forward(MINUTE)
    await work(postal)
    assert len(postbox.letters) == 1
    assert (await postal.guest.get(postbox.link())).status_code == 200, "the link is as old as the letter"


async def test_an_address_that_the_mail_server_does_not_know_is_given_up_without_naming_it(
    postal: Site, postbox: Postbox
) -> None:
    postbox.refuse = lambda address: f"550 {address} is unknown here"
    await reset(postal)
    await work(postal)
    (dead,) = await postal.store.read(jobs.dead)
    assert dead.last_error == "The mail server refused a letter (550)."


async def test_a_letter_is_not_carried_for_ever(postal: Site, postbox: Postbox, clock: Clock) -> None:
    await reset(postal)
    clock.forward(3 * DAY)
    await work(postal)
    assert postbox.letters == []
    (dead,) = await postal.store.read(jobs.dead)
    assert "two days" in str(dead.last_error)


async def test_an_unreachable_mail_server_is_tried_again(store: Store, tmp_path: Path, clock: Clock) -> None:
    await store.write(settle)
    nowhere = {"host": "127.0.0.1", "port": 1, "security": "none", "sender": "hub@glan.example"}
    async with a_site(store, tmp_path, mail=nowhere) as site:
        await reset(site)
        await work(site)
        row = await store.read(lambda tx: tx.one("SELECT dead, last_error FROM job WHERE kind = 'mail'"))
    assert row is not None
    assert row["dead"] == 0
    assert "cannot be reached" in row["last_error"]


@pytest.mark.parametrize(("security", "word"), [("starttls", "sesame"), ("tls", "sesame"), ("starttls", "wrong")])
async def test_letters_go_by_tls_and_with_a_password(
    settled: Path, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, security: str, word: str
) -> None:
    secured, authority = certificate("localhost", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with opened(str(settled)) as store, a_postbox(tls=secured, at_once=security == "tls") as postbox:
        mail = postbox.mail | {"host": "localhost", "security": security, "user": "hub", "password": word}
        async with a_site(store, tmp_path, mail=mail) as site:
            await reset(site)
            await work(site)
        row = await store.read(lambda tx: tx.one("SELECT dead, last_error FROM job WHERE kind = 'mail'"))
    if word == "sesame":
        assert [it["To"] for it in postbox.letters] == ["rhys@glan.example"]
        assert row is None
    else:
        assert postbox.letters == []
        assert row is not None
        assert (row["dead"], row["last_error"]) == (0, "The mail server refused a letter (535).")


async def test_a_mail_server_that_nobody_vouches_for_gets_nothing(settled: Path, tmp_path: Path, clock: Clock) -> None:
    secured = serving(by_itself("localhost", tmp_path))
    async with opened(str(settled)) as store, a_postbox(tls=secured) as postbox:
        mail = postbox.mail | {"host": "localhost", "security": "starttls", "user": "hub", "password": "sesame"}
        async with a_site(store, tmp_path, mail=mail) as site:
            await reset(site)
            await work(site)
    assert postbox.letters == []


async def test_what_needs_no_runner_here_is_left_to_others(postal: Site, postbox: Postbox) -> None:
    await reset(postal)
    await drain(postal.app.state.wire)
    rows = await postal.store.read(lambda tx: tx.all("SELECT attempts FROM job WHERE kind = 'mail'"))
    assert [row["attempts"] for row in rows] == [0]


async def test_one_address_gets_one_letter_for_one_purpose_in_five_minutes_and_three_an_hour(
    postal: Site, postbox: Postbox, clock: Clock
) -> None:
    had = []
    for minutes in (0, 4, 1, 5, 5, 5, 5):
        clock.forward(minutes * MINUTE)
        await reset(postal)
        await work(postal)
        had.append(len(postbox.letters))
    assert had == [1, 1, 2, 3, 3, 3, 3]
    await reset(postal, "olwen")
    await work(postal)
    assert len(postbox.letters) == 4, "somebody else is not kept waiting by it"
    clock.forward(40 * MINUTE)
    await reset(postal)
    await work(postal)
    assert len(postbox.letters) == 5


INJECTED = ("rhys@glan.example\r\nBcc: all@glan.example", "rhys@glan.example\nBcc: x@y.example", "a\rb@glan.example")


@pytest.mark.parametrize("address", INJECTED)
async def test_s15_a_line_break_in_an_address_is_refused_and_no_header(
    postal: Site, postbox: Postbox, address: str
) -> None:
    rhys = await postal.who("rhys")
    for path, typed in (
        ("/password/forgotten", {"email": address}), ("/signin/letter", {"email": address}),
        ("/account/email", {"email": address, "now": "correct horse battery"}),
    ):  # fmt: skip
        assert (await rhys.post(path, data=typed)).status_code == 422, path
    await work(postal)
    assert postbox.letters == []


@pytest.mark.parametrize("field", ["to", "subject", "sender"])
def test_s15_what_would_be_two_lines_of_a_header_is_refused(field: str) -> None:
    letter = writing.Letter("1", "rhys@glan.example", "Riverside", "Hello", "words", "en")
    wrong = msgspec.structs.replace(letter, **{field: "a@b.example\r\nBcc: all@glan.example"})
    with pytest.raises(Invalid):
        mail.message(Mail(host="x", sender="hub@glan.example"), wrong)


async def test_a_hub_without_mail_says_so_and_whom_to_ask(store: Store, tmp_path: Path) -> None:
    await store.write(settle)
    async with a_site(store, tmp_path) as site:
        rhys = await site.who("rhys")
        for browser, path in (
            (site.guest, "/password/forgotten"), (site.guest, "/signin/letter"), (site.guest, "/signup"),
            (rhys, "/account/email"),
        ):  # fmt: skip
            assert "sends no e-mail" in (await browser.get(path)).text, path
        assert (await site.guest.post("/password/forgotten", data={"email": "rhys@glan.example"})).status_code == 422
        assert (await site.guest.post("/signin/letter", data={"email": "rhys@glan.example"})).status_code == 422
        assert await store.read(lambda tx: tx.all("SELECT 1 AS x FROM job WHERE kind = 'mail'")) == []


async def test_a_letter_in_the_queue_of_a_hub_whose_mail_was_turned_off_is_listed(store: Store, tmp_path: Path) -> None:
    rhys = await store.write(settle)
    await store.write(letters.send, "notice", "password-changed", "rhys@glan.example", account=rhys)
    async with a_site(store, tmp_path) as site:
        await work(site)
    (dead,) = await store.read(jobs.dead)
    assert dead.last_error == "No mail server is set up."


async def test_a_letter_about_somebody_who_is_gone_is_not_written(postal: Site, postbox: Postbox) -> None:
    await reset(postal)
    await reset(postal, "olwen")
    steward = (await postal.store.read(people.known_as, "bethan"))[0].actor  # type: ignore[index]
    for login, verb in (("rhys", people.close), ("olwen", people.suspend)):
        actor = (await postal.store.read(people.known_as, login))[0].actor  # type: ignore[index]
        await postal.did(verb, steward, actor)
    await work(postal)
    assert postbox.letters == []
    assert await postal.store.read(jobs.dead) == []


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"host": "mail.example"}, "mail.sender"), ({"host": "mail.example", "sender": "x"}, "mail.sender"),
     ({"host": "mail.example", "sender": "a@b.example", "security": "none", "password": "p"}, "mail.security")],
)  # fmt: skip
def test_settings_that_cannot_work_stop_the_start(settings: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        config.load(None, {f"NEIGHBOURHUB_MAIL_{name.upper()}": value for name, value in settings.items()})
    assert refused.value.field == field


def test_the_password_is_not_shown_to_whoever_asks_for_the_settings() -> None:
    shown = config.explain(config.Config(mail=Mail(password="open sesame")))
    assert [row.value for row in shown if row.key == "mail.password"] == ["…"]
    assert "sesame" not in str(shown)
