"""How apps see the hub: its address, its words, and what has been written out already.

A status or an account is written out once and kept as bytes. What has changed since is read in the log; what is kept
of it is dropped. What only one person sees (their own marks, their poll) is never kept: `entities` adds it.
"""

import threading
from typing import NamedTuple, TypeVar

import msgspec
from starlette.datastructures import State
from starlette.requests import Request

from hub import changes, marks
from hub.changes import Kind
from hub.settings import Hub
from hub.store import Tx

T = TypeVar("T")

STATUSES, ACCOUNTS = 3_000, 2_000  # pieces kept
MANY = 400  # changes: after so many all is forgotten, which costs less


class Entry(NamedTuple):
    """One line of a timeline: a thing under its own id, or a share of it under the share's number."""

    id: int
    thing: int
    shared_by: int | None = None


class Piece(msgspec.Struct, frozen=True):
    """A status as everybody sees it: the inside of its JSON without its account. `version` is the thing's `updated`."""

    version: int
    author: int
    body: bytes
    poll: bool


class Kept:
    """What has been written out; one for each application: `app.state.pieces`. Used from several threads."""

    def __init__(self) -> None:
        self.statuses: dict[int, Piece] = {}
        self.accounts: dict[int, tuple[int, bytes]] = {}
        self.words: dict[int, tuple[int, str]] = {}  # what filters look through, of things as they were at `updated`
        self.epoch = 0  # grows whenever the log is read on
        self._seen = -1
        self._place: changes.Place | None = None
        self._turn = threading.Lock()

    def freshen(self, tx: Tx, v: "View") -> None:
        """Drop what has changed, first in each unit. What that writes out is kept if nobody knew more when it began."""
        if v.count <= self._seen:
            return
        with self._turn:
            knows = v.epoch == self.epoch
            self._read_on(tx)
            self._seen = max(v.count, self._seen)
            self.epoch += 1
            if knows:
                v.epoch = self.epoch

    def _read_on(self, tx: Tx) -> None:
        if self._place is None:
            self._place = changes.place(tx)
            return
        rows, place = changes.since(tx, self._place, MANY)
        if len(rows) == MANY:
            place = changes.place(tx)
        if len(rows) == MANY or any(row["kind"] == Kind.HUB_CHANGED for row in rows):
            self.statuses.clear()
            self.accounts.clear()
        else:
            ids = {row["subject"] for row in rows}
            for id in ids | {row["actor"] for row in rows} | marks.touched(tx, ids):
                self.statuses.pop(id, None)
                self.accounts.pop(id, None)
        self._place = place

    def keep(self, v: "View", id: int, piece: Piece) -> None:
        with self._turn:
            if v.epoch == self.epoch:
                _put(self.statuses, id, piece, STATUSES)

    def keep_words(self, v: "View", id: int, version: int, words: str) -> None:
        with self._turn:
            if v.epoch == self.epoch:
                _put(self.words, id, (version, words), STATUSES)

    def keep_account(self, v: "View", id: int, version: int, body: bytes) -> None:
        with self._turn:
            if v.epoch == self.epoch:
                _put(self.accounts, id, (version, body), ACCOUNTS)


class View:
    """What a unit is given to write entities with. Made afresh for each: `view(request)`, just before `store.read`.

    Entities are for reading units: what a writing one sees may yet be undone, and must not be kept.
    """

    __slots__ = ("base", "count", "epoch", "hub", "kept", "state")

    def __init__(self, state: State, hub: Hub) -> None:
        self.base: str = state.base
        self.hub = hub
        self.kept: Kept = state.pieces
        self.state = state
        self.epoch = self.kept.epoch
        self.count: int = state.store.changed.count

    @property
    def language(self) -> str:
        return self.hub.languages[0]


def view(request: Request) -> View:
    return view_of(request.app.state)


def view_of(state: State) -> View:
    """The same for who has no request, such as a stream. The hub is set up."""
    return View(state, state.hub)


def _put(kept: dict[int, T], id: int, value: T, most: int) -> None:
    if len(kept) >= most and id not in kept:
        for old in list(kept)[: most // 8 or 1]:
            del kept[old]
    kept[id] = value
