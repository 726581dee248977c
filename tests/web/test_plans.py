"""How the database finds what pages, inboxes and workers ask for: by an index, and never by reading a whole table."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from browsing import Site, a_site
from crawling import crawl
from elsewhere import PUBLIC, Elsewhere, activity, create, post
from in_process import in_process
from scene import lift, orchard, party, stranger

from federation import Client
from hub import actors, asks, events, people, posts, projects, settings, things
from hub.clock import HOUR, now
from hub.store import Tx
from hub.store.open import opened
from hub.store.sqlite import SqliteTx
from web.worker import drain

LARGE = ("thing", "actor", "job", "follow", "change", "inbox", "activity", "attendance", "answer", "reaction", "word")
NAMED = re.compile(rf"\b({'|'.join(LARGE)})\b(?:\s+(?:AS\s+)?([a-z]\w*))?", re.IGNORECASE)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every statement that was run, once."""
    found: set[str] = set()

    def spy(name: str) -> None:
        real = getattr(SqliteTx, name)

        def noted(self: SqliteTx, sql: str, **params: object) -> Any:
            found.add(sql)
            return real(self, sql, **params)

        monkeypatch.setattr(SqliteTx, name, noted)

    for name in ("all", "one", "run"):
        spy(name)
    return found


def whole(tx: Tx, sql: str) -> list[str]:
    """The large tables that a statement reads from end to end."""
    names = {table: table for table in LARGE} | {alias: table for table, alias in NAMED.findall(sql) if alias}
    params = dict.fromkeys(re.findall(r"(?<![:\w]):([a-z_]\w*)", sql), 0)
    plan = [row["detail"] for row in tx.all(f"EXPLAIN QUERY PLAN {sql}", **params)]
    read = [re.match(r"SCAN (\w+)(?! .*VIRTUAL)(.*)", line) for line in plan]
    return [names[it[1]] for it in read if it and it[1] in names and "USING" not in it[2]]


def scans(tx: Tx, statements: set[str]) -> dict[str, list[str]]:
    """Those of the statements that read a large table from end to end, and which."""
    found = {sql: whole(tx, sql) for sql in [*statements] if re.match(r"\s*(SELECT|WITH|UPDATE|DELETE|INSERT)", sql)}
    return {" ".join(sql.split()): tables for sql, tables in found.items() if tables}


def published(tx: Tx) -> tuple[str, str]:
    who = people.steward(tx).actor
    project = projects.start(tx, who, orchard())
    event = events.publish(tx, who, party(places=20))
    asks.publish(tx, who, "ask", lift())
    posts.publish(tx, who, posts.Draft(text={"en": "The library is open."}, project=project.id))
    posts.reply(tx, who, event.id, {"en": "See you there."})
    return event.uri, f"{settings.get(tx).base}/actor/hub"


@pytest.mark.slow
async def test_pages_are_made_by_indexes(site: Site, asked: set[str]) -> None:
    await site.did(published)
    await crawl(site, site.guest)
    assert any("FROM thing" in sql for sql in asked)
    assert await site.store.read(scans, asked) == {}


async def test_what_other_servers_send_is_taken_and_answered_by_indexes(site: Site, asked: set[str]) -> None:
    wire, mastodon = site.app.state.wire, Elsewhere("mastodon.example")
    wire.client = Client(site.base, "test", transport_factory=in_process({"mastodon.example": mastodon}))
    event, hub = await site.did(published)
    asked.clear()
    ann = mastodon.actor("ann")
    words = create(ann, f"{ann}/1", content="<p>Lovely.</p>", inReplyTo=event)
    for it in (
        activity("Follow", ann, hub), activity("Join", ann, event), activity("Like", ann, event, to=[PUBLIC]), words,
        activity("Leave", ann, event), activity("Undo", ann, f"{ann}#like-1"),
        activity("Delete", ann, f"{ann}/1"), activity("Undo", ann, activity("Follow", ann, hub)),
    ):  # fmt: skip
        assert (await post(site.app, f"{site.base}/inbox", it)).status_code == 202
        await drain(wire)
    await site.did(lambda tx: posts.publish(tx, people.steward(tx).actor, posts.Draft(text={"en": "Thank you all."})))
    await drain(wire)
    assert mastodon.received
    assert await site.store.read(scans, asked) == {}


async def test_the_national_page_is_made_by_indexes(settled: Path, tmp_path: Path, asked: set[str]) -> None:
    def mirrored(tx: Tx) -> None:
        hub = stranger(tx, "hub", "else.example", "hub")
        actors.ask_to_follow(tx, settings.get(tx).actor, hub)
        actors.follow_answered(tx, settings.get(tx).actor, hub, accepted=True)
        seen = things.Seen(uri="https://else.example/e", url="https://else.example/e", title={"en": "Choir"},
                           published=now(), updated=now())  # fmt: skip
        details = events.Details(starts=now() + HOUR, ends=now() + 2 * HOUR, zone="Europe/London", status="scheduled")
        events.mirror(tx, hub, seen, details)

    async with opened(str(settled)) as store, a_site(store, tmp_path, hub={"role": "aggregator"}) as site:
        await site.did(mirrored)
        asked.clear()
        for path in ("/", "/?q=choir", "/?area=W05000985&kind=event", "/events", "/asks", "/projects", "/hubs"):
            assert (await site.guest.get(path)).status_code == 200
        found = await store.read(scans, asked)
    assert found == {}


def test_reading_a_whole_table_would_be_seen(migrated: Path) -> None:
    conn = sqlite3.connect(migrated)
    conn.row_factory = sqlite3.Row
    tx = SqliteTx(conn)
    assert whole(tx, "SELECT * FROM thing t WHERE t.title = :title") == ["thing"]
    assert whole(tx, "SELECT * FROM thing WHERE uri = :uri") == []
    assert whole(tx, "SELECT a.id FROM follow f JOIN actor a ON a.id = f.follower WHERE f.languages = :l") == ["follow"]
    conn.close()
