"""What somebody elsewhere says to a hub of ours, and what came of it."""

from elsewhere import Elsewhere, Json, create, post
from here import Here
from scene import party

from federation import resolve
from hub import actors, events
from hub.events import Event

INBOX = "https://glan.example/inbox"
HUB = "https://glan.example/actor/hub"


async def hear(here: Here, sent: Json, *, by: str = "", key: int = 0) -> str:
    """Post it, act on it, and say what came of it."""
    answer = await post(here.app, INBOX, sent, by=by, key=key)
    assert answer.status_code == 202, answer.text
    await here.work()
    outcomes = await here.outcomes()
    assert await here.all("SELECT * FROM job WHERE dead = 1") == []
    return outcomes[-1] if outcomes else "nothing"


async def an_event(here: Here, **changes: object) -> Event:
    return await here.store.write(events.publish, here.steward, party(**changes))


async def companion(here: Here, event: Event) -> str:
    return f"{here.base}/post/{event.companion}"


def a_reply(author: str, asked: str, words: str, number: int = 1, **more: object) -> Json:
    return create(author, f"{author}/statuses/{number}", inReplyTo=asked, content=f"<p>{words}</p>", **more)


def a_vote(author: str, poll: str, option: str, number: int = 1) -> Json:
    return create(
        author, f"{author}#votes/{number}", name=option, inReplyTo=poll, to=[HUB], cc=[]
    )  # fmt: skip


async def going(here: Here, event: Event) -> tuple[int, int, int]:
    it = await here.store.read(events.get, event.id)
    return it.going, it.maybe, it.declined


async def followed(here: Here, server: Elsewhere, name: str = "hub", type: str = "Group", **more: object) -> str:
    """An actor elsewhere whom our hub follows, as they have accepted."""
    uri = server.actor(name, type, **more)
    hub = await here.store.read(actors.at, HUB)
    id = await resolve.actor(here.wire, uri)
    await here.store.write(actors.ask_to_follow, hub.id, id)
    await here.store.write(actors.follow_answered, hub.id, id, accepted=True)
    await here.work()
    server.forget()
    return uri


async def written(here: Here) -> dict[str, int]:
    """How many there are of all that a stranger could make us write."""
    tables = ("inbox", "actor", "peer", "manner", "job", "gone", "thing", "change", "follow", "report", "mention")
    return {table: await here.one(f"SELECT count(*) FROM {table}") for table in tables}
