"""What residents say, read and do with what others say, in their apps: each call as Mastodon answers it."""

from typing import Any

import httpx
import pytest
from browsing import Site
from entities_schema import check
from scene import lift, party, stranger

from hub import asks, events, people, posts, relations, things
from hub.clock import HOUR, MINUTE, now
from hub.store import Tx
from web.mastodon.shapes import stamp
from web.worker import drain

App = httpx.AsyncClient


async def say(app: App, text: str = "A heron!", **more: Any) -> dict[str, Any]:
    answer = await app.post("/api/v1/statuses", json={"status": text} | more)
    assert answer.status_code == 200, answer.text
    it: dict[str, Any] = answer.json()
    check(it, "OwnedStatus")
    return it


async def read(app: App, path: str, status: int = 200, **query: Any) -> Any:
    answer = await app.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def do(app: App, path: str, wanted: int = 200, /, **body: Any) -> Any:
    answer = await app.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == wanted, answer.text
    return answer.json()


def actor(tx: Tx, login: str) -> int:
    found = people.known_as(tx, login)
    assert found is not None
    return found[0].actor


# --- said ------------------------------------------------------------------------------------------


async def test_what_is_said_is_a_status_with_all_that_was_asked_for(signed_in: Any) -> None:
    ann = await signed_in("ann")
    it = await say(ann, "Look @ann #heron", visibility="unlisted", spoiler_text="birds", language="cy", sensitive=True)
    assert (it["visibility"], it["spoiler_text"], it["language"], it["sensitive"]) == ("unlisted", "birds", "cy", True)
    assert it["tags"] == [{"name": "heron", "url": "https://glan.example/tags/heron"}]
    assert it["application"]["name"] == "Test app"
    assert await read(ann, f"statuses/{it['id']}/source") == {
        "id": it["id"], "text": "Look @ann #heron", "spoiler_text": "birds",
    }  # fmt: skip
    assert [one["id"] for one in await read(ann, "statuses", **{"id[]": [it["id"], "1", "x"]})] == [it["id"]]


@pytest.mark.parametrize("shape", ["json", "data", "params"])
async def test_apps_may_send_it_in_any_shape(signed_in: Any, shape: str) -> None:
    ann = await signed_in("ann")
    poll: Any = {"poll": {"options": ["a", "b"], "expires_in": 3600, "multiple": True}}
    if shape != "json":
        poll = {"poll[options][]": ["a", "b"], "poll[expires_in]": "3600", "poll[multiple]": "true"}
    answer = await ann.post("/api/v1/statuses", **{shape: {"status": "Which?"} | poll})
    assert answer.status_code == 200, answer.text
    check(answer.json(), "OwnedStatus")
    assert answer.json()["poll"]["multiple"] is True


@pytest.mark.parametrize(
    ("body", "says"),
    [({}, "Write something first."), ({"status": "x" * 5001}, "This is too long: at most 5000 characters."),
     ({"status": "x", "visibility": "neighbours"}, "Choose who may read this."),
     ({"status": "x", "media_ids": ["1"]}, "Media attachment was not found; upload it again"),
     ({"status": "x", "poll": {"options": ["a"], "expires_in": 3600}}, "A poll has two to eight different answers."),
     ({"status": "x", "scheduled_at": "soon"}, "Scheduled at: give a time such as 2026-06-06T10:00:00Z")],
)  # fmt: skip
async def test_what_cannot_be_said_is_refused_with_the_reason(signed_in: Any, body: Any, says: str) -> None:
    ann = await signed_in("ann")
    assert await do(ann, "statuses", 422, **body) == {"error": f"Validation failed: {says}"}


async def test_what_is_answered_must_be_there(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    secret = await say(ann, "for me", visibility="direct")
    assert await do(ben, "statuses", 404, status="x", in_reply_to_id=secret["id"]) == {"error": "Record not found"}
    assert await do(ben, "statuses", 404, status="x", in_reply_to_id="1") == {"error": "Record not found"}


async def test_the_same_key_says_it_once(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    ids = []
    for app in (ann, ann, ben):
        answer = await app.post("/api/v1/statuses", json={"status": "Hi"}, headers={"Idempotency-Key": "k"})
        ids.append(answer.json()["id"])
    assert ids[0] == ids[1] != ids[2]


async def test_it_is_changed_with_its_history(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    it = await say(ann, "A haron!", language="cy", spoiler_text="birds")
    changed = await ann.put(f"/api/v1/statuses/{it['id']}", json={"status": "A heron!"})
    check(changed.json(), "OwnedStatus")
    assert (changed.json()["content"], changed.json()["spoiler_text"]) == ("<p>A heron!</p>", "birds")
    assert changed.json()["edited_at"] is not None
    past = await read(ben, f"statuses/{it['id']}/history")
    check(past, "[StatusEdit]")
    assert [one["content"] for one in past] == ["<p>A haron!</p>", "<p>A heron!</p>"]
    assert (await ben.put(f"/api/v1/statuses/{it['id']}", json={"status": "x"})).status_code == 404
    assert await read(ben, f"statuses/{it['id']}/source", 404) == {"error": "Record not found"}


async def test_a_poll_that_is_sent_back_keeps_its_votes(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    it = await say(ann, "Which?", poll={"options": ["a", "b"], "expires_in": 3600})
    await do(ben, f"polls/{it['id']}/votes", choices=[1])
    for poll in ({}, {"poll": {"options": ["a", "b"], "expires_in": 3600}}):
        changed = (await ann.put(f"/api/v1/statuses/{it['id']}", json={"status": "Which one?"} | poll)).json()
        assert changed["poll"]["votes_count"] == 1


async def test_it_is_taken_back_with_its_words(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    it = await say(ann, "A #haron!")
    assert (await ben.delete(f"/api/v1/statuses/{it['id']}")).status_code == 404
    gone = await ann.request("DELETE", f"/api/v1/statuses/{it['id']}", json={"delete_media": True})
    check(gone.json(), "DeletedStatus")
    assert gone.json()["text"] == "A #haron!"
    assert await read(ben, f"statuses/{it['id']}", 404) == {"error": "Record not found"}
    assert (await ann.delete(f"/api/v1/statuses/{it['id']}")).status_code == 404


async def test_who_may_read_it(signed_in: Any, site: Site) -> None:
    ann, ben, cath = [await signed_in(name) for name in ("ann", "ben", "cath")]
    await site.did(lambda tx: relations.follow(tx, actor(tx, "ben"), actor(tx, "ann")))
    private, direct = await say(ann, "x", visibility="private"), await say(ann, "@cath", visibility="direct")
    for app, it, status in (
        (ben, private, 200), (cath, private, 404), (site.guest, private, 404), (ben, direct, 404), (cath, direct, 200),
        (site.guest, direct, 404),
    ):  # fmt: skip
        await read(app, f"statuses/{it['id']}", status)
        await read(app, f"statuses/{it['id']}/context", status)
        await read(app, f"statuses/{it['id']}/history", status)
        await read(app, f"statuses/{it['id']}/favourited_by", status)
    for verb in ("favourite", "reblog", "bookmark", "pin", "mute"):
        assert await do(cath, f"statuses/{private['id']}/{verb}", 404) == {"error": "Record not found"}


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [("POST", "statuses", "read"), ("PUT", "statuses/1", "read"), ("DELETE", "statuses/1", "read"),
     ("POST", "statuses/1/favourite", "read write:statuses"), ("POST", "statuses/1/reblog", "write:favourites"),
     ("POST", "statuses/1/bookmark", "write:statuses"), ("POST", "statuses/1/mute", "write:statuses"),
     ("GET", "timelines/home", "write"), ("GET", "favourites", "read:statuses"), ("GET", "bookmarks", "read:statuses"),
     ("POST", "media", "write:statuses"), ("POST", "polls/1/votes", "read"), ("GET", "scheduled_statuses", "write")],
)  # fmt: skip
async def test_an_app_does_only_what_it_was_allowed(signed_in: Any, method: str, path: str, scopes: str) -> None:
    app = await signed_in("ann", scopes)
    answer = await app.request(method, f"/api/v1/{path}")
    assert (answer.status_code, answer.json()) == (403, {"error": "This action is outside the authorized scopes"})


async def test_nothing_is_translated(signed_in: Any) -> None:
    ann = await signed_in("ann")
    it = await say(ann)
    assert await do(ann, f"statuses/{it['id']}/translate", 404) == {"error": "Record not found"}


# --- conversations ---------------------------------------------------------------------------------


async def test_a_conversation_has_what_is_above_and_below(signed_in: Any, site: Site) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    top = await say(ann, "top")
    one = await say(ben, "one", in_reply_to_id=top["id"])
    two = await say(ann, "two", in_reply_to_id=one["id"])
    other = await say(ben, "other", in_reply_to_id=top["id"])
    assert two["in_reply_to_id"] == one["id"]
    assert two["in_reply_to_account_id"] == one["account"]["id"]

    async def around(it: Any) -> Any:
        found = await read(site.guest, f"statuses/{it['id']}/context")
        check(found, "Context")
        return [[s["id"] for s in found[side]] for side in ("ancestors", "descendants")]

    assert await around(top) == [[], [one["id"], two["id"], other["id"]]]
    assert await around(one) == [[top["id"]], [two["id"]]]
    assert await around(two) == [[top["id"], one["id"]], []]
    assert (await read(ann, f"statuses/{top['id']}"))["replies_count"] == 2


async def test_an_answer_to_an_events_poll_stands_under_the_event(signed_in: Any, site: Site) -> None:
    def scene(tx: Tx) -> int:
        it = events.publish(tx, people.steward(tx).actor, party())
        assert it.companion is not None
        seen = things.Seen(
            uri="https://m.example/1", url="https://m.example/1", html={"en": "<p>I come</p>"},
            reply_to=things.get(tx, it.companion).uri, published=now(), updated=now(),
        )  # fmt: skip
        posts.mirror(tx, stranger(tx), seen)
        return it.id

    event = await site.did(scene)
    found = await read(site.guest, f"statuses/{event}/context")
    assert [(one["content"], one["in_reply_to_id"]) for one in found["descendants"]] == [("<p>I come</p>", str(event))]
    assert (await read(site.guest, f"statuses/{event}"))["replies_count"] == 1


# --- what is made of them --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "flag"),
    [("favourite", "favourited"), ("bookmark", "bookmarked"), ("pin", "pinned"), ("mute", "muted")],
)
async def test_marks_are_set_and_taken_back(signed_in: Any, verb: str, flag: str) -> None:
    ann = await signed_in("ann")
    it = await say(ann)
    for path, value in ((verb, True), (verb, True), (f"un{verb}", False), (f"un{verb}", False)):
        after = await do(ann, f"statuses/{it['id']}/{path}")
        check(after, "OwnedStatus")
        assert after[flag] is value


async def test_a_share_is_a_status_of_its_own(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    it = await say(ann)
    share = await do(ben, f"statuses/{it['id']}/reblog", visibility="public")
    check(share, "OwnedStatus")
    assert share["id"] != it["id"]
    assert (share["reblog"]["id"], share["reblog"]["reblogged"], share["content"]) == (it["id"], True, "")
    assert (await do(ben, f"statuses/{share['id']}/reblog"))["id"] == share["id"]
    assert (await do(ben, f"statuses/{share['id']}/favourite"))["id"] == it["id"]
    assert (await read(ann, f"statuses/{it['id']}"))["reblogs_count"] == 1
    for kind, by in (("reblogged_by", "ben"), ("favourited_by", "ben")):
        found = await read(ann, f"statuses/{it['id']}/{kind}")
        check(found, "[Account]")
        assert [one["acct"] for one in found] == [by]
    back = await do(ben, f"statuses/{it['id']}/unreblog")
    assert (back["id"], back["reblogged"], back["reblogs_count"]) == (it["id"], False, 0)


async def test_a_share_is_taken_back_like_a_status(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    it = await say(ann)
    share = await do(ben, f"statuses/{it['id']}/reblog")
    assert (await ann.delete(f"/api/v1/statuses/{share['id']}")).status_code == 404
    assert (await ben.delete(f"/api/v1/statuses/{share['id']}")).json()["text"] == ""
    assert (await read(ann, f"statuses/{it['id']}"))["reblogs_count"] == 0


async def test_lists_of_people_are_paged(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    it = await say(ann)
    for name in ("ben", "cath", "dai"):
        await do(await signed_in(name), f"statuses/{it['id']}/favourite")
    answer = await ann.get(f"/api/v1/statuses/{it['id']}/favourited_by?limit=2")
    assert [one["acct"] for one in answer.json()] == ["dai", "cath"]
    onwards = answer.headers["link"].split(">")[0].removeprefix("<")
    assert [one["acct"] for one in (await ann.get(onwards)).json()] == ["ben"]


# --- polls -----------------------------------------------------------------------------------------


async def test_a_vote_counts_once(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    it = await say(ann, "Which?", poll={"options": ["a", "b"], "expires_in": 3600})
    poll = await do(ben, f"polls/{it['poll']['id']}/votes", choices=["1"])
    check(poll, "OwnedPoll")
    assert (poll["own_votes"], poll["voted"], poll["votes_count"], poll["voters_count"]) == ([1], True, 1, 1)
    again = await do(ben, f"polls/{it['poll']['id']}/votes", 422, choices=[0])
    assert again == {"error": "Validation failed: You have voted already. A vote stays."}
    for choices in ([7], [0, 1], [], ["x"]):
        answer = await do(ann, f"polls/{it['poll']['id']}/votes", 422, choices=choices)
        assert answer == {"error": "Validation failed: Choose one of the answers."}


async def test_voting_says_who_comes_and_who_helps_and_may_be_changed(signed_in: Any, site: Site) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        who = people.steward(tx).actor
        return events.publish(tx, who, party()).id, asks.publish(tx, who, "ask", lift()).id

    event, ask = await site.did(scene)
    ann = await signed_in("ann")
    for id in (event, ask):
        for choice in (0, 2, 0):
            answer = await ann.post(f"/api/v1/polls/{id}/votes?choices[]={choice}")
            assert answer.json()["own_votes"] == [choice]
    assert (await site.store.read(events.get, event)).going == 1
    assert (await site.store.read(asks.get, ask)).offered == 1
    check(await read(site.guest, f"polls/{event}"), "Poll")
    assert await read(ann, "polls/1", 404) == {"error": "Record not found"}


# --- later -----------------------------------------------------------------------------------------


async def test_what_is_put_off_is_said_when_its_time_has_come(signed_in: Any, site: Site, clock: Any) -> None:
    ann = await signed_in("ann")
    body = {"status": "Later!", "scheduled_at": stamp(now() + HOUR), "visibility": "unlisted"}
    later = await do(ann, "statuses", **body)
    check(later, "ScheduledStatus")
    assert later["params"]["text"] == "Later!"
    moved = await ann.put(f"/api/v1/scheduled_statuses/{later['id']}", json={"scheduled_at": stamp(now() + 2 * HOUR)})
    check(moved.json(), "ScheduledStatus")
    check(await read(ann, "scheduled_statuses"), "[ScheduledStatus]")
    clock.forward(HOUR + MINUTE)
    await drain(site.app.state.wire)
    assert await read(ann, f"scheduled_statuses/{later['id']}") == moved.json()
    clock.forward(HOUR)
    await drain(site.app.state.wire)
    assert await read(ann, "scheduled_statuses") == []
    said = await read(ann, f"accounts/{(await site.store.read(actor, 'ann'))}/statuses")
    assert [(one["content"], one["visibility"]) for one in said] == [("<p>Later!</p>", "unlisted")]


async def test_what_is_put_off_can_be_taken_back(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    later = await do(ann, "statuses", status="Later!", scheduled_at=stamp(now() + HOUR))
    assert await read(ben, f"scheduled_statuses/{later['id']}", 404) == {"error": "Record not found"}
    assert (await ben.delete(f"/api/v1/scheduled_statuses/{later['id']}")).status_code == 404
    assert (await ann.delete(f"/api/v1/scheduled_statuses/{later['id']}")).json() == {}
    assert await read(ann, f"scheduled_statuses/{later['id']}", 404) == {"error": "Record not found"}


async def test_soon_is_too_soon_and_the_past_is_now(signed_in: Any) -> None:
    ann = await signed_in("ann")
    soon = await do(ann, "statuses", 422, status="x", scheduled_at=stamp(now() + MINUTE))
    assert soon["error"].startswith("Validation failed: Scheduled at")
    assert "content" in await do(ann, "statuses", status="x", scheduled_at=stamp(now() - MINUTE))


async def test_a_key_also_puts_off_once(signed_in: Any) -> None:
    ann = await signed_in("ann")
    body, key = {"status": "Later!", "scheduled_at": stamp(now() + HOUR)}, {"Idempotency-Key": "k"}
    ids = [(await ann.post("/api/v1/statuses", json=body, headers=key)).json()["id"] for _ in range(2)]
    assert ids[0] == ids[1]
