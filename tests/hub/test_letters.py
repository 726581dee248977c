"""Letters are things: how old ones came over, who is told of them, and how their conversations stand."""

import re

import pytest
from plans import planned
from scene import open_hub, person, stranger

from hub import (
    bundles,
    conversations,
    doorbell,
    hearing,
    messages,
    neighbouring,
    notices,
    reacting,
    relations,
    settings,
    statuses,
    things,
    viewing,
)
from hub.errors import NotFound
from hub.ids import new_id
from hub.statuses import Draft
from hub.store import Store, Tx
from hub.store.migrate import HERE, migrate, statements


def street(tx: Tx) -> tuple[int, int, int]:
    open_hub(tx)
    return person(tx, "ann"), person(tx, "ben"), settings.get(tx).actor


async def told(store: Store, who: int) -> list[str]:
    while await store.write(neighbouring.spread):
        pass
    return [one.kind for one in await store.read(notices.page, who)]


async def test_who_is_written_to_is_told_once(store: Store) -> None:
    ann, ben, hub = await store.write(street)
    await store.write(messages.tell, hub, ann, {"en": "The door code is 1234."})
    assert await told(store, ann) == [notices.MENTION]
    assert await told(store, ben) == []


async def test_a_letter_from_elsewhere_is_told_unless_its_writer_waits_for_a_yes(store: Store) -> None:
    def scene(tx: Tx) -> tuple[int, int]:
        ann, _, _ = street(tx)
        sunil = stranger(tx)
        for n in range(2):
            uri = f"https://mastodon.example/{n}"
            messages.receive(tx, sunil, ann, things.Seen(uri=uri, url=uri, html={"en": "psst"}, published=1, updated=1))
        return ann, sunil

    ann, sunil = await store.write(scene)
    assert await told(store, ann) == []
    assert (await store.read(doorbell.waiting, ann)) == (1, 2)
    await store.write(doorbell.let_in, ann, sunil)
    assert await told(store, ann) == [notices.MENTION] * 2


async def test_a_letter_taken_back_leaves_neither_words_nor_readers(store: Store) -> None:
    def scene(tx: Tx) -> int:
        ann, _, _ = street(tx)
        uri = "https://mastodon.example/1"
        seen = things.Seen(uri=uri, url=uri, html={"en": "<p>secret</p>"}, published=1, updated=1)
        id = messages.receive(tx, stranger(tx), ann, seen)
        assert id is not None
        return id

    def left(tx: Tx) -> tuple[str, int]:
        row = tx.one("SELECT html FROM thing WHERE id = :id", id=id)
        assert row is not None
        return row["html"], len(tx.all("SELECT 1 AS x FROM mention WHERE thing = :id", id=id))

    id = await store.write(scene)
    await store.write(neighbouring.spread)

    def forget(tx: Tx) -> bool:
        row = tx.one("SELECT author FROM thing WHERE id = :id", id=id)
        assert row is not None
        return messages.forget(tx, "https://mastodon.example/1", row["author"])

    assert await store.write(forget)
    assert await store.read(left) == ("{}", 0)
    while await store.write(neighbouring.spread):
        pass
    assert await store.read(lambda tx: tx.all("SELECT 1 AS x FROM notice UNION ALL SELECT 1 FROM conversation")) == []


async def test_a_letter_that_was_changed_says_something_else_now_and_only_to_its_author(store: Store) -> None:
    def scene(tx: Tx) -> list[str]:
        ann, _, _ = street(tx)
        sunil, eve, uri = stranger(tx), stranger(tx, "eve"), "https://mastodon.example/1"
        for who, words, updated in ((sunil, "first", 1), (sunil, "second", 2), (eve, "mine", 3), (sunil, "old", 1)):
            seen = things.Seen(uri=uri, url=uri, html={"en": words}, published=1, updated=updated)
            messages.receive(tx, who, ann, seen)
        return [one.html["en"] for one in messages.to(tx, ann)]

    assert await store.write(scene) == ["second"]


async def test_nobody_else_sees_a_letter(store: Store) -> None:
    ann, ben, hub = await store.write(street)
    id = await store.write(messages.tell, hub, ann, {"en": "The door code is 1234."})
    assert (await store.read(viewing.get, ann, id)).audience == "direct"
    for other in (ben, 0):
        with pytest.raises(NotFound):
            await store.read(viewing.get, other, id)


OLD = """
INSERT INTO message (id, uri, local, sender, receiver, about, reply_to, words, html, at, read) VALUES
  (:a, 'https://glan.example/message/1', 1, :hub, :ann, :event, NULL, '{"en":"Code"}', '{"en":"Code"}', 10, NULL),
  (:b, 'https://glan.example/message/2', 1, :ann, :hub, :event, 'https://glan.example/message/1', '{}',
    '{"en":"Thanks"}', 20, 20),
  (:c, 'https://m.example/3', 0, :sunil, :hub, NULL, 'https://m.example/unknown', '{}', '{"en":"A ramp?"}', 30, NULL)
"""


async def test_letters_from_before_keep_number_address_and_place(store: Store) -> None:
    """The migration, run once more over what it found then."""

    def scene(tx: Tx) -> tuple[int, int, int]:
        ann, _, hub = street(tx)
        event = statuses.publish(tx, ann, Draft("the thing it is about")).id
        undone(tx)
        assert [new_id() for _ in range(4)]  # the numbers that the letters have are nobody else's
        tx.run(OLD, a=event + 1, b=event + 2, c=event + 3, hub=hub, ann=ann, sunil=stranger(tx), event=event)
        return event, ann, hub

    event, ann, hub = await store.write(scene)
    assert await store.write(migrate) == ["0021_messages_push"]
    one, second = await store.read(messages.get, event + 1), await store.read(messages.get, event + 2)
    assert (one.uri, one.sender.id, one.receiver.id, one.about, one.at, one.read) == (
        "https://glan.example/message/1", hub, ann, event, 10, None,
    )  # fmt: skip
    assert (second.reply_to, second.read, second.words) == ("https://glan.example/message/1", 20, {})
    root = await store.read(lambda tx: [row["root"] for row in tx.all("SELECT root FROM thing ORDER BY id")])
    assert root[-3:] == [None, event + 1, None]
    (talk,) = await store.read(conversations.page, ann)
    assert (talk.parties, talk.last, talk.unread) == ([hub], event + 2, True)
    assert await store.read(messages.unread, ann) == 1
    assert await store.write(messages.answer, ann, event + 1, {"en": "Thank you"})
    await store.write(neighbouring.spread)
    assert len(await store.read(conversations.page, ann)) == 1


def undone(tx: Tx) -> None:
    """The tables as they were before letters became things."""
    for name in ("conversation_thing", "conversation", "notice_policy", "notice_welcome", "push", "push_key"):
        tx.run(f"DROP TABLE {name}")
    for index in (
        "thing_about", "thing_letter", "thing_letter_by", "mention_private", "mention_unread", "notice_by_sender",
        "notice_of_thing", "notice_shown", "notice_alike", "mute_by_muted", "muted_domain_by_name",
    ):  # fmt: skip
        tx.run(f"DROP INDEX {index}")
    tx.run("ALTER TABLE thing DROP COLUMN about")
    tx.run("ALTER TABLE mention DROP COLUMN private")
    for statement in statements(tx.dialect.ddl((HERE / "0004_messages.sql").read_text("utf-8")), tx.dialect.name):
        tx.run(statement)
    tx.run("DELETE FROM migration WHERE name = '0021_messages_push'")


# --- how they are found ----------------------------------------------------------------------------

WHOLE = r"SCAN (t|m|n|thing|mention|notice|conversation|k)\b(?! USING)|Seq Scan on"


def crowd(tx: Tx) -> tuple[int, int]:
    ann, ben, hub = street(tx)
    relations.follow(tx, ben, ann)
    said = statuses.publish(tx, ann, Draft("@ben #heron")).id
    reacting.like(tx, ben, said)
    messages.tell(tx, hub, ann, {"en": "Hello"})
    while neighbouring.spread(tx):
        pass
    return ann, said


@pytest.mark.parametrize(
    "look", ["notices", "some notices", "bundles", "conversations", "unread", "requests", "unwilling", "ring"]
)
async def test_what_apps_ask_for_most_is_found_by_an_index(store: Store, look: str) -> None:
    def plan(tx: Tx) -> str:
        ann, said = crowd(tx)
        units = {
            "notices": lambda spy: notices.page(spy, ann),
            "some notices": lambda spy: notices.page(spy, ann, kinds=["mention"], actor=ann, before=said),
            "bundles": lambda spy: bundles.page(spy, ann),
            "conversations": lambda spy: conversations.page(spy, ann),
            "unread": lambda spy: notices.unread(spy, ann, 0),
            "requests": lambda spy: doorbell.asking(spy, ann),
            "unwilling": lambda spy: hearing.unwilling(spy, hearing.said(spy, said)),  # type: ignore[arg-type]
            "ring": lambda spy: doorbell.judge(spy, ann, said, "poll", said),
        }
        return planned(tx, units[look])

    said = await store.write(plan)
    assert re.search(WHOLE, said) is None, said
