"""Everything private that is kept of residents: each with a word of its own, looked for wherever somebody else can look
(trust.md S-29). `test_privacy.py` does the same for what guests and other servers tell the hub."""

import io
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from browsing import HASHED, Site, a_site
from crawling import crawl
from mastodon_apps import PLENTY, app_with, token_for
from scene import lift, party, person, stranger
from starlette.routing import Route

from federation import announce
from hub import (
    actors,
    asks,
    attendance,
    events,
    factors,
    filters,
    held,
    helping,
    invitations,
    lists,
    messages,
    neighbouring,
    people,
    posts,
    profiles,
    recovery,
    regards,
    relations,
    reports,
    rescue,
    scheduled,
    statuses,
    tags,
    unsaid,
)
from hub.clock import HOUR, now
from hub.statuses import Draft
from hub.store import Tx
from hub.store.open import opened
from web.mastodon import gate

pytestmark = pytest.mark.slow

# What is private, by the table that keeps it. Each is a word that stands nowhere else.
PRIVATE = {
    "account": ("email", "unreadnote", "unreadname", "unreadfact"),
    "answer": ("helpername", "helpercontact", "helperwords"),
    "app": ("appsecret",),
    "attendance": ("guestname", "guestcontact"),
    "audit": ("auditreason",),
    "authenticator": ("totpkey",),
    "draft": ("drafttext",),
    "filter": ("filtertitle",),
    "filter_word": ("filterword",),
    "held": ("heldreason",),
    "import": ("importline", "importfailed"),
    "invitation": ("invitationnote",),
    "job": ("newaddress",),
    "known_place": ("knownagent", "knownplace"),
    "link": ("linkdetail",),
    "list": ("listtitle",),
    "media": ("mediaalt",),
    "muted_domain": ("muteddomain",),
    "passkey": ("passkeyname", "credential"),
    "push": ("pushendpoint", "pushauth", "pushp256dh", "pushsecret"),
    "remark": ("accountnote",),
    "report": ("reportwords",),
    "rescue": ("rescuewhy",),
    "scheduled": ("scheduledtext",),
    "session": ("sessionagent", "sessionplace"),
    "signup": ("joinname", "joinemail", "joinanswer", "refusalwords"),
    "tag_follow": ("tagfollowed",),
    "thing": ("followerspost", "directpost", "heldpost", "hiddenreply", "refusedpost", "removedpost", "coordinator"),
}  # fmt: skip
# What keeps nothing that somebody trusts the hub with, or nothing in words; or what `test_privacy.py` sees to.
OPEN = {
    "activity", "actor", "actor_key", "announcement", "announcement_read", "answer_count", "answer_now", "ask",
    "ballot", "block", "bookmark", "challenge", "change", "code", "conversation", "conversation_thing",
    "cursor", "directory", "domain_rule", "endorsement", "event", "filter_thing", "follow", "former_key",
    "gone", "heard", "home", "hub", "inbox", "introduction", "joining", "known_hub", "letter", "list_member",
    "manner", "marker", "mention", "moved", "mute", "muted_thread", "notice", "notice_policy", "notice_welcome",
    "once", "peer", "pin", "pledge", "project", "push_key", "reaction", "recovery_code", "reported", "revision",
    "series_event", "setup", "sign_in_try", "slice", "slice_thing", "suggestion_dismissed", "tag_feature", "thing_tag",
    "token", "trusted", "visit", "word", "migration",
}  # fmt: skip
WORDS = {name: f"zz{name}zz" for names in PRIVATE.values() for name in names}
NOBODYS = {"followerspost": {"near.example"}, "directpost": {"cath.example"}}  # to whose servers it goes


class Told(msgspec.Struct):
    """Whom a stranger could ask about, and every number there is."""

    ids: list[int]


def z(name: str) -> str:
    return WORDS[name]


def fill(tx: Tx) -> None:
    """Ann trusts the hub with all that it can keep of somebody."""
    steward, ann, ben = people.steward(tx).actor, person(tx, "ann"), person(tx, "ben")
    near, cath = stranger(tx, "dai", "near.example"), stranger(tx, "cath", "cath.example")
    for follower, followed in ((near, ann), (cath, people_hub(tx))):
        tx.run(
            "INSERT INTO follow (follower, followed, state, at, id) VALUES (:a, :b, 'accepted', 1, :a)",
            a=follower, b=followed,
        )  # fmt: skip
    relations.follow(tx, ben, ann)
    relations.follow(tx, ann, ben)
    tx.run("UPDATE account SET email = :mail WHERE actor = :ann", mail=f"{z('email')}@quince.example", ann=ann)
    _said(tx, steward, ann, ben)
    _own(tx, ann, ben)
    _ways_in(tx, steward, ann)
    _of_others(tx, steward)
    reports.file(tx, ann, reports.Draft(ben, words=z("reportwords")))


def people_hub(tx: Tx) -> int:
    row = tx.one("SELECT actor FROM hub")
    assert row is not None
    return int(row["actor"])


def _said(tx: Tx, steward: int, ann: int, ben: int) -> None:
    statuses.publish(tx, ann, Draft("quince for everybody"))
    statuses.publish(tx, ann, Draft(f"quince {z('followerspost')} #{z('followerspost')}", audience="followers"))
    statuses.publish(tx, ann, Draft(f"@ben @cath@cath.example quince {z('directpost')}", audience="direct"))
    scheduled.put_off(tx, ann, Draft(f"quince {z('scheduledtext')}"), now() + HOUR)
    gone = statuses.publish(tx, ann, Draft(f"quince {z('removedpost')} #{z('removedpost')}"))
    statuses.remove(tx, ann, gone.id)
    event = events.publish(tx, steward, party(places=20))
    posts.hide(tx, steward, posts.reply(tx, ann, event.id, {"en": f"quince {z('hiddenreply')}"}).id)
    new = people.create(tx, "delyth", "d@quince.example", "x", newcomer=True).actor
    statuses.publish(tx, new, Draft(f"@ben quince {z('heldpost')} #{z('heldpost')}"))
    posts.reply(tx, new, event.id, {"en": f"quince {z('heldpost')}"})
    words = {"name": z("unreadname"), "note": f"quince {z('unreadnote')}", "fields": [("quince", z("unreadfact"))]}
    profiles.change(tx, new, msgspec.structs.replace(profiles.get(tx, new), **words))
    refused = statuses.publish(tx, new, Draft(f"quince {z('refusedpost')}"))
    held.refuse(tx, steward, refused.id, f"quince {z('heldreason')} {z('auditreason')}")
    messages.tell(tx, people_hub(tx), ben, {"en": f"quince {z('coordinator')}"}, about=event.id)


def _own(tx: Tx, ann: int, ben: int) -> None:
    regards.remark(tx, ann, ben, f"quince {z('accountnote')}")
    filters.create(tx, ann, filters.Draft(z("filtertitle"), ["home"]), [filters.Wish(z("filterword"))])
    unsaid.keep(tx, ann, {"text": [f"quince {z('drafttext')}"]})
    lists.add(tx, ann, lists.create(tx, ann, z("listtitle")).id, [ben])
    tags.follow(tx, ann, z("tagfollowed"))
    relations.mute_domain(tx, ann, f"{z('muteddomain')}.example")
    tx.run(
        """INSERT INTO import (id, account, kind, lines, at, total, failed)
           VALUES (5, :ann, 'follows', :lines, 1, 1, :failed)""",
        ann=ann, lines=f'[["{z("importline")}@quince.example"]]', failed=f'["{z("importfailed")}"]',
    )  # fmt: skip
    tx.run(
        """INSERT INTO media (id, key, mime, width, height, small_width, small_height, bytes, alt, owner, created)
           VALUES (77, :key, 'image/jpeg', 1, 1, 1, 1, 1, :alt, :owner, 1)""",
        key="a" * 64, owner=ann, alt=f'{{"en":"{z("mediaalt")}"}}',
    )  # fmt: skip


def _ways_in(tx: Tx, steward: int, ann: int) -> None:
    people.open_session(tx, ann, z("knownagent"), z("knownplace"))
    people.open_session(tx, ann, z("sessionagent"), z("sessionplace"))
    recovery.ask_for_address(tx, ann, f"{z('newaddress')}@quince.example")
    recovery.new_address(tx, ann, f"{z('linkdetail')}@quince.example")
    tx.run("UPDATE account SET raised = 0")
    rescue.ask(tx, people.steward(tx).actor, ann, z("rescuewhy"))
    factors.add_passkey(tx, ann, z("credential"), b"key", 0, z("passkeyname"))
    tx.run("INSERT INTO authenticator (account, key, step, since) VALUES (:ann, :key, 0, 1)", ann=ann, key=z("totpkey"))
    invitations.make(tx, steward, note=z("invitationnote"))
    token_for(tx, "ann")
    tx.run("UPDATE app SET secret = :secret", secret=z("appsecret"))
    token = tx.one("SELECT id FROM token WHERE account = :ann", ann=ann)
    assert token is not None
    tx.run(
        """INSERT INTO push (token, id, account, endpoint, p256dh, auth, alerts, policy, secret, at)
           VALUES (:token, 9, :ann, :endpoint, :key, :auth, '{}', 'all', :secret, 1)""",
        token=token["id"], ann=ann, endpoint=f"https://push.example/{z('pushendpoint')}", key=z("pushp256dh"),
        auth=z("pushauth"), secret=z("pushsecret"),
    )  # fmt: skip


def _of_others(tx: Tx, steward: int) -> None:
    for id, state in ((3, "pending"), (4, "refused")):
        tx.run(
            """INSERT INTO signup (id, state, login, email, password, language, answer, at, words)
               VALUES (:id, :state, :login, :email, 'x', 'en', :answer, 1, :words)""",
            id=id, state=state, login=f"{z('joinname')}{id}", email=f"{z('joinemail')}{id}@quince.example",
            answer=z("joinanswer"), words=z("refusalwords"),
        )  # fmt: skip
    (event,) = events.coming(tx)
    attendance.answer(tx, event.id, people.Guest(f"quince {z('guestname')}", z("guestcontact")), "yes")
    ask = asks.publish(tx, steward, "ask", lift())
    guest = people.Guest(f"quince {z('helpername')}", z("helpercontact"))
    helping.answer(tx, ask.id, guest, "help", words=f"quince {z('helperwords')}")


def spread(tx: Tx) -> None:
    while announce(tx) or neighbouring.spread(tx):
        pass


@pytest_asyncio.fixture
async def site(settled: Path, tmp_path: Path, written: io.StringIO) -> AsyncIterator[Site]:
    async with opened(str(settled)) as store, a_site(store, tmp_path, limits=PLENTY) as it:
        await it.did(fill)
        await it.did(spread)
        yield it


def leaks(read: dict[str, str], but: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Where a word stands that should not: asked for by it, an answer may repeat it."""
    return [
        (path, name)
        for path, text in read.items()
        for name, word in WORDS.items()
        if name not in but and word in text.casefold() and word not in path
    ]


async def calls(site: Site, app: httpx.AsyncClient) -> dict[str, str]:
    """Every GET of the API, with every number that there is in its blank, and each word to search for."""
    ids = await site.store.read(numbers)
    read: dict[str, str] = {}
    for route in (*gate.ROUTES, *site.app.routes):
        path = route.path if isinstance(route, Route) and "GET" in (route.methods or {"GET"}) else ""
        if not path.startswith(("/api/", "/oauth/")) or "streaming" in path:
            continue
        filled = [re.sub(r"\{[^}]*\}", str(id), path) for id in ids] if "{" in path else [path]
        if "{tag}" in path or "{name}" in path:
            filled = [re.sub(r"\{[^}]*\}", word, path) for word in ("quince", *WORDS.values())]
        for one in filled:
            answer = await app.get(one, params={"acct": "ann", "id[]": str(ids[0]), "q": "quince", "limit": "80"})
            assert answer.status_code < 500, (one, answer.text)
            read[f"GET {one}"] = f"{answer.text} {dict(answer.headers)}"
    for word in WORDS.values():
        for path in (f"/api/v2/search?q={word}&type=statuses", f"/api/v1/accounts/search?q={word}"):
            answer = await app.get(path)
            read[f"GET {path}"] = answer.text
    return read


def numbers(tx: Tx) -> list[int]:
    tables = ("thing", "actor", "list", "filter", "filter_word", "media", "notice", "conversation", "reaction",
              "report", "scheduled", "signup", "invitation", "announcement", "import", "draft")  # fmt: skip
    found = [row["id"] for table in tables for row in tx.all(f"SELECT id FROM {table} ORDER BY id DESC LIMIT 25")]
    ann = actors.named(tx, "ann", "glan.example").id
    return list(dict.fromkeys([ann, *found]))


async def pages(site: Site, browser: httpx.AsyncClient) -> dict[str, str]:
    """Everything that can be reached by links or guessed; by words that somebody could look for; and mistakes."""
    read = await crawl(site, browser)
    for path in ("/@ann", "/@delyth", "/actor/u-ann", "/actor/u-delyth", "/metrics", "/health", "/data"):
        for accept in ("text/html", "application/activity+json"):
            read[f"{path} {accept}"] = (await browser.get(path, headers={"Accept": accept})).text
    for word in WORDS.values():
        read |= {path: (await browser.get(path)).text for path in (f"/search?q={word}", f"/tags/{word}", f"/@{word}")}
    for path in ("/nothing", "/posts/99999999999999999999", "/events/x", "/setup?key=x", "/password?key=x"):
        read[f"{path} wrong"] = (await browser.get(path)).text
        read[f"POST {path}"] = (await browser.post(path, data={})).text
    return read


async def test_nothing_private_is_on_a_page_in_a_document_or_in_a_feed_for_a_stranger(site: Site) -> None:
    read = await pages(site, site.guest)
    kinds = {re.split(r"[?/ ]", path)[1] for path in read if path.startswith("/")}
    assert {"events", "posts", "actor", "feed.atom", "feed.json", "sitemap.xml", "robots.txt", "data"} <= kinds, kinds
    assert any(path.endswith(".ics") for path in read)
    assert len(read) > 150
    assert leaks(read) == []


async def test_nor_for_a_resident_whom_it_does_not_concern(site: Site, written: io.StringIO) -> None:
    await site.did(lambda tx: people.create(tx, "nia", "nia@glan.example", HASHED))
    read = await pages(site, await site.who("nia"))
    assert {"/home", "/notifications", "/messages", "/account"} <= {path.partition("?")[0] for path in read}
    assert leaks(read) == []


@pytest.mark.parametrize("login", ["", "nia"], ids=["a stranger", "another resident"])
async def test_nor_in_any_answer_of_the_api_nor_in_the_log_meanwhile(
    site: Site, written: io.StringIO, login: str
) -> None:
    token = await site.did(token_for, login) if login else ""
    async with AsyncExitStack() as stack:
        read = await calls(site, await stack.enter_async_context(app_with(site, token)))
    assert len(read) > 900
    assert leaks(read) == []
    lines = {
        f"line {n}": line for n, line in enumerate(written.getvalue().splitlines()) if '"event":"request"' not in line
    }
    asked = [line for line in written.getvalue().splitlines() if '"event":"request"' in line]
    assert len(asked) > 900
    assert not any(
        word in line for word in WORDS.values() for line in asked if "/tags/" not in line and "/tag/" not in line
    )
    assert leaks(lines) == []


async def test_nor_in_anything_that_others_are_sent(site: Site) -> None:
    def sent(tx: Tx) -> list[tuple[str, str, str]]:
        rows = tx.all("SELECT id, type, body FROM activity")
        jobs = tx.all("SELECT args, host FROM job WHERE kind = 'deliver'")
        to = [(msgspec.json.decode(job["args"])["activity"], job["host"]) for job in jobs]
        return [(f"{row['type']} {row['id']} to {host}", row["body"], host) for row in rows for id, host in to
                if id == row["id"]]  # fmt: skip

    out = await site.store.read(sent)
    assert {host for _, _, host in out} >= {"near.example", "cath.example"}
    for what, body, host in out:
        meant = frozenset(name for name, hosts in NOBODYS.items() if host in hosts)
        assert leaks({what: body}, meant) == []
    for name, hosts in NOBODYS.items():
        assert {host for _, body, host in out if z(name) in body} == hosts, "or it would prove nothing"


async def test_a_leak_would_be_seen(site: Site, written: io.StringIO) -> None:
    """All of it in public, by mistake: in Ann's own words about herself, in the log, and in what is sent."""

    def spill(tx: Tx) -> None:
        words = " ".join(WORDS.values())
        ann = actors.named(tx, "ann", "glan.example").id
        actors.rename(tx, ann, title={"en": "Ann"}, summary={"en": words})

    await site.did(spill)
    read = await pages(site, site.guest)
    for path in ("/@ann", "/actor/u-ann"):
        assert {name for where, name in leaks(read) if where.startswith(path)} == WORDS.keys()
    async with app_with(site) as app:
        found = leaks(await calls(site, app))
    assert {name for where, name in found if where.startswith("GET /api/v1/accounts/")} == WORDS.keys()


async def test_the_words_are_kept_where_the_table_says(site: Site) -> None:
    """Or the tests above could pass on an empty hub; and whoever adds a table says what is private in it."""

    def kept(tx: Tx) -> dict[str, str]:
        tables = [row["name"] for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        named = [name for name in tables if not name.startswith(("sqlite_", "word_", "schema_"))]
        return {name: str([dict(row) for row in tx.all(f"SELECT * FROM {name}")]).casefold() for name in named}

    found: dict[str, Any] = await site.store.read(kept)
    assert found.keys() - PRIVATE.keys() - OPEN == set()
    missing = [(table, name) for table, names in PRIVATE.items() for name in names if z(name) not in found[table]]
    assert missing == []
