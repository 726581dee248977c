"""A hub comes back from its backup as it was, and nothing that is there is lost by it."""

import asyncio
import io
import os
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg
import pytest
from click.testing import CliRunner, Result
from cluster import Cluster
from PIL import Image
from processes import PASSWORD, Hub

from hub import events, media, settings
from hub.store import Store
from hub.store.open import opened
from web.cli import main

pytestmark = pytest.mark.slow

EVENT = {"title": {"en": "Clear-up"}, "starts": "2031-06-06T10:00", "ends": "2031-06-06T13:00", "venue": "Mill Bridge"}


def run(data: Path, *words: str, code: int = 0, **environment: str) -> Result:
    result = CliRunner(env=environment).invoke(main, [*words, "--data", str(data)])
    assert result.exit_code == code, result.output
    return result


def a_hub(folder: Path, **environment: str) -> Path:
    """The data of a hub with one event and its picture."""
    data = folder / "data"
    (folder / "password").write_text(PASSWORD)
    run(
        data, "init", "--base-url", "https://glan.example", "--name", "Riverside", "--steward", "bethan",
        "--email", "bethan@glan.example", "--password-file", str(folder / "password"), **environment,
    )  # fmt: skip
    Image.new("RGB", (40, 30)).save(folder / "bridge.png")
    said = EVENT | {"picture": "bridge.png", "alt": {"en": "A bridge"}}
    (folder / "event.json").write_bytes(msgspec.json.encode(said))
    run(data, "publish", "event", str(folder / "event.json"), **environment)
    return data


def looked(url: str) -> tuple[str, list[str], list[str]]:
    """The address, the titles of events, the keys of pictures."""

    async def look() -> tuple[str, list[str], list[str]]:
        async with opened(url) as store:
            return await _looked(store)

    return asyncio.run(look())


async def _looked(store: Store) -> tuple[str, list[str], list[str]]:
    hub, coming = await store.read(settings.get), await store.read(events.coming)
    keys = [row["key"] for row in await store.read(lambda tx: tx.all("SELECT key FROM media"))]
    return hub.base, [it.title["en"] for it in coming], keys


def repacked(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same backup with other things in it."""
    with tarfile.open(file) as archive:
        held = {it.name: found.read() for it in archive if (found := archive.extractfile(it)) is not None}
    change(held)
    other = file.with_name("other.tar.gz")
    with tarfile.open(other, "w:gz") as archive:
        for name, data in held.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return other


def test_a_hub_comes_back_on_another_machine_as_it_was(tmp_path: Path) -> None:
    data = a_hub(tmp_path)
    file = run(data, "backup").output.strip()
    other = tmp_path / "other"
    said = run(other, "restore", file).output
    assert said.startswith("https://glan.example is back, as it was on ")
    assert "Pictures: 1." in said
    base, titles, (key,) = looked(str(other / "hub.db"))
    assert (base, titles) == ("https://glan.example", ["Clear-up"])
    for size in ("full", "small"):
        ours, theirs = (media.path(folder / "media", key, size) for folder in (data, other))  # type: ignore[arg-type]
        assert ours.read_bytes() == theirs.read_bytes()
    assert (other / "neighbourhub.toml").read_bytes() == (data / "neighbourhub.toml").read_bytes()
    assert {file.stat().st_mode & 0o077 for file in other.rglob("*") if file.is_file()} == {0}
    assert not list(other.glob(".restore-*"))
    assert "hub: @hub@glan.example" in run(other, "doctor").output


def test_a_hub_that_is_there_is_not_overwritten_and_with_over_is_put_aside(tmp_path: Path) -> None:
    data = a_hub(tmp_path)
    file = run(data, "backup").output.strip()
    (tmp_path / "note.json").write_text('{"text": {"en": "Written after the backup"}}')
    run(data, "publish", "note", str(tmp_path / "note.json"))
    (data / "neighbourhub.toml").write_text('[server]\nbase_url = "https://glan.example"\nport = 8001\n')
    before = (data / "hub.db").read_bytes()

    assert "There is a hub here already." in run(data, "restore", file, code=1).output
    assert (data / "hub.db").read_bytes() == before

    said = run(data, "restore", file, "--over").output
    (aside,) = data.glob("backups/before-*")
    assert f"What was here before is in {aside}." in said
    assert (aside / "hub.db").read_bytes() == before
    assert list((aside / "media").rglob("*.jpg"))
    assert "port = 8001" in (data / "neighbourhub.toml").read_text()
    assert "port" not in (data / "neighbourhub.toml.restored").read_text()
    with sqlite3.connect(data / "hub.db") as conn:
        assert conn.execute("SELECT count(*) FROM thing WHERE kind = 'note'").fetchone() == (0,)
    conn.close()


def test_what_a_crash_left_beside_the_old_database_is_not_read_into_the_new_one(tmp_path: Path) -> None:
    data = a_hub(tmp_path)
    file = run(data, "backup").output.strip()
    (data / "hub.db-wal").write_bytes(b"left by a crash")
    run(data, "restore", file, "--over")
    assert looked(str(data / "hub.db"))[1] == ["Clear-up"]
    (aside,) = data.glob("backups/before-*")
    assert (aside / "hub.db-wal").read_bytes() == b"left by a crash"


def _torn(held: dict[str, bytes]) -> None:
    database = bytearray(held["hub.db"])
    database[20_000:24_000] = os.urandom(4000)
    held["hub.db"] = bytes(database)


def _newer(held: dict[str, bytes]) -> None:
    with sqlite3.connect(":memory:") as conn:
        conn.deserialize(held["hub.db"])
        conn.execute("INSERT INTO migration (name) VALUES ('9999_tomorrow')")
        conn.commit()
        held["hub.db"] = conn.serialize()
    conn.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_torn, "The database in it is damaged"),
        (_newer, "It was made by a newer version, which knows 9999_tomorrow."),
        (lambda held: held.update({"hub.db": b"no database" * 500}), "The database in it is damaged"),
        (lambda held: held.pop("hub.db"), "There is no hub.db in it."),
        (lambda held: held.update({"../escaped": b"x"}), "../escaped is no part of a hub's backup."),
        (lambda held: held.update({"media/../../escaped": b"x"}), "is no part of a hub's backup."),
        (lambda held: held.update({"hub.sock": b"x"}), "hub.sock is no part of a hub's backup."),
    ],
)
def test_a_backup_that_is_not_right_changes_nothing(
    tmp_path: Path, change: Callable[[dict[str, bytes]], None], said: str
) -> None:
    data = a_hub(tmp_path)
    file = repacked(Path(run(data, "backup").output.strip()), change)
    before = (data / "hub.db").read_bytes()
    assert said in run(data, "restore", str(file), "--over", code=1).output
    assert (data / "hub.db").read_bytes() == before
    assert not list(data.glob("backups/before-*"))
    assert not list(tmp_path.rglob("escaped"))
    assert not list(data.glob(".restore-*"))


def test_half_a_file_is_said_to_be_half(tmp_path: Path) -> None:
    data = a_hub(tmp_path)
    file = Path(run(data, "backup").output.strip())
    for part in (file.read_bytes()[: file.stat().st_size // 2], b"", b"no archive"):
        file.write_bytes(part)
        assert (
            "This file is no backup of a hub, or not all of it"
            in run(tmp_path / "o", "restore", str(file), code=1).output
        )
    assert not (tmp_path / "o" / "hub.db").exists()


def test_a_picture_that_is_lost_or_damaged_is_counted_and_the_rest_comes_back(tmp_path: Path) -> None:
    data = a_hub(tmp_path)
    whole = Path(run(data, "backup").output.strip())

    def spoil(held: dict[str, bytes]) -> None:
        (full,) = [name for name in held if name.startswith("media/") and not name.endswith(".small.jpg")]
        held[full] = b"\xff\xd8\xff"

    said = run(tmp_path / "other", "restore", str(repacked(whole, spoil)))
    assert "Pictures: 0." in said.stdout
    assert "1 pictures are not in the backup, or damaged there." in said.stderr
    assert looked(str(tmp_path / "other" / "hub.db"))[1] == ["Clear-up"]


def test_beside_a_hub_that_runs_it_is_refused(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "data").set_up().start()
    try:
        file = hub.command("backup")
        run(hub.data, "restore", file, "--over", code=73)
    finally:
        hub.stop()


def test_a_hub_on_postgresql_comes_back_into_an_empty_database(tmp_path: Path, cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as conn:
        for name in ("old", "new"):
            conn.execute(f"CREATE DATABASE restore_{name}".encode())
    old, new = ({"NEIGHBOURHUB_STORE_URL": cluster.url(f"restore_{name}")} for name in ("old", "new"))
    data = a_hub(tmp_path, **old)
    file = run(data, "backup", **old).output.strip()
    said = run(tmp_path / "other", "restore", file, **new).output
    assert "https://glan.example is back" in said
    assert "Pictures: 1." in said
    assert looked(cluster.url("restore_new"))[1] == ["Clear-up"]
    again = run(tmp_path / "third", "restore", file, "--over", code=1, **new).output
    assert "There is a hub in this database already." in again
    assert "There is no hub.db in it." in run(tmp_path / "fourth", "restore", file, code=1).output
