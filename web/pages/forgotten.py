"""By e-mail: a new password, a link to sign in with, another address. Opening a link changes nothing, a button does."""

import secrets
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import joining, people, recovery
from hub.errors import N_, HubError, Invalid, NotAllowed
from hub.recovery import Change, Elsewhere
from web import auth, done, forms, limits, mail
from web.forms import Form
from web.templates import render, see_other

Word = Annotated[str, Meta(max_length=300)]
Password = Annotated[str, Meta(max_length=1000)]
_PRIVATE = {"Cache-Control": "no-store"}
LETTER = "letter"  # the name of the cookie, after that of the hub's own


class Address(msgspec.Struct, frozen=True):
    email: Word


class NewPassword(msgspec.Struct, frozen=True):
    password: Password
    again: Password = ""


class NewAddress(msgspec.Struct, frozen=True):
    email: Word
    now: Password


class ForgottenPage(msgspec.Struct, frozen=True):
    """Ask for a letter. `entry`: for a link to sign in with, otherwise for a new password. `mails`: whether there is
    any mail; `offered`: whether links to sign in are allowed here."""

    form: Form[Any]
    entry: bool
    mails: bool
    offered: bool


class ResetPage(msgspec.Struct, frozen=True):
    """Choose a new password by a link from a letter. `key` is its secret, `login` whose it is."""

    form: Form[Any]
    key: str
    login: str


class LinkPage(msgspec.Struct, frozen=True):
    """A link from a letter, before its button is pressed. `what`: enter, here, address, undo or refuse; `email`: the
    address that it is about, "" when about none."""

    what: str
    action: str
    key: str
    login: str
    email: str


class AddressPage(msgspec.Struct, frozen=True):
    """One's own e-mail address, to be changed. Without `mails` it changes at once, and nothing proves it."""

    form: Form[Any]
    email: str
    mails: bool


# A forgotten password


async def forgotten(request: Request) -> Response:
    return await _ask(request, forms.blank(), entry=False)


async def send_reset(request: Request) -> Response:
    limits.check(request, limits.LETTER)
    form, state = await forms.parse(request, Address), request.app.state
    email = _email(form)
    if not email or not mail.on(state.config):
        return await _ask(request, form, 422, entry=False)
    await state.store.write(recovery.forgotten, email)
    return see_other(request, done.path("/password/forgotten", "letter"))


async def _ask(request: Request, form: Form[Any], status: int = 200, *, entry: bool) -> Response:
    state = request.app.state
    offered = (await state.store.read(joining.terms)).sign_in_links
    page = ForgottenPage(form, entry, mail.on(state.config), offered)
    return render(request, "forgotten.html", page, status, headers=_PRIVATE)


async def choose(request: Request) -> Response:
    return await _choose(request, forms.blank())


async def _choose(request: Request, form: Form[Any], status: int = 200) -> Response:
    account = await request.app.state.store.read(recovery.resetting, _key(request))
    page = ResetPage(form, _key(request), account.login)
    return render(request, "reset.html", page, status, headers=_PRIVATE)


async def reset(request: Request) -> Response:
    """A new password; whoever has the letter is not signed in by it, but signs in with the password."""
    limits.check(request, limits.PASSWORD)
    form, state = await forms.parse(request, NewPassword), request.app.state
    account = await state.store.read(recovery.resetting, _key(request))
    if form.value is None:
        return await _choose(request, form, 422)
    try:
        check_typed(form.value, account.login, account.email, *state.hub.name.values())
    except Invalid as wrong:
        return await _choose(request, form.refuse(wrong), 422)
    hashed = await state.passwords.hashed(form.value.password)
    await state.store.write(recovery.reset, _key(request), hashed)
    return see_other(request, done.path("/signin", "reset"))


def check_typed(typed: NewPassword, *personal: str) -> None:
    if typed.again != typed.password:
        raise Invalid(N_("The two passwords differ. Type the same one twice."), field="again")
    people.check_new_password(typed.password, *personal)


# A link to sign in with


async def by_letter(request: Request) -> Response:
    return await _ask(request, forms.blank(), entry=True)


async def send_entry(request: Request) -> Response:
    """The letter's link works in this browser alone: the cookie that says so is there for ten minutes."""
    limits.check(request, limits.LETTER)
    form, state = await forms.parse(request, Address), request.app.state
    email = _email(form)
    if not email or not mail.on(state.config):
        return await _ask(request, form, 422, entry=True)
    browser = secrets.token_urlsafe(32)
    await state.store.write(recovery.ask_to_enter, email, browser)
    return _sent(request, browser)


def _sent(request: Request, browser: str) -> Response:
    response = see_other(request, done.path("/signin/letter", "entry-letter"))
    return auth.remember(request, response, LETTER, browser, recovery.ENTRY_LASTS, "lax")


async def send_here(request: Request) -> Response:
    """The letter was opened in another browser: a new link, for this one. Whoever has the letter may have it."""
    limits.check(request, limits.LETTER)
    browser = secrets.token_urlsafe(32)
    await request.app.state.store.write(recovery.ask_here, _key(request), browser)
    return _sent(request, browser)


async def look(request: Request) -> Response:
    try:
        account = await request.app.state.store.read(recovery.entering, _key(request), _browser(request))
    except NotAllowed as wrong:
        return await _not_here(request, wrong)
    return _link(request, LinkPage("enter", "/signin/link", _key(request), account.login, ""))


async def enter(request: Request) -> Response:
    limits.check(request, limits.SIGN_IN)
    try:
        account = await request.app.state.store.write(recovery.enter, _key(request), _browser(request))
    except NotAllowed as wrong:
        return await _not_here(request, wrong)
    response = await auth.enter(request, done.path("/account", "signed-in"), account)
    return auth.forget(request, response, LETTER)


async def _not_here(request: Request, wrong: NotAllowed) -> Response:
    """A link that is good elsewhere is sent anew for here; for one that is not good, somebody asks again."""
    if isinstance(wrong, Elsewhere):
        return _link(request, LinkPage("here", "/signin/link/here", _key(request), "", ""), 403)
    return await _ask(request, forms.blank().refuse(wrong), 403, entry=True)


def _browser(request: Request) -> str:
    return auth.own_cookie(request, LETTER)


# Another address


@auth.needs("resident")
async def address(request: Request) -> Response:
    return _address(request, forms.blank())


def _address(request: Request, form: Form[Any], status: int = 200) -> Response:
    who = auth.require(request, "resident")
    page = AddressPage(form, who.email, mail.on(request.app.state.config))
    return render(request, "address.html", page, status, headers=_PRIVATE)


@auth.needs("resident")
async def send_address(request: Request) -> Response:
    who, state = auth.require(request, "resident"), request.app.state
    form = await forms.parse(request, NewAddress)
    if form.value is None:
        return _address(request, form, 422)
    limits.check(request, limits.PASSWORD, who.login)
    known = await state.store.read(people.known_as, who.login)
    if known is None or not await state.passwords.fits(form.value.now, known[1]):
        wrong = Invalid(N_("That is not your present password."), field="now")
        return _address(request, form.refuse(wrong), 422)
    mails = mail.on(state.config)
    try:
        verb = recovery.ask_for_address if mails else recovery.set_address
        await state.store.write(verb, who.actor, form.value.email)
    except HubError as refusal:
        if refusal.field is None:
            raise
        return _address(request, form.refuse(refusal), 422)
    return see_other(request, done.path("/account/email", "address-letter" if mails else "address"))


async def look_at_address(request: Request) -> Response:
    it: Change = await request.app.state.store.read(recovery.addressing, _key(request))
    return _link(request, LinkPage("address", "/account/email/confirm", _key(request), it.account.login, it.email))


async def confirm_address(request: Request) -> Response:
    limits.check(request, limits.PASSWORD)
    await request.app.state.store.write(recovery.confirm_address, _key(request))
    return see_other(request, done.path("/signin" if auth.account(request) is None else "/account", "address"))


async def look_at_undo(request: Request) -> Response:
    it: Change = await request.app.state.store.read(recovery.undoing, _key(request))
    return _link(request, LinkPage("undo", "/account/email/undo", _key(request), it.account.login, it.email))


async def undo(request: Request) -> Response:
    limits.check(request, limits.PASSWORD)
    await request.app.state.store.write(recovery.undo_address, _key(request))
    return see_other(request, done.path("/signin", "address-back"))


def _link(request: Request, page: LinkPage, status: int = 200) -> Response:
    return render(request, "letter_link.html", page, status, headers=_PRIVATE)


def _email(form: Form[Address]) -> str:
    """The address as it is kept; "" when it is none, with that said at its field."""
    if form.value is None:
        return ""
    try:
        return people.check_address(form.value.email)
    except Invalid as wrong:
        form.refuse(wrong)
        return ""


def _key(request: Request) -> str:
    return request.query_params.get("key", "")[:200]


routes = [
    Route("/password/forgotten", forgotten, methods=["GET"]),
    Route("/password/forgotten", send_reset, methods=["POST"]),
    Route("/password/reset", choose, methods=["GET"]),
    Route("/password/reset", reset, methods=["POST"]),
    Route("/signin/letter", by_letter, methods=["GET"]),
    Route("/signin/letter", send_entry, methods=["POST"]),
    Route("/signin/link", look, methods=["GET"]),
    Route("/signin/link", enter, methods=["POST"]),
    Route("/signin/link/here", send_here, methods=["POST"]),
    Route("/account/email", address, methods=["GET"]),
    Route("/account/email", send_address, methods=["POST"]),
    Route("/account/email/confirm", look_at_address, methods=["GET"]),
    Route("/account/email/confirm", confirm_address, methods=["POST"]),
    Route("/account/email/undo", look_at_undo, methods=["GET"]),
    Route("/account/email/undo", undo, methods=["POST"]),
]
