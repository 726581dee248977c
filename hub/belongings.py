"""What is somebody's own, to take along: as lists that Mastodon reads and writes, and all of it in one piece."""

import csv
import io
from typing import Any

import msgspec

from hub import actors, people, settings
from hub.clock import now
from hub.errors import N_, Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.kept import AUDIENCES
from hub.packing import pack, unpack
from hub.store import Row, Tx

FOLLOWS, BLOCKS, MUTES, DOMAINS, BOOKMARKS, LISTS = KINDS = (
    "follows", "blocks", "mutes", "domains", "bookmarks", "lists",
)  # fmt: skip
# What the first line says where there is one; Mastodon writes none for some.
HEADS = {
    FOLLOWS: ["Account address", "Show boosts", "Notify on new posts", "Languages"],
    BLOCKS: ["Account address"], MUTES: ["Account address", "Hide notifications"], DOMAINS: ["Domain"],
    BOOKMARKS: ["Status"], LISTS: ["List name", "Account address"],
}  # fmt: skip
MOST_LINES, LARGEST = 20_000, 3_500_000  # of one list that is brought along; characters
SHOWN = 20  # imports on the page, and failures that are kept of each: more help nobody
Line = list[str]


class Import(msgspec.Struct, frozen=True):
    """A list that somebody brought along: how many lines it has, how many are done, and those that could not be."""

    id: int
    account: int
    kind: str
    lines: list[Line]
    at: int
    total: int
    done: int
    failed: list[str]


# --- taking along ----------------------------------------------------------------------------------


def sheet(tx: Tx, who: int, kind: str) -> str:
    """One of the lists, as CSV. Raises `NotFound` for one that there is not."""
    people.require(tx, who, "resident")
    if kind not in KINDS:
        raise NotFound(N_("There is nothing at this address."))
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerow(HEADS[kind])
    written.writerows(_safe(line) for line in _lines(tx, who, kind))
    return out.getvalue()


def everything(tx: Tx, who: int) -> dict[str, Any]:
    """All that is kept here of somebody and what they said, for their eyes: their account, posts, answers, letters."""
    account, actor = people.require(tx, who, "resident"), actors.get(tx, who)
    return {
        "account": {
            "login": account.login, "email": account.email, "role": account.role, "language": account.language,
            "created": account.created, "address": actor.uri, "name": actor.name, "words": actor.summary,
            "facts": msgspec.to_builtins(actor.facts), "also": actor.also,
        },
        "posts": [_post(tx, row) for row in tx.all(_POSTS, who=who)],
        "likes_and_shares": _plain(tx.all(_REACTIONS, who=who)),
        "events_answered": _plain(tx.all(_ATTENDANCE, who=who)),
        "events_elsewhere": _plain(tx.all(_VISITS, who=who)), "help_offered": _plain(tx.all(_ANSWERS, who=who)),
        "help_offered_elsewhere": _plain(tx.all(_PLEDGES, who=who)), "votes": _plain(tx.all(_BALLOTS, who=who)),
        "signed_in": _plain(tx.all(_SESSIONS, who=who)),
        "drafts": _plain(tx.all(_DRAFTS, who=who)),
        "followers": [one.acct for one in _followers(tx, who)], "written": now(),
    }  # fmt: skip


def pictures(tx: Tx, who: int) -> list[str]:
    """The keys of all pictures that somebody has uploaded."""
    return [row["key"] for row in tx.all("SELECT DISTINCT key FROM media WHERE owner = :who", who=who)]


def _lines(tx: Tx, who: int, kind: str) -> list[Line]:
    me = settings.get(tx).domain
    rows = tx.all(_SHEETS[kind], who=who)
    match kind:
        case "follows":
            return [[_acct(r, me), _yes(r["shares"]), _yes(r["notify"]), ", ".join(_words(r))] for r in rows]
        case "mutes":
            return [[_acct(row, me), _yes(row["notices"])] for row in rows]
        case "domains":
            return [[row["domain"]] for row in rows]
        case "bookmarks":
            return [[row["uri"]] for row in rows]
        case "lists":
            return [[row["title"], _acct(row, me)] for row in rows]
    return [[_acct(row, me)] for row in rows]


def _safe(line: Line) -> Line:
    """No spreadsheet takes a cell for a formula: a name that begins like one gets an apostrophe before it."""
    return [f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in line]


def _acct(row: Row, me: str) -> str:
    return f"{row['handle']}@{row['domain'] or me}"


def _yes(value: object) -> str:
    return "true" if value else "false"


def _words(row: Row) -> list[str]:
    return unpack(row["languages"], list[str])


def _followers(tx: Tx, who: int) -> list[actors.Actor]:
    return actors.followers(tx, who, limit=100_000)


def _post(tx: Tx, row: Row) -> dict[str, Any]:
    said = {key: row[key] for key in ("uri", "url", "kind", "reply_to", "audience", "published", "updated")}
    decoded = {key: unpack(row[key], Any) for key in ("title", "words", "html", "pictures", "tags")}
    named = tx.all("SELECT a.uri FROM mention m JOIN actor a ON a.id = m.actor WHERE m.thing = :id", id=row["id"])
    assert row["audience"] in AUDIENCES
    return said | decoded | {"names": [one["uri"] for one in named]}


def _plain(rows: list[Row]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]


_SHEETS = {
    FOLLOWS: """SELECT a.handle, a.domain, f.shares, f.notify, f.languages FROM follow f
                JOIN actor a ON a.id = f.followed WHERE f.follower = :who AND f.state <> 'refused' ORDER BY f.at""",
    BLOCKS: """SELECT a.handle, a.domain FROM block b JOIN actor a ON a.id = b.blocked WHERE b.blocker = :who
               ORDER BY b.id""",
    MUTES: """SELECT a.handle, a.domain, m.notices FROM mute m JOIN actor a ON a.id = m.muted WHERE m.account = :who
              ORDER BY m.id""",
    DOMAINS: "SELECT domain FROM muted_domain WHERE account = :who ORDER BY domain",
    BOOKMARKS: "SELECT t.uri FROM bookmark b JOIN thing t ON t.id = b.thing WHERE b.account = :who ORDER BY b.id",
    LISTS: """SELECT l.title, a.handle, a.domain FROM list l JOIN list_member m ON m.list = l.id
              JOIN actor a ON a.id = m.actor WHERE l.account = :who ORDER BY l.id, a.id""",
}
_POSTS = "SELECT * FROM thing WHERE author = :who AND removed IS NULL ORDER BY id"
_REACTIONS = """SELECT r.kind, t.uri, r.at FROM reaction r JOIN thing t ON t.id = r.thing
  WHERE r.actor = :who ORDER BY r.id"""
_ATTENDANCE = """SELECT t.uri, g.said, g.party, g.at FROM attendance g JOIN thing t ON t.id = g.event
  WHERE g.actor = :who ORDER BY g.at"""
_VISITS = """SELECT t.uri, v.said, v.state, v.at FROM visit v JOIN thing t ON t.id = v.event
  WHERE v.actor = :who ORDER BY v.at"""
_ANSWERS = """SELECT t.uri, w.said, w.words, w.state, w.hours, w.at FROM answer w JOIN thing t ON t.id = w.ask
  WHERE w.actor = :who ORDER BY w.at"""
_PLEDGES = """SELECT t.uri, p.words, p.state, p.hours, p.at FROM pledge p JOIN thing t ON t.id = p.ask
  WHERE p.actor = :who ORDER BY p.at"""
_SESSIONS = "SELECT agent, created, seen FROM session WHERE account = :who"
_DRAFTS = "SELECT typed, at FROM draft WHERE account = :who ORDER BY id"
_BALLOTS = """SELECT t.uri, b.choice, b.at FROM ballot b JOIN thing t ON t.id = b.thing
  WHERE b.actor = :who ORDER BY b.at"""


# --- bringing along --------------------------------------------------------------------------------


def read(text: str, kind: str) -> list[Line]:
    """The lines of a list as Mastodon writes it, without its head. Raises `Invalid` for what is none."""
    if kind not in KINDS:
        raise Invalid(N_("Choose what the file has in it."), field="kind")
    if len(text) > LARGEST or "\0" in text:
        raise Invalid(N_("This file is too large, or is no list."), field="file")
    try:
        lines = [[cell.strip().removeprefix("'") for cell in row] for row in csv.reader(io.StringIO(text)) if any(row)]
    except csv.Error:
        raise Invalid(N_("This file is too large, or is no list."), field="file") from None
    if lines and lines[0][0].lower() in {head[0].lower() for head in HEADS.values()} | {"#domain", "#account"}:
        lines = lines[1:]
    fits = [line for line in lines if _fits(kind, line)]
    if not fits:
        raise Invalid(N_("There is no line in this file that we could use. Is it the right one?"), field="file")
    if len(fits) > MOST_LINES:
        raise Invalid(N_("A list may have up to 20,000 lines. Cut it in two."), field="file")
    return fits


def begin(tx: Tx, who: int, kind: str, lines: list[Line]) -> int:
    """Bring a list along. Raises `Conflict` while one of the same kind is not done yet."""
    people.require(tx, who, "resident")
    busy = tx.one(
        "SELECT 1 AS x FROM import WHERE account = :who AND kind = :kind AND done < total", who=who, kind=kind
    )
    if busy is not None:
        raise Conflict(N_("We are still at work on the last list of this kind. Wait until it is done."))
    id = new_id()
    tx.run(
        """INSERT INTO import (id, account, kind, lines, at, total) VALUES (:id, :who, :kind, :lines, :now, :total)""",
        id=id, who=who, kind=kind, lines=pack(lines), now=now(), total=len(lines),
    )  # fmt: skip
    tx.run(
        """DELETE FROM import WHERE account = :who AND id NOT IN
             (SELECT id FROM import WHERE account = :who ORDER BY id DESC LIMIT :most)""",
        who=who, most=SHOWN,
    )  # fmt: skip
    return id


def get(tx: Tx, id: int) -> Import:
    row = tx.one("SELECT * FROM import WHERE id = :id", id=id)
    if row is None:
        raise NotFound(N_("There is nothing at this address."))
    return _import(row)


def imports(tx: Tx, who: int) -> list[Import]:
    """What somebody brought along, the last first."""
    rows = tx.all("SELECT * FROM import WHERE account = :who ORDER BY id DESC LIMIT :most", who=who, most=SHOWN)
    return [_import(row) for row in rows]


def went(tx: Tx, id: int, failed: list[str], many: int) -> None:
    """So many lines more are done, these not."""
    it = get(tx, id)
    tx.run(
        "UPDATE import SET done = done + :many, failed = :failed WHERE id = :id",
        many=many, failed=pack((it.failed + failed)[:SHOWN]), id=id,
    )  # fmt: skip


def _fits(kind: str, line: Line) -> bool:
    first = line[0] if line else ""
    if kind == LISTS:
        return len(line) > 1 and bool(first) and "@" in line[1]
    if kind == BOOKMARKS:
        return first.startswith(("https://", "http://"))
    return 0 < len(first) <= 300 and (kind == DOMAINS or "@" in first or first.isalnum())


def _import(row: Row) -> Import:
    return Import(
        row["id"], row["account"], row["kind"], unpack(row["lines"], list[Line]), row["at"], row["total"], row["done"],
        unpack(row["failed"], list[str]),
    )  # fmt: skip
