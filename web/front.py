"""The short way in: what is asked for and told by the hundred is answered before the long row of layers.

Under the very same rules: whatever `Guard` has a word to say about, and whatever does not lie ready, goes the long way.
"""

import secrets
from time import perf_counter

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import Scope

import federation
from federation import Reply
from web import cache, errors
from web.guard import NO_STORE, Guard, tell
from web.mastodon import gate

LARGEST = 48 * 1024  # bytes of a letter that is waited for here


class Front:
    """What `web.protocol` asks, with the scope that the application would get, before that is called."""

    def __init__(self, app: Starlette, guard: Guard, calls: gate.Table) -> None:
        self.app, self._guard, self._calls = app, guard, calls
        self.always = tuple(guard.headers)  # on every answer; and on those to apps
        self.crossing = tuple(guard.crossing)

    def ready(self, scope: Scope) -> Reply | None:
        """A document or a page that lies ready."""
        began = perf_counter()
        scope["app"] = self.app
        if not self._guard.passes(scope):
            return None
        found = federation.on_the_shelf(scope) or cache.on_the_shelf(scope)
        if found is not None:
            tell(scope, secrets.token_hex(4), found[0], began, {})
        return found

    def call(self, scope: Scope) -> gate.Found | None:
        """What an app asks for, if nothing about it is out of the ordinary."""
        scope["app"] = self.app
        found = gate.short(self._calls, scope)
        return found if found is not None and self._guard.passes(scope) else None

    async def answer(self, scope: Scope, found: gate.Found) -> Reply:
        """Answer such a call, as the long way would."""
        began, id, facts = perf_counter(), secrets.token_hex(4), dict[str, str]()
        state = scope["state"]
        state |= {"request_id": id, "facts": facts}
        self._guard.seat(scope)
        request = Request(scope)
        try:
            response = await gate.answered(request, found)
        except Exception as exc:  # everybody gets an answer
            response = await errors.crash(request, exc)
        head = response.raw_headers
        if state.get("account") is not None and all(name != b"cache-control" for name, _ in head):
            head.append(NO_STORE)
        tell(scope, id, response.status_code, began, facts)
        return response.status_code, tuple(head), bytes(response.body)

    def expects(self, scope: Scope) -> bool:
        """Whether it is a letter, and short enough to be taken as soon as all of it is there."""
        if self.app.state.hub is None or not federation.is_letter(scope):
            return False
        scope["app"] = self.app
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        short = length.isdigit() and len(length) < 10 and int(length) <= LARGEST
        return short and self._guard.passes(scope)

    async def take(self, scope: Scope, body: bytes) -> Reply:
        """Take a letter that is expected and has come."""
        began, id, facts = perf_counter(), secrets.token_hex(4), dict[str, str]()
        scope["state"] |= {"request_id": id, "facts": facts}

        async def whole() -> bytes:
            return body

        try:
            reply = await federation.posted(scope, whole)
        except Exception as exc:  # everybody gets an answer
            response = await errors.crash(Request(scope), exc)
            reply = response.status_code, tuple(response.raw_headers), bytes(response.body)
        tell(scope, id, reply[0], began, facts)
        return reply
