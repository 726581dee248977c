"""JSON as strangers send it, read so that no two readers can disagree on what it says.

Duplicate keys, lone surrogates and numbers that fit nowhere are how one server is made to check one
thing and another to do something else. Depth and size are bounded before anybody walks the result.
"""

import json
import re
from typing import Any

import msgspec

DEPTH = 32
NODES = 10_000
SMALLEST, BIGGEST = -(2**63), 2**63 - 1  # what a database column holds

_BOM = b"\xef\xbb\xbf"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class BadJson(ValueError):
    """A body that is not one plain, unambiguous JSON object. The words say what is wrong with it."""


def parse_json(body: bytes) -> dict[str, Any]:
    """The object in `body`. Raises `BadJson`, and nothing else, whatever `body` holds."""
    body = body.removeprefix(_BOM)
    try:
        document = _decode(body)
    except RecursionError:
        raise BadJson(f"nested deeper than {DEPTH}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadJson(str(error)) from None
    if type(document) is not dict:
        raise BadJson("not an object")
    _measure(document)
    _compare(body, document)
    return document


def _measure(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    nodes = 1
    for _ in range(DEPTH):
        below: list[Any] = []
        for container in level:
            nodes += len(container)
            for value in container.values() if type(container) is dict else container:
                kind = type(value)
                if kind is dict or kind is list:
                    below.append(value)
                elif kind is int and not SMALLEST <= value <= BIGGEST:
                    raise BadJson("a whole number of more than 64 bits")
            if nodes > NODES:
                raise BadJson(f"more than {NODES} values")
        if not below:
            return
        level = below
    raise BadJson(f"nested deeper than {DEPTH}")


def _compare(body: bytes, document: dict[str, Any]) -> None:
    """Find duplicate keys and NULs by writing the document again: a lost member takes its quotes with it.

    Every string costs two quotes and every quote inside one costs one more, in both texts, unless the
    sender wrote one as \\u0022; then the slow way is taken.
    """
    again = _encode(document)
    if b"\\u0000" in body and _NUL.search(again):
        raise BadJson("a NUL character in a text")
    if b"\\u0022" in body:
        json.loads(body, object_pairs_hook=_unique)
    elif body.count(b'"') != again.count(b'"'):
        raise BadJson("the same key twice in one object")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadJson("the same key twice in one object")
    return members
