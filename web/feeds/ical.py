"""Calendars (RFC 5545): events that a calendar app keeps up to date by itself.

Times are UTC: an event of ours happens once, so nothing is gained from describing the time zone.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from hub.errors import N_
from hub.events import Event
from hub.settings import Hub
from hub.text import pick, plain
from web.words import Words

MIME = "text/calendar"
LINE = 75  # octets, without the line's end
STATUS = {"cancelled": "CANCELLED", "postponed": "TENTATIVE", "tentative": "TENTATIVE"}
HOURLY = "PT1H"  # how often an app should look again
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def calendar(name: str, events: Iterable[Event], words: Words, hub: Hub) -> bytes:
    """A whole calendar called `name`, or a bare one around a single event."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Neighbourhub//Neighbourhub//EN", "CALSCALE:GREGORIAN"]
    if name:
        lines += [f"NAME:{text(name)}", f"X-WR-CALNAME:{text(name)}", f"X-WR-TIMEZONE:{text(hub.zone)}"]
        lines += [f"REFRESH-INTERVAL;VALUE=DURATION:{HOURLY}", f"X-PUBLISHED-TTL:{HOURLY}"]
    for it in events:
        lines += _event(it, words, hub)
    lines.append("END:VCALENDAR")
    return b"".join(fold(line) for line in lines)


def _event(it: Event, words: Words, hub: Hub) -> Iterator[str]:
    lang, page = words.catalogue.language, it.url
    yield "BEGIN:VEVENT"
    yield f"UID:{it.id}@{hub.domain}" if it.local else f"UID:{text(it.uri)}"
    yield f"DTSTAMP:{moment(it.updated)}"
    yield f"CREATED:{moment(it.published)}"
    yield f"LAST-MODIFIED:{moment(it.updated)}"
    yield f"SEQUENCE:{max(0, it.updated - it.published) // 1000}"
    yield f"DTSTART:{moment(it.starts)}"
    yield f"DTEND:{moment(it.ends)}"
    yield f"SUMMARY;LANGUAGE={lang}:{text(named(it, words))}"
    yield f"DESCRIPTION;LANGUAGE={lang}:{text(_description(it, words, page))}"
    if it.venue.line or it.online:
        yield f"LOCATION:{text(it.venue.line or it.online)}"
    if it.venue.lat is not None and it.venue.lon is not None:
        yield f"GEO:{it.venue.lat};{it.venue.lon}"
    yield f"URL:{_CONTROL.sub('', page)}"
    yield f"STATUS:{STATUS.get(it.status, 'CONFIRMED')}"
    if it.tags:
        yield "CATEGORIES:" + ",".join(text(tag) for tag in it.tags)
    if it.series:  # RFC 9253 §8.3: what has the same key belongs together
        yield f"REFID:{text(it.series)}@{hub.domain}"
    yield "END:VEVENT"


def named(it: Event, words: Words) -> str:
    """Its title, with what everybody must know first."""
    say, title = words.catalogue.gettext, pick(it.title, words.catalogue.language)
    if it.status == "cancelled":
        return say(N_("Cancelled: %(title)s")) % {"title": title}
    if it.status == "postponed":
        return say(N_("Postponed: %(title)s")) % {"title": title}
    return title


def _description(it: Event, words: Words, page: str) -> str:
    lang = words.catalogue.language
    return "\n\n".join(part for part in (pick(it.reason, lang), plain(pick(it.html, lang)), it.online, page) if part)


def moment(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def text(words: str) -> str:
    """§3.3.11: backslash, semicolon, comma and line end are written with a backslash."""
    for letters, written in (("\r\n", "\n"), ("\r", "\n"), ("\\", "\\\\"), (";", "\\;"), (",", "\\,")):
        words = words.replace(letters, written)
    return _CONTROL.sub("", words.replace("\n", "\\n"))


def fold(line: str) -> bytes:
    """§3.1: at most 75 octets a line, the rest on lines that begin with a space; a letter is never cut in two."""
    out, used = bytearray(), 0
    for letter in line:
        octets = letter.encode()
        if used + len(octets) > LINE:
            out += b"\r\n "
            used = 1
        out += octets
        used += len(octets)
    return bytes(out) + b"\r\n"
