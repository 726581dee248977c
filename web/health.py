"""What machines ask: is the process there, can it serve, where may they look, whom to tell about a hole."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub.clock import DAY, now
from hub.store import Tx

PRIVATE = ("/account", "/password", "/publish", "/setup", "/signin", "/steward")


async def alive(request: Request) -> Response:
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def ready(request: Request) -> Response:
    """Whether it could serve and deliver now: the database answers, and the worker, where it is here, is at work."""
    await request.app.state.store.read(_one)
    work = request.app.state.work
    if work is not None and work.done():
        return PlainTextResponse("the worker has stopped\n", 503, headers={"Cache-Control": "no-store"})
    return PlainTextResponse("ready\n", headers={"Cache-Control": "no-store"})


async def robots(request: Request) -> Response:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE)]
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": "public, max-age=86400"})


async def security(request: Request) -> Response:
    """RFC 9116."""
    base = request.app.state.base
    ends = datetime.fromtimestamp((now() + 90 * DAY) / 1000, UTC)
    lines = [
        f"Contact: {base}/about", f"Expires: {ends:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en, cy",
        f"Canonical: {base}/.well-known/security.txt",
    ]  # fmt: skip
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": "public, max-age=86400"})


def _one(tx: Tx) -> int:
    row = tx.one("SELECT 1 AS one")
    return int(row["one"]) if row else 0


routes = [
    Route("/healthz", alive),
    Route("/livez", alive),
    Route("/readyz", ready),
    Route("/robots.txt", robots),
    Route("/.well-known/security.txt", security),
]
