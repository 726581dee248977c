"""What newcomers say waits until somebody who looks after the hub has read it (S-09), and edits get round nothing
(S-28)."""

import msgspec
import pytest
from conftest import Clock
from scene import open_hub, party, person, stranger

from federation import announce
from hub import (
    actors,
    audit,
    events,
    held,
    homes,
    letters,
    mentions,
    messages,
    neighbouring,
    notices,
    people,
    posts,
    profiles,
    reacting,
    relations,
    reports,
    scheduled,
    statuses,
    things,
    timelines,
    viewing,
)
from hub.changes import Kind, record
from hub.clock import DAY, HOUR, MINUTE
from hub.errors import Conflict, NotAllowed, NotFound
from hub.statuses import Draft, NewPoll
from hub.store import Row, Store, Tx
from hub.things import Seen, Thing


def street(tx: Tx) -> tuple[int, int, int]:
    """A moderator; a newcomer; Ben, who follows her, and so does somebody elsewhere."""
    open_hub(tx)
    mo, ben = person(tx, "mo", "moderator"), person(tx, "ben")
    new = people.create(tx, "delyth", "delyth@glan.example", "x", newcomer=True).actor
    relations.follow(tx, ben, new)
    far = stranger(tx, "cath", "far.example")
    tx.run(
        """INSERT INTO follow (follower, followed, state, at, id) VALUES (:far, :new, 'accepted', 1, 1)""",
        far=far, new=new,
    )  # fmt: skip
    return mo, new, ben


def seen_by(tx: Tx, who: int, id: int) -> bool:
    try:
        viewing.get(tx, who, id)
    except NotFound:
        return False
    return True


def everywhere(tx: Tx) -> None:
    """All readers of the log have read on."""
    while announce(tx) or neighbouring.spread(tx):
        pass


def sent(tx: Tx) -> list[str]:
    return [row["type"] for row in tx.all("SELECT type FROM activity ORDER BY id")]


@pytest.mark.parametrize("audience", ["public", "unlisted", "followers"])
async def test_what_a_newcomer_says_is_seen_by_nobody_else_until_it_is_let_through(
    store: Store, clock: Clock, audience: str
) -> None:
    def say(tx: Tx) -> tuple[int, int, int, int]:
        mo, new, ben = street(tx)
        return mo, new, ben, statuses.publish(tx, new, Draft("@ben, a #heron", audience=audience)).id

    def look(tx: Tx) -> tuple[object, ...]:
        everywhere(tx)
        first = [row["thing"] for row in homes.page(tx, ben)]
        return (
            [seen_by(tx, who, id) for who in (new, ben, mo, 0)], first, [it.kind for it in notices.page(tx, ben)],
            sent(tx), [line[1] for line in timelines.public(tx, ben, timelines.Stretch())],
        )  # fmt: skip

    mo, new, ben, id = await store.write(say)
    assert await store.write(look) == ([True, False, False, False], [], [], [], [])
    assert [row["thing"] for row in await store.read(homes.page, new)] == [id], "its author finds it"

    clock.forward(3 * MINUTE)
    await store.write(held.let_through, mo, id)
    seen, first, told, out, public = await store.write(look)
    open_ = audience != "followers"
    assert (seen, first, told, out) == ([True, True, open_, open_], [id], ["mention"], ["Create"])
    assert public == ([id] if audience == "public" else [])
    assert (await store.read(things.get, id)).published == clock.ms


async def test_a_letter_to_somebody_here_is_not_held_and_to_strangers_elsewhere_it_is_refused(store: Store) -> None:
    def scene(tx: Tx) -> bool:
        _, new, ben = street(tx)
        letter = statuses.publish(tx, new, Draft("@ben, is it you?", audience="direct"))
        with pytest.raises(NotAllowed):
            statuses.publish(tx, new, Draft("@cath@far.example buy", audience="direct"))
        with pytest.raises(NotAllowed):
            statuses.change(tx, new, letter.id, Draft("@ben @cath@far.example buy", audience="direct"))
        statuses.publish(tx, new, Draft("@cath@far.example yes", audience="direct", reply_to=wrote(tx, new)))
        return seen_by(tx, ben, letter.id)

    def wrote(tx: Tx, to: int) -> int:
        far = tx.one("SELECT id FROM actor WHERE domain = 'far.example'")
        assert far is not None
        seen = Seen(uri="https://far.example/1", url="https://far.example/1", html={"en": "<p>Hello</p>"},
                    published=1, updated=1)  # fmt: skip
        id = messages.receive(tx, far["id"], to, seen)
        assert id is not None
        return id

    assert await store.write(scene)


async def test_a_reply_on_a_page_and_what_was_put_off_are_held_alike(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> tuple[int, int, int, int]:
        mo, new, _ = street(tx)
        steward = people.steward(tx).actor
        event = events.publish(tx, steward, party())
        reply = posts.reply(tx, new, event.id, {"en": "Is there cake?"})
        later = scheduled.put_off(tx, new, Draft("A heron"), clock.ms + 10 * MINUTE)
        return mo, new, reply.id, later.id

    mo, new, reply, later = await store.write(scene)
    clock.forward(11 * MINUTE)
    said = await store.write(scheduled.say, later)
    assert said is not None
    assert [it.thing.id for it in await store.read(held.listed, mo)] == [reply, said]
    event = (await store.read(things.get, reply)).root
    assert event is not None
    assert await store.read(posts.replies, event) == []
    assert [it.id for it in await store.read(lambda tx: posts.replies(tx, event, me=new))] == [reply]
    assert await store.read(posts.latest_replies, mo) == [], "it has a page of its own"
    with pytest.raises(NotFound):
        await store.write(posts.show, mo, reply)
    assert await store.read(things.latest, ("note", "reply")) == []


async def test_three_that_were_let_through_are_enough(store: Store) -> None:
    def scene(tx: Tx) -> list[bool]:
        mo, new, _ = street(tx)
        found = []
        for n in range(4):
            it = statuses.publish(tx, new, Draft(f"Heron {n}"))
            found.append(held.waits(tx, it.id))
            if found[-1]:
                held.let_through(tx, mo, it.id)
        return found

    assert await store.write(scene) == [True, True, True, False]


async def test_who_is_refused_gets_their_words_back_and_the_reason_and_nobody_else_hears_of_it(store: Store) -> None:
    def say(tx: Tx) -> tuple[int, int, int, int]:
        mo, new, ben = street(tx)
        return mo, new, ben, statuses.publish(tx, new, Draft("Buy my pills")).id

    mo, new, ben, id = await store.write(say)
    await store.write(held.refuse, mo, id, "We sell nothing here.")
    await store.write(everywhere)
    (letter,) = await store.read(messages.to, new)
    assert "We sell nothing here." in letter.words["en"]
    assert "Buy my pills" in letter.words["en"]
    assert [await store.read(seen_by, who, id) for who in (new, ben)] == [False, False]
    assert await store.read(sent) == []
    with pytest.raises(NotFound):
        await store.write(held.let_through, mo, id)
    (deed, *_) = await store.read(audit.read, mo)
    assert deed.what == "held-back"


async def test_all_of_one_author_goes_at_once_without_a_letter_but_not_what_came_since(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int, int]:
        mo, new, ben = street(tx)
        ids = [statuses.publish(tx, new, Draft(f"Pill {n}")).id for n in range(3)]
        other = statuses.publish(tx, ben, Draft("A heron")).id
        statuses.publish(tx, new, Draft("Pill 4"))
        return held.refuse_all(tx, mo, new, [*ids, other]), held.waiting(tx), len(messages.to(tx, new))

    assert await store.write(scene) == (3, 1, 0)


async def test_only_moderators_decide_and_only_ten_wait(store: Store) -> None:
    def scene(tx: Tx) -> None:
        _, new, ben = street(tx)
        ids = [statuses.publish(tx, new, Draft(f"Pill {n}")).id for n in range(held.MOST)]
        with pytest.raises(Conflict):
            statuses.publish(tx, new, Draft("One more"))
        for verb in (held.let_through, held.refuse):
            with pytest.raises(NotAllowed):
                verb(tx, ben, ids[0])
        with pytest.raises(NotAllowed):
            held.refuse_all(tx, ben, new, ids)
        with pytest.raises(NotAllowed):
            held.listed(tx, new)

    await store.write(scene)


async def test_an_edit_of_what_waits_goes_on_waiting_whoever_its_author_is_by_then(store: Store) -> None:
    def scene(tx: Tx) -> int:
        mo, new, _ = street(tx)
        it = statuses.publish(tx, new, Draft("A heron"))
        tx.run("UPDATE account SET let_through = 9 WHERE actor = :new", new=new)
        statuses.change(tx, new, it.id, Draft("Buy my pills"))
        return mo

    mo = await store.write(scene)
    await store.write(everywhere)
    (waits,) = await store.read(held.listed, mo)
    assert waits.thing.words == {"en": "Buy my pills"}
    assert [one.html for one in waits.before] == [{"en": "<p>A heron</p>"}]
    assert await store.read(sent) == []


async def test_what_a_newcomer_changes_after_it_was_let_through_waits_again(store: Store) -> None:
    def say(tx: Tx) -> tuple[int, int, int, int]:
        mo, new, ben = street(tx)
        return mo, new, ben, statuses.publish(tx, new, Draft("A heron")).id

    mo, new, ben, id = await store.write(say)
    await store.write(held.let_through, mo, id)
    await store.write(everywhere)
    await store.write(statuses.change, new, id, Draft("Buy my pills"))
    await store.write(everywhere)
    assert not await store.read(seen_by, ben, id)
    assert await store.read(sent) == ["Create"]
    assert len((await store.read(held.get, id)).before) == 1
    await store.write(held.let_through, mo, id)
    await store.write(everywhere)
    assert await store.read(seen_by, ben, id)
    assert await store.read(sent) == ["Create", "Update"]
    row = await store.read(lambda tx: tx.one("SELECT let_through FROM account WHERE actor = :new", new=new))
    assert row is not None
    assert row["let_through"] == 1, "one post, read twice"
    await store.write(statuses.change, new, id, Draft("Worse"))
    await store.write(held.refuse, mo, id)
    await store.write(everywhere)
    assert await store.read(sent) == ["Create", "Update", "Delete"]


async def test_what_waits_is_neither_shared_nor_pinned_and_taken_back_in_silence(store: Store) -> None:
    def scene(tx: Tx) -> int:
        mo, new, _ = street(tx)
        it = statuses.publish(tx, new, Draft("A heron"))
        for verb in (reacting.share, reacting.pin):
            with pytest.raises(Conflict):
                verb(tx, new, it.id)
        statuses.remove(tx, new, it.id)
        return mo

    mo = await store.write(scene)
    await store.write(everywhere)
    assert await store.read(held.listed, mo) == []
    assert await store.read(sent) == []


async def test_a_poll_is_open_for_as_long_as_was_wished(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        mo, new, _ = street(tx)
        poll = NewPoll(["Yes", "No"], lasts=DAY)
        return mo, statuses.publish(tx, new, Draft("Cake?", poll=poll)).id

    mo, id = await store.write(scene)
    clock.forward(2 * DAY)
    poll = (await store.write(held.let_through, mo, id)).extra.poll
    assert poll is not None
    assert poll.ends == clock.ms + DAY


async def test_changing_what_a_moderator_has_hidden_shows_it_to_nobody(store: Store) -> None:
    def say(tx: Tx) -> tuple[int, int, int, int]:
        mo, _, ben = street(tx)
        event = events.publish(tx, people.steward(tx).actor, party()).id
        return mo, ben, event, posts.reply(tx, ben, event, {"en": "Buy my pills"}).id

    mo, ben, event, reply = await store.write(say)
    await store.write(reacting.share, mo, reply)
    await store.write(everywhere)
    before = len(await store.read(sent))
    await store.write(posts.hide, mo, reply)
    await store.write(statuses.change, ben, reply, Draft("Buy my other pills"))
    await store.write(everywhere)
    assert await store.read(posts.replies, event) == []
    (seen,) = [it for it in await store.read(posts.latest_replies, mo) if it.id == reply]
    assert seen.hidden
    assert len(await store.read(mentions.revisions, reply)) == 1
    assert (await store.read(sent))[before:] == []
    assert await store.read(notices.page, mo, kinds=["update"]) == [], "whoever shared it is told of no change"


async def test_what_is_hidden_before_it_went_out_stays_here_until_it_is_shown(store: Store) -> None:
    def say(tx: Tx) -> tuple[int, int]:
        mo, _, ben = street(tx)
        far = tx.one("SELECT id FROM actor WHERE domain = 'far.example'")
        assert far is not None
        tx.run("INSERT INTO follow (follower, followed, state, at, id) VALUES (:far, :ben, 'accepted', 1, 2)",
               far=far["id"], ben=ben)  # fmt: skip
        event = events.publish(tx, people.steward(tx).actor, party()).id
        reply = posts.reply(tx, ben, event, {"en": "Buy my pills"}).id
        posts.hide(tx, mo, reply)
        return mo, reply

    def told(tx: Tx) -> int:
        return len(tx.all("SELECT 1 AS x FROM activity WHERE body LIKE '%my pills%'"))

    mo, reply = await store.write(say)
    await store.write(everywhere)
    assert await store.read(told) == 0
    await store.write(posts.show, mo, reply)
    await store.write(everywhere)
    assert await store.read(told) == 1


async def test_nor_does_an_update_from_another_server(store: Store) -> None:
    def scene(tx: Tx) -> tuple[object, ...]:
        mo, _, _ = street(tx)
        event = events.publish(tx, people.steward(tx).actor, party())
        far = stranger(tx, "dai", "far.example")
        seen = {"uri": "https://far.example/2", "url": "https://far.example/2", "reply_to": event.uri}
        id = posts.mirror(tx, far, Seen(**seen, html={"en": "<p>Pills</p>"}, published=1, updated=1))  # type: ignore[arg-type]
        assert id is not None
        posts.hide(tx, mo, id)
        posts.mirror(tx, far, Seen(**seen, html={"en": "<p>More pills</p>"}, published=1, updated=9000))  # type: ignore[arg-type]
        (it,) = [one for one in posts.latest_replies(tx, mo) if one.id == id]
        return it.html, it.hidden, posts.replies(tx, event.id)

    assert await store.write(scene) == ({"en": "<p>More pills</p>"}, True, [])


async def test_a_report_keeps_what_was_reported_and_says_that_it_was_changed_since(store: Store) -> None:
    def scene(tx: Tx) -> list[object]:
        _, _, ben = street(tx)
        bad = person(tx, "bad")
        it = statuses.publish(tx, bad, Draft("Buy my pills"))
        filed = reports.file(tx, ben, reports.Draft(bad, [it.id]))
        (then,) = reports.copies(tx, filed.id)
        statuses.change(tx, bad, it.id, Draft("A heron"))
        (changed,) = reports.copies(tx, filed.id)
        statuses.remove(tx, bad, it.id)
        (gone,) = reports.copies(tx, filed.id)
        return [then.html, then.changed, changed.html, changed.changed, changed.now and changed.now.html,
                len(changed.before), gone.html, gone.now]  # fmt: skip

    pills, heron = {"en": "<p>Buy my pills</p>"}, {"en": "<p>A heron</p>"}
    assert await store.write(scene) == [pills, False, pills, True, heron, 1, pills, None]


async def test_a_server_that_reports_a_letter_of_others_has_no_copy_made(store: Store) -> None:
    def scene(tx: Tx) -> list[int]:
        _, _, ben = street(tx)
        other = person(tx, "owain")
        far = stranger(tx, "dai", "far.example")
        letter = statuses.publish(tx, ben, Draft("@owain, the key is under the pot", audience="direct"))
        theirs = statuses.publish(tx, other, Draft("@dai@far.example you fool", audience="direct"))
        for n, it in enumerate((letter, theirs)):
            assert reports.receive(tx, f"https://far.example/f{n}", "far.example", [it.uri], "", sender=far)
        return [row["thing"] - theirs.id for row in tx.all("SELECT thing FROM reported")]

    assert await store.write(scene) == [0]


async def test_moderators_are_told_who_has_come_in_and_nobody_else_is(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, list[int]]:
        mo, new, ben = street(tx)
        steward = people.steward(tx).actor
        record(tx, Kind.ACCOUNT_APPROVED, subject=new, actor=steward)
        return new, [mo, steward, ben, new]

    new, whom = await store.write(scene)
    await store.write(everywhere)
    told = [await store.read(notices.page, who, kinds=["admin.sign_up"]) for who in whom]
    assert [[it.actor == new for it in page] for page in told] == [[True], [], [], []], "who let them in knows"


async def test_a_letter_says_what_waits_once_a_day_at_most(store: Store, clock: Clock) -> None:
    def due(tx: Tx) -> list[int]:
        return [row["due"] for row in tx.all("SELECT due FROM job WHERE kind = 'mail' ORDER BY due")]

    def wait(tx: Tx) -> list[int]:
        letters.gather(tx, "waiting")
        return due(tx)

    await store.write(street)
    start = clock.ms
    both = [start + HOUR] * 2  # a steward and a moderator
    assert await store.write(wait) == both
    clock.forward(30 * MINUTE)
    assert await store.write(wait) == both, "it is in the same letter"
    clock.forward(HOUR)
    assert await store.write(wait) == [*both, *[start + HOUR + DAY] * 2], "whoever comes later waits for the next"
    clock.forward(30 * DAY)
    assert (await store.write(wait))[4:] == [clock.ms + HOUR] * 2


async def test_a_post_that_was_changed_since_it_was_read_is_not_let_through(store: Store, clock: Clock) -> None:
    def say(tx: Tx) -> tuple[int, int, Thing]:
        mo, new, _ = street(tx)
        return mo, new, statuses.publish(tx, new, Draft("A heron"))

    mo, new, read = await store.write(say)
    clock.forward(MINUTE)
    await store.write(lambda tx: statuses.change(tx, new, read.id, Draft("Cheap pills")))
    with pytest.raises(Conflict):
        await store.write(held.let_through, mo, read.id, read.updated)
    again = await store.read(held.get, read.id)
    assert not (await store.write(held.let_through, mo, read.id, again.thing.updated)).hidden


# --- what newcomers say besides posts --------------------------------------------------------------


def speak(tx: Tx, who: int, **words: object) -> profiles.Profile:
    return profiles.change(tx, who, msgspec.structs.replace(profiles.get(tx, who), **words))


SPAM: dict[str, object] = {
    "name": "Cheap Pills",
    "note": "https://pills.example",
    "fields": [("Shop", "pills.example")],
}


async def test_what_a_newcomer_says_of_themselves_is_seen_and_sent_by_nobody_until_it_is_let_through(
    store: Store, clock: Clock
) -> None:
    def say(tx: Tx) -> tuple[int, int, profiles.Profile]:
        mo, new, _ = street(tx)
        return mo, new, speak(tx, new, locked=True, **SPAM)

    mo, new, kept = await store.write(say)
    assert (kept.name, kept.note, kept.locked) == ("Cheap Pills", "https://pills.example", True)
    await store.write(everywhere)
    seen = await store.read(actors.get, new)
    assert (seen.name, seen.summary, seen.facts, seen.locked) == ({"en": "delyth"}, {}, [], True)
    assert "pills" not in str(await store.read(lambda tx: [row["body"] for row in tx.all("SELECT body FROM activity")]))
    assert await store.read(lambda tx: [job.kind for job in jobs_of(tx, "links")]) == []
    assert await store.read(profiles.waiting) == 1
    (it,) = await store.read(profiles.unread, mo)
    assert (it.by.handle, it.said.name, it.shown.name) == ("delyth", "Cheap Pills", "delyth")
    await store.write(profiles.let_through, mo, new, it.said.at)
    await store.write(everywhere)
    seen = await store.read(actors.get, new)
    assert (seen.name, seen.facts[0].name) == ({"en": "Cheap Pills"}, "Shop")
    assert await store.read(profiles.waiting) == 0
    assert "Update" in await store.read(sent)


def jobs_of(tx: Tx, kind: str) -> list[Row]:
    return tx.all("SELECT kind FROM job WHERE kind = :kind", kind=kind)


async def test_nobody_lets_through_what_came_since_they_read_it_and_only_moderators_do(
    store: Store, clock: Clock
) -> None:
    def say(tx: Tx) -> tuple[int, int, int, int]:
        mo, new, ben = street(tx)
        speak(tx, new, note="I like herons")
        return mo, new, ben, profiles.unread(tx, mo)[0].said.at

    mo, new, ben, at = await store.write(say)
    for verb in (profiles.let_through, profiles.refuse):
        with pytest.raises(NotAllowed):
            await store.write(verb, ben, new, at)
    with pytest.raises(NotAllowed):
        await store.read(profiles.unread, ben)
    clock.forward(1)
    await store.write(lambda tx: speak(tx, new, **SPAM))
    for verb in (profiles.let_through, profiles.refuse):
        with pytest.raises(Conflict):
            await store.write(verb, mo, new, at)
    await store.write(profiles.refuse, mo, new, at + 1, "We sell nothing.")
    assert (await store.read(profiles.get, new)).name == "delyth"
    (letter,) = await store.read(messages.to, new)
    assert "We sell nothing." in letter.words["en"]
    assert "> Shop: pills.example" in letter.words["cy"]
    with pytest.raises(NotFound):
        await store.write(profiles.let_through, mo, new, at + 1)


async def test_who_takes_their_words_back_or_is_trusted_by_then_waits_for_nobody(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> tuple[int, int, dict[str, str]]:
        _, new, _ = street(tx)
        speak(tx, new, **SPAM)
        speak(tx, new, name="delyth", note="", fields=[])
        back = profiles.waiting(tx)
        speak(tx, new, name="Delyth")
        for _ in range(people.FIRST):
            people.post_let_through(tx, new)
        speak(tx, new, note="Herons")
        return back, profiles.waiting(tx), actors.get(tx, new).name

    assert await store.write(scene) == (0, 0, {"en": "Delyth"})


async def test_a_newcomer_shares_what_was_said_here_and_nothing_from_elsewhere(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        _, new, ben = street(tx)
        uri = "https://far.example/pills"
        seen = Seen(uri=uri, url=uri, html={"en": "<p>Pills</p>"}, published=1, updated=1)
        theirs = posts.mirror(tx, stranger(tx, "cath", "far.example"), seen)
        assert theirs is not None
        with pytest.raises(NotAllowed):
            reacting.share(tx, new, theirs)
        return reacting.share(tx, ben, theirs), reacting.share(tx, new, statuses.publish(tx, ben, Draft("A heron")).id)

    assert all(await store.write(scene))
