"""A hub and an aggregator as two processes with real HTTP between them: what one says, the other shows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from elsewhere import Elsewhere, activity, pair
from processes import Hub, free_port, on_the_air, until, words_of

from federation import signatures
from federation.keys import load_private
from hub.clock import now

pytestmark = pytest.mark.faults
EVENT = {
    "title": {"en": "Riverbank clear-up", "cy": "Clirio glan yr afon"}, "text": {"en": "Wear boots."},
    "starts": "2031-06-06T10:00", "ends": "2031-06-06T13:00", "venue": "Mill Bridge", "places": 40,
}  # fmt: skip


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Hub]]:
    folder = tmp_path_factory.mktemp("hubs")
    hub = Hub(folder / "hub").set_up("Riverside")
    before = hub.publish("event", **EVENT | {"title": {"en": "Published before anybody followed"}})
    assert before.isdigit()
    national = Hub(folder / "national", role="aggregator").set_up("Wales").start()
    hub.start()
    national.command("follow", hub.domain)
    yield hub, national
    hub.stop()
    national.stop()


def _shows(hub: Hub, words: str) -> bool:
    return words in words_of(hub.page("/"))


def test_what_was_there_before_the_follow_is_mirrored_with_its_origin(hubs: tuple[Hub, Hub]) -> None:
    hub, national = hubs
    until(lambda: _shows(national, "Published before anybody followed"), "the older event")
    assert hub.domain in national.page("/")


def test_publishing_cancelling_and_taking_down_show_nationally(hubs: tuple[Hub, Hub]) -> None:
    hub, national = hubs
    until(lambda: _shows(national, "Published before"), "the follow")
    id = hub.publish("event", **EVENT)
    ask = hub.publish("ask", title={"en": "A lift to the eye clinic"}, category="transport", people=1)
    project = hub.publish("project", title={"en": "Old Mill Orchard"}, summary={"en": "Forty trees."})
    hub.publish("note", text={"en": "28 of 40 trees are in."}, project=int(project))
    for words in ("Riverbank clear-up", "A lift to the eye clinic", "Old Mill Orchard", "28 of 40 trees"):
        until(lambda words=words: _shows(national, words), words)  # type: ignore[misc]
    with hub.steward() as steward:
        answer = steward.post(f"/events/{id}/cancel", data={"reason.en": "The bank is flooded."})
        assert answer.status_code == 200, answer.text[:300]
        until(lambda: "Cancelled" in words_of(national.page("/?words=Riverbank")), "the cancellation")
        answer = steward.post(f"/asks/{ask}/remove")
        assert answer.status_code == 200, answer.text[:300]
    until(lambda: not _shows(national, "A lift to the eye clinic"), "the ask to go")


def test_commands_may_be_repeated_beside_a_running_server(hubs: tuple[Hub, Hub]) -> None:
    hub, national = hubs
    assert hub.command("migrate") == "already up to date"
    assert "nothing changed" in hub.set_up_again()
    assert f"@hub@{hub.domain}" in national.command("follow", hub.domain)
    assert hub.command("user", "list").split()[:2] == ["bethan", "steward"]


@contextmanager
def a_person_elsewhere() -> Iterator[str]:
    """Somebody on a server of another make, on this machine. Gives their id."""
    port = free_port()
    server = Elsewhere(f"localhost:{port}", software="")
    server.base = f"http://localhost:{port}"
    with on_the_air(server, port):
        yield server.actor("ann")


def say(hub: Hub, sent: dict[str, Any]) -> int:
    """Post an activity to a hub, signed, over the network."""
    url, body = f"{hub.base}/inbox", msgspec.json.encode(sent)
    key = load_private(pair().rsa_private)
    signed = signatures.sign_cavage("POST", url, key_id=f"{sent['actor']}#main-key", key=key, at=now(), body=body)
    return httpx.post(url, content=body, headers=signed, trust_env=False).status_code


def test_who_joins_from_afar_is_counted_until_they_leave(hubs: tuple[Hub, Hub]) -> None:
    hub, _ = hubs
    event = f"{hub.base}/event/{hub.publish('event', **EVENT | {'title': {'en': 'Seed swap'}})}"

    def going() -> int:
        return int(hub.thing(urlsplit(event).path)["participantCount"])

    with a_person_elsewhere() as ann:
        assert say(hub, activity("Join", ann, event)) == 202
        until(lambda: going() == 1, "somebody who is coming")
        assert say(hub, activity("Leave", ann, event)) == 202
        until(lambda: going() == 0, "nobody who is coming")


def test_after_the_end_of_a_follow_nothing_more_comes(hubs: tuple[Hub, Hub]) -> None:
    hub, national = hubs
    hub.publish("note", text={"en": "The last that is heard."})
    until(lambda: _shows(national, "The last that is heard."), "the note")
    with national.steward() as steward:
        actor = re.search(r'name="actor" value="(\d+)"', steward.get("/steward/following").text)
        assert actor is not None
        answer = steward.post("/steward/following/stop", data={"actor": actor[1]})
        assert answer.status_code == 200
    with hub.steward() as steward:
        until(lambda: national.domain not in steward.get("/steward/followers").text, "the end of the follow")
    hub.publish("note", text={"en": "Nobody elsewhere hears this."})
    until(lambda: "Nobody elsewhere hears this." in str(hub.thing("/actor/hub/outbox?page=1")), "that it was told")
    until(lambda: ", 0 due" in hub.command("doctor"), "that nothing is under way")
    assert not _shows(national, "Nobody elsewhere hears this.")
