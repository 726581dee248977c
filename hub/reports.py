"""What other servers report to us about somebody or something of ours. Kept for moderators, never answered."""

import msgspec

from hub import audit, people, things
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, NotFound
from hub.ids import new_id
from hub.packing import pack, unpack
from hub.store import Row, Tx

MOST_NAMED = 50  # things in one report
A_DAY = 30  # reports from one server
KEPT = 365 * DAY


class Report(msgspec.Struct, frozen=True):
    """One report: which server sent it (never who), the addresses that it names, and what it says."""

    id: int
    domain: str
    about: list[str]
    words: str
    at: int
    settled: int | None


def receive(tx: Tx, uri: str, domain: str, about: list[str], words: str, *, sender: int) -> bool:
    """Keep a report. False when it is here already, says nothing about us, or its server has sent too many today."""
    row = tx.one(
        "SELECT count(*) AS n FROM report WHERE domain = :domain AND at > :since", domain=domain, since=now() - DAY
    )
    assert row is not None
    if not about or row["n"] >= A_DAY or _told_already(tx, domain, about):
        return False
    id = new_id()
    kept = tx.run(
        """INSERT INTO report (id, uri, domain, about, words, at)
           VALUES (:id, :uri, :domain, :about, :words, :now) ON CONFLICT (uri) DO NOTHING""",
        id=id, uri=uri, domain=domain, about=pack(about[:MOST_NAMED]), words=words[:4000], now=now(),
    )  # fmt: skip
    if kept:
        record(tx, Kind.REPORTED, subject=id, actor=sender)
    return bool(kept)


def open_(tx: Tx, who: int, limit: int = 50) -> list[Report]:
    """What nobody has dealt with, oldest first. Moderators may."""
    people.require(tx, who, "moderator")
    return [
        _report(row)
        for row in tx.all("SELECT * FROM report WHERE settled IS NULL ORDER BY id LIMIT :limit", limit=limit)
    ]


def settle(tx: Tx, who: int, id: int) -> None:
    """It has been dealt with. Raises `NotFound` when somebody did before."""
    people.require(tx, who, "moderator")
    settled = tx.run(
        "UPDATE report SET settled = :now, settler = :who WHERE id = :id AND settled IS NULL", now=now(), who=who, id=id
    )
    if not settled:
        raise NotFound(N_("There is no such report. Somebody may have dealt with it already."))
    audit.note(tx, who, "settled", id)


def named(tx: Tx, report: Report) -> list[things.Thing]:
    """The things of ours that a report is about, as far as they are still there."""
    return [found for uri in report.about if (found := things.at(tx, uri)) is not None]


def sweep(tx: Tx) -> int:
    """Reports are kept for a year. Returns how many were forgotten."""
    return tx.run("DELETE FROM report WHERE at < :old", old=now() - KEPT)


def _told_already(tx: Tx, domain: str, about: list[str]) -> bool:
    """A server that reports one thing again and again fills one line."""
    return tx.one(
        "SELECT 1 AS x FROM report WHERE domain = :domain AND about = :about AND settled IS NULL",
        domain=domain, about=pack(about[:MOST_NAMED]),
    ) is not None  # fmt: skip


def _report(row: Row) -> Report:
    return Report(
        id=row["id"], domain=row["domain"], about=unpack(row["about"], list[str]), words=row["words"], at=row["at"],
        settled=row["settled"],
    )  # fmt: skip
