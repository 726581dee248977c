"""What an app may do for somebody: `read`, `write:statuses` and the like, the greater of which contain the smaller."""

from collections.abc import Iterable

from hub.roles import Account, may

_READ = (
    "accounts", "blocks", "bookmarks", "collections", "favourites", "filters", "follows", "lists", "mutes",
    "notifications", "search", "statuses",
)  # fmt: skip
_WRITE = (
    "accounts", "blocks", "bookmarks", "collections", "conversations", "favourites", "filters", "follows", "lists",
    "media", "mutes", "notifications", "reports", "statuses",
)  # fmt: skip
_ADMIN = (
    "accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks",
    "canonical_email_blocks",
)  # fmt: skip
FOLLOW = frozenset(f"{what}:{whom}" for what in ("read", "write") for whom in ("blocks", "follows", "mutes"))
ALL = (
    "profile", "read", *(f"read:{one}" for one in _READ), "write", *(f"write:{one}" for one in _WRITE), "follow",
    "push", "admin:read", *(f"admin:read:{one}" for one in _ADMIN), "admin:write",
    *(f"admin:write:{one}" for one in _ADMIN),
)  # fmt: skip
KNOWN = frozenset(ALL)
USUAL = "read"  # when an app asks for none
ADMIN = "admin:"
LONGEST = 2000  # characters of them all


def parted(words: str) -> tuple[str, ...]:
    """The scopes in `words`, each once, in the order they were asked for."""
    return tuple(dict.fromkeys(words.split()))


def covers(granted: frozenset[str], wanted: str) -> bool:
    """Whether what was granted contains `wanted`."""
    if wanted in granted:
        return True
    if wanted in FOLLOW and "follow" in granted:
        return True
    above, _, _ = wanted.rpartition(":")
    return bool(above) and covers(granted, above)


def cover(granted: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether it contains all of them. `follow` is contained in `read` and `write` together."""
    held = frozenset(granted)
    return all(covers(held, one) or (one == "follow" and {"read", "write"} <= held) for one in wanted)


def open_to(account: Account | None, scope: str) -> bool:
    """Whether somebody of this role may ever do it, whatever their apps were granted."""
    return not scope.startswith(ADMIN) or may(account, "moderator")
