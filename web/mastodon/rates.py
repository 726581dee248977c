"""How often apps may call, in the numbers that they are made for. Counted in memory."""

import msgspec
from starlette.requests import Request

from hub import config
from hub.clock import MINUTE
from web import limits
from web.limits import Counts, Limit, Spent

MOST = 50_000  # tokens, people and addresses remembered
ONE_BY_ONE = {
    ("POST", "/api/v1/media"): "media",
    ("POST", "/api/v2/media"): "media",
    ("DELETE", "/api/v1/statuses/{id}"): "delete",
    ("POST", "/api/v1/statuses/{id}/unreblog"): "delete",
    ("POST", "/api/v1/apps"): "apps",
}  # what has a limit of its own beside the others


class Rates(msgspec.Struct, frozen=True):
    token: Limit
    user: Limit
    guest: Limit
    media: Limit
    delete: Limit
    apps: Limit


def told(given: config.Limits) -> Rates:
    return Rates(
        Limit("token", given.api_token, 5 * MINUTE), Limit("user", given.api_user, 5 * MINUTE),
        Limit("guest", given.api_guest, 5 * MINUTE), Limit("media", given.api_media, 30 * MINUTE),
        Limit("delete", given.api_delete, 30 * MINUTE), Limit("apps", given.api_apps, 10 * MINUTE),
    )  # fmt: skip


def count(request: Request, token: int = 0, user: int = 0, special: str = "") -> None:
    """Count a call. Raises 429 when it is one too many. What is nearest to its end is told in the answer's headers."""
    state = request.app.state
    calls: Counts = state.calls
    all_: Rates = state.rates
    whose = str(user) if user else limits.address(request)
    spent = [calls.spend(getattr(all_, special), whose)] if special else []
    if token:
        spent.append(calls.spend(all_.token, str(token)))
    if user:
        spent.append(calls.spend(all_.user, str(user)))
    if not token:
        spent.append(calls.spend(all_.guest, whose))
    least = min(spent, key=_left)
    request.scope["state"]["rate"] = least
    if least.over:
        raise limits.too_many(least)


def _left(spent: Spent) -> int:
    return -1 if spent.over else spent.left
