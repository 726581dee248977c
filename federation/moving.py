"""Moving an account: the other one is asked for as it stands now, whatever we remember of it."""

from federation.finding import find_account
from federation.wire import Wire
from hub import moving
from hub.actors import Actor


async def move_account(wire: Wire, who: int, typed: str) -> Actor:
    """One of ours lives at `@me@elsewhere` from now on. Raises `NotFound`, or `Invalid` while that account does not
    name this one as its own."""
    there = await find_account(wire, typed, fresh=True)
    return await wire.store.write(moving.go, who, there)


async def claim_account(wire: Wire, who: int, typed: str) -> list[str]:
    """One of ours was `@me@elsewhere`: followers of that account can be asked to come here. Returns all such."""
    return await wire.store.write(moving.claim, who, await find_account(wire, typed))
