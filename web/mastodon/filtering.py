"""What somebody's filters say about statuses that they are about to see."""

from collections.abc import Iterable

import msgspec

from hub import filters, viewing
from hub.filters import Caught
from hub.store import Tx
from hub.viewing import Sight
from web.mastodon.filters import Filter, filter_
from web.mastodon.shapes import encoded
from web.mastodon.view import View


class Result(msgspec.Struct, frozen=True):
    filter: Filter
    keyword_matches: list[str]
    status_matches: list[str]


def filtered(tx: Tx, v: View, me: int, sights: Iterable[Sight]) -> dict[int, bytes]:
    """For each of these things that a filter of theirs matches, the JSON list of `FilterResult`. Others are left out.

    One's own words are never filtered.
    """
    sieve = filters.sieve(tx, me)
    if not sieve:
        return {}
    versions = {thing: updated for _, thing, _, updated, author, *_ in sights if author != me}
    words = _words(tx, v, me, versions)
    found = {id: sieve.caught(id, said.__str__) for id, said in words.items()}
    return {id: encoded([_result(one, id) for one in caught]) for id, caught in found.items() if caught}


def _result(it: Caught, id: int) -> Result:
    return Result(filter_(it.filter), it.words, [str(id)] if it.itself else [])


def _words(tx: Tx, v: View, me: int, versions: dict[int, int]) -> dict[int, str]:
    """What is looked through of each: made once, and anew when it changes."""
    kept = {id: v.kept.words[id] for id in versions if id in v.kept.words}
    fresh = {id: words for id, (version, words) in kept.items() if version == versions[id]}
    for id, thing in viewing.many(tx, me, [id for id in versions if id not in fresh]).items():
        fresh[id] = filters.words_of(thing)
        v.kept.keep_words(v, id, versions[id], fresh[id])
    return fresh
