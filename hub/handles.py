"""The names by which ours are followed: which nobody may take, and how words become one."""

import unicodedata

from hub.clock import now
from hub.ids import new_id
from hub.packing import pack
from hub.store import Tx
from hub.text import Text

LONGEST = 30  # characters: what every server reads
PROJECT, TOPIC, SERIES = "p_", "t_", "s_"
# Slices that every hub has, and the names of lists at /actor/…, which an actor's address must not take.
RESERVED = frozenset({
    "hub", "hubs", "events", "asks", "offers", "projects", "places", "slices", "instance", "actor", "inbox", "outbox",
    "followers", "following", "featured", "upcoming",
})  # fmt: skip
# Whoever went by one of these would seem to speak for the hub, or take letters that are meant for it (RFC 2142).
OFFICIAL = frozenset({
    "abuse", "account", "accounts", "admin", "administrator", "administration", "all", "anonymous", "api", "bot",
    "contact", "council", "desk", "emergency", "everybody", "everyone", "feedback", "guest", "help", "helpdesk",
    "host", "hostmaster", "hubsteward", "info", "legal", "login", "mail", "mailerdaemon", "mod", "moderation",
    "moderator", "moderators", "neighbourhub", "news", "nobody", "noreply", "notice", "notices", "notifications",
    "office", "official", "owner", "password", "police", "postmaster", "privacy", "register", "relay", "report",
    "reports", "robot", "root", "security", "service", "settings", "signin", "signup", "staff", "steward", "stewards",
    "support", "sysadmin", "system", "team", "test", "trust", "undefined", "null", "user", "verify", "webmaster",
    "welcome", "www",
    "cymorth", "cymedrolwr", "diogelwch", "gweinyddwr", "stiward", "swyddogol",
})  # fmt: skip


def reserved(handle: str) -> bool:
    """Whether it is kept for what the hub itself may need."""
    return handle in RESERVED or handle.startswith((PROJECT, TOPIC, SERIES))


def speaks_for_the_hub(handle: str) -> bool:
    """Whether people would take it for somebody responsible, also with digits and underscores about it."""
    return "".join(letter for letter in handle.casefold() if letter.isalpha()) in OFFICIAL


def taken(tx: Tx, handle: str) -> bool:
    """Whether one of ours goes by it, has ever gone by it, will when somebody looks for them, or waits to."""
    row = tx.one(
        """SELECT 1 AS x WHERE EXISTS (SELECT 1 FROM actor WHERE local = 1 AND handle = :handle)
             OR EXISTS (SELECT 1 FROM slice WHERE handle = :handle)
             OR EXISTS (SELECT 1 FROM signup WHERE login = :handle AND state = 'pending')""",
        handle=handle,
    )
    return row is not None


def made_of(words: str, prefix: str = "") -> str:
    """A handle from words: "Câffi Trwsio" → caffi_trwsio. Empty when there is no letter in them that all can type."""
    apart = unicodedata.normalize("NFKD", words.casefold())
    kept = (c for c in apart if not unicodedata.combining(c))
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in kept)
    stem = "_".join(part for part in plain.split("_") if part)[: LONGEST - len(prefix)].rstrip("_")
    return prefix + stem if stem else ""


def free(tx: Tx, wish: str) -> str:
    """`wish`, or with a number behind it when somebody has it."""
    for number in range(2, 1000):
        if wish not in RESERVED and not taken(tx, wish):
            break
        tail = f"_{number}"
        wish = wish.removesuffix(f"_{number - 1}")[: LONGEST - len(tail)] + tail
    return wish


def claim(tx: Tx, handle: str, kind: str, name: Text, rule: str = "") -> int:
    """Keep a handle for a slice (hub/slices.py). Returns the slice's id."""
    id = new_id()
    tx.run(
        """INSERT INTO slice (id, handle, kind, name, rule, made)
           VALUES (:id, :handle, :kind, :name, :rule, :now)""",
        id=id, handle=handle, kind=kind, name=pack(name), rule=rule, now=now(),
    )  # fmt: skip
    return id
