"""Where an app wants to be rung up, and for what."""

from starlette.requests import Request
from starlette.responses import Response

from hub import push
from hub.notices import KINDS
from hub.push import Draft, Subscription
from hub.store import Tx
from web.mastodon.api import Caller, answer, bearer, route
from web.mastodon.params import Params

OTHERS = ("quote", "quoted_update", "moderation_warning", "severed_relationships")  # of which nobody is ever told here


async def get(request: Request, caller: Caller, params: Params) -> Response:
    return answer(await request.app.state.store.read(_get, caller.token))


async def create(request: Request, caller: Caller, params: Params) -> Response:
    asked, keys = params.group("subscription"), params.group("subscription").group("keys")
    draft = Draft(
        asked.exact("endpoint").strip(), keys.exact("p256dh").strip(), keys.exact("auth").strip(),
        bool(asked.flag("standard", False)),
    )  # fmt: skip
    alerts, policy = _alerts(params), _policy(params)
    await request.app.state.store.write(
        push.subscribe, caller.id, caller.token, draft, alerts=alerts, policy=policy, secret=bearer(request)
    )
    return answer(await request.app.state.store.read(_get, caller.token))


async def change(request: Request, caller: Caller, params: Params) -> Response:
    alerts, policy = _alerts(params), _policy(params)
    await request.app.state.store.write(push.change, caller.token, alerts=alerts, policy=policy)
    return answer(await request.app.state.store.read(_get, caller.token))


async def remove(request: Request, caller: Caller, params: Params) -> Response:
    await request.app.state.store.write(push.unsubscribe, caller.token)
    return answer({})


def _get(tx: Tx, token: int) -> dict[str, object]:
    return _written(push.of(tx, token), push.public_key(tx))


def _written(it: Subscription, key: str) -> dict[str, object]:
    return {
        "id": str(it.id), "endpoint": it.endpoint, "standard": it.standard, "policy": it.policy, "server_key": key,
        "alerts": it.alerts | dict.fromkeys(OTHERS, False),
    }  # fmt: skip


def _alerts(params: Params) -> dict[str, bool]:
    wanted = params.group("data").group("alerts")
    return {kind: bool(wanted.flag(kind, False)) for kind in KINDS}


def _policy(params: Params) -> str:
    return params.group("data").text("policy") or params.text("policy") or "all"


routes = [
    route("GET", "/api/v1/push/subscription", get, "push"),
    route("POST", "/api/v1/push/subscription", create, "push"),
    route("PUT", "/api/v1/push/subscription", change, "push"),
    route("DELETE", "/api/v1/push/subscription", remove, "push"),
]
