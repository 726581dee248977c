"""What a call was given, whichever way: in the address, as a form, with files, as JSON; nested as Rails nests."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

from hub.errors import N_, Invalid
from web import forms
from web.forms import Upload

LARGEST = 2**63 - 1
DEEPEST, MOST, FILES = 6, 1000, 8  # names in names, fields, files
NO = frozenset({"false", "f", "0", "off", "no"})
_PARTS = re.compile(r"\[([^\[\]]*)\]")
_NUMBER = re.compile(r"[+-]?\d{1,19}")

Tree = dict[str, Any]


class Page(msgspec.Struct, frozen=True):
    """The stretch of a list that is asked for: below `max_id`, above `since_id`, or the first ones above `min_id`."""

    max_id: int | None
    min_id: int | None
    since_id: int | None
    limit: int


class _Said(list[Any]):
    """A plain name that was given several times. Asked for as one, the last counts."""


class Params:
    """Names and what was given for them; a name with nothing (`null`) counts as not given."""

    def __init__(self, tree: Tree | None = None) -> None:
        self._tree = tree or {}

    def __contains__(self, name: str) -> bool:
        return self._tree.get(name) is not None

    def spoken_of(self, name: str) -> bool:
        """Whether it was named at all, if only to say that it is to be nothing."""
        return name in self._tree

    def names(self) -> list[str]:
        return [name for name in self._tree if name in self]

    def text(self, name: str, default: str = "") -> str:
        """Words as people type them."""
        words = _words(self._one(name))
        return default if words is None else forms.clean(words)

    def exact(self, name: str, default: str = "") -> str:
        """The same to the letter: for what is compared, and not read."""
        words = _words(self._one(name))
        return default if words is None else words.replace("\0", "")  # which PostgreSQL keeps in no text

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        """Yes or no. As in Rails what is not one of the words for no is yes."""
        words = (_words(self._one(name)) or "").strip().lower()
        return words not in NO if words else default

    def number(self, name: str, default: int | None = None) -> int | None:
        """Raises `Invalid` for what is no number."""
        words = (_words(self._one(name)) or "").strip()
        if not words:
            return default
        if words.endswith(".0"):
            words = words[:-2]
        if not _NUMBER.fullmatch(words) or not -LARGEST <= int(words) <= LARGEST:
            raise Invalid(N_("%(name)s is not a number"), field=name, name=name)
        return int(words)

    def many(self, name: str) -> list[str]:
        """All that was given, blanks left out."""
        found = self._tree.get(name)
        if isinstance(found, dict):
            found = _by_index(found)
        rows = found if isinstance(found, list) else [found]
        return [forms.clean(words) for words in map(_words, rows) if words]

    def group(self, name: str) -> "Params":
        found = self._one(name)
        return Params(found if isinstance(found, dict) else {})

    def groups(self, name: str) -> list["Params"]:
        found = self._tree.get(name)
        rows = _by_index(found) if isinstance(found, dict) else found
        return [Params(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def file(self, name: str) -> Upload | None:
        found = self._one(name)
        return found if isinstance(found, Upload) else None

    def page(self, default: int = 20, most: int = 40) -> Page:
        """What is no id counts as not given; of how many, at most `most`."""
        words = self.exact("limit").strip()
        limit = int(words) if words.isascii() and words.isdecimal() and len(words) < 7 else 0
        return Page(self._id("max_id"), self._id("min_id"), self._id("since_id"), min(limit, most) or default)

    def _id(self, name: str) -> int | None:
        words = self.exact(name).strip()
        return min(int(words), LARGEST) if words.isascii() and words.isdecimal() and len(words) < 40 else None

    def _one(self, name: str) -> Any:
        found = self._tree.get(name)
        return found[-1] if isinstance(found, _Said) else found


def _words(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _by_index(found: Tree) -> list[Any]:
    """`{"0": …, "1": …}` in order. Of other names, in the order they were given."""
    if all(name.isascii() and name.isdecimal() for name in found):
        return [found[name] for name in sorted(found, key=lambda name: int(name[:9]))]
    return [*found.values()]


async def read(request: Request) -> Params:
    """All that came with a request; what the body says wins. Raises `HTTPException` 400 or 413."""
    query: bytes = request.scope["query_string"]
    tree = nested(pairs(query.decode("latin-1"))) if query else {}
    return Params(tree | await _body(request))


def pairs(query: str) -> list[tuple[str, str]]:
    """What stands in an address, in order."""
    if PLAIN.fullmatch(query):
        return [(name, value) for name, _, value in [one.partition("=") for one in query.split("&") if one]]
    return parse_qsl(query, keep_blank_values=True)


PLAIN = re.compile(r"[\w.&=-]*", re.ASCII)  # with nothing in it that stands for something else


def framed(scope: Scope) -> bool:
    """Whether anything comes behind the head of a request."""
    return any(name in _FRAMES for name, _ in scope["headers"])


_FRAMES = frozenset({b"content-length", b"transfer-encoding"})


async def _body(request: Request) -> Tree:
    if request.method in ("GET", "HEAD") and not framed(request.scope):
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _parts(request)
    body = await _whole(request) if request.method != "HEAD" else b""
    if not body.strip():
        return {}
    if kind in ("application/json", "text/json") or kind.endswith("+json"):
        return _json(body)
    if kind in ("", "application/x-www-form-urlencoded"):
        try:
            return nested(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST))
        except ValueError as exc:
            raise HTTPException(400) from exc
    return {}


async def _whole(request: Request) -> bytes:
    seen, pieces = 0, []
    try:
        async for piece in request.stream():
            seen += len(piece)
            if seen > forms.WORDS:
                raise HTTPException(413)
            pieces.append(piece)
    except ClientDisconnect as exc:
        raise HTTPException(400) from exc
    return b"".join(pieces)


def _json(body: bytes) -> Tree:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise HTTPException(400) from exc
    return found if isinstance(found, dict) else {}


async def _parts(request: Request) -> Tree:
    pairs: list[tuple[str, Any]] = []
    try:
        async with request.form(max_fields=MOST, max_files=FILES, max_part_size=forms.WORDS) as data:
            for name, value in data.multi_items():
                if isinstance(value, str):
                    pairs.append((name, value))
                elif value.filename:
                    words = forms.clean(value.filename)
                    pairs.append((name, Upload(words, value.content_type or "", await value.read())))
    except (KeyError, ValueError, LookupError, MultiPartException, ClientDisconnect) as exc:
        raise HTTPException(400) from exc
    return nested(pairs)


def nested(pairs: list[tuple[str, Any]]) -> Tree:
    """`a[]`, `a[b]`, `a[][b]` and `a[0][b]` as lists and dicts in dicts; a name that is both is what it was last."""
    root: Tree = {}
    for name, value in pairs:
        steps = [*_steps(name)]
        if len(steps) <= DEEPEST:
            _put(root, steps, value)
    return root


def _steps(name: str) -> Iterator[str]:
    head, mark, rest = name.partition("[")
    if not mark or not head:
        yield name
        return
    yield head
    yield from (found[1] for found in _PARTS.finditer(mark + rest))


def _put(root: Tree, steps: list[str], value: Any) -> None:
    here, (last, *below) = root, (steps[0], *steps[1:])
    while below:
        step, *rest = below
        if step:  # a[b]
            inner = here.get(last)
            if not isinstance(inner, dict):
                inner = here[last] = {}
            here, last, below = inner, step, rest
            continue
        rows = here.get(last)
        if not isinstance(rows, list) or isinstance(rows, _Said):
            rows = here[last] = []
        if not rest:  # a[]
            rows.append(value)
            return
        if not rest[0] or not rows or not isinstance(rows[-1], dict) or rest[0] in rows[-1]:
            rows.append({})  # a[][b]: a name that comes again begins the next one
        here, (last, *below) = rows[-1], (rest[0], *rest[1:])
    had = here.get(last)
    if last in here and _plain(had) and _plain(value):
        here[last] = _Said([*had, value]) if isinstance(had, _Said) else _Said([had, value])
    else:
        here[last] = value


def _plain(value: Any) -> bool:
    return isinstance(value, str | _Said)
