"""An ask or an offer as a poll: one tap says "I can help", and nobody but the hub sees who did.

For other hubs the same document carries a `Proposal` (FEP-0837). It names a ward, never a street, and never the
neighbour who needs help: the hub speaks.
"""

from collections.abc import Mapping

from federation.as2 import content, words
from federation.as2.contexts import NS, PUBLIC, Json
from hub.asks import Ask
from hub.settings import Hub
from hub.text import pick

KINDS = {"ask": ("Ask", "request"), "offer": ("Offer", "offer")}


def ask(it: Ask, hub: Hub, tally: Mapping[str, int], project: str | None = None) -> Json:
    """`tally` counts the answers by what they say (help, refer, share; take, info). `project` is its actor."""
    spoken = content.languages(hub, it.title, it.html)
    tags, hashtags = content.hashtags(hub, it.tags)
    keys = list(words.OPTIONS[it.kind])
    return {
        "id": it.uri,
        "type": "Question",
        "attributedTo": it.by.uri,
        **content.public(it.by.uri),
        **content.words(spoken, it.html, lambda one, html: _told(it, hub, one, html), hashtags),
        "url": it.url,
        "published": content.stamp(it.published),
        "updated": content.stamp(max(it.updated, it.published)),
        "endTime": content.stamp(it.expires),
        **({"closed": content.stamp(it.closed or it.updated)} if it.status != "open" else {}),
        **content.poll(words.options(it.kind, hub.languages[0]), [tally.get(key, 0) for key in keys]),
        "tag": tags,
        "attachment": [],
        "replies": f"{it.uri}/replies",
        "context": f"{it.uri}/context",
        "nh:kind": KINDS[it.kind][0],
        **content.named("nh:title", it.title, spoken),
        "nh:story": it.html,
        "nh:status": it.status,
        "nh:category": it.category,
        "nh:area": content.area(it.area),
        "nh:precision": "ward",
        "nh:needed": _needed(it, hub),
        "nh:safeguarding": "vetted-only" if it.vetted else "open",
        **({"nh:project": project} if project else {}),
        "nh:optionMap": keys,
        "nh:counts": {
            "nh:offered": it.offered,
            "nh:accepted": it.accepted,
            "nh:completed": it.completed,
        },
        "nh:proposal": _proposal(it, spoken[0]),
    }


def _told(it: Ask, hub: Hub, language: str, html: str) -> str:
    label = words.say(it.kind, language)
    if it.status != "open":
        label = f"{words.say('matched' if it.status == 'matched' else 'closed', language)} · {label}"
    head = content.title(f"{label}: {pick(it.title, language)}")
    if it.status != "open":
        return head + html
    option = words.options(it.kind, hub.languages[0])[0]
    how = words.say("answer", language, option=option, link=content.link(it.url))
    checked = f"<p>{words.say('checked', language)}</p>" if it.vetted else ""
    return f"{head}{html}{checked}<p>{how}</p>"


def _needed(it: Ask, hub: Hub) -> Json:
    by = words.local(it.due, hub.zone).date().isoformat() if it.due is not None else None
    facts = {"nh:people": it.people, "nh:hours": _number(it.hours), "nh:by": by}
    return {key: fact for key, fact in facts.items() if fact is not None}


def _proposal(it: Ask, language: str) -> Json:
    many = ("hour", _number(it.hours)) if it.hours else ("one", it.people or 1)
    return {
        "id": f"{it.uri}#proposal",
        "type": "Proposal",
        "purpose": KINDS[it.kind][1],
        "attributedTo": it.by.uri,
        "name": pick(it.title, language),
        "to": PUBLIC,
        "unitBased": False,
        "publishes": {
            "id": f"{it.uri}#primary",
            "type": "Intent",
            "action": "deliverService",
            "resourceConformsTo": f"{NS}{it.category}",
            "resourceQuantity": {"hasUnit": many[0], "hasNumericalValue": str(many[1])},
        },
    }


def _number(it: float | None) -> float | None:
    return int(it) if it is not None and it == int(it) else it
