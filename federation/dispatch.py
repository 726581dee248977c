"""Puts an activity on paper once, and one delivery of it on the queue for every server that can read it.

Which shape of a thing a server gets follows from what it runs (its profile): a calendar gets the `Event`, a timeline
the poll. Nobody gets both, or people would see everything twice.
"""

from collections.abc import Callable, Iterable
from functools import cached_property

from federation.as2.content import stamp
from federation.as2.contexts import Json, document
from federation.keys import host_of
from federation.proving import proved
from hub import actors, blocks, jobs, settings, slices
from hub.actors import Actor
from hub.clock import now
from hub.ids import new_id
from hub.jobs import Order
from hub.packing import pack
from hub.store import Tx

MICRO, EVENT, MOBILIZON, HUB = "micro", "event", "mobilizon", "hub"
FRIENDICA = "friendica"  # a calendar that also shows polls
THREADIVERSE = "threadiverse"  # communities, with posts in them

# What is sent → the profiles that can read it.
CALENDAR = frozenset({EVENT, MOBILIZON, HUB, FRIENDICA})
TIMELINE = frozenset({MICRO})
THREADS = frozenset({THREADIVERSE})
POLLS = frozenset({MICRO, HUB, FRIENDICA})
WORDS = frozenset({MICRO, HUB, EVENT, FRIENDICA})
EVERYBODY = frozenset({MICRO, HUB, EVENT, MOBILIZON, FRIENDICA})

Make = Callable[[str], Json]  # the activity's address → the activity


class Sender:
    """One transaction's worth of sending: the hub and the profiles of other servers are looked up once."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.hub = settings.get(tx)
        self.beyond: dict[str, dict[str, None]] = {}  # what is said of → who else is told: they had it from a slice
        self._inboxes: dict[int, list[tuple[str, str]]] = {}

    @cached_property
    def parts(self) -> list[slices.Slice]:
        """The parts of ours that somebody may follow."""
        return slices.awake(self.tx)

    @cached_property
    def profiles(self) -> dict[str, str]:
        rows = self.tx.all("SELECT host, profile, software FROM peer WHERE profile <> ''")
        return {row["host"]: _profile(row["profile"], row["software"]) for row in rows}

    def followers(self, *followed: int, reading: frozenset[str]) -> dict[str, None]:
        """The inboxes, one a server if it shares one, of all who follow any of ours and can read what is sent."""
        return {inbox: None for one in followed for inbox, profile in self._behind(one) if profile in reading}

    def readers(self, inboxes: Iterable[str], reading: frozenset[str]) -> dict[str, None]:
        return {inbox: None for inbox in inboxes if self._profile_of(inbox) in reading}

    def say(
        self, actor: int, make: Make, to: Iterable[str], *, about: str, listed: bool = False, public: bool = True
    ) -> None:
        """Tell many: kept if somebody gets it or `listed` in the outbox. `about` is what it is done to.

        What is not `public` cannot be read at its address.
        """
        to = list(dict.fromkeys([*to, *(self.beyond.get(about, ()) if public else ())]))
        if to or listed:
            # Hubs pass on what they hear; whoever gets it from them can tell that it is ours.
            proven = public and any(self._profile_of(inbox) == HUB for inbox in to)
            id = keep(self.tx, self.hub.base, actor, make, about=about, public=public, listed=listed, proven=proven)
            send(self.tx, id, about, to)

    def tell(self, actor: int, make: Make, to: Actor, *, about: str) -> int:
        """Tell one actor, and nobody else. Returns the activity's id."""
        id = keep(self.tx, self.hub.base, actor, make, about=about, public=False, listed=False)
        send(self.tx, id, about, [to.inbox])
        return id

    def _behind(self, followed: int) -> list[tuple[str, str]]:
        """The inboxes of an actor's followers, each with what it can read."""
        known = self._inboxes.get(followed)
        if known is None:
            rows = actors.inboxes(self.tx, followed)
            known = self._inboxes[followed] = [(row["inbox"], self._profile_of(row["inbox"])) for row in rows]
        return known

    def _profile_of(self, inbox: str) -> str:
        return self.profiles.get(host_of(inbox), MICRO)


def keep(
    tx: Tx, base: str, actor: int, make: Make, *, about: str, public: bool, listed: bool, proven: bool = False
) -> int:
    id = new_id()
    uri = f"{base}/activity/{id}"
    activity = document(make(uri))
    if proven:
        activity = proved(tx, activity, actor, activity["actor"], stamp(now()))
    tx.run(
        """INSERT INTO activity (id, uri, actor, type, object, body, public, listed, at)
           VALUES (:id, :uri, :actor, :type, :object, :body, :public, :listed, :now)""",
        id=id, uri=uri, actor=actor, type=activity["type"], object=about, body=pack(activity),
        public=int(public), listed=int(listed), now=now(),
    )  # fmt: skip
    return id


def send(tx: Tx, activity: int, about: str, inboxes: Iterable[str]) -> None:
    """One job for each inbox; what concerns one thing gets there in order.

    Where nobody shares an inbox, those who have left must not keep the news from the others there.
    """
    hosts = {inbox: host for inbox in inboxes if (host := host_of(inbox))}
    kept_out = blocks.kept_out(tx, hosts.values())
    orders = [
        Order({"activity": activity, "inbox": inbox}, host=host, line=f"{inbox}|{about}")
        for inbox, host in hosts.items()
        if host not in kept_out
    ]  # fmt: skip
    jobs.enqueue_many(tx, "deliver", orders)


def _profile(profile: str, software: str) -> str:
    return FRIENDICA if software == FRIENDICA else profile
