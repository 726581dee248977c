"""What residents say of themselves: a name, a few words, pictures, some facts; and how they like to post.

What a newcomer says of themselves is seen by them alone until somebody who looks after the hub has read it.
"""

import re
from typing import Any

import msgspec

from hub import actors, audit, jobs, letters, linked, media, messages, people, settings
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.packing import pack, unpack
from hub.reading import Fact
from hub.store import Row, Tx
from hub.text import Text, clean_words

NAME, NOTE = 50, 500  # characters
FIELDS, FIELD_NAME, FIELD_VALUE = 6, 255, 255
PRIVACY = ("public", "unlisted", "private")
LONGEST_REASON = 2000  # characters
PAGE = 50
VERIFY = "links"  # the job that looks whether the pages in somebody's facts link back
_THEIRS = '<a rel="me nofollow noopener" target="_blank" href='
_ADDRESS = re.compile(r"https://[^\s<>\"']{1,240}")


class Wishes(msgspec.Struct, frozen=True):
    """How somebody likes to post, where an app does not say otherwise. `privacy` as apps call it; `language` is a tag,
    or empty."""

    privacy: str = "public"
    sensitive: bool = False
    language: str = ""


class Profile(msgspec.Struct, frozen=True):
    """As they typed it. `picture`, `header` are numbers of pictures. `fields` are pairs of a name and a value."""

    name: str
    note: str
    fields: list[tuple[str, str]]
    picture: int | None
    header: int | None
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    hides: bool
    wishes: Wishes


class Portrait(msgspec.Struct, frozen=True):
    """Of a profile, what others see. `at`: when it was said, in ms UTC."""

    name: str
    note: str
    fields: list[tuple[str, str]]
    picture: int | None
    header: int | None
    at: int = 0


class Unread(msgspec.Struct, frozen=True):
    """What somebody says of themselves and nobody has read yet, and what others see meanwhile."""

    by: actors.Actor
    said: Portrait
    shown: Portrait


def get(tx: Tx, who: int) -> Profile:
    """One's own, as they said it last, read by somebody or not. Raises `NotFound` for who has no account here."""
    said = _said(tx, who)
    return _with(showing(tx, who), said) if said else showing(tx, who)


def showing(tx: Tx, who: int) -> Profile:
    """As others see it."""
    it = actors.get(tx, who)
    row = tx.one("SELECT note, fields, wishes FROM account WHERE actor = :who", who=who)
    if row is None:
        raise NotFound(N_("There is no such account."))
    return Profile(
        name=next(iter(it.name.values()), ""), note=row["note"], fields=unpack(row["fields"], list[tuple[str, str]]),
        picture=it.picture, header=it.header, locked=it.locked, bot=it.bot, discoverable=it.discoverable,
        indexable=it.indexable, hides=it.hides, wishes=unpack(row["wishes"], Wishes),
    )  # fmt: skip


def change(tx: Tx, who: int, wanted: Profile) -> Profile:
    """Say it from now on, and tell followers. Raises `Invalid` naming the field.

    Who is locked no more lets in everybody who waits.
    """
    people.require(tx, who, "resident")
    before, wanted = showing(tx, who), _checked(tx, who, wanted)
    _keep_wishes(tx, who, wanted.wishes)
    wanted = _held(tx, who, before, wanted)
    if msgspec.structs.replace(wanted, wishes=before.wishes) != before:
        _show(tx, who, wanted)
    return get(tx, who)


def waiting(tx: Tx) -> int:
    """How many wait to be read."""
    row = tx.one("SELECT count(*) AS n FROM account WHERE unread IS NOT NULL AND closed IS NULL")
    return int(row["n"]) if row else 0


def unread(tx: Tx, who: int) -> list[Unread]:
    """What waits, the longest first. Moderators may."""
    people.require(tx, who, "moderator")
    rows = tx.all("SELECT actor, unread FROM account WHERE unread IS NOT NULL AND closed IS NULL LIMIT :n", n=PAGE)
    return sorted((_waits(tx, row) for row in rows), key=lambda it: it.said.at)


def let_through(tx: Tx, who: int, account: int, at: int) -> None:
    """Others see it from now on. Moderators may. `at` is what they have read: raises `Conflict` for what came since."""
    said = _read(tx, who, account, at)
    _show(tx, account, _with(showing(tx, account), said))
    audit.note(tx, who, "profile-let-through", account, name=people.get(tx, account).login)


def refuse(tx: Tx, who: int, account: int, at: int, reason: str = "") -> None:
    """Nobody will see it; its author gets a letter with the reason and their words. Moderators may."""
    reason = clean_words(reason, longest=LONGEST_REASON, field="reason")
    said = _read(tx, who, account, at)
    messages.tell(tx, settings.get(tx).actor, account, _letter(said, reason))
    audit.note(tx, who, "profile-held-back", account, name=people.get(tx, account).login, reason=reason)


def _show(tx: Tx, who: int, wanted: Profile) -> None:
    """To everybody, and tell followers."""
    kept = {fact.value: fact.verified for fact in actors.get(tx, who).facts}
    html = {value: _value(tx, value) for _, value in wanted.fields}
    facts = [Fact(name, html[value], kept.get(html[value])) for name, value in wanted.fields]
    language = settings.get(tx).languages[0]
    note = _html(tx, wanted.note)
    tx.run("UPDATE account SET note = :note, fields = :fields WHERE actor = :who", note=wanted.note,
           fields=pack(wanted.fields), who=who)  # fmt: skip
    tx.run(
        """UPDATE actor SET name = :name, summary = :summary, facts = :facts, picture = :picture, header = :header,
             locked = :locked, bot = :bot, type = :type, discoverable = :discoverable, indexable = :indexable,
             hides = :hides, updated = :now WHERE id = :who AND local = 1""",
        name=pack({language: wanted.name}), summary=pack({language: note} if note else {}), facts=pack(facts),
        picture=wanted.picture, header=wanted.header, locked=int(wanted.locked), bot=int(wanted.bot),
        type="Service" if wanted.bot else "Person", discoverable=int(wanted.discoverable),
        indexable=int(wanted.indexable), hides=int(wanted.hides), now=now(), who=who,
    )  # fmt: skip
    record(tx, Kind.ACTOR_CHANGED, subject=who, actor=who)
    if any(fact.verified is None for fact in facts) and to_verify(tx, who):
        jobs.enqueue_once(tx, VERIFY, {"actor": who}, line=f"{VERIFY}|{who}")


def to_verify(tx: Tx, who: int) -> list[str]:
    """The addresses among somebody's facts of which nobody knows yet whether the page links back."""
    facts = {fact.value: fact for fact in actors.get(tx, who).facts}
    found = []
    for _, value in showing(tx, who).fields:
        fact = facts.get(_value(tx, value))
        if fact is not None and fact.verified is None and _is_page(value):
            found.append(value)
    return list(dict.fromkeys(found))


def verified(tx: Tx, who: int, url: str) -> None:
    """The page at this address links back to them: their profile says so, and followers are told."""
    html = _value(tx, url)
    facts = actors.get(tx, who).facts
    if not any(fact.value == html and fact.verified is None for fact in facts):
        return
    facts = [
        msgspec.structs.replace(fact, verified=now()) if fact.value == html and fact.verified is None else fact
        for fact in facts
    ]
    tx.run("UPDATE actor SET facts = :facts, updated = :now WHERE id = :who", facts=pack(facts), now=now(), who=who)
    record(tx, Kind.ACTOR_CHANGED, subject=who, actor=who)


def addresses(tx: Tx, who: int) -> list[str]:
    """What a page may link to, to be taken for theirs."""
    it = actors.get(tx, who)
    return [it.url, it.uri]


def _held(tx: Tx, who: int, before: Profile, wanted: Profile) -> Profile:
    """What can be shown of it at once: of a newcomer, only how they like things to be."""
    said, shown = _portrait(wanted, now()), _portrait(before)
    waits = people.newcomer(tx, who) and said != msgspec.structs.replace(shown, at=said.at)
    tx.run("UPDATE account SET unread = :said WHERE actor = :who", said=pack(said) if waits else None, who=who)
    if not waits:
        return wanted
    letters.gather(tx, "waiting")
    return _with(wanted, shown)


def _read(tx: Tx, who: int, account: int, at: int) -> Portrait:
    """Somebody decides on what they have read of it; it waits no more."""
    people.require(tx, who, "moderator")
    said = _said(tx, account)
    if said is None:
        raise NotFound(N_("This does not wait any more. Somebody may have decided already."))
    if said.at != at:
        raise Conflict(N_("They have changed it since you read it. Go back and read it again."))
    tx.run("UPDATE account SET unread = NULL WHERE actor = :account", account=account)
    return said


def _said(tx: Tx, who: int) -> Portrait | None:
    row = tx.one("SELECT unread FROM account WHERE actor = :who", who=who)
    return unpack(row["unread"], Portrait) if row and row["unread"] else None


def _waits(tx: Tx, row: Row) -> Unread:
    shown = _portrait(showing(tx, row["actor"]))
    return Unread(actors.get(tx, row["actor"]), unpack(row["unread"], Portrait), shown)


def _portrait(it: Profile, at: int = 0) -> Portrait:
    return Portrait(it.name, it.note, it.fields, it.picture, it.header, at)


def _with(it: Profile, shown: Portrait) -> Profile:
    return msgspec.structs.replace(
        it, name=shown.name, note=shown.note, fields=shown.fields, picture=shown.picture, header=shown.header
    )


def _letter(said: Portrait, reason: str) -> Text:
    words = "\n".join(f"> {line}" for line in (said.name, said.note, *(f"{a}: {b}" for a, b in said.fields)) if line)
    why = f"\n\n{reason}" if reason else ""
    return {
        "en": f"The people who look after this hub have not let what you say of yourself through.{why}\n\n{words}",
        "cy": f"Nid yw’r bobl sy’n gofalu am yr hwb wedi gadael eich geiriau amdanoch eich hun drwodd.{why}\n\n{words}",
    }


def _checked(tx: Tx, who: int, it: Profile) -> Profile:
    fields = [
        (clean_words(name, longest=FIELD_NAME, field="fields"), clean_words(value, longest=FIELD_VALUE, field="fields"))
        for name, value in it.fields
    ]
    fields = [pair for pair in fields if pair[0] and pair[1]]
    if len(fields) > FIELDS:
        raise Invalid(N_("A profile has up to six facts."), field="fields")
    for field, picture, before in (("avatar", it.picture, "picture"), ("header", it.header, "header")):
        known = picture is None or picture == getattr(actors.get(tx, who), before)
        if not known and media.get(tx, picture or 0).owner != who:
            raise Invalid(N_("Choose a picture from your device."), field=field)
    if it.wishes.privacy not in PRIVACY:
        raise Invalid(N_("Choose who may read this."), field="source[privacy]")
    if it.wishes.language and not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", it.wishes.language):
        raise Invalid(N_("Choose the language from the list."), field="source[language]")
    name = " ".join(clean_words(it.name, longest=NAME, field="display_name").split())
    return msgspec.structs.replace(
        it, name=name or people.get(tx, who).login, note=clean_words(it.note, longest=NOTE, field="note"),
        fields=fields,
    )  # fmt: skip


def _html(tx: Tx, words: str) -> str:
    """As it is shown: addresses, tags and names of people whom we know are links."""
    hub = settings.get(tx)
    found = {}
    for name, host in linked.names(words):
        row = tx.one(
            "SELECT url FROM actor WHERE handle = :name AND domain = :host AND removed IS NULL",
            name=name, host=host or hub.domain,
        )  # fmt: skip
        if row is not None:
            found[name, host] = str(row["url"])
    return linked.html(words, found, lambda tag: f"{hub.base}/tags/{tag.casefold()}")


def _value(tx: Tx, words: str) -> str:
    """A fact on one line. A page that is theirs is linked to as such, so that it can check that, too."""
    html = _html(tx, " ".join(words.split())).removeprefix("<p>").removesuffix("</p>")
    return html.replace("<a href=", _THEIRS, 1) if _is_page(words) else html


def _is_page(words: str) -> bool:
    return _ADDRESS.fullmatch(words) is not None


def _keep_wishes(tx: Tx, who: int, wishes: Wishes) -> None:
    """Beside whatever else is kept there."""
    row = tx.one("SELECT wishes FROM account WHERE actor = :who", who=who)
    kept: dict[str, Any] = unpack(row["wishes"], dict[str, Any]) if row else {}
    kept |= msgspec.structs.asdict(wishes)
    tx.run("UPDATE account SET wishes = :wishes WHERE actor = :who", wishes=pack(kept), who=who)
