"""Doing a thing once, although it was asked for twice: by a double click, by a script that is run again."""

import hashlib

from hub.clock import now
from hub.store import Tx


def key(*words: str | bytes) -> str:
    """The key of what is asked for by these words. Other words, or the same ones cut elsewhere, give another."""
    digest = hashlib.sha256()
    for part in words:
        told = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(told).to_bytes(8, "big") + told)
    return digest.hexdigest()


def made(tx: Tx, key: str) -> int | None:
    """The id of what came of it the first time; `None` when this is the first."""
    row = tx.one("SELECT made FROM once WHERE key = :key AND (ends IS NULL OR ends > :now)", key=key, now=now())
    return int(row["made"]) if row else None


def remember(tx: Tx, key: str, id: int, *, lasts: int | None = None) -> None:
    """`id` came of it. For `lasts` ms it is not done again; for ever if nothing is said.

    In the transaction that asked `made`: of two at once, one waits or is run again, and then finds the other's.
    """
    tx.run("DELETE FROM once WHERE ends <= :now OR key = :key", key=key, now=now())
    tx.run(
        "INSERT INTO once (key, made, at, ends) VALUES (:key, :made, :now, :ends)",
        key=key, made=id, now=now(), ends=None if lasts is None else now() + lasts,
    )  # fmt: skip
