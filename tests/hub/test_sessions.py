"""Sessions: half ones, sure ones, and where they are from."""

from conftest import Clock
from scene import open_hub

from hub import sessions
from hub.clock import DAY, MINUTE
from hub.store import Store

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"


async def test_half_a_session_opens_nothing_and_ends_after_ten_minutes(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    secret = await store.write(sessions.open_session, who, half=True)
    assert await store.read(sessions.session, secret) is None
    assert (await store.read(sessions.half_session, secret)).actor == who  # type: ignore[union-attr]
    assert await store.read(sessions.sessions, who, secret) == []
    assert await store.write(sessions.renew_session, secret) == ""
    clock.forward(10 * MINUTE)
    assert await store.read(sessions.half_session, secret) is None


async def test_a_whole_session_is_no_half_one(store: Store) -> None:
    who = await store.write(open_hub)
    secret = await store.write(sessions.open_session, who)
    assert await store.read(sessions.half_session, secret) is None


async def test_to_be_sure_again_changes_the_secret_and_nothing_else(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    old = await store.write(sessions.open_session, who, "A browser", "192.0.2.1")
    began = (await store.read(sessions.sessions, who, old))[0]
    clock.forward(MINUTE)
    new = await store.write(sessions.renew_session, old)
    assert await store.read(sessions.session, old) is None
    signed = await store.read(sessions.session, new)
    assert signed is not None
    assert signed.sure == clock.ms
    now = (await store.read(sessions.sessions, who, new))[0]
    assert (now.id, now.created, now.here) == (began.id, began.created, True)


async def test_one_of_ones_own_sessions_is_ended_and_nobody_elses(store: Store) -> None:
    who = await store.write(open_hub)
    here, there = await store.write(sessions.open_session, who), await store.write(sessions.open_session, who)
    id = next(it.id for it in await store.read(sessions.sessions, who, there) if it.here)
    await store.write(sessions.close_one, who + 1, id)
    assert await store.read(sessions.session, there) is not None
    await store.write(sessions.close_one, who, id)
    assert await store.read(sessions.session, there) is None
    assert await store.read(sessions.session, here) is not None


async def test_a_new_browser_or_place_is_news_and_the_first_one_is_not(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    for agent, place in (
        (FIREFOX.format(140), "81.2.69.142"), (FIREFOX.format(141), "81.2.70.1"), (FIREFOX.format(141), ""),
    ):  # fmt: skip
        await store.write(sessions.open_session, who, agent, place)
    assert await store.read(sessions.new_places, who) == []
    await store.write(sessions.open_session, who, FIREFOX.format(141), "203.0.113.9")
    await store.write(sessions.open_session, who, "curl/8", "2001:db8:1:2::")
    assert {it.place for it in await store.read(sessions.new_places, who)} == {"203.0.113.9", "2001:db8:1:2::"}
    told = await store.read(lambda tx: tx.all("SELECT * FROM change WHERE kind = 'account.signed-in-anew'"))
    assert [row["subject"] for row in told] == [who, who]
    await store.write(sessions.own_places, who)
    assert await store.read(sessions.new_places, who) == []


async def test_half_a_session_is_no_news_and_news_grow_old(store: Store, clock: Clock) -> None:
    who = await store.write(open_hub)
    await store.write(sessions.open_session, who, "one", "192.0.2.1")
    await store.write(sessions.open_session, who, "two", "192.0.2.1", half=True)
    assert await store.read(sessions.new_places, who) == []
    await store.write(sessions.open_session, who, "two", "192.0.2.1")
    assert len(await store.read(sessions.new_places, who)) == 1
    clock.forward(31 * DAY)
    assert await store.read(sessions.new_places, who) == []
