"""Search: words in, what the hub has on them out."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import asks, events, projects, search, things
from hub.asks import Ask
from hub.events import Event
from hub.projects import Project
from hub.store import Tx
from hub.things import Thing
from web import forms
from web.cache import shared
from web.forms import Form
from web.templates import render

MOST = 24


class SearchPage(msgspec.Struct, frozen=True):
    """What was found for `words`, each kind apart; `more` when not all of it is shown."""

    words: str
    form: Form[Any]
    events: list[Event]
    asks: list[Ask]
    projects: list[Project]
    posts: list[Thing]
    more: bool

    @property
    def count(self) -> int:
        return len(self.events) + len(self.asks) + len(self.projects) + len(self.posts)


@shared
async def find(request: Request) -> Response:
    words = " ".join(request.query_params.get("q", "")[:200].split())
    page = await request.app.state.store.read(gather, words)
    return render(request, "search.html", page, headers={"X-Robots-Tag": "noindex"} if words else None)


def gather(tx: Tx, words: str) -> SearchPage:
    rows = search.things(tx, words, limit=MOST + 1)
    found: dict[str, list[int]] = {}
    for row in rows[:MOST]:
        found.setdefault(row["kind"], []).append(row["id"])
    said = found.get("note", []) + found.get("update", []) + found.get("reply", [])
    return SearchPage(
        words=words, form=forms.blank(q=words),
        events=sorted((events.get(tx, id) for id in found.get("event", [])), key=lambda it: (it.over, it.starts)),
        asks=[asks.get(tx, id) for id in found.get("ask", []) + found.get("offer", [])],
        projects=[projects.get(tx, id) for id in found.get("project", [])],
        posts=[things.get(tx, id) for id in sorted(said, reverse=True)], more=len(rows) > MOST,
    )  # fmt: skip


routes = [Route("/search", find)]
