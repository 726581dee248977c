"""Is the hub well? First checks, each with what to do when the answer is no."""

import os
import shutil
import sqlite3
import sys
from pathlib import Path

import msgspec

from hub import jobs, manners, peers, people, settings
from hub.clock import DAY, HOUR, MINUTE, now
from hub.config import Config
from hub.errors import N_, NotFound
from hub.store import Store, Tx

LEAST_FREE = 200 * 1024 * 1024  # bytes
FIXED_SQLITE = (3, 51, 3)  # two connections that write at once could corrupt a file before this


class Finding(msgspec.Struct, frozen=True):
    """One check. `state` is ok, warn or bad; `fix` says what to do, and is empty when all is well."""

    check: str
    state: str
    found: str
    fix: str = ""


async def examine(store: Store, config: Config, data: Path) -> list[Finding]:
    """Look at the machine, the database and the queue. Changes nothing."""
    findings = [_python(), _sqlite(config), _folder(data), _room(data), _address(config)]
    return findings + await store.read(_inside, config)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "ok" if sys.version_info >= (3, 11) else "bad", version, "")


def _sqlite(config: Config) -> Finding:
    version = sqlite3.sqlite_version
    if config.store.url.startswith("postgres") or sqlite3.sqlite_version_info >= FIXED_SQLITE:
        return Finding("sqlite", "ok", version)
    return Finding(
        "sqlite", "warn", version,
        N_("Older than 3.51.3: never open the hub's file with another program while it runs."),
    )  # fmt: skip


def _folder(data: Path) -> Finding:
    if os.access(data, os.W_OK | os.X_OK):
        return Finding("data folder", "ok", str(data))
    return Finding(
        "data folder",
        "bad",
        str(data),
        N_("The hub cannot write here. Give the folder to the user that runs it: chown."),
    )


def _room(data: Path) -> Finding:
    use = shutil.disk_usage(data)
    found = f"{use.free // 1024**2} MB of {use.total // 1024**2} MB"
    if use.free >= LEAST_FREE and use.free >= use.total // 20:
        return Finding("free disk", "ok", found)
    return Finding(
        "free disk",
        "warn" if use.free >= LEAST_FREE else "bad",
        found,
        N_("Make room before the disk is full: old backups, logs, other programs."),
    )


def _address(config: Config) -> Finding:
    base = config.server.base_url
    if base.startswith("https://"):
        return Finding("address", "ok", base)
    return Finding(
        "address",
        "warn",
        base or "http",
        N_("Without https:// other servers will not talk to this hub. See docs/run for a free certificate."),
    )


def _inside(tx: Tx, config: Config) -> list[Finding]:
    try:
        hub = settings.get(tx)
    except NotFound:
        return [
            Finding(
                "hub", "warn", "not set up", N_("Open the set-up link that serve prints, or run: neighbourhub init.")
            )
        ]
    findings = [Finding("hub", "ok", f"{hub.acct} at {hub.base}")]
    if config.server.base_url and config.server.base_url.rstrip("/") != hub.base:
        findings.append(
            Finding(
                "base_url",
                "bad",
                config.server.base_url,
                N_("The hub was set up under another address. Others know it by that one: set server.base_url to it."),
            )
        )
    findings.append(_steward(tx))
    return [*findings, *_queue(tx), _silent(tx), *_clocks(tx)]


def _clocks(tx: Tx) -> list[Finding]:
    """What the clocks of those say who refuse what we send."""
    off = manners.clocks(tx)
    if not off:
        return []
    way = {True: "ahead of", False: "behind"}
    shown = [f"{abs(it.ahead) // MINUTE} minutes {way[it.ahead > 0]} {it.host}" for it in off[:5]]
    fix = N_("They refuse what we send. Set the clock of this machine by the network: timedatectl set-ntp true.")
    return [Finding("clock", "bad" if len(off) > 1 else "warn", f"ours is {', '.join(shown)}", fix)]


def _steward(tx: Tx) -> Finding:
    try:
        return Finding("steward", "ok", people.steward(tx).login)
    except NotFound:
        return Finding("steward", "bad", "none", N_("Make one: neighbourhub user create NAME --role steward."))


def _queue(tx: Tx) -> list[Finding]:
    queue = jobs.waiting(tx)
    age = (now() - queue.oldest) // HOUR if queue.oldest else 0
    late = Finding(
        "waiting jobs",
        "ok" if age < 1 else "warn",
        f"{queue.alive}, {queue.due} due",
        N_("The oldest is over an hour late. Does a worker run?") if age >= 1 else "",
    )
    dead = Finding(
        "dead jobs",
        "warn" if queue.dead else "ok",
        str(queue.dead),
        N_("Look at them on the steward's page and send them again.") if queue.dead else "",
    )
    return [late, dead]


def _silent(tx: Tx) -> Finding:
    silent = [one.host for one in peers.all(tx) if one.failures >= peers.TROUBLED and now() - one.last_ok > DAY]
    fix = N_("They have not answered for a day. We go on trying for thirty days.") if silent else ""
    return Finding("silent servers", "warn" if silent else "ok", ", ".join(silent[:5]) or "0", fix)
