"""Projects: what is being done."""

from starlette.requests import Request
from starlette.responses import Response

from hub import projects, viewing, whereabouts
from hub.errors import NotFound
from hub.store import Tx
from web.mastodon.api import Caller, answer, path_id
from web.mastodon.params import Params
from web.mastodon.view import View, view
from web.neighbourhub import shapes
from web.neighbourhub.asked import Projects, side
from web.neighbourhub.calls import Call, part, taken


async def under_way(request: Request, caller: Caller, params: Params) -> Response:
    asked = taken(params, Projects)
    before = whereabouts.HIGHEST if asked.after is None else int(asked.after)

    def unit(tx: Tx) -> list[shapes.Project]:
        found = whereabouts.under_way(
            tx, me=caller.id, stage=asked.stage or "", local=side(asked), before=before, limit=asked.limit + 1
        )
        return [shapes.project(tx, v, it) for it in found]

    v = view(request)
    found = await request.app.state.store.read(unit)
    more = len(found) > asked.limit
    return part(request, found[: asked.limit], found[asked.limit - 1].id if more else None)


async def one(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(_one, view(request), caller.id, path_id(request)))


def _one(tx: Tx, v: View, me: int, id: int) -> shapes.Project:
    if viewing.get(tx, me, id).kind != "project":
        raise NotFound(viewing.NOTHING)
    return shapes.project(tx, v, projects.get(tx, id))


calls = [
    Call(
        method="GET", path="/projects", handler=under_way, query=Projects, gives=list[shapes.Project], tag="projects",
        paged=True, summary="Projects, the newest first",
    ),
    Call(
        method="GET", path="/projects/{id}", handler=one, gives=shapes.Project, tag="projects", refuses=(404,),
        summary="One project",
    ),
]  # fmt: skip
