"""What residents say in their own name: to everybody, to those who follow them, or to a few; with a poll, a warning."""

import re

import msgspec

from hub import actors, held, homes, linked, mentions, people, settings, things, viewing
from hub.changes import Kind, record
from hub.clock import DAY, MINUTE, now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.kept import AUDIENCES, DIRECT, OPEN, PUBLIC, UNLISTED
from hub.reading import Extra, Option, Poll
from hub.store import Tx
from hub.text import Text, clean_words
from hub.things import Picture, Thing

LONGEST, WARNING = 5000, 500  # characters
OPTIONS, OPTION = 8, 100  # of a poll, and characters of each
SOONEST, LATEST = 5 * MINUTE, 90 * DAY  # a poll's end
SAYS = ("note", "reply")

Names = list[tuple[str, str]]


class NewPoll(msgspec.Struct, frozen=True):
    """A poll as it is asked for: its options, for how many ms it is open, whether more than one may be chosen."""

    options: list[str]
    lasts: int
    many: bool = False
    hides: bool = False


class Draft(msgspec.Struct, frozen=True):
    """What somebody wants to say. `language` is a tag ("en"), `reply_to` our id of what they answer.

    Whoever is named in the words (`@ann`, `@ann@e17.example`) has been looked up before, if they could be found.
    """

    text: str
    language: str = ""
    audience: str = PUBLIC
    warning: str = ""
    sensitive: bool = False
    reply_to: int | None = None
    pictures: list[Picture] = msgspec.field(default_factory=list)
    poll: NewPoll | None = None
    app: int | None = None


def publish(tx: Tx, who: int, draft: Draft) -> Thing:
    """Say it. Raises `Invalid` naming the field, `NotFound` when what is answered is not there for them."""
    account, hub = people.require(tx, who, "resident"), settings.get(tx)
    if actors.get(tx, who).moved is not None:
        raise Conflict(N_("You have moved to another account. Say it there, or come back first."))
    parent = viewing.get(tx, who, draft.reply_to) if draft.reply_to else None
    words, language, extra = _checked(draft, hub.languages[0])
    named = _named(tx, draft.text, hub.domain)
    if draft.audience not in AUDIENCES:
        raise Invalid(N_("Choose who may read this."), field="visibility")
    top = _top(tx, parent)
    id = things.create(
        tx, "reply" if parent else "note", author=account.actor, title={}, words={language: words} if words else {},
        html=_html(tx, words, language, named), pictures=things.own_pictures(tx, draft.pictures),
        tags=linked.tags(draft.text), root=top.id if top else None, reply_to=parent.uri if parent else None,
        audience=draft.audience, personal=_personal(top, draft.audience), app=draft.app, extra=extra,
    )  # fmt: skip
    to = _for_whom(named, parent, draft.audience, who)
    if draft.audience == DIRECT:
        held.write_only_here(tx, who, to, parent)
    mentions.note(tx, id, to)
    if not held.keep(tx, who, id):
        record(tx, Kind.POST_PUBLISHED, subject=id, actor=who)
    homes.put(tx, who, id, author=who)
    return viewing.get(tx, who, id)


def change(tx: Tx, who: int, id: int, draft: Draft) -> Thing:
    """Say it otherwise. For whom it is, what it answers, and a poll that has votes stay as they are."""
    it, hub = own(tx, who, id), settings.get(tx)
    words, language, extra = _checked(draft, hub.languages[0])
    named = _named(tx, draft.text, hub.domain)
    if draft.poll is None or (it.extra.poll and _options(it.extra.poll) == draft.poll.options):
        extra = msgspec.structs.replace(extra, poll=it.extra.poll if draft.poll else None)
    elif it.extra.poll is not None:
        tx.run("DELETE FROM ballot WHERE thing = :id", id=id)  # other options: nobody has chosen among these
    things.change(
        tx, id, title={}, words={language: words} if words else {}, html=_html(tx, words, language, named),
        pictures=things.own_pictures(tx, draft.pictures), tags=linked.tags(draft.text), extra=extra,
    )  # fmt: skip
    to = [actor.id for actor in named.values() if actor.id != who]
    if it.audience == DIRECT:
        held.write_only_here(tx, who, to, things.at(tx, it.reply_to or ""))
    mentions.note(tx, id, to)
    if not held.keep(tx, who, id, changed=True):
        # What a moderator has hidden stays hidden, and says nothing new to anybody.
        record(tx, Kind.POST_HELD if it.hidden and it.audience in OPEN else Kind.POST_CHANGED, subject=id, actor=who)
    return viewing.get(tx, who, id)


def remove(tx: Tx, who: int, id: int) -> Thing:
    """Take it back. Returns what it was, so that it can be written anew. Moderators may take down what others said."""
    it = viewing.get(tx, who, id)
    if it.by.id != who:
        people.require(tx, who, "moderator")
    if it.kind not in SAYS or not it.local:
        raise NotFound(viewing.NOTHING)
    things.take_down(tx, id)
    tx.run("DELETE FROM home WHERE thing = :id", id=id)
    record(tx, held.gone(tx, id), subject=id, actor=who)
    return it


def own(tx: Tx, who: int, id: int) -> Thing:
    """What they said themselves. Raises the same `NotFound` for what others said and what is not there."""
    people.require(tx, who, "resident")
    it = viewing.get(tx, who, id)
    if it.by.id != who or it.kind not in SAYS:
        raise NotFound(viewing.NOTHING)
    return it


def check(tx: Tx, draft: Draft) -> None:
    """Whether it could be said as it is. Raises `Invalid` naming the field."""
    _checked(draft, settings.get(tx).languages[0])
    things.own_pictures(tx, draft.pictures)
    if draft.audience not in AUDIENCES:
        raise Invalid(N_("Choose who may read this."), field="visibility")


def unknown(tx: Tx, words: str) -> Names:
    """Whom some words name and we have never met: to be looked up before the words are published."""
    domain = settings.get(tx).domain
    return [(name, host) for name, host in linked.names(words) if host and not _found(tx, name, host, domain)]


def of(
    tx: Tx, me: int, author: int, *, before: int | None = None, replies: bool = True, limit: int = 20
) -> list[Thing]:
    """What somebody said in their own name, as `me` may see it, newest first."""
    rows = tx.all(
        f"""SELECT {things.COLUMNS} FROM {things.FROM} WHERE t.author = :author AND t.id < :before
              AND t.kind <> 'companion' AND t.audience <> 'direct' AND (:replies = 1 OR t.reply_to IS NULL)
              AND {viewing.SEEN} ORDER BY t.id DESC LIMIT :limit""",
        author=author, before=before or 2**63 - 1, replies=int(replies), me=me, limit=limit,
    )  # fmt: skip
    return [things.common(row) for row in rows]


# --- checks ----------------------------------------------------------------------------------------


def _checked(draft: Draft, first: str) -> tuple[str, str, Extra]:
    words = clean_words(draft.text, longest=LONGEST, field="status")
    warning = clean_words(draft.warning, longest=WARNING, field="spoiler_text")
    if not (words or draft.pictures or draft.poll):
        raise Invalid(N_("Write something first."), field="status")
    if draft.poll and draft.pictures:
        raise Conflict(N_("A post has pictures or a poll, not both."), field="poll")
    language = draft.language or first
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", language):
        raise Invalid(N_("Choose the language from the list."), field="language")
    told: Text = {language: warning} if warning else {}
    poll = _poll(draft.poll) if draft.poll else None
    return words, language, Extra(warning=told, sensitive=draft.sensitive or bool(warning), poll=poll)


def _poll(new: NewPoll) -> Poll:
    options = [clean_words(one, longest=OPTION, field="poll") for one in new.options]
    if not 2 <= len(options) <= OPTIONS or len(set(options)) < len(options) or not all(options):
        raise Invalid(N_("A poll has two to eight different answers."), field="poll")
    if not SOONEST <= new.lasts <= LATEST:
        raise Invalid(N_("A poll is open for five minutes at the least, and three months at the most."), field="poll")
    return Poll([Option(one) for one in options], many=new.many, ends=now() + new.lasts, hides=new.hides)


def _options(poll: Poll) -> list[str]:
    return [option.name for option in poll.options]


# --- whom it names ---------------------------------------------------------------------------------


def _named(tx: Tx, words: str, domain: str) -> dict[tuple[str, str], actors.Actor]:
    found = {(name, host): _found(tx, name, host, domain) for name, host in linked.names(words)}
    return {key: actor for key, actor in found.items() if actor is not None}


def _found(tx: Tx, name: str, host: str, domain: str) -> actors.Actor | None:
    try:
        return actors.named(tx, name, host or domain)
    except NotFound:
        return None


def _html(tx: Tx, words: str, language: str, named: dict[tuple[str, str], actors.Actor]) -> Text:
    base = settings.base(tx)
    pages = {key: actor.url for key, actor in named.items()}
    return {language: linked.html(words, pages, lambda tag: f"{base}/tags/{tag.casefold()}")} if words else {}


def _for_whom(named: dict[tuple[str, str], actors.Actor], parent: Thing | None, audience: str, who: int) -> list[int]:
    """Who is named; and, of an answer to somebody alone, that person, whether named or not."""
    ids = [actor.id for actor in named.values()]
    if parent is not None and (audience != DIRECT or not ids):
        ids.append(parent.by.id)
    return [id for id in ids if id != who]


def _top(tx: Tx, parent: Thing | None) -> Thing | None:
    """What the conversation began with."""
    if parent is None or parent.root is None:
        return parent
    row = tx.one(f"SELECT {things.COLUMNS} FROM {things.FROM} WHERE t.id = :id", id=parent.root)
    return things.common(row) if row else parent


def _personal(top: Thing | None, audience: str) -> bool:
    """Answers under what the neighbourhood does belong there; everything else is somebody's own."""
    return top is None or top.personal or audience not in (PUBLIC, UNLISTED) or top.audience not in OPEN
