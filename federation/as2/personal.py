"""What residents say in their own name: a `Note` or, with a poll, a `Question`, addressed to whom it is for.

A warning is the `summary`; there is never a `name`, which some servers would show as a warning too.
"""

import msgspec

from federation.as2 import content, whom
from federation.as2.contexts import Json
from hub.kept import OPEN
from hub.reading import Poll
from hub.settings import Hub
from hub.things import Thing


class Named(msgspec.Struct, frozen=True):
    """Somebody who is named, or for whom it is. `acct` is `@ann@e17.example`."""

    uri: str
    acct: str


class Around(msgspec.Struct, frozen=True):
    """What it stands in: whom it names, the thread's `context`; how often each option of its poll was chosen (empty
    where that is not told), by how many people."""

    named: list[Named] = msgspec.field(default_factory=list)
    context: str | None = None
    counts: list[int] = msgspec.field(default_factory=list)
    voters: int = 0


def said(it: Thing, hub: Hub, around: Around = Around()) -> Json:  # noqa: B008 - frozen
    spoken = content.languages(hub, it.html)
    words = content.words(spoken, it.html, lambda _, html: html) if spoken else {"content": ""}
    warning = content.named("summary", it.extra.warning, spoken)
    poll = it.extra.poll
    return {
        "id": it.uri,
        "type": "Question" if poll else "Note",
        "attributedTo": it.by.uri,
        **whom.addressed(it.by.uri, it.audience, (one.uri for one in around.named)),
        **({"inReplyTo": it.reply_to} if it.reply_to else {}),
        **warning,
        **words,
        "url": it.url,
        "published": content.stamp(it.published),
        **({"updated": content.stamp(it.edited)} if it.edited else {}),
        "sensitive": it.extra.sensitive or bool(warning),
        "attachment": content.pictures(hub, it.pictures),
        "tag": [*(content.mention(one.acct, one.uri) for one in around.named), *_hashtags(it, hub)],
        **({"replies": f"{it.uri}/replies"} if it.audience in OPEN else {}),
        "context": around.context or f"{it.uri}/context",
        **(_poll(poll, around) if poll else {}),
    }


def vote(id: str, poll: str, actor: str, author: str, label: str, at: int) -> Json:
    """The choice of one option: a note with a name and no words, for nobody but who asks."""
    return {
        "id": id, "type": "Note", "attributedTo": actor, "to": [author], "cc": [], "name": label, "inReplyTo": poll,
        "published": content.stamp(at),
    }  # fmt: skip


def _hashtags(it: Thing, hub: Hub) -> list[Json]:
    """They stand in the words already, as links."""
    return [
        {"type": "Hashtag", "name": f"#{tag}", "href": f"{hub.base}/tags/{tag.casefold()}"} for tag in it.tags
    ]  # fmt: skip


def _poll(poll: Poll, around: Around) -> Json:
    counts = around.counts or [0] * len(poll.options)
    options = [
        {"type": "Note", "name": option.name, "replies": {"type": "Collection", "totalItems": count}}
        for option, count in zip(poll.options, counts, strict=True)
    ]
    ends = {"endTime": content.stamp(poll.ends)} if poll.ends is not None else {}
    closed = {"closed": content.stamp(poll.ends)} if poll.over and poll.ends is not None else {}
    return {**ends, **closed, "votersCount": around.voters, "anyOf" if poll.many else "oneOf": options}
