"""A copy of a SQLite database, taken while others read and write it."""

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote


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
    _sync(part)
    part.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
