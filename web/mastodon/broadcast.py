"""What a change in the log is to those who listen: which streams say it, and in which words.

Everything that is said to many at once is written once; what comes on somebody's own stream is written as they see it.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec
import structlog

from hub import announcements, hearing, people, timelines
from hub.changes import Change, Kind
from hub.errors import NotFound
from hub.hearing import Said
from hub.kept import PUBLIC as FOR_ALL
from hub.lists import NEAR, WEEK
from hub.store import Tx
from web.mastodon import conversations, entities, notifications
from web.mastodon.shapes import encoded
from web.mastodon.told import announcement
from web.mastodon.view import Entry, View

log = structlog.get_logger()

USER, NOTICES, PRIVATE, LIST = "user", "user:notification", "direct", "list"
PUBLIC, TAG, LOCAL_TAG = "public", "hashtag", "hashtag:local"
MEDIA = ":media"
OF_ALL = tuple(f"{PUBLIC}{part}{media}" for part in ("", ":local", ":remote") for media in ("", MEDIA))

Channel = tuple[str, int | str]  # its name, and whose it is or which: an account, a tag, a list; 0 for those of all


class Told(NamedTuple):
    """One event on one stream. Those among `without` do not hear it."""

    channel: Channel
    event: str
    payload: bytes
    without: frozenset[int] = frozenset()


class Wanted(msgspec.Struct, frozen=True):
    """Which streams anybody listens to, and whose own."""

    channels: frozenset[Channel]
    users: frozenset[int]
    lists: bool


def told(tx: Tx, v: View, changes: Iterable[Change], wanted: Wanted) -> list[Told]:
    """All that these changes are to those who listen, in their order."""
    found: list[Told] = []
    for change in changes:
        handle = _HANDLERS.get(change.kind)
        if handle is not None:
            try:
                found += handle(tx, v, change, wanted)
            except NotFound:  # it has gone since
                continue
            except Exception:  # those behind it must be told all the same
                log.exception("a change is told to nobody", kind=change.kind, change=change.id)
    return found


def come_up(tx: Tx, v: View, since: int, until: int, wanted: Wanted) -> list[Told]:
    """What has come to be on this week since we looked last, only because time goes on (ms UTC)."""
    stream, found = (LIST, WEEK), list[Told]()
    for id in timelines.comes_up(tx, since, until) if stream in wanted.channels else ():
        it = hearing.said(tx, id)
        if it is not None:
            found += _public(tx, v, it, "update", [stream], wanted, hearing.unwilling(tx, it))
    return found


def _said(tx: Tx, v: View, change: Change, wanted: Wanted) -> list[Told]:
    it = hearing.said(tx, change.subject)
    if it is None or it.gone:
        return []
    unwilling = hearing.unwilling(tx, it)
    home = _home(tx, v, it, Entry(it.id, it.id), "update", hearing.readers(tx, it), wanted, unwilling)
    lists = _lists(tx, v, it, Entry(it.id, it.id), "update", wanted, unwilling)
    streams = _channels(it) + _standing(tx, it, wanted)
    return home + lists + _public(tx, v, it, "update", streams, wanted, unwilling)


def _changed(tx: Tx, v: View, change: Change, wanted: Wanted) -> list[Told]:
    it = hearing.said(tx, change.subject)
    if it is None or it.gone:
        return []
    unwilling = hearing.unwilling(tx, it)
    concerned = [*hearing.readers(tx, it), *hearing.named(tx, it)]
    home = _home(tx, v, it, Entry(it.id, it.id), "status.update", concerned, wanted, unwilling)
    lists = _lists(tx, v, it, Entry(it.id, it.id), "status.update", wanted, unwilling)
    public = _public(tx, v, it, "status.update", _channels(it), wanted, unwilling)
    anew = change.detail.get("moved") or change.detail.get("again")
    here = _standing(tx, it, wanted)
    kept = _public(tx, v, it, "update" if anew else "status.update", here, wanted, unwilling)
    return home + lists + public + kept + _gone(it.id, [one for one in _kept(it) if one not in here], wanted)


def _shared(tx: Tx, v: View, change: Change, wanted: Wanted) -> list[Told]:
    if change.detail.get("how") != "share":
        return []
    it, number = hearing.said(tx, change.subject, change.actor), hearing.share(tx, change.subject, change.actor)
    if it is None or it.gone or number is None:
        return []
    entry, unwilling = Entry(number, it.id, change.actor), hearing.unwilling(tx, it)
    home = _home(tx, v, it, entry, "update", hearing.readers(tx, it), wanted, unwilling)
    return home + _lists(tx, v, it, entry, "update", wanted, unwilling)


def _unshared(tx: Tx, v: View, change: Change, wanted: Wanted) -> list[Told]:
    it, number = hearing.said(tx, change.subject, change.actor), int(change.detail.get("number") or 0)
    if it is None or change.detail.get("how") != "share" or not number:
        return []
    whose: list[Channel] = [(USER, one) for one in hearing.readers(tx, it)]
    return _gone(number, [*whose, *((LIST, one) for one, _ in hearing.lists(tx, it))], wanted)


def _deleted(tx: Tx, v: View, change: Change, wanted: Wanted) -> list[Told]:
    it = hearing.said(tx, change.subject)
    if it is None:
        return []
    whose: list[Channel] = [(USER, one) for one in {*hearing.readers(tx, it), *hearing.named(tx, it)}]
    whose += [(LIST, one) for one, _ in hearing.lists(tx, it)]
    return _gone(it.id, [*whose, *((*_channels(it), *_kept(it)) if it.audience == FOR_ALL else ())], wanted)


def _noticed(tx: Tx, v: View, change: Change, wanted: Wanted) -> list[Told]:
    streams = [one for one in ((USER, change.actor), (NOTICES, change.actor)) if one in wanted.channels]
    if not streams:
        return []
    body = notifications.written(tx, v, change.actor, change.subject)
    return [Told(stream, "notification", body) for stream in streams]


def _conversed(tx: Tx, v: View, change: Change, wanted: Wanted) -> list[Told]:
    stream: Channel = (PRIVATE, change.actor)
    if stream not in wanted.channels:
        return []
    return [Told(stream, "conversation", conversations.written(tx, v, change.actor, change.subject))]


def _filters(tx: Tx, v: View, change: Change, wanted: Wanted) -> list[Told]:
    stream: Channel = (USER, change.actor)
    return [Told(stream, "filters_changed", b"")] if stream in wanted.channels else []


def _announced(tx: Tx, v: View, change: Change, wanted: Wanted) -> list[Told]:
    """To everybody, in the language of each; what begins later is found then."""
    it, found = announcements.get(tx, change.subject), list[Told]()
    if it.waits or it.over:
        return []
    for one in wanted.users:
        language = people.get(tx, one).language or v.language
        found.append(Told((USER, one), "announcement", encoded(announcement(it, language, v.base))))
    return found


def _no_announcement(tx: Tx, v: View, change: Change, wanted: Wanted) -> list[Told]:
    return [Told((USER, one), "announcement.delete", str(change.subject).encode()) for one in wanted.users]


# --- who hears it ----------------------------------------------------------------------------------


def _home(
    tx: Tx, v: View, it: Said, entry: Entry, event: str, accounts: Iterable[int], wanted: Wanted,
    unwilling: frozenset[int],
) -> list[Told]:  # fmt: skip
    """On their own streams, as each of them sees it."""
    found = []
    for one in dict.fromkeys(accounts):
        if one in wanted.users and (one not in unwilling or one == it.by):
            found += [Told((USER, one), event, body) for _, body in entities.statuses(tx, v, one, [entry])]
    return found


def _lists(
    tx: Tx, v: View, it: Said, entry: Entry, event: str, wanted: Wanted, unwilling: frozenset[int]
) -> list[Told]:  # fmt: skip
    found = []
    for one, whose in hearing.lists(tx, it) if wanted.lists else ():
        if (LIST, one) in wanted.channels and whose not in unwilling:
            found += [Told((LIST, one), event, body) for _, body in entities.statuses(tx, v, whose, [entry])]
    return found


def _public(
    tx: Tx, v: View, it: Said, event: str, streams: Iterable[Channel], wanted: Wanted, unwilling: frozenset[int]
) -> list[Told]:  # fmt: skip
    heard = [one for one in streams if one in wanted.channels] if it.open else []
    if not heard:
        return []
    written = entities.statuses(tx, v, 0, [Entry(it.id, it.id)])
    return [Told(stream, event, body, unwilling) for _, body in written for stream in heard]


def _gone(id: int, streams: Iterable[Channel], wanted: Wanted) -> list[Told]:
    return [Told(stream, "delete", str(id).encode()) for stream in streams if stream in wanted.channels]


def _channels(it: Said) -> list[Channel]:
    """The streams of all that it stands in; answers to others only under their tags."""
    found: list[Channel] = []
    if not it.reply:
        names = (PUBLIC, f"{PUBLIC}:{'local' if it.local else 'remote'}")
        found += [(name + media, 0) for name in names for media in (("", MEDIA) if it.pictures else ("",))]
    for tag in it.tags:
        found += [(TAG, tag), (LOCAL_TAG, tag)] if it.local else [(TAG, tag)]
    return found


def _kept(it: Said) -> list[Channel]:
    """The lists of the hub that it could stand in."""
    which = {"event": WEEK, "ask": NEAR, "offer": NEAR}.get(it.kind)
    return [(LIST, which)] if which else []


def _standing(tx: Tx, it: Said, wanted: Wanted) -> list[Channel]:
    """Those in which it does, when anybody listens."""
    if not any(one in wanted.channels for one in _kept(it)):
        return []
    return [(LIST, one) for one in timelines.standing_with(tx, it.id)]


_Handler = Callable[[Tx, View, Change, Wanted], list[Told]]
_HANDLERS: dict[str, _Handler] = {
    Kind.POST_PUBLISHED: _said, Kind.EVENT_PUBLISHED: _said, Kind.ASK_PUBLISHED: _said, Kind.PROJECT_STARTED: _said,
    Kind.HEARD_SHARED: _said, Kind.MESSAGE_SENT: _said,
    Kind.POST_CHANGED: _changed, Kind.EVENT_CHANGED: _changed, Kind.EVENT_CANCELLED: _changed,
    Kind.EVENT_POSTPONED: _changed, Kind.ASK_CHANGED: _changed, Kind.ASK_CLOSED: _changed,
    Kind.PROJECT_CHANGED: _changed,
    Kind.POST_REMOVED: _deleted, Kind.EVENT_REMOVED: _deleted, Kind.ASK_REMOVED: _deleted,
    Kind.PROJECT_REMOVED: _deleted, Kind.POST_HIDDEN: _deleted, Kind.HEARD_TAKEN_BACK: _deleted,
    Kind.REACTED: _shared, Kind.UNREACTED: _unshared,
    Kind.NOTICED: _noticed, Kind.CONVERSED: _conversed, Kind.FILTERS_CHANGED: _filters,
    Kind.ANNOUNCED: _announced, Kind.ANNOUNCEMENT_REMOVED: _no_announcement,
}  # fmt: skip
