"""Is it still you? Asked before what matters, of who has not shown it for a quarter of an hour; then they go on."""

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub import factors
from hub.errors import Invalid, NotAllowed
from hub.factors import Factors
from hub.people import Account
from web import auth, forms, limits, passkeys
from web.forms import Form
from web.pages import signin
from web.templates import render, see_other

OWN = "sure."  # what the names of this page's own fields begin with
HIDDEN = ("password", "again", "now", "credential", "code")  # what is never carried on


class Sure(msgspec.Struct, frozen=True):
    password: Annotated[str, Meta(max_length=1000)] = ""
    code: Annotated[str, Meta(max_length=300)] = ""
    credential: Annotated[str, Meta(max_length=passkeys.LARGEST)] = ""


class Asked(msgspec.Struct, frozen=True):
    sure: Sure = Sure()


class AgainPage(msgspec.Struct, frozen=True):
    """Is it still you? `to` is where they go on; `held` is what they had sent there, if it was a form (name, words).

    `posts` says that it was one.
    """

    form: Form[Any]
    login: str
    factors: Factors
    to: str
    posts: bool
    held: list[tuple[str, str]]


async def ask(request: Request, exc: Exception) -> Response:
    """For a page marked with `auth.sure`. A page is asked for again afterwards, a form is sent on as it was."""
    assert isinstance(exc, auth.Again)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method in ("GET", "HEAD"):
        return see_other(request, f"/signin/again?next={quote(here, safe='/')}")
    typed, _ = await forms.read(request, forms.MEDIA, forms.FILES)
    form = forms.Form[Any](typed)
    return await _page(request, form, here, True, 401)


async def show(request: Request) -> Response:
    to = auth.back(request.query_params.get("next", ""), "/account")
    if auth.account(request) is None:
        raise auth.SignIn(to)
    return await _page(request, forms.blank(), to, False)


async def _page(request: Request, form: Form[Any], to: str, posts: bool, status: int = 200) -> Response:
    who = auth.require(request, "resident")
    found = await request.app.state.store.read(factors.of, who.actor)
    held = [(name, words) for name, many in form.kept().items() for words in many if _carried(name)] if posts else []
    page = AgainPage(form, who.login, found, to, posts, held)
    return render(request, "again.html", page, status, headers={"Cache-Control": "no-store"})


def _carried(name: str) -> bool:
    return not name.startswith(OWN) and name.rpartition(".")[2] not in HIDDEN


async def check(request: Request) -> Response:
    """A form goes on to where it was sent first, with all that was typed: 307 keeps it whole."""
    to = auth.back(request.query_params.get("next", ""), "/account")
    posts = request.query_params.get("form") == "1"
    if auth.account(request) is None:
        raise HTTPException(401)
    who = auth.require(request, "resident")
    form = await forms.parse(request, Asked)
    try:
        await _shown(request, form, who)
    except (Invalid, NotAllowed) as wrong:
        return await _page(request, form.refuse(wrong), to, posts, 422)
    return await auth.reassure(request, RedirectResponse(to, 307) if posts else see_other(request, to))


async def _shown(request: Request, form: Form[Any], who: Account) -> None:
    typed: Sure = form.value.sure if form.value else Sure()
    if typed.credential:
        limits.check(request, limits.PASSKEY)
        await passkeys.shown(request, "sure", typed.credential, who)
    elif typed.code.strip():
        if not await request.app.state.store.write(factors.check_code, who.actor, typed.code):
            raise Invalid(signin.WRONG_CODE, field="sure.code")
    else:
        await auth.check_own(request, who, typed.password, "sure.password")


routes = [
    Route("/signin/again", show, methods=["GET"]),
    Route("/signin/again", check, methods=["POST"]),
]
