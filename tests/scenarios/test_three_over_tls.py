"""Three hubs as their users run them: real processes, names of their own, TLS, and one authority that vouches for all.

Where the machine allows it, they run in a network namespace, each on port 443 of an address of its own, and find
each other by a hosts file that nobody else sees. Elsewhere the same is told on loopback, with a port for each.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
from elsewhere import Elsewhere, activity, pair
from loopback import Authority
from processes import PASSWORD, Hub, free_port, on_the_air, until, words_of

from federation import signatures
from federation.keys import load_private
from hub.clock import now

pytestmark = pytest.mark.faults
NAMES = ("riverside.test", "penarth.test", "wales.test", "town.test")
INSIDE = "HUB_TEST_IN_A_NAMESPACE"
ENTER = 'ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@"'
EVENT = {
    "title": {"en": "Riverbank clear-up", "cy": "Clirio glan yr afon"}, "text": {"en": "Wear boots."},
    "starts": "2031-06-06T10:00", "ends": "2031-06-06T13:00", "venue": "Mill Bridge", "places": 40,
}  # fmt: skip


def address(name: str) -> str:
    return f"127.0.0.{NAMES.index(name) + 2}"


class Place:
    """Where the story happens: with names, or on loopback where there can be none."""

    def __init__(self, folder: Path, *, named: bool) -> None:
        self.folder, self.named = folder, named
        self.authority = Authority(folder)

    def tls(self, name: str) -> tuple[Path, Path]:
        return self.authority.certificate(name if self.named else "localhost"), self.authority.root

    def hub(self, name: str, title: str, role: str = "hub") -> Hub:
        it = Hub(self.folder / name, role=role, tls=self.tls(name))
        if self.named:
            it.port, it.base = 443, f"https://{name}"
            it.environment |= {
                "NEIGHBOURHUB_SERVER_BASE_URL": it.base, "NEIGHBOURHUB_SERVER_PORT": "443",
                "NEIGHBOURHUB_SERVER_HOST": address(name),
            }  # fmt: skip
        return it.set_up(title).start()

    @contextmanager
    def somebody(self) -> Iterator[str]:
        """Ann, on a server of another make. Gives her id."""
        port = 443 if self.named else free_port()
        server = Elsewhere("town.test" if self.named else f"localhost:{port}", software="")
        file = self.tls("town.test")[0]
        where = address("town.test") if self.named else "127.0.0.1"
        with on_the_air(server, port, host=where, ssl_certfile=file, ssl_keyfile=file):
            yield server.actor("ann")


def test_three_hubs_with_names_and_tls_find_each_other_and_say_all_there_is_to_say(tmp_path: Path) -> None:
    if INSIDE in os.environ:
        story(Place(tmp_path, named=True))
        return
    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"{address(name)} {name}\n" for name in NAMES) + "127.0.0.1 localhost\n")
    why = what_forbids(hosts)
    if why:
        print(f"\nNo network namespace here ({why}): on loopback instead.")
        story(Place(tmp_path, named=False))
        return
    test = f"{__file__}::test_three_hubs_with_names_and_tls_find_each_other_and_say_all_there_is_to_say"
    told = inside(hosts, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test)
    assert told.returncode == 0, told.stdout[-6000:] + told.stderr[-2000:]


def inside(hosts: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program where only these names exist, and nobody else's network."""
    return subprocess.run(
        ["unshare", "--mount", "--net", "--fork", "--kill-child", "sh", "-c", ENTER, str(hosts), *words],
        env=os.environ | {INSIDE: "1"}, capture_output=True, text=True, timeout=120, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip


def what_forbids(hosts: Path) -> str:
    """Why there can be no namespace; "" when there can."""
    missing = [name for name in ("unshare", "ip", "mount") if shutil.which(name) is None]
    if missing:
        return f"no {missing[0]}"
    tried = inside(hosts, "true")
    return "" if tried.returncode == 0 else tried.stderr.strip()[:200] or "it is not allowed"


# --- the story ---------------------------------------------------------------------------------------


def story(place: Place) -> None:
    hubs: list[Hub] = []
    try:
        hubs += [place.hub("riverside.test", "Riverside"), place.hub("penarth.test", "Penarth")]
        hubs += [place.hub("wales.test", "Wales", role="aggregator")]
        river, penarth, wales = hubs
        find_each_other(river, penarth, wales)
        event, ask = publish(river, penarth, wales)
        answer(place, river, event)
        help_each_other(river, penarth, ask)
        cancel_and_take_down(river, penarth, wales, event, ask)
        for hub, other in ((river, penarth), (penarth, wales), (wales, river)):
            well(hub, other)
    finally:
        for hub in hubs:
            hub.stop()


def find_each_other(river: Hub, penarth: Hub, wales: Hub) -> None:
    for follower, followed in ((penarth, river), (river, penarth), (wales, river), (wales, penarth)):
        assert f"@hub@{followed.domain}" in follower.command("follow", followed.domain)
    for hub, others in ((river, (penarth, wales)), (penarth, (river, wales))):
        with hub.steward() as steward:
            for other in others:
                until(lambda o=other: o.domain in steward.get("/steward/followers").text, other.domain)  # type: ignore[misc]


def publish(river: Hub, penarth: Hub, wales: Hub) -> tuple[str, str]:
    event = river.publish("event", **EVENT)
    ask = river.publish("ask", title={"en": "A lift to the eye clinic"}, category="transport", people=1)
    river.publish("project", title={"en": "Old Mill Orchard"}, summary={"en": "Forty trees."})
    for words in ("Riverbank clear-up", "A lift to the eye clinic", "Old Mill Orchard"):
        until(shows(wales, words), words)
    until(lambda: mirrored(penarth, "Riverbank clear-up"), "the event next door")
    until(lambda: mirrored(penarth, "A lift to the eye clinic"), "the ask next door")
    return event, ask


def shows(hub: Hub, words: str) -> Callable[[], bool]:
    return lambda: words in words_of(hub.page("/"))


def mirrored(hub: Hub, title: str) -> int:
    """The number that a thing of another hub has here; 0 when it is not here, or is here no more."""
    with hub.looking() as conn:
        found = conn.execute(
            "SELECT id FROM thing WHERE local = 0 AND removed IS NULL AND kind <> 'companion' AND title LIKE ?",
            (f"%{title}%",),
        ).fetchone()
    return int(found[0]) if found else 0


def answer(place: Place, river: Hub, event: str) -> None:
    """Somebody afar joins, a neighbour answers on the page: both are counted."""

    def going() -> int:
        return int(river.thing(f"/event/{event}")["participantCount"])

    with place.somebody() as ann:
        assert say(river, activity("Join", ann, f"{river.base}/event/{event}")) == 202
        until(lambda: going() == 1, "Ann")
        with river.steward() as steward:
            assert steward.post(f"/events/{event}/answer", data={"said": "yes", "party": "1"}).status_code == 200
        until(lambda: going() == 2, "Bethan")


def say(hub: Hub, sent: dict[str, object]) -> int:
    url, body = f"{hub.base}/inbox", msgspec.json.encode(sent)
    key = load_private(pair().rsa_private)
    signed = signatures.sign_cavage("POST", url, key_id=f"{sent['actor']}#main-key", key=key, at=now(), body=body)
    with hub.browser() as browser:
        return browser.post(url, content=body, headers=signed).status_code


def help_each_other(river: Hub, penarth: Hub, ask: str) -> None:
    """Somebody in Penarth can help in Riverside: offered, accepted, done."""
    there = mirrored(penarth, "A lift to the eye clinic")
    with penarth.steward() as helper, river.steward() as coordinator:
        sent = helper.post(f"/asks/{there}/pledge", data={"words": "I have a van", "hours": "2"})
        assert sent.status_code == 200, sent.text[:300]
        number = until(lambda: first_answer(coordinator, ask), "the offer")
        path = f"/asks/{ask}/answers/{number}"
        for step in ({"state": "accepted", "words": "Ring Nia."}, {"state": "done", "hours": "2"}):
            done = coordinator.post(path, data=step)
            assert done.status_code == 200, done.text[:300]
            state = step["state"]
            until(lambda s=state: pledged(penarth) == s, f"that it is {state}")  # type: ignore[misc]


def first_answer(coordinator: httpx.Client, ask: str) -> str:
    found = re.search(rf"/asks/{ask}/answers/(\d+)", coordinator.get(f"/asks/{ask}/answers").text)
    return found[1] if found else ""


def pledged(hub: Hub) -> str:
    with hub.looking() as conn:
        return str(conn.execute("SELECT state FROM pledge").fetchone()[0])


def cancel_and_take_down(river: Hub, penarth: Hub, wales: Hub, event: str, ask: str) -> None:
    with river.steward() as steward:
        assert steward.post(f"/events/{event}/cancel", data={"reason.en": "The bank is flooded."}).status_code == 200
        until(lambda: "Cancelled" in words_of(wales.page("/?words=Riverbank")), "the cancellation")
        until(
            lambda: "Cancelled" in words_of(penarth.page(f"/events/{mirrored(penarth, 'Riverbank')}")), "it in Penarth"
        )
        assert steward.post(f"/asks/{ask}/remove").status_code == 200
    until(lambda: not mirrored(wales, "A lift to the eye clinic"), "the ask to go")
    until(lambda: not mirrored(penarth, "A lift to the eye clinic"), "the ask to go next door")


def well(hub: Hub, other: Hub) -> None:
    """Its doctor has another hub look at it, and finds nothing wrong."""
    said = hub.command("doctor", "--through", other.domain)
    assert f"ok    our key and signature, checked by {other.domain}: right" in said
    assert f"ok    our inbox, tried by {other.domain}: answered 202" in said
    assert "bad   " not in said
    assert PASSWORD not in said
