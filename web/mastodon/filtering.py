"""What somebody's filters say about statuses that they are about to see."""

from collections.abc import Mapping

import msgspec

from hub import filters, viewing
from hub.filters import Caught, Filter
from hub.store import Row, Tx
from web.mastodon.shapes import encoded, stamp
from web.mastodon.view import View


class Named(msgspec.Struct, frozen=True):
    """A filter without its words."""

    id: str
    title: str
    context: list[str]
    expires_at: str | None
    filter_action: str


class Result(msgspec.Struct, frozen=True):
    filter: Named
    keyword_matches: list[str]
    status_matches: list[str]


def filtered(tx: Tx, v: View, me: int, rows: Mapping[int, Row]) -> dict[int, bytes]:
    """For each of these things that a filter of theirs matches, the JSON list of `FilterResult`. Others are left out.

    `rows` have `updated` and `author`. One's own words are never filtered.
    """
    sieve = filters.sieve(tx, me)
    if not sieve:
        return {}
    words = _words(tx, v, me, {id: row["updated"] for id, row in rows.items() if row["author"] != me})
    found = {id: sieve.caught(id, said.__str__) for id, said in words.items()}
    return {id: encoded([_result(one, id) for one in caught]) for id, caught in found.items() if caught}


def named(it: Filter) -> Named:
    ends = None if it.ends is None else stamp(it.ends)
    return Named(str(it.id), it.title, it.contexts, ends, it.does)


def _result(it: Caught, id: int) -> Result:
    return Result(named(it.filter), it.words, [str(id)] if it.itself else [])


def _words(tx: Tx, v: View, me: int, versions: dict[int, int]) -> dict[int, str]:
    """What is looked through of each: made once, and anew when it changes."""
    kept = {id: v.kept.words[id] for id in versions if id in v.kept.words}
    fresh = {id: words for id, (version, words) in kept.items() if version == versions[id]}
    for id, thing in viewing.many(tx, me, [id for id in versions if id not in fresh]).items():
        fresh[id] = filters.words_of(thing)
        v.kept.keep_words(v, id, versions[id], fresh[id])
    return fresh
