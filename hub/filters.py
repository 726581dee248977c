"""What somebody does not want to read: words, and single things, in some places, perhaps until a day."""

import re
from collections.abc import Callable, Iterable

import msgspec

from hub import people, viewing
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.packing import pack, unpack
from hub.store import Row, Tx
from hub.text import clean_words, plain
from hub.things import Thing

CONTEXTS = ("home", "notifications", "public", "thread", "account")
WARN, HIDE, BLUR = DOES = ("warn", "hide", "blur")
MOST, WORDS, THINGS = 200, 100, 500  # filters of one account, words and things of one filter
TITLE, KEYWORD = 200, 100  # characters
SIEVES = 2000  # accounts whose filters are kept compiled
NO_FILTER = N_("You have no such filter.")


class Word(msgspec.Struct, frozen=True):
    """`whole`: only where it stands as a word of its own."""

    id: int
    keyword: str
    whole: bool


class Filter(msgspec.Struct, frozen=True):
    """`does`: warn, hide, or blur the pictures. `ends` in ms UTC. `things` are pairs of a number and our id of it."""

    id: int
    title: str
    contexts: list[str]
    does: str
    ends: int | None
    words: list[Word]
    things: list[tuple[int, int]]

    @property
    def over(self) -> bool:
        return self.ends is not None and self.ends <= now()


class Wish(msgspec.Struct, frozen=True):
    """A word as a form has it: `id` of one that is there, `gone` when it is to be no more."""

    keyword: str = ""
    whole: bool | None = None
    id: int | None = None
    gone: bool = False


class Draft(msgspec.Struct, frozen=True):
    title: str
    contexts: list[str]
    does: str = WARN
    ends: int | None = None


class Caught(msgspec.Struct, frozen=True):
    """A filter that something is caught in, by these words, or because it was put there itself."""

    filter: Filter
    words: list[str]
    itself: bool


class Sieve:
    """Somebody's filters, compiled: each filter's words are one expression."""

    def __init__(self, filters: list[Filter]) -> None:
        self.filters = filters
        self._words = [_compiled(one.words) for one in filters]
        self._things = [frozenset(thing for _, thing in one.things) for one in filters]

    def __bool__(self) -> bool:
        return bool(self.filters)

    def caught(self, thing: int, words: Callable[[], str], context: str = "") -> list[Caught]:
        """In which filters a thing is caught; of those for `context`, if it is named. What is over does not count."""
        found = []
        for one, finds, ids in zip(self.filters, self._words, self._things, strict=True):
            if one.over or (context and context not in one.contexts):
                continue
            said = list(dict.fromkeys(" ".join(m.lower().split()) for m in finds.findall(words()))) if finds else []
            if said or thing in ids:
                named = [word.keyword for word in one.words if word.keyword.lower() in said]
                found.append(Caught(one, named or said, thing in ids))
        return found


_kept: dict[int, tuple[tuple[int, int], Sieve]] = {}


def sieve(tx: Tx, me: int) -> Sieve:
    """Somebody's filters, ready to be used. Compiled once for each change of them.

    Every change makes `changed` greater; and of one greatest `changed` there are only ever fewer.
    """
    row = tx.one("SELECT coalesce(max(changed), 0) AS last, count(*) AS n FROM filter WHERE account = :me", me=me)
    version = (row["last"], row["n"]) if row else (0, 0)
    kept = _kept.get(me)
    if kept is not None and kept[0] == version:
        return kept[1]
    made = Sieve(all_(tx, me))
    if len(_kept) >= SIEVES:
        _kept.clear()
    _kept[me] = version, made
    return made


def words_of(thing: Thing) -> str:
    """All that is looked through: the warning, what it says, the answers of a poll, what its pictures show."""
    extra = thing.extra
    parts = [*extra.warning.values(), *thing.title.values(), *map(plain, thing.html.values())]
    parts += [option.name for option in extra.poll.options] if extra.poll else []
    return "\n\n".join([*parts, *(words for one in thing.pictures for words in one.alt.values())])


def all_(tx: Tx, me: int) -> list[Filter]:
    return _read(tx, tx.all("SELECT * FROM filter WHERE account = :me ORDER BY id", me=me))


def get(tx: Tx, me: int, id: int) -> Filter:
    """One of mine. Raises the same `NotFound` for somebody else's."""
    rows = tx.all("SELECT * FROM filter WHERE id = :id AND account = :me", id=id, me=me)
    if not rows:
        raise NotFound(NO_FILTER)
    return _read(tx, rows)[0]


def create(tx: Tx, me: int, draft: Draft, words: Iterable[Wish] = ()) -> Filter:
    people.require(tx, me, "resident")
    row = tx.one("SELECT count(*) AS n FROM filter WHERE account = :me", me=me)
    if row and row["n"] >= MOST:
        raise Conflict(N_("You have as many filters as can be. Delete one first."))
    id, draft = new_id(), _checked(draft)
    tx.run(
        """INSERT INTO filter (id, account, title, contexts, does, ends, changed)
           VALUES (:id, :me, :title, :contexts, :does, :ends, :changed)""",
        id=id, me=me, title=draft.title, contexts=pack(draft.contexts), does=draft.does, ends=draft.ends,
        changed=new_id(),
    )  # fmt: skip
    _wish(tx, id, words)
    record(tx, Kind.FILTERS_CHANGED, subject=me, actor=me)
    return get(tx, me, id)


def change(tx: Tx, me: int, id: int, draft: Draft, words: Iterable[Wish] = ()) -> Filter:
    get(tx, me, id)
    draft = _checked(draft)
    tx.run(
        "UPDATE filter SET title = :title, contexts = :contexts, does = :does, ends = :ends WHERE id = :id",
        id=id, title=draft.title, contexts=pack(draft.contexts), does=draft.does, ends=draft.ends,
    )  # fmt: skip
    _wish(tx, id, words)
    _touch(tx, id)
    return get(tx, me, id)


def remove(tx: Tx, me: int, id: int) -> None:
    get(tx, me, id)
    tx.run("DELETE FROM filter_word WHERE filter = :id", id=id)
    tx.run("DELETE FROM filter_thing WHERE filter = :id", id=id)
    tx.run("DELETE FROM filter WHERE id = :id", id=id)
    record(tx, Kind.FILTERS_CHANGED, subject=me, actor=me)


# --- words -----------------------------------------------------------------------------------------


def word(tx: Tx, me: int, id: int) -> tuple[Filter, Word]:
    """A word of one of my filters, and the filter. Raises the same `NotFound` for somebody else's."""
    row = tx.one(
        "SELECT f.id FROM filter_word w JOIN filter f ON f.id = w.filter WHERE w.id = :id AND f.account = :me",
        id=id, me=me,
    )  # fmt: skip
    if row is None:
        raise NotFound(NO_FILTER)
    found = get(tx, me, row["id"])
    return found, next(one for one in found.words if one.id == id)


def add_word(tx: Tx, me: int, id: int, keyword: str, *, whole: bool) -> Word:
    get(tx, me, id)
    _wish(tx, id, [Wish(keyword, whole)])
    _touch(tx, id)
    return get(tx, me, id).words[-1]


def change_word(tx: Tx, me: int, id: int, keyword: str | None, whole: bool | None) -> Word:
    found, one = word(tx, me, id)
    _wish(tx, found.id, [Wish(one.keyword if keyword is None else keyword, whole, id)])
    _touch(tx, found.id)
    return word(tx, me, id)[1]


def remove_word(tx: Tx, me: int, id: int) -> None:
    found, _ = word(tx, me, id)
    tx.run("DELETE FROM filter_word WHERE id = :id", id=id)
    _touch(tx, found.id)


# --- single things ---------------------------------------------------------------------------------


def add_thing(tx: Tx, me: int, id: int, thing: int) -> tuple[int, int]:
    """Put something itself into a filter. Raises `NotFound` for what `me` may not see."""
    found, it = get(tx, me, id), viewing.get(tx, me, thing)
    if len(found.things) >= THINGS:
        raise Conflict(N_("There is no room for more in this filter."))
    tx.run(
        """INSERT INTO filter_thing (id, filter, thing) VALUES (:id, :filter, :thing)
           ON CONFLICT (filter, thing) DO NOTHING""",
        id=new_id(), filter=id, thing=it.id,
    )  # fmt: skip
    _touch(tx, id)
    return next(pair for pair in get(tx, me, id).things if pair[1] == it.id)


def thing(tx: Tx, me: int, id: int) -> tuple[int, int]:
    """The number under which something stands in one of my filters, and our id of it."""
    row = tx.one(
        """SELECT s.id, s.thing FROM filter_thing s JOIN filter f ON f.id = s.filter
           WHERE s.id = :id AND f.account = :me""",
        id=id, me=me,
    )  # fmt: skip
    if row is None:
        raise NotFound(NO_FILTER)
    return row["id"], row["thing"]


def remove_thing(tx: Tx, me: int, id: int) -> None:
    thing(tx, me, id)
    row = tx.one("DELETE FROM filter_thing WHERE id = :id RETURNING filter", id=id)
    if row is not None:
        _touch(tx, row["filter"])


def _checked(draft: Draft) -> Draft:
    title = clean_words(draft.title, longest=TITLE, field="title")
    if not title:
        raise Invalid(N_("Give the filter a name."), field="title")
    contexts = list(dict.fromkeys(draft.contexts))
    if not contexts or not set(contexts) <= set(CONTEXTS):
        raise Invalid(N_("Choose where the filter is to be used."), field="context")
    if draft.does not in DOES:
        raise Invalid(N_("Choose one of the answers."), field="filter_action")
    return msgspec.structs.replace(draft, title=title, contexts=contexts)


def _wish(tx: Tx, filter: int, wishes: Iterable[Wish]) -> None:
    for one in wishes:
        if one.gone:
            tx.run("DELETE FROM filter_word WHERE id = :id AND filter = :filter", id=one.id or 0, filter=filter)
            continue
        keyword = " ".join(clean_words(one.keyword, longest=KEYWORD, field="keyword").split())
        if not keyword and one.id is None:
            raise Invalid(N_("Type the words that are to be filtered."), field="keyword")
        if one.id is None:
            tx.run(
                "INSERT INTO filter_word (id, filter, keyword, whole) VALUES (:id, :filter, :keyword, :whole)",
                id=new_id(), filter=filter, keyword=keyword, whole=int(one.whole is not False),
            )  # fmt: skip
        else:
            tx.run(
                """UPDATE filter_word SET keyword = CASE WHEN :keyword = '' THEN keyword ELSE :keyword END,
                     whole = coalesce(:whole, whole) WHERE id = :id AND filter = :filter""",
                id=one.id, filter=filter, keyword=keyword, whole=None if one.whole is None else int(one.whole),
            )  # fmt: skip
    row = tx.one("SELECT count(*) AS n FROM filter_word WHERE filter = :filter", filter=filter)
    if row and row["n"] > WORDS:
        raise Conflict(N_("There is no room for more in this filter."))


def _touch(tx: Tx, id: int) -> None:
    row = tx.one("UPDATE filter SET changed = :changed WHERE id = :id RETURNING account", id=id, changed=new_id())
    if row is not None:
        record(tx, Kind.FILTERS_CHANGED, subject=row["account"], actor=row["account"])


def _read(tx: Tx, rows: list[Row]) -> list[Filter]:
    return [
        Filter(
            id=row["id"], title=row["title"], contexts=unpack(row["contexts"], list[str]), does=row["does"],
            ends=row["ends"],
            words=[
                Word(one["id"], one["keyword"], bool(one["whole"]))
                for one in tx.all("SELECT * FROM filter_word WHERE filter = :id ORDER BY id", id=row["id"])
            ],
            things=[
                (one["id"], one["thing"])
                for one in tx.all("SELECT id, thing FROM filter_thing WHERE filter = :id ORDER BY id", id=row["id"])
            ],
        )
        for row in rows
    ]  # fmt: skip


def _compiled(words: list[Word]) -> re.Pattern[str] | None:
    """Longer ones first, so that the whole of a phrase is named and not its first word."""
    found = [_pattern(one) for one in sorted(words, key=lambda one: -len(one.keyword))]
    return re.compile("|".join(found), re.IGNORECASE) if found else None


def _pattern(word: Word) -> str:
    """Its spaces stand for any space. Where it begins or ends with no letter, there is no edge to look for."""
    said = r"\s+".join(map(re.escape, word.keyword.split()))
    if not word.whole:
        return said
    before = r"(?<!\w)" if re.match(r"\w", word.keyword) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", word.keyword) else ""
    return before + said + after
