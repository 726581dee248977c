"""What real servers send is seen as it is meant: each payload in expected.toml is read, kept, and some are shown."""

import html as entities
import re
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from browsing import a_site, settle
from conftest import Clock

from federation.as2 import loose, seen
from federation.keep import keep
from hub import actors, events, things
from hub.actors import Actor
from hub.clock import HOUR
from hub.errors import HubError
from hub.store import Store, Tx
from hub.text import Text, plain
from hub.things import Thing

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "expected.toml").read_text("utf-8"))
NOVEMBER = 1_793_500_000_000  # 2026: later than anything in the payloads
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
WRAPS = ("Create", "Update", "Announce")
Json = dict[str, Any]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FIXTURES.is_dir(), reason="the payloads of other servers are not beside the project"),
]


def document(name: str) -> Json:
    """The thing or actor in a payload, out of the activities around it, as it would come to be read."""
    raw = (FIXTURES / name).read_bytes()
    raw = raw.replace(b"SCRUBBED_ID", b"https://kbin.test/m/test/t/1").replace(
        b"SCRUBBED_DATE", b"2026-05-01T09:00:00Z"
    )
    doc: Json = msgspec.json.decode(raw)
    while doc.get("type") in WRAPS and isinstance(doc.get("object"), dict):
        doc = seen.addressed(doc["object"], doc) | ({} if "attributedTo" in doc["object"] else {"actor": doc["actor"]})
    if not (doc.get("to") or doc.get("cc")):  # some are cut down to what they are an example of
        doc["to"] = [PUBLIC]
    return doc


def met(tx: Tx, uri: str) -> Actor:
    """Whoever is at `uri`, as well as they have to be known for their words to be kept."""
    who = actors.Seen(
        uri=uri, kind="person", type="Person", handle=uri.rpartition("/")[2] or "somebody",
        domain=uri.split("/")[2], name={"und": "Somebody"}, url=uri, inbox=f"{uri}/inbox",
    )  # fmt: skip
    return actors.get(tx, actors.remember(tx, who))


def taken(tx: Tx, doc: Json) -> Thing | str:
    """What is kept of a thing, or in words why it is not."""
    said_by = seen.author(doc) or doc.get("id", "")
    if doc.get("inReplyTo"):
        above = things.Seen(uri=doc["inReplyTo"], url=doc["inReplyTo"], title={"en": "x"}, published=1, updated=1)
        things.mirror(tx, "note", met(tx, "https://above.example/x").id, above)
    outcome = keep(tx, met(tx, said_by if loose.origin(said_by) else "https://nobody.example/"), doc)
    found = things.at(tx, loose.id_of(doc))
    return outcome if found is None else found


def bare(url: str | None) -> str:
    return (url or "").partition("://")[2] or url or ""


def first(text: Text, language: str = "") -> str:
    said = text.get(language) or next(iter(text.values()), "")
    return " ".join(entities.unescape(plain(said)).split())


def differs(got: dict[str, Any], row: dict[str, Any]) -> Iterator[str]:
    """What is not as its row says. Words, descriptions and facts have to begin as the row has them."""
    for key, value in got.items():
        want = row.get(key, type(value)() if value is not None else None)
        if not (alike(value, want) if key in ("text", "pictures", "facts") else value == want):
            yield f"{key}: {value!r} is not {want!r}"


def alike(value: Any, want: Any) -> bool:
    if isinstance(value, str):
        return value.startswith(want) and bool(value) == bool(want)
    if isinstance(value, dict):
        return list(value) == list(want) and all(alike(value[key], want[key]) for key in value)
    return len(value) == len(want) and all(alike(one, other) for one, other in zip(value, want, strict=True))


def language_of(thing: Thing, row: dict[str, Any]) -> str:
    """The language of its words as the row says it; all that they are in, when that is another."""
    language, spoken = row.get("language", "und"), [text for text in (thing.html, thing.title) if text]
    if not spoken:
        return str(row.get("language", ""))
    if all(language in text for text in spoken):
        return "" if language == "und" else language
    return str([*map(list, spoken)])


def shape(thing: Thing, row: dict[str, Any]) -> dict[str, Any]:
    """A kept thing in the words of a row."""
    language = row.get("language", "und")
    extra, poll = thing.extra, thing.extra.poll
    got = {
        "title": first(thing.title), "text": first(thing.html, language), "language": language_of(thing, row),
        "also": {tag: first({tag: said}) for tag, said in thing.html.items() if tag not in (language, "und")},
        "tags": thing.tags, "pictures": [first(it.alt) for it in thing.pictures],
        "links": [bare(it.url) for it in extra.links], "warning": first(extra.warning), "sensitive": extra.sensitive,
        "reply": bare(thing.reply_to), "poll": {it.name: it.votes for it in poll.options} if poll else {},
        "many": bool(poll and poll.many), "voters": (poll and poll.voters) or 0,
        "author": bare(thing.by.uri) if "author" in row else "",
    }  # fmt: skip
    times = {"at": thing.published, "ends": poll.ends if poll else None}
    return got | {name: ms // 1000 if ms else 0 for name, ms in times.items() if name == "ends" or name in row}


def when(event: events.Event) -> dict[str, Any]:
    """When and where, in the words of a row."""
    at = event.venue
    where = [at.name, at.street, at.locality, at.region, at.postcode, at.country]
    stops = 0 if event.ends == event.starts + 2 * HOUR else event.ends // 1000  # two hours when nobody says
    return {
        "starts": event.starts // 1000, "stops": stops, "zone": event.zone, "place": [part for part in where if part],
    }  # fmt: skip


def who(tx: Tx, doc: Json) -> dict[str, Any]:
    """An actor that was read and kept, in the words of a row."""
    it = actors.get(tx, actors.remember(tx, seen.actor(doc)))
    return {
        "handle": it.handle, "name": first(it.name), "text": first(it.summary), "icon": bool(it.icon),
        "type": "" if it.type == "Person" else it.type, "kind": it.kind if it.kind == "instance" else "",
        "facts": {fact.name: first({"": fact.value}) for fact in it.facts}, "not": "",
    }  # fmt: skip


def told(tx: Tx, name: str, row: dict[str, Any]) -> list[str]:
    """Whether a payload is read as its row says: what is wrong, in words."""
    row = {key: int(value.timestamp()) if isinstance(value, datetime) else value for key, value in row.items()}
    doc = document(name)
    try:
        if loose.type_of(doc) in loose.ACTOR_TYPES:
            return [*differs(who(tx, doc), row)]
        thing = taken(tx, doc)
    except HubError as error:
        thing = str(error)
    if isinstance(thing, str):
        return [] if row.get("not") and row["not"] in thing else [f"not shown: {thing}"]
    got = shape(thing, row) | (when(events.get(tx, thing.id)) if thing.kind == "event" else {})
    return [*differs(got | {"not": ""}, row)]


async def test_every_payload_is_read_as_its_row_says(store: Store, clock: Clock) -> None:
    clock.ms = NOVEMBER
    await store.write(settle)
    wrong = {}
    for name, row in EXPECTED.items():
        found = await apart(store, name, row)
        if found:
            wrong[name] = found
    assert wrong == {}


class _Enough(Exception):
    """Takes back what a payload left, so that the next one that says it is the same thing is new."""


async def apart(store: Store, name: str, row: dict[str, Any]) -> list[str]:
    found: list[str] = []

    def unit(tx: Tx) -> None:
        found[:] = told(tx, name, row)
        raise _Enough

    with pytest.raises(_Enough):
        await store.write(unit)
    return found


def test_the_table_has_enough_rows_and_every_server_in_it() -> None:
    servers = {path.parent.name for path in FIXTURES.glob("*/*.json")}
    assert servers - {name.partition("/")[0] for name in EXPECTED} == set()
    assert len([row for row in EXPECTED.values() if "not" not in row]) >= 120
    assert [name for name in EXPECTED if not (FIXTURES / name).is_file()] == []


# --- on the page -----------------------------------------------------------------------------------


def pages() -> list[str]:
    """Those that are marked for it, and of every other family the first thing that is shown."""
    marked = [name for name, row in EXPECTED.items() if row.get("page")]
    shown = [name for name, row in EXPECTED.items() if "not" not in row and "handle" not in row]
    first = {name.partition("/")[0]: name for name in (*reversed(shown), *marked)}
    return list(dict.fromkeys([*marked, *first.values()]))


PAGES = pages()


def words_of(page: str) -> str:
    """What a reader reads of a page, on one line."""
    return " ".join(entities.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def mended(words: str) -> str:
    """Without the spaces that markup leaves between words."""
    return re.sub(r"\W", "", words)


async def test_some_of_every_make_are_shown_on_their_pages(store: Store, clock: Clock, tmp_path: Path) -> None:
    clock.ms = NOVEMBER
    await store.write(settle)
    assert len(PAGES) >= 35
    wrong = {}
    async with a_site(store, tmp_path) as site:
        for name in PAGES:
            thing = await store.write(lambda tx, doc: taken(tx, doc), document(name))
            assert isinstance(thing, Thing), (name, thing)
            answer = await site.guest.get(f"/{'events' if thing.kind == 'event' else 'posts'}/{thing.id}")
            assert answer.status_code == 200, name
            missing = [
                what for what in told_by(EXPECTED[name], thing) if mended(what) not in mended(words_of(answer.text))
            ]
            hidden = [url for url in EXPECTED[name].get("links", []) if url not in answer.text]
            loaded = re.findall(r"<(?:img|video|audio|iframe)[^>]+src=.https?://", answer.text)
            if missing or hidden or loaded:
                wrong[name] = missing + hidden + loaded
    assert wrong == {}


def told_by(row: dict[str, Any], thing: Thing) -> Iterator[str]:
    """What a reader of the page has to find on it."""
    yield row.get("title", "")
    yield row.get("text", "")
    yield row.get("warning", "")
    yield from (f"#{tag}" for tag in row.get("tags", []))
    yield from (f"Picture: {alt}" if alt else "A picture on their server" for alt in row.get("pictures", []))
    yield from row.get("place", [])
    yield f"This was published on {thing.by.domain}."
    for option, votes in row.get("poll", {}).items():
        yield f"{option}: {votes} vote"
    if "starts" in row:
        yield f"{row['starts']:%-d %B %Y}"
        hour, minute = row["starts"].hour, row["starts"].minute
        yield f"{hour % 12 or 12}" + (f".{minute:02}" if minute else "") + (" am" if hour < 12 else " pm")
