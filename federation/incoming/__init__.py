"""What each activity from elsewhere means here: one small function a kind, and a table of them.

Everything has been verified and fetched by now. A handler is part of one transaction; it returns what came of the
activity, in words for the log, and raises `HubError` for what its sender may not do.
"""

from collections.abc import Callable

from federation.as2 import loose
from federation.as2.contexts import Json
from federation.incoming import follows, going, listing, moderation, pledges, saying, taking_back
from federation.incoming.ours import FORGOTTEN
from federation.resolve import Gathered
from hub.actors import Actor
from hub.store import Tx

Handler = Callable[[Tx, Actor, Json, Gathered], str]

HANDLERS: dict[str, Handler] = {
    "Follow": follows.follow,
    "Accept": follows.accept,
    "Reject": follows.reject,
    "TentativeAccept": going.tentative,
    "Undo": taking_back.undo,
    "Delete": taking_back.delete,
    "Create": saying.create,
    "Update": saying.update,
    "Like": saying.like,
    "EmojiReact": saying.like,
    "Announce": saying.announce,
    "Join": going.join,
    "Leave": going.leave,
    "Offer": pledges.offer,
    "Add": listing.add,
    "Remove": listing.remove,
    "Move": follows.move,
    "Flag": moderation.flag,
    "Block": moderation.block,
    "Ignore": moderation.ignore,
}


def act(tx: Tx, sender: Actor, activity: Json, found: Gathered) -> str:
    """Act on one verified activity. Raises `HubError` when its sender may not do that."""
    handler = HANDLERS.get(loose.type_of(activity))
    return handler(tx, sender, activity, found) if handler else FORGOTTEN
