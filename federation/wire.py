"""What every part of federation is given: the store, the way out, our own address, and what is kept in mind."""

import asyncio
from collections import OrderedDict
from math import ceil
from typing import Generic, TypeVar

import msgspec

from federation.http import Client
from federation.keys import PrivateKey, PublicKey, host_of, load_private
from federation.parcels import Parcel
from federation.turns import Breath
from hub import keys, settings
from hub.clock import DAY, MINUTE, now
from hub.ids import made_at
from hub.store import Store, Tx

V = TypeVar("V")
CHECKUPS = 10  # a minute: how often hubs may ask us to look at them


class Limits(msgspec.Struct, frozen=True):
    """How much strangers can make us do. `seconds` and `fetches` are for one activity that came in."""

    body: int = 1 << 20  # bytes
    body_seconds: float = 20.0
    fetches: int = 50
    depth: int = 20  # replies above a reply
    seconds: float = 60.0
    a_minute: int = 600  # activities from one host
    burst: int = 1200
    key_fetches: int = 60  # a minute, from one host
    pages: int = 10
    items: int = 1000


class Recent(Generic[V]):
    """Things worth remembering for a while (`lasts`, ms); of more than `most` the ones put in first go."""

    def __init__(self, lasts: int, most: int) -> None:
        self._lasts, self._most = lasts, most
        self._kept: OrderedDict[str, tuple[int, V]] = OrderedDict()

    def get(self, name: str) -> V | None:
        found = self._kept.get(name)
        # What was kept in the future was kept by a clock that has been set right since.
        if found is None or not 0 <= now() - found[0] < self._lasts:
            return None
        return found[1]

    def put(self, name: str, value: V, at: int | None = None) -> None:
        """`at`: since when it is known, if not only since now."""
        self._kept.pop(name, None)
        self._kept[name] = (now() if at is None else at, value)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def drop(self, name: str) -> None:
        self._kept.pop(name, None)


class Rates:
    """How often somebody may do a thing: `a_minute` in the long run, `burst` at once."""

    def __init__(self, a_minute: int, burst: int, most: int = 20_000) -> None:
        self._each, self._burst = MINUTE / a_minute, burst
        self._full: Recent[float] = Recent(MINUTE * (burst // a_minute + 1), most)

    def wait(self, name: str) -> int:
        """Milliseconds until `name` may; at 0 this counts as one time."""
        at = now()
        full = max(self._full.get(name) or 0.0, float(at)) + self._each
        over = full - at - self._burst * self._each
        if over > 0:
            return ceil(over)
        self._full.put(name, full)
        return 0


class Own(msgspec.Struct, frozen=True):
    """What one of our actors signs with. `former` was its key until `changed` (ms), while that is not long ago."""

    uri: str
    key: PrivateKey
    former: PrivateKey | None = None
    changed: int = 0

    @property
    def key_id(self) -> str:
        return f"{self.uri}#main-key"

    def key_for(self, said: int, about: str) -> PrivateKey:
        """The key for an activity (its id) about something: the old one for what was said before it was changed, and
        for telling that it was."""
        before = (said and made_at(said) <= self.changed) or about == self.uri
        return self.former if self.former is not None and before else self.key

    def other_than(self, key: PrivateKey) -> PrivateKey | None:
        return self.former if key is self.key else self.key


class Wire:
    """One for a process. `base` is our own address, as `https://e17.example`."""

    def __init__(self, store: Store, client: Client, base: str, limits: Limits = Limits()) -> None:  # noqa: B008
        self.store, self.client, self.base, self.limits = store, client, base, limits
        self.keys: Recent[list[PublicKey]] = Recent(DAY, 5000)  # by the actor who signs with them
        self.keyless: Recent[str] = Recent(10 * MINUTE, 10_000)  # actors whose keys could not be had, and why
        self.owners: Recent[str] = Recent(DAY, 1000)  # of keys with an address of their own
        self.looked_again: Recent[bool] = Recent(5 * MINUTE, 10_000)  # actors whose keys were fetched anew
        self.heard: Recent[bool] = Recent(MINUTE, 10_000)  # hosts that have just shown that they are up
        self.inbox_rates = Rates(limits.a_minute, limits.burst)
        self.checkups = Rates(CHECKUPS, CHECKUPS)
        self.key_rates = Rates(limits.key_fetches, limits.key_fetches)
        self.signers: Recent[Own] = Recent(MINUTE, 512)  # our own; another process may change them
        self.asking: Recent[str] = Recent(DAY, 10_000)  # how hosts want our GETs to be signed
        self.under_way: dict[str, asyncio.Task[int]] = {}  # actors who are being fetched
        self.parcels: dict[int, Parcel] = {}  # what is leased to be sent, by job, until that begins
        self.breath = Breath()
        self.opens = False  # whether a letter is acted on where it is taken: this process works, and alone writes
        self._instance = 0

    @property
    def host(self) -> str:
        """Our own name, with the port unless it is the usual one."""
        return host_of(self.base)

    def is_ours(self, url: object) -> bool:
        """Whether this address is on our own server, however it is written."""
        return bool(self.host) and host_of(url) == self.host

    async def own(self, actor: int, *, fresh: bool = False) -> Own:
        """What one of our actors signs with. `fresh`: as it stands now, whatever we remember. Raises `NotFound`."""
        known = None if fresh else self.signers.get(str(actor))
        if known is None:
            known = _loaded(await self.store.read_hot(keys.own, actor))
            self.signers.put(str(actor), known)
        return known

    async def is_open(self) -> bool:
        """Whether the hub has been set up, so that there is anybody to speak for."""
        if not self._instance and await self.store.read(settings.found) is not None:
            await self.instance()
        return bool(self._instance)

    async def instance(self) -> int:
        """The actor that this server itself is: it signs what we fetch. Raises `NotFound` before the hub is set up."""
        if not self._instance:
            self._instance = await self.store.read(_instance)
        return self._instance


def _loaded(own: keys.Own) -> Own:
    former = load_private(own.former) if own.former is not None else None
    return Own(own.uri, load_private(own.rsa), former, own.changed)


def _instance(tx: Tx) -> int:
    return settings.get(tx).instance
