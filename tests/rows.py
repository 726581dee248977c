"""The plainest rows there are, for tests that only care whether they are there."""

from hub.store import Tx


def add(tx: Tx, reader: str, id: int = 0) -> str:
    """Any row will do; cursors are the plainest."""
    tx.run("INSERT INTO cursor (reader, xid, id) VALUES (:reader, 0, :id)", reader=reader, id=id)
    return reader


def readers(tx: Tx) -> list[str]:
    return [row["reader"] for row in tx.all("SELECT reader FROM cursor ORDER BY reader")]
