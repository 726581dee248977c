"""What somebody is told, as apps ask for it: one line each, in bundles, and what waits for their yes."""

import re
from typing import Any

import httpx
import pytest
from browsing import Site
from conftest import Clock
from entities_schema import check
from scene import party, person

from hub import (
    attendance,
    events,
    markers,
    messages,
    notices,
    people,
    reacting,
    relations,
    settings,
    statuses,
    voting,
)
from hub.clock import DAY, HOUR
from hub.config import Config
from hub.neighbouring import poll_over, spread
from hub.statuses import Draft, NewPoll
from hub.store import Tx
from web import ringing, runners, worker

App = httpx.AsyncClient
V1, V2 = "/api/v1/notifications", "/api/v2/notifications"


def actor(tx: Tx, login: str) -> int:
    found = people.known_as(tx, login)
    return found[0].actor if found else person(tx, login)


def liked(tx: Tx) -> int:
    """Ann says something; ben and cath like it, dai shares it, eira follows her and mentions her."""
    ann, ben, cath, dai, eira = (actor(tx, name) for name in ("ann", "ben", "cath", "dai", "eira"))
    said = statuses.publish(tx, ann, Draft("A heron")).id
    reacting.like(tx, ben, said)
    reacting.like(tx, cath, said)
    reacting.share(tx, dai, said)
    relations.follow(tx, eira, ann)
    statuses.publish(tx, eira, Draft("@ann look!"))
    return said


async def told(site: Site, scene: Any = liked, *given: Any) -> Any:
    made = await site.did(scene, *given)
    while await site.did(spread):
        pass
    return made


async def get(app: App, path: str, kind: str = "", **query: Any) -> Any:
    answer = await app.get(path, params=query)
    assert answer.status_code == 200, answer.text
    if kind:
        check(answer.json(), kind)
    return answer.json()


async def types(app: App, **query: Any) -> list[str]:
    return [one["type"] for one in await get(app, V1, "[Notification]", **query)]


async def test_somebody_is_told_newest_first_what_others_did(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    said = await told(site)
    found = await get(ann, V1, "[Notification]")
    assert [one["type"] for one in found] == ["mention", "follow", "reblog", "favourite", "favourite"]
    assert [one["account"]["acct"] for one in found] == ["eira", "eira", "dai", "cath", "ben"]
    assert {one["status"]["id"] for one in found[2:]} == {str(said)}
    assert "status" not in found[1]
    assert found[3]["group_key"] == found[4]["group_key"] != found[0]["group_key"]


async def test_only_some_kinds_or_some_people(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await told(site)
    eira = str(await site.store.read(actor, "eira"))
    assert await types(ann, **{"types[]": ["follow", "reblog"]}) == ["follow", "reblog"]
    assert await types(ann, **{"exclude_types[]": "favourite"}) == ["mention", "follow", "reblog"]
    assert await types(ann, account_id=eira) == ["mention", "follow"]
    assert await types(ann, **{"types[]": "something_else"}) == []


async def test_pages_lead_through_all_of_it_and_back(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await told(site)
    all_ = [one["id"] for one in await get(ann, V1)]
    found, url = [], f"{V1}?limit=2"
    while url:
        answer = await ann.get(url)
        found += [one["id"] for one in answer.json()]
        match = re.match(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        url = match[1] if match else ""
    assert found == all_
    assert [one["id"] for one in await get(ann, V1, min_id=all_[-1], limit=2)] == all_[-3:-1]
    assert [one["id"] for one in await get(ann, V1, since_id=all_[-1], limit=2)] == all_[:2]


async def test_one_is_read_and_put_away_and_so_are_all(signed_in: Any, site: Site) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    await told(site)
    first, second, *_ = await get(ann, V1)
    assert await get(ann, f"{V1}/{first['id']}", "Notification") == first
    assert (await ben.get(f"{V1}/{first['id']}")).status_code == 404
    assert (await ben.post(f"{V1}/{first['id']}/dismiss")).json() == {}
    assert (await get(ann, f"{V1}/{first['id']}"))["id"] == first["id"]
    assert (await ann.post(f"{V1}/{first['id']}/dismiss")).json() == {}
    assert (await ann.post(f"{V1}/dismiss", data={"id": second["id"]})).json() == {}
    assert len(await get(ann, V1)) == 3
    assert (await ann.post(f"{V1}/clear")).json() == {}
    assert await get(ann, V1) == []


async def test_how_much_is_new_goes_by_how_far_they_have_read(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await told(site)
    assert await get(ann, f"{V1}/unread_count") == {"count": 5}
    assert await get(ann, f"{V2}/unread_count") == {"count": 4}
    assert await get(ann, f"{V1}/unread_count", limit=2) == {"count": 2}
    third = int((await get(ann, V1))[2]["id"])
    await site.did(lambda tx: markers.put(tx, actor(tx, "ann"), "notifications", third))
    assert await get(ann, f"{V1}/unread_count") == {"count": 2}


async def test_what_is_gone_is_told_no_more(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    said = await told(site)
    await told(site, lambda tx: statuses.remove(tx, actor(tx, "ann"), said))
    assert await types(ann) == ["mention", "follow"]
    await told(site, lambda tx: relations.block(tx, actor(tx, "ann"), actor(tx, "eira")))
    assert await types(ann) == []


async def test_an_event_that_somebody_goes_to_and_that_changes_is_told(signed_in: Any, site: Site) -> None:
    rhys = await signed_in("rhys")

    def cancelled(tx: Tx) -> None:
        steward = people.steward(tx).actor
        event = events.publish(tx, steward, party())
        attendance.answer(tx, event.id, actor(tx, "rhys"), "yes", via="app")
        events.cancel(tx, steward, event.id, {"en": "Flood"})

    await told(site, cancelled)
    assert await types(rhys) == ["update"]


async def test_a_poll_that_has_ended_is_told_to_all_who_took_part_once(
    signed_in: Any, site: Site, clock: Clock
) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")

    def poll(tx: Tx) -> int:
        said = statuses.publish(tx, actor(tx, "ann"), Draft("Tea?", poll=NewPoll(["Yes", "No"], HOUR)))
        voting.vote(tx, actor(tx, "ben"), said.id, [0])
        return said.id

    said = await told(site, poll)
    await worker.drain(site.app.state.wire, runners=runners.all_(Config(), site.base))
    assert await types(ben) == []
    clock.forward(HOUR)
    await worker.drain(site.app.state.wire, runners=runners.all_(Config(), site.base))
    await site.did(poll_over, said)
    assert await types(ann) == ["poll"]
    assert await types(ben) == ["poll"]


# --- in bundles ------------------------------------------------------------------------------------


async def test_alike_ones_stand_in_one_line(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    said = await told(site)
    page = await get(ann, V2, "GroupedNotifications")
    lines = page["notification_groups"]
    assert [one["type"] for one in lines] == ["mention", "follow", "reblog", "favourite"]
    both = lines[3]
    assert both["notifications_count"] == 2
    assert len(both["sample_account_ids"]) == 2
    assert both["status_id"] == str(said)
    assert int(both["page_min_id"]) < int(both["page_max_id"]) == both["most_recent_notification_id"]
    assert {one["id"] for one in page["accounts"]} >= {id for one in lines for id in one["sample_account_ids"]}
    assert str(said) in {one["id"] for one in page["statuses"]}


async def test_faces_alone_may_be_sent_for_those_behind_the_first(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await told(site)
    page = await get(ann, V2, "GroupedNotifications", expand_accounts="partial_avatars")
    ben, cath = [str(await site.store.read(actor, name)) for name in ("ben", "cath")]
    assert [one["id"] for one in page["partial_accounts"]] == [ben]
    assert cath in {one["id"] for one in page["accounts"]}


async def test_an_app_says_which_kinds_are_bundled(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await told(site)
    page = await get(ann, V2, "GroupedNotifications", **{"grouped_types[]": "reblog"})
    assert [one["notifications_count"] for one in page["notification_groups"]] == [1, 1, 1, 1, 1]


async def test_a_line_is_opened_and_put_away_with_all_that_it_stands_for(signed_in: Any, site: Site) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    await told(site)
    key = (await get(ann, V2))["notification_groups"][3]["group_key"]
    one = await get(ann, f"{V2}/{key}", "GroupedNotifications")
    assert one["notification_groups"][0]["group_key"] == key
    assert len(await get(ann, f"{V2}/{key}/accounts", "[Account]")) == 2
    for wrong in (key, "favourite-1", "ungrouped-x", "nothing", "ungrouped-1-2-3"):
        assert (await ben.get(f"{V2}/{wrong}")).status_code == 404
    assert (await ann.post(f"{V2}/{key}/dismiss")).json() == {}
    assert await types(ann) == ["mention", "follow", "reblog"]


async def test_what_comes_on_another_day_is_another_line(signed_in: Any, site: Site, clock: Clock) -> None:
    ann = await signed_in("ann")
    said = await told(site)
    clock.forward(DAY)
    await told(site, lambda tx: reacting.like(tx, actor(tx, "dai"), said))
    lines = (await get(ann, V2))["notification_groups"]
    assert [one["notifications_count"] for one in lines if one["type"] == "favourite"] == [1, 2]


async def test_pages_of_lines_lead_through_all_of_it(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await told(site)
    found, url = [], f"{V2}?limit=1"
    while url:
        answer = await ann.get(url)
        found += [one["type"] for one in answer.json()["notification_groups"]]
        match = re.match(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        url = match[1] if match else ""
    assert found == ["mention", "follow", "reblog", "favourite"]


# --- who may ring ----------------------------------------------------------------------------------


async def test_strangers_wait_for_a_yes(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    policy = await get(ann, f"{V2}/policy", "NotificationPolicy")
    assert policy["for_not_following"] == "accept"
    answer = await ann.patch(f"{V2}/policy", json={"for_not_following": "filter"})
    check(answer.json(), "NotificationPolicy")
    await told(site)
    assert await types(ann) == []
    assert len(await types(ann, include_filtered="true")) == 5
    summary = (await get(ann, f"{V2}/policy"))["summary"]
    assert summary == {"pending_requests_count": 4, "pending_notifications_count": 5}
    rows = await get(ann, f"{V1}/requests", "[NotificationRequest]")
    eira = next(one for one in rows if one["account"]["acct"] == "eira")
    assert eira["notifications_count"] == "2"
    assert await get(ann, f"{V1}/requests/{eira['id']}", "NotificationRequest") == eira
    assert (await ann.post(f"{V1}/requests/{eira['id']}/accept")).json() == {}
    assert await types(ann) == ["mention", "follow"]
    assert await get(ann, f"{V1}/requests/merged") == {"merged": True}
    await told(site, lambda tx: statuses.publish(tx, actor(tx, "eira"), Draft("@ann again")))
    assert await types(ann) == ["mention", "mention", "follow"]


async def test_several_are_sent_away_at_once(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await ann.put(f"{V2}/policy", data={"for_not_followers": "filter"})
    await told(site)
    ids = [one["id"] for one in await get(ann, f"{V1}/requests")]
    assert (await ann.post(f"{V1}/requests/dismiss", json={"id": ids[:3]})).json() == {}
    assert (await ann.post(f"{V1}/requests/accept", data={"id[]": ids[3:]})).json() == {}
    assert await get(ann, f"{V1}/requests") == []
    assert 0 < len(await types(ann, include_filtered="1")) < 5
    assert (await ann.post(f"{V1}/requests/{ids[0]}/accept")).status_code == 404


@pytest.mark.parametrize("name", ["for_not_following", "for_not_followers", "for_new_accounts"])
async def test_what_is_dropped_is_never_told(signed_in: Any, site: Site, name: str) -> None:
    ann = await signed_in("ann")
    await ann.patch(f"{V2}/policy", json={name: "drop"})
    await told(site)
    assert await types(ann, include_filtered="true") == []


async def test_a_policy_knows_three_words(signed_in: Any) -> None:
    ann = await signed_in("ann")
    assert (await ann.patch(f"{V2}/policy", json={"for_not_following": "perhaps"})).status_code == 422
    old = (await ann.patch(f"{V1}/policy", data={"filter_new_accounts": "true"})).json()
    assert old["filter_new_accounts"] is True
    assert (await get(ann, f"{V2}/policy"))["for_new_accounts"] == "filter"
    assert (await get(ann, f"{V1}/policy"))["filter_not_following"] is False


async def test_a_private_word_from_somebody_unknown_waits_and_an_answer_to_ones_own_does_not(
    signed_in: Any, site: Site
) -> None:
    ann = await signed_in("ann")

    def write(tx: Tx) -> int:
        actor(tx, "cath")
        statuses.publish(tx, actor(tx, "ben"), Draft("@ann psst", audience="direct"))
        return statuses.publish(tx, actor(tx, "ann"), Draft("@cath hello", audience="direct")).id

    said = await told(site, write)
    assert await types(ann) == []
    await told(
        site, lambda tx: statuses.publish(tx, actor(tx, "cath"), Draft("@ann hi", audience="direct", reply_to=said))
    )
    assert await types(ann) == ["mention"]


async def test_the_hub_is_no_stranger(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    await ann.patch(f"{V2}/policy", json={"for_not_following": "drop", "for_private_mentions": "drop"})

    def write(tx: Tx) -> None:
        messages.tell(tx, settings.get(tx).actor, actor(tx, "ann"), {"en": "The door code is 1234."})

    await told(site, write)
    (one,) = await get(ann, V1, "[Notification]")
    assert one["type"] == "mention"
    assert one["status"]["visibility"] == "direct"
    assert "1234" in one["status"]["content"]


async def test_others_neither_read_nor_touch_any_of_it(signed_in: Any, site: Site) -> None:
    reading = await signed_in("ann", scopes="read:statuses")
    for path in (V1, V2, f"{V1}/policy", f"{V2}/policy", f"{V1}/requests", f"{V1}/unread_count"):
        assert (await reading.get(path)).status_code == 403
        assert (await site.guest.get(path)).status_code == 401
    assert (await reading.post(f"{V1}/clear")).status_code == 403


def test_every_kind_of_notice_has_words_for_a_push() -> None:
    assert set(ringing.SAYS) == set(notices.KINDS)
