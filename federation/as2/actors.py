"""Those who can be followed, as other servers see them: the hub, its projects, its people, and the server itself.

Hub and projects are a `Group`, people a `Person`, the server an `Application` (FEP-d556), each with an RSA key that
everybody reads and an Ed25519 key for those who can (FEP-521a).
"""

from html import escape

from federation.as2 import content, words
from federation.as2.contexts import VERSION, Json
from hub.actors import Actor
from hub.media import MIME
from hub.projects import Project
from hub.settings import Hub
from hub.slices import Slice
from hub.text import Text, pick
from hub.things import Picture, rendered

SOFTWARE = "neighbourhub"
IMPLEMENTS = [
    ("https://datatracker.ietf.org/doc/html/rfc9421", "RFC-9421: HTTP Message Signatures"),
    (VERSION, "Neighbourhub vocabulary v1"),
]
COLLECTIONS = ("projects", "events", "asks", "offers", "slices")
OF_PROJECT = ("events", "asks", "offers")


def hub(it: Actor, hub: Hub) -> Json:
    """The neighbourhood's hub: what most people follow."""
    first = hub.languages[0]
    fields = [(words.say("area", first), escape(hub.area.name))] if hub.area.name else []
    fields.append((words.say("website", first), _link(hub.base + "/")))
    fields.append((words.say("parts", first), _link(hub.base + "/slices")))
    return _actor(it, hub, rendered(hub.welcome)) | {
        "icon": _drawn(hub, "icon", "hub", it),
        "image": _drawn(hub, "header", "hub", it),
        "openness": "moderated",
        **_patch(hub),
        "attachment": _fields(fields),
        "upcomingEvents": f"{it.uri}/upcoming",
        "nh:kind": "Hub",
        "nh:area": content.area(hub.area),
        "nh:languages": hub.languages,
        "nh:collections": {f"nh:{name}": f"{it.uri}/{name}" for name in COLLECTIONS},
        "nh:hubs": f"{hub.base}/actor/hubs",
    }


def project(it: Actor, project: Project, hub: Hub) -> Json:
    """A project, followed for itself. Its story is `nh:story`, since `summary` is shown as a short text."""
    first = hub.languages[0]
    spoken = content.languages(hub, it.name)
    stage = words.say(f"stage {project.stage}", first)
    fields = [(words.say("hub", first), _link(hub.base + "/")), (words.say("stage", first), stage)]
    own = {name: f"{it.uri}/{name}" for name in OF_PROJECT}
    return _actor(it, hub, it.summary, updated=max(it.updated, project.updated)) | {
        "icon": _drawn(hub, "icon", it.handle, it),
        "image": _header(hub, project, it),
        "nh:kind": "Project",
        "nh:hub": f"{hub.base}/actor/hub",
        "nh:status": project.stage,
        "nh:story": project.html,
        **content.named("nh:wanted", project.wanted, spoken),
        "nh:area": content.area(it.area),
        "nh:started": words.local(project.published, hub.zone).date().isoformat(),
        "nh:collections": {"nh:updates": f"{it.uri}/outbox"} | {f"nh:{name}": uri for name, uri in own.items()},
        "attachment": _fields(fields),
    }


def part(it: Actor, part: Slice, hub: Hub) -> Json:
    """A part of what the hub says, followed for itself: it says nothing, and shares what falls in it."""
    about = {}
    for tag in hub.languages:
        name = part.name.get(tag) or next(iter(part.name.values()), "")
        told = words.say(f"slice {part.kind}", tag, hub=escape(pick(hub.name, tag)), name=escape(name))
        about[tag] = f"<p>{told}</p>"
    fields = [(words.say("hub", hub.languages[0]), _link(hub.base + "/"))]
    return _actor(it, hub, about) | {
        "icon": _drawn(hub, "icon", "hub", it),
        "image": _drawn(hub, "header", "hub", it),
        "nh:kind": "Slice",
        "nh:hub": f"{hub.base}/actor/hub",
        "nh:slice": part.kind,
        "attachment": _fields(fields),
        **({"upcomingEvents": f"{it.uri}/upcoming"} if part.kind != "asks" and part.kind != "offers" else {}),
    }


def resident(it: Actor, hub: Hub, moved: str | None = None) -> Json:
    """Somebody with an account here, who wants to be found only if they say so. `moved`: who they are now elsewhere."""
    return _actor(it, hub, it.summary) | {
        "type": "Service" if it.bot else "Person",
        **{name: _photo(hub, id) for name, id in (("icon", it.picture), ("image", it.header)) if id is not None},
        "manuallyApprovesFollowers": it.locked,
        "indexable": it.indexable,
        **({"attachment": _fields([(fact.name, fact.value) for fact in it.facts])} if it.facts else {}),
        **({"alsoKnownAs": it.also} if it.also else {}),
        **({"movedTo": moved} if moved else {}),
        "nh:kind": "Resident",
        "nh:hub": f"{hub.base}/actor/hub",
    }


def desk(it: Actor, hub: Hub) -> Json:
    """Who speaks for the hub where a group cannot be an author."""
    about = words.say("desk", hub.languages[0], name=escape(pick(hub.name, hub.languages[0])))
    return _actor(it, hub, {hub.languages[0]: f"<p>{about}</p>"}) | {"nh:hub": f"{hub.base}/actor/hub"}


def instance(it: Actor, hub: Hub, version: str) -> Json:
    """The server: it signs what we fetch, and other servers follow it. Anybody may read it, without a signature."""
    about = words.say("server", hub.languages[0], name=escape(pick(hub.name, hub.languages[0])))
    return _actor(it, hub, {hub.languages[0]: f"<p>{about}</p>"}) | {
        "nh:kind": "Instance",
        "nh:hub": f"{hub.base}/actor/hub",
        "nh:hubs": f"{hub.base}/actor/hubs",
        "nh:software": {"name": SOFTWARE, "nh:version": version},
    }


def _actor(it: Actor, hub: Hub, summary: Text, *, updated: int | None = None) -> Json:
    spoken = content.languages(hub, it.name)
    changed = updated or it.updated
    return {
        "id": it.uri,
        "type": it.type,
        "preferredUsername": it.handle,
        "webfinger": it.acct[1:],
        **content.named("name", it.name, spoken),
        "nameMap": it.name,  # also of one language: how else would another hub know which it is?
        **_summary(hub, summary),
        "url": it.url,
        "inbox": it.inbox,
        "outbox": f"{it.uri}/outbox",
        "followers": content.followers(it.uri),
        "following": f"{it.uri}/following",
        "featured": f"{it.uri}/featured",
        "endpoints": {"sharedInbox": it.shared_inbox},
        "manuallyApprovesFollowers": False,
        "discoverable": it.discoverable,
        "indexable": it.discoverable,
        "published": content.stamp(it.created),
        **({"updated": content.stamp(changed)} if changed > it.created else {}),
        "publicKey": {"id": f"{it.uri}#main-key", "owner": it.uri, "publicKeyPem": it.public_key},
        "assertionMethod": [_multikey(it)] if it.multikey else [],
        "generator": {
            "type": "Application",
            "name": "Neighbourhub",
            "implements": [{"type": "Link", "href": href, "name": name} for href, name in IMPLEMENTS],
        },
    }


def _summary(hub: Hub, summary: Text) -> Json:
    spoken = content.languages(hub, summary)
    if not spoken:
        return {}
    said = content.words(spoken, summary, lambda _, html: html)
    return {"summary": said["content"]} | ({"summaryMap": said["contentMap"]} if len(spoken) > 1 else {})


def _multikey(it: Actor) -> Json:
    return {
        "id": f"{it.uri}#ed25519-key", "type": "Multikey", "controller": it.uri, "publicKeyMultibase": it.multikey,
    }  # fmt: skip


def _patch(hub: Hub) -> Json:
    at = content.position(hub.lat, hub.lon)
    name = hub.area.name or pick(hub.name, hub.languages[0])
    return {"location": {"type": "Place", "name": name, **at, "radius": hub.radius, "units": "km"}} if at else {}


def _header(hub: Hub, project: Project, it: Actor) -> Json:
    if project.pictures:
        return content.picture(hub, project.pictures[0], "Image")
    return _drawn(hub, "header", it.handle, it)


def _drawn(hub: Hub, what: str, name: str, it: Actor) -> Json:
    """The picture that the hub draws from a name, for those who have given none."""
    url = f"{hub.base}/drawn/{what}/{name}.png"
    return content.picture(hub, Picture(url=url, mime="image/png", alt=it.name), "Image")


def _photo(hub: Hub, media: int) -> Json:
    return {"type": "Image", "mediaType": MIME, "url": f"{hub.base}/media/{media}"}


def _fields(them: list[tuple[str, str]]) -> list[Json]:
    return [{"type": "PropertyValue", "name": name, "value": value} for name, value in them]


def _link(url: str) -> str:
    shown = url.partition("://")[2].rstrip("/")
    return f'<a href="{escape(url)}" rel="me nofollow noopener" target="_blank">{escape(shown)}</a>'
