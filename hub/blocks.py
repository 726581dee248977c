"""Other servers that a hub keeps at a distance: limited (nothing of theirs shows unseen) or suspended (nothing at all).

A rule for a domain holds for every name below it, or a new name would be all it takes to come back.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from hub import audit, people
from hub.changes import Kind, record
from hub.clock import now
from hub.errors import N_, Invalid
from hub.store import Tx

LEVELS = ("limited", "suspended")
SUSPENDED = 2  # `thing.hidden` for what a suspension hides: a moderator's own decisions stay as they were
FEW = 3  # and for what is not for everybody (hub/kept.py)
MOST_LABELS = 12  # of a name that are looked at; no server has more

# The domain itself, or a name below it. Not LIKE: a name is no pattern.
_BELOW = "(domain = :domain OR substr(domain, length(domain) - length(:below) + 1) = :below)"
_HOST_BELOW = "(host = :domain OR substr(host, length(host) - length(:below) + 1) = :below)"
_THEIRS = f"SELECT id FROM actor WHERE local = 0 AND {_BELOW}"

_DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?"
)


class Rule(msgspec.Struct, frozen=True):
    """What holds for a domain and all below it, and why. `at` in ms UTC."""

    domain: str
    level: str
    reason: str
    at: int


def level(tx: Tx, host: str) -> str:
    """`limited`, `suspended`, or "" for a server that no rule speaks of. The stricter of several holds."""
    names = _asked(host)
    rows = tx.all(f"SELECT level FROM domain_rule WHERE domain IN ({', '.join(f':{name}' for name in names)})", **names)
    found = {row["level"] for row in rows}
    return "suspended" if "suspended" in found else "limited" if found else ""


def suspended(tx: Tx, host: str) -> bool:
    return level(tx, host) == "suspended"


def kept_out(tx: Tx, hosts: Iterable[str]) -> set[str]:
    """Those of `hosts` that are suspended: one look for many."""
    rows = tx.all("SELECT domain FROM domain_rule WHERE level = 'suspended'")
    names = {row["domain"] for row in rows}
    return {host for host in hosts if names and not names.isdisjoint(_above(host))}


def rules(tx: Tx, who: int) -> list[Rule]:
    """All rules, by domain. Moderators may see them."""
    people.require(tx, who, "moderator")
    rows = tx.all("SELECT domain, level, reason, at FROM domain_rule ORDER BY domain LIMIT 10000")
    return [Rule(row["domain"], row["level"], row["reason"], row["at"]) for row in rows]


def rule(tx: Tx, who: int, domain: str, level: str, reason: str = "") -> Rule:
    """Limit or suspend a domain; a second rule for it replaces the first. Moderators may.

    A suspension ends all follows between us, hides what is here of theirs, and drops what waits to be sent there.
    Raises `Invalid` naming the field.
    """
    people.require(tx, who, "moderator")
    domain = domain.strip().lower().removeprefix("https://").strip("/@")
    if not _DOMAIN.fullmatch(domain):
        raise Invalid(N_("Type the name of a server, for example spam.example."), field="domain")
    if level not in LEVELS:
        raise Invalid(N_("Choose whether to limit or to suspend it."), field="level")
    if len(reason) > 2000:
        raise Invalid(N_("Give the reason in at most 2,000 characters."), field="reason")
    tx.run(
        """INSERT INTO domain_rule (domain, level, reason, ruler, at) VALUES (:domain, :level, :reason, :who, :now)
           ON CONFLICT (domain) DO UPDATE SET level = excluded.level, reason = excluded.reason,
             ruler = excluded.ruler, at = excluded.at""",
        domain=domain, level=level, reason=reason.strip(), who=who, now=now(),
    )  # fmt: skip
    if level == "suspended":
        _part(tx, domain)
    else:
        _show_again(tx, domain)
    record(tx, Kind.DOMAIN_RULED, subject=0, actor=who, domain=domain, level=level)
    audit.note(tx, who, f"domain-{level}", domain=domain, reason=reason.strip())
    return Rule(domain, level, reason.strip(), now())


def lift(tx: Tx, who: int, domain: str) -> bool:
    """The rule holds no more, and what it hid shows again. Follows have to be asked for anew. False without a rule."""
    people.require(tx, who, "moderator")
    if not tx.run("DELETE FROM domain_rule WHERE domain = :domain", domain=domain):
        return False
    _show_again(tx, domain)
    record(tx, Kind.DOMAIN_RULED, subject=0, actor=who, domain=domain, level="")
    audit.note(tx, who, "domain-lifted", domain=domain)
    return True


def _part(tx: Tx, domain: str) -> None:
    tx.run(f"DELETE FROM follow WHERE follower IN ({_THEIRS}) OR followed IN ({_THEIRS})", **_names(domain))
    tx.run(
        f"UPDATE thing SET hidden = {SUSPENDED} WHERE hidden IN (0, {FEW}) AND local = 0 AND author IN ({_THEIRS})",
        **_names(domain),
    )
    tx.run(f"DELETE FROM job WHERE kind = 'deliver' AND {_HOST_BELOW}", **_names(domain))


def _show_again(tx: Tx, domain: str) -> None:
    """But for what another rule, of a name above or below, still hides."""
    hidden = tx.all(
        f"""SELECT DISTINCT domain FROM actor WHERE local = 0 AND {_BELOW}
              AND id IN (SELECT author FROM thing WHERE hidden = {SUSPENDED})""",
        **_names(domain),
    )  # fmt: skip
    for row in hidden:
        if not suspended(tx, row["domain"]):
            tx.run(
                f"""UPDATE thing SET hidden = CASE WHEN audience IN ('public', 'unlisted') THEN 0 ELSE {FEW} END
                    WHERE hidden = {SUSPENDED} AND author IN (SELECT id FROM actor WHERE domain = :domain)""",
                domain=row["domain"],
            )  # fmt: skip


def _names(domain: str) -> dict[str, str]:
    return {"domain": domain, "below": f".{domain}"}


@lru_cache(maxsize=1024)
def _asked(host: str) -> dict[str, str]:
    """The names to look for with each letter from there."""
    return {f"n{i}": name for i, name in enumerate(_above(host))}


def _above(host: str) -> list[str]:
    """The name itself, with and without its port, and every name above it."""
    host = host.lower()
    bare = host.partition(":")[0]
    labels = bare.split(".")[-MOST_LABELS:]
    return list(dict.fromkeys([host, bare, *(".".join(labels[i:]) for i in range(len(labels)))]))
