"""The short messages about an event: to everybody when it changes, since an edit rings nobody's bell, and to one alone.

Each is Markdown, in every language that the event is written in.
"""

from collections.abc import Collection

from federation.as2 import content, words
from hub.events import Event
from hub.text import Text, pick


def notice(it: Event, news: Collection[str]) -> Text:
    """What everybody must hear. `news` is what changed: "time", "place", "status"."""
    return _said(_what(it, news), it)


def private(what: str, it: Event) -> Text:
    """A word to one person: "waiting", "let in", "taken off" or "no more"."""
    return _said(what, it)


def _what(it: Event, news: Collection[str]) -> str:
    if it.status in ("cancelled", "postponed", "tentative"):
        return f"told {it.status}"
    if it.status == "moved_online" and "status" in news:
        return "told moved_online"
    moved = " and ".join(what for what in ("time", "place") if what in news)
    return f"told {moved or 'scheduled'}"


def _said(what: str, it: Event) -> Text:
    return {one: " ".join(words.say(what, one, **_facts(it, one)).split()) for one in it.title}


def _facts(it: Event, language: str) -> dict[str, str]:
    return {
        "title": content.literal(pick(it.title, language)),
        "reason": content.literal(pick(it.reason, language)),
        "when": content.literal(words.when(it.starts, it.ends, it.zone, language)),
        "place": content.literal(it.venue.line or words.say("online", language)),
        "url": it.url,
    }
