"""A copy of a SQLite database: taken while others read and write it, and looked over before it takes their place."""

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

import msgspec

from hub.errors import N_, Conflict
from hub.store.migrate import HERE


class Copy(msgspec.Struct, frozen=True):
    """What a copy holds: the hub's address, when something last happened there (ms UTC), the keys of its pictures."""

    base: str
    at: int
    pictures: list[str]


def backup(source: Path, target: Path) -> None:
    """Write `source` as it is now to `target`, whole or not at all. Safe beside a running hub.

    In one step: page by page a busy hub would never let it finish. What was deleted is not in it.
    """
    for left in target.parent.glob(f".{target.name}.*.part"):
        left.unlink(missing_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # it holds keys
    conn = sqlite3.connect(f"file:{quote(str(source.absolute()))}?mode=ro", uri=True, timeout=5, isolation_level=None)
    try:
        conn.execute("VACUUM INTO ?", (str(part),))
    finally:
        conn.close()
    sync(part)
    part.replace(target)
    sync(target.parent)


def examine(copy: Path) -> Copy:
    """Look a copy over, page by page. Raises `Conflict` when it is damaged, no hub's, or a newer version's."""
    conn = sqlite3.connect(f"file:{quote(str(copy.absolute()))}?mode=ro&immutable=1", uri=True)
    try:
        said = conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if said != "ok" or conn.execute("PRAGMA foreign_key_check").fetchone():
            raise Conflict(N_("The database in it is damaged: %(why)s"), why=said)
        known = {file.name.removesuffix(".sql") for file in HERE.iterdir()}
        newer = sorted({name for (name,) in conn.execute("SELECT name FROM migration")} - known)
        if newer:
            raise Conflict(
                N_("It was made by a newer version, which knows %(name)s. Install that first."), name=newer[0]
            )
        base = conn.execute("SELECT base FROM hub").fetchone()
        at = conn.execute("SELECT max(at) FROM change").fetchone()
        pictures = [key for (key,) in conn.execute("SELECT DISTINCT key FROM media ORDER BY key")]
        return Copy(base[0] if base else "", at[0] or 0, pictures)
    except sqlite3.DatabaseError as wrong:
        raise Conflict(N_("The database in it is damaged: %(why)s"), why=wrong) from wrong
    finally:
        conn.close()


def sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
