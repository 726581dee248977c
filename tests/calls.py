"""What a test has an app call, and what it looks at in the answer: its status, and its shape."""

from typing import Any

import httpx
from entities_schema import check

App = httpx.AsyncClient


async def read(app: App, path: str, kind: str = "", wanted: int = 200, /, **query: Any) -> Any:
    answer = await app.get(f"/api/{path if path[0] == 'v' else f'v1/{path}'}", params=query)
    assert answer.status_code == wanted, answer.text
    if kind:
        check(answer.json(), kind)
    return answer.json()


async def do(app: App, path: str, kind: str = "", wanted: int = 200, /, **body: Any) -> Any:
    answer = await app.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == wanted, answer.text
    if kind:
        check(answer.json(), kind)
    return answer.json()


async def me(app: App) -> str:
    return str((await read(app, "accounts/verify_credentials", "CredentialAccount"))["id"])


async def ids(app: App, path: str, **query: Any) -> list[str]:
    return [one["id"] for one in await read(app, path, "[Account]", **query)]


async def say(app: App, words: str, **more: Any) -> str:
    """Have somebody say something. Returns its id."""
    return str((await do(app, "statuses", "OwnedStatus", status=words, **more))["id"])
