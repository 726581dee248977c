"""Residents and what they hold in their hands: apps of foreign make, let in by the hub's own pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
from browsing import fields
from loopback import Authority
from processes import PASSWORD, Hub

PLENTY = {f"NEIGHBOURHUB_LIMITS_API_{name}": "100000" for name in ("TOKEN", "USER", "GUEST", "MEDIA", "DELETE", "APPS")}
HOUSE = {  # what stands in a picture does not matter to anybody here
    "width": 64, "height": 48,
}  # fmt: skip


@contextmanager
def two_hubs(folder: Path) -> Iterator[tuple[Hub, Hub]]:
    """Riverside, with Ann, Rhys and Olwen in it, and Penarth next door. Both speak TLS alone."""
    vouching = Authority(folder)
    tls = vouching.certificate("localhost"), vouching.root
    river, penarth = (Hub(folder / name, tls=tls, **PLENTY) for name in ("riverside", "penarth"))
    try:
        river.set_up("Riverside").start()
        penarth.set_up("Penarth").start()
        for name, role in (("ann", "resident"), ("rhys", "resident"), ("olwen", "organiser")):
            move_in(river, name, role)
        yield river, penarth
    finally:
        river.stop()
        penarth.stop()


def move_in(hub: Hub, name: str, role: str = "resident") -> None:
    password = str(hub.data.parent / f"{hub.data.name}-password")
    hub.command(
        "user", "create", name, "--email", f"{name}@example.org", "--password-file", password, "--role", role
    )  # fmt: skip


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


def code_in(led: httpx.Response) -> str:
    assert led.status_code == 303, led.text[:500]
    return parse_qs(urlsplit(led.headers["location"]).query)["code"][0]
