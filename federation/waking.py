"""Gives a part of ours its actor when somebody first looks for it (hub/slices.py): by its address, or by its handle.

Keys take a while to make, so that is done beside everything else, and for one slice at a time.
"""

import asyncio
from weakref import WeakKeyDictionary

from hub import settings, slices
from hub.keys import generate
from hub.store import Store, Tx

_turns: WeakKeyDictionary[Store, asyncio.Lock] = WeakKeyDictionary()


async def wake(store: Store, handle: str) -> bool:
    """True when there may be somebody by this handle now who was not a moment ago: look again."""
    if not handle or not await store.read(_sleeps, handle):
        return False
    async with _turns.setdefault(store, asyncio.Lock()):
        if not await store.read(_sleeps, handle):
            return True  # who came at the same time has had it done
        keys = await asyncio.to_thread(generate)
        await store.write(slices.wake, handle, keys)
        return True  # by us, or by another process meanwhile


async def wake_named(store: Store, resource: str) -> bool:
    """The same, for what WebFinger is asked: `acct:events@e17.example`, or an address of ours."""
    return await wake(store, await store.read(_handle, resource))


def _sleeps(tx: Tx, handle: str) -> bool:
    part = slices.find(tx, handle)
    return part is not None and part.actor is None and slices.may_wake(tx)


def _handle(tx: Tx, resource: str) -> str:
    """Whose handle is meant, if somebody of ours is."""
    hub = settings.get(tx)
    for before in (f"{hub.base}/actor/", f"{hub.base}/@"):
        if resource.startswith(before):
            return resource.removeprefix(before)
    name, _, host = resource.removeprefix("acct:").removeprefix("@").rpartition("@")
    return name.lower() if host.lower() == hub.domain.lower() else ""
