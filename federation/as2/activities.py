"""What is done with things: published, changed, taken back, shared, followed, accepted."""

from typing import Any

from federation.as2.content import followers, stamp
from federation.as2.contexts import PUBLIC, Json


def create(id: str, it: Json, at: int) -> Json:
    """Publish `it`. Who it is for is said twice, in the same words: Akkoma compares them."""
    return _about("Create", id, it) | {"published": stamp(at)}


def update(id: str, it: Json) -> Json:
    return _about("Update", id, it)


def update_actor(id: str, it: Json) -> Json:
    """Say that an actor of ours looks different now."""
    return {"id": id, "type": "Update", "actor": it["id"], "to": [PUBLIC], "cc": [it["followers"]], "object": it}


def delete(id: str, actor: str, uri: str, former: str, at: int, to: Json | None = None) -> Json:
    """Take something back, leaving a stone with its name. `to` are its `to` and `cc`, when it was not for everybody."""
    stone = tombstone(uri, former, at)
    addressed = to or {"to": [PUBLIC], "cc": [followers(actor)]}
    return {"id": id, "type": "Delete", "actor": actor, **addressed, "published": stamp(at), "object": stone}


def tombstone(uri: str, former: str, at: int) -> Json:
    return {"id": uri, "type": "Tombstone", "formerType": former, "deleted": stamp(at)}


def announce(id: str, actor: str, uri: str, at: int, author: str | None = None) -> Json:
    """Share what `author` said, by its id alone: its words stay with them."""
    others = [author] if author and author != actor else []
    addressed = {"to": [PUBLIC], "cc": [followers(actor), *others]}
    return {"id": id, "type": "Announce", "actor": actor, "published": stamp(at), **addressed, "object": uri}


def follow(id: str, actor: str, other: str) -> Json:
    return {"id": id, "type": "Follow", "actor": actor, "to": [other], "object": other}


def undo(id: str, actor: str, other: str, what: Json) -> Json:
    """Take back `what` we did to `other`."""
    kept = {key: what[key] for key in ("id", "type", "actor", "object") if key in what}
    return {"id": id, "type": "Undo", "actor": actor, "to": [other], "object": kept}


def undo_share(id: str, actor: str, share: Json) -> Json:
    """Take back an `Announce`, before everybody who may have seen it."""
    return {"id": id, "type": "Undo", "actor": actor, "to": [PUBLIC], "cc": [followers(actor)], "object": share}


def answer(kind: str, id: str, actor: str, to: str, about: dict[str, Any] | str) -> Json:
    """`Accept`, `Reject` or `Like` what `to` did or said.

    What they asked stands in it, since some servers know it again by its id and some by what it says.
    """
    kept = about
    if isinstance(about, dict):
        kept = {key: about[key] for key in ("id", "type", "actor", "object") if key in about}
    return {"id": id, "type": kind, "actor": actor, "to": [to], "object": kept}


def move(id: str, actor: str, there: str) -> Json:
    """Somebody has another account from now on; their followers are asked to follow that one."""
    return {
        "id": id, "type": "Move", "actor": actor, "to": [followers(actor)], "cc": [], "object": actor, "target": there,
    }  # fmt: skip


def pinned(kind: str, id: str, actor: str, uri: str) -> Json:
    """`Add` to what an actor shows first, or `Remove` from it."""
    addressed = {"to": [PUBLIC], "cc": [followers(actor)]}
    return {"id": id, "type": kind, "actor": actor, **addressed, "object": uri, "target": f"{actor}/featured"}


def flag(id: str, ours: str, target: str, things: list[str], words: str) -> Json:
    """A report, in the name of the server, about somebody and what they said."""
    return {"id": id, "type": "Flag", "actor": ours, "to": [target], "content": words, "object": [target, *things]}


def _about(kind: str, id: str, it: Json) -> Json:
    return {
        "id": id, "type": kind, "actor": it["attributedTo"], "to": it["to"], "cc": it["cc"], "object": it,
    }  # fmt: skip
