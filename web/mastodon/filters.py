"""Filters, kept and changed in an app; and the same in the shape that older apps know, one word at a time."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hub import filters
from hub.clock import now
from hub.errors import N_, Invalid
from hub.filters import HIDE, WARN, Draft, Wish
from hub.store import Tx
from web.mastodon.api import Caller, answer, path_id, route
from web.mastodon.params import Params
from web.mastodon.shapes import stamp

YEARS = 3_155_760_000  # seconds: a hundred years are for ever


class Keyword(msgspec.Struct, frozen=True):
    id: str
    keyword: str
    whole_word: bool


class One(msgspec.Struct, frozen=True):
    """Something that stands in a filter itself."""

    id: str
    status_id: str


class Filter(msgspec.Struct, frozen=True):
    id: str
    title: str
    context: list[str]
    expires_at: str | None
    filter_action: str
    keywords: list[Keyword]
    statuses: list[One]


class OldFilter(msgspec.Struct, frozen=True):
    """One word of a filter, as it was in version 1."""

    id: str
    phrase: str
    context: list[str]
    whole_word: bool
    expires_at: str | None
    irreversible: bool


def filter_(it: filters.Filter) -> Filter:
    return Filter(
        id=str(it.id), title=it.title, context=it.contexts, expires_at=None if it.ends is None else stamp(it.ends),
        filter_action=it.does, keywords=[keyword(one) for one in it.words], statuses=[_one(pair) for pair in it.things],
    )  # fmt: skip


def keyword(it: filters.Word) -> Keyword:
    return Keyword(str(it.id), it.keyword, it.whole)


def _one(pair: tuple[int, int]) -> One:
    return One(str(pair[0]), str(pair[1]))


def _old(it: filters.Filter, word: filters.Word) -> OldFilter:
    ends = None if it.ends is None else stamp(it.ends)
    return OldFilter(str(word.id), word.keyword, it.contexts, word.whole, ends, it.does == HIDE)


def _ends(params: Params, before: int | None) -> int | None:
    """When it is over: as long from now as is asked; never, when nothing is; as before, when it is not spoken of."""
    if "expires_in" not in params:
        return None if params.spoken_of("expires_in") else before
    lasts = params.number("expires_in")
    if lasts is None:
        return None
    if not 0 <= lasts <= YEARS:
        raise Invalid(N_("Say for how many seconds it is to last."), field="expires_in")
    return now() + lasts * 1000


def _wishes(params: Params) -> list[Wish]:
    return [
        Wish(
            one.text("keyword"), one.flag("whole_word"), one.number("id"), gone=bool(one.flag("_destroy"))
        )
        for one in params.groups("keywords_attributes")
    ]  # fmt: skip


# --- filters -----------------------------------------------------------------------------------------


async def all_(request: Request, caller: Caller, params: Params) -> Response:
    return answer([filter_(one) for one in await request.app.state.store.read(filters.all_, caller.id)])


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return answer(filter_(await request.app.state.store.read(filters.get, caller.id, path_id(request))))


async def create(request: Request, caller: Caller, params: Params) -> Response:
    does = params.text("filter_action", WARN)
    draft = Draft(params.text("title"), params.many("context"), does, _ends(params, None))
    return answer(filter_(await request.app.state.store.write(filters.create, caller.id, draft, _wishes(params))))


async def change(request: Request, caller: Caller, params: Params) -> Response:
    """What is not said stays as it was."""

    def unit(tx: Tx) -> filters.Filter:
        it = filters.get(tx, caller.id, path_id(request))
        contexts = params.many("context") if "context" in params else it.contexts
        does = params.text("filter_action", it.does)
        draft = Draft(params.text("title", it.title), contexts, does, _ends(params, it.ends))
        return filters.change(tx, caller.id, it.id, draft, _wishes(params))

    return answer(filter_(await request.app.state.store.write(unit)))


async def remove(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(filters.remove, caller.id, path_id(request))
    return answer({})


# --- their words, and single things ------------------------------------------------------------------


async def words(request: Request, caller: Caller, params: Params) -> Response:
    found = await request.app.state.store.read(filters.get, caller.id, path_id(request))
    return answer([keyword(one) for one in found.words])


async def add_word(request: Request, caller: Caller, params: Params) -> Response:
    words, whole = params.text("keyword"), bool(params.flag("whole_word", True))

    def unit(tx: Tx) -> filters.Word:
        return filters.add_word(tx, caller.id, path_id(request), words, whole=whole)

    return answer(keyword(await request.app.state.store.write(unit)))


async def word(request: Request, caller: Caller, params: Params) -> Response:
    _, found = await request.app.state.store.read(filters.word, caller.id, path_id(request))
    return answer(keyword(found))


async def change_word(request: Request, caller: Caller, params: Params) -> Response:
    words = params.text("keyword") if "keyword" in params else None
    changed = await request.app.state.store.write(
        filters.change_word, caller.id, path_id(request), words, params.flag("whole_word")
    )
    return answer(keyword(changed))


async def remove_word(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(filters.remove_word, caller.id, path_id(request))
    return answer({})


async def things(request: Request, caller: Caller, params: Params) -> Response:
    found = await request.app.state.store.read(filters.get, caller.id, path_id(request))
    return answer([_one(pair) for pair in found.things])


async def add_thing(request: Request, caller: Caller, params: Params) -> Response:
    thing = params.number("status_id", 0) or 0
    return answer(_one(await request.app.state.store.write(filters.add_thing, caller.id, path_id(request), thing)))


async def thing(request: Request, caller: Caller, params: Params) -> Response:
    return answer(_one(await request.app.state.store.read(filters.thing, caller.id, path_id(request))))


async def remove_thing(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(filters.remove_thing, caller.id, path_id(request))
    return answer({})


# --- as they were in version 1: each word is a filter -------------------------------------------------


async def old_all(request: Request, caller: Caller, params: Params) -> Response:
    found = await request.app.state.store.read(filters.all_, caller.id)
    return answer([_old(it, word) for it in found for word in it.words])


async def old_one(request: Request, caller: Caller, params: Params) -> Response:
    return answer(_old(*await request.app.state.store.read(filters.word, caller.id, path_id(request))))


async def old_create(request: Request, caller: Caller, params: Params) -> Response:
    phrase, does = params.text("phrase"), HIDE if params.flag("irreversible") else WARN
    draft = Draft(phrase, params.many("context"), does, _ends(params, None))
    wish = Wish(phrase, bool(params.flag("whole_word", False)))
    made = await request.app.state.store.write(filters.create, caller.id, draft, [wish])
    return answer(_old(made, made.words[0]))


async def old_change(request: Request, caller: Caller, params: Params) -> Response:
    """Raises `Invalid` where other words hang on the same filter: an older app cannot know what it would change."""

    def unit(tx: Tx) -> OldFilter:
        it, word = filters.word(tx, caller.id, path_id(request))
        contexts = params.many("context") if "context" in params else it.contexts
        hides = params.flag("irreversible", it.does == HIDE)
        draft = Draft(it.title, contexts, HIDE if hides else WARN, _ends(params, it.ends))
        whole = params.flag("whole_word")
        if len(it.words) > 1 and draft != Draft(it.title, it.contexts, it.does, it.ends):
            raise Invalid(N_("This filter has several words. Change it in an app that shows all of them."), field="id")
        filters.change(tx, caller.id, it.id, draft, [Wish(params.text("phrase", word.keyword), whole, word.id)])
        return _old(*filters.word(tx, caller.id, word.id))

    return answer(await request.app.state.store.write(unit))


async def old_remove(request: Request, caller: Caller, params: Params) -> Response:
    """With its last word a filter goes, too."""

    def unit(tx: Tx) -> None:
        it, word = filters.word(tx, caller.id, path_id(request))
        filters.remove_word(tx, caller.id, word.id)
        if len(it.words) == 1 and not it.things:
            filters.remove(tx, caller.id, it.id)

    await request.app.state.store.write(unit)
    return answer({})


HERE, OLD = "/api/v2/filters/{id}", "/api/v1/filters/{id}"
WORD, THING = "/api/v2/filters/keywords/{id}", "/api/v2/filters/statuses/{id}"

routes = [
    route("GET", "/api/v2/filters", all_, "read:filters"),
    route("POST", "/api/v2/filters", create, "write:filters"),
    route("GET", HERE, one, "read:filters"),
    route("PUT", HERE, change, "write:filters"),
    route("DELETE", HERE, remove, "write:filters"),
    route("GET", f"{HERE}/keywords", words, "read:filters"),
    route("POST", f"{HERE}/keywords", add_word, "write:filters"),
    route("GET", WORD, word, "read:filters"),
    route("PUT", WORD, change_word, "write:filters"),
    route("DELETE", WORD, remove_word, "write:filters"),
    route("GET", f"{HERE}/statuses", things, "read:filters"),
    route("POST", f"{HERE}/statuses", add_thing, "write:filters"),
    route("GET", THING, thing, "read:filters"),
    route("DELETE", THING, remove_thing, "write:filters"),
    route("GET", "/api/v1/filters", old_all, "read:filters"),
    route("POST", "/api/v1/filters", old_create, "write:filters"),
    route("GET", OLD, old_one, "read:filters"),
    route("PUT", OLD, old_change, "write:filters"),
    route("DELETE", OLD, old_remove, "write:filters"),
]
