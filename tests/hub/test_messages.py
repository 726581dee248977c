"""Words between two: who may write, who may read, and that nobody else ever does."""

import pytest
from conftest import Clock
from scene import open_hub, person, stranger

from hub import actors, messages, settings, things
from hub.clock import DAY
from hub.errors import Conflict, Invalid, NotFound
from hub.store import Store, Tx


def seen(uri: str, words: str = "<p>Is there a ramp?</p>") -> things.Seen:
    return things.Seen(uri=uri, url=uri, html={"en": words}, published=1, updated=1)


def asked(tx: Tx) -> tuple[int, int, int, int]:
    """A hub that was asked something by Sunil. Returns steward, resident, Sunil, and the message."""
    steward, resident = open_hub(tx), person(tx, "carys")
    sunil = stranger(tx)
    id = messages.receive(tx, sunil, settings.get(tx).actor, seen("https://mastodon.example/1"))
    assert id is not None
    return steward, resident, sunil, id


async def test_the_hub_is_asked_and_an_organiser_answers_in_its_name(store: Store) -> None:
    steward, _, sunil, id = await store.write(asked)
    told = await store.write(messages.answer, steward, id, {"en": "Yes, by the **side door**."})
    answer = await store.read(messages.get, told)
    assert (answer.sender.kind, answer.receiver.id) == ("hub", sunil)
    assert answer.reply_to == "https://mastodon.example/1"
    assert "<strong>side door</strong>" in answer.html["en"]


async def test_a_resident_neither_reads_nor_answers_what_the_hub_was_asked(store: Store) -> None:
    steward, resident, _, id = await store.write(asked)
    assert await store.read(messages.to, resident) == []
    assert await store.read(messages.unread, resident) == 0
    with pytest.raises(NotFound):
        await store.write(messages.answer, resident, id, {"en": "No."})
    assert [it.id for it in await store.read(messages.to, steward)] == [id]


async def test_a_stewards_office_opens_nobodys_own_letters(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int, int]:
        steward, resident, sunil, _ = asked(tx)
        id = messages.receive(tx, sunil, resident, seen("https://mastodon.example/2"))
        assert id is not None
        return steward, resident, id

    steward, resident, id = await store.write(scene)
    assert id not in [it.id for it in await store.read(messages.to, steward)]
    with pytest.raises(NotFound):
        await store.write(messages.answer, steward, id, {"en": "Let me see."})
    assert [it.id for it in await store.read(messages.to, resident)] == [id]


async def test_what_was_read_is_unread_no_more(store: Store) -> None:
    steward, _, _, _ = await store.write(asked)
    assert await store.read(messages.unread, steward) == 1
    await store.write(messages.mark_read, steward)
    assert await store.read(messages.unread, steward) == 0


async def test_one_message_that_comes_twice_is_one(store: Store) -> None:
    steward, _, sunil, _ = await store.write(asked)

    def again(tx: Tx) -> int | None:
        return messages.receive(tx, sunil, settings.get(tx).actor, seen("https://mastodon.example/1"))

    assert await store.write(again) is None
    assert len(await store.read(messages.to, steward)) == 1


async def test_only_its_author_takes_a_message_back(store: Store) -> None:
    _, resident, sunil, _ = await store.write(asked)
    assert not await store.write(messages.forget, "https://mastodon.example/1", resident)
    assert await store.write(messages.forget, "https://mastodon.example/1", sunil)


async def test_who_is_gone_takes_their_words_along_and_gets_no_more(store: Store) -> None:
    steward, _, sunil, _ = await store.write(asked)
    await store.write(actors.remove, sunil)
    assert await store.read(messages.to, steward) == []

    def tell(tx: Tx) -> int:
        return messages.tell(tx, settings.get(tx).actor, sunil, {"en": "Hello?"})

    with pytest.raises(Conflict):
        await store.write(tell)


async def test_a_message_without_words_is_none(store: Store) -> None:
    steward, _, _, id = await store.write(asked)
    with pytest.raises(Invalid):
        await store.write(messages.answer, steward, id, {"en": "  "})


async def test_the_words_stand_in_no_index(store: Store) -> None:
    def scene(tx: Tx) -> list[str]:
        asked(tx)
        return [row["words"] for row in tx.all("SELECT words FROM word WHERE words LIKE '%ramp%'")]

    assert await store.write(scene) == []


async def test_one_person_cannot_fill_everybodys_letters(store: Store, clock: Clock) -> None:
    _, _, sunil, _ = await store.write(asked)

    def write(tx: Tx, sender: int, n: int) -> int | None:
        return messages.receive(tx, sender, settings.get(tx).actor, seen(f"https://mastodon.example/n/{sender}/{n}"))

    kept = [await store.write(write, sunil, n) for n in range(messages.A_DAY + 5)]
    assert kept.count(None) == 6
    assert await store.write(write, await store.write(stranger, "mair"), 1) is not None
    clock.forward(DAY)
    assert await store.write(write, sunil, 1000) is not None
