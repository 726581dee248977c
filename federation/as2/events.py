"""An event in two shapes: as an `Event` for servers with a calendar, as a poll for those with a timeline.

Mastodon shows no words of an `Event`, and no app there can say "I'm going"; a poll it shows whole, and a vote is an
answer. Mobilizon, Gancio and PieFed drop or crash on a poll, and read the `Event` (FEP-8a8e).
"""

from hashlib import sha256
from html import escape

from federation.as2 import content, words
from federation.as2.contexts import Json
from hub.events import Event
from hub.packing import pack
from hub.places import Access, Venue
from hub.settings import Hub
from hub.text import pick

CATEGORY = "COMMUNITY"  # one of Mobilizon's; a neighbourhood's event is that before all else
CURRENCY = "GBP"

STATUS = {  # ours → iCalendar's, which Mobilizon reads; FEP-8a8e's
    "scheduled": ("CONFIRMED", "EventScheduled"),
    "tentative": ("TENTATIVE", "EventTentative"),
    "postponed": ("TENTATIVE", "EventPostponed"),
    "rescheduled": ("CONFIRMED", "EventRescheduled"),
    "moved_online": ("CONFIRMED", "EventMovedOnline"),
    "cancelled": ("CANCELLED", "EventCancelled"),
}
OFF = ("cancelled", "postponed")


def event(it: Event, hub: Hub, project: str | None = None) -> Json:
    """The `Event` itself, which Mobilizon, Gancio, Friendica, PieFed and other hubs read. `project` is its actor."""
    spoken = content.languages(hub, it.title, it.html)
    names = {one: _name(it, one) for one in spoken}
    said = content.words(spoken, it.html, lambda _, html: html)
    status, event_status = STATUS[it.status]
    return {
        "id": it.uri,
        "type": "Event",
        "attributedTo": it.by.uri,
        **content.public(it.by.uri),
        "name": names[spoken[0]],
        "nameMap": names,
        "summary": _summary(it, spoken[0]),
        **({"summaryMap": {one: _summary(it, one) for one in spoken}} if len(spoken) > 1 else {}),
        "content": said["content"] or f"<p>{escape(_summary(it, spoken[0]))}</p>",
        **({"contentMap": said["contentMap"]} if it.html else {}),
        "mediaType": "text/html",
        "inLanguage": spoken[0],
        "url": it.url,
        "published": content.stamp(it.published),
        **({"updated": content.stamp(it.updated)} if it.updated > it.published else {}),
        "startTime": words.local(it.starts, it.zone).isoformat(timespec="seconds"),
        "endTime": words.local(it.ends, it.zone).isoformat(timespec="seconds"),
        "timezone": it.zone,
        "displayEndTime": True,
        **_where(it, spoken),
        **_pictures(it, hub),
        "tag": content.hashtags(hub, it.tags)[0],
        "category": CATEGORY,
        "status": status,
        "eventStatus": event_status,
        **_joining(it),
        **_cost(it, spoken),
        "organizers": {
            "id": f"{it.uri}/organizers", "type": "Collection", "totalItems": 1, "items": [it.by.uri],
        },
        "attendees": f"{it.uri}/attendees",
        "replies": f"{it.uri}/replies",
        "context": f"{it.uri}/context",
        "nh:kind": "Event",
        **({"nh:project": project} if project else {}),
        "nh:companion": companion_uri(it, hub),
        "nh:rsvp": {
            "nh:yes": it.going, "nh:maybe": it.maybe, "nh:no": it.declined, "nh:waitlist": it.waiting, "url": it.url,
        },
        "nh:accessibility": _access(it.access, spoken),
        **_cancellation(it, spoken),
    }  # fmt: skip


def companion(it: Event, hub: Hub) -> Json:
    """The poll that stands for the event on Mastodon, GoToSocial, Misskey, Akkoma: full text, one tap to answer."""
    spoken = content.languages(hub, it.title, it.html)
    tags, hashtags = content.hashtags(hub, it.tags)
    uri = companion_uri(it, hub)
    return {
        "id": uri,
        "type": "Question",
        "attributedTo": it.by.uri,
        **content.public(it.by.uri),
        **content.words(spoken, it.html, lambda one, html: _told(it, one, html), hashtags),
        "url": it.url,
        "published": content.stamp(it.published),
        "updated": content.stamp(max(it.updated, it.published)),
        "endTime": words.local(it.starts, it.zone).isoformat(timespec="seconds"),
        **({"closed": content.stamp(it.updated)} if it.cancelled else {}),
        **content.poll(words.options("event", hub.languages[0]), [it.going, it.maybe, it.declined]),
        "tag": tags,
        "attachment": [],
        "replies": f"{uri}/replies",
        "context": f"{it.uri}/context",
        "nh:kind": "EventCompanion",
        "nh:about": it.uri,
        "nh:optionMap": list(words.OPTIONS["event"]),
    }


def companion_uri(it: Event, hub: Hub) -> str:
    return f"{hub.base}/post/{it.companion}"


def _name(it: Event, language: str) -> str:
    title = pick(it.title, language)
    return f"{words.say(it.status, language)}: {title}" if it.status in OFF else title


def _summary(it: Event, language: str) -> str:
    when = words.when(it.starts, it.ends, it.zone, language)
    place = it.venue.line or words.say("online", language)
    if it.status not in OFF:
        return f"{when} · {place}"
    reason = f" ({pick(it.reason, language)})" if it.reason else ""
    return f"{words.say(it.status, language)}{reason}. {words.say('was', language, when=when)} · {place}"


def _told(it: Event, language: str, html: str) -> str:
    reason = f"<p>{escape(pick(it.reason, language))}</p>" if it.reason else ""
    ask = "" if it.cancelled else f"<p>{words.say('rsvp', language, link=content.link(it.url))}</p>"
    full = f"<p><strong>{words.say('full', language)}</strong></p>" if it.full and not it.cancelled else ""
    return content.title(_name(it, language)) + reason + full + _facts(it, language) + html + ask


def _facts(it: Event, language: str) -> str:
    lines = [f"📅 {escape(words.when(it.starts, it.ends, it.zone, language))}"]
    lines += [f"📍 {escape(it.venue.line)}"] if it.venue.line else []
    lines += [f"💻 {content.link(it.online)}"] if it.online else []
    lines += [f"♿ {escape(access)}"] if (access := _access_words(it.access, language)) else []
    lines += [f"💷 {escape(price)}"] if (price := _price(it, language)) else []
    return f"<p>{'<br>'.join(lines)}</p>"


def _access_words(it: Access, language: str) -> str:
    said = [
        name
        for name, fact in (
            ("step free", it.step_free), ("not step free", it.step_free is False), ("toilet", it.toilet),
            ("hearing loop", it.hearing_loop), ("sign language", it.sign_language), ("parking", it.parking),
            ("children", it.children),
        )
        if fact
    ]  # fmt: skip
    return ", ".join([*(words.say(name, language) for name in said), *filter(None, [pick(it.notes, language)])])


def _price(it: Event, language: str) -> str:
    amount = f"£{it.cost / 100:.2f}".removesuffix(".00") if it.cost else ""
    return " · ".join(part for part in (amount, pick(it.cost_words, language)) if part)


def _where(it: Event, spoken: list[str]) -> Json:
    online = {"isOnline": bool(it.online) and not it.venue.line, "onlineLink": it.online or None}
    if it.venue.line or not it.online:
        return {"location": _place(it, spoken)} | online
    virtual = {"type": "VirtualLocation", "name": words.say("online", spoken[0]), "url": it.online}
    return {"location": virtual} | online


def _place(it: Event, spoken: list[str]) -> Json:
    # Mobilizon keeps a place by its id for ever: another place needs another one.
    mark = sha256(pack(it.venue).encode()).hexdigest()[:8]
    return {
        "id": f"{it.uri}#place-{mark}",
        "type": "Place",
        "name": it.venue.name or it.venue.line,
        **content.position(it.venue.lat, it.venue.lon),
        "address": _address(it.venue),
        "nh:accessibility": _access(it.access, spoken),
    }


def _address(venue: Venue) -> Json:
    parts = {
        "streetAddress": venue.street, "addressLocality": venue.locality, "addressRegion": venue.region,
        "postalCode": venue.postcode, "addressCountry": venue.country,
    }  # fmt: skip
    return {"type": "PostalAddress"} | {key: part for key, part in parts.items() if part}


def _access(it: Access, spoken: list[str]) -> Json:
    facts = {
        "nh:stepFree": it.step_free, "nh:accessibleToilet": it.toilet, "nh:hearingLoop": it.hearing_loop,
        "nh:bslOnRequest": it.sign_language, "nh:childrenWelcome": it.children, "nh:blueBadgeParking": it.parking,
    }  # fmt: skip
    return {key: fact for key, fact in facts.items() if fact is not None} | content.named("nh:notes", it.notes, spoken)


def _pictures(it: Event, hub: Hub) -> Json:
    attached = content.pictures(hub, it.pictures)
    if not attached:
        return {"attachment": []}
    if it.online and it.venue.line:
        attached.append({"type": "Link", "mediaType": "text/html", "name": "Website", "href": it.online})
    return {"image": content.picture(hub, it.pictures[0], "Image"), "attachment": attached}


def _joining(it: Event) -> Json:
    left = {} if it.places is None else {"remainingAttendeeCapacity": max(0, it.places - it.going)}
    return {
        "joinMode": "free",
        "externalParticipationUrl": None,
        "maximumAttendeeCapacity": it.places,
        **left,
        "participantCount": it.going,
        "anonymousParticipationEnabled": True,
        "repliesModerationOption": "allow_all",
        "commentsEnabled": True,
        "anonymousParticipation": True,
    }


def _cost(it: Event, spoken: list[str]) -> Json:
    known: Json = {"nh:free": True}
    if it.cost:
        known = {"nh:free": False, "nh:amountMinor": it.cost, "nh:currency": CURRENCY}
    return {
        "buyTicketsLink": None,
        "feeCurrency": CURRENCY if it.cost else None,
        "feeAmount": it.cost / 100 if it.cost else 0,
        "nh:cost": known | content.named("nh:words", it.cost_words, spoken),
    }


def _cancellation(it: Event, spoken: list[str]) -> Json:
    if it.status not in OFF:
        return {}
    reason = content.named("nh:reason", it.reason, spoken)
    return {"nh:cancellation": reason | {"nh:at": content.stamp(it.updated), "nh:replacement": None}}
