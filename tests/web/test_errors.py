"""Refusals: a page that says what to do next, JSON for programs, and never a bare 500."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sink
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from hub.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.store import Busy
from web import errors

REFUSALS = {
    "missing": NotFound("There is no such event. It may have been taken down."),
    "forbidden": NotAllowed("Your role here does not allow that. Ask a steward of the hub."),
    "invalid": Invalid("Use at most %(n)s characters.", field="title", n=200),
    "full": Conflict("This event is full."),
    "busy": Busy(),
    "large": HTTPException(413),
    "elsewhere": HTTPException(421),
    "odd": HTTPException(418),
}


async def refuse(request: Request) -> Response:
    raise REFUSALS[request.path_params["why"]]


async def broken(request: Request) -> Response:
    raise RuntimeError("the secret of the database")


def make() -> Any:
    routes = (Route("/refuse/{why}", refuse), Route("/api/v1/{why}", refuse), Route("/broken", broken))
    return sink.app(routes=routes)


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://hub.example") as opened:
        yield opened


PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize(
    ("why", "status", "words"),
    [
        ("missing", 404, "There is no such event."),
        ("forbidden", 403, "Your role here does not allow that."),
        ("invalid", 422, "Use at most 200 characters."),
        ("full", 409, "This event is full."),
        ("busy", 503, "very busy"),
        ("large", 413, "bigger than we can take"),
        ("elsewhere", 421, "another hub’s address"),
        ("odd", 418, "could not be read"),
    ],
)
async def test_people_get_a_page_in_words(client: httpx.AsyncClient, why: str, status: int, words: str) -> None:
    answer = await client.get(f"/refuse/{why}", headers=PAGE)
    assert answer.status_code == status
    assert words in answer.text
    assert "<h1>" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a_page_that_is_not_there_offers_a_search(client: httpx.AsyncClient) -> None:
    page = (await client.get("/nowhere", headers=PAGE)).text
    assert 'role="search"' in page
    assert "There is nothing here" in page


async def test_refusals_speak_welsh(client: httpx.AsyncClient) -> None:
    answer = await client.get("/refuse/invalid?lang=cy", headers=PAGE)
    assert "Defnyddiwch 200 o nodau ar y mwyaf." in answer.text
    assert "Mae angen cywiro rhywbeth" in answer.text


async def test_programs_get_problem_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/refuse/invalid")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/invalid", "title": "Use at most 200 characters.", "status": 422, "field": "title",
    }  # fmt: skip


async def test_mastodon_clients_get_the_error_they_know(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/missing", headers=PAGE)
    assert answer.json() == {"error": "Record not found"}


async def test_a_busy_hub_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    assert (await client.get("/refuse/busy", headers=PAGE)).headers["retry-after"] == "2"


async def test_the_wrong_method_says_which_are_right(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/kitchen", headers=PAGE)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_a_mistake_of_ours_shows_a_number_that_is_in_the_log_and_no_secret(client: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        answer = await client.get("/broken", headers=PAGE)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert logs[0]["id"] in answer.text
    assert logs[0]["path"] == "/broken"


async def test_when_the_page_itself_is_broken_plain_words_get_through() -> None:
    app = make()
    app.state.press = None
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://hub.example") as opened:
        with capture_logs() as logs:
            answer = await opened.get("/broken", headers=PAGE)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert "It is our mistake, not yours." in answer.text
    assert [line["event"] for line in logs] == ["request failed", "error page failed"]


async def test_before_set_up_there_is_a_page_too() -> None:
    app = make()
    app.state.hub = None
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8000") as opened:
        page = await opened.get("/nowhere", headers=PAGE)
    assert page.status_code == 404
    assert "Neighbourhub" in page.text


def test_every_status_has_a_title_what_happened_and_what_to_do() -> None:
    assert {400, 401, 403, 404, 405, 409, 410, 413, 415, 421, 422, 429, 500, 503} == set(errors.SAID)
    assert all(len(words) == 3 and all(words) for words in errors.SAID.values())
