"""What is reported to the people responsible: by other servers about ours, never answered; and by our own residents."""

import msgspec

from hub import actors, audit, held, people, settings, things, viewing
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.held import Before
from hub.ids import new_id
from hub.kept import NOTHING_MORE, OPEN
from hub.packing import pack, unpack
from hub.reading import Extra
from hub.store import Row, Tx
from hub.text import Text, clean_words
from hub.things import Picture, Thing

MOST_NAMED = 50  # things in one report
A_DAY = 30  # reports from one server
KEPT = 365 * DAY
WORDS = 1000  # characters of a resident's
CATEGORIES = ("spam", "legal", "violation", "other")


class Report(msgspec.Struct, frozen=True):
    """One report: which server sent it (never who), the addresses that it names, and what it says.

    One of our own has a `reporter`, and the `target` whom it is about. `keeper` looks after it.
    """

    id: int
    domain: str
    about: list[str]
    words: str
    at: int
    settled: int | None
    reporter: int | None = None
    target: int | None = None
    category: str = "other"
    rules: list[int] = msgspec.field(default_factory=list)
    forwarded: bool = False
    keeper: int | None = None
    settler: int | None = None


class Copy(msgspec.Struct, frozen=True):
    """A thing as it was when it was reported. `now` is what it is since, `None` when it has been taken down;
    `changed`: it says something else than then; `before`: all that it said, oldest first."""

    title: Text
    html: Text
    pictures: list[Picture]
    extra: Extra
    changed: bool
    now: Thing | None
    before: list[Before]


class Draft(msgspec.Struct, frozen=True):
    """What a resident reports: whom, what they said (ids of things), why. `rules`: which of the hub's, from 1.

    `forward`: the server where they are is to know, too; it is not told by whom.
    """

    target: int
    things: list[int] = msgspec.field(default_factory=list)
    words: str = ""
    category: str = "other"
    rules: list[int] = msgspec.field(default_factory=list)
    forward: bool = False


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
        _freeze(tx, id, [it for uri in about[:MOST_NAMED] if (it := things.at(tx, uri)) and _theirs(tx, it, domain)])
        record(tx, Kind.REPORTED, subject=id, actor=sender)
    return bool(kept)


def file(tx: Tx, who: int, draft: Draft) -> Report:
    """A resident reports somebody. Raises `NotFound` for whom nobody knows, or what they may not see."""
    people.require(tx, who, "resident")
    target, hub = actors.get(tx, draft.target), settings.get(tx)
    if draft.category not in CATEGORIES:
        raise Invalid(N_("Choose one of the answers."), field="category")
    row = tx.one("SELECT count(*) AS n FROM report WHERE reporter = :who AND at > :since", who=who, since=now() - DAY)
    if row and row["n"] >= A_DAY:
        raise Conflict(N_("You have reported a lot today. Write to the people responsible instead."))
    said = [it for id in draft.things[:MOST_NAMED] if (it := viewing.get(tx, who, id)).by.id == target.id]
    category = "violation" if draft.rules and draft.category == "other" else draft.category
    id = new_id()
    tx.run(
        """INSERT INTO report (id, uri, domain, about, words, at, reporter, target, category, rules, forwarded)
           VALUES (:id, :uri, :domain, :about, :words, :now, :who, :target, :category, :rules, :forwarded)""",
        id=id, uri=f"{hub.base}/report/{id}", domain=hub.domain, about=pack([target.uri, *(it.uri for it in said)]),
        words=clean_words(draft.words, longest=WORDS, field="comment"), now=now(), who=who, target=target.id,
        category=category, rules=pack(draft.rules[:20]), forwarded=int(draft.forward and not target.local),
    )  # fmt: skip
    _freeze(tx, id, said)
    record(tx, Kind.REPORTED, subject=id, actor=who)
    if draft.forward and not target.local:
        record(tx, Kind.REPORT_FORWARDED, subject=id, actor=hub.instance)
    return get(tx, id)


def get(tx: Tx, id: int) -> Report:
    row = tx.one("SELECT * FROM report WHERE id = :id", id=id)
    if row is None:
        raise NotFound(N_("There is no such report. Somebody may have dealt with it already."))
    return _report(row)


def listed(
    tx: Tx, who: int, *, settled: bool = False, target: int = 0, reporter: int = 0, before: int | None = None,
    limit: int = 50,
) -> list[Report]:  # fmt: skip
    """Reports of one sort, newest first. Moderators may."""
    people.require(tx, who, "moderator")
    rows = tx.all(
        """SELECT * FROM report WHERE id < :before AND (settled IS NOT NULL) = (:settled = 1)
             AND (:target = 0 OR target = :target) AND (:reporter = 0 OR reporter = :reporter)
           ORDER BY id DESC LIMIT :limit""",
        before=before or 2**63 - 1, settled=int(settled), target=target, reporter=reporter, limit=limit,
    )  # fmt: skip
    return [_report(row) for row in rows]


def assign(tx: Tx, who: int, id: int, keeper: int | None) -> Report:
    """Somebody looks after it, or nobody any more. Moderators may."""
    people.require(tx, who, "moderator")
    get(tx, id)
    tx.run("UPDATE report SET keeper = :keeper WHERE id = :id", keeper=keeper, id=id)
    return get(tx, id)


def reopen(tx: Tx, who: int, id: int) -> Report:
    """It has not been dealt with after all."""
    people.require(tx, who, "moderator")
    get(tx, id)
    tx.run("UPDATE report SET settled = NULL, settler = NULL WHERE id = :id", id=id)
    return get(tx, id)


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


def copies(tx: Tx, id: int) -> list[Copy]:
    """What a report is about, as it was then: whatever its author makes of it since."""
    rows = tx.all(
        """SELECT r.*, t.uri, coalesce(t.edited, 0) AS edited FROM reported r JOIN thing t ON t.id = r.thing
           WHERE r.report = :id ORDER BY r.thing""",
        id=id,
    )
    return [_copy(tx, row) for row in rows]


def sweep(tx: Tx) -> int:
    """Reports are kept for a year. Returns how many were forgotten."""
    tx.run("DELETE FROM reported WHERE report IN (SELECT id FROM report WHERE at < :old)", old=now() - KEPT)
    return tx.run("DELETE FROM report WHERE at < :old", old=now() - KEPT)


def _freeze(tx: Tx, id: int, about: list[Thing]) -> None:
    for it in about:
        tx.run(
            """INSERT INTO reported (report, thing, title, html, pictures, extra, version)
               SELECT :id, id, title, html, pictures, extra, coalesce(edited, 0) FROM thing WHERE id = :thing
               ON CONFLICT (report, thing) DO NOTHING""",
            id=id, thing=it.id,
        )  # fmt: skip


def _theirs(tx: Tx, it: Thing, domain: str) -> bool:
    """Whether somebody at this server may have read it: nobody has a letter copied by naming its address."""
    return it.audience in OPEN or tx.one(
        "SELECT 1 AS x FROM mention m JOIN actor a ON a.id = m.actor WHERE m.thing = :id AND a.domain = :domain",
        id=it.id, domain=domain,
    ) is not None  # fmt: skip


def _copy(tx: Tx, row: Row) -> Copy:
    return Copy(
        title=unpack(row["title"], Text), html=unpack(row["html"], Text),
        pictures=unpack(row["pictures"], list[Picture]),
        extra=unpack(row["extra"], Extra) if row["extra"] else NOTHING_MORE,
        changed=row["edited"] != row["version"], now=things.at(tx, row["uri"]), before=held.before(tx, row["thing"]),
    )  # fmt: skip


def _told_already(tx: Tx, domain: str, about: list[str]) -> bool:
    """A server that reports one thing again and again fills one line."""
    return tx.one(
        "SELECT 1 AS x FROM report WHERE domain = :domain AND about = :about AND settled IS NULL",
        domain=domain, about=pack(about[:MOST_NAMED]),
    ) is not None  # fmt: skip


def _report(row: Row) -> Report:
    return Report(
        id=row["id"], domain=row["domain"], about=unpack(row["about"], list[str]), words=row["words"], at=row["at"],
        settled=row["settled"], reporter=row["reporter"], target=row["target"], category=row["category"],
        rules=unpack(row["rules"], list[int]), forwarded=bool(row["forwarded"]), keeper=row["keeper"],
        settler=row["settler"],
    )  # fmt: skip
