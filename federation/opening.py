"""A letter that can be acted on in the very transaction that keeps it: nothing is fetched, nothing else comes first."""

from federation import incoming, resolve
from federation.as2.contexts import Json
from federation.resolve import Gathered, Plan
from federation.seal import Envelope
from hub import actors
from hub.store import Tx

AT_ONCE = frozenset({"Create"})  # most of what comes; what may change who somebody is waits for its turn


def opened(tx: Tx, it: Envelope, activity: Json) -> str | None:
    """What came of it, in words for the log; None when it has to wait. Raises what its handler raises.

    Only where one process writes: what two of them take at once of one sender needs the queue to have an order.
    """
    sender = actors.known(tx, it.sender)
    if sender is None or _waits(tx, it.sender) or resolve.plan(tx, sender, activity) != Plan():
        return None
    return incoming.act(tx, sender, activity, Gathered())


def _waits(tx: Tx, sender: str) -> bool:
    """Whether something that they said before has not been acted on yet."""
    row = tx.one("SELECT 1 AS x FROM inbox WHERE signer = :sender AND outcome = '' LIMIT 1", sender=sender)
    return row is not None
