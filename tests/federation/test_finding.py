"""Whom and what a resident looks for: found here without the network, elsewhere by the word of its own server alone."""

from typing import Any

import pytest
from conftest import Clock
from elsewhere import CONTEXT, PUBLIC, Elsewhere, Json
from here import Here
from scene import party, person

from federation import find_account, find_thing
from hub import actors, events, statuses, things
from hub.clock import DAY
from hub.errors import NotFound
from hub.statuses import Draft


def finger(server: Elsewhere, name: str, uri: str, host: str = "") -> None:
    resource = f"acct:{name}@{host or server.host}"
    server.serve(
        f"/.well-known/webfinger?resource={resource.replace(':', '%3A').replace('@', '%40')}",
        {"subject": resource, "links": [{"rel": "self", "type": "application/activity+json", "href": uri}]},
        "application/jrd+json",
    )


def note(server: Elsewhere, author: str, path: str, **more: Any) -> str:
    uri = f"{server.base}{path}"
    said: Json = {
        "@context": CONTEXT, "id": uri, "type": "Note", "attributedTo": author, "content": "<p>A heron</p>",
        "published": "2026-04-30T12:00:00Z", "to": [PUBLIC], "cc": [f"{author}/followers"],
    }  # fmt: skip
    server.serve(path, said | more)
    return uri


@pytest.mark.parametrize("typed", ["ann", "@ann", "@ann@glan.example", "acct:ann@GLAN.example", " ann@glan.example ",
                                   "https://glan.example/@ann", "https://glan.example/actor/u-ann"])  # fmt: skip
async def test_who_lives_here_is_found_without_the_network(here: Here, mastodon: Elsewhere, typed: str) -> None:
    ann = await here.store.write(person, "ann")
    assert await find_account(here.wire, typed) == ann
    assert mastodon.asked == []


async def test_the_hub_and_its_parts_are_found_too(here: Here) -> None:
    hub = await here.store.read(actors.at, "https://glan.example/actor/hub")
    assert await find_account(here.wire, "hub") == hub.id
    part = await find_account(here.wire, "@events@glan.example")
    assert (await here.store.read(actors.get, part)).handle == "events"


@pytest.mark.parametrize("typed", ["@sunil@mastodon.example", "sunil@mastodon.example", "SUNIL@mastodon.example",
                                   "https://mastodon.example/users/sunil"])  # fmt: skip
async def test_somebody_elsewhere_is_asked_for_once_a_week(
    here: Here, mastodon: Elsewhere, clock: Clock, typed: str
) -> None:
    finger(mastodon, "sunil", mastodon.actor("sunil"))
    found = await find_account(here.wire, typed)
    assert (await here.store.read(actors.get, found)).acct == "@sunil@mastodon.example"
    mastodon.forget()
    assert await find_account(here.wire, typed) == found
    assert mastodon.asked == []
    clock.forward(8 * DAY)
    assert await find_account(here.wire, typed) == found
    assert mastodon.asked != []


async def test_a_name_kept_on_another_server_leads_to_the_account(here: Here, mastodon: Elsewhere) -> None:
    finger(here.server("surname.example"), "sunil", mastodon.actor("sunil"))
    found = await here.store.read(actors.get, await find_account(here.wire, "@sunil@surname.example"))
    assert found.acct == "@sunil@mastodon.example"


async def test_the_page_of_an_account_leads_to_it(here: Here, mastodon: Elsewhere) -> None:
    uri = mastodon.actor("sunil", url="https://mastodon.example/@sunil")
    mastodon.documents["/@sunil"] = mastodon.documents["/users/sunil"]
    found = await here.store.read(actors.get, await find_account(here.wire, "https://mastodon.example/@sunil"))
    assert found.uri == uri


async def test_what_is_nobody_is_said_in_words(here: Here, mastodon: Elsewhere) -> None:
    finger(mastodon, "liar", "https://honest.example/users/ann")
    honest = here.server("honest.example")
    honest.serve("/users/ann", {"@context": CONTEXT, "id": "https://mastodon.example/users/liar", "type": "Person"})
    uri = note(mastodon, mastodon.actor("sunil"), "/notes/1")
    for typed in ("", "@", "@nobody", "@nobody@glan.example", "@nobody@mastodon.example", "@liar@mastodon.example",
                  "@ann@nowhere.example", "https://glan.example/actor", "https://glan.example/@nobody", uri,
                  "http://[::1", "@ann@10.0.0.1", "ann bob"):  # fmt: skip
        with pytest.raises(NotFound) as refusal:
            await find_account(here.wire, typed)
        assert str(refusal.value).endswith((".", "server."))


async def test_what_stands_here_is_found_without_the_network(here: Here, mastodon: Elsewhere) -> None:
    event = await here.store.write(events.publish, here.steward, party())
    ann = await here.store.write(person, "ann")
    said = await here.store.write(statuses.publish, ann, Draft("A heron"))
    for url, id in ((event.uri, event.id), (event.url, event.id), (f"{here.base}/post/{event.companion}", event.id),
                    (said.uri, said.id), (said.url, said.id)):  # fmt: skip
        assert await find_thing(here.wire, url) == id
    for url in (f"{here.base}/posts/1", f"{here.base}/", "nonsense", ""):
        with pytest.raises(NotFound):
            await find_thing(here.wire, url)
    assert mastodon.asked == []


async def test_a_post_elsewhere_is_fetched_kept_for_residents_and_known_from_then_on(
    here: Here, mastodon: Elsewhere
) -> None:
    sunil = mastodon.actor("sunil")
    uri = note(mastodon, sunil, "/notes/1")
    mastodon.documents["/@sunil/1"] = mastodon.documents["/notes/1"]
    id = await find_thing(here.wire, "https://mastodon.example/@sunil/1")
    it = await here.store.read(things.get, id)
    assert (it.uri, it.by.uri, it.personal, it.local) == (uri, sunil, True, False)
    mastodon.forget()
    assert await find_thing(here.wire, uri) == id
    assert mastodon.asked == []


async def test_a_reply_comes_with_what_it_answers(here: Here, mastodon: Elsewhere) -> None:
    sunil = mastodon.actor("sunil")
    first = note(mastodon, sunil, "/notes/1")
    id = await find_thing(here.wire, note(mastodon, sunil, "/notes/2", inReplyTo=first))
    root = await here.store.read(things.at, first)
    assert root is not None
    assert (await here.store.read(things.get, id)).root == root.id


async def test_a_reply_to_what_is_gone_is_found_all_the_same(here: Here, mastodon: Elsewhere) -> None:
    sunil = mastodon.actor("sunil")
    id = await find_thing(here.wire, note(mastodon, sunil, "/notes/2", inReplyTo=f"{mastodon.base}/notes/1"))
    assert (await here.store.read(things.get, id)).kind == "reply"


async def test_the_poll_of_an_event_leads_to_the_event(here: Here, mastodon: Elsewhere) -> None:
    sunil = mastodon.actor("sunil")
    event = note(mastodon, sunil, "/events/1", type="Event", name="Fair", startTime="2026-06-01T10:00:00Z")
    poll = note(mastodon, sunil, "/polls/1", type="Question", **{"nh:kind": "EventCompanion", "nh:about": event})
    it = await here.store.read(things.get, await find_thing(here.wire, poll))
    assert (it.kind, it.uri) == ("event", event)


async def test_what_cannot_be_shown_or_claims_to_be_anothers_is_not_found(here: Here, mastodon: Elsewhere) -> None:
    sunil = mastodon.actor("sunil")
    here.server("honest.example").actor("ann")
    for uri in (
        sunil, f"{mastodon.base}/nothing", "https://nowhere.example/1",
        note(mastodon, "https://honest.example/users/ann", "/notes/forged"),
        note(mastodon, sunil, "/notes/few", to=[f"{sunil}/followers"], cc=[]),
        note(mastodon, sunil, "/notes/one", to=["https://glan.example/actor/hub"], cc=[]),
        note(mastodon, sunil, "/notes/empty", content=""),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await find_thing(here.wire, uri)
    assert await here.one("SELECT count(*) FROM thing") == 0


async def test_one_search_has_a_budget(here: Here, mastodon: Elsewhere) -> None:
    for n in range(60):
        note(mastodon, mastodon.actor(f"sunil{n}"), f"/notes/{n}", inReplyTo=f"{mastodon.base}/notes/{n + 1}")
    await find_thing(here.wire, f"{mastodon.base}/notes/0")
    assert len(mastodon.asked) <= 34
