"""Accounts, passwords, sessions and one-time links."""

import pytest
from scene import HASH, open_hub, person

from hub import clock, people
from hub.clock import DAY, HOUR
from hub.errors import Conflict, Invalid, NotAllowed
from hub.store import Store


async def test_an_account_can_sign_in_at_once_and_out_again(store: Store) -> None:
    await store.write(open_hub)
    delyth = await store.write(person, "delyth", "organiser")
    secret = await store.write(people.open_session, delyth, "A browser")
    found = await store.read(people.session, secret)
    assert found is not None
    assert (found[0].login, found[0].role) == ("delyth", "organiser")
    await store.write(people.close_session, secret)
    assert await store.read(people.session, secret) is None


async def test_the_secret_itself_is_not_kept(store: Store) -> None:
    bethan = await store.write(open_hub)
    secret = await store.write(people.open_session, bethan)
    rows = await store.read(lambda tx: tx.all("SELECT hash FROM session"))
    assert [row["hash"] for row in rows] == [people.hashed(secret)]


@pytest.mark.parametrize(("role", "idle"), [("resident", 31 * DAY), ("steward", 13 * HOUR)])
async def test_a_session_that_nobody_uses_ends(store: Store, role: str, idle: int) -> None:
    await store.write(open_hub)
    who = await store.write(person, "delyth", role)
    secret = await store.write(people.open_session, who)
    later = clock.now() + idle
    clock.use(lambda: later)
    try:
        assert await store.read(people.session, secret) is None
    finally:
        clock.use(None)


async def test_a_new_password_ends_every_session(store: Store) -> None:
    bethan = await store.write(open_hub)
    secret = await store.write(people.open_session, bethan)
    await store.write(people.set_password, bethan, HASH)
    assert await store.read(people.session, secret) is None


def test_a_password_fits_its_own_hash_and_no_other() -> None:
    kept = people.hash_password("a bridge of wet slate")
    assert people.password_fits("a bridge of wet slate", kept)
    assert not people.password_fits("a bridge of dry slate", kept)
    assert not people.password_fits("a bridge of wet slate", None)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "riversidehub", "x" * 257])
def test_a_password_that_others_would_guess_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        people.check_new_password(password, "riversidehub")


@pytest.mark.parametrize(
    ("login", "email", "role", "field"),
    [
        ("dé", "d@x.example", "resident", "login"),
        ("", "d@x.example", "resident", "login"),
        ("d", "not an address", "resident", "email"),
        ("d", "d@x.example\r\nBcc: all", "resident", "email"),
        ("d", "d@x.example", "king", "role"),
    ],
)
async def test_an_account_that_makes_no_sense_is_refused(
    store: Store, login: str, email: str, role: str, field: str
) -> None:
    await store.write(open_hub)
    with pytest.raises(Invalid) as refused:
        await store.write(people.create, login, email, HASH, role)
    assert refused.value.field == field


@pytest.mark.parametrize(("login", "email"), [("bethan", "b2@x.example"), ("b2", "bethan@glan.example")])
async def test_a_name_or_an_address_is_taken_once(store: Store, login: str, email: str) -> None:
    await store.write(open_hub)
    with pytest.raises(Conflict):
        await store.write(people.create, login, email, HASH)


async def test_a_link_is_good_once_and_looking_does_not_use_it_up(store: Store) -> None:
    secret = await store.write(people.new_link, "setup")
    assert await store.read(people.link, "setup", secret) == 0
    assert await store.read(people.link, "reset", secret) is None
    await store.write(people.use_link, "setup", secret)
    with pytest.raises(NotAllowed):
        await store.write(people.use_link, "setup", secret)


async def test_a_second_link_ends_the_first(store: Store) -> None:
    first = await store.write(people.new_link, "setup")
    second = await store.write(people.new_link, "setup")
    assert await store.read(people.link, "setup", first) is None
    assert await store.read(people.link, "setup", second) == 0


async def test_roles_are_a_ladder(store: Store) -> None:
    await store.write(open_hub)
    organiser = await store.write(person, "delyth", "organiser")
    await store.read(people.require, organiser, "resident")
    with pytest.raises(NotAllowed):
        await store.read(people.require, organiser, "moderator")
    with pytest.raises(NotAllowed):
        await store.read(people.require, 42, "resident")
