"""Who is asking: the cookie of those who have signed in, what they may open, and passwords that take their time.

`needs(role)` marks a page that only some may open, `sure` one that asks first whether it is still them:

    @auth.needs("resident")
    @auth.sure
    async def export(request: Request) -> Response:
"""

import asyncio
import functools
import re
from collections.abc import Awaitable, Callable
from typing import Any, Literal
from urllib.parse import quote

from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hub import factors, passwords, people, push, sessions, settings, signups, tries
from hub.clock import now
from hub.errors import N_, Invalid
from hub.people import Account
from hub.sessions import Signed
from hub.signups import Signup
from hub.store import Busy, Tx
from hub.tries import Try
from web import done, limits
from web.crossing import POPUP
from web.shell import Visitor
from web.templates import render, see_other

SECURE, PLAIN = "__Host-nh", "nh"  # the first only where the hub is reached by https
AT_ONCE = 2  # passwords being compared: 19 MiB each
QUEUE = 20  # and waiting for their turn
# Asked for by the hundred, and by nobody who has signed in.
SERVERS = ("/inbox", "/actor", "/activity/", "/event/", "/ask/", "/offer/", "/post/")
OPEN = ("/setup", "/static/", "/healthz", "/livez", "/readyz", "/robots.txt")  # answered before the hub is set up

WRONG = N_(
    "That name and password do not fit together. After several tries it takes a while before the next one counts."
)

Handler = Callable[[Request], Awaitable[Response]]


class SignIn(Exception):
    """Whoever asks has to sign in first, and comes back to `back` then."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back


class Waits(Exception):
    """Whoever signs in has asked to join and is not in yet: they are told how it stands, and nothing else."""

    def __init__(self, signup: Signup) -> None:
        super().__init__(signup.state)
        self.signup = signup


class Again(Exception):
    """Whoever asks has to show first that it is still them. What they sent is carried on to where they sent it."""


class SecondFirst(Exception):
    """A steward or a moderator has had two weeks to set up a second step: now it comes first."""


class Door:
    """Before each page: the hub as it stands, and who has signed in. Until the hub is set up there is one page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            state: State = scope["app"].state
            secret = cookie(scope, state.cookie)
            if secret or state.hub is None or not scope["path"].startswith(SERVERS):
                await look(state)
            signed = await _signed(state, secret)
            scope["state"]["signed"], scope["state"]["account"] = signed, signed.account if signed else None
            if state.hub is None and not scope["path"].startswith(OPEN):
                response = render(Request(scope), "not_yet.html", None, 503, headers={"Cache-Control": "no-store"})
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


async def look(state: State) -> None:
    """See whether the hub has changed. Costs nothing while nobody writes to the database."""
    seen = state.store.changed.count
    if seen != state.seen:
        state.hub = await state.store.read_hot(settings.found)
        state.seen = seen
        if state.hub is not None and not state.vapid_key:
            state.vapid_key = await state.store.read_hot(push.public_key)


async def _signed(state: State, secret: str) -> Signed | None:
    if not secret or state.hub is None:
        return None
    found: Signed | None = await state.store.read_hot(sessions.session, secret)
    if found is not None and found.due:
        await state.store.write(sessions.session_used, secret)
    return found


def cookie(scope: Scope, name: str) -> str:
    for key, value in scope["headers"]:
        if key == b"cookie" and name.encode() in value:
            return next((v for k, _, v in map(_pair, value.decode("latin-1").split(";")) if k == name), "")
    return ""


def _pair(part: str) -> tuple[str, str, str]:
    return part.strip().partition("=")


def account(request: Request) -> Account | None:
    found: Account | None = request.scope["state"].get("account")
    return found


def visitor(request: Request) -> Visitor | None:
    """The same, as pages show it: `app.state.visitor`."""
    who = account(request)
    return Visitor(who.login, who.role, who.language or None, second_by(request)) if who else None


def second_by(request: Request) -> int:
    """When whoever asks has to have a second step at the latest, in ms UTC; 0 for whoever has one, or needs none."""
    signed: Signed | None = request.scope["state"].get("signed")
    return signed.second_by if signed and request.app.state.config.security.require_second_factor else 0


def fresh(request: Request) -> bool:
    """Whether whoever asks has shown within the last quarter of an hour that it is them."""
    signed: Signed | None = request.scope["state"].get("signed")
    return signed is not None and 0 <= now() - signed.sure < sessions.SURE


def require(request: Request, role: str) -> Account:
    """Whoever asks, if their role is at least `role`. Others are sent to sign in, or told that it is not theirs."""
    who = account(request)
    if who is None:
        if request.method in ("GET", "HEAD"):
            raise SignIn(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        raise HTTPException(401)
    if not people.may(who, role):
        raise HTTPException(403)
    if request.url.path.startswith("/steward") and 0 < second_by(request) <= now():
        raise SecondFirst
    return who


def needs(role: str) -> Callable[[Handler], Handler]:
    """Marks a page that only some may open."""

    def mark(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def guarded(request: Request) -> Response:
            require(request, role)
            return await handler(request)

        guarded.needs = role  # type: ignore[attr-defined]
        return guarded

    return mark


def sure(handler: Handler) -> Handler:
    """Marks a page for whoever has shown lately that it is them. Others show it now, and then go on."""

    @functools.wraps(handler)
    async def guarded(request: Request) -> Response:
        if not fresh(request):
            raise Again
        return await handler(request)

    guarded.sure = True  # type: ignore[attr-defined]
    return guarded


async def to_second(request: Request, exc: Exception) -> Response:
    return see_other(request, done.path("/account/security", "second-first"))


async def to_sign_in(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, SignIn)
    wanted = request.query_params.get("lang")
    language = f"&lang={quote(wanted)}" if wanted else ""
    return RedirectResponse(f"/signin?next={quote(exc.back, safe='/')}{language}", 303, {"Cache-Control": "no-store"})


HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    SignIn: to_sign_in, SecondFirst: to_second,
}  # fmt: skip
_OURS = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]{0,8000}")  # the longest is what an app asks for


def back(wanted: str, otherwise: str) -> str:
    """`wanted`, if it is a path of ours: whoever signs in is never sent to somebody else's page."""
    return wanted if _OURS.fullmatch(wanted) else otherwise


def popup(response: Response, wanted: str) -> Response:
    """On the way to the page `wanted` where an app is let in, the window that the app opened stays the app's."""
    if wanted.startswith(POPUP):
        response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


# Passwords


class Passwords:
    """Compares and makes passwords beside the event loop, two at a time. One for each application."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def fits(self, password: str, kept: str | None) -> bool:
        return bool(await self._work(people.password_fits, password[: people.LONGEST + 1], kept))

    async def hashed(self, password: str) -> str:
        return str(await self._work(people.hash_password, password))

    async def _work(self, fn: Callable[..., Any], *args: Any) -> Any:
        if self._waiting >= QUEUE:
            raise Busy
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(fn, *args)
        finally:
            self._waiting -= 1


async def check(request: Request, name: str, password: str) -> Account:
    """Whose name and password this is. Raises `Invalid`, in the same words and time whatever was wrong; 429.

    Raises `Waits` for somebody who has asked to join and is not in yet.
    """
    limits.check(request, limits.SIGN_IN)
    state = request.app.state
    it, asks = await state.store.write(_begin, name)
    if it.over:
        raise limits.too_many(limits.Spent(tries.TIMES, 0, it.ends, over=True))
    fits = await state.passwords.fits(password, asks[1] if asks else it.kept)
    if fits and asks:
        raise Waits(asks[0])
    if it.account is None or not fits:
        raise Invalid(WRONG, field="name")
    await state.store.write(tries.right, name, it.account.actor)
    if passwords.stale(it.kept or ""):
        await state.store.write(people.rehash, it.account.actor, it.kept, await state.passwords.hashed(password))
    return it.account  # type: ignore[no-any-return]


def _begin(tx: Tx, name: str) -> tuple[Try, tuple[Signup, str] | None]:
    """Whoever has an account has not just asked to join; whoever has asked is compared with what they chose then."""
    it = tries.begin(tx, name)
    asks = signups.waits(tx, name)
    return it, None if it.account else asks


async def check_own(request: Request, who: Account, password: str, field: str) -> None:
    """Whether this is the password of `who`, who is signed in. Raises `Invalid` at `field`; 429 after ten."""
    limits.check(request, limits.PASSWORD, who.login)
    known = await request.app.state.store.read(people.known_as, who.login)
    if known is None or not await request.app.state.passwords.fits(password, known[1]):
        raise Invalid(N_("That is not your present password."), field=field)


async def enter(request: Request, to: str, who: Account, *, second: bool = False) -> Response:
    """Sign `who` in and send them on to `to`: a new session, in place of any that this browser had.

    Whoever has a second step is sent to that first, unless what they have shown was as good (`second`).
    """
    old, agent = cookie(request.scope, request.app.state.cookie), request.headers.get("user-agent", "")
    unit = (_enter, who.actor, old, agent, limits.address(request), second)
    secret, half = await request.app.state.store.write(*unit)
    response = popup(see_other(request, second_step(to) if half else to), to)
    return give(request, response, secret, who.role, half=half)


def _enter(tx: Tx, who: int, old: str, agent: str, place: str, second: bool) -> tuple[str, bool]:
    if old:
        sessions.close_session(tx, old)
    half = not second and factors.of(tx, who).second
    return sessions.open_session(tx, who, agent, place, half=half), half


def second_step(to: str) -> str:
    """The page that asks for it, and then goes on to `to`."""
    return f"/signin/second?next={quote(to, safe='/')}"


async def reassure(request: Request, response: Response) -> Response:
    """They have shown that it is them: the session goes on under another secret."""
    state, who = request.app.state, require(request, "resident")
    secret = await state.store.write(sessions.renew_session, cookie(request.scope, state.cookie))
    return give(request, response, secret, who.role) if secret else response


def give(request: Request, response: Response, secret: str, role: str, *, half: bool = False) -> Response:
    name = request.app.state.cookie
    age = (sessions.HALF if half else people.OLDEST[role]) // 1000
    response.set_cookie(name, secret, max_age=age, path="/", secure=name == SECURE, httponly=True, samesite="lax")
    response.headers["Cache-Control"] = "no-store"
    return response


def remember(
    request: Request, response: Response, name: str, secret: str, lasts: int, samesite: Literal["lax", "strict"]
) -> Response:
    """A cookie beside that of the session, by which a browser is told from others for a while (`lasts`, ms)."""
    called, secure = f"{request.app.state.cookie}-{name}", request.app.state.cookie == SECURE
    response.set_cookie(
        called, secret, max_age=lasts // 1000, path="/", secure=secure, httponly=True, samesite=samesite
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response


def own_cookie(request: Request, name: str) -> str:
    """What `remember` gave this browser; "" for nothing."""
    return cookie(request.scope, f"{request.app.state.cookie}-{name}")


def forget(request: Request, response: Response, name: str) -> Response:
    called, secure = f"{request.app.state.cookie}-{name}", request.app.state.cookie == SECURE
    response.delete_cookie(called, path="/", secure=secure, httponly=True, samesite="lax")
    return response


async def leave(request: Request, response: Response) -> Response:
    """Sign out: the session ends here and on the hub."""
    name = request.app.state.cookie
    secret = cookie(request.scope, name)
    if secret:
        await request.app.state.store.write(people.close_session, secret)
    response.delete_cookie(name, path="/", secure=name == SECURE, httponly=True, samesite="lax")
    return response
