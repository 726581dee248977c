"""A hub put back from its backup: looked over whole first, then put in place; what was there before is kept aside."""

import asyncio
import hashlib
import os
import shutil
import socket
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from gzip import BadGzipFile
from pathlib import Path, PurePosixPath

import msgspec

from hub import media
from hub.clock import now
from hub.config import Config
from hub.errors import N_, Conflict, NotFound
from hub.store import Tx
from hub.store.backup import Copy, examine, sync
from hub.store.lock import lock, unlock
from hub.store.open import POSTGRES, SQLITE, opened
from web import errands

DATABASE, DUMP, SETTINGS = "hub.db", "hub.dump", "neighbourhub.toml"
BESIDE = "neighbourhub.toml.restored"


class Restored(msgspec.Struct, frozen=True):
    """What is in place now. `base` is the hub's address and `at` when something last happened there, in ms UTC.
    `lost` are pictures that should be in the backup and are not, or not whole.

    `aside` is where the hub is that was here before; `settings_kept`: the settings file that was here stays.
    """

    base: str
    at: int
    pictures: int
    lost: int
    aside: str
    settings_kept: bool


def restore(config: Config, data: Path, file: Path, *, over: bool = False) -> Restored:
    """Put the hub from the backup `file` in place, in `data`. Nobody may have that hub open.

    Raises `Locked` when somebody has, and `Conflict` when a hub is there already (unless `over`), and when the backup
    is damaged, made by a newer version, or for the other database. Then nothing has changed.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=data, prefix=".restore-") as name:
        folder, url = Path(name), errands.store_url(config, data)
        if url.startswith(POSTGRES):
            _check_stopped(data)
            _unpack(file, folder, needs=DUMP)
            return _put(data, folder, asyncio.run(_into_postgres(url, folder / DUMP)), None)
        database = Path(url.removeprefix(SQLITE))
        with _alone(database):
            if database.exists() and database.stat().st_size and not over:
                raise Conflict(N_("There is a hub here already. With --over it is put aside first."))
            _unpack(file, folder, needs=DATABASE)
            return _put(data, folder, examine(folder / DATABASE), database)


def _unpack(file: Path, folder: Path, *, needs: str) -> None:
    """Only what a backup has in it, and only into `folder`, whatever the names in the file say."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            for entry in archive:
                if not entry.isdir():
                    _take(archive, entry, folder)
    except (tarfile.TarError, EOFError, zlib.error, BadGzipFile) as wrong:
        raise Conflict(N_("This file is no backup of a hub, or not all of it: %(why)s"), why=wrong) from wrong
    if not (folder / needs).exists():
        raise Conflict(N_("There is no %(name)s in it. Is it of a hub on another kind of database?"), name=needs)


def _take(archive: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    path = PurePosixPath(entry.name)
    ours = str(path) in (DATABASE, DUMP, SETTINGS) or (path.parts[:1] == ("media",) and ".." not in path.parts)
    data = archive.extractfile(entry) if entry.isreg() and ours else None
    if data is None:
        raise Conflict(N_("%(name)s is no part of a hub's backup."), name=entry.name)
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.copyfileobj(data, out, 1024 * 1024)
        out.flush()
        os.fsync(out.fileno())


def _put(data: Path, folder: Path, copy: Copy, database: Path | None) -> Restored:
    """What was here goes first and the database comes last: whatever stops this, doing it again finishes it."""
    pictures = folder / "media"
    pictures.mkdir(exist_ok=True, mode=0o700)
    lost = sum(not _whole(pictures, key) for key in copy.pictures)
    before = [database.with_name(database.name + end) for end in ("", "-wal", "-shm")] if database else []
    aside = _put_aside(data, [*before, data / "media"])
    pictures.replace(data / "media")
    kept = (data / SETTINGS).exists()
    if (folder / SETTINGS).exists():
        same = kept and (folder / SETTINGS).read_bytes() == (data / SETTINGS).read_bytes()
        kept = kept and not same
        (folder / SETTINGS).replace(data / (BESIDE if kept else SETTINGS))
    if database:
        (folder / DATABASE).replace(database)
        sync(database.parent)
    return Restored(copy.base, copy.at, len(copy.pictures) - lost, lost, aside, kept)


def _put_aside(data: Path, files: list[Path]) -> str:
    there = [file for file in files if file.exists()]
    if not there:
        return ""
    (data / "backups").mkdir(exist_ok=True, mode=0o700)
    stamp = datetime.fromtimestamp(now() / 1000, UTC).strftime("%Y%m%d-%H%M%S")
    aside = Path(tempfile.mkdtemp(dir=data / "backups", prefix=f"before-{stamp}-"))
    for file in there:
        shutil.move(file, aside / file.name)
    return str(aside)


def _whole(folder: Path, key: str) -> bool:
    """A picture's name is the digest of its full size."""
    with suppress(NotFound, FileNotFoundError):
        full, small = media.path(folder, key, "full"), media.path(folder, key, "small")
        return small.exists() and hashlib.sha256(full.read_bytes()).hexdigest() == key
    return False


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = lock(database)
    try:
        yield
    finally:
        unlock(held)


def _check_stopped(data: Path) -> None:
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(str(errands.socket_at(data))) == 0:
            raise Conflict(N_("The hub is running. Stop it first."))


async def _into_postgres(url: str, dump: Path) -> Copy:
    """All of it or nothing, and only into a database with no hub in it."""
    async with opened(url) as store:
        there = await store.read(lambda tx: tx.one("SELECT to_regclass('migration')::text AS name"))
    if there is not None and there["name"]:
        raise Conflict(N_("There is a hub in this database already. Make an empty one and name it in store.url."))
    program = shutil.which("pg_restore")
    if program is None:
        raise Conflict(N_("pg_restore is not installed here. Install Debian's postgresql-client and try again."))
    words = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", f"--dbname={url}", str(dump)]
    done = await asyncio.create_subprocess_exec(program, *words, stderr=asyncio.subprocess.PIPE)
    _, said = await done.communicate()
    if done.returncode:
        why = said.decode(errors="replace").strip()[-300:]
        raise Conflict(N_("pg_restore could not bring the database back: %(why)s"), why=why)
    async with opened(url) as store:
        return await store.read(_holds)


def _holds(tx: Tx) -> Copy:
    base, last = tx.one("SELECT base FROM hub"), tx.one("SELECT max(at) AS at FROM change")
    keys = [row["key"] for row in tx.all("SELECT DISTINCT key FROM media ORDER BY key")]
    return Copy(base["base"] if base else "", (last and last["at"]) or 0, keys)
