"""Structured values in text columns, the same on both databases."""

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")


def pack(value: object) -> str:
    """`value` as JSON text, to be kept in a column."""
    return msgspec.json.encode(value).decode()


def unpack(kept: str, kind: type[T]) -> T:
    """A kept value back, as `kind`. Raises `msgspec.ValidationError` when the column holds something else."""
    result: T = _decoder(cast("Hashable", kind)).decode(kept)
    return result


@lru_cache(maxsize=64)
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind)
