"""What apps send when somebody signs in, reads, posts and looks around, in the shapes that each of them sends it in.

`recorded/` has a list for each app: method, address, headers, and a body as JSON, as a form or with a file. What an
answer brings is kept under a name and stands for `{name}` in what follows. Each answer is held to its entity's schema.
"""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from answers import complaints
from browsing import Site
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from mastodon_apps import app_with
from scene import party, person
from telephones import picture

from hub import apps, events, people
from hub.clock import HOUR, now
from hub.neighbouring import spread
from hub.store import Tx
from web.mastodon.shapes import stamp

RECORDED = {path.stem: path for path in sorted((Path(__file__).parent / "recorded").glob("*.json"))}


def scene(tx: Tx) -> dict[str, str]:
    """An event to look at, Ann who holds the phone, and Bethan to look up."""
    ann, bethan = person(tx, "ann"), people.known_as(tx, "bethan")
    assert bethan is not None
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {
        "event": str(events.publish(tx, bethan[0].actor, party()).id), "me": str(ann),
        "other": str(bethan[0].actor), "later": stamp(now() + HOUR),
        "p256dh": base64.urlsafe_b64encode(point).decode().rstrip("="), "auth": "A" * 22,
    }  # fmt: skip


class Phone:
    """Replays what an app sends, and remembers what it was told."""

    def __init__(self, site: Site, headers: dict[str, str], known: dict[str, str]) -> None:
        self.site, self.known, self.wrong = site, known, list[str]()
        self.own, self.guest = app_with(site, **headers), app_with(site, **headers)

    async def agree(self, asked: dict[str, str]) -> None:
        """Ann says yes on the page, which gives a code."""

        def say_yes(tx: Tx) -> str:
            app = apps.get(tx, self.known["client_id"])
            assert app is not None
            assert asked["redirect_uri"] in app.redirects
            consent = apps.Consent(app.id, asked["redirect_uri"], asked["scope"], asked.get("challenge", ""))
            return apps.agree(tx, int(self.known["me"]), consent)

        self.known["code"] = await self.site.store.write(say_yes)

    async def send(self, call: dict[str, Any]) -> None:
        method, _, path = self._filled(call["call"]).partition(" ")
        app = self.guest if call.get("guest") or call.get("plain") else self.own
        given: dict[str, Any] = {"headers": call.get("headers", {})}
        if "json" in call:
            given["json"] = self._filled(call["json"])
        if "form" in call:
            given["data"] = self._filled(call["form"])
        if "file" in call:
            given["files"] = {call["file"]: ("it.png", picture().read(), "image/png")}
        answer = await app.request(method, path, **given)
        wanted = call.get("status", 200)
        if answer.status_code != wanted and (answer.status_code, wanted) != (202, 200):
            self.wrong.append(f"{call['call']}: {answer.status_code} {answer.text[:300]}")
        elif not call.get("plain"):
            self._look(method, path, answer, call)

    def _look(self, method: str, path: str, answer: httpx.Response, call: dict[str, Any]) -> None:
        assert answer.headers["content-type"].startswith("application/json"), call
        assert answer.headers["access-control-allow-origin"] == "*", call
        told = answer.json()
        guest = bool(call.get("guest"))
        self.wrong += complaints(method, path.partition("?")[0], answer.status_code, told, guest=guest)
        if "keep" in call:
            self.known[call["keep"]] = told["id"]
        for name in ("client_id", "client_secret", "access_token"):
            if name in told:
                self.known[name] = told[name]
        if "access_token" in told:
            self.own.headers["Authorization"] = f"Bearer {told['access_token']}"

    def _filled(self, what: Any) -> Any:
        """The same with what we know in place of `{name}`."""
        words = json.dumps(what)
        for name, value in self.known.items():
            words = words.replace("{" + name + "}", value)
        return json.loads(words)


@pytest.mark.parametrize("app", RECORDED)
async def test_what_an_app_sends_is_understood_and_answered_as_it_expects(site: Site, app: str) -> None:
    told = json.loads(RECORDED[app].read_text(encoding="utf-8"))
    phone = Phone(site, told["headers"], await site.store.write(scene))
    for call in told["calls"]:
        if "agree" in call:
            await phone.agree(call["agree"])
            continue
        await phone.send(call)
        if call["call"].startswith(("POST", "PUT", "DELETE")):
            await site.did(spread)
    assert not phone.wrong, "\n".join(phone.wrong)
