"""What the keys mean, told inside each document: nobody has to fetch a context, so none can be missing.

AS2's own terms are never given another meaning. Extra keys of ours are always written with their prefix, `nh:`.
"""

from typing import Any

Json = dict[str, Any]

ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
PUBLIC = f"{ACTIVITYSTREAMS}#Public"
NS = "https://w3id.org/neighbourhub/ns#"
VERSION = f"{NS}v1"

NH: Json = {"nh": NS, "Hashtag": "as:Hashtag", "sensitive": "as:sensitive"}
TOOT: Json = {
    "toot": "http://joinmastodon.org/ns#",
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "votersCount": "toot:votersCount",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "blurhash": "toot:blurhash",
}
ACTOR: Json = {
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "schema": "http://schema.org#",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "Multikey": "https://w3id.org/security#Multikey",
    "assertionMethod": {"@id": "https://w3id.org/security#assertionMethod", "@type": "@id", "@container": "@set"},
    "controller": {"@id": "https://w3id.org/security#controller", "@type": "@id"},
    "publicKeyMultibase": "https://w3id.org/security#publicKeyMultibase",
    "implements": {"@id": "https://w3id.org/fep/844e#implements", "@type": "@id"},
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "upcomingEvents": {"@id": "https://w3id.org/fep/8a8e/upcomingEvents", "@type": "@id"},
    "openness": "https://joinmobilizon.org/ns#openness",
}
EVENT: Json = {
    "mz": "https://joinmobilizon.org/ns#",
    "ical": "http://www.w3.org/2002/12/cal/ical#",
    "sc": "http://schema.org#",
    "address": "sc:address",
    "PostalAddress": "sc:PostalAddress",
    "streetAddress": "sc:streetAddress",
    "addressLocality": "sc:addressLocality",
    "addressRegion": "sc:addressRegion",
    "addressCountry": "sc:addressCountry",
    "postalCode": "sc:postalCode",
    "category": "sc:category",
    "maximumAttendeeCapacity": "sc:maximumAttendeeCapacity",
    "remainingAttendeeCapacity": "sc:remainingAttendeeCapacity",
    "inLanguage": "sc:inLanguage",
    "status": "ical:status",
    "timezone": "mz:timezone",
    "joinMode": "mz:joinMode",
    "externalParticipationUrl": "mz:externalParticipationUrl",
    "participantCount": "mz:participantCount",
    "anonymousParticipationEnabled": "mz:anonymousParticipationEnabled",
    "repliesModerationOption": "mz:repliesModerationOption",
    "isOnline": "mz:isOnline",
    "pt": "https://joinpeertube.org/ns#",
    "commentsEnabled": "pt:commentsEnabled",
    "fep8a8e": "https://w3id.org/fep/8a8e/",
    "eventStatus": {"@id": "fep8a8e:eventStatus", "@type": "@vocab"},
    "EventScheduled": "fep8a8e:EventScheduled",
    "EventCancelled": "fep8a8e:EventCancelled",
    "EventPostponed": "fep8a8e:EventPostponed",
    "EventRescheduled": "fep8a8e:EventRescheduled",
    "EventMovedOnline": "fep8a8e:EventMovedOnline",
    "EventTentative": "fep8a8e:EventTentative",
    "displayEndTime": "fep8a8e:displayEndTime",
    "attendees": {"@id": "fep8a8e:attendees", "@type": "@id"},
    "organizers": {"@id": "fep8a8e:organizers", "@type": "@id"},
    "isBannerImage": "fep8a8e:isBannerImage",
    "onlineLink": "nh:onlineLink",
    "anonymousParticipation": "nh:anonymousParticipation",
    "buyTicketsLink": "nh:buyTicketsLink",
    "feeCurrency": "nh:feeCurrency",
    "feeAmount": "nh:feeAmount",
}
ONLINE: Json = {"VirtualLocation": "sc:VirtualLocation"}
VF: Json = {
    "vf": "https://w3id.org/valueflows/ont/vf#",
    "om2": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
    "Proposal": "vf:Proposal",
    "Intent": "vf:Intent",
    "Agreement": "vf:Agreement",
    "Commitment": "vf:Commitment",
    "EconomicEvent": "vf:EconomicEvent",
    "action": "vf:action",
    "purpose": "vf:purpose",
    "publishes": "vf:publishes",
    "reciprocal": "vf:reciprocal",
    "unitBased": "vf:unitBased",
    "stipulates": "vf:stipulates",
    "satisfies": "vf:satisfies",
    "fulfills": "vf:fulfills",
    "finished": "vf:finished",
    "provider": "vf:provider",
    "receiver": "vf:receiver",
    "resourceConformsTo": "vf:resourceConformsTo",
    "resourceQuantity": "vf:resourceQuantity",
    "effortQuantity": "vf:effortQuantity",
    "availableQuantity": "vf:availableQuantity",
    "hasUnit": "om2:hasUnit",
    "hasNumericalValue": "om2:hasNumericalValue",
}

Context = str | list[str | Json]
ACTORS: Context = [ACTIVITYSTREAMS, SECURITY, TOOT | ACTOR | NH]
EVENTS: Context = [ACTIVITYSTREAMS, EVENT | TOOT | NH]
ONLINE_EVENTS: Context = [ACTIVITYSTREAMS, EVENT | ONLINE | TOOT | NH]
ASKS: Context = [ACTIVITYSTREAMS, VF | TOOT | NH]
PLEDGES: Context = [ACTIVITYSTREAMS, VF | NH]
POSTS: Context = [ACTIVITYSTREAMS, TOOT | NH]
HUBS: Context = [ACTIVITYSTREAMS, NH]
PLAIN: Context = ACTIVITYSTREAMS
EVERYTHING: Context = [ACTIVITYSTREAMS, EVENT | ONLINE | VF | TOOT | NH]

_OF_ACTORS = frozenset({"Group", "Person", "Application", "Service", "Organization"})


def document(it: Json) -> Json:
    """`it` with the context that its keys, and those of what it carries, need."""
    return {"@context": of(it)} | it


def of(it: Json) -> Context:
    carried = it.get("result", it.get("object"))
    if isinstance(carried, dict):
        return of(carried)
    match it.get("type"):
        case "Agreement" | "EconomicEvent":
            return PLEDGES
        case "Event":
            return ONLINE_EVENTS if it["location"]["type"] == "VirtualLocation" else EVENTS
        case "Question":
            return ASKS if "nh:proposal" in it else POSTS
        case "Note":
            return POSTS
        case "Join" if "nh:attendance" in it:
            return HUBS
        case "Link":
            return HUBS
        case kind if kind in _OF_ACTORS:
            return ACTORS
        case "OrderedCollection" | "OrderedCollectionPage":
            return _of_items(it["orderedItems"]) if it.get("orderedItems") else PLAIN
    return PLAIN


def _of_items(items: list[str | Json]) -> Context:
    first = items[0]
    if isinstance(first, str):
        return PLAIN
    return HUBS if first["type"] == "Link" else EVERYTHING
