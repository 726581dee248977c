"""Letting somebody back in who has lost everything: it takes two stewards, and they may say no themselves (P-07)."""

from typing import NamedTuple

import pytest
from conftest import Clock
from scene import HASH, open_hub, person

from hub import apps, audit, factors, links, people, recovery, rescue, sessions
from hub.apps import Draft
from hub.clock import DAY, HOUR, MINUTE
from hub.errors import Conflict, HubError, Invalid, NotAllowed, NotFound
from hub.store import Store, Tx

NEW = HASH.replace("AAAA", "BBBB")
WHY = "I have rung her."


class Town(NamedTuple):
    """Two who have been stewards for a week, one who has begun today, and a resident who is locked out."""

    bethan: int
    dai: int
    new: int
    rhys: int


async def a_town(store: Store, clock: Clock) -> Town:
    bethan = await store.write(open_hub)
    dai, rhys = await store.write(person, "dai", "steward"), await store.write(person, "rhys")
    clock.forward(7 * DAY)
    return Town(bethan, dai, await store.write(person, "new", "steward"), rhys)


def said(tx: Tx) -> list[tuple[str, str]]:
    """What was done, oldest first: by whom."""
    return [(it.who, it.what) for it in reversed(audit.read(tx, people.steward(tx).actor))]


def letters_sent(tx: Tx) -> list[tuple[str, int]]:
    rows = tx.all("SELECT args FROM job WHERE kind = 'mail' ORDER BY id")
    return [(it["args"].split('"letter":"')[1].split('"')[0], it["args"].count('"account":')) for it in rows]


async def approved(store: Store, town: Town) -> tuple[str, str]:
    """Both halves: the link's secret and the code."""
    code = await store.write(rescue.ask, town.bethan, town.rhys, WHY)
    return await store.write(rescue.approve, town.dai, town.rhys), code


async def test_p_07_two_stewards_let_somebody_back_in_and_nothing_of_before_opens_anything(
    store: Store, clock: Clock
) -> None:
    town = await a_town(store, clock)
    session = await store.write(sessions.open_session, town.rhys)
    app, _ = await store.write(apps.register, Draft("Tusk", ("tusk://back",)))
    token = await store.write(apps.let_in, town.rhys, app, "read")
    await store.write(lambda tx: factors.add_passkey(tx, town.rhys, "key", b"key", 0, "Phone"))
    await store.write(factors.new_codes, town.rhys)
    old = await store.write(recovery.new_reset, town.rhys)
    by_one = await store.write(lambda tx: links.new_link(tx, "password", account=town.rhys))
    secret, code = await approved(store, town)
    assert (await store.read(rescue.rescued, secret)).login == "rhys"
    assert (await store.read(factors.of, town.rhys)).second, "nothing is taken away before it is used"
    assert await store.write(rescue.use, secret, code.upper().replace("-", " "), NEW)
    known = await store.read(people.known_as, "rhys")
    assert known is not None
    assert known[1] == NEW
    has = await store.read(factors.of, town.rhys)
    assert not has.second
    assert has.codes == 0
    assert await store.read(sessions.session, session) is None
    assert await store.read(apps.held, token) is None
    with pytest.raises(NotAllowed):
        await store.read(recovery.resetting, old)
    assert await store.read(links.link, "password", by_one) is None
    with pytest.raises(NotAllowed):
        await store.write(rescue.use, secret, code, NEW)
    assert await store.read(said) == [
        ("bethan", "rescue-asked"), ("dai", "rescue-approved"), ("rhys", "rescue-used")
    ]  # fmt: skip
    assert [name for name, _ in await store.read(letters_sent)] == ["rescue-asked", "rescue-approved", "rescue-used"]
    assert await store.read(rescue.under_way) == {}


async def test_neither_who_asks_nor_whom_it_is_about_says_the_second_yes(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    await store.write(rescue.ask, town.bethan, town.dai, WHY)
    for who in (town.bethan, town.dai):
        with pytest.raises(NotAllowed):
            await store.write(rescue.approve, who, town.dai)
    with pytest.raises(NotAllowed):
        await store.write(rescue.ask, town.bethan, town.bethan, WHY)


async def test_only_stewards_of_a_week_have_a_say(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    mo = await store.write(person, "mo", "moderator")
    for who in (town.new, mo, town.rhys):
        with pytest.raises(NotAllowed):
            await store.write(rescue.ask, who, town.rhys, WHY)
    await store.write(rescue.ask, town.bethan, town.rhys, WHY)
    for who in (town.new, mo, town.rhys):
        with pytest.raises(NotAllowed):
            await store.write(rescue.approve, who, town.rhys)
    assert await store.read(rescue.possible, town.rhys)
    assert not await store.read(rescue.possible, town.dai), "a steward of today is not a second one"
    clock.forward(7 * DAY)
    assert await store.read(rescue.possible, town.dai)


async def test_a_steward_who_is_stopped_meanwhile_does_not_count(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    await store.write(rescue.ask, town.bethan, town.rhys, WHY)
    await store.write(people.suspend, town.new, town.bethan)
    with pytest.raises(Conflict):
        await store.write(rescue.approve, town.dai, town.rhys)
    await store.write(people.let_back, town.new, town.bethan)
    await store.write(people.change_role, town.new, town.bethan, "organiser")
    with pytest.raises(Conflict):
        await store.write(rescue.approve, town.dai, town.rhys)


@pytest.mark.parametrize("which", ["bethan", "dai"])
async def test_nor_when_they_are_stopped_after_the_link_was_made(store: Store, clock: Clock, which: str) -> None:
    town = await a_town(store, clock)
    secret, code = await approved(store, town)
    await store.write(people.change_role, town.new, getattr(town, which), "resident")
    with pytest.raises(NotAllowed):
        await store.write(rescue.use, secret, code, NEW)


async def test_it_waits_three_days_for_a_second_yes_and_an_hour_to_be_used(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    await store.write(rescue.ask, town.bethan, town.rhys, WHY)
    clock.forward(3 * DAY)
    with pytest.raises(NotFound):
        await store.write(rescue.approve, town.dai, town.rhys)
    secret, code = await approved(store, town)
    clock.forward(HOUR)
    with pytest.raises(NotAllowed):
        await store.write(rescue.use, secret, code, NEW)
    await store.write(rescue.sweep)
    assert [it for it in await store.read(said) if it[1] == "rescue-expired"] == [("", "rescue-expired")] * 2
    assert await store.read(lambda tx: tx.all("SELECT 1 FROM rescue")) == []


async def test_of_two_who_say_yes_one_gets_the_link(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    clock.forward(7 * DAY)
    await approved(store, town)
    with pytest.raises(Conflict):
        await store.write(rescue.approve, town.new, town.rhys)


async def test_five_wrong_codes_end_it_and_the_link_alone_opens_nothing(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    secret, code = await approved(store, town)
    for _ in range(5):
        assert not await store.write(rescue.use, secret, "", NEW)
    with pytest.raises(NotAllowed):
        await store.write(rescue.use, secret, code, NEW)
    assert (await store.read(said))[-1] == ("", "rescue-guessed")


async def test_whom_it_is_about_says_no_and_both_halves_open_nothing(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    await store.write(rescue.ask, town.bethan, town.rhys, WHY)
    no = await store.write(rescue.new_refusal, town.rhys)
    assert no
    later = await store.write(rescue.new_refusal, town.rhys)
    secret = await store.write(rescue.approve, town.dai, town.rhys)
    assert (await store.read(rescue.refusing, no)).login == "rhys"
    await store.write(rescue.refuse_own, no)
    for used in (no, later or ""):
        with pytest.raises(NotAllowed):
            await store.write(rescue.refuse_own, used)
    with pytest.raises(NotAllowed):
        await store.read(rescue.rescued, secret)
    assert (await store.read(said))[-1] == ("rhys", "rescue-refused")
    assert await store.write(rescue.new_refusal, town.rhys) is None


async def test_a_link_to_say_no_with_is_not_good_for_the_next_time(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    await store.write(rescue.ask, town.bethan, town.rhys, WHY)
    no = await store.write(rescue.new_refusal, town.rhys)
    await store.write(rescue.refuse, town.dai, town.rhys)
    await store.write(rescue.ask, town.bethan, town.rhys, WHY)
    with pytest.raises(NotAllowed):
        await store.write(rescue.refuse_own, no or "")


async def test_any_steward_says_no_and_nobody_else(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    await store.write(rescue.ask, town.bethan, town.rhys, WHY)
    with pytest.raises(NotAllowed):
        await store.write(rescue.refuse, town.rhys, town.rhys)
    await store.write(rescue.refuse, town.new, town.rhys)
    assert (await store.read(said))[-1] == ("new", "rescue-refused")


async def test_it_is_asked_once_with_a_reason_and_for_somebody_who_may_sign_in(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    for why in (" ", "x" * 501):
        with pytest.raises(Invalid):
            await store.write(rescue.ask, town.bethan, town.rhys, why)
    await store.write(rescue.ask, town.bethan, town.rhys, WHY)
    with pytest.raises(Conflict):
        await store.write(rescue.ask, town.dai, town.rhys, WHY)
    await store.write(people.suspend, town.bethan, town.rhys)
    refusals: list[type[HubError]] = []
    for verb in (rescue.approve, rescue.refuse):
        try:
            await store.write(verb, town.dai, town.rhys)
        except HubError as wrong:
            refusals.append(type(wrong))
    assert refusals == [Conflict]
    with pytest.raises(Conflict):
        await store.write(rescue.ask, town.bethan, town.rhys, WHY)


async def test_only_hashes_of_both_halves_are_kept(store: Store, clock: Clock) -> None:
    town = await a_town(store, clock)
    secret, code = await approved(store, town)
    clock.forward(MINUTE)
    tables = ("rescue", "link", "audit", "job")
    kept = str(
        [await store.read(lambda tx, name=name: [*map(dict, tx.all(f"SELECT * FROM {name}"))]) for name in tables]
    )
    assert secret not in kept
    assert code not in kept
    assert len(code.replace("-", "")) == 8
