"""Apps and what they are given, on both databases."""

import asyncio
from typing import Any

import pytest
from conftest import Clock
from scene import open_hub, person

from hub import apps, people, scopes
from hub.apps import Consent, Draft
from hub.clock import DAY, MINUTE
from hub.errors import Invalid
from hub.packing import unpack
from hub.store import Store, Tx

BACK = "tusk://back"


def a_scene(tx: Tx) -> tuple[apps.App, int]:
    open_hub(tx)
    app, _ = apps.register(tx, Draft("Tusk", (BACK,), "read write", "https://tusk.example"))
    return app, person(tx, "rhys")


async def test_an_app_is_known_by_its_name_and_its_secret(store: Store) -> None:
    await store.write(open_hub)
    app, secret = await store.write(apps.register, Draft("Tusk", (BACK, BACK, apps.OUT_OF_BAND)))
    assert (app.redirects, app.scopes) == ((BACK, apps.OUT_OF_BAND), ("read",))
    assert await store.read(apps.known, app.client, secret) == app
    assert await store.read(apps.get, app.client) == app
    assert await store.read(apps.by_id, app.id) == app
    assert await store.read(apps.known, app.client, secret + "x") is None
    assert await store.read(apps.known, "nobody", secret) is None


async def test_of_two_who_come_with_one_code_at_once_one_gets_a_token_at_most(store: Store) -> None:
    app, who = await store.write(a_scene)
    code = await store.write(apps.agree, who, Consent(app.id, BACK, "read"))
    got = await asyncio.gather(*(store.write(apps.exchange, app, code, BACK, "") for _ in range(5)))
    assert len([one for one in got if one is not None]) == 1
    issued = next(one for one in got if one is not None)
    assert await store.read(apps.held, issued.secret) is None  # it came again: somebody else may have it


async def test_a_token_says_for_whom_and_what_for(store: Store, clock: Clock) -> None:
    app, who = await store.write(a_scene)
    code = await store.write(apps.agree, who, Consent(app.id, BACK, "write read"))
    issued = await store.write(apps.exchange, app, code, BACK, "")
    assert issued is not None
    assert (issued.scopes, issued.created) == ("write read", clock())
    held = await store.read_hot(apps.held, issued.secret)
    assert held is not None
    assert held.account is not None
    assert (held.account.actor, held.app, held.scopes, held.stale) == (who, app.id, {"read", "write"}, False)
    own = await store.write(apps.own_token, app, "")
    assert own is not None
    its = await store.read_hot(apps.held, own.secret)
    assert its is not None
    assert its.account is None


async def test_ones_apps_are_counted_once_each_and_end_together(store: Store, clock: Clock) -> None:
    app, who = await store.write(a_scene)
    first = await store.write(apps.let_in, who, app, "read")
    clock.forward(DAY)
    second = await store.write(apps.let_in, who, app, "write")
    one, = await store.read(apps.granted, who)  # fmt: skip
    assert (one.name, set(one.scopes), one.used - one.created) == ("Tusk", {"read", "write"}, DAY)
    await store.write(apps.end, who, app.id)
    assert [await store.read(apps.held, it) for it in (first, second)] == [None, None]
    assert await store.read(apps.granted, who) == []
    assert await store.read(apps.get, app.client) == app  # it may be let in again


async def test_what_nobody_uses_for_half_a_year_ends_and_a_code_is_forgotten(store: Store, clock: Clock) -> None:
    app, who = await store.write(a_scene)
    used, unused = [await store.write(apps.let_in, who, app, "read") for _ in range(2)]
    code = await store.write(apps.agree, who, Consent(app.id, BACK, "read"))
    clock.forward(MINUTE)
    assert await store.write(apps.exchange, app, code, BACK, "") is None
    clock.forward(100 * DAY)
    held = await store.read(apps.held, used)
    assert held is not None
    assert held.stale
    await store.write(apps.used, held.token)
    clock.forward(100 * DAY)
    assert await store.read(apps.held, unused) is None
    assert await store.write(apps.sweep) == 1
    assert await store.read(apps.held, used) is not None
    await store.write(apps.agree, who, Consent(app.id, BACK, "read"))
    rows = await store.read(lambda tx: tx.all("SELECT * FROM code"))
    assert len(rows) == 1


async def test_whoever_let_an_app_in_is_told_when_it_ends_unless_it_goes_on(store: Store, clock: Clock) -> None:
    tusk, who = await store.write(a_scene)
    ivory, _ = await store.write(apps.register, Draft("Ivory\nof old", (BACK,)))
    for app in (tusk, tusk, ivory):
        await store.write(apps.let_in, who, app, "read")
    own = await store.write(apps.own_token, tusk, "read")
    assert own is not None
    clock.forward(179 * DAY)
    assert (await store.read(apps.granted, who))[0].ends == clock.ms + DAY
    fresh = await store.write(apps.let_in, who, tusk, "read")
    clock.forward(2 * DAY)
    assert await store.write(apps.sweep) == 4
    assert await store.write(apps.sweep) == 0
    assert await store.read(apps.held, fresh) is not None

    def told(tx: Tx) -> list[Any]:
        return [unpack(row["args"], dict[str, Any]) for row in tx.all("SELECT args FROM job WHERE kind = 'mail'")]

    assert await store.read(told) == [{"letter": "apps-ended", "account": who, "apps": "Ivory of old"}]


async def test_a_token_is_given_back_by_its_own_app_alone(store: Store) -> None:
    app, who = await store.write(a_scene)
    other, _ = await store.write(apps.register, Draft("Other", (BACK,)))
    token = await store.write(apps.let_in, who, app, "read")
    assert await store.write(apps.revoke, other, token) is False
    assert await store.read(apps.held, token) is not None
    assert await store.write(apps.revoke, app, token) is True
    assert await store.write(apps.revoke, app, token) is True
    assert await store.read(apps.held, token) is None


async def test_who_is_closed_lets_no_app_in_any_more(store: Store) -> None:
    app, who = await store.write(a_scene)
    code = await store.write(apps.agree, who, Consent(app.id, BACK, "read"))
    token = await store.write(apps.let_in, who, app, "read")
    steward = await store.read(people.steward)
    await store.write(people.close, steward.actor, who)
    assert await store.read(apps.held, token) is None
    assert await store.write(apps.exchange, app, code, BACK, "") is None


@pytest.mark.parametrize(
    ("granted", "wanted", "covered"),
    [("read", "read:statuses", True), ("read:statuses", "read", False), ("follow", "write:blocks", True),
     ("follow", "write:lists", False), ("read write", "follow", True), ("read", "follow", False),
     ("admin:read", "admin:read:reports", True), ("read", "admin:read", False), ("admin:read", "read", False),
     ("", "read", False), ("read", "readx", False), ("read", "", False)],
)  # fmt: skip
def test_what_contains_what(granted: str, wanted: str, covered: bool) -> None:
    assert scopes.cover(granted.split(), [wanted]) is covered


@pytest.mark.parametrize("address", ["tusk://", "tusk:/x", "https://a.example", "http://[::1]:7/", apps.OUT_OF_BAND])
def test_an_address_to_be_sent_back_to(address: str) -> None:
    apps.check_redirect(address)


@pytest.mark.parametrize(
    "address", ["", "x", "://", "about:blank", "http://a.example", "http://127.0.0.1.evil.example"]
)
def test_and_one_that_is_none(address: str) -> None:
    with pytest.raises(Invalid):
        apps.check_redirect(address)
