"""What happens, told as it happens, to those who listen on a socket (`sockets`) or to events on a request (`events`).

One task in each process reads the log on while anybody listens; what it finds goes to whoever wants it. Whoever does
not keep up is hung up on: their app comes back, and reads what it has missed.
"""

import asyncio
from collections import deque
from contextlib import suppress

import structlog
from starlette.datastructures import State

from hub import changes, hearing, lists, mentions, scopes
from hub.changes import Place
from hub.clock import now
from hub.errors import NotFound
from hub.store import Busy, Store, Tx
from web import auth
from web.mastodon import broadcast
from web.mastodon.api import Caller, Refused
from web.mastodon.broadcast import (
    LIST,
    LOCAL_TAG,
    MEDIA,
    NOTICES,
    OF_ALL,
    PRIVATE,
    PUBLIC,
    TAG,
    USER,
    Channel,
    Told,
    Wanted,
)
from web.mastodon.params import Params
from web.mastodon.view import View, view_of

log = structlog.get_logger()

MOST, OF_A_TOKEN = 5000, 10  # listeners in a process, and of one app for one person
BACKLOG = 100  # events that wait for a listener
AT_ONCE, LOOKS = 100, 3  # changes that are looked at together, and how often while others begin to listen
LONGEST_WAIT, LOOK = 5.0, 1.0  # seconds without looking at the log; between two looks at who may still listen
LAST_WORDS = 5.0  # seconds for a close to be sent
AWAY, ENDED, SLOW = 1001, 1008, 1013  # why a socket is closed: we go; they may not listen any more; they are too slow

NO_SCOPE = "Access token does not have the required scopes"
UNKNOWN, NO_TAG, NOT_YOURS = "Unknown stream type", "Missing tag name parameter", "Not authorized to stream this list"
TOO_MANY = "Too many streams"


class Listener:
    """Somebody who listens. What is told waits in `backlog` until it is taken away."""

    __slots__ = ("backlog", "caller", "channels", "ended", "news")

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.channels: set[Channel] = set()
        self.backlog: deque[Told] = deque()
        self.ended = 0  # why it is over, as a socket says it

    def hear(self, it: Told) -> None:
        if self.ended or self.caller.id in it.without:
            return
        if len(self.backlog) >= BACKLOG:
            self.end(SLOW)
        else:
            self.backlog.append(it)
            self.wake()

    def end(self, why: int) -> None:
        if not self.ended:
            self.ended = why
            self.wake()

    def wake(self) -> None:
        """There is something in the backlog, or it is over."""


class Streams:
    """Everybody who listens to this process, and the task that tells them. One for each application."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._all: set[Listener] = set()
        self._on: dict[Channel, set[Listener]] = {}
        self._wanted: Wanted | None = None
        self._task: asyncio.Task[None] | None = None
        self._looked = 0.0
        self._reckoned = 0  # up to when what comes up has been told, in ms UTC
        self._closed = False
        self._empty = asyncio.Event()  # nobody listens any more

    async def join(self, it: Listener) -> None:
        """From now on. Raises `Refused` when there are too many."""
        token = it.caller.token
        if self._closed or len(self._all) >= MOST or sum(one.caller.token == token for one in self._all) >= OF_A_TOKEN:
            raise Refused(503 if self._closed else 429, TOO_MANY)
        self._all.add(it)
        self._empty.clear()
        if self._task is None:
            place = await self._state.store.read(changes.place)
            if self._task is None:
                self._reckoned = now()
                self._task = asyncio.create_task(self._follow(place))

    def leave(self, it: Listener) -> None:
        for channel in [*it.channels]:
            self.unsubscribe(it, channel)
        self._all.discard(it)
        if not self._all:
            self._empty.set()
        if not self._all and self._task is not None:
            self._task.cancel()
            self._task = None

    def subscribe(self, it: Listener, channel: Channel) -> None:
        it.channels.add(channel)
        self._on.setdefault(channel, set()).add(it)
        self._wanted = None

    def unsubscribe(self, it: Listener, channel: Channel) -> None:
        it.channels.discard(channel)
        here = self._on.get(channel, set())
        here.discard(it)
        if not here:
            self._on.pop(channel, None)
        self._wanted = None

    async def close(self, patience: float = LAST_WORDS) -> None:
        """Say goodbye to everybody, and wait until they have gone."""
        self._closed = True
        for one in [*self._all]:
            one.end(AWAY)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience if self._all else 0):
                await self._empty.wait()

    async def _follow(self, place: Place) -> None:
        store: Store = self._state.store
        while True:
            seen, many = store.changed.count, 0
            try:
                many, place = await self._tell(place)
                await self._look()
            except Busy as error:
                log.warning("streams wait", why=str(error))
            except Exception:
                log.exception("a turn of the streams failed")
            if many < AT_ONCE:
                await store.wait_for_change(LONGEST_WAIT, seen)

    async def _tell(self, place: Place) -> tuple[int, Place]:
        await auth.look(self._state)
        for _ in range(LOOKS):  # again while somebody wants more than when we began to look: they would miss it
            wanted = self._wanted = self._wanted or _wanted(self._on)
            v, at = view_of(self._state), now()
            many, reached, found = await self._state.store.read(_news, v, place, wanted, self._reckoned, at)
            if self._wanted is wanted:
                break
        place, self._reckoned = reached, at
        for number, it in enumerate(found):
            for one in [*self._on.get(it.channel, ())]:
                one.hear(it)
            if number % BACKLOG == BACKLOG // 2:
                await asyncio.sleep(0)  # so that those who keep up can
        return many, place

    async def _look(self) -> None:
        """Whoever may not listen any more is told so: their account is closed, or the app was sent away."""
        clock = asyncio.get_running_loop().time()
        if clock - self._looked < LOOK:
            return
        self._looked = clock
        those = [*self._all]  # and nobody who joins meanwhile
        alive = await self._state.store.read(hearing.alive, {one.caller.token for one in those})
        for one in those:
            if one.caller.token not in alive:
                one.end(ENDED)


def _news(
    tx: Tx, v: View, place: Place, wanted: Wanted, since: int, until: int
) -> tuple[int, Place, list[Told]]:  # fmt: skip
    found, place = changes.after(tx, place, AT_ONCE)
    told = broadcast.told(tx, v, found, wanted)
    return len(found), place, told + broadcast.come_up(tx, v, since, until, wanted)


def _wanted(on: dict[Channel, set[Listener]]) -> Wanted:
    users = frozenset(int(whose) for name, whose in on if name == USER)
    return Wanted(frozenset(on), users, any(name == LIST and which not in lists.STANDING for name, which in on))


# --- which stream ----------------------------------------------------------------------------------


async def channel_of(store: Store, caller: Caller, name: str, params: Params) -> Channel:
    """The stream that is asked for. Raises `Refused`, in Mastodon's words."""
    if params.flag("only_media", False) and name.startswith(PUBLIC) and not name.endswith(MEDIA):
        name += MEDIA
    if name in OF_ALL:
        return name, 0
    if name not in (USER, NOTICES, PRIVATE, LIST, TAG, LOCAL_TAG):
        raise Refused(400, UNKNOWN)
    needed = "read:notifications" if name == NOTICES else "read:statuses"
    if not scopes.covers(caller.scopes, needed) or caller.account is None:
        raise Refused(401, NO_SCOPE)
    if name in (TAG, LOCAL_TAG):
        tag = mentions.folded(params.text("tag"))
        if not tag:
            raise Refused(400, NO_TAG)
        return name, tag
    if name == LIST:
        return name, await _own_list(store, caller.id, params.text("list"))
    return name, caller.id


async def _own_list(store: Store, me: int, asked: str) -> int:
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0
    if number in lists.STANDING:
        return number
    try:
        return (await store.read(lists.get, me, number)).id
    except NotFound:
        raise Refused(401, NOT_YOURS) from None


def named(channel: Channel) -> list[str]:
    """As events name it: a list and a tag also say which."""
    name, which = channel
    return [name, str(which)] if name in (LIST, TAG, LOCAL_TAG) else [name]
