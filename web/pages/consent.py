"""Whether an app may act for somebody: the page that asks, and what the app is told (OAuth 2).

What is asked for stands in the address and is read from there each time, also when the form is sent: so that it is sent
back to the letter. Nobody is sent away but by a button of their own, or anybody could make our address lead to theirs.
"""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import apps, scopes
from hub.apps import App
from hub.errors import N_, HubError, Invalid
from hub.people import Account
from web import auth, errors, forms
from web.mastodon.words import Means, meant
from web.templates import CSP, render, see_other

PATH = "/oauth/authorize"
# Without form-action: browsers hold against it also where a form's answer leads on to, which is the app.
HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": CSP.replace("form-action 'self'; ", "")}
ONCE = (
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "code_challenge",
    "code_challenge_method",
)  # fmt: skip
LONGEST = 4000  # characters of `state`

UNKNOWN = N_("The hub does not know this app. Go back to the app and sign in from there again.")
ELSEWHERE = N_("The app wants to be sent back to an address that it did not tell us before. Nothing has been let in.")
UNCLEAR = N_("What the app asked for cannot be understood. Go back to the app, or tell its makers: %(what)s.")
TOO_MUCH = N_("The app asks for more than it said it would. Nothing has been let in.")
NOT_YOURS = N_("The app asks to look after the hub. Only moderators and stewards can let it do that.")


class Asked(msgspec.Struct, frozen=True):
    """What an app asks for. `state` is the app's own, and goes back as it came."""

    app: App
    redirect: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str
    fragment: bool


class ConsentPage(msgspec.Struct, frozen=True):
    """An app asks to be let in. `sees` and `does` is what it may then do, `action` where the answer is sent.

    `where`: where it sends one back to, empty for a code to copy. `unsure`: another program could get in between.
    `other` is where somebody else signs in.
    """

    app: str
    website: str
    where: str
    account: Account
    means: Means
    unsure: bool
    action: str
    other: str


class CodePage(msgspec.Struct, frozen=True):
    """The code to copy into the app; empty when it was not let in."""

    code: str


async def ask(request: Request) -> Response:
    try:
        asked = await _asked(request)
        who = auth.account(request)
        if who is None or request.query_params.get("force_login", "").lower() in ("true", "1"):
            return _sign_in(request, again=who is not None)
        _may(who, asked)
    except HubError as refusal:
        return _refused(request, refusal)
    return _page(request, asked, who)


def _page(request: Request, asked: Asked, who: Account) -> Response:
    app, here = asked.app, _here(request)
    unsure = not asked.challenge and asked.redirect != apps.OUT_OF_BAND and apps.public(asked.redirect)
    page = ConsentPage(
        app.name, app.website, _where(asked.redirect), who, meant(asked.scopes), unsure, here,
        f"/signin?again=1&next={quote(here, safe='/')}",
    )  # fmt: skip
    return render(request, "consent.html", page, headers=HEADERS)


async def answer(request: Request) -> Response:
    """Yes or no. Whoever has signed out, or in as somebody else, meanwhile is asked again."""
    try:
        asked = await _asked(request)
        who = auth.account(request)
        if who is None:
            return _sign_in(request)
        _may(who, asked)
    except HubError as refusal:
        return _refused(request, refusal)
    typed, _ = await forms.read(request, forms.WORDS)
    if typed.get("who") != [str(who.actor)]:
        return _page(request, asked, who)
    if typed.get("answer") != ["yes"]:
        return _back(request, asked, error="access_denied", error_description="The resource owner denied the request.")
    consent = apps.Consent(asked.app.id, asked.redirect, " ".join(asked.scopes), asked.challenge)
    code = await request.app.state.store.write(apps.agree, who.actor, consent)
    return _back(request, asked, code=code)


async def by_hand(request: Request) -> Response:
    """The code, to be carried over to an app that cannot be sent back to."""
    code = request.query_params.get("code", "")[:200]
    return render(request, "consent_code.html", CodePage(code), headers={"Cache-Control": "no-store"})


async def _asked(request: Request) -> Asked:
    """What the address asks for. Raises `HubError` with what is wrong."""
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    names = [name for name, _ in pairs]
    given = dict(pairs)
    app = await request.app.state.store.read(apps.get, given.get("client_id", ""))
    if app is None or names.count("client_id") > 1:
        raise Invalid(UNKNOWN)
    redirect = given.get("redirect_uri", "")
    if redirect not in app.redirects or names.count("redirect_uri") > 1:
        raise Invalid(ELSEWHERE)
    twice = next((name for name in ONCE if names.count(name) > 1), None)
    _check(given, twice)
    wanted = scopes.parted(given.get("scope", "")) or (scopes.USUAL,)
    if not scopes.KNOWN.issuperset(wanted) or not scopes.cover(app.scopes, wanted):
        raise Invalid(TOO_MUCH)
    fragment = given.get("response_mode") == "fragment"
    return Asked(app, redirect, wanted, given.get("state"), given.get("code_challenge", ""), fragment)


def _check(given: dict[str, str], twice: str | None) -> None:
    wrong = twice
    if given.get("response_type") != "code":
        wrong = "response_type"
    elif given.get("response_mode", "query") not in ("query", "fragment"):
        wrong = "response_mode"
    elif len(given.get("state", "")) > LONGEST:
        wrong = "state"
    elif "code_challenge_method" in given and given["code_challenge_method"] != "S256":
        wrong = "code_challenge_method"
    elif "code_challenge" in given or "code_challenge_method" in given:
        if "code_challenge_method" not in given:  # it would mean "plain", which protects nothing
            wrong = "code_challenge_method"
        elif not apps.is_challenge(given.get("code_challenge", "")):
            wrong = "code_challenge"
    if wrong:
        raise Invalid(UNCLEAR, what=wrong)


def _may(who: Account, asked: Asked) -> None:
    if not all(scopes.open_to(who, one) for one in asked.scopes):
        raise Invalid(NOT_YOURS)


def _refused(request: Request, refusal: HubError) -> Response:
    words = errors.translated(request, refusal.message)
    return errors.answer(request, 400, message=words % refusal.facts if refusal.facts else words)


def _here(request: Request, *without: str) -> str:
    """This address with all that it asks for, to the letter."""
    parts = [part for part in request.url.query.split("&") if part.partition("=")[0] not in ("done", *without)]
    return f"{PATH}?{'&'.join(parts)}"


def _sign_in(request: Request, *, again: bool = False) -> Response:
    """First sign in, then come back to all of this. What an app wants to be typed afresh is asked for once."""
    next_ = quote(_here(request, "force_login"), safe="/")
    response = see_other(request, f"/signin?{'again=1&' * again}next={next_}")
    response.headers["Cache-Control"] = "no-store"
    return response


def _back(request: Request, asked: Asked, **told: str) -> Response:
    """To the app, at the very address it gave, with what it is told added."""
    if asked.redirect == apps.OUT_OF_BAND:
        told.pop("error_description", None)
        return see_other(request, f"{PATH}/native?{urlencode(told)}")
    if asked.state is not None:
        told["state"] = asked.state
    mark = "#" if asked.fragment else "&" if "?" in asked.redirect else "?"
    to = f"{asked.redirect}{mark}{urlencode(told, quote_via=quote)}"
    return Response(status_code=302, headers={"Location": to, "Cache-Control": "no-store"})


def _where(redirect: str) -> str:
    """Where it leads, as far as it says something to people."""
    if redirect == apps.OUT_OF_BAND:
        return ""
    parts = urlsplit(redirect)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


routes = [
    Route(PATH, ask, methods=["GET"]),
    Route(PATH, answer, methods=["POST"]),
    Route(f"{PATH}/native", by_hand, methods=["GET"]),
]
