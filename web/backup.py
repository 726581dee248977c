"""Everything that a hub is, in one file: database with its keys, pictures, settings of the machine."""

import asyncio
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hub.clock import now
from hub.config import Config
from hub.errors import N_, Conflict
from hub.store import Store
from hub.store.sqlite import SqliteStore

PARTS = ("media", "neighbourhub.toml")  # beside the database


async def make(store: Store, config: Config, data: Path, to: Path | None) -> Path:
    """Write a backup while the hub runs: whole, or not at all. Returns the file.

    Raises `Conflict` when it is a PostgreSQL hub and `pg_dump` is not installed.
    """
    stamp = datetime.fromtimestamp(now() / 1000, UTC).strftime("%Y%m%d-%H%M%S")
    target = to or data / "backups" / f"hub-{stamp}.tar.gz"
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        database = await _database(store, config, Path(folder))
        await asyncio.to_thread(_pack, target, database, data)
    return target


async def _database(store: Store, config: Config, folder: Path) -> Path:
    if isinstance(store, SqliteStore):
        copy = folder / "hub.db"
        await store.backup(copy)
        return copy
    program = shutil.which("pg_dump")
    if program is None:
        raise Conflict(N_("pg_dump is not installed here. Install Debian's postgresql-client and try again."))
    dump = folder / "hub.dump"
    done = await asyncio.create_subprocess_exec(
        program, "--format=custom", f"--file={dump}", config.store.url, stderr=asyncio.subprocess.PIPE
    )
    _, said = await done.communicate()
    if done.returncode:
        raise Conflict(
            N_("pg_dump could not copy the database: %(why)s"), why=said.decode(errors="replace").strip()[-300:]
        )
    return dump


def _pack(target: Path, database: Path, data: Path) -> None:
    part = target.with_name(f".{target.name}.part")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds keys
    import tarfile  # nothing needs it to start

    with os.fdopen(opened, "wb") as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
        archive.add(database, arcname=database.name)
        for name in PARTS:
            if (data / name).exists():
                archive.add(data / name, arcname=name)
        archive.close()
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
