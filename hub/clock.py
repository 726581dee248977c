"""What time it is. One place to ask, so that tests and faults can say."""

import time
from collections.abc import Callable

MINUTE = 60_000  # ms
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LAST = 253_402_214_400_000  # ms: a day short of the year 10000, which no calendar of ours can show in any zone


def _system() -> int:
    return time.time_ns() // 1_000_000


_source: Callable[[], int] = _system


def now() -> int:
    """Milliseconds since 1970-01-01 UTC."""
    return _source()


def use(source: Callable[[], int] | None) -> None:
    """Take the time from `source` from now on; `None` goes back to the machine's clock."""
    global _source
    _source = source or _system
