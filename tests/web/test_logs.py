"""The log says what happened, once, in one line, and nothing about anybody."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from conftest import Clock

from hub import config
from web import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def written(level: str = "info", look: str = "json") -> tuple[Any, io.StringIO]:
    stream = io.StringIO()
    logs.setup(config.Log(format=look, level=level), stream)  # type: ignore[arg-type]
    return structlog.get_logger(), stream


def test_a_line_is_json_with_the_hubs_own_time(clock: Clock) -> None:
    log, stream = written()

    log.info("delivery", host="mastodon.example", status=202, ms=12.5)

    assert json.loads(stream.getvalue()) == {
        "at": "2026-05-01T09:00:00.000Z", "level": "info", "event": "delivery",
        "host": "mastodon.example", "status": 202, "ms": 12.5,
    }  # fmt: skip


def test_on_a_terminal_a_line_is_words_and_pairs(clock: Clock) -> None:
    log, stream = written(look="plain")

    log.info("delivery", host="mastodon.example", status=202)

    assert stream.getvalue() == "2026-05-01T09:00:00.000Z [info     ] delivery host=mastodon.example status=202\n"


def test_what_is_less_important_than_asked_is_not_written() -> None:
    log, stream = written("warning")

    log.info("request")

    assert stream.getvalue() == ""


@pytest.mark.parametrize("look", ["json", "plain"])
@pytest.mark.parametrize(
    ("pair", "secret"),
    [
        ({"password": "tea-and-cake"}, "tea-and-cake"),
        ({"Authorization": "Bearer abc"}, "abc"),
        ({"body": b"I need a lift to the clinic"}, "clinic"),
        ({"why": "no account ann.jones+hub@glan.example here"}, "ann.jones"),
        ({"why": "Key (email)=(ann@glan.example) already exists"}, "ann@"),
        ({"url": "postgresql://hub:tea-and-cake@db/hub"}, "tea-and-cake"),
        ({"path": "/join?token=abc123&x=1"}, "abc123"),
        ({"path": "/oauth?code=abc123"}, "abc123"),
        ({"header": "Bearer abc123"}, "abc123"),
        ({"path": "/reset/9qL0aVJr2P0mB0cUo8Yq6sJ6rQk0V0mJt3m1c2x4z5A"}, "9qL0a"),
        ({"path": "/reset/9qL0aVJr2P0mB0cUo8Yq6sJ6rQk0V0mJt3m1c2x4z5A/confirm"}, "9qL0a"),
    ],
)
def test_what_is_private_is_not_written(look: str, pair: dict[str, object], secret: str) -> None:
    log, stream = written(look=look)

    log.warning("refused", **pair)

    assert "refused" in stream.getvalue()
    assert secret not in stream.getvalue()


@pytest.mark.parametrize("look", ["json", "plain"])
def test_a_failure_is_written_with_its_lines_but_without_what_it_held(look: str) -> None:
    log, stream = written(look=look)

    try:
        raise ValueError("no such person: ann@glan.example")  # noqa: TRY301 - the point is its traceback
    except ValueError:
        log.exception("request failed", id="x1")

    assert "ValueError: no such person: …@glan.example" in stream.getvalue()
    assert "test_logs.py" in stream.getvalue()


@pytest.mark.parametrize("look", ["json", "plain"])
def test_nobody_forges_a_line_or_moves_the_terminal(look: str) -> None:
    log, stream = written(look=look)

    log.info("request", path="/a\n2026 [info] delivery\x1b[2J\u202e")

    assert stream.getvalue().count("\n") == 1
    assert "\x1b[2J" not in stream.getvalue()


def test_lines_of_libraries_take_the_same_way(clock: Clock) -> None:
    _, stream = written()

    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("hub.store").warning("cannot listen: %s", "ann@glan.example")

    assert json.loads(stream.getvalue()) == {
        "at": "2026-05-01T09:00:00.000Z",
        "level": "warning",
        "event": "cannot listen: …@glan.example",
    }
