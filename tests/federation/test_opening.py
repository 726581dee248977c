"""Most letters are acted on in the transaction that keeps them; the others lose nothing by waiting."""

import msgspec
import pytest
from elsewhere import Elsewhere, Json, activity, create, post
from hearing import INBOX, followed
from here import Here

from federation import incoming, resolve
from federation.as2.contexts import Json as Document
from federation.resolve import Gathered
from hub import actors, things
from hub.actors import Actor
from hub.store import Tx

NOTE = "https://mastodon.example/notes/1"


async def letter_box(here: Here) -> list[tuple[str, str]]:
    """What came of each letter so far, and how many bytes of it are still kept."""
    rows = await here.all("SELECT outcome, body FROM inbox ORDER BY id")
    return [(row["outcome"], "kept whole" if row["body"] else "") for row in rows]


async def jobs(here: Here) -> int:
    return int(await here.one("SELECT count(*) FROM job WHERE kind = 'receive'"))


async def sent(here: Here, *letters: Json) -> None:
    for one in letters:
        assert (await post(here.app, INBOX, one)).status_code == 202


async def test_what_they_say_is_there_when_they_are_answered(here: Here, mastodon: Elsewhere) -> None:
    ann = await followed(here, mastodon, "ann", "Person")
    await sent(here, create(ann, NOTE, content="<p>The kettle is on</p>"))
    assert await letter_box(here) == [("kept", "")]
    assert await jobs(here) == 0
    assert (await here.store.read(things.at, NOTE)).uri == NOTE


async def test_where_several_processes_write_it_waits_for_its_turn(here: Here, mastodon: Elsewhere) -> None:
    ann, here.wire.opens = await followed(here, mastodon, "ann", "Person"), False
    await sent(here, create(ann, NOTE, content="<p>The kettle is on</p>"))
    assert await letter_box(here) == [("", "kept whole")]
    assert await jobs(here) == 1
    await here.work()
    assert await letter_box(here) == [("kept", "")]


async def test_nothing_overtakes_what_waits(here: Here, mastodon: Elsewhere) -> None:
    ann = await followed(here, mastodon, "ann", "Person")
    first, second = create(ann, NOTE, content="<p>one</p>"), create(ann, f"{NOTE}2", content="<p>two</p>")
    await sent(here, activity("Delete", ann, NOTE), first, second)
    assert [outcome for outcome, _ in await letter_box(here)] == ["", "", ""]
    await here.work()
    assert await here.store.read(things.at, NOTE) is None
    assert await here.store.read(things.at, f"{NOTE}2") is not None


async def test_what_needs_something_fetched_waits(here: Here, mastodon: Elsewhere) -> None:
    ann = await followed(here, mastodon, "ann", "Person")
    await sent(here, create(ann, NOTE, content="<p>so it is</p>", inReplyTo="https://mastodon.example/notes/above"))
    assert (await letter_box(here))[0] == ("", "kept whole")
    assert await jobs(here) == 1


async def test_the_same_letter_twice_counts_once(here: Here, mastodon: Elsewhere) -> None:
    ann = await followed(here, mastodon, "ann", "Person")
    said = create(ann, NOTE, content="<p>The kettle is on</p>")
    await sent(here, said, said)
    await here.work()
    assert await letter_box(here) == [("kept", "")]
    assert await here.one("SELECT count(*) FROM thing WHERE uri = :uri", uri=NOTE) == 1


async def test_a_refusal_is_written_down_and_costs_the_neighbours_nothing(here: Here, mastodon: Elsewhere) -> None:
    ann, bob = await followed(here, mastodon, "ann", "Person"), await followed(here, mastodon, "bob", "Person")
    stolen = create(ann, "https://elsewhere.example/1", content="<p>not mine</p>") | {"id": f"{ann}#1"}
    await sent(here, stolen, create(bob, NOTE, content="<p>mine</p>"))
    await here.work()
    outcomes = [outcome for outcome, _ in await letter_box(here)]
    assert outcomes[0].startswith("refused: It stands on another server")
    assert outcomes[1] == "kept"


async def test_a_mistake_of_ours_is_listed_and_no_letter_is_lost(
    here: Here, mastodon: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await followed(here, mastodon, "ann", "Person")
    handler = incoming.HANDLERS["Create"]

    def stumble(tx: Tx, sender: Actor, activity: Document, found: Gathered) -> str:
        handler(tx, sender, activity, found)
        raise ZeroDivisionError

    monkeypatch.setitem(incoming.HANDLERS, "Create", stumble)
    await sent(here, create(ann, NOTE, content="<p>The kettle is on</p>"))
    await here.work()
    assert await here.store.read(things.at, NOTE) is None  # what it had begun is undone
    assert [row["last_error"] for row in await here.all("SELECT last_error FROM job WHERE dead = 1")] == [
        "A mistake of ours: ZeroDivisionError."
    ]
    assert (await letter_box(here))[0][1] == "kept whole"


async def test_acting_on_a_letter_leaves_it_as_it_was(here: Here, mastodon: Elsewhere) -> None:
    """A group of units may be run twice, with the same letters."""
    ann = await followed(here, mastodon, "ann", "Person")
    said = create(ann, NOTE, content="<p>The <b>kettle</b> is on</p>", tag=[{"type": "Hashtag", "name": "#tea"}])
    before = msgspec.json.encode(said)

    def twice(tx: Tx) -> None:
        sender = actors.at(tx, ann)
        assert resolve.plan(tx, sender, said) == resolve.Plan()
        incoming.act(tx, sender, said, Gathered())

    await here.store.write(twice)
    assert msgspec.json.encode(said) == before
