"""A hub and an aggregator as two processes with real HTTP between them: what one says, the other shows."""

from collections.abc import Iterator

import pytest
from processes import Hub, until, words_of

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
