"""Accounts, how somebody stands to others, and one's own profile, in an app: each call as Mastodon answers it."""

import io
from typing import Any

import pytest
from browsing import Site
from calls import do, ids, me, read
from entities_schema import check
from mastodon_apps import app_with
from PIL import Image
from scene import stranger

from hub import profiles, settings


def png(size: tuple[int, int] = (40, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, "PNG")
    return out.getvalue()


# --- accounts --------------------------------------------------------------------------------------


async def test_an_account_is_shown_to_anybody_and_looked_up_by_its_handle(signed_in: Any, site: Site) -> None:
    ann, nobody = await signed_in("ann"), app_with(site)
    mine = await me(ann)
    await site.store.write(stranger)
    for who in ("ann", "@ann", "ANN", "ann@glan.example", "@ann@glan.example", "https://glan.example/@ann"):
        assert (await read(nobody, "accounts/lookup", "Account", acct=who))["id"] == mine
    there = await read(nobody, "accounts/lookup", "Account", acct="sunil@mastodon.example")
    assert there["acct"] == "sunil@mastodon.example"
    assert (await read(nobody, f"accounts/{mine}", "Account"))["acct"] == "ann"
    assert await ids(nobody, "accounts", **{"id[]": [mine, there["id"], "7"]}) == [mine, there["id"]]
    for path in ("accounts/7", "accounts/x", "accounts/lookup"):
        assert await read(nobody, path, "", 404, acct="nobody") == {"error": "Record not found"}
    assert await read(nobody, f"accounts/{mine}/identity_proofs") == []


async def test_people_are_found_by_name_by_whoever_is_signed_in(signed_in: Any) -> None:
    ann, _ = await signed_in("ann"), await signed_in("anwen")
    assert len(await ids(ann, "accounts/search", q="an")) == 2
    assert len(await ids(ann, "accounts/search", q="an", limit=1, offset=1)) == 1
    assert await ids(ann, "accounts/search", q="an", following="true") == []
    await read(ann, "accounts/search", "Error", 422)


async def test_who_follows_whom_is_paged_and_kept_by_who_hides_it(signed_in: Any) -> None:
    ann, ben, cath = [await signed_in(name) for name in ("ann", "ben", "cath")]
    a, b, c = await me(ann), await me(ben), await me(cath)
    await do(ben, f"accounts/{a}/follow")
    await do(cath, f"accounts/{a}/follow")
    assert await ids(ann, f"accounts/{a}/followers") == [c, b]
    first = await ann.get(f"/api/v1/accounts/{a}/followers?limit=1")
    assert [one["id"] for one in first.json()] == [c]
    onwards = first.links["next"]["url"]
    assert [one["id"] for one in (await ann.get(onwards)).json()] == [b]
    assert await ids(cath, f"accounts/{b}/following") == [a]
    await ben.patch("/api/v1/accounts/update_credentials", json={"hide_collections": True})
    assert await ids(cath, f"accounts/{b}/following") == []
    assert await ids(ben, f"accounts/{b}/following") == [a]


async def test_those_whom_i_follow_and_who_know_them_are_named(signed_in: Any) -> None:
    ann, ben, cath = [await signed_in(name) for name in ("ann", "ben", "cath")]
    b, c = await me(ben), await me(cath)
    await do(ann, f"accounts/{b}/follow")
    await do(ben, f"accounts/{c}/follow")
    found = await read(ann, "accounts/familiar_followers", "[FamiliarFollowers]", **{"id[]": [c, b]})
    assert [[one["id"] for one in it["accounts"]] for it in found] == [[b], []]


# --- how one stands to others ----------------------------------------------------------------------


async def test_following_blocking_and_muting_say_how_it_stands_then(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    a, b = await me(ann), await me(ben)

    async def does(what: str, **body: Any) -> dict[str, Any]:
        it: dict[str, Any] = await do(ann, f"accounts/{b}/{what}", "Relationship", **body)
        return it

    it = await does("follow", reblogs=False, notify=True, languages=["cy"])
    assert (it["following"], it["showing_reblogs"], it["notifying"], it["languages"]) == (True, False, True, ["cy"])
    again = await does("follow")
    assert (again["showing_reblogs"], again["notifying"], again["languages"]) == (False, True, ["cy"])
    assert (await does("note", comment="Has a ladder"))["note"] == "Has a ladder"
    assert (await does("pin"))["endorsed"] is True
    assert await ids(ann, "endorsements") == await ids(ben, f"accounts/{a}/endorsements") == [b]
    assert (await does("unpin"))["endorsed"] is False
    muted = await does("mute", notifications=False, duration=3600)
    assert (muted["muting"], muted["muting_notifications"], muted["muting_expires_at"] is None) == (True, False, False)
    assert (await read(ann, "mutes", "[Account]"))[0]["mute_expires_at"]
    assert (await does("unmute"))["muting"] is False
    assert (await does("block"))["blocking"] is True
    assert (await ids(ann, "blocks"), (await does("unblock"))["blocking"]) == ([b], False)
    assert (await does("unfollow"))["following"] is False
    both = await read(ann, "accounts/relationships", "[Relationship]", id=b)
    assert len(both) == 1
    assert both == await read(ann, "accounts/relationships", "[Relationship]", **{"id[]": [b, "7"]})


async def test_the_shapes_in_which_apps_send_it_come_to_the_same(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    path = f"/api/v1/accounts/{await me(ben)}/follow"
    for more in ({"json": {"reblogs": False}}, {"data": {"reblogs": "0"}}, {"params": {"reblogs": "false"}}):
        await ann.post(path.replace("follow", "unfollow"))
        answer = await ann.post(path, **more)  # type: ignore[arg-type]
        assert answer.json()["showing_reblogs"] is False
    assert (await ann.post(path)).status_code == 200


async def test_who_is_locked_looks_first(signed_in: Any) -> None:
    ann, ben, cath = [await signed_in(name) for name in ("ann", "ben", "cath")]
    a, b, c = await me(ann), await me(ben), await me(cath)
    await ann.patch("/api/v1/accounts/update_credentials", data={"locked": "true"})
    assert (await do(ben, f"accounts/{a}/follow", "Relationship"))["requested"] is True
    await do(cath, f"accounts/{a}/follow")
    assert await ids(ann, "follow_requests") == [c, b]
    mine = await read(ann, "accounts/verify_credentials", "CredentialAccount")
    assert mine["source"]["follow_requests_count"] == 2
    assert (await do(ann, f"follow_requests/{b}/authorize", "Relationship"))["followed_by"] is True
    assert (await do(ann, f"follow_requests/{c}/reject", "Relationship"))["followed_by"] is False
    await do(ann, f"follow_requests/{c}/authorize", "Error", 404)
    assert (await do(ann, f"accounts/{b}/remove_from_followers", "Relationship"))["followed_by"] is False


async def test_what_cannot_be_done_is_refused_in_words(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    a, b = await me(ann), await me(ben)
    await do(ann, f"accounts/{a}/follow", "Error", 422)
    await do(ann, f"accounts/{a}/block", "Error", 422)
    await do(ann, "accounts/7/follow", "Error", 404)
    await do(ann, f"accounts/{b}/pin", "Error", 404)
    await do(ben, f"accounts/{a}/block")
    await do(ann, f"accounts/{b}/follow", "Error", 403)


async def test_servers_can_be_muted(signed_in: Any) -> None:
    ann = await signed_in("ann")
    await do(ann, "domain_blocks", domain="Spam.example")
    assert await read(ann, "domain_blocks") == ["spam.example"]
    assert (await ann.request("DELETE", "/api/v1/domain_blocks", data={"domain": "spam.example"})).json() == {}
    assert await read(ann, "domain_blocks") == []


# --- one's own profile -----------------------------------------------------------------------------

AS = [
    {"json": {"fields_attributes": [{"name": "Page", "value": "https://a.example"}, {"name": "B", "value": "b"}]}},
    {"json": {"fields_attributes": {"0": {"name": "Page", "value": "https://a.example"},
                                    "1": {"name": "B", "value": "b"}}}},
    {"data": {"fields_attributes[0][name]": "Page", "fields_attributes[0][value]": "https://a.example",
              "fields_attributes[1][name]": "B", "fields_attributes[1][value]": "b"}},
    {"data": {"fields_attributes[0][name]": "Page", "fields_attributes[0][value]": "https://a.example",
              "fields_attributes[1][name]": "B", "fields_attributes[1][value]": "b"}, "files": {"x": b""}},
]  # fmt: skip


@pytest.mark.parametrize("sent", AS, ids=["list", "indexed", "form", "multipart"])
async def test_a_profile_is_changed_in_each_shape(signed_in: Any, sent: dict[str, Any]) -> None:
    ann = await signed_in("ann")
    answer = await ann.patch("/api/v1/accounts/update_credentials", **sent)
    assert answer.status_code == 200, answer.text
    it = answer.json()
    check(it, "CredentialAccount")
    assert [one["name"] for one in it["fields"]] == ["Page", "B"]
    assert it["source"]["fields"][0]["value"] == "https://a.example"
    assert "<a " in it["fields"][0]["value"]


async def test_what_is_not_said_stays_and_what_is_said_shows(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    words = {"display_name": "Ann W", "note": "I see #herons & <b>", "bot": "1", "discoverable": "true",
             "indexable": "true", "source[privacy]": "unlisted", "source[sensitive]": "true",
             "source[language]": "cy"}  # fmt: skip
    files = {"avatar": ("a.png", png(), "image/png"), "header": ("h.png", png(), "image/png")}
    answer = await ann.patch("/api/v1/accounts/update_credentials", data=words, files=files)
    assert answer.status_code == 200, answer.text
    it = (await ann.patch("/api/v1/accounts/update_credentials", json={"locked": True})).json()
    check(it, "CredentialAccount")
    assert (it["display_name"], it["bot"], it["discoverable"], it["indexable"], it["locked"]) == (
        "Ann W", True, True, True, True,
    )  # fmt: skip
    assert it["source"]["note"] == "I see #herons & <b>"
    assert "&lt;b&gt;" in it["note"]
    assert (it["source"]["privacy"], it["source"]["sensitive"], it["source"]["language"]) == ("unlisted", True, "cy")
    assert (await site.guest.get(it["avatar"])).headers["content-type"] == "image/jpeg"
    assert "/media/" in it["header"]
    preferences = await read(ann, "preferences", "Preferences")
    assert preferences["posting:default:visibility"] == "unlisted"
    gone = (await ann.delete("/api/v1/profile/avatar")).json()
    assert "/drawn/" in gone["avatar"]
    assert "/media/" in gone["header"]


async def test_a_profile_that_cannot_be_says_what_is_wrong(signed_in: Any) -> None:
    ann = await signed_in("ann")
    for sent in ({"json": {"note": "x" * 501}}, {"json": {"source": {"privacy": "everyone"}}},
                 {"files": {"avatar": ("a.png", b"no picture", "image/png")}}):  # fmt: skip
        answer = await ann.patch("/api/v1/accounts/update_credentials", **sent)
        assert answer.status_code == 422
        assert answer.json()["error"].startswith("Validation failed: ")


async def test_a_fact_says_since_when_the_page_is_known_to_be_theirs(signed_in: Any, site: Site) -> None:
    ann = await signed_in("ann")
    fields = [{"name": "P", "value": "https://a.example"}]
    await ann.patch("/api/v1/accounts/update_credentials", json={"fields_attributes": fields})
    await site.store.write(profiles.verified, int(await me(ann)), "https://a.example")
    it = await read(ann, "accounts/verify_credentials", "CredentialAccount")
    assert it["fields"][0]["verified_at"]


async def test_an_app_makes_no_account(signed_in: Any) -> None:
    ann = await signed_in("ann")
    await do(ann, "accounts", "Error", 403, username="x", email="x@x.example", password="x" * 12, agreement=True)


async def test_who_follows_the_hub_is_told_to_nobody(signed_in: Any, site: Site) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    hub = await site.store.read(lambda tx: settings.get(tx).actor)
    mine = await me(ann)
    for one in (hub, mine):
        assert (await ben.post(f"/api/v1/accounts/{one}/follow")).status_code == 200
    for app in (ann, ben, site.guest):
        assert (await app.get(f"/api/v1/accounts/{hub}/followers")).json() == []
        assert len((await app.get(f"/api/v1/accounts/{mine}/followers")).json()) == 1
    assert (await ann.get(f"/api/v1/accounts/{hub}")).json()["followers_count"] == 1
