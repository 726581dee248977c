"""What residents say in their own name: who may read it, whom it names, and where it shows."""

import pytest
from scene import open_hub, party, person, stranger

from hub import (
    events,
    homes,
    neighbouring,
    notices,
    posts,
    reacting,
    relations,
    search,
    statuses,
    things,
    viewing,
    voting,
)
from hub.clock import DAY
from hub.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.statuses import Draft, NewPoll
from hub.store import Store, Tx


def street(tx: Tx) -> tuple[int, int, int]:
    """Ann, whom Ben follows, and Cath, who follows nobody."""
    open_hub(tx)
    ann, ben, cath = (person(tx, name) for name in ("ann", "ben", "cath"))
    relations.follow(tx, ben, ann)
    return ann, ben, cath


def seen_by(tx: Tx, who: int, id: int) -> bool:
    try:
        viewing.get(tx, who, id)
    except NotFound:
        return False
    return True


@pytest.mark.parametrize(
    ("audience", "ben", "cath", "anybody"),
    [("public", True, True, True), ("unlisted", True, True, True), ("followers", True, False, False),
     ("direct", False, True, False)],
)  # fmt: skip
async def test_who_may_read_what_a_resident_says(
    store: Store, audience: str, ben: bool, cath: bool, anybody: bool
) -> None:
    def scene(tx: Tx) -> tuple[bool, ...]:
        ann, them, her = street(tx)
        words = "@cath, have you seen the heron?" if audience == "direct" else "A heron!"
        said = statuses.publish(tx, ann, Draft(words, audience=audience))
        return tuple(seen_by(tx, who, said.id) for who in (ann, them, her, 0))

    assert await store.write(scene) == (True, ben, cath, anybody)


async def test_what_is_not_for_everybody_shows_nowhere_on_the_hub(store: Store) -> None:
    def scene(tx: Tx) -> list[object]:
        ann, _, _ = street(tx)
        statuses.publish(tx, ann, Draft("Only for my followers: the heron is back", audience="followers"))
        statuses.publish(tx, ann, Draft("@cath the heron", audience="direct"))
        statuses.publish(tx, ann, Draft("A heron for everybody"))
        return [search.things(tx, "heron"), posts.said(tx), things.latest(tx, ("note",))]

    assert await store.write(scene) == [[], [], []]


async def test_names_and_tags_become_links(store: Store) -> None:
    def scene(tx: Tx) -> str:
        ann, _, _ = street(tx)
        said = statuses.publish(tx, ann, Draft("@ben and @nobody: #Heron at https://glan.example/a?b=1 <b>"))
        return said.html["en"]

    html = await store.write(scene)

    assert 'href="https://glan.example/@ben"' in html
    assert 'href="https://glan.example/tags/heron"' in html
    assert "@nobody" in html
    assert "&lt;b&gt;" in html
    assert "nobody</a>" not in html


async def test_who_follows_sees_it_first_and_who_is_named_is_told(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int, int]:
        ann, ben, cath = street(tx)
        return statuses.publish(tx, ann, Draft("@cath look")).id, ben, cath

    said, ben, cath = await store.write(scene)
    await store.write(neighbouring.spread)

    assert await store.read(first_page, ben) == [(said, said)]
    assert await store.read(first_page, cath) == []
    assert await store.read(told, cath) == [notices.MENTION]


def first_page(tx: Tx, who: int) -> list[tuple[int, int]]:
    return [(row["id"], row["thing"]) for row in homes.page(tx, who)]


def told(tx: Tx, who: int) -> list[str]:
    return [row["kind"] for row in tx.all("SELECT kind FROM notice WHERE account = :who ORDER BY id", who=who)]


async def test_a_share_is_seen_under_its_own_number_once(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int, int]:
        ann, ben, cath = street(tx)
        relations.follow(tx, cath, ben)
        return statuses.publish(tx, ann, Draft("A heron")).id, ben, cath

    said, ben, cath = await store.write(scene)
    number = await store.write(reacting.share, ben, said)
    await store.write(neighbouring.spread)

    assert await store.write(reacting.share, ben, said) == number
    assert await store.read(first_page, cath) == [(number, said)]


async def test_what_is_for_few_cannot_be_shared(store: Store) -> None:
    def scene(tx: Tx) -> None:
        ann, ben, _ = street(tx)
        reacting.share(tx, ben, statuses.publish(tx, ann, Draft("psst", audience="followers")).id)

    with pytest.raises(NotAllowed):
        await store.write(scene)


async def test_who_is_blocked_reads_nothing_and_follows_no_more(store: Store) -> None:
    def scene(tx: Tx) -> tuple[bool, bool, bool]:
        ann, ben, _ = street(tx)
        said = statuses.publish(tx, ann, Draft("A heron"))
        relations.block(tx, ann, ben)
        stands = relations.between(tx, ann, ben)
        return seen_by(tx, ben, said.id), stands.followed_by, stands.blocking

    assert await store.write(scene) == (False, False, True)


async def test_who_is_muted_is_heard_no_more(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        ann, ben, _ = street(tx)
        statuses.publish(tx, ann, Draft("@ben a heron"))
        return ann, ben

    ann, ben = await store.write(scene)
    await store.write(neighbouring.spread)
    assert len(await store.read(homes.page, ben)) == 1

    await store.write(relations.mute, ben, ann)

    assert await store.read(homes.page, ben) == []


async def test_a_locked_account_decides_who_follows(store: Store) -> None:
    def scene(tx: Tx) -> tuple[bool, bool, bool]:
        ann, _, cath = street(tx)
        tx.run("UPDATE actor SET locked = 1 WHERE id = :ann", ann=ann)
        asked = relations.follow(tx, cath, ann)
        said = statuses.publish(tx, ann, Draft("psst", audience="followers"))
        before = seen_by(tx, cath, said.id)
        relations.decide(tx, ann, cath, accepted=True)
        return asked.requested, before, seen_by(tx, cath, said.id)

    assert await store.write(scene) == (True, False, True)


async def test_a_vote_is_an_answer_to_an_event_and_may_change(store: Store) -> None:
    def scene(tx: Tx) -> list[tuple[list[int] | None, list[int]]]:
        ann, _, _ = street(tx)
        event = events.publish(tx, _steward(tx), party())
        found = []
        for choice in (0, 2):
            voting.vote(tx, ann, event.id, [choice])
            stands = voting.standing(tx, ann, things.get(tx, event.id))
            assert stands is not None
            found.append((stands.counts, stands.mine))
        return found

    assert await store.write(scene) == [([1, 0, 0], [0]), ([0, 0, 1], [2])]


async def test_a_vote_in_a_poll_stays(store: Store) -> None:
    def scene(tx: Tx) -> None:
        ann, ben, _ = street(tx)
        poll = statuses.publish(tx, ann, Draft("Tea?", poll=NewPoll(["Yes", "No"], DAY)))
        voting.vote(tx, ben, poll.id, [1])
        voting.vote(tx, ben, poll.id, [0])

    with pytest.raises(Conflict):
        await store.write(scene)


async def test_a_change_keeps_what_was_said_before(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, bool]:
        ann, _, _ = street(tx)
        said = statuses.publish(tx, ann, Draft("A herron"))
        now = statuses.change(tx, ann, said.id, Draft("A heron"))
        row = tx.one("SELECT count(*) AS n FROM revision WHERE thing = :id", id=said.id)
        assert row is not None
        return row["n"], now.edited is not None

    assert await store.write(scene) == (1, True)


async def test_nobody_changes_what_others_said(store: Store) -> None:
    def scene(tx: Tx) -> None:
        ann, ben, _ = street(tx)
        statuses.change(tx, ben, statuses.publish(tx, ann, Draft("A heron")).id, Draft("A duck"))

    with pytest.raises(NotFound):
        await store.write(scene)


async def test_an_answer_under_an_event_belongs_to_the_neighbourhood_unless_it_is_for_few(store: Store) -> None:
    def scene(tx: Tx) -> list[bool]:
        ann, _, _ = street(tx)
        event = events.publish(tx, _steward(tx), party())
        return [
            statuses.publish(tx, ann, Draft("May I bring a dog?", reply_to=event.id, audience=one)).personal
            for one in ("public", "followers")
        ]

    assert await store.write(scene) == [False, True]


@pytest.mark.parametrize(
    "draft",
    [Draft(""), Draft("x" * 5001), Draft("x", audience="everyone"), Draft("x", language="not a language"),
     Draft("x", poll=NewPoll(["one"], DAY)), Draft("x", poll=NewPoll(["a", "a"], DAY)),
     Draft("x", poll=NewPoll(["a", "b"], 1000))],
)  # fmt: skip
async def test_what_cannot_be_said(store: Store, draft: Draft) -> None:
    def scene(tx: Tx) -> None:
        ann, _, _ = street(tx)
        statuses.publish(tx, ann, draft)

    with pytest.raises(Invalid):
        await store.write(scene)


async def test_somebody_elsewhere_is_asked_first(store: Store) -> None:
    def scene(tx: Tx) -> tuple[bool, bool]:
        ann, _, _ = street(tx)
        stands = relations.follow(tx, ann, stranger(tx))
        return stands.requested, stands.following

    assert await store.write(scene) == (True, False)


def _steward(tx: Tx) -> int:
    row = tx.one("SELECT actor FROM account WHERE role = 'steward'")
    assert row is not None
    return int(row["actor"])
