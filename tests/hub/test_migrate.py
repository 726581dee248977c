"""Numbered files, each applied once, whole or not at all."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from cluster import Cluster

from hub.store import Store, Tx
from hub.store.migrate import HERE, migrate, pending, statements
from hub.store.open import opened

FIRST = """-- One.
CREATE TABLE one (id {id}, words TEXT NOT NULL DEFAULT '{}') {strict};
"""
SECOND = """-- Two, and what only one of the databases knows.
-- only: sqlite
CREATE TRIGGER one_said AFTER INSERT ON one BEGIN
  UPDATE one SET words = 'said' WHERE id = new.id;
END;
-- only: postgres
CREATE FUNCTION said() RETURNS trigger AS $$
BEGIN
  new.words := 'said';
  RETURN new;
END;
$$ LANGUAGE plpgsql;
-- only: postgres
CREATE TRIGGER one_said BEFORE INSERT ON one FOR EACH ROW EXECUTE FUNCTION said();
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "steps"
    made.mkdir()
    (made / "9001_one.sql").write_text(FIRST)
    (made / "9002_two.sql").write_text(SECOND)
    (made / "README.txt").write_text("no step")
    return made


async def test_each_step_is_applied_once_and_in_order(store: Store, folder: Path) -> None:
    assert await store.write(migrate, folder) == ["9001_one", "9002_two"]
    assert await store.write(migrate, folder) == []
    (folder / "9003_three.sql").write_text("ALTER TABLE one ADD COLUMN more {int};")
    assert await store.write(migrate, folder) == ["9003_three"]


async def test_a_step_may_say_what_only_one_database_understands(store: Store, folder: Path) -> None:
    def say(tx: Tx) -> str:
        tx.run("INSERT INTO one (id) VALUES (1)")
        return str(tx.all("SELECT words FROM one")[0]["words"])

    await store.write(migrate, folder)
    assert await store.write(say) == "said"


async def test_a_step_that_fails_leaves_nothing_behind(store: Store, folder: Path) -> None:
    (folder / "9003_wrong.sql").write_text("CREATE TABLE three (id {id});\nINSERT INTO nowhere VALUES (1);\n")
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)):
        await store.write(migrate, folder)

    names = [step.name for step in await store.write(pending, folder)]
    assert names == ["9001_one.sql", "9002_two.sql", "9003_wrong.sql"]
    (folder / "9003_wrong.sql").write_text("CREATE TABLE three (id {id});\n")
    assert len(await store.write(migrate, folder)) == 3


async def test_every_step_of_the_hub_is_applied_in_a_new_database(store: Store) -> None:
    steps = sorted(step.name.removesuffix(".sql") for step in HERE.iterdir() if step.name.endswith(".sql"))
    rows = await store.read(lambda tx: tx.all("SELECT name FROM migration ORDER BY name"))
    assert [row["name"] for row in rows] == steps
    assert steps[0] == "0001_ground"


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[str]:
    url = cluster.fresh("template0")
    yield url
    cluster.drop(url)


async def test_two_processes_that_start_together_share_the_work(empty: str) -> None:
    async with opened(empty) as one, opened(empty) as two:
        applied = await asyncio.gather(one.write(migrate), two.write(migrate))
    steps = sorted(step.name.removesuffix(".sql") for step in HERE.iterdir())
    assert sorted([*applied[0], *applied[1]]) == steps


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_what_people_answered_is_there_after_their_table_is_made_anew(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def then(tx: Tx) -> None:
        tx.run(
            """INSERT INTO actor (id, uri, kind, type, handle, domain, name, url, inbox, created, updated)
               VALUES (1, 'u', 'hub', 'Group', 'hub', 'd', '{}', 'u', 'i', 1, 1)"""
        )
        for id, status in ((2, "open"), (3, "done")):
            tx.run(
                """INSERT INTO thing (id, uri, url, kind, author, local, title, words, html, published, updated)
                   VALUES (:id, :uri, 'u', 'ask', 1, 1, '{}', '{}', '{}', 5, 7)""",
                id=id, uri=f"t{id}",
            )  # fmt: skip
            tx.run(
                "INSERT INTO ask (id, category, status, expires) VALUES (:id, 'other', :status, 9)",
                id=id, status=status,
            )  # fmt: skip
        tx.run(
            """INSERT INTO answer (id, ask, guest, contact, said, words, state, via, at)
               VALUES (4, 2, 'Mair', '1', 'help', 'I can', 'accepted', 'web', 6)"""
        )

    old = tmp_path / "old"
    old.mkdir()
    for step in HERE.iterdir():
        if step.name < "0010":
            (old / step.name).write_text(step.read_text("utf-8"), "utf-8")
    url = str(tmp_path / "hub.db") if database == "sqlite" else request.getfixturevalue("empty")
    async with opened(url) as store:
        await store.write(migrate, old)
        await store.write(then)
        await store.write(migrate)
        kept = await store.read(lambda tx: tx.all("SELECT id, ask, guest, words, state, named, told FROM answer"))
        closed = await store.read(lambda tx: tx.all("SELECT closed FROM ask ORDER BY id"))
    assert [tuple(dict(row).values()) for row in kept] == [(4, 2, "Mair", "I can", "accepted", 0, "")]
    assert [row["closed"] for row in closed] == [None, 7]


def test_a_statement_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="without an end"):
        statements("CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER)\n", "sqlite")


def test_comments_and_empty_lines_are_no_statements() -> None:
    assert statements("-- Nothing.\n\n-- At all.\n", "sqlite") == []
