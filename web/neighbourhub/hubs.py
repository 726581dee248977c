"""This hub, and the hubs that it knows."""

from starlette.requests import Request
from starlette.responses import Response

from hub import whereabouts
from web.mastodon.api import Caller, answer
from web.mastodon.params import Params
from web.neighbourhub import shapes
from web.neighbourhub.asked import Hubs, around
from web.neighbourhub.calls import Call, part, taken
from web.neighbourhub.shapes import Hub, NearHub


async def here(request: Request, caller: Caller, params: Params) -> Response:
    return answer(shapes.hub(request.app.state.hub))


async def near(request: Request, caller: Caller, params: Params) -> Response:
    asked = taken(params, Hubs)
    after = int(asked.after or 0)
    found, more = await request.app.state.store.read(whereabouts.hubs, around(asked), after=after, limit=asked.limit)
    return part(request, [shapes.near(it, km) for it, km in found], str(found[-1][0].id) if more else None)


calls = [
    Call(method="GET", path="/hub", handler=here, gives=Hub, tag="hubs", scope="", summary="This hub"),
    Call(
        method="GET", path="/hubs", handler=near, query=Hubs, gives=list[NearHub], tag="hubs", scope="", paged=True,
        summary="Hubs that this one knows, the nearest first",
    ),
]  # fmt: skip
