"""How fast a server wants to be served, as its answers say: when to come back, and how many requests it still takes.

GoToSocial takes 300 requests in five minutes from one address and has no shared inbox; whoever sends until it refuses
is refused for the rest of the five minutes, and what residents look up there with it. So what is left is spread.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from hub import jobs
from hub.clock import now

RESERVE = 0.1  # of what a server takes in one stretch, so much is left for what we fetch there
UNHURRIED = 0.5  # while more than this is left, there is no need to go slowly
USUAL = 300  # requests in a stretch, when it does not say
EPOCH = 100_000_000  # seconds: a bigger number is a time, a smaller one a wait

_NUMBER = re.compile(r"[0-9]{1,15}")


def retry_after(said: str) -> int | None:
    """`Retry-After` in milliseconds from now, a day at most; `None` for none and for nonsense."""
    said = said.strip()
    if re.fullmatch(r"[0-9]{1,12}", said):
        return min(int(said) * 1000, jobs.LONGEST_ASKED)
    try:
        when = parsedate_to_datetime(said[:60])
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return _from_now(when)


def asked_to_wait(headers: Mapping[str, str]) -> int | None:
    """Milliseconds that a server which refuses wants us to stay away: it says how long, or when it counts anew."""
    asked = retry_after(headers.get("retry-after", ""))
    return reset(headers) if asked is None else asked


def next_at(headers: Mapping[str, str]) -> int:
    """When the next request may go to a server that counts them; 0 when there is no need to wait."""
    left = _number(headers, "remaining")
    ends = None if left is None else reset(headers)
    if left is None or not ends:
        return 0
    limit = _number(headers, "limit") or max(USUAL, left)
    if left > limit * UNHURRIED:
        return 0
    spare = left - int(limit * RESERVE)
    return now() + (ends if spare <= 0 else ends // spare)


def reset(headers: Mapping[str, str]) -> int | None:
    """Milliseconds until a server counts anew. It says so as a date, in seconds since 1970, or in seconds from now."""
    said = _field(headers, "reset")[:60]
    if not said:
        return None
    if _NUMBER.fullmatch(said):
        seconds = int(said)
        ms = seconds * 1000 - (now() if seconds > EPOCH else 0)
        return min(max(ms, 0), jobs.LONGEST_ASKED)
    try:
        return _from_now(datetime.fromisoformat(said))
    except ValueError:
        return None


def _from_now(when: datetime) -> int | None:
    try:
        ms = int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000) - now()
    except (ValueError, OverflowError):
        return None
    return min(max(ms, 0), jobs.LONGEST_ASKED)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    said = _field(headers, name)
    return int(said) if _NUMBER.fullmatch(said) else None


def _field(headers: Mapping[str, str], name: str) -> str:
    return (headers.get(f"x-ratelimit-{name}") or headers.get(f"ratelimit-{name}") or "").strip()
