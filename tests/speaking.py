"""Residents of a hub of ours and people elsewhere, in tests of what goes between them."""

from elsewhere import Elsewhere, Json, activity
from hearing import hear
from here import Here
from scene import person

from federation import resolve
from hub import actors, neighbouring, relations, statuses, viewing
from hub.errors import NotFound
from hub.statuses import Draft
from hub.store import Tx
from hub.things import Thing

ANN = "https://glan.example/actor/u-ann"
BEN = "https://glan.example/actor/u-ben"
FEW = [f"{ANN}/followers"]


async def resident(here: Here, login: str = "ann") -> int:
    return await here.store.write(person, login)


async def says(here: Here, who: int, words: str, **more: object) -> Thing:
    """Say it, and have it delivered."""
    it = await here.store.write(statuses.publish, who, Draft(words, **more))  # type: ignore[arg-type]
    await here.work()
    return it


async def fan(here: Here, server: Elsewhere, name: str = "sunil", of: str = ANN) -> str:
    """Somebody elsewhere who follows one of ours."""
    uri = server.actor(name)
    assert await hear(here, activity("Follow", uri, of)) == "accepted"
    server.forget()
    return uri


async def idol(here: Here, who: int, server: Elsewhere, name: str = "sunil", **more: object) -> str:
    """Somebody elsewhere whom one of ours follows."""
    uri = server.actor(name, **more)  # type: ignore[arg-type]
    id = await met(here, uri)
    await here.store.write(relations.follow, who, id)
    await here.work()
    follow = next(one for one in server.received if one["type"] == "Follow" and one["object"] == uri)
    assert await hear(here, activity("Accept", uri, follow)) == "followed"
    server.forget()
    return uri


async def met(here: Here, uri: str) -> int:
    return await resolve.actor(here.wire, uri)


async def at(here: Here, uri: str) -> Thing | None:
    """What stands at an address, as far as its own rows say."""

    def unit(tx: Tx) -> Thing | None:
        row = tx.one("SELECT id, author FROM thing WHERE uri = :uri AND removed IS NULL", uri=uri)
        return viewing.get(tx, row["author"], row["id"]) if row else None

    return await here.store.read(unit)


async def sees(here: Here, who: int, uri: str) -> bool:
    """Whether somebody (0: a stranger) may see what stands at an address."""

    def unit(tx: Tx) -> bool:
        row = tx.one("SELECT id FROM thing WHERE uri = :uri", uri=uri)
        try:
            return row is not None and viewing.get(tx, who, row["id"]) is not None
        except NotFound:
            return False

    return await here.store.read(unit)


async def home(here: Here, who: int) -> list[str]:
    """The addresses of what is on somebody's first page, newest first; a share as `who shared it: what`."""
    await here.store.write(neighbouring.spread)
    rows = await here.all(
        """SELECT t.uri, s.uri AS by_uri FROM home h JOIN thing t ON t.id = h.thing
           LEFT JOIN actor s ON s.id = h.shared_by WHERE h.account = :who AND t.author <> :who ORDER BY h.id DESC""",
        who=who,
    )
    return [f"{row['by_uri']}: {row['uri']}" if row["by_uri"] else row["uri"] for row in rows]


def heard(server: Elsewhere, type: str) -> list[Json]:
    return [one for one in server.received if one["type"] == type]


async def id_of(here: Here, uri: str) -> int:
    return (await here.store.read(actors.at, uri)).id
