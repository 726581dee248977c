"""Whether the pages that residents name in their profiles link back to them: then they are theirs.

The page is fetched through the same way out as everything else, which goes to no private network; no more of it is
looked at than its beginning, and nothing of it is kept.
"""

from html.parser import HTMLParser

import structlog

from federation import knock
from federation.http import Unreachable
from federation.keys import host_of
from federation.outcome import DONE, Outcome
from federation.resolve import Budget
from federation.wire import Wire
from hub import blocks, profiles
from hub.errors import HubError
from hub.jobs import Job

log = structlog.get_logger()

LONGEST = 512 * 1024  # bytes of a page that are read
HTML = "text/html, application/xhtml+xml"
RELATED = frozenset({"a", "link", "area"})


class _Me(HTMLParser):
    """The addresses that a page says are the same person's."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in RELATED and "me" in (given.get("rel") or "").lower().split():
            self.found.add((given.get("href") or "").strip().rstrip("/"))


async def verify(wire: Wire, job: Job) -> Outcome:
    """Look at each page that somebody names and that is not known to be theirs."""
    who = int(job.args["actor"])
    try:
        pages = await wire.store.read(profiles.to_verify, who)
        theirs = {url.rstrip("/") for url in await wire.store.read(profiles.addresses, who)}
    except HubError:  # they are gone
        return DONE
    budget = Budget(wire.limits, len(pages))
    for url in pages:
        if theirs & await _named(wire, url, budget):
            await wire.store.write(profiles.verified, who, url)
    return DONE


async def _named(wire: Wire, url: str, budget: Budget) -> set[str]:
    """Whom a page names as the same person. Nobody, when it does not answer: the profile says what it says."""
    if await wire.store.read_hot(blocks.suspended, host_of(url)):
        return set()
    try:
        response = await knock.in_time(wire.client.get(url, accept=HTML), budget.spend(), url)
    except (Unreachable, HubError) as error:
        log.info("not verified", page=url[:300], why=str(error)[:300])
        return set()
    if response.status != 200 or "html" not in response.headers.get("content-type", "").lower():
        return set()
    return _me(response.body[:LONGEST].decode(errors="replace"))


def _me(page: str) -> set[str]:
    parser = _Me()
    parser.feed(page)
    return parser.found
