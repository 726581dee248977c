"""What it costs a hub to say what somebody is told: forty notices of the ten thousand that they have."""

from collections.abc import Iterator

import pytest
from benchmarks import load
from benchmarks.apps import ROUNDS, TIMELINE, TIMES, a_hub, request
from benchmarks.calibration import Meter, of
from mastodon_apps import token_for
from processes import Hub
from scene import stranger

from hub import notices, people, statuses
from hub.statuses import Draft
from hub.store import Tx

pytestmark = pytest.mark.benchmark
PEOPLE, POSTS = 100, 100


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, str]]:
    with a_hub(tmp_path_factory.mktemp("told"), _fill) as it:
        yield it


def _fill(tx: Tx) -> str:
    """A hundred people elsewhere like, share, answer and follow, each of a hundred posts."""
    token = token_for(tx, "ann")
    known = people.known_as(tx, "ann")
    assert known is not None
    ann = known[0].actor
    crowd = [stranger(tx, f"n{n}", domain=f"s{n}.example") for n in range(PEOPLE)]
    posts = [statuses.publish(tx, ann, Draft(f"Post number {n} #heron")).id for n in range(POSTS)]
    for n in range(PEOPLE * POSTS):
        kind = (notices.FAVOURITE, notices.REBLOG, notices.MENTION, notices.FOLLOW)[n % 7 % 4]
        thing = None if kind == notices.FOLLOW else posts[n // PEOPLE]
        notices.tell(tx, ann, kind, crowd[n % PEOPLE], thing)
    tx.run("ANALYZE")
    return token


def again(hub: Hub, path: str, token: str) -> Meter:
    assert hub.process is not None
    meter, one = Meter(of(hub.process.pid)), request(hub, path, token)
    for _ in range(ROUNDS):
        with meter.running(TIMES):
            assert load.send(hub.port, [one] * TIMES) == {200: TIMES}
    return meter


def anew(hub: Hub, path: str, token: str) -> Meter:
    """Each asked otherwise than the last, so that nothing is given out again."""
    assert hub.process is not None
    meter = Meter(of(hub.process.pid))
    for round in range(-1, ROUNDS):
        each = [request(hub, f"{path}&anew={round}.{n}", token) for n in range(TIMES)]
        if round < 0:
            assert load.send(hub.port, each[: TIMES // 4]) == {200: TIMES // 4}
            continue
        with meter.running(TIMES):
            assert load.send(hub.port, each) == {200: TIMES}
    return meter


def test_forty_notices(hub: tuple[Hub, str]) -> None:
    it, token = hub
    for name, path in (("notifications", "/api/v1/notifications"), ("in bundles", "/api/v2/notifications")):
        again(it, f"{path}?limit=40", token).figure(f"{name}, 40, again", TIMELINE, 3)
        anew(it, f"{path}?limit=40", token).figure(f"{name}, 40, made anew", TIMELINE, 3)
