"""What an app learns of the hub, whom it proposes, and what those see who look after the hub."""

from typing import Any

import pytest
from browsing import Site
from calls import do, ids, me, read, say
from entities_schema import check
from mastodon_apps import app_with
from scene import hub_draft, stranger

from hub import blocks, people, settings, signups
from hub.config import Config
from hub.ids import new_id
from hub.settings import Contact
from hub.statuses import LONGEST
from hub.store import Tx


async def test_the_hub_says_what_it_is_and_what_it_takes(site: Site) -> None:
    app = app_with(site)
    it = await read(app, "v2/instance", "Instance")
    assert (it["domain"], it["title"], it["api_versions"]) == ("glan.example", "Riverside", {"mastodon": 2})
    assert it["version"].startswith("4.3.0 (compatible; Neighbourhub ")
    assert it["configuration"]["urls"]["streaming"] == "wss://glan.example"
    assert it["configuration"]["statuses"]["max_characters"] == LONGEST
    assert it["configuration"]["media_attachments"]["image_size_limit"] == Config().media.max_bytes
    assert it["contact"]["account"]["username"] == "hub"
    assert [rule["text"] for rule in it["rules"]] == ["Be kind.", "No adverts."]
    assert (await site.guest.get(it["thumbnail"]["url"])).status_code == 200
    old = await read(app, "instance", "InstanceV1")
    assert old["uri"] == "glan.example"
    assert (await app.get("/api/v1/instance/")).json() == old
    assert await read(app, "instance/rules", "[Rule]") == it["rules"]


async def test_the_address_for_mail_is_the_first_that_is_one(site: Site) -> None:
    def change(tx: Tx) -> None:
        contacts = [Contact("Bethan", "Steward", "01632 960118"), Contact("Mo", "", "mo@glan.example")]
        settings.change(tx, people.steward(tx).actor, hub_draft(contacts=contacts))

    await site.store.write(change)
    assert (await read(app_with(site), "v2/instance", "Instance"))["contact"]["email"] == "mo@glan.example"


async def test_the_smaller_questions_about_the_hub_have_answers(site: Site) -> None:
    app = app_with(site)
    await site.store.write(stranger)
    await site.store.write(stranger, "spam", "spam.example")
    await site.store.write(lambda tx: blocks.rule(tx, people.steward(tx).actor, "spam.example", "suspended"))
    assert await read(app, "instance/peers") == ["mastodon.example"]
    weeks = await read(app, "instance/activity")
    assert (len(weeks), weeks[0]["registrations"]) == (12, "4")
    check(await read(app, "instance/extended_description"), "ExtendedDescription")
    check(await read(app, "instance/privacy_policy"), "ExtendedDescription")
    assert await read(app, "instance/translation_languages") == {}
    assert [one["code"] for one in await read(app, "instance/languages")] == ["en", "cy"]
    assert await read(app, "custom_emojis") == []
    for path in ("instance/terms_of_service", "instance/domain_blocks", "v2/nothing", "profile"):
        assert "error" in await read(app, path, "", 404)
    nodeinfo = (await app.get("/nodeinfo/2.0")).json()
    assert (nodeinfo["software"]["name"], nodeinfo["protocols"]) == ("neighbourhub", ["activitypub"])


async def test_the_hub_and_neighbours_are_proposed(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    await ben.patch("/api/v1/accounts/update_credentials", data={"discoverable": "true"})
    found = await read(ann, "v2/suggestions", "[Suggestion]")
    assert [one["account"]["username"] for one in found] == ["hub", "ben"]
    assert await ids(ann, "suggestions") == [one["account"]["id"] for one in found]
    assert (await ann.delete(f"/api/v1/suggestions/{await me(ben)}")).json() == {}
    assert [one["account"]["username"] for one in await read(ann, "v2/suggestions")] == ["hub"]
    assert await me(ben) in await ids(ann, "directory", local=True, order="new")


# --- looking after it ------------------------------------------------------------------------------


async def test_a_steward_stops_somebody_lets_them_back_and_closes_their_account(signed_in: Any) -> None:
    ann, steward = await signed_in("ann"), await signed_in("bethan")
    a = await me(ann)
    shown = await read(steward, f"admin/accounts/{a}")
    assert (shown["username"], shown["email"], shown["disabled"]) == ("ann", "ann@glan.example", False)
    check(shown["account"], "Account")
    check(shown["role"], "Role")
    for path, query in (
        ("admin/accounts", {"local": True, "username": "ann"}),
        ("v2/admin/accounts", {"origin": "local", "status": "active", "email": "ann@glan.example"}),
    ):
        assert [one["id"] for one in await read(steward, path, **query)] == [a]  # type: ignore[arg-type]
    assert len(await read(steward, "v2/admin/accounts", permissions="staff")) == 2
    await do(steward, f"admin/accounts/{a}/action", type="disable")
    assert (await ann.get("/api/v1/accounts/verify_credentials")).status_code in (401, 403)
    assert (await read(steward, "v2/admin/accounts", status="disabled"))[0]["id"] == a
    assert (await do(steward, f"admin/accounts/{a}/enable"))["disabled"] is False
    await do(steward, f"admin/accounts/{a}/action", type="suspend")
    assert (await read(steward, f"admin/accounts/{a}"))["suspended"] is True
    await do(steward, f"admin/accounts/{a}/action", "Error", 422, type="silence")


async def test_who_waits_is_let_in_or_not(signed_in: Any, site: Site) -> None:
    mo = await signed_in("mo")

    def wait(tx: Tx, login: str) -> int:
        id = new_id()
        tx.run(
            """INSERT INTO signup (id, state, login, email, password, language, answer, at)
               VALUES (:id, 'pending', :login, :email, 'x', 'cy', 'I live here', 1)""",
            id=id, login=login, email=f"{login}@x.example",
        )  # fmt: skip
        return id

    dai, eve = [await site.store.write(wait, login) for login in ("dai", "eve")]
    waiting = await read(mo, "v2/admin/accounts", status="pending")
    assert [one["id"] for one in waiting] == [str(eve), str(dai)]
    assert [one["id"] for one in await read(mo, "admin/accounts", pending=True)] == [str(eve), str(dai)]
    assert (waiting[0]["invite_request"], waiting[0]["approved"]) == ("I live here", False)
    check(waiting[0]["account"], "Account")
    let_in = await do(mo, f"admin/accounts/{dai}/approve")
    assert (let_in["username"], let_in["approved"]) == ("dai", True)
    assert (await do(mo, f"admin/accounts/{eve}/reject"))["username"] == "eve"
    assert await site.store.read(lambda tx: signups.waiting(tx)) == 0
    await do(mo, f"admin/accounts/{eve}/approve", "Error", 404)


async def test_reports_are_looked_after(signed_in: Any) -> None:
    ann, ben, mo = [await signed_in(name) for name in ("ann", "ben", "mo")]
    said = await say(ben, "Buy!")
    filed = await do(ann, "reports", account_id=await me(ben), status_ids=[said], rule_ids=["2"])
    [it] = await read(mo, "admin/reports")
    assert (it["id"], it["account"]["username"], it["target_account"]["username"]) == (filed["id"], "ann", "ben")
    assert ([one["id"] for one in it["statuses"]], [one["text"] for one in it["rules"]]) == ([said], ["No adverts."])
    check(it["statuses"], "[OwnedStatus]")
    path = f"admin/reports/{it['id']}"
    assert (await do(mo, f"{path}/assign_to_self"))["assigned_account"]["username"] == "mo"
    assert (await do(mo, f"{path}/unassign"))["assigned_account"] is None
    assert (await do(mo, f"{path}/resolve"))["action_taken_by_account"]["username"] == "mo"
    assert await read(mo, "admin/reports") == []
    assert [one["id"] for one in await read(mo, "admin/reports", resolved=True)] == [it["id"]]
    assert (await do(mo, f"{path}/reopen"))["action_taken"] is False
    await do(mo, f"admin/accounts/{await me(ben)}/action", type="none", report_id=it["id"])
    assert (await read(mo, path))["action_taken"] is True


async def test_servers_are_kept_at_a_distance(signed_in: Any) -> None:
    mo = await signed_in("mo")
    it = await do(mo, "admin/domain_blocks", domain="spam.example", severity="suspend", private_comment="Adverts")
    assert await read(mo, "admin/domain_blocks") == [it] == [await read(mo, f"admin/domain_blocks/{it['id']}")]
    changed = await mo.put(f"/api/v1/admin/domain_blocks/{it['id']}", json={"severity": "silence"})
    assert (changed.json()["severity"], changed.json()["private_comment"]) == ("silence", "Adverts")
    assert (await mo.delete(f"/api/v1/admin/domain_blocks/{it['id']}")).json() == {}
    await read(mo, f"admin/domain_blocks/{it['id']}", "Error", 404)
    await do(mo, "admin/domain_blocks", "Error", 422, domain="spam.example", severity="noop")


@pytest.mark.parametrize("path", ["admin/accounts", "admin/reports", "admin/domain_blocks"])
async def test_nobody_else_looks_there(signed_in: Any, path: str) -> None:
    ann = await signed_in("ann", "read write admin:read admin:write")
    await read(ann, path, "Error", 403)
    await read(await signed_in("mo", "read write"), path, "Error", 403)
