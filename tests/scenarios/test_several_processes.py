"""Several processes on one PostgreSQL: what one of them ends has ended for all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from mastodon_apps import token_for
from processes import Hub, until

from hub import apps, people, reacting, statuses
from hub.statuses import Draft
from hub.store import Tx
from hub.store.open import opened

pytestmark = pytest.mark.slow
# Its clock stands still, so that nothing which it knows is ever too old; and it looks at nothing a second time.
DEAF = """
from hub import clock
from hub.store import postgres
from web.cli import main
at, postgres.ECHOES = clock._system(), ()
clock.use(lambda: at)
main()
"""


@contextmanager
def one_that_answers(data: Path, url: str) -> Iterator[Hub]:
    """A process of a hub that answers and does nothing else: if it finds something out, it has heard."""
    it = Hub(data, NEIGHBOURHUB_STORE_URL=url, NEIGHBOURHUB_WORKER_INLINE="false").set_up()
    it.program = ["-c", DEAF]
    it.start()
    try:
        yield it
    finally:
        it.stop()


def app(hub: Hub, token: str) -> httpx.Client:
    return httpx.Client(base_url=hub.base, headers={"Authorization": f"Bearer {token}"}, trust_env=False)


def actor(tx: Tx, login: str) -> int:
    found = people.known_as(tx, login)
    assert found is not None
    return found[0].actor


def suspend(tx: Tx) -> None:
    people.suspend(tx, people.steward(tx).actor, actor(tx, "ben"))


ENDS: dict[str, Callable[[Tx], None]] = {
    "ann": lambda tx: apps.end_all(tx, actor(tx, "ann")),
    "ben": suspend,
    "cath": lambda tx: people.set_password(tx, actor(tx, "cath"), "x"),
}


async def test_what_ends_in_one_process_has_ended_in_the_other_without_any_time_going_by(
    postgres_url: str, tmp_path: Path
) -> None:
    with one_that_answers(tmp_path / "hub", postgres_url) as hub:
        async with opened(postgres_url) as store:
            tokens = {name: await store.write(token_for, name) for name in (*ENDS, "dai")}
            said = await store.write(lambda tx: statuses.publish(tx, actor(tx, "dai"), Draft("A heron")).id)
            clients = {name: app(hub, token) for name, token in tokens.items()}

            def status(name: str) -> int:
                return clients[name].get("/api/v1/accounts/verify_credentials").status_code

            def kept() -> bool:
                return bool(clients["dai"].get("/api/v1/timelines/public?local=1").json()[0]["bookmarked"])

            for name, end in ENDS.items():
                assert [status(name), status(name)] == [200, 200]
                await store.write(end)
                until(lambda name=name: status(name) in (401, 403), f"{name} to be let out")  # type: ignore[misc]
            assert (kept(), kept()) == (False, False)
            await store.write(lambda tx: reacting.keep(tx, actor(tx, "dai"), said))
            until(kept, "the bookmark")
            assert status("dai") == 200
            for one in clients.values():
                one.close()
