"""For Lemmy, PieFed, Mbin and NodeBB a hub is a community, and what it says a post in it (FEP-1b12).

A post there needs an author who is no group: the hub sends `Announce{Create{Event or Page}}` of somebody who speaks
for it.
The id stays that of the thing, so that what is answered there is answered here.
"""

from federation.as2.content import followers, stamp
from federation.as2.contexts import PUBLIC, Json
from hub.text import plain

TITLE = 200  # characters
_OF_POLLS = ("oneOf", "votersCount", "closed", "endTime")


def post(it: Json, group: str, author: str) -> Json:
    """A thing of ours as a post: an `Event` stays one, anything else is a `Page` with a title."""
    if it["type"] == "Event":
        return it | _in(group, author)
    kept = {key: value for key, value in it.items() if key not in _OF_POLLS}
    return kept | _in(group, author) | {"type": "Page", "name": _title(it)}


def passed_on(id: str, group: str, author: str, kind: str, what: Json | str, at: int) -> Json:
    """The hub passes on what its author did: `kind` is Create, Update or Delete."""
    inner = {"id": f"{id}#{kind.lower()}", "type": kind, "actor": author, **_to(group), "object": what}
    return {
        "id": id, "type": "Announce", "actor": group, "published": stamp(at), "to": [PUBLIC],
        "cc": [followers(group)], "object": inner,
    }  # fmt: skip


def is_post(it: Json) -> bool:
    """Whether a thing begins a thread there. The poll of an event does not: the event does."""
    return (
        it["type"] in ("Event", "Question", "Note") and "inReplyTo" not in it and it.get("nh:kind") != "EventCompanion"
    )


def _in(group: str, author: str) -> Json:
    return {"attributedTo": author, "audience": group, **_to(group)}


def _to(group: str) -> Json:
    return {"to": [group, PUBLIC], "cc": []}


def _title(it: Json) -> str:
    said = it.get("nh:title") or next((line for line in plain(it["content"]).splitlines() if line.strip()), "")
    return " ".join(said.split())[:TITLE] or "…"
