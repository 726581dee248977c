"""What the hub writes down while it runs: one line for each thing that happened, and nothing about anybody in it."""

import logging
import re
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

import msgspec
import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from hub import config
from hub.clock import now

HIDDEN = "…"
SHORT = 40  # characters: the links that open something are longer
REPEATED = 400  # characters of what is worth remembering how it is written
# Never written, whoever passes them: what people said, and what opens doors.
PRIVATE = {
    "authorization",
    "body",
    "cookie",
    "email",
    "form",
    "key_pem",
    "password",
    "private",
    "secret",
    "token",
    "words",
}


def setup(log: config.Log, stream: TextIO | None = None) -> None:
    """Write to `stream` (standard error) as `log` says, our own lines and those of the libraries alike."""
    out = stream or sys.stderr
    plain = log.format == "plain" or (log.format == "auto" and out.isatty())
    shared: list[Processor] = [structlog.stdlib.add_log_level, _stamp]
    careful: list[Processor] = [structlog.processors.format_exc_info, discreet]
    line = _line(plain, out)
    level = logging.getLevelNamesMapping()[log.level.upper()]
    structlog.configure(
        processors=[structlog.stdlib.PositionalArgumentsFormatter(), *careful, *shared, line],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    foreign = structlog.stdlib.ProcessorFormatter(processors=[meta, *careful, line], foreign_pre_chain=shared)
    handler.setFormatter(foreign)
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def discreet(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Hide what is private by its name, and by its look: e-mail addresses, tokens, passwords in addresses."""
    return {key: HIDDEN if key.lower() in PRIVATE else _hide(key, value) for key, value in event.items()}


def _hide(key: str, value: Any) -> Any:
    if isinstance(value, (int, float, type(None))):
        return value
    words = str(value)
    if key == "exception":
        return _clean(words)
    # The same words come again and again, and every request waits for its line.
    return _one_line(words) if len(words) <= REPEATED else _one_line.__wrapped__(words)


@lru_cache(maxsize=1024)
def _one_line(words: str) -> str:
    if len(words) <= SHORT and words.isprintable() and not _TELLING.search(words):
        return words
    return _clean(words).replace("\n", "\\n")  # one thing, one line: nobody forges a second


def _clean(words: str) -> str:
    return _CONTROL.sub("", _LOOKS_PRIVATE.sub(HIDDEN, words)).encode("utf-8", "replace").decode()


_TELLING = re.compile("[@= ]")  # without one of these, and short, nothing looks private
_LOOKS_PRIVATE = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}(?=@[\w-]{1,64}\.)"  # ann@example.org: the server may be known, the person not
    r"|(?<=://)[^\s/@]{1,256}(?=@)"  # postgresql://hub:password@db
    r"|(?i:(?<=bearer )|(?<=token=)|(?<=code=)|(?<=password=)|(?<=secret=))[^\s&\"']{1,4096}"
    r"|(?<=/)[\w-]{40,256}(?![\w-])"  # the links that invite, confirm and reset
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _stamp(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    second, ms = divmod(now(), 1000)
    event["at"] = f"{_second(second)}.{ms:03}Z"
    return event


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _line(plain: bool, out: TextIO) -> Processor:
    if plain:
        return structlog.dev.ConsoleRenderer(
            colors=out.isatty(), timestamp_key="at", pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.processors.JSONRenderer(_json)


def _json(event: EventDict, **_: Any) -> str:
    return msgspec.json.encode(event).decode()
