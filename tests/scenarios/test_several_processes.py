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
STOPPED = "at = clock._system(); clock.use(lambda: at)"


@contextmanager
def beside(first: Hub, data: Path, url: str) -> Iterator[Hub]:
    """Another process on the same database, which answers and does nothing else. Its clock stands still, so that
    nothing which it knows is ever too old: if it finds out, it has heard."""
    it = Hub(data, NEIGHBOURHUB_STORE_URL=url, NEIGHBOURHUB_WORKER_INLINE="false")
    it.environment["NEIGHBOURHUB_SERVER_BASE_URL"] = first.base
    it.program = ["-c", f"from hub import clock; {STOPPED}; from web.cli import main; main()"]
    it.start()
    try:
        yield it
    finally:
        it.stop()


def app(asked: Hub, named: Hub, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}", "Host": named.domain}
    return httpx.Client(base_url=f"http://localhost:{asked.port}", headers=headers, trust_env=False)


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
    here = Hub(tmp_path / "here", NEIGHBOURHUB_STORE_URL=postgres_url).set_up().start()
    try:
        async with opened(postgres_url) as store:
            tokens = {name: await store.write(token_for, name) for name in ("ann", "ben", "cath", "dai")}
            said = await store.write(lambda tx: statuses.publish(tx, actor(tx, "dai"), Draft("A heron")).id)
            with beside(here, tmp_path / "there", postgres_url) as there:
                clients = {name: app(there, here, token) for name, token in tokens.items()}

                def status(name: str) -> int:
                    return clients[name].get("/api/v1/accounts/verify_credentials").status_code

                def kept() -> bool:
                    return bool(clients["dai"].get("/api/v1/timelines/home").json()[0]["bookmarked"])

                assert [status(name) for name in (*tokens, *tokens)] == [200] * 8
                assert not kept()
                for name, end in ENDS.items():
                    assert status(name) == 200
                    await store.write(end)
                    until(lambda name=name: status(name) in (401, 403), f"{name} to be let out")
                await store.write(lambda tx: reacting.keep(tx, actor(tx, "dai"), said))
                until(kept, "the bookmark")
                assert status("dai") == 200
                for one in clients.values():
                    one.close()
    finally:
        here.stop()
