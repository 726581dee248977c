"""Passkeys: what a browser is asked for, and whether what it answers is right.

The library is imported where it is used: a hub at which nobody signs in never loads it.
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Sequence
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from hub import factors
from hub.errors import N_, Invalid
from hub.factors import Passkey
from hub.people import Account
from hub.store import Tx
from web import auth

log = structlog.get_logger()

COOKIE = "passkey"  # the name of the cookie, after that of the hub's own
LARGEST = 16 * 1024  # characters of an answer; those of real passkeys have some hundreds
REFUSED = N_("Your passkey was not accepted. Try it again, or sign in another way.")


class Shown(msgspec.Struct, frozen=True):
    """A passkey that was shown just now; `verified` when its device asked for a finger, a face or a PIN."""

    passkey: Passkey
    verified: bool


def host(base: str) -> str:
    """Whose passkeys they are: they stay good when the port changes, and not when the name does."""
    return urlsplit(base).hostname or ""


def handle(actor: int) -> bytes:
    """By what a passkey knows its account: it says nothing about who that is."""
    return hashlib.sha256(f"neighbourhub passkey {actor}".encode()).digest()


async def _ready() -> None:
    """Load the library beside the event loop: the first time takes some tenths of a second."""
    await asyncio.to_thread(import_module, "webauthn")


async def options(request: Request, purpose: str, who: Account | None = None) -> Response:
    """What the browser is to sign, as JSON. Without `who`, any passkey for this hub will do."""
    await _ready()
    browser = _browser(request) or secrets.token_urlsafe(32)
    challenge, known = await request.app.state.store.write(_asked, purpose, who.actor if who else None, browser)
    return _json(request, _request(host(request.app.state.base), challenge, known), browser)


async def new_options(request: Request, who: Account) -> Response:
    """What the browser is to make a passkey from, as JSON."""
    await _ready()
    state, browser = request.app.state, _browser(request) or secrets.token_urlsafe(32)
    challenge, known = await state.store.write(_asked, "new", who.actor, browser)
    name = next(filter(None, state.hub.name.values()), "Neighbourhub")
    return _json(request, _creation(host(state.base), name, who, challenge, known), browser)


def _asked(tx: Tx, purpose: str, actor: int | None, browser: str) -> tuple[bytes, list[Passkey]]:
    return factors.challenge(tx, purpose, actor, browser), factors.passkeys(tx, actor) if actor else []


def _json(request: Request, text: str, browser: str) -> Response:
    """With a cookie by which the answer is known to come from where it was asked. One for all that a browser asks: the
    offer in the name's field and the button beside it do not take it from each other."""
    response = Response(text, media_type="application/json", headers={"Cache-Control": "no-store"})
    return auth.remember(request, response, COOKIE, browser, factors.LASTS, "strict")


def _browser(request: Request) -> str:
    return auth.own_cookie(request, COOKIE)


def _request(rp: str, challenge: bytes, known: Sequence[Passkey]) -> str:
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    made = generate_authentication_options(
        rp_id=rp, challenge=challenge, timeout=factors.LASTS, allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.PREFERRED,
    )  # fmt: skip
    return options_to_json(made)


def _creation(rp: str, hub: str, who: Account, challenge: bytes, known: Sequence[Passkey]) -> str:
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    wanted = AuthenticatorSelectionCriteria(
        resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.PREFERRED
    )
    made = generate_registration_options(
        rp_id=rp, rp_name=hub, user_name=who.login, user_id=handle(who.actor), challenge=challenge,
        timeout=factors.LASTS, authenticator_selection=wanted, exclude_credentials=_described(known),
    )  # fmt: skip
    return options_to_json(made)


def _described(known: Sequence[Passkey]) -> list[Any]:
    from webauthn import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in known]


async def added(request: Request, who: Account, answer: str, name: str) -> list[str]:
    """Keep the passkey that the browser has made. Returns recovery codes, if they had none. Raises `HubError`."""
    await _ready()
    state = request.app.state
    challenge = _challenge(answer)
    await state.store.write(factors.use_challenge, "new", challenge, who.actor, _browser(request))
    credential, key, uses = _made(state.base, challenge, answer)
    codes: list[str] = await state.store.write(_add, who.actor, credential, key, uses, name)
    return codes


def _add(tx: Tx, actor: int, credential: str, key: bytes, uses: int, name: str) -> list[str]:
    factors.add_passkey(tx, actor, credential, key, uses, name)
    return [] if factors.of(tx, actor).codes else factors.new_codes(tx, actor)


async def shown(request: Request, purpose: str, answer: str, who: Account | None = None) -> Shown:
    """Whose passkey this is (that of `who`, when it has to be theirs). Raises `Invalid`."""
    await _ready()
    state = request.app.state
    challenge = _challenge(answer)
    await state.store.write(factors.use_challenge, purpose, challenge, who.actor if who else None, _browser(request))
    found: Passkey | None = await state.store.read(factors.passkey, _credential(answer))
    if found is None or (who is not None and found.account != who.actor):
        raise Invalid(REFUSED)
    uses, verified = _signed(state.base, challenge, answer, found)
    if not await state.store.write(factors.use_passkey, found.id, uses):
        log.warning("a passkey counts less than it did", passkey=found.id)  # many never learned to: it is let in
    return Shown(found, verified)


class _Response(msgspec.Struct):
    clientDataJSON: str
    userHandle: str | None = None


class _Answer(msgspec.Struct):
    id: str
    response: _Response


class _Said(msgspec.Struct):
    challenge: str


def _parsed(answer: str) -> _Answer:
    if len(answer) > LARGEST:
        raise Invalid(REFUSED)
    try:
        return msgspec.json.decode(answer, type=_Answer)
    except (msgspec.DecodeError, UnicodeError) as wrong:
        raise Invalid(REFUSED) from wrong


def _credential(answer: str) -> str:
    id = _parsed(answer).id
    if not re.fullmatch(r"[\w-]{1,1400}", id, re.ASCII):
        raise Invalid(REFUSED)
    return id


def _challenge(answer: str) -> bytes:
    """What the browser says that it signed; whether it did is looked at later."""
    from webauthn import base64url_to_bytes

    try:
        said = msgspec.json.decode(base64url_to_bytes(_parsed(answer).response.clientDataJSON), type=_Said)
        return base64url_to_bytes(said.challenge)
    except (ValueError, msgspec.DecodeError) as wrong:
        raise Invalid(REFUSED) from wrong


def _made(base: str, challenge: bytes, answer: str) -> tuple[str, bytes, int]:
    """The new passkey's id, its public key, and how often it says it was used."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    try:
        it = verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=host(base), expected_origin=base
        )
    except Exception as wrong:  # what is wrong with it comes as any of two dozen kinds, of three libraries
        raise Invalid(REFUSED) from wrong
    return bytes_to_base64url(it.credential_id), it.credential_public_key, it.sign_count


def _signed(base: str, challenge: bytes, answer: str, known: Passkey) -> tuple[int, bool]:
    """How often it says it was used, and whether its device made sure who holds it."""
    from webauthn import base64url_to_bytes, verify_authentication_response

    try:
        it = verify_authentication_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=host(base), expected_origin=base,
            credential_public_key=known.public_key, credential_current_sign_count=0,
        )  # fmt: skip
        owner = base64url_to_bytes(_parsed(answer).response.userHandle or "")
    except Exception as wrong:
        raise Invalid(REFUSED) from wrong
    if owner not in (b"", handle(known.account)):
        raise Invalid(REFUSED)
    return it.new_sign_count, it.user_verified
