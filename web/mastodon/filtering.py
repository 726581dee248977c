"""What somebody's filters say about statuses that they are about to see."""

from collections.abc import Collection

from hub.store import Tx


def filtered(tx: Tx, me: int, ids: Collection[int]) -> dict[int, bytes]:
    """For each of these things that a filter of theirs matches, the JSON list of `FilterResult`."""
    return {}
