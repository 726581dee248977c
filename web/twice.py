"""A form that is posted twice, by a double click or a second try on a bad line, counts once.

There is no number hidden in it that could tell: pages are kept and shown to many. So the same words, typed by the same
person into the same form within a few minutes, are the same post.
"""

from collections.abc import Mapping

import msgspec
from starlette.requests import Request

from hub import once, things
from hub.clock import MINUTE
from hub.errors import NotFound
from hub.people import Account
from hub.store import Tx
from hub.things import Thing
from web import limits
from web.forms import Upload

LASTS = 10 * MINUTE


def key(
    request: Request, who: Account | None, typed: Mapping[str, list[str]], files: Mapping[str, Upload] | None = None
) -> str:
    """By what this form is known when it comes again. A guest is known by the address that they come from."""
    whose = f"account {who.actor}" if who else f"address {limits.address(request)}"
    pictures = [file.data for _, file in sorted((files or {}).items())]
    return once.key("form", request.url.path, whose, msgspec.json.encode(typed, order="sorted"), *pictures)


def before(tx: Tx, key: str) -> Thing | None:
    """What came of the form the first time, unless it has been taken down since."""
    made = once.made(tx, key)
    try:
        return things.get(tx, made) if made is not None else None
    except NotFound:
        return None


def remember(tx: Tx, key: str, id: int) -> None:
    once.remember(tx, key, id, lasts=LASTS)
