"""Who joins, and how: asking, being let in or refused, invitations, and what keeps a flood out."""

from typing import Any

import pytest
from conftest import Clock
from scene import HASH, open_hub, person

from hub import actors, audit, handles, invitations, joining, letters, people, signups
from hub.changes import read_on
from hub.clock import DAY, HOUR, MINUTE
from hub.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.joining import Terms
from hub.signups import Draft
from hub.store import Store, Tx

DELYTH = Draft("delyth", "delyth@example.org", "I live by the bridge.", "cy")


def scene(tx: Tx, **terms: Any) -> tuple[int, int]:
    """A steward and a moderator of an open hub, and how people join it."""
    steward = open_hub(tx)
    if terms:
        joining.change(tx, steward, Terms(**terms))
    return steward, person(tx, "mo", "moderator")


def asked(tx: Tx, draft: Draft = DELYTH, key: str = "") -> str:
    """Somebody asks to join, and has the letter. Returns the secret in it."""
    assert signups.ask(tx, draft, HASH, key) is None
    row = tx.one("SELECT max(id) AS id FROM signup WHERE state = 'unverified'")
    assert row is not None
    made = signups.new_key(tx, row["id"])
    assert made is not None
    return made[1]


def waits(tx: Tx, draft: Draft = DELYTH) -> int:
    """The same, and they have opened the link. Returns the sign-up's id."""
    secret = asked(tx, draft)
    id = signups.by_key(tx, secret).id
    assert signups.confirm(tx, secret) is None
    return id


def called(name: str) -> Draft:
    return Draft(name, f"{name}@example.org", "I live here.")


async def counted(store: Store, sql: str) -> int:
    row = await store.read(lambda tx: tx.one(sql))
    assert row is not None
    return int(row["n"])


ACTIVE = "SELECT count(*) AS n FROM account WHERE login NOT IN ('bethan', 'mo')"


async def test_whoever_asks_is_nobody_until_a_moderator_lets_them_in(store: Store, clock: Clock) -> None:
    _, mo = await store.write(scene)
    id = await store.write(waits)
    assert await counted(store, ACTIVE) == 0
    assert await counted(store, "SELECT count(*) AS n FROM actor WHERE handle = 'delyth'") == 0
    assert await store.read(people.known_as, "delyth") is None
    (it,) = await store.read(signups.pending, mo)
    assert (it.login, it.answer, it.language) == ("delyth", "I live by the bridge.", "cy")
    account = await store.write(signups.approve, mo, id)
    assert (account.login, account.role, account.language) == ("delyth", "resident", "cy")
    assert await store.read(people.known_as, "delyth@example.org") is not None
    said = [change.kind for change in await store.read(read_on, "a test")][-4:]
    assert said == ["signed-up", "followed", "home.changed", "account.approved"]
    with pytest.raises(NotFound):
        await store.write(signups.approve, mo, id)


async def test_of_somebody_who_is_in_or_refused_nothing_is_kept_twice(store: Store, clock: Clock) -> None:
    _, mo = await store.write(scene)
    first = await store.write(waits)
    second = await store.write(waits, called("nia"))
    await store.write(signups.approve, mo, first)
    await store.write(signups.refuse, mo, second, "We know nobody of that name.")
    rows = await store.read(lambda tx: tx.all("SELECT email, password, answer, hash FROM signup ORDER BY id"))
    assert [dict(row) for row in rows] == [
        {"email": "", "password": "", "answer": "", "hash": ""},
        {"email": "nia@example.org", "password": "", "answer": "", "hash": ""},
    ]
    clock.forward(31 * DAY)
    await store.write(signups.sweep)
    assert await counted(store, "SELECT count(*) AS n FROM signup") == 0


async def test_residents_may_neither_see_nor_decide_who_waits(store: Store, clock: Clock) -> None:
    await store.write(scene)
    rhys, id = await store.write(person, "rhys"), await store.write(waits)
    for verb, args in (
        (signups.pending, ()), (signups.approve, (id,)), (signups.refuse, (id,)), (signups.refuse_all, ([id],)),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            await store.write(verb, rhys, *args)  # type: ignore[arg-type]
    for role_verb, more in ((people.suspend, (rhys,)), (people.let_back, (rhys,)), (joining.change, (Terms(),))):
        with pytest.raises(NotAllowed):
            await store.write(role_verb, rhys, *more)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        await store.read(audit.read, rhys)


async def test_nobody_waits_who_has_not_opened_the_letter(store: Store, clock: Clock) -> None:
    _, mo = await store.write(scene)
    secret = await store.write(asked)
    assert await store.read(signups.pending, mo) == []
    clock.forward(signups.LINK_LASTS)
    with pytest.raises(NotAllowed):
        await store.write(signups.confirm, secret)
    clock.forward(2 * DAY)
    await store.write(signups.sweep)
    assert await counted(store, "SELECT count(*) AS n FROM signup") == 0


async def test_a_link_from_the_letter_is_good_once(store: Store, clock: Clock) -> None:
    await store.write(scene)
    secret = await store.write(asked)
    await store.read(signups.by_key, secret)
    await store.read(signups.by_key, secret)
    await store.write(signups.confirm, secret)
    with pytest.raises(NotAllowed):
        await store.write(signups.confirm, secret)


async def test_who_has_not_proved_an_address_keeps_no_name_from_others(store: Store, clock: Clock) -> None:
    await store.write(scene)
    first = await store.write(asked)
    second = await store.write(asked, Draft("delyth", "other@example.org", "Another Delyth."))
    await store.write(signups.confirm, second)
    with pytest.raises(Conflict):
        await store.write(signups.confirm, first)
    assert await store.read(handles.taken, "delyth"), "who waits to be let in keeps the name"


async def test_with_an_open_door_who_proves_an_address_is_in_and_a_newcomer(store: Store, clock: Clock) -> None:
    await store.write(scene, mode="open")
    account = await store.write(lambda tx: signups.confirm(tx, asked(tx)))
    assert account is not None
    assert await store.read(people.newcomer, account.actor)


async def test_an_open_door_closes_when_no_moderator_was_seen_for_a_week(store: Store, clock: Clock) -> None:
    steward, mo = await store.write(scene, mode="open")
    clock.forward(6 * DAY)
    secret = await store.write(people.open_session, mo)
    clock.forward(joining.UNSEEN - MINUTE)
    assert (await store.write(joining.mind)).mode == "open"
    clock.forward(2 * MINUTE)
    assert await store.write(lambda tx: signups.confirm(tx, asked(tx))) is None
    terms = await store.read(joining.terms)
    assert (terms.mode, terms.switched) == ("approval", clock.ms)
    await store.write(people.session_used, secret)
    assert (await store.write(joining.mind)).mode == "approval", "a steward opens it again, and nobody else"
    (last, *_) = await store.read(audit.read, mo)
    assert (last.who, last.what) == ("", "switched")
    assert (await store.write(joining.change, steward, Terms(mode="open"))).switched == 0


@pytest.mark.parametrize("mode", ["closed", "invitation"])
async def test_a_closed_door_is_closed(store: Store, clock: Clock, mode: str) -> None:
    await store.write(scene, mode=mode)
    shut = await store.write(signups.ask, DELYTH, HASH)
    assert shut is not None
    assert shut.why == mode
    assert await counted(store, "SELECT count(*) AS n FROM signup") == 0


@pytest.mark.parametrize("name", ["admin", "Admin", "_admin_", "admin1", "root", "moderator", "support", "help",
                                  "noreply", "postmaster", "abuse", "security", "neighbourhub", "stiward"])  # fmt: skip
async def test_nobody_who_signs_up_goes_by_a_name_that_speaks_for_the_hub(
    store: Store, clock: Clock, name: str
) -> None:
    steward, _ = await store.write(scene)
    with pytest.raises(Conflict) as refused:
        await store.write(signups.ask, Draft(name, "x@example.org", "Me."), HASH)
    assert refused.value.field == "login"
    assert steward


@pytest.mark.parametrize("name", ["hub", "events", "p_orchard", "t_music", "bethan", "mo"])
async def test_a_name_that_is_kept_or_taken_cannot_be_had(store: Store, clock: Clock, name: str) -> None:
    await store.write(scene)
    with pytest.raises(Conflict):
        await store.write(signups.ask, Draft(name, "x@example.org", "Me."), HASH)


async def test_the_name_of_somebody_who_left_or_was_deleted_is_never_given_again(store: Store, clock: Clock) -> None:
    steward, _ = await store.write(scene)
    left, deleted = await store.write(person, "nia"), await store.write(person, "gwen")
    await store.write(people.close, steward, left)

    def gone(tx: Tx) -> None:
        tx.run("DELETE FROM account WHERE actor = :id", id=deleted)
        tx.run("UPDATE actor SET removed = 1 WHERE id = :id", id=deleted)

    await store.write(gone)
    for name in ("nia", "gwen"):
        with pytest.raises(Conflict):
            await store.write(signups.ask, Draft(name, "x@example.org", "Me."), HASH)
        with pytest.raises(Conflict):
            await store.write(people.create, name, "x@example.org", HASH)
    assert (await store.read(actors.get, deleted)).removed


@pytest.mark.parametrize(
    ("draft", "field"),
    [(Draft("d d", "d@example.org", "x"), "login"), (Draft("d", "d", "x"), "email"),
     (Draft("d", "d@example.org\r\nBcc: x@y.example", "x"), "email"), (Draft("d", "d@example.org", " "), "answer"),
     (Draft("d", "d@example.org", "x" * 2001), "answer")],
)  # fmt: skip
async def test_a_wish_to_join_that_will_not_do_is_refused_at_its_field(
    store: Store, clock: Clock, draft: Draft, field: str
) -> None:
    await store.write(scene)
    with pytest.raises(Invalid) as refused:
        await store.write(signups.ask, draft, HASH)
    assert refused.value.field == field


async def test_where_nothing_is_asked_nothing_has_to_be_answered(store: Store, clock: Clock) -> None:
    await store.write(scene, question={})
    assert await store.write(signups.ask, Draft("nia", "nia@example.org"), HASH) is None


@pytest.mark.parametrize("wrong", [{"mode": "ajar"}, {"a_day": 0}, {"backlog": 0}, {"a_day": 501},
                                   {"question": {"en": "x" * 501}}])  # fmt: skip
async def test_terms_that_make_no_sense_are_refused(store: Store, clock: Clock, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        await store.write(scene, **wrong)
    assert refused.value.field in wrong


# A flood


def spread(clock: Clock, number: int) -> None:
    """Enough time between letters that the limit of an hour is not what is looked at."""
    if number % 10 == 9:
        clock.forward(HOUR)


async def test_twenty_a_day_and_the_page_can_say_when_to_come_back(store: Store, clock: Clock) -> None:
    await store.write(scene, mode="open")
    first = clock.ms
    for number in range(20):
        await store.write(lambda tx, name: signups.confirm(tx, asked(tx, called(name))), f"n{number}")
        spread(clock, number)
    shut = await store.write(signups.ask, called("late"), HASH)
    assert shut == signups.Shut("day", first + DAY)
    clock.ms = first + DAY + MINUTE
    assert await store.write(signups.ask, called("late"), HASH) is None


async def test_a_backlog_has_an_end_and_who_is_decided_makes_room(store: Store, clock: Clock) -> None:
    _, mo = await store.write(scene, backlog=2, a_day=100)
    ids = [await store.write(waits, called(name)) for name in ("nia", "gwen")]
    assert await store.write(signups.ask, called("late"), HASH) == signups.Shut("backlog")
    await store.write(signups.refuse, mo, ids[0])
    assert await store.write(signups.ask, called("late"), HASH) is None


async def test_who_asked_before_the_backlog_was_full_keeps_their_link(store: Store, clock: Clock) -> None:
    _, mo = await store.write(scene, backlog=1)
    late = await store.write(asked, called("late"))
    id = await store.write(waits, called("nia"))
    with pytest.raises(Conflict):
        await store.write(signups.confirm, late)
    await store.write(signups.refuse, mo, id)
    assert await store.write(signups.confirm, late) is None


async def test_twenty_letters_an_hour_to_strangers_and_no_more(store: Store, clock: Clock) -> None:
    await store.write(scene)
    for number in range(letters.AN_HOUR):
        assert await store.write(signups.ask, called(f"n{number}"), HASH) is None
    assert await store.write(signups.ask, called("late"), HASH) == signups.Shut("letters", clock.ms + HOUR)
    assert await counted(store, "SELECT count(*) AS n FROM job WHERE kind = 'mail'") == letters.AN_HOUR
    clock.forward(HOUR)
    assert await store.write(signups.ask, called("late"), HASH) is None


async def test_a_flood_is_refused_at_once_and_nobody_gets_a_letter(store: Store, clock: Clock) -> None:
    _, mo = await store.write(scene, a_day=100)
    ids = [await store.write(waits, called(f"n{number}")) for number in range(15)]
    await store.write(lambda tx: tx.run("DELETE FROM job"))
    late = await store.write(waits, called("late"))
    assert await store.write(signups.refuse_all, mo, [*ids, ids[0], 42]) == 15
    assert [it.id for it in await store.read(signups.pending, mo)] == [late], "who came since is not refused unseen"
    left = await store.read(lambda tx: tx.all("SELECT args FROM job WHERE kind = 'mail'"))
    assert all('"verify"' in row["args"] for row in left)


async def test_an_address_that_is_known_gets_a_letter_and_no_second_account(store: Store, clock: Clock) -> None:
    await store.write(scene)
    await store.write(waits)
    clock.forward(10 * MINUTE)
    for draft in (Draft("other", "bethan@glan.example", "Me."), Draft("other", "delyth@example.org", "Me.")):
        assert await store.write(signups.ask, draft, HASH) is None
    assert await counted(store, "SELECT count(*) AS n FROM signup") == 1
    assert await counted(store, "SELECT count(*) AS n FROM job WHERE args LIKE '%\"known\"%'") == 2


# Invitations


async def test_who_has_an_invitation_needs_nobodys_yes_and_is_no_newcomer(store: Store, clock: Clock) -> None:
    _, mo = await store.write(scene, mode="closed")
    key = await store.write(lambda tx: invitations.make(tx, mo, uses=2, note="Allotments"))
    for name in ("nia", "gwen"):
        account = await store.write(lambda tx, name: signups.confirm(tx, asked(tx, called(name), key)), name)
        assert account is not None
        assert not await store.read(people.newcomer, account.actor)
    with pytest.raises(NotAllowed):
        await store.write(signups.ask, called("late"), HASH, key)
    (it,) = await store.read(invitations.all_, mo)
    assert (it.used, it.uses, it.good, it.maker, it.note) == (2, 2, False, "mo", "Allotments")


async def test_only_the_hash_of_an_invitation_is_kept(store: Store, clock: Clock) -> None:
    _, mo = await store.write(scene)
    key = await store.write(invitations.make, mo)
    rows = await store.read(lambda tx: tx.all("SELECT hash FROM invitation"))
    assert [row["hash"] for row in rows] == [people.hashed(key)]


async def test_an_invitation_that_is_used_up_meanwhile_makes_one_wait(store: Store, clock: Clock) -> None:
    _, mo = await store.write(scene)
    key = await store.write(invitations.make, mo)
    late = await store.write(asked, called("late"), key)
    assert await store.write(lambda tx: signups.confirm(tx, asked(tx, called("nia"), key))) is not None
    assert await store.write(signups.confirm, late) is None
    assert [it.login for it in await store.read(signups.pending, mo)] == ["late"]


async def test_an_invitation_ends_is_taken_back_and_goes_with_its_maker(store: Store, clock: Clock) -> None:
    steward, mo = await store.write(scene)
    keys = [await store.write(invitations.make, who) for who in (steward, steward, mo)]
    listed = await store.read(invitations.all_, mo)
    await store.write(invitations.revoke, mo, listed[-1].id)
    await store.write(people.close, steward, mo)
    assert [await store.read(invitations.found, key) is not None for key in keys] == [False, True, False]
    clock.forward(15 * DAY)
    assert await store.read(invitations.found, keys[1]) is None
    with pytest.raises(NotFound):
        await store.write(invitations.revoke, steward, 42)


async def test_residents_invite_where_a_steward_lets_them_and_only_a_few(store: Store, clock: Clock) -> None:
    steward, mo = await store.write(scene)
    rhys, nia = await store.write(person, "rhys"), await store.write(person, "nia")
    with pytest.raises(NotAllowed):
        await store.write(invitations.make, rhys)
    await store.write(joining.change, steward, Terms(residents_invite=True))
    with pytest.raises(Invalid):
        await store.write(lambda tx: invitations.make(tx, rhys, uses=6))
    with pytest.raises(Invalid):
        await store.write(lambda tx: invitations.make(tx, rhys, days=31))
    keys = [await store.write(invitations.make, rhys) for _ in range(5)]
    with pytest.raises(Invalid):
        await store.write(invitations.make, rhys)
    account = await store.write(lambda tx: signups.confirm(tx, asked(tx, called("gwen"), keys[0])))
    assert account is not None
    assert await store.read(people.newcomer, account.actor), "a resident's guest is looked over like anybody"
    assert await store.read(invitations.all_, nia) == []
    assert len(await store.read(invitations.all_, mo)) == 5
    with pytest.raises(NotAllowed):
        await store.write(invitations.revoke, nia, (await store.read(invitations.all_, rhys))[0].id)


@pytest.mark.parametrize(
    ("uses", "days", "field"), [(0, 1, "uses"), (501, 1, "uses"), (1, 0, "days"), (1, 366, "days")]
)
async def test_an_invitation_has_bounds(store: Store, clock: Clock, uses: int, days: int, field: str) -> None:
    _, mo = await store.write(scene)
    with pytest.raises(Invalid) as refused:
        await store.write(lambda tx: invitations.make(tx, mo, uses=uses, days=days))
    assert refused.value.field == field


# Newcomers, suspension, what was done


async def test_a_newcomer_is_trusted_after_three_posts_or_one_and_a_week(store: Store, clock: Clock) -> None:
    await store.write(scene, mode="open")

    def joins(tx: Tx, name: str) -> int:
        account = signups.confirm(tx, asked(tx, called(name)))
        assert account is not None
        return account.actor

    quick, slow = [await store.write(joins, name) for name in ("quick", "slow")]
    for _ in range(3):
        assert await store.read(people.newcomer, quick)
        await store.write(people.post_let_through, quick)
    assert not await store.read(people.newcomer, quick)
    clock.forward(8 * DAY)
    assert await store.read(people.newcomer, slow), "time alone proves nothing"
    await store.write(people.post_let_through, slow)
    assert not await store.read(people.newcomer, slow)


async def test_whom_the_hubs_own_people_let_in_is_no_newcomer(store: Store, clock: Clock) -> None:
    steward, mo = await store.write(scene)
    rhys = await store.write(person, "rhys")
    for who in (steward, mo, rhys, 42):
        assert not await store.read(people.newcomer, who)
    id = await store.write(waits)
    delyth = await store.write(signups.approve, mo, id)
    assert await store.read(people.newcomer, delyth.actor)
    await store.write(people.change_role, steward, delyth.actor, "organiser")
    assert not await store.read(people.newcomer, delyth.actor)


async def test_who_is_suspended_is_nobody_until_let_back(store: Store, clock: Clock) -> None:
    steward, mo = await store.write(scene)
    secret = await store.write(people.open_session, mo)
    await store.write(people.suspend, steward, mo)
    assert await store.read(people.session, secret) is None
    assert await store.read(people.known_as, "mo") is None
    assert not people.may(await store.read(people.get, mo), "resident")
    with pytest.raises(NotAllowed):
        await store.read(people.require, mo, "resident")
    with pytest.raises(Conflict):
        await store.write(people.suspend, steward, steward)
    await store.write(people.let_back, steward, mo)
    assert await store.read(people.known_as, "mo") is not None
    assert await store.read(people.session, secret) is None, "they sign in anew"


async def test_what_moderators_do_is_written_down_with_who_and_names_as_they_were(store: Store, clock: Clock) -> None:
    steward, mo = await store.write(scene)
    ids = [await store.write(waits, called(name)) for name in ("nia", "gwen")]
    nia = await store.write(signups.approve, mo, ids[0])
    await store.write(signups.refuse, mo, ids[1])
    await store.write(people.change_role, steward, nia.actor, "organiser")
    await store.write(people.suspend, steward, nia.actor)
    await store.write(people.close, steward, nia.actor)
    said = [(it.who, it.what, it.detail.get("name")) for it in await store.read(audit.read, mo)]
    assert said == [
        ("bethan", "closed", "nia"), ("bethan", "suspended", "nia"), ("bethan", "role", "nia"),
        ("mo", "refused", "gwen"), ("mo", "approved", "nia"),
    ]  # fmt: skip
    first = (await store.read(audit.read, mo))[0].id
    assert len(await store.read(audit.read, mo, first)) == 4
