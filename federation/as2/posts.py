"""Words as a `Note`: what the hub says, how a project gets on, what a resident answers."""

import msgspec

from federation.as2 import content
from federation.as2.contexts import Json
from hub.settings import Hub
from hub.text import pick
from hub.things import Thing


class Around(msgspec.Struct, frozen=True):
    """What a note stands in: the `project` it is about (actor), the one it answers, the thread's `context`."""

    project: str | None = None
    project_acct: str = ""
    answers: str | None = None
    answers_acct: str = ""
    context: str | None = None


def note(it: Thing, hub: Hub, around: Around = Around()) -> Json:  # noqa: B008 - frozen
    """A note of the hub, a project's update, or a reply: title and words in `content`, since a `name` would warn."""
    spoken = content.languages(hub, it.html, it.title)
    tags, hashtags = content.hashtags(hub, it.tags)
    update = it.kind == "update"
    hub_uri = f"{hub.base}/actor/hub"
    others = [hub_uri] if update else []
    others += [around.answers] if around.answers and around.answers != it.by.uri else []
    return {
        "id": it.uri,
        "type": "Note",
        "attributedTo": it.by.uri,
        **content.public(it.by.uri, *others),
        **({"audience": hub_uri} if update else {}),
        **({"inReplyTo": it.reply_to} if it.reply_to else {}),
        **content.words(spoken, it.html, lambda one, html: content.title(pick(it.title, one)) + html, hashtags),
        "url": it.url,
        "published": content.stamp(it.published),
        **({"updated": content.stamp(it.updated)} if it.updated > it.published else {}),
        "sensitive": False,
        "attachment": content.pictures(hub, it.pictures),
        "tag": [*_mentions(it, around), *tags],
        "replies": f"{it.uri}/replies",
        "context": around.context or f"{it.uri}/context",
        **({"nh:kind": "ProjectUpdate", "nh:project": around.project} if around.project else {}),
        **content.named("nh:title", it.title, spoken),
        **({"nh:story": it.html} if it.title or hashtags else {}),
    }


def _mentions(it: Thing, around: Around) -> list[Json]:
    mentioned = []
    if around.answers and around.answers != it.by.uri:
        mentioned.append(content.mention(around.answers_acct, around.answers))
    if it.kind == "note" and around.project:
        mentioned.append(content.mention(around.project_acct, around.project))
    return mentioned
