"""What people elsewhere say to the hub: unseen until a moderator shares it, and never more than can be looked over."""

import pytest
from conftest import Clock
from scene import open_hub, person, stranger

from hub import blocks, heard, messages, settings, things
from hub.clock import DAY
from hub.errors import Conflict, NotAllowed, NotFound
from hub.store import Store, Tx


def said(n: int = 1, words: str = "<p>@hub The bench by the bridge is broken</p>", updated: int = 1) -> things.Seen:
    uri = f"https://mastodon.example/notes/{n}"
    return things.Seen(uri=uri, url=uri, html={"en": words}, published=1, updated=updated)


def hub_of(tx: Tx) -> int:
    return settings.get(tx).actor


def told(tx: Tx) -> tuple[int, int, int]:
    """The hub was told something by Sunil. Returns steward, Sunil, and the thing."""
    steward, sunil = open_hub(tx), stranger(tx)
    assert heard.hear(tx, sunil, hub_of(tx), said()) == "held"
    found = things.at(tx, said().uri)
    assert found is not None
    return steward, sunil, found.id


async def test_what_nobody_has_looked_over_shows_nowhere(store: Store) -> None:
    steward, _, id = await store.write(told)
    assert await store.read(heard.shared) == []
    assert (await store.read(things.get, id)).hidden
    assert [it.thing.id for it in await store.read(heard.waiting, steward)] == [id]


async def test_a_moderator_shares_it_and_nobody_less_may(store: Store) -> None:
    steward, _, id = await store.write(told)
    organiser = await store.write(person, "carys", "organiser")
    with pytest.raises(NotAllowed):
        await store.write(heard.share, organiser, id)
    with pytest.raises(NotAllowed):
        await store.read(heard.waiting, organiser)
    await store.write(heard.share, steward, id)
    assert [it.id for it in await store.read(heard.shared)] == [id]
    assert not (await store.read(things.get, id)).hidden


async def test_what_is_refused_stays_unseen_and_is_decided_once(store: Store) -> None:
    steward, _, id = await store.write(told)
    await store.write(heard.refuse, steward, id)
    assert await store.read(heard.shared) == []
    with pytest.raises(Conflict):
        await store.write(heard.refuse, steward, id)


async def test_from_people_who_are_trusted_it_passes_at_once(store: Store) -> None:
    steward, sunil, _ = await store.write(told)
    await store.write(heard.trust, steward, sunil)
    assert await store.write(lambda tx: heard.hear(tx, sunil, hub_of(tx), said(2))) == "shared"
    await store.write(heard.distrust, steward, sunil)
    assert await store.write(lambda tx: heard.hear(tx, sunil, hub_of(tx), said(3))) == "held"


async def test_whose_server_is_limited_is_looked_over_also_when_they_are_trusted(store: Store) -> None:
    steward, sunil, _ = await store.write(told)
    await store.write(heard.trust, steward, sunil)
    await store.write(blocks.rule, steward, "mastodon.example", "limited")
    assert await store.write(lambda tx: heard.hear(tx, sunil, hub_of(tx), said(2))) == "held"


async def test_who_changes_what_was_shared_is_looked_over_again(store: Store) -> None:
    steward, sunil, id = await store.write(told)
    await store.write(heard.share, steward, id)
    edited = said(words="<p>Buy my pills</p>", updated=9000)
    assert await store.write(lambda tx: heard.hear(tx, sunil, hub_of(tx), edited)) == "held"
    assert await store.read(heard.shared) == []
    assert (await store.read(things.get, id)).hidden


async def test_what_was_refused_stays_refused_however_it_is_changed(store: Store) -> None:
    steward, sunil, id = await store.write(told)
    await store.write(heard.refuse, steward, id)
    edited = said(words="<p>Please?</p>", updated=9000)
    assert await store.write(lambda tx: heard.hear(tx, sunil, hub_of(tx), edited)) == "refused"
    assert await store.read(heard.waiting, steward) == []


async def test_one_person_cannot_fill_the_moderators_desk(store: Store, clock: Clock) -> None:
    steward, sunil, _ = await store.write(told)
    states = [await store.write(lambda tx, n=n: heard.hear(tx, sunil, hub_of(tx), said(n))) for n in range(2, 12)]
    assert states == ["held"] * 4 + [""] * 6
    assert len(await store.read(heard.waiting, steward)) == heard.OPEN_EACH
    clock.forward(2 * DAY)
    other = await store.write(stranger, "mair")
    assert await store.write(lambda tx: heard.hear(tx, other, hub_of(tx), said(50))) == "held"


async def test_even_who_is_trusted_says_no_more_than_twenty_things_a_day(store: Store) -> None:
    steward, sunil, _ = await store.write(told)
    await store.write(heard.trust, steward, sunil)
    states = [await store.write(lambda tx, n=n: heard.hear(tx, sunil, hub_of(tx), said(n))) for n in range(2, 25)]
    assert states.count("shared") == heard.A_DAY - 1
    assert states[-1] == ""


async def test_one_click_makes_an_ask_of_it_without_a_name_and_tells_its_author(store: Store) -> None:
    steward, sunil, id = await store.write(told)
    ask = await store.write(heard.make_ask, steward, id)
    assert ask.title == {"en": "The bench by the bridge is broken"}
    assert "sunil" not in str(ask).replace(str(sunil), "")
    (message,) = await store.read(messages.to, steward)
    assert message.receiver.id == sunil
    assert ask.url in message.html["en"]
    assert await store.read(heard.waiting, steward) == []
    with pytest.raises(Conflict):
        await store.write(heard.make_ask, steward, id)


async def test_what_its_author_deletes_is_off_the_desk(store: Store) -> None:
    steward, sunil, id = await store.write(told)
    await store.write(things.remove, said().uri, sunil)
    assert await store.read(heard.waiting, steward) == []
    with pytest.raises(NotFound):
        await store.write(heard.share, steward, id)


async def test_how_somebody_is_reached_does_not_become_part_of_the_ask(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        steward, sunil = open_hub(tx), stranger(tx)
        words = "<p>@hub Could somebody mow? Ring 01632 960118 or mail sunil@example.org, CF11 6BJ, before 5 June</p>"
        heard.hear(tx, sunil, hub_of(tx), said(words=words))
        found = things.at(tx, said().uri)
        assert found is not None
        return steward, found.id

    ask = await store.write(heard.make_ask, *await store.write(scene))
    assert ask.title["en"] == "Could somebody mow? Ring … or mail …, …, before 5 June"


async def test_what_its_author_makes_private_is_shown_no_more(store: Store) -> None:
    steward, sunil, id = await store.write(told)
    other = await store.write(stranger, "mair")
    await store.write(heard.share, steward, id)
    assert not await store.write(heard.withdraw, other, said().uri)
    assert await store.write(heard.withdraw, sunil, said().uri)
    assert await store.read(heard.shared) == []
    assert (await store.read(things.get, id)).hidden


async def test_a_server_with_many_people_does_not_fill_the_desk_either(store: Store) -> None:
    await store.write(told)

    def crowd(tx: Tx) -> list[str]:
        return [heard.hear(tx, stranger(tx, f"bot{n}"), hub_of(tx), said(100 + n)) for n in range(60)]

    assert (await store.write(crowd)).count("held") == heard.EACH_SERVER - 1
    other = await store.write(stranger, "mair", "toot.example")
    assert await store.write(lambda tx: heard.hear(tx, other, hub_of(tx), said(999))) == "held"
