"""Hubs that we have heard of: who is let in, who is shown, who is asked again and when, who is let go."""

import random
from typing import Any

import pytest
from conftest import Clock
from neighbours import befriend, many, mutual, remembered, state, tell, verified
from scene import open_hub, person

from hub import actors, blocks, directory, introductions, settings
from hub.changes import Kind
from hub.clock import DAY, HOUR, MINUTE
from hub.domains import registrable
from hub.errors import HubError, Invalid, NotAllowed, NotFound
from hub.introductions import Told
from hub.places import distance
from hub.store import Store, Tx

WEEK = 7 * DAY


@pytest.fixture
async def hub(store: Store, clock: Clock) -> Store:
    await store.write(open_hub)
    return store


async def steward(store: Store) -> int:
    row = await store.read(lambda tx: tx.one("SELECT actor FROM account WHERE role = 'steward'"))
    assert row is not None
    return int(row["actor"])


def shown(tx: Tx) -> list[str]:
    return [one.host for one in directory.shown(tx)]


def listed(tx: Tx) -> list[str]:
    return [one.host for one in directory.listed(tx)]


# --- whose name it is ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "owned"),
    [
        ("e17.example", "e17.example"), ("hub.walthamstow.co.uk", "walthamstow.co.uk"), ("A.B.Example.", "b.example"),
        ("hwb.llanelli.cymru", "llanelli.cymru"), ("me.duckdns.org", "duckdns.org"), ("localhost", "localhost"),
        ("203.0.113.9", "203.0.113.9"), ("a.e17.example:8443", "e17.example"), ("[2001:db8::1]:8443", "2001:db8::1"),
        ("co.uk", "co.uk"),
    ],
)  # fmt: skip
def test_what_somebody_had_to_register_is_known(host: str, owned: str) -> None:
    assert registrable(host) == owned


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ((51.4816, -3.1791), (51.4816, -3.1791), 0), ((51.4816, -3.1791), (51.5072, -0.1276), 211),
        ((0, 179.9), (0, -179.9), 22), ((90, 0), (-90, 0), 20015),
    ],
)  # fmt: skip
def test_distances_are_right_to_a_kilometre(one: tuple[float, float], other: tuple[float, float], km: int) -> None:
    assert round(distance(one, other)) == km


# --- budgets ---------------------------------------------------------------------------------------


async def test_one_introducer_brings_fifty_a_day(hub: Store, clock: Clock) -> None:
    taken = await hub.write(tell, "liar.example", *many(80))
    assert (taken.new, taken.refused) == (50, 30)
    assert (await hub.write(tell, "liar.example", *many(80))).new == 0
    assert (await hub.write(tell, "other.example", "h70.example")).new == 1, "others still may"
    clock.forward(DAY + 1)
    assert (await hub.write(tell, "liar.example", *many(80))).new == 29


async def test_what_was_thrown_out_still_counts_for_who_brought_it(hub: Store) -> None:
    await hub.write(tell, "liar.example", *many(50))
    for host in many(50):
        await hub.write(directory.gone, host, "410")
    assert (await hub.write(tell, "liar.example", *many(50, "again"))).new == 0


async def test_one_owner_gets_five_hubs_in_a_day_and_fifty_in_all(hub: Store, clock: Clock) -> None:
    found = []
    for day in range(12):
        names = [f"{name}.farm.example" for name in many(20, f"d{day}x")]
        found.append((await hub.write(tell, f"peer{day}.example", *names)).new)
        clock.forward(DAY + 1)
    assert found == [5] * 10 + [0, 0]


async def test_five_hundred_wait_at_most_and_who_was_never_asked_is_not_pushed_out(hub: Store) -> None:
    for peer in range(11):
        last = await hub.write(tell, f"peer{peer}.example", *many(50, f"p{peer}x"))
    assert (last.new, last.refused) == (0, 50)
    rows = await hub.read(lambda tx: tx.all("SELECT 1 AS x FROM known_hub WHERE state = 'candidate'"))
    assert len(rows) == introductions.QUEUE == 500


async def test_names_that_nobody_answers_to_make_room_for_others(hub: Store) -> None:
    for peer in range(10):
        await hub.write(tell, f"liar{peer}.example", *many(50, f"l{peer}x"))
    for host in ("l0x0.example", "l0x1.example", "l0x1.example"):
        await hub.write(directory.failed, host, "nobody there")
    assert (await hub.write(tell, "honest.example", "a.example", "b.example", "c.example")).new == 2
    assert await hub.read(state, "l0x1.example") == "gone", "what failed most often goes first"
    assert (await hub.write(tell, "liar1.example", "l0x1.example")).new == 0, "and is not asked again at once"


async def test_the_directory_has_an_end(hub: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(introductions, "MOST", 7)
    assert (await hub.write(tell, "peer.example", *many(20))).new == 7


async def test_no_more_of_a_list_is_read_than_two_thousand(hub: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert introductions.LISTED == 2000
    monkeypatch.setattr(introductions, "LISTED", 3)
    taken = await hub.write(tell, "peer.example", *many(20))
    assert (taken.new, taken.refused) == (3, 0)


# --- who is shown ----------------------------------------------------------------------------------


async def test_what_one_hub_alone_names_is_not_shown(hub: Store) -> None:
    def scene(tx: Tx) -> None:
        mutual(tx, "penarth.example")
        verified(tx, "tredegar.example")
        tell(tx, "penarth.example", "tredegar.example")

    await hub.write(scene)
    assert await hub.read(shown) == ["penarth.example"]
    assert await hub.read(state, "tredegar.example") == "verified"


async def test_two_hubs_that_follow_it_and_are_our_friends_vouch_for_a_hub(hub: Store) -> None:
    def scene(tx: Tx) -> None:
        for friend in ("penarth.example", "barry.example"):
            mutual(tx, friend)
            tell(tx, friend, "tredegar.example")
        remembered(tx, "tredegar.example")

    await hub.write(scene)
    assert await hub.read(state, "tredegar.example") == "candidate", "vouched for, and still not asked"
    await hub.write(verified, "tredegar.example")
    assert "tredegar.example" in await hub.read(shown)


@pytest.mark.parametrize("flaw", ["only heard", "no friends", "one owner", "its own owner", "old friends"])
async def test_a_voice_that_does_not_count_is_not_counted(hub: Store, flaw: str) -> None:
    voices = ["penarth.example", "barry.example"]
    voices = ["a.farm.example", "b.farm.example"] if flaw == "one owner" else voices
    voices = ["penarth.example", "b.tredegar.example"] if flaw == "its own owner" else voices
    host = "a.tredegar.example"

    def scene(tx: Tx) -> None:
        for voice in voices:
            (verified if flaw == "no friends" else mutual)(tx, voice)
            tell(tx, voice, host, relation="heard" if flaw == "only heard" else "follows")
        verified(tx, host)
        if flaw == "old friends":
            ours = settings.get(tx).actor
            actors.stop_following(tx, ours, actors.at(tx, "https://barry.example/actor/hub").id)

    await hub.write(scene)
    assert host not in await hub.read(shown)
    assert host in await hub.read(listed), "others may hear of it and judge for themselves"


async def test_a_vouch_that_is_withdrawn_counts_no_more(hub: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> None:
        for friend in ("penarth.example", "barry.example"):
            mutual(tx, friend)
            tell(tx, friend, "tredegar.example", "cwm.example")
        verified(tx, "tredegar.example")

    await hub.write(scene)
    assert "tredegar.example" in await hub.read(shown)
    await hub.write(tell, "barry.example", "cwm.example", whole=True)
    assert "tredegar.example" not in await hub.read(shown)


async def test_whom_we_follow_and_whom_a_steward_approves_is_shown(hub: Store) -> None:
    who = await steward(hub)
    friend = await hub.write(verified, "penarth.example")
    await hub.write(verified, "barry.example")
    assert await hub.read(shown) == []
    await hub.write(befriend, friend)
    await hub.write(directory.approve, "barry.example", who)
    assert await hub.read(shown) == ["penarth.example", "barry.example"]


async def test_what_others_say_of_a_hub_is_never_shown(hub: Store) -> None:
    who = await steward(hub)
    await hub.write(tell, "peer.example", "victim.example")
    await hub.write(directory.approve, "victim.example", who)
    assert await hub.read(shown) == []
    entry = await hub.read(directory.get, "victim.example")
    assert (entry.name, entry.url, entry.lat) == ({}, "", None)


async def test_the_nearest_come_first_and_those_without_a_place_last(hub: Store) -> None:
    def scene(tx: Tx) -> None:
        for host, at in (("far.example", (53.2, -4.1)), ("nowhere.example", None), ("near.example", (51.5, -3.2))):
            mutual(tx, host, at=at)

    await hub.write(scene)
    assert await hub.read(shown) == ["near.example", "far.example", "nowhere.example"]


async def test_a_steward_refuses_and_it_is_neither_shown_nor_passed_on_nor_asked(hub: Store, clock: Clock) -> None:
    who = await steward(hub)
    await hub.write(mutual, "penarth.example")
    await hub.write(directory.refuse, "penarth.example", who)
    await hub.write(directory.gone, "penarth.example", "410")  # it was being asked at that moment
    assert await hub.read(state, "penarth.example") == "refused"
    assert await hub.read(listed) == await hub.read(shown) == []
    clock.forward(60 * DAY)
    await hub.write(directory.sweep)
    await hub.write(tell, "peer.example", "penarth.example")
    assert await hub.read(directory.next_due) is None
    await hub.write(directory.approve, "penarth.example", who)
    assert (await hub.read(directory.next_due)) == ("penarth.example", clock.ms), "it is asked before it is shown again"
    assert await hub.read(shown) == []


async def test_a_server_that_is_kept_out_is_neither_shown_nor_passed_on_nor_taken_from_a_list(hub: Store) -> None:
    who = await steward(hub)
    await hub.write(mutual, "penarth.example")
    await hub.write(mutual, "hub.farm.example")
    await hub.write(blocks.rule, who, "farm.example", "suspended")
    assert await hub.read(shown) == await hub.read(listed) == ["penarth.example"]
    assert (await hub.write(tell, "penarth.example", "other.farm.example", "cwm.example")).new == 1
    assert await hub.read(state, "other.farm.example") == ""
    await hub.write(blocks.lift, who, "farm.example")
    assert await hub.read(listed) == ["penarth.example", "hub.farm.example"]
    assert await hub.read(shown) == ["penarth.example"], "nobody follows it any more"


async def test_only_stewards_decide(hub: Store) -> None:
    who = await hub.write(person, "sioned", "moderator")
    await hub.write(verified, "penarth.example")
    units: list[tuple[Any, ...]] = [
        (directory.approve, "penarth.example"), (directory.refuse, "penarth.example"), (directory.set_near, 5.0),
    ]  # fmt: skip
    for unit, given in units:
        with pytest.raises(NotAllowed):
            await hub.write(unit, given, who)


async def test_nobody_decides_about_a_hub_that_nobody_named(hub: Store) -> None:
    who = await steward(hub)
    for unit in (directory.approve, directory.refuse):
        with pytest.raises(NotFound):
            await hub.write(unit, "nowhere.example", who)


# --- asking again ----------------------------------------------------------------------------------


async def test_a_clock_that_ran_ahead_keeps_nobody_from_being_asked(hub: Store, clock: Clock) -> None:
    clock.forward(365 * DAY)
    await hub.write(verified, "penarth.example")
    await hub.write(directory.be_quiet, clock.ms + MINUTE)
    clock.forward(-365 * DAY)
    await hub.write(directory.sweep)
    assert await hub.read(directory.quiet_until) <= clock.ms
    assert await hub.read(directory.next_due) == ("penarth.example", clock.ms)


async def test_a_hub_that_answers_is_asked_again_in_about_a_week(hub: Store, clock: Clock) -> None:
    await hub.write(verified, "penarth.example")
    entry = await hub.read(directory.get, "penarth.example")
    assert 0.8 * WEEK <= entry.due - clock.ms <= 1.2 * WEEK


async def test_each_rest_is_twice_as_long_up_to_a_week_and_after_thirty_days_it_is_gone(
    hub: Store, clock: Clock
) -> None:
    await hub.write(tell, "peer.example", "silent.example")
    start, rests = clock.ms, []
    while await hub.read(state, "silent.example") == "candidate":
        host, due = await hub.read(directory.next_due)  # type: ignore[misc]
        rests.append((due - clock.ms) // HOUR)
        clock.ms = due
        await hub.write(directory.failed, host, "nobody there")
    assert rests == [0, 1, 2, 4, 8, 16, 32, 64, 128, 168, 168, 168]
    assert 30 * DAY <= clock.ms - start < 38 * DAY


async def test_what_is_gone_is_not_asked_for_thirty_days_whoever_names_it(hub: Store, clock: Clock) -> None:
    await hub.write(verified, "penarth.example")
    await hub.write(directory.gone, "penarth.example", "410")
    assert await hub.read(listed) == []
    assert (await hub.write(tell, "peer.example", "penarth.example")).new == 0
    clock.forward(29 * DAY)
    await hub.write(directory.sweep)
    assert (await hub.write(tell, "peer.example", "penarth.example")).new == 0
    clock.forward(DAY)
    await hub.write(directory.sweep)
    assert (await hub.write(tell, "peer.example", "penarth.example")).new == 1


async def test_what_was_not_seen_for_thirty_days_is_neither_shown_nor_passed_on(hub: Store, clock: Clock) -> None:
    await hub.write(mutual, "penarth.example")
    clock.forward(30 * DAY - 1)
    assert await hub.read(listed) == await hub.read(shown) == ["penarth.example"]
    clock.forward(1)
    assert await hub.read(listed) == await hub.read(shown) == []


async def test_a_hub_that_does_not_want_to_be_listed_is_not(hub: Store) -> None:
    await hub.write(mutual, "penarth.example")
    await hub.write(remembered, "penarth.example", discoverable=False)
    assert await hub.read(listed) == await hub.read(shown) == [], "at once, however we learnt of it"
    await hub.write(verified, "penarth.example", discoverable=False)
    assert await hub.read(state, "penarth.example") == "gone"


async def test_a_friend_who_says_that_a_hub_is_lost_makes_us_ask_it_soon_but_not_often(
    hub: Store, clock: Clock
) -> None:
    def scene(tx: Tx) -> None:
        verified(tx, "penarth.example")
        tell(tx, "barry.example", "penarth.example")

    await hub.write(scene)
    assert await hub.write(introductions.withdraw, "barry.example", "penarth.example")
    assert (await hub.read(directory.next_due))[1] > clock.ms, "it was asked today"  # type: ignore[index]
    clock.forward(DAY + 1)
    assert not await hub.write(introductions.withdraw, "barry.example", "penarth.example"), "said before"
    await hub.write(tell, "barry.example", "penarth.example")
    assert await hub.write(introductions.withdraw, "barry.example", "penarth.example")
    assert await hub.read(directory.next_due) == ("penarth.example", clock.ms)
    assert await hub.read(listed) == ["penarth.example"], "until it has been asked, nothing changes"


async def test_what_becomes_of_a_hub_stands_in_the_log_once(hub: Store, clock: Clock) -> None:
    await hub.write(verified, "penarth.example")
    await hub.write(verified, "penarth.example")
    await hub.write(directory.gone, "penarth.example", "410")
    await hub.write(directory.gone, "penarth.example", "410")
    rows = await hub.read(lambda tx: tx.all("SELECT kind FROM change WHERE kind LIKE 'hub.%' ORDER BY xid, id"))
    assert [row["kind"] for row in rows] == [Kind.HUB_OPENED, Kind.HUB_FOUND, Kind.HUB_LOST]


async def test_what_nobody_has_said_for_thirty_days_is_forgotten(hub: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> None:
        verified(tx, "penarth.example")
        tell(tx, "barry.example", "penarth.example")

    await hub.write(scene)
    clock.forward(30 * DAY + 1)
    await hub.write(directory.sweep)
    assert (await hub.read(directory.get, "penarth.example")).introductions == []


# --- whose lists are read --------------------------------------------------------------------------


async def ask(store: Store, seed: int = 1) -> list[str]:
    return [one.host for one in await store.read(introductions.to_ask, random.Random(seed))]


async def test_twenty_are_asked_and_all_mutual_ones_that_fit_among_them(hub: Store) -> None:
    def scene(tx: Tx) -> None:
        for host in many(12, "friend"):
            mutual(tx, host)
        for host in many(40, "far"):
            verified(tx, host)

    await hub.write(scene)
    chosen = await ask(hub)
    assert len(chosen) == len(set(chosen)) == introductions.PEERS == 20
    assert set(many(12, "friend")) < set(chosen)


async def test_the_five_known_longest_are_always_asked(hub: Store, clock: Clock) -> None:
    for host in many(45, "friend"):
        await hub.write(mutual, host)
        clock.forward(HOUR)
    for seed in range(5):
        assert (await ask(hub, seed))[:5] == many(5, "friend")
    assert len({tuple(await ask(hub, seed)) for seed in range(5)}) > 1, "the rest by chance"


async def test_those_asked_by_chance_come_from_three_introducers_although_one_brought_most(hub: Store) -> None:
    def scene(tx: Tx) -> None:
        for host in many(30, "friend"):
            mutual(tx, host)
        for introducer, count in (("eve.example", 40), ("barry.example", 1), ("penarth.example", 1)):
            names = many(count, introducer.partition(".")[0])
            tell(tx, introducer, *names)
            for host in names:
                verified(tx, host)

    await hub.write(scene)
    for seed in range(5):
        strangers = [host for host in await ask(hub, seed) if not host.startswith("friend")]
        assert sorted(host[:3] for host in strangers) == ["bar", "eve", "pen"]


async def test_of_one_owners_hubs_one_stranger_is_asked(hub: Store, clock: Clock) -> None:
    for n in range(8):
        await hub.write(verified, f"h{n}.farm.example")
        clock.forward(DAY)
    await hub.write(verified, "alone.example")
    assert len(await ask(hub)) == 2


async def test_who_did_not_answer_lately_or_has_no_list_is_not_asked(hub: Store) -> None:
    def scene(tx: Tx) -> None:
        for host in ("penarth.example", "barry.example"):
            mutual(tx, host)
        directory.failed(tx, "barry.example", "nobody there")
        directory.met(tx, "cwm.example", remembered(tx, "cwm.example"))

    await hub.write(scene)
    assert await ask(hub) == ["penarth.example"]


async def test_whom_we_followed_before_there_was_a_directory_is_asked_like_others(hub: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> None:
        befriend(tx, remembered(tx, "penarth.example"))
        introductions.followed_unlisted(tx)
        introductions.followed_unlisted(tx)

    await hub.write(scene)
    assert await hub.read(directory.next_due) == ("penarth.example", clock.ms)
    assert await hub.read(shown) == []


async def test_a_hub_neither_introduces_itself_nor_us(hub: Store) -> None:
    def scene(tx: Tx) -> introductions.Taken:
        mutual(tx, "penarth.example")
        return tell(tx, "penarth.example", "penarth.example", "glan.example", whole=True)

    assert (await hub.write(scene)).new == 0
    entry = await hub.read(directory.get, "penarth.example")
    assert entry.introductions == []
    assert entry.lists_us > 0, "but we know now that it knows us"
    await hub.write(tell, "penarth.example", whole=True)
    assert (await hub.read(directory.get, "penarth.example")).lists_us == 0


# --- what we tell ----------------------------------------------------------------------------------


async def test_when_there_is_no_room_for_all_friends_are_told_of_first(
    hub: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "LISTED", 2)

    def scene(tx: Tx) -> None:
        verified(tx, "a.example")
        verified(tx, "b.example")
        mutual(tx, "c.example")

    await hub.write(scene)
    assert await hub.read(listed) == ["a.example", "c.example"]


# --- adjacent areas --------------------------------------------------------------------------------


def vouched(tx: Tx, host: str, **seen: object) -> None:
    """A hub that two friends of ours follow."""
    for friend in ("penarth.example", "barry.example"):
        if directory.find(tx, friend) is None:
            mutual(tx, friend, at=(50.0, -3.0))
        tell(tx, friend, host)
    verified(tx, host, **seen)


async def test_nobody_is_followed_by_itself_unless_a_steward_said_so(hub: Store) -> None:
    await hub.write(vouched, "cwm.example")
    assert await hub.read(directory.near) == 0
    assert await hub.write(directory.follow_adjacent) == []


@pytest.mark.parametrize("flaw", ["", "too far", "no place", "not vouched", "refused us", "asked before"])
async def test_by_rule_we_follow_who_is_near_and_vouched_for_and_nobody_twice(hub: Store, flaw: str) -> None:
    who = await steward(hub)
    await hub.write(directory.set_near, 10.0, who)
    at = {"too far": (51.62, -3.1791), "no place": None}.get(flaw, (51.55, -3.1791))
    if flaw == "not vouched":
        await hub.write(verified, "cwm.example", at=at)
    else:
        await hub.write(vouched, "cwm.example", at=at)

    def ours(tx: Tx) -> tuple[int, int]:
        return settings.get(tx).actor, actors.at(tx, "https://cwm.example/actor/hub").id

    us, them = await hub.read(ours)
    if flaw == "refused us":
        await hub.write(actors.ask_to_follow, us, them)
        await hub.write(actors.follow_answered, us, them, accepted=False)
    if flaw == "asked before":
        await hub.write(directory.follow_adjacent)
        await hub.write(actors.stop_following, us, them)
    asked = await hub.write(directory.follow_adjacent)
    assert [one.host for one in asked] == ([] if flaw else ["cwm.example"])
    if not flaw:
        assert await hub.read(actors.follows, us, them) == "requested", "they have to accept"


async def test_the_rule_follows_thirty_at_most_the_nearest_first(hub: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert directory.BY_RULE == 30
    monkeypatch.setattr(directory, "BY_RULE", 2)

    def scene(tx: Tx) -> None:
        for n, host in enumerate(many(4)):
            vouched(tx, host, at=(51.56 - n / 100, -3.1791))

    await hub.write(scene)
    await hub.write(directory.set_near, 20.0, await steward(hub))
    assert [one.host for one in await hub.write(directory.follow_adjacent)] == ["h3.example", "h2.example"]
    assert await hub.write(directory.follow_adjacent) == []


@pytest.mark.parametrize("km", [0.5, 101, -3])
async def test_near_is_between_one_and_a_hundred_kilometres(hub: Store, km: float) -> None:
    who = await steward(hub)
    with pytest.raises(Invalid):
        await hub.write(directory.set_near, km, who)
    await hub.write(directory.set_near, 10.0, who)
    await hub.write(directory.set_near, 0.0, who)
    assert await hub.read(directory.near) == 0


async def test_a_hub_that_is_nowhere_has_no_neighbours(store: Store, clock: Clock) -> None:
    who = await store.write(lambda tx: open_hub(tx, lat=None, lon=None))
    with pytest.raises(HubError):
        await store.write(directory.set_near, 10.0, who)


async def test_told_of_a_hub_that_is_known_costs_no_budget(hub: Store) -> None:
    await hub.write(verified, "penarth.example")
    taken = await hub.write(introductions.introduce, "barry.example", [Told("penarth.example", "mutual")] * 60)
    assert (taken.new, taken.refused) == (0, 0)
