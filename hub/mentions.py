"""Whom a thing names, under which hashtags it is found, and what it said before: what hangs on its row."""

from collections.abc import Iterable

from hub.clock import now
from hub.ids import new_id
from hub.packing import unpack
from hub.store import Row, Tx

MOST_NAMED = 50  # actors that one thing names
MOST_TAGS = 40
MOST_REVISIONS = 100  # kept of one thing
ONES = "actor a JOIN mention m ON m.actor = a.id"


def note(tx: Tx, thing: int, named: Iterable[int]) -> None:
    """These are named by it, or it is for them; those from before stay."""
    for actor in list(dict.fromkeys(named))[:MOST_NAMED]:
        tx.run(
            """INSERT INTO mention (thing, actor, private)
               SELECT id, :actor, CASE WHEN audience = 'direct' THEN 1 ELSE 0 END FROM thing WHERE id = :thing
               ON CONFLICT (thing, actor) DO UPDATE SET private = excluded.private""",
            thing=thing, actor=actor,
        )  # fmt: skip


def known(tx: Tx, uris: Iterable[str]) -> list[int]:
    """Our ids of those among these addresses whom we have met."""
    found = []
    for uri in list(dict.fromkeys(uris))[:MOST_NAMED]:
        row = tx.one("SELECT id FROM actor WHERE uri = :uri", uri=uri)
        found += [int(row["id"])] if row else []
    return found


def of(tx: Tx, thing: int) -> list[Row]:
    """Who is named: id, uri, url, handle, domain and whether they are ours."""
    return tx.all(
        f"SELECT a.id, a.uri, a.url, a.handle, a.domain, a.local FROM {ONES} WHERE m.thing = :thing ORDER BY a.id",
        thing=thing,
    )


def tag(tx: Tx, thing: int, tags: Iterable[str], *, anew: bool = False) -> None:
    """It is found under these hashtags, and under no others. `anew`: it never had any."""
    if not anew:
        tx.run("DELETE FROM thing_tag WHERE thing = :thing", thing=thing)
    for word in list(dict.fromkeys(folded(one) for one in tags))[:MOST_TAGS]:
        if word:
            tx.run(
                "INSERT INTO thing_tag (tag, thing) VALUES (:tag, :thing) ON CONFLICT (tag, thing) DO NOTHING",
                tag=word, thing=thing,
            )  # fmt: skip


def folded(tag: str) -> str:
    """A hashtag as it is looked up: without its sign and in small letters."""
    return tag.strip().lstrip("#").casefold()[:100]


def revise(tx: Tx, thing: int, at: int | None = None) -> None:
    """Keep what it says now, before it is changed."""
    said = tx.one("SELECT title, html, pictures, extra, updated FROM thing WHERE id = :id", id=thing)
    if said is None:
        return
    tx.run(
        """INSERT INTO revision (id, thing, title, html, pictures, extra, at)
           VALUES (:id, :thing, :title, :html, :pictures, :extra, :at)""",
        id=new_id(), thing=thing, title=said["title"], html=said["html"], pictures=said["pictures"],
        extra=said["extra"], at=said["updated"],
    )  # fmt: skip
    tx.run(
        """DELETE FROM revision WHERE thing = :thing AND id NOT IN
             (SELECT id FROM revision WHERE thing = :thing ORDER BY id DESC LIMIT :most)""",
        thing=thing, most=MOST_REVISIONS,
    )  # fmt: skip


def revisions(tx: Tx, thing: int) -> list[Row]:
    """What it said before, oldest first: `title`, `html`, `pictures`, `extra` as kept, and since when, `at`."""
    return tx.all("SELECT title, html, pictures, extra, at FROM revision WHERE thing = :id ORDER BY id", id=thing)


def tags_of(row: Row) -> list[str]:
    return unpack(row["tags"], list[str])


def seen(tx: Tx, actor: int, thing: int) -> None:
    """They have read what is for them alone."""
    tx.run(
        "UPDATE mention SET read = :now WHERE thing = :thing AND actor = :actor AND read IS NULL",
        now=now(), thing=thing, actor=actor,
    )  # fmt: skip
