"""What residents say of themselves: a name, a few words, pictures, some facts; and how they like to post."""

import re
from typing import Any

import msgspec

from hub import actors, jobs, linked, media, people, settings
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Invalid, NotFound
from hub.packing import pack, unpack
from hub.reading import Fact
from hub.store import Tx
from hub.text import clean_words

NAME, NOTE = 50, 500  # characters
FIELDS, FIELD_NAME, FIELD_VALUE = 6, 255, 255
PRIVACY = ("public", "unlisted", "private")
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


def get(tx: Tx, who: int) -> Profile:
    """One's own. Raises `NotFound` for who has no account here."""
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
    before, wanted = get(tx, who), _checked(tx, who, wanted)
    _keep_wishes(tx, who, wanted.wishes)
    if msgspec.structs.replace(wanted, wishes=before.wishes) == before:
        return get(tx, who)
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
    return get(tx, who)


def to_verify(tx: Tx, who: int) -> list[str]:
    """The addresses among somebody's facts of which nobody knows yet whether the page links back."""
    facts = {fact.value: fact for fact in actors.get(tx, who).facts}
    found = []
    for _, value in get(tx, who).fields:
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
