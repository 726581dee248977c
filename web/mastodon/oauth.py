"""How an app makes itself known, and gets and gives back what it acts with (OAuth 2: RFC 6749, 7009, 7636, 8414)."""

import base64
import binascii
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import actors, apps, scopes
from hub.apps import App, Issued
from hub.store import Store
from web.mastodon import rates
from web.mastodon.api import Caller, Refused, answer, invalid_token, route
from web.mastodon.params import Params, read

PRIVATE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
NO_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, or unsupported "
    "authentication method."
)
NO_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client."
)
NO_SCOPE = "The requested scope is invalid, unknown, or malformed."


# An app makes itself known


async def register(request: Request, caller: Caller, params: Params) -> Response:
    state = request.app.state
    given = [line for one in _exact(params, "redirect_uris") for line in one.split()]
    draft = apps.Draft(
        params.text("client_name"), tuple(given), " ".join(params.many("scopes")),
        params.text("website"), plain=state.base.startswith("http://"),
    )  # fmt: skip
    app, secret = await state.store.write(apps.register, draft)
    shown = _shown(request, app)
    return answer(shown | {"client_id": app.client, "client_secret": secret, "client_secret_expires_at": 0})


def _exact(params: Params, name: str) -> list[str]:
    """To the letter, since it is compared later: a string of lines, or a list."""
    one = params.exact(name)
    return [one] if one else params.many(name)


def _shown(request: Request, app: App) -> dict[str, object]:
    return {
        "id": str(app.id), "name": app.name, "website": app.website or None, "scopes": list(app.scopes),
        "redirect_uris": list(app.redirects), "redirect_uri": "\n".join(app.redirects),
        "vapid_key": getattr(request.app.state, "vapid_key", ""),
    }  # fmt: skip


async def itself(request: Request, caller: Caller, params: Params) -> Response:
    """An app looks whether its token is good."""
    app = await request.app.state.store.read_hot(apps.by_id, caller.app)
    if app is None:
        raise invalid_token()
    return answer(_shown(request, app))


# A token, for a code or for the app itself


async def token(request: Request) -> Response:
    rates.count(request)
    params = await read(request)
    store: Store = request.app.state.store
    app = await _client(request, params)
    kind = params.exact("grant_type")
    if kind == "authorization_code":
        code, redirect = params.exact("code"), params.exact("redirect_uri")
        if not code:
            raise _wrong("invalid_request", "Missing required parameter: code.")
        issued = await store.write(apps.exchange, app, code, redirect, params.exact("code_verifier"))
        if issued is None:
            raise _wrong("invalid_grant", NO_GRANT)
        return _issued(issued)
    if kind == "client_credentials":
        issued = await store.write(apps.own_token, app, params.exact("scope"))
        if issued is None:
            raise _wrong("invalid_scope", NO_SCOPE)
        return _issued(issued)
    if not kind:
        raise _wrong("invalid_request", "Missing required parameter: grant_type.")
    raise _wrong("unsupported_grant_type", "The authorization grant type is not supported by the authorization server.")


def _issued(it: Issued) -> Response:
    told = {"access_token": it.secret, "token_type": "Bearer", "scope": it.scopes, "created_at": it.created // 1000}
    return answer(told, headers=PRIVATE)


def _wrong(error: str, description: str, status: int = 400) -> Refused:
    return Refused(status, error, PRIVATE, error_description=description)


async def _client(request: Request, params: Params) -> App:
    """The app that calls, if it knows its secret. Raises 401."""
    client, secret = _credentials(request, params)
    store: Store = request.app.state.store
    app = await store.read(apps.known, client, secret) if client and secret else None
    if app is None:
        refused = _wrong("invalid_client", NO_CLIENT, 401)
        refused.headers = PRIVATE | {"WWW-Authenticate": 'Bearer realm="Neighbourhub", error="invalid_client"'}
        raise refused
    return app


def _credentials(request: Request, params: Params) -> tuple[str, str]:
    """In the header as `Basic`, or in the body."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return params.exact("client_id"), params.exact("client_secret")
    try:
        client, _, secret = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(client).replace("\0", ""), unquote_plus(secret)


async def revoke(request: Request) -> Response:
    """RFC 7009: what is no token (any more) is as good as given back; another app's token is not this one's to give."""
    rates.count(request)
    params = await read(request)
    store: Store = request.app.state.store
    client, secret = _credentials(request, params)
    app = await store.read(apps.known, client, secret) if client and secret else None
    if app is None or not await store.write(apps.revoke, app, params.exact("token")):
        raise _wrong("unauthorized_client", "You are not authorized to revoke this token", 403)
    return answer({}, headers=PRIVATE)


async def userinfo(request: Request, caller: Caller, params: Params) -> Response:
    """Who it is that let the app in, and nothing else (OpenID Connect's words)."""
    state = request.app.state
    who = await state.store.read(actors.get, caller.id)
    told = {
        "iss": f"{state.base}/", "sub": who.uri, "name": next(filter(None, who.name.values()), who.handle),
        "preferred_username": who.handle, "profile": who.url,
        "picture": f"{state.base}/drawn/icon/{who.uri.rpartition('/')[2]}.png",
    }  # fmt: skip
    return answer(told, headers=PRIVATE)


async def metadata(request: Request) -> Response:
    """What an app has to know of all this (RFC 8414)."""
    base = request.app.state.base
    told = {
        "issuer": f"{base}/",
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "app_registration_endpoint": f"{base}/api/v1/apps",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "userinfo_endpoint": f"{base}/oauth/userinfo",
        "scopes_supported": scopes.ALL,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }
    return answer(told)


routes: list[Route] = [
    route("POST", "/api/v1/apps", register, open=True),
    route("GET", "/api/v1/apps/verify_credentials", itself, app=True),
    Route("/oauth/token", token, methods=["POST"]),
    Route("/oauth/revoke", revoke, methods=["POST"]),
    route("GET", "/oauth/userinfo", userinfo, "profile"),
    Route("/.well-known/oauth-authorization-server", metadata, methods=["GET"]),
]
