"""The pages of those who look after the hub: who may open which, and what they do."""

from urllib.parse import quote

import httpx
import pytest
from browsing import PASSWORD, Site, fields
from conftest import Clock
from scene import lift, party, stranger
from starlette.routing import Route

from hub import actors, asks, attendance, events, helping, jobs, peers, people, posts, settings, things
from hub.clock import DAY, now
from hub.people import Guest
from hub.store import Tx

ROLES = ("guest", "resident", "organiser", "moderator", "steward")
WHO = {"resident": "rhys", "organiser": "olwen", "moderator": "mo", "steward": "bethan"}

# Every page that is not for everybody, and the least role that may open it.
LEAST = {
    "/account": "resident", "/account/language": "resident", "/account/sessions": "resident",
    "/account/places": "resident", "/account/security": "resident", "/account/password": "resident",
    "/account/passkeys": "resident", "/account/passkeys/options": "resident",
    "/account/passkeys/{id:int}/name": "resident", "/account/passkeys/{id:int}/remove": "resident",
    "/account/app": "resident", "/account/app/remove": "resident", "/account/codes": "resident",
    "/account/sessions/{id:int}": "resident",
    "/home": "resident", "/home/news": "resident", "/around/here": "resident", "/around/near": "resident",
    "/bookmarks": "resident", "/favourites": "resident", "/notifications": "resident",
    "/notifications/clear": "resident", "/compose": "resident", "/compose/drafts/{id:int}/remove": "resident",
    "/posts/{id:int}/edit": "resident", "/posts/{id:int}/do": "resident", "/people/{id:int}/do": "resident",
    "/people/{id:int}": "resident", "/people/{id:int}/followers": "resident",
    "/people/{id:int}/following": "resident", "/account/apps": "resident",
    "/publish": "organiser", "/publish/{sort}": "organiser",
    "/events/{id:int}/change": "organiser", "/asks/{id:int}/change": "organiser",
    "/projects/{id:int}/change": "organiser", "/posts/{id:int}/change": "organiser",
    "/events/{id:int}/cancel": "organiser", "/asks/{id:int}/close": "organiser",
    "/events/{id:int}/people": "organiser", "/events/{id:int}/people.csv": "organiser",
    "/asks/{id:int}/answers": "organiser",
    "/asks/{id:int}/answers/{answer:int}": "organiser",
    "/asks/{id:int}/pledge": "resident", "/asks/{id:int}/withdraw": "resident",
    "/events/{id:int}/remove": "moderator", "/asks/{id:int}/remove": "moderator", "/posts/{id:int}/remove": "moderator",
    "/projects/{id:int}/remove": "moderator", "/posts/{id:int}/hide": "moderator", "/posts/{id:int}/show": "moderator",
    "/steward": "organiser", "/steward/asks": "organiser", "/steward/replies": "moderator",
    "/steward/hubs": "steward", "/steward/hubs/rule": "steward", "/messages": "resident",
    "/steward/slices": "steward", "/steward/slices/{id:int}": "steward", "/steward/slices/{id:int}/end": "steward",
    "/steward/said": "moderator", "/steward/reports": "moderator", "/steward/kept-out": "moderator",
    "/steward/kept-out/lift": "moderator",
    "/steward/followers": "steward", "/steward/following": "steward", "/steward/following/stop": "steward",
    "/steward/deliveries/{host}": "steward", "/steward/deliveries/{host}/now": "steward",
    "/steward/deliveries/{host}/again": "steward", "/steward/deliveries": "steward",
    "/steward/settings": "steward", "/steward/people": "steward",
    "/steward/people/{id:int}/link": "steward", "/steward/people/{id:int}/role": "steward",
    "/steward/people/{id:int}/close": "steward", "/steward/people/{id:int}/suspend": "steward",
    "/steward/people/{id:int}/back": "steward", "/account/email": "resident",
    "/steward/signups": "moderator", "/steward/signups/refuse": "moderator",
    "/steward/signups/{id:int}/approve": "moderator", "/steward/signups/{id:int}/refuse": "moderator",
    "/steward/held": "moderator", "/steward/held/refuse": "moderator",
    "/steward/held/profile/{id:int}/publish": "moderator", "/steward/held/profile/{id:int}/refuse": "moderator",
    "/steward/held/{id:int}/publish": "moderator", "/steward/held/{id:int}/refuse": "moderator",
    "/steward/invitations": "moderator", "/steward/invitations/{id:int}/revoke": "moderator",
    "/invitations": "resident", "/invitations/{id:int}/revoke": "resident",
    "/steward/joining": "steward", "/steward/announcements": "steward", "/steward/announcements/remove": "steward",
    "/steward/audit": "moderator",
    "/steward/people/{id:int}/rescue": "steward", "/steward/people/{id:int}/rescue/approve": "steward",
    "/steward/people/{id:int}/rescue/refuse": "steward",
    "/account/profile": "resident", "/account/belongings": "resident",
    "/account/belongings/everything.zip": "resident", "/account/belongings/{kind}.csv": "resident",
    "/account/leave": "resident", "/account/leave/stay": "resident", "/account/move": "resident",
    "/account/move/claim": "resident", "/account/move/back": "resident", "/lists": "resident",
    "/lists/{id:int}": "resident", "/lists/{id:int}/members": "resident", "/lists/{id:int}/remove": "resident",
    "/find": "resident", "/compose/later/{id:int}/remove": "resident",
}  # fmt: skip

DEPENDS = {("POST", "/invitations")}  # residents may where a steward lets them


def guarded(site: Site) -> list[Route]:
    return [it for it in site.app.routes if isinstance(it, Route) and hasattr(it.endpoint, "needs")]


async def test_every_page_for_some_is_in_the_table_and_says_the_same(site: Site) -> None:
    assert {route.path: route.endpoint.needs for route in guarded(site)} == LEAST
    for route in site.app.routes:
        if isinstance(route, Route) and route.path.startswith(("/steward", "/publish")):
            assert route.path in LEAST, route.path


@pytest.mark.slow
async def test_each_role_opens_what_it_may_and_nothing_else(site: Site) -> None:
    for role in ROLES:
        browser = site.guest if role == "guest" else await site.who(WHO[role])
        for route in guarded(site):
            path = (
                route.path.replace("{id:int}", "1")
                .replace("{sort}", "event")
                .replace("{host}", "silent.example")
                .replace("{answer:int}", "1")
                .replace("{kind}", "follows")
            )
            for method in sorted((route.methods or set()) - {"HEAD"}):
                status = (await browser.request(method, path)).status_code
                allowed = ROLES.index(role) >= ROLES.index(LEAST[route.path])
                if (method, route.path) in DEPENDS and status == 403:
                    continue
                if allowed:
                    assert status not in (401, 403), (role, method, path, status)
                elif role == "guest":
                    assert status == (303 if method == "GET" else 401), (method, path, status)
                else:
                    assert status == 403, (role, method, path, status)


async def test_a_closed_account_opens_nothing_any_more(site: Site) -> None:
    mo = await site.who("mo")
    assert (await mo.get("/steward/replies")).status_code == 200
    steward = await site.who("bethan")
    id = (await site.store.read(people.known_as, "mo"))[0].actor  # type: ignore[index]
    assert (await steward.post(f"/steward/people/{id}/close")).status_code == 303
    assert (await mo.get("/steward/replies")).status_code == 303
    answer = await site.guest.post("/signin", data={"name": "mo", "password": PASSWORD})
    assert answer.status_code == 422


# Today


async def test_a_new_hub_has_nothing_waiting(either: Site) -> None:
    page = (await (await either.who("bethan")).get("/steward")).text
    assert "Nothing waits for you." in page
    assert "Nothing is wrong." in page


async def test_today_shows_what_waits_and_what_is_wrong(clock: Clock, either: Site) -> None:
    def scene(tx: Tx) -> None:
        steward = people.steward(tx).actor
        ask = asks.publish(tx, steward, "ask", lift())
        helping.answer(tx, ask.id, Guest("Sunil", "07700 900123"), "help")
        event = events.publish(tx, steward, party())
        events.postpone(tx, steward, event.id, {"en": "Storm."})
        posts.reply(tx, people.known_as(tx, "rhys")[0].actor, event.id, {"en": "A pity."})  # type: ignore[index]
        for _ in range(6):
            peers.failed(tx, "silent.example", "It did not answer within 20 seconds.")
        jobs.give_up(tx, jobs.enqueue(tx, "deliver", {"activity": 1}, host="gone.example"), "410 Gone")

    await either.did(scene)
    page = (await (await either.who("bethan")).get("/steward")).text
    assert "3 things wait for you." in page
    assert "2 things are wrong." in page
    assert "silent.example does not answer." in page
    assert "1 message could not be delivered" in page
    assert "See who can help" in page
    assert "Give it a new day" in page
    organiser = (await (await either.who("olwen")).get("/steward")).text
    assert "silent.example" not in organiser
    assert "2 things wait for you." in organiser


# Who is coming, who can help


async def test_only_organisers_see_who_is_coming(site: Site) -> None:
    steward = (await site.store.read(people.steward)).actor
    event = await site.did(events.publish, steward, party(places=5))
    await site.did(attendance.answer, event.id, Guest("Dai Davies", "07700 900456"), "yes")
    path = f"/events/{event.id}/people"
    page = (await (await site.who("olwen")).get(path)).text
    assert "Dai Davies" in page
    assert "07700 900456" in page
    assert "1 of 5 places taken" in page
    assert "07700" not in (await site.guest.get(f"/events/{event.id}")).text


async def test_a_coordinator_accepts_and_declines_help(either: Site) -> None:
    steward = (await either.store.read(people.steward)).actor
    ask = await either.did(asks.publish, steward, "ask", lift())
    one = await either.did(helping.answer, ask.id, Guest("Sunil", "07700 900123"), "help")
    olwen, path = await either.who("olwen"), f"/asks/{ask.id}/answers"
    assert f"{path}/{one.id}" in (await olwen.get(path)).text
    assert "07700 900123" in (await olwen.get(f"{path}/{one.id}")).text
    answer = await olwen.post(f"{path}/{one.id}", data={"state": "accepted"})
    assert answer.headers["location"] == f"{path}?done=help-accepted"
    assert (await either.store.read(asks.get, ask.id)).accepted == 1
    await olwen.post(f"{path}/{one.id}", data={"state": "declined"})
    assert (await either.store.read(asks.get, ask.id)).accepted == 0
    assert "Sunil" not in (await either.guest.get(f"/asks/{ask.id}")).text


@pytest.mark.parametrize("typed", [{}, {"state": "kept"}, {"state": ""}])
async def test_an_odd_decision_changes_nothing(site: Site, typed: dict[str, str]) -> None:
    steward = (await site.store.read(people.steward)).actor
    ask = await site.did(asks.publish, steward, "ask", lift())
    one = await site.did(helping.answer, ask.id, Guest("Sunil", "07700 900123"), "help")
    path = f"/asks/{ask.id}/answers/{one.id}"
    assert (await (await site.who("olwen")).post(path, data=typed)).headers["location"] == path
    assert (await site.store.read(helping.get, one.id)).state == "offered"


async def test_an_answer_is_only_decided_on_under_its_own_ask(site: Site) -> None:
    steward = (await site.store.read(people.steward)).actor
    one, two = [await site.did(asks.publish, steward, "ask", lift()) for _ in range(2)]
    answer = await site.did(helping.answer, one.id, Guest("Sunil", "07700 900123"), "help")
    sent = await (await site.who("olwen")).post(f"/asks/{two.id}/answers/{answer.id}", data={"state": "accepted"})
    assert sent.status_code == 404
    assert (await site.store.read(asks.get, one.id)).accepted == 0


# Replies


async def test_a_moderator_hides_a_reply_and_shows_it_again(either: Site) -> None:
    def scene(tx: Tx) -> int:
        event = events.publish(tx, people.steward(tx).actor, party())
        seen = things.Seen(
            uri="https://mastodon.example/1", url="https://mastodon.example/1", html={"en": "<p>Buy my pills</p>"},
            reply_to=event.uri, published=now(), updated=now(),
        )  # fmt: skip
        posts.mirror(tx, stranger(tx), seen)
        return event.id

    id = await either.did(scene)
    reply = (await either.store.read(posts.replies, id))[0]
    mo = await either.who("mo")
    assert "Buy my pills" in (await mo.get("/steward/replies")).text
    assert (await mo.post(f"/posts/{reply.id}/hide")).headers["location"] == "/steward/replies?done=hidden"
    assert "Buy my pills" not in (await either.guest.get(f"/events/{id}")).text
    assert "Hidden. Nobody sees it" in (await mo.get("/steward/replies")).text
    shown = await mo.post(f"/posts/{reply.id}/show?back=/events/{id}")
    assert shown.headers["location"] == f"/events/{id}?done=shown"
    assert (await mo.post(f"/posts/{reply.id}/hide?back=//evil.example")).headers["location"].startswith("/steward")
    assert (await mo.post(f"/posts/{id}/hide")).status_code == 404


# Other servers


async def test_followers_are_listed_with_where_they_are(either: Site) -> None:
    def scene(tx: Tx) -> None:
        hub = settings.get(tx).actor
        for n in range(60):
            actors.follow(tx, stranger(tx, f"n{n}", "mastodon.example"), hub)
            tx.run("UPDATE follow SET at = :at WHERE at = (SELECT max(at) FROM follow)", at=1_000_000 + n)

    await either.did(scene)
    steward = await either.who("bethan")
    page = await steward.get("/steward/followers")
    assert "60 followers" in page.text
    assert "Show more" in page.text
    for odd in ("x", "-1", "99999999999999999999", "٣"):
        assert (await steward.get(f"/steward/followers?before={odd}")).status_code == 200


async def test_following_is_shown_with_its_state_and_ended(either: Site) -> None:
    other = await either.did(stranger, "hub", "next.example", "hub")
    hub = (await either.store.read(settings.get)).actor
    await either.did(actors.ask_to_follow, hub, other)
    steward = await either.who("bethan")
    assert "Waiting for their answer" in (await steward.get("/steward/following")).text
    await either.did(lambda tx: actors.follow_answered(tx, hub, other, accepted=True))
    assert "We follow them" in (await steward.get("/steward/following")).text
    gone = await steward.post("/steward/following/stop", data={"actor": str(other)})
    assert gone.headers["location"] == "/steward/following?done=unfollowed"
    assert await either.store.read(actors.follows, hub, other) is None


async def test_whom_we_asked_a_day_ago_and_who_said_nothing_can_be_asked_again(either: Site, clock: Clock) -> None:
    other = await either.did(stranger, "hub", "next.example", "hub")
    hub = (await either.store.read(settings.get)).actor
    asked = "SELECT count(*) AS n FROM change WHERE kind = 'follow.asked'"
    assert await either.did(actors.ask_to_follow, hub, other)

    async def page() -> str:
        return (await (await either.who("bethan")).get("/steward/following")).text

    clock.forward(DAY - 1)
    assert "Ask again" not in await page()
    assert not await either.did(actors.ask_to_follow, hub, other)
    clock.forward(1)
    assert "Ask again" in await page()
    assert '<input type="hidden" name="domain" value="next.example">' in await page()
    assert await either.did(actors.ask_to_follow, hub, other)
    assert "Ask again" not in await page()
    row = await either.store.read(lambda tx: tx.one(asked))
    assert row is not None
    assert row["n"] == 2
    await either.did(lambda tx: actors.follow_answered(tx, hub, other, accepted=True))
    clock.forward(9 * DAY)
    assert "Ask again" not in await page()
    assert not await either.did(actors.ask_to_follow, hub, other)


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Fill this in"), ("not a domain", "Type the address of a hub"), ("glan.example", "this hub itself"),
     ("127.0.0.1", ""), ("x" * 400, "at most 300"), ("http://[::1]/", ""), ("user@", "")],
)  # fmt: skip
async def test_a_hub_that_cannot_be_followed_is_said_beside_the_field(site: Site, typed: str, said: str) -> None:
    answer = await (await site.who("bethan")).post("/steward/following", data={"domain": typed})
    assert answer.status_code == 422
    assert 'id="f-domain-oops"' in answer.text
    assert said in answer.text


async def test_one_server_has_a_page_with_what_waits_why_and_what_can_be_done(either: Site, clock: Clock) -> None:
    host = "gts.example"

    def scene(tx: Tx) -> None:
        sent = {"activity": 1, "inbox": f"https://{host}/inbox"}
        first, second, third = jobs.enqueue_many(tx, "deliver", [jobs.Order(sent, host)] * 3)
        peers.describe(tx, host, software="gotosocial", scheme="rfc9421")
        peers.succeeded(tx, host)
        jobs.claim(tx, 10)
        for _ in range(6):
            peers.failed(tx, host, "gts.example takes no connections.")
        for id in (first, second):
            jobs.retry(tx, id, "gts.example took too long.", DAY)
        jobs.give_up(tx, third, "gts.example refuses what we send (422).")

    await either.did(scene)
    steward, path = await either.who("bethan"), f"/steward/deliveries/{host}"
    assert f'href="{path}"' in (await steward.get("/steward/deliveries")).text
    page = (await steward.get(path)).text
    for said in ("Not answering", "gotosocial", "the new way (RFC 9421)", "gts.example took too long.", "(422)",
                 "gts.example takes no connections.", "5 tries in a row have failed.", "Try now"):  # fmt: skip
        assert said in page, said
    tried = await steward.post(f"{path}/now")
    assert tried.headers["location"] == f"{path}?done=again"
    found = await either.store.read(peers.get, host)
    assert found is not None
    assert found.open_until == 0
    assert [job.due for job in await either.store.read(jobs.waiting_for, host)] == [clock.ms] * 2
    assert (await steward.post(f"{path}/again")).headers["location"] == f"{path}?done=again"
    assert await either.store.read(jobs.dead) == []
    assert (await steward.post(f"{path}/again")).headers["location"] == f"{path}?done=not-again"


async def test_who_asked_us_to_wait_is_not_tried_before_and_the_page_says_so(site: Site) -> None:
    await site.did(lambda tx: peers.pause(tx, "busy.example", now() + DAY))
    steward = await site.who("bethan")
    assert "Asked us to wait" in (await steward.get("/steward/deliveries/busy.example")).text
    await steward.post("/steward/deliveries/busy.example/now")
    found = await site.store.read(peers.get, "busy.example")
    assert found is not None
    assert found.open_until > now()


@pytest.mark.parametrize("host", ["nobody.example", "x" * 300, "%00", "a b", "<script>"])
async def test_a_server_that_nothing_is_known_of_has_no_page(site: Site, host: str) -> None:
    assert (await (await site.who("bethan")).get(f"/steward/deliveries/{quote(host)}")).status_code == 404


async def test_what_could_not_be_sent_is_sent_again(either: Site) -> None:
    def scene(tx: Tx) -> int:
        id = jobs.enqueue(tx, "deliver", {"activity": 1, "inbox": "https://gone.example/inbox"}, host="gone.example")
        jobs.give_up(tx, id, "410 Gone")
        return id

    id, steward = await either.did(scene), await either.who("bethan")
    page = (await steward.get("/steward/deliveries")).text
    assert "410 Gone" in page
    assert "gone.example" in page
    again = await steward.post("/steward/deliveries", data={"job": str(id)})
    assert again.headers["location"] == "/steward/deliveries?done=again"
    assert await either.store.read(jobs.dead) == []
    twice = await steward.post("/steward/deliveries", data={"job": str(id)})
    assert twice.headers["location"] == "/steward/deliveries?done=not-again"
    for odd in ({}, {"job": "x"}, {"job": ""}, {"host": ""}):
        assert (await steward.post("/steward/deliveries", data=odd)).status_code == 303


async def test_a_server_that_is_left_alone_can_be_tried_at_once(either: Site) -> None:
    def scene(tx: Tx) -> None:
        for _ in range(6):
            peers.failed(tx, "silent.example", "It did not answer within 20 seconds.")

    await either.did(scene)
    steward = await either.who("bethan")
    assert "Not answering" in (await steward.get("/steward/deliveries")).text
    await steward.post("/steward/deliveries", data={"host": "silent.example"})
    assert (await either.store.read(peers.get, "silent.example")).open_until == 0  # type: ignore[union-attr]


# Accounts


def link_on(page: httpx.Response) -> str:
    start = page.text.index("/password?key=")
    return page.text[start : page.text.index("<", start)].replace("&amp;", "&")


async def test_a_steward_makes_an_account_and_somebody_chooses_their_password(either: Site) -> None:
    steward = await either.who("bethan")
    typed = {"login": "Delyth", "email": "delyth@example.org", "role": "organiser"}
    page = await steward.post("/steward/people", data=typed)
    assert page.status_code == 200
    assert "Here is the link for delyth." in page.text
    browser, new = either.browser(), "three odd words together"
    done = await browser.post(link_on(page), data={"password": new, "again": new})
    assert done.status_code == 303
    assert (await browser.get("/publish")).status_code == 200
    assert link_on(page) not in (await steward.get("/steward/people")).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"login": ""}, "Fill this in"), ({"login": "a b"}, "A name to sign in with"), ({"login": "rhys"}, "taken"),
     ({"email": "nobody"}, "Type an e-mail address"), ({"email": "rhys@glan.example"}, "already"),
     ({"role": "queen"}, "A role is")],
)  # fmt: skip
async def test_an_account_that_will_not_do_is_refused_at_its_field(
    site: Site, typed: dict[str, str], said: str
) -> None:
    good = {"login": "delyth", "email": "delyth@example.org", "role": "organiser"}
    answer = await (await site.who("bethan")).post("/steward/people", data=good | typed)
    assert answer.status_code == 422
    assert said in answer.text


async def test_a_steward_changes_roles_but_never_to_none_left(site: Site) -> None:
    steward = await site.who("bethan")
    known = {it.login: it.actor for it in await site.store.read(people.all_)}
    raised = await steward.post(f"/steward/people/{known['rhys']}/role", data={"role": "moderator"})
    assert raised.headers["location"] == "/steward/people?done=role"
    assert (await (await site.who("rhys")).get("/steward/replies")).status_code == 200
    for path, typed in (("role", {"role": "resident"}), ("close", {})):
        answer = await steward.post(f"/steward/people/{known['bethan']}/{path}", data=typed)
        assert answer.status_code == 409
        assert "A hub needs a steward" in answer.text
    assert (await steward.post(f"/steward/people/{known['rhys']}/role", data={"role": "queen"})).status_code == 422
    assert (await steward.post("/steward/people/1/role", data={"role": "steward"})).status_code == 404


async def test_a_new_link_ends_the_one_before(clock: Clock, site: Site) -> None:
    steward = await site.who("bethan")
    id = next(it.actor for it in await site.store.read(people.all_) if it.login == "rhys")
    first, second = [link_on(await steward.post(f"/steward/people/{id}/link")) for _ in range(2)]
    assert (await site.guest.get(first)).status_code == 403
    assert (await site.guest.get(second)).status_code == 200
    clock.forward(4 * DAY)
    assert (await site.guest.get(second)).status_code == 403


# Settings


async def test_settings_show_what_is_and_keep_what_is_typed(either: Site) -> None:
    steward = await either.who("bethan")
    form = fields((await steward.get("/steward/settings")).text, "/steward/settings")
    assert form["name.en"] == "Riverside"
    assert form["contacts.0.reach"] == "01632 960118"
    wrong = await steward.post("/steward/settings", data=form | {"rules.en": "", "rules.cy": "", "radius": "2"})
    assert wrong.status_code == 422
    assert "Write the rules" in wrong.text
    assert fields(wrong.text, "/steward/settings")["radius"] == "2"
    saved = await steward.post(
        "/steward/settings", data=form | {"name.en": "Hillside", "hue": "20", "languages": ["en", "cy"]}
    )
    assert saved.headers["location"] == "/steward/settings?done=settings"
    page = await steward.get("/steward/settings")
    assert "Hillside" in page.text
    assert 'class="hue-20"' in page.text
    assert (await either.store.read(settings.get)).acct == "@hub@glan.example"


async def test_why_a_server_was_not_reached_is_said_in_the_page_s_language_where_we_have_the_words(site: Site) -> None:
    def trouble(tx: Tx) -> None:
        for _ in range(6):
            peers.failed(tx, "gts.example", "gts.example takes no connections.")
            peers.failed(tx, "odd.example", "100% odd <b>")

    await site.did(trouble)
    page = (await (await site.who("bethan")).get("/steward/deliveries?lang=cy")).text

    assert "Dyw gts.example ddim yn derbyn cysylltiadau." in page
    assert '<span lang="en">100% odd &lt;b&gt;</span>' in page
