"""What was written out lately: good until something changes; for ten seconds in any case when a thousand ask at once.

When somebody with many followers shares an event, their servers all come within a minute, while people answer it and
it changes all the time. To write it out anew for each would bring a small machine down (trust.md D-15).
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

import msgspec

from hub.clock import MINUTE, now

V = TypeVar("V")
Reply = tuple[int, tuple[tuple[bytes, bytes], ...], bytes]  # an answer: its status, headers and body

HOT = 20  # times that something is asked for within `STALE`: then it is a crowd
STALE = 10_000  # ms: for so long a crowd may see what was true before the last change


class _Piece(msgspec.Struct, Generic[V]):
    version: Hashable
    at: int
    value: V
    asked: int = 0
    hot: bool = False


class Shelved(Generic[V]):
    """By key; of more than `most` those go first that nobody has asked for longest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, _Piece[V]] = OrderedDict()

    def get(self, key: Hashable, version: int) -> V | None:
        """What is kept, if it is as new as `version` and no older than a minute, or many ask for it just now."""
        piece = self._kept.get(key)
        if piece is None:
            return None
        self._kept.move_to_end(key)
        piece.asked += 1
        age = now() - piece.at
        same = piece.version == version and 0 <= age < MINUTE
        crowd = (piece.hot or piece.asked > HOT) and 0 <= age < STALE
        return piece.value if same or crowd else None

    def put(self, key: Hashable, version: int, value: V) -> None:
        before = self._kept.pop(key, None)
        hot = before is not None and before.asked > HOT and now() - before.at < MINUTE
        self._kept[key] = _Piece(version, now(), value, hot=hot)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
