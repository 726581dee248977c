"""A hub is opened once, with somebody who answers for it."""

import pytest
from scene import BASE, hub_draft, open_hub, person

from hub import actors, settings
from hub.changes import read_on
from hub.errors import Conflict, Invalid, NotAllowed
from hub.settings import Contact
from hub.store import Store


async def test_an_open_hub_has_an_actor_to_follow_and_one_for_the_server(store: Store) -> None:
    await store.write(open_hub)
    hub = await store.read(settings.get)
    group = await store.read(actors.get, hub.actor)
    server = await store.read(actors.get, hub.instance)
    assert (group.uri, group.type, group.acct) == (f"{BASE}/actor/hub", "Group", "@hub@glan.example")
    assert (server.uri, server.type) == (f"{BASE}/actor", "Application")
    assert hub.name["cy"] == "Glan-yr-afon"
    assert next(c.kind for c in await store.read(read_on, "test")) == "hub.opened"


async def test_the_private_keys_come_out_by_their_own_door_only(store: Store) -> None:
    await store.write(open_hub)
    hub = await store.read(settings.get)
    rsa, ed25519 = await store.read(actors.keys, hub.actor)
    assert b"PRIVATE KEY" in rsa
    assert b"PRIVATE KEY" in ed25519
    assert "PRIVATE" not in repr(await store.read(actors.get, hub.actor))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": {"en": " "}}, "name"),
        ({"rules": {}}, "rules"),
        ({"contacts": []}, "contacts"),
        ({"contacts": [Contact("Bethan")]}, "contacts"),
        ({"handle": "Hub!"}, "handle"),
        ({"lat": 91.0, "lon": 0.0}, "lat"),
        ({"lat": 51.0, "lon": None}, "lat"),
        ({"radius": 0.0}, "radius"),
        ({"area_code": "W05"}, "area_code"),
        ({"zone": "Europe/Cardiff"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"languages": ["xx"]}, "languages"),
        ({"hue": 1}, "hue"),
    ],
)
async def test_a_hub_that_lacks_something_is_not_opened(store: Store, change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await store.write(settings.open_hub, hub_draft(**change), BASE)
    assert refused.value.field == field
    assert await store.read(settings.found) is None


async def test_it_is_opened_once(store: Store) -> None:
    await store.write(open_hub)
    with pytest.raises(Conflict):
        await store.write(settings.open_hub, hub_draft(), BASE)


async def test_what_was_typed_into_the_wizard_stays_until_the_hub_is_open(store: Store) -> None:
    await store.write(settings.keep_answers, {"name.en": "River"})
    await store.write(settings.keep_answers, {"name.en": "Riverside"})
    assert await store.read(settings.answers) == {"name.en": "Riverside"}
    await store.write(open_hub)
    assert await store.read(settings.answers) == {}


async def test_a_change_keeps_the_handle_that_others_follow(store: Store) -> None:
    bethan = await store.write(open_hub)
    hub = await store.write(
        settings.change, bethan, hub_draft(name={"en": "Riverside and Mill"}, handle="other", hue=45)
    )
    assert (hub.handle, hub.name, hub.hue) == ("hub", {"en": "Riverside and Mill"}, 45)
    assert (await store.read(actors.get, hub.actor)).name == {"en": "Riverside and Mill"}


@pytest.mark.parametrize("role", ["resident", "organiser", "moderator"])
async def test_only_a_steward_changes_what_the_hub_says_of_itself(store: Store, role: str) -> None:
    await store.write(open_hub)
    before, other = await store.read(settings.get), await store.write(person, "rhys", role)
    for who in (other, before.actor):
        with pytest.raises(NotAllowed):
            await store.write(settings.change, who, hub_draft(name={"en": "Rhys’s own"}))
    assert await store.read(settings.get) == before


async def test_nobody_takes_the_hubs_own_name(store: Store) -> None:
    await store.write(open_hub)
    with pytest.raises(Conflict):
        await store.write(person, "hub")
