"""One process writes to a SQLite file, and another that tries is told which."""

import fcntl
import os
from pathlib import Path

from hub.store import Locked

_held: set[int] = set()


def lock(database: Path) -> int:
    """Hold `database` for this process until `unlock`, or until it dies. Raises `Locked`."""
    path = database.with_name(f"{database.name}.lock")
    held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(held, 20).decode().strip()
        os.close(held)
        raise Locked(database, int(pid) if pid.isdigit() else None) from None
    os.ftruncate(held, 0)
    os.pwrite(held, f"{os.getpid()}\n".encode(), 0)
    _held.add(held)
    return held


def unlock(held: int) -> None:
    # The file stays: removing it would let a third process lock a new one while a second waits for this.
    _held.discard(held)
    os.close(held)


def _let_go_in_child() -> None:
    """A forked child would keep the lock of a parent that is gone."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_let_go_in_child)
