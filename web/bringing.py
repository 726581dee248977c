"""Working through what somebody brought along from another server: each line by the verb that a button calls."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from federation import Outcome, Wire, find_account, find_thing
from hub import actors, belongings, jobs, lists, reacting, relations
from hub.belongings import BLOCKS, BOOKMARKS, DOMAINS, FOLLOWS, LISTS, MUTES, Import, Line
from hub.clock import now
from hub.errors import HubError, NotFound
from hub.jobs import Job
from hub.store import Tx

log = structlog.get_logger()

KIND = "import"
TOGETHER = 20  # lines in one go: whoever is elsewhere is fetched, and others want to get on too
PAUSE = 2_000  # ms before the next ones


async def run(wire: Wire, job: Job) -> Outcome:
    """Do the next few lines, and come back for the rest. A line that cannot be done is noted, and holds up nothing."""
    try:
        it: Import = await wire.store.read(belongings.get, int(job.args["import"]))
    except NotFound:
        return Outcome()
    failed = []
    lines = it.lines[it.done : it.done + TOGETHER]
    for line in lines:
        try:
            await _LINES[it.kind](wire, it.account, line)
        except HubError as error:
            log.info("line not brought along", kind=it.kind, why=str(error)[:300])
            failed.append(", ".join(line)[:200])
    return Outcome(settle=lambda tx: _went(tx, it, failed, len(lines)))


def start(tx: Tx, who: int, kind: str, lines: list[Line]) -> int:
    """Bring these lines along, from now on, in the background."""
    id = belongings.begin(tx, who, kind, lines)
    jobs.enqueue(tx, KIND, {"import": id})
    return id


def _went(tx: Tx, it: Import, failed: list[str], many: int) -> None:
    belongings.went(tx, it.id, failed, many)
    if it.done + many < it.total:
        jobs.enqueue(tx, KIND, {"import": it.id}, due=now() + PAUSE)


async def _follow(wire: Wire, me: int, line: Line) -> None:
    shares, notify = _said(line, 1, default=True), _said(line, 2, default=False)
    tongues = [tag.strip() for tag in line[3].split(",") if tag.strip()] if len(line) > 3 else []
    other = await find_account(wire, line[0])
    await wire.store.write(_follow_so, me, other, shares, notify, tongues)


def _follow_so(tx: Tx, me: int, other: int, shares: bool, notify: bool, tongues: list[str]) -> None:
    relations.follow(tx, me, other, shares=shares, notify=notify, languages=tongues)


async def _block(wire: Wire, me: int, line: Line) -> None:
    await wire.store.write(relations.block, me, await find_account(wire, line[0]))


async def _mute(wire: Wire, me: int, line: Line) -> None:
    other, notices = await find_account(wire, line[0]), _said(line, 1, default=True)
    await wire.store.write(lambda tx: relations.mute(tx, me, other, notices=notices))


async def _mute_domain(wire: Wire, me: int, line: Line) -> None:
    await wire.store.write(relations.mute_domain, me, line[0])


async def _keep(wire: Wire, me: int, line: Line) -> None:
    await wire.store.write(reacting.keep, me, await find_thing(wire, line[0]))


async def _list(wire: Wire, me: int, line: Line) -> None:
    """Only whom one follows can be on a list: they are followed first."""
    other = await find_account(wire, line[1])
    await wire.store.write(_put_on, me, line[0], other)


def _put_on(tx: Tx, me: int, title: str, other: int) -> None:
    known = next((one for one in lists.all_(tx, me) if one.title == title), None)
    list_ = known or lists.create(tx, me, title)
    if actors.follows(tx, me, other) is None and me != other:
        relations.follow(tx, me, other)
    lists.add(tx, me, list_.id, [other])


def _said(line: Line, at: int, *, default: bool) -> bool:
    return line[at].strip().lower() == "true" if at < len(line) and line[at].strip() else default


_Line = Callable[[Wire, int, Line], Awaitable[Any]]
_LINES: dict[str, _Line] = {
    FOLLOWS: _follow, BLOCKS: _block, MUTES: _mute, DOMAINS: _mute_domain, BOOKMARKS: _keep, LISTS: _list,
}  # fmt: skip
