"""Pages that residents name in their profiles: theirs, when they link back."""

import msgspec
import pytest
from conftest import Clock
from elsewhere import Elsewhere
from here import Here
from scene import person

from hub import actors, blocks, profiles
from hub.store import Tx

PAGE = "https://ann.example/about"
ME = "https://glan.example/@ann"
LINK = f'<a rel="me" href="{ME}">'.encode()


def named(tx: Tx, *pages: str) -> int:
    ann = person(tx, "ann")
    fields = [(f"Page {n}", page) for n, page in enumerate(pages)]
    profiles.change(tx, ann, msgspec.structs.replace(profiles.get(tx, ann), fields=fields))
    return ann


@pytest.mark.parametrize(
    ("html", "verified"),
    [
        (f'<a rel="me" href="{ME}">me</a>', True), (f'<p><LINK REL="nofollow ME" HREF="{ME}/">', True),
        ('<a rel="me" href="https://glan.example/actor/u-ann">', True), (f'<a href="{ME}">', False),
        (f'<a rel="me" href="{ME}/../cath">', False), (f'<a rel="meh" href="{ME}">', False),
        (f"rel=me {ME}", False), ("x" * 600_000 + f'<a rel="me" href="{ME}">', False), ("", False),
    ],
)  # fmt: skip
async def test_a_page_that_links_back_is_theirs(here: Here, clock: Clock, html: str, verified: bool) -> None:
    here.server("ann.example").serve("/about", html.encode(), "text/html; charset=utf-8")
    ann = await here.store.write(named, PAGE)
    await here.work()
    facts = (await here.store.read(actors.get, ann)).facts
    assert [fact.verified for fact in facts] == [clock() if verified else None]


async def test_what_is_no_page_or_does_not_answer_is_nobodys(here: Here) -> None:
    server: Elsewhere = here.server("ann.example")
    server.serve("/about", LINK, "text/plain")
    ann = await here.store.write(named, PAGE, "https://ann.example/404", "https://nowhere.example/")
    await here.work()
    facts = (await here.store.read(actors.get, ann)).facts
    assert [fact.verified for fact in facts] == [None] * 3
    assert await here.one("SELECT count(*) FROM job WHERE kind = 'links'") == 0


async def test_no_page_of_a_server_that_is_kept_out_is_asked(here: Here) -> None:
    server = here.server("ann.example")
    server.serve("/about", LINK, "text/html")
    await here.store.write(blocks.rule, here.steward, "ann.example", "suspended")
    await here.store.write(named, PAGE)
    await here.work()
    assert server.asked == []


async def test_followers_are_told_when_a_page_turns_out_to_be_theirs(here: Here) -> None:
    here.server("ann.example").serve("/about", LINK, "text/html")
    ann = await here.store.write(named, PAGE)
    before = await here.one("SELECT count(*) FROM change WHERE kind = 'actor.changed' AND subject = :ann", ann=ann)
    await here.work()
    after = await here.one("SELECT count(*) FROM change WHERE kind = 'actor.changed' AND subject = :ann", ann=ann)
    assert after == before + 1
