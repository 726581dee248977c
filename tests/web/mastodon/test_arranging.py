"""Lists, filters, tags, markers, announcements and reports in an app: each call as Mastodon answers it."""

from typing import Any

import pytest
from browsing import Site, work
from calls import do, ids, me, read, say
from entities_schema import check

from hub import announcements, people, reports
from hub.store import Tx

# --- lists -----------------------------------------------------------------------------------------


async def test_lists_are_made_filled_read_and_taken_away(signed_in: Any, site: Site) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    b = await me(ben)
    it = await do(ann, "lists", "List", title="Friends")
    path = f"lists/{it['id']}"
    assert (it["replies_policy"], it["exclusive"]) == ("list", False)
    await do(ann, f"{path}/accounts", "Error", 404, account_ids=[b])
    await do(ann, f"accounts/{b}/follow")
    await do(ann, f"{path}/accounts", account_ids=[b])
    await do(ann, f"{path}/accounts", "Error", 422, account_ids=[b])
    assert await ids(ann, f"{path}/accounts", limit=0) == await ids(ann, f"{path}/accounts") == [b]
    assert await read(ann, f"accounts/{b}/lists", "[List]") == [it] == (await read(ann, "lists", "[List]"))[:1]
    said = await say(ben, "A heron")
    await work(site)
    assert [one["id"] for one in await read(ann, f"timelines/list/{it['id']}", "[OwnedStatus]")] == [said]
    changed = await ann.put(f"/api/v1/{path}", params={"title": "Birds", "exclusive": "true"})
    assert changed.json() == it | {"title": "Birds", "exclusive": True} == await read(ann, path, "List")
    assert said not in [one["id"] for one in await read(ann, "timelines/home")]
    assert (await ann.delete(f"/api/v1/{path}/accounts", params={"account_ids[]": b})).json() == {}
    assert await ids(ann, f"{path}/accounts") == []
    assert (await ann.delete(f"/api/v1/{path}")).json() == {}
    await read(ann, path, "Error", 404)
    await do(ann, "lists", "Error", 422, title="")


# --- filters ---------------------------------------------------------------------------------------


async def test_what_a_filter_finds_stands_in_the_status(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    said, plain = await say(ben, "A grey\nheron!"), await say(ben, "A duck")
    mine = await say(ann, "My grey heron")
    it = await do(ann, "../v2/filters", "Filter", title="Birds", context=["home", "thread"], filter_action="hide",
                  keywords_attributes=[{"keyword": "grey heron", "whole_word": True}])  # fmt: skip
    [caught] = (await read(ann, f"statuses/{said}", "OwnedStatus"))["filtered"]
    assert (caught["filter"]["id"], caught["keyword_matches"], caught["status_matches"]) == (
        it["id"], ["grey heron"], [],
    )  # fmt: skip
    for other, app in ((plain, ann), (mine, ann), (said, ben)):
        assert (await read(app, f"statuses/{other}", "OwnedStatus"))["filtered"] == []
    number = await do(ann, f"../v2/filters/{it['id']}/statuses", "FilterStatus", status_id=plain)
    [caught] = (await read(ann, f"statuses/{plain}", "OwnedStatus"))["filtered"]
    assert (caught["keyword_matches"], caught["status_matches"]) == ([], [plain])
    assert await read(ann, f"v2/filters/statuses/{number['id']}", "FilterStatus") == number
    assert await read(ann, f"v2/filters/{it['id']}/statuses", "[FilterStatus]") == [number]
    assert (await ann.delete(f"/api/v2/filters/statuses/{number['id']}")).json() == {}
    await ben.put(f"/api/v1/statuses/{said}", json={"status": "A white heron"})
    assert (await read(ann, f"statuses/{said}", "OwnedStatus"))["filtered"] == []


async def test_filters_are_changed_word_by_word(signed_in: Any) -> None:
    ann = await signed_in("ann")
    it = (await ann.post("/api/v2/filters", data={
        "title": "Birds", "context[]": ["home", "public"], "expires_in": "3600",
        "keywords_attributes[][keyword]": "duck", "keywords_attributes[][whole_word]": "false",
    })).json()  # fmt: skip
    check(it, "Filter")
    path = f"v2/filters/{it['id']}"
    assert (it["keywords"][0]["whole_word"], it["filter_action"], bool(it["expires_at"])) == (False, "warn", True)
    word = await do(ann, f"../{path}/keywords", "FilterKeyword", keyword="wren")
    changed = await ann.put(f"/api/v2/filters/keywords/{word['id']}", params={"keyword": "robin", "whole_word": "0"})
    assert changed.json() == {"id": word["id"], "keyword": "robin", "whole_word": False}
    assert await read(ann, f"v2/filters/keywords/{word['id']}", "FilterKeyword") == changed.json()
    assert len(await read(ann, f"{path}/keywords", "[FilterKeyword]")) == 2
    body = {"title": "Fowl", "expires_in": None,
            "keywords_attributes": [{"id": it["keywords"][0]["id"], "_destroy": True}, {"keyword": "owl"}]}  # fmt: skip
    it = (await ann.put(f"/api/{path}", json=body)).json()
    check(it, "Filter")
    assert (it["title"], it["expires_at"]) == ("Fowl", None)
    assert [one["keyword"] for one in it["keywords"]] == ["robin", "owl"]
    assert it["context"] == ["home", "public"]
    assert (await ann.delete(f"/api/v2/filters/keywords/{word['id']}")).json() == {}
    assert await read(ann, "v2/filters", "[Filter]") == [await read(ann, path, "Filter")]
    assert (await ann.delete(f"/api/{path}")).json() == {}
    await read(ann, path, "Error", 404)


async def test_older_apps_see_each_word_as_a_filter(signed_in: Any) -> None:
    ann = await signed_in("ann")
    old = await do(ann, "filters", "FilterV1", phrase="duck", context=["home"], irreversible=True, whole_word=True)
    assert await read(ann, "filters", "[FilterV1]") == [old] == [await read(ann, f"filters/{old['id']}", "FilterV1")]
    [new] = await read(ann, "v2/filters", "[Filter]")
    assert (new["filter_action"], new["keywords"][0]["keyword"]) == ("hide", "duck")
    changed = await ann.put(f"/api/v1/filters/{old['id']}", data={"phrase": "wren", "context[]": "public"})
    assert (changed.json()["phrase"], changed.json()["context"]) == ("wren", ["public"])
    await do(ann, f"../v2/filters/{new['id']}/keywords", keyword="owl")
    assert (await ann.put(f"/api/v1/filters/{old['id']}", json={"context": ["home"]})).status_code == 422
    for one in await read(ann, "filters"):
        assert (await ann.delete(f"/api/v1/filters/{one['id']}")).json() == {}
    assert await read(ann, "v2/filters") == []


# --- tags ------------------------------------------------------------------------------------------


async def test_tags_are_followed_shown_and_spoken_of(signed_in: Any, site: Site) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    it = await do(ann, "tags/Heron/follow", "Tag")
    assert (it["name"], it["following"], len(it["history"])) == ("Heron", True, 7)
    said = await say(ben, "There: #heron https://birds.example/a")
    await say(ann, "Yes: #Heron https://birds.example/a")
    await do(ann, f"statuses/{said}/favourite")
    await work(site)
    assert said in [one["id"] for one in await read(ann, "timelines/home", "[OwnedStatus]")]
    assert [one["name"] for one in await read(ann, "followed_tags", "[Tag]", limit=200)] == ["Heron"]
    [spoken] = await read(ann, "trends/tags", "[Tag]")
    assert (spoken["history"][0]["uses"], spoken["history"][0]["accounts"]) == ("2", "2")
    assert await read(ann, "trends") == [spoken]
    assert [one["id"] for one in await read(ann, "trends/statuses", "[OwnedStatus]")] == [said]
    [link] = await read(ann, "trends/links", "[PreviewCard]")
    assert (link["url"], link["history"][0]["accounts"]) == ("https://birds.example/a", "2")
    assert [one["name"] for one in await read(ann, "featured_tags/suggestions", "[Tag]")] == ["heron"]
    shown = await do(ann, "featured_tags", "FeaturedTag", name="heron")
    assert await read(ann, "featured_tags", "[FeaturedTag]") == [shown]
    assert await read(ben, f"accounts/{await me(ann)}/featured_tags", "[FeaturedTag]") == [shown]
    assert (await read(ann, "tags/heron", "Tag"))["featuring"] is True
    assert (await ann.delete(f"/api/v1/featured_tags/{shown['id']}")).json() == {}
    assert (await do(ann, "tags/heron/feature", "Tag"))["featuring"] is True
    assert (await do(ann, "tags/heron/unfeature", "Tag"))["featuring"] is False
    assert (await do(ann, "tags/heron/unfollow", "Tag"))["following"] is False
    await read(ann, "tags/a%20b", "Error", 404)


# --- how far one has read --------------------------------------------------------------------------


async def test_a_marker_is_there_from_the_first_and_moves(signed_in: Any) -> None:
    ann = await signed_in("ann")
    first = await read(ann, "markers", "Markers", **{"timeline[]": "notifications"})
    assert (first["notifications"]["last_read_id"], first["notifications"]["version"]) == ("0", 0)
    await do(ann, "markers", "Markers", home={"last_read_id": "12"})
    moved = await ann.post("/api/v1/markers", data={"home[last_read_id]": "13"})
    assert (moved.json()["home"]["last_read_id"], moved.json()["home"]["version"]) == ("13", 2)
    both = await read(ann, "markers", "Markers", **{"timeline[]": ["home", "notifications"]})
    assert sorted(both) == ["home", "notifications"]
    await do(ann, "markers", "Error", 422, home={"last_read_id": "x"})


# --- what the hub tells ----------------------------------------------------------------------------


async def test_an_announcement_is_read_in_ones_language_and_put_away(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")

    def tell(tx: Tx) -> None:
        told = announcements.Draft({"en": "Away on Sunday", "cy": "I ffwrdd ddydd Sul"})
        announcements.publish(tx, people.steward(tx).actor, told)
        known = people.known_as(tx, "ann")
        assert known is not None
        people.speak(tx, known[0].actor, "cy")

    await site.store.write(tell)
    [it] = await read(ann, "announcements", "[Announcement]")
    assert (it["content"], it["read"]) == ("<p>I ffwrdd ddydd Sul</p>", False)
    await do(ann, f"announcements/{it['id']}/dismiss")
    assert await read(ann, "announcements") == []
    assert (await read(ann, "announcements", "[Announcement]", with_dismissed=True))[0]["read"] is True
    await do(ann, "announcements/7/dismiss", "Error", 404)


# --- reports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", ["json", "form"])
async def test_a_report_reaches_the_people_responsible(signed_in: Any, site: Site, sent: str) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    b, said = await me(ben), await say(ben, "Buy!")
    rules = (await read(ann, "instance/rules", "[Rule]"))[1:2]
    if sent == "json":
        body: dict[str, Any] = {"json": {"account_id": b, "status_ids": [said], "rule_ids": [rules[0]["id"]],
                                         "comment": "Adverts", "category": "violation"}}  # fmt: skip
    else:
        body = {"data": {"account_id": b, "status_ids[]": said, "rule_ids[]": rules[0]["id"], "comment": "Adverts",
                         "category": "violation", "forward": "false"}}  # fmt: skip
    answer = await ann.post("/api/v1/reports", **body)
    it = answer.json()
    check(it, "Report")
    assert (it["category"], it["status_ids"], it["rule_ids"], it["target_account"]["id"]) == (
        "violation", [said], [rules[0]["id"]], b,
    )  # fmt: skip
    page = (await (await site.who("mo")).get("/steward/reports")).text
    assert "Adverts" in page
    assert "ann" in page
    assert len(await site.store.read(lambda tx: reports.open_(tx, people.steward(tx).actor))) == 1
    await do(ann, "reports", "Error", 422)
