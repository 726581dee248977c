"""Signing up: the form, the letter that proves an address, and what those see who are not in yet."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import invitations, joining, people, signups
from hub.clock import DAY, now
from hub.errors import N_, HubError, Invalid, NotAllowed
from hub.signups import Shut, Signup
from hub.store import Tx
from hub.text import Text
from hub.things import rendered
from web import auth, done, forms, i18n, limits, mail
from web.forms import Form
from web.shell import language
from web.templates import render, see_other

QUICKEST = 3000  # ms between opening the form and sending it: no person is faster
SENT = "/signup/sent"
_PRIVATE = {"Cache-Control": "no-store"}


class Joining(msgspec.Struct, frozen=True):
    """What is typed. `homepage` is seen by programs alone: who fills it in is one. `started` is when it was opened."""

    login: Annotated[str, Meta(max_length=300)]
    email: Annotated[str, Meta(max_length=300)]
    password: Annotated[str, Meta(max_length=1000)]
    answer: Annotated[str, Meta(max_length=5000)] = ""
    language: str = ""
    agreed: bool = False
    homepage: str = ""
    started: str = ""


class SignupPage(msgspec.Struct, frozen=True):
    """The form to join with. `shut`: why nobody can now, `None` when they can. `mails`: whether the hub sends letters.

    `invited`: the link that they came by is good, and `key` its secret. `mode`, `question`: how people join here.
    `rules` is clean HTML. `tongues`: languages to choose from (tag, its own name), when there are several.
    """

    form: Form[Any]
    shut: Shut | None
    mails: bool
    invited: bool
    key: str
    mode: str
    question: Text
    rules: Text
    tongues: list[tuple[str, str]]


class WaitingPage(msgspec.Struct, frozen=True):
    """How it stands for somebody who is not in yet. `state` is sent, unverified or pending; `login` "" where nobody
    has proved who they are."""

    state: str
    login: str


class ConfirmPage(msgspec.Struct, frozen=True):
    """The link from the letter: a button says yes, so that programs that look at links do not. `key` is its secret."""

    login: str
    key: str


async def show(request: Request) -> Response:
    if auth.account(request) is not None:
        return see_other(request, "/account")
    first = {"started": str(now()), "language": ""}
    return await _page(request, forms.blank(**first))


async def send(request: Request) -> Response:
    """Whatever was typed, what comes back is the same for an address that is known here and one that is not."""
    limits.check(request, limits.SIGN_UP)
    form, state, key = await forms.parse(request, Joining), request.app.state, _key(request)
    if form.typed("homepage"):
        return see_other(request, SENT)
    _look_over(form, request)
    typed = form.value
    if typed is None or (await state.store.read(_stands, key))[1] is not None:
        return await _page(request, form, 422)
    hashed = await state.passwords.hashed(typed.password)  # for all alike, before anybody is looked up
    # Letters know no browser: who leaves the language to theirs is written to in that of the page.
    tongue = typed.language or language(request, request.app.state.hub, None)[0]
    draft = signups.Draft(typed.login, typed.email, typed.answer, tongue)
    try:
        if not mail.on(state.config):
            return await _join(request, draft, hashed, key)
        closed = await state.store.write(signups.ask, draft, hashed, key)
    except HubError as refusal:
        if refusal.field is None:
            raise
        return await _page(request, form.refuse(refusal), 422)
    return await _page(request, form) if closed else see_other(request, SENT)


async def _join(request: Request, draft: signups.Draft, hashed: str, key: str) -> Response:
    account = await request.app.state.store.write(signups.join, draft, hashed, key)
    return await auth.enter(request, done.path("/account", "joined"), account)


def _look_over(form: Form[Joining], request: Request) -> None:
    """What can be said without asking the store, all at once."""
    typed = form.value
    if typed is None:
        return
    if not typed.agreed:
        form.refuse(Invalid(N_("Please say that you will keep to the rules."), field="agreed"))
    try:
        people.check_new_password(typed.password, typed.login, typed.email, *request.app.state.hub.name.values())
    except Invalid as wrong:
        form.refuse(wrong)
    opened = int(typed.started) if typed.started.isascii() and typed.started.isdecimal() else now()
    if not QUICKEST <= now() - opened <= DAY:
        form.refuse(Invalid(N_("That was quick, or very slow. Look it over and send it again.")))


async def _page(request: Request, form: Form[Any], status: int = 200) -> Response:
    state, key = request.app.state, _key(request)
    terms, shut, invited = await state.store.read(_stands, key)
    if key and not invited:
        raise NotAllowed(N_("This invitation has been used up or has ended. Ask for a new one."))
    mails, hub = mail.on(state.config), state.hub
    wait = {"Retry-After": str(max((shut.until - now()) // 1000, 1))} if shut and shut.until else {}
    tongues = [(tag, i18n.LANGUAGES[tag]) for tag in hub.languages if tag in i18n.LANGUAGES]
    page = SignupPage(form, shut, mails, invited, key, terms.mode, terms.question, rendered(hub.rules), tongues)
    status = 503 if shut and shut.why in ("day", "backlog", "letters") and mails else status
    return render(request, "signup.html", page, status, headers=_PRIVATE | wait)


def _stands(tx: Tx, key: str) -> tuple[joining.Terms, Shut | None, bool]:
    invited = bool(key) and invitations.found(tx, key) is not None
    return joining.terms(tx), signups.shut(tx, invited), invited


async def sent(request: Request) -> Response:
    return _waiting(request, "sent", "")


async def look(request: Request) -> Response:
    """Opening the link changes nothing."""
    it = await request.app.state.store.read(signups.by_key, _key(request))
    return render(request, "signup_confirm.html", ConfirmPage(it.login, _key(request)), headers=_PRIVATE)


async def confirm(request: Request) -> Response:
    limits.check(request, limits.PASSWORD)
    account = await request.app.state.store.write(signups.confirm, _key(request))
    return see_other(request, done.path("/signin", "joined") if account else "/signup/waiting")


async def wait(request: Request) -> Response:
    return _waiting(request, "pending", "")


async def to_waiting(request: Request, exc: Exception) -> Response:
    """Whoever signs in before they are in sees this and nothing else."""
    assert isinstance(exc, auth.Waits)
    who: Signup = exc.signup
    return _waiting(request, who.state, who.login, 403)


def _waiting(request: Request, state: str, login: str, status: int = 200) -> Response:
    return render(request, "signup_waiting.html", WaitingPage(state, login), status, headers=_PRIVATE)


def _key(request: Request) -> str:
    return request.query_params.get("key", "")[:200]


routes = [
    Route("/signup", show, methods=["GET"]),
    Route("/signup", send, methods=["POST"]),
    Route(SENT, sent, methods=["GET"]),
    Route("/signup/confirm", look, methods=["GET"]),
    Route("/signup/confirm", confirm, methods=["POST"]),
    Route("/signup/waiting", wait, methods=["GET"]),
]
