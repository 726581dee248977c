"""Residents read and write on their own pages: without an app, without JavaScript."""

import msgspec
import pytest
from browsing import Site, fields
from conftest import Clock
from scene import party, stranger

from hub import (
    actors,
    events,
    homes,
    neighbouring,
    people,
    profiles,
    projects,
    relations,
    scheduled,
    settings,
    statuses,
)
from hub.clock import DAY, HOUR
from hub.statuses import Draft, NewPoll
from hub.store import Tx


def account(tx: Tx, login: str) -> int:
    found = people.known_as(tx, login)
    assert found is not None
    return found[0].actor


def follow(tx: Tx, who: str, whom: str) -> None:
    relations.follow(tx, account(tx, who), account(tx, whom))


def say(tx: Tx, who: str, words: str, audience: str = "public", poll: NewPoll | None = None) -> int:
    return statuses.publish(tx, account(tx, who), Draft(words, audience=audience, poll=poll)).id


async def test_what_those_say_whom_one_follows_stands_on_ones_first_page(either: Site) -> None:
    await either.did(follow, "rhys", "olwen")
    await either.did(say, "olwen", "The heron is back")
    await either.did(say, "mo", "Nobody hears this")
    await either.did(neighbouring.spread)

    page = (await (await either.who("rhys")).get("/home")).text

    assert "The heron is back" in page
    assert "Nobody hears this" not in page


async def test_writing_without_an_app(site: Site) -> None:
    rhys = await site.who("rhys")
    answer = await rhys.post("/compose", data={"text": "Tea at four, @olwen?", "audience": "followers"})
    assert answer.status_code == 303
    where = answer.headers["location"].partition("?")[0]

    assert "Tea at four" in (await rhys.get(where)).text
    assert (await site.guest.get(where)).status_code == 404
    assert "Tea at four" in (await (await site.who("olwen")).get(where)).text
    assert (await (await site.who("mo")).get(where)).status_code == 404


async def test_a_form_sent_twice_says_it_once(site: Site) -> None:
    rhys = await site.who("rhys")
    first, second = [await rhys.post("/compose", data={"text": "Once"}) for _ in range(2)]

    assert first.headers["location"] == second.headers["location"]


async def test_what_does_not_fit_comes_back_with_all_that_was_typed(site: Site) -> None:
    rhys = await site.who("rhys")
    typed = {"text": "", "warning": "Spiders", "option": ["Only one", ""], "audience": "unlisted"}
    answer = await rhys.post("/compose", data=typed)

    assert answer.status_code == 422
    kept = fields(answer.text, "/compose")
    assert (kept["warning"], kept["audience"]) == ("Spiders", "unlisted")
    assert "A poll has two to eight different answers." in answer.text


async def test_a_draft_is_kept_and_ends_when_it_is_said(site: Site) -> None:
    rhys = await site.who("rhys")
    await rhys.post("/compose", data={"text": "Half a thought", "go": "keep"})
    page = (await rhys.get("/compose")).text
    assert "Half a thought" in page
    assert "Half a thought" not in (await (await site.who("olwen")).get("/compose")).text
    link = page.partition("/compose?unsaid=")[2].partition('"')[0]
    form = fields((await rhys.get(f"/compose?unsaid={link}")).text, "/compose")
    assert form["text"] == "Half a thought"

    await rhys.post("/compose", data=form | {"text": "A whole thought"})

    assert "Half a thought" not in (await rhys.get("/compose")).text


async def test_an_answer_names_whom_it_answers_and_stays_among_the_same_people(site: Site) -> None:
    await site.did(follow, "rhys", "olwen")
    said = await site.did(say, "olwen", "Just for you", "followers")
    form = fields((await (await site.who("rhys")).get(f"/compose?reply_to={said}")).text, "/compose")

    assert (form["text"].strip(), form["audience"], form["reply_to"]) == ("@olwen", "followers", str(said))


async def test_only_organisers_speak_for_the_hub(site: Site) -> None:
    typed = {"text": "The hall is shut on Monday", "speaker": "hub"}
    refused = await (await site.who("rhys")).post("/compose", data=typed)
    done = await (await site.who("olwen")).post("/compose", data=typed)

    assert (refused.status_code, done.status_code) == (422, 303)
    assert "hall is shut" in (await site.guest.get("/")).text


async def test_ones_own_words_stay_off_the_neighbourhoods_pages(site: Site) -> None:
    await site.did(say, "rhys", "My own business")

    assert "My own business" not in (await site.guest.get("/")).text
    assert "My own business" not in (await site.guest.get("/feed.atom")).text
    assert "My own business" in (await site.guest.get("/@rhys")).text


async def test_liking_sharing_and_keeping_come_back_to_where_they_stood(site: Site) -> None:
    said, rhys = await site.did(say, "olwen", "A heron"), await site.who("rhys")
    for deed in ("like", "share", "keep"):
        answer = await rhys.post(f"/posts/{said}/do", data={"deed": deed, "back": "/around/here"})
        assert answer.headers["location"].startswith("/around/here")
    page = (await rhys.get(f"/posts/{said}")).text
    assert ("Liked" in page, "Shared" in page, "Kept" in page) == (True, True, True)
    assert "A heron" in (await rhys.get("/bookmarks")).text
    assert "A heron" in (await rhys.get("/favourites")).text
    await rhys.post(f"/posts/{said}/do", data={"deed": "drop", "back": "/bookmarks"})
    assert "A heron" not in (await rhys.get("/bookmarks")).text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"])
async def test_a_deed_never_leads_away(site: Site, back: str) -> None:
    said, rhys = await site.did(say, "olwen", "A heron"), await site.who("rhys")
    answer = await rhys.post(f"/posts/{said}/do", data={"deed": "like", "back": back})

    assert answer.headers["location"].startswith("/home")


async def test_a_vote_for_an_event_is_an_answer(site: Site) -> None:
    event = await site.did(lambda tx: events.publish(tx, account(tx, "olwen"), party()).id)
    rhys = await site.who("rhys")
    await rhys.post(f"/posts/{event}/do", data={"deed": "vote", "choice": "0", "back": "/around/here"})

    assert (await site.did(lambda tx: events.get(tx, event).going)) == 1


async def test_organisers_know_a_neighbour_who_comes_by_name(site: Site) -> None:
    event = await site.did(lambda tx: events.publish(tx, account(tx, "olwen"), party()).id)

    def called(tx: Tx) -> None:
        profile = profiles.get(tx, account(tx, "rhys"))
        profiles.change(tx, account(tx, "rhys"), msgspec.structs.replace(profile, name="Rhys Bowen"))

    await site.did(called)
    await (await site.who("rhys")).post(f"/posts/{event}/do", data={"deed": "vote", "choice": "0"})
    page = (await (await site.who("olwen")).get(f"/events/{event}/people")).text

    assert "Rhys Bowen" in page
    assert "@rhys<wbr>@glan.<wbr>example" in page
    assert "from another server" not in page


async def test_the_hub_itself_is_followed_on_a_page_for_residents(site: Site) -> None:
    def hub(tx: Tx) -> int:
        return settings.get(tx).actor

    id, rhys = await site.did(hub), await site.who("rhys")
    page = (await rhys.get(f"/people/{id}")).text
    assert "The hub itself." in page
    assert "Follow no more" not in page
    await rhys.post(f"/people/{id}/do", data={"deed": "follow", "back": f"/people/{id}"})
    assert "Follow no more" in (await rhys.get(f"/people/{id}")).text


async def test_a_face_is_the_same_in_every_language(site: Site) -> None:
    await site.did(say, "rhys", "The heron is back")
    rhys = await site.who("rhys")
    pages = [(await rhys.get(f"/around/here?lang={lang}")).text for lang in ("en", "cy")]
    faces = [page.partition('<span class="face">')[2].partition("</span>")[0] for page in pages]

    assert faces[0].startswith("<svg")
    assert faces[0] == faces[1]


async def test_the_page_of_somebody_elsewhere_lets_one_follow(site: Site) -> None:
    sunil, rhys = await site.did(stranger), await site.who("rhys")
    assert "Follow" in (await rhys.get(f"/people/{sunil}")).text
    assert (await site.guest.get(f"/people/{sunil}")).status_code == 303

    await rhys.post(f"/people/{sunil}/do", data={"deed": "follow", "back": f"/people/{sunil}"})

    assert "You have asked to follow them" in (await rhys.get(f"/people/{sunil}")).text


async def test_who_asks_to_follow_is_let_in_on_the_page_of_notices(site: Site) -> None:
    def locked(tx: Tx) -> int:
        tx.run("UPDATE actor SET locked = 1 WHERE id = :id", id=account(tx, "olwen"))
        follow(tx, "rhys", "olwen")
        return account(tx, "rhys")

    rhys, olwen = await site.did(locked), await site.who("olwen")
    assert "They would like to follow you" in (await olwen.get("/notifications")).text
    await olwen.post(f"/people/{rhys}/do", data={"deed": "accept", "back": "/notifications"})

    assert await site.did(lambda tx: actors.follows(tx, rhys, account(tx, "olwen"))) == "accepted"


async def test_notices_say_what_happened_and_can_be_cleared(site: Site) -> None:
    await site.did(say, "rhys", "@olwen hello")
    await site.did(neighbouring.spread)
    olwen = await site.who("olwen")
    assert "names you" in (await olwen.get("/notifications")).text
    await olwen.post("/notifications/clear")

    assert "Nothing to tell you yet" in (await olwen.get("/notifications")).text


async def test_changing_and_taking_down_what_one_said(site: Site) -> None:
    said, rhys = await site.did(say, "rhys", "A herron"), await site.who("rhys")
    form = fields((await rhys.get(f"/posts/{said}/edit")).text, f"/posts/{said}/edit")
    await rhys.post(f"/posts/{said}/edit", data=form | {"text": "A heron"})
    assert "A heron" in (await rhys.get(f"/posts/{said}")).text
    assert (await (await site.who("olwen")).get(f"/posts/{said}/edit")).status_code == 404

    await rhys.post(f"/posts/{said}/do", data={"deed": "remove", "back": f"/posts/{said}"})

    assert (await rhys.get(f"/posts/{said}")).status_code in (404, 410)


async def test_a_topic_shows_what_is_found_under_it(either: Site) -> None:
    await either.did(say, "rhys", "Look at my #Tomatoes")
    await either.did(say, "rhys", "Secret #tomatoes", "followers")

    page = (await either.guest.get("/tags/tomatoes")).text

    assert "Look at my" in page
    assert "Secret" not in page


async def test_the_page_asks_how_much_is_new(site: Site) -> None:
    await site.did(follow, "rhys", "olwen")
    first = await site.did(say, "olwen", "One")
    await site.did(say, "olwen", "Two")
    await site.did(neighbouring.spread)
    rhys = await site.who("rhys")

    assert (await rhys.get(f"/home/news?since={first}")).json() == {"new": 1}
    assert len(await site.did(homes.page, await site.did(account, "rhys"))) == 2


async def test_a_conversation_shows_what_came_before_and_after(site: Site) -> None:
    first = await site.did(say, "olwen", "Who has a ladder?")

    def reply(tx: Tx) -> int:
        return statuses.publish(tx, account(tx, "rhys"), Draft("@olwen I have", reply_to=first)).id

    second = await site.did(reply)
    rhys = await site.who("rhys")

    assert "I have" in (await rhys.get(f"/posts/{first}")).text
    assert "Who has a ladder?" in (await rhys.get(f"/posts/{second}")).text


async def test_people_are_found_by_their_name_and_followed(site: Site) -> None:
    rhys = await site.who("rhys")
    page = (await rhys.get("/find?q=olw")).text
    assert "olwen" in page
    assert "Nothing found" in (await rhys.get("/find?q=zzzz")).text
    assert (await site.guest.get("/find?q=olw")).status_code == 303


async def test_who_is_nowhere_is_said_in_words(site: Site) -> None:
    page = (await (await site.who("rhys")).get("/find?q=@ann@nowhere.invalid")).text

    assert "nowhere.invalid does not answer" in page


async def test_an_account_that_does_not_know_one_is_nowhere_to_move_to(site: Site) -> None:
    sunil = await site.did(stranger)
    rhys = await site.who("rhys")
    answer = await rhys.post("/account/move", data={"there": "@sunil@mastodon.example"})

    assert answer.status_code == 422
    assert await site.did(lambda tx: actors.get(tx, sunil).moved) is None
    assert await site.did(lambda tx: actors.get(tx, account(tx, "rhys")).moved) is None


async def test_something_is_said_when_its_time_has_come(site: Site, clock: Clock) -> None:
    rhys = await site.who("rhys")
    typed = {"text": "Bins tomorrow", "audience": "public", "when.date": "2026-05-02", "when.time": "18:00"}
    answer = await rhys.post("/compose", data=typed)
    assert answer.headers["location"].startswith("/compose")
    page = (await rhys.get("/compose")).text
    assert "Bins tomorrow" in page
    number = page.partition("/compose/later/")[2].partition("/")[0]
    clock.forward(DAY + 12 * HOUR)
    assert await site.did(scheduled.say, int(number)) is not None
    assert "Bins tomorrow" in (await site.guest.get("/@rhys")).text


async def test_what_cannot_be_said_any_more_is_a_draft(site: Site, clock: Clock) -> None:
    def scene(tx: Tx) -> int:
        rhys = account(tx, "rhys")
        said = statuses.publish(tx, account(tx, "olwen"), Draft("A heron"))
        later = scheduled.put_off(tx, rhys, Draft("@olwen where?", reply_to=said.id), clock() + HOUR)
        statuses.remove(tx, account(tx, "olwen"), said.id)
        return later.id

    id = await site.did(scene)
    clock.forward(HOUR)
    assert await site.did(scheduled.say, id) is None
    assert "@olwen where?" in (await (await site.who("rhys")).get("/compose")).text


async def test_a_project_is_followed_on_its_own_page(site: Site) -> None:
    id, actor = await site.did(_a_project)
    rhys, path = await site.who("rhys"), f"/projects/{id}"

    assert 'value="follow"' in (await rhys.get(path)).text
    followed = await rhys.post(f"/people/{actor}/do", data={"deed": "follow", "back": path})
    assert followed.headers["location"] == f"{path}?done=deed-follow#a{actor}"
    page = (await rhys.get(path)).text
    assert "You follow this" in page
    assert 'value="unfollow"' in page

    await rhys.post(f"/people/{actor}/do", data={"deed": "unfollow", "back": path})
    assert 'value="follow"' in (await rhys.get(path)).text


async def test_a_guest_at_a_project_is_shown_the_way_from_their_own_server(site: Site) -> None:
    id, _ = await site.did(_a_project)
    page = (await site.guest.get(f"/projects/{id}")).text

    assert 'value="follow"' not in page
    assert "/follow?acct=" in page


async def test_at_a_part_of_the_hub_a_neighbour_follows_all_of_it(site: Site) -> None:
    def stop(tx: Tx) -> int:
        relations.unfollow(tx, account(tx, "rhys"), settings.get(tx).actor)
        return settings.get(tx).actor

    hub, rhys = await site.did(stop), await site.who("rhys")
    assert "Follow the hub itself" in (await rhys.get("/@events")).text
    await rhys.post(f"/people/{hub}/do", data={"deed": "follow", "back": "/@events"})

    assert "You follow the hub itself" in (await rhys.get("/@events")).text
    assert "Follow the hub itself" not in (await site.guest.get("/@events")).text


async def test_who_asks_to_follow_somebody_is_told_that_they_asked(site: Site) -> None:
    def lock(tx: Tx) -> int:
        tx.run("UPDATE actor SET locked = 1 WHERE id = :id", id=account(tx, "olwen"))
        return account(tx, "olwen")

    olwen, rhys = await site.did(lock), await site.who("rhys")
    answer = await rhys.post(f"/people/{olwen}/do", data={"deed": "follow", "back": "/@olwen"})

    assert answer.headers["location"] == f"/@olwen?done=deed-asked#a{olwen}"


def _a_project(tx: Tx) -> tuple[int, int]:
    made = projects.start(tx, account(tx, "olwen"), projects.Draft(title={"en": "A bench"}))
    return made.id, made.actor
