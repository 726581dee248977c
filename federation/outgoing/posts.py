"""What becomes of notes, updates and replies, and of a project that begins."""

from federation import documents
from federation.as2 import content, words
from federation.as2.contexts import Json
from federation.audience import Said, of_hub, of_post, reached, said
from federation.dispatch import WORDS, Sender
from federation.outgoing import residents
from federation.outgoing.said import create, delete, ours, say_ourselves, share, update
from hub import projects
from hub.changes import Change
from hub.kept import OPEN
from hub.things import Thing


def published(s: Sender, change: Change) -> None:
    """Not what somebody who looks after the hub has hidden meanwhile."""
    thing = ours(s, change)
    if kept_back(thing):
        return
    if residents.is_one(thing):
        residents.published(s, thing)
        return
    post, it = _post(s, change)
    to = of_post(s, post)
    create(s, post.author, it, to, listed=True)
    if post.kind == "update":
        others = [inbox for inbox in of_hub(s, WORDS) if inbox not in to]
        share(s, s.hub.actor, post.uri, post.by, others, listed=True)


def changed(s: Sender, change: Change) -> None:
    thing = ours(s, change)
    if kept_back(thing):
        return
    if residents.is_one(thing):
        residents.changed(s, thing)
        return
    post, it = _post(s, change)
    update(s, post.author, it, reached(s, post))


def removed(s: Sender, change: Change) -> None:
    post = said(s.tx, change.subject)
    if post is not None and residents.is_one(post):
        residents.removed(s, post)
    elif post is not None:
        delete(s, post, reached(s, post))


def project_started(s: Sender, change: Change) -> None:
    project = projects.get(s.tx, change.subject)
    if project.local:
        acct = f"[@{project.handle}@{s.hub.domain}]({project.url})"
        names = {one: content.literal(title) for one, title in project.title.items()}
        told = {one: words.say("new project", one, title=name, acct=acct) for one, name in names.items()}
        say_ourselves(s, "note", told, project=project.id)


def kept_back(it: Thing) -> bool:
    """Whether nobody is to see it, although it was said to all."""
    return it.hidden and it.audience in OPEN


def _post(s: Sender, change: Change) -> tuple[Said, Json]:
    thing = ours(s, change)
    post = said(s.tx, thing.id)
    assert post is not None
    return post, documents.thing(s.tx, s.hub, thing)
