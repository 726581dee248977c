"""Reading what other servers publish: our own documents come back as they were, everybody else's within bounds."""

from typing import Any

import pytest
from conftest import Clock
from elsewhere import Json, pair
from hypothesis import given, settings
from hypothesis import strategies as some

from federation.as2 import attached, loose, seen
from federation.as2.contexts import NS
from federation.as2.seen import Unreadable
from hub.clock import DAY, HOUR, now
from hub.errors import HubError
from hub.packing import pack
from hub.places import Access, Area, Venue

UID = "https://mobilizon.example/events/1"
START = "2026-05-20T10:00:00+01:00"


def event(**more: Any) -> Json:
    return {"id": UID, "type": "Event", "startTime": START, "published": "2026-04-30T12:00:00Z"} | more


def note(**more: Any) -> Json:
    return {"id": UID, "type": "Note", "content": "<p>hi</p>", "published": "2026-04-30T12:00:00Z"} | more


# --- places and times ------------------------------------------------------------------------------

HALL = {"type": "Place", "name": "Hall", "latitude": 51.5, "longitude": -3.1}


@pytest.mark.parametrize(
    ("location", "venue"),
    [
        ("The Hall, Mill Road", Venue(name="The Hall, Mill Road")),
        ({"name": "Colosseo"}, Venue(name="Colosseo")),
        (HALL, Venue(name="Hall", lat=51.5, lon=-3.1)),
        ([HALL, {"type": "VirtualLocation", "url": "https://meet.example/x"}], Venue(name="Hall", lat=51.5, lon=-3.1)),
        (HALL | {"address": "C/ Falsa 123"}, Venue(name="Hall", street="C/ Falsa 123", lat=51.5, lon=-3.1)),
        (
            {"name": "Cour", "address": {"streetAddress": " ", "addressLocality": "Nantes", "postalCode": None},
             "geo": {"latitude": 47.2, "longitude": -1.5}},
            Venue(name="Cour", locality="Nantes", lat=47.2, lon=-1.5),
        ),
        (HALL | {"latitude": 951, "longitude": "x"}, Venue(name="Hall")),
        (HALL | {"latitude": "51.5", "longitude": "-3.1"}, Venue(name="Hall", lat=51.5, lon=-3.1)),
        ("https://mobilizon.example/places/1", Venue()),
        (None, Venue()), (7, Venue()), ([], Venue()), ([[]], Venue()), ({"name": ["x"]}, Venue()),
    ],
)  # fmt: skip
def test_a_place_is_read_however_it_is_written(location: object, venue: Venue) -> None:
    assert seen.event(event(location=location)).venue == venue


def test_an_event_online_says_where() -> None:
    virtual = {"type": "VirtualLocation", "name": "Online", "url": "https://meet.example/x"}
    assert seen.event(event(location=virtual)).online == "https://meet.example/x"
    assert seen.event(event(onlineLink="https://meet.example/y", location=[HALL])).online == "https://meet.example/y"
    assert seen.event(event(onlineLink="javascript:alert(1)")).online == ""


@pytest.mark.parametrize("start", [None, "", "tomorrow", 7, [], "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_an_event_without_a_time_is_none(start: object) -> None:
    with pytest.raises(Unreadable):
        seen.event(event(startTime=start))


@pytest.mark.parametrize("end", [None, "soon", START, "2026-05-19T10:00:00Z"])
def test_an_event_without_a_sensible_end_lasts_two_hours(end: object) -> None:
    it = seen.event(event(endTime=end))
    assert it.ends - it.starts == 2 * HOUR


@pytest.mark.parametrize(
    ("said", "zone"),
    [("Europe/London", "Europe/London"), ("Mars/Olympus", "UTC"), ("../../etc/passwd", "UTC"), (7, "UTC"), ("", "UTC")],
)
def test_a_zone_is_one_that_exists(said: object, zone: str) -> None:
    assert seen.event(event(timezone=said, startTime="2026-05-20T09:00:00Z")).zone == zone


@pytest.mark.parametrize(
    ("said", "zone", "at"),
    [
        ({"startTime": "2026-07-14T17:30:00+02:00"}, "Etc/GMT-2", "15:30"),  # the hours that its neighbours read
        ({"startTime": "2026-07-14T17:30:00+01:00"}, "Europe/London", "16:30"),
        ({"startTime": "2026-07-14T16:30:00Z"}, "Europe/London", "16:30"),
        ({"startTime": "2026-07-14T17:30:00"}, "Europe/London", "16:30"),
        ({"startTime": "2026-07-14T17:30:00", "timezone": "Europe/Paris"}, "Europe/Paris", "15:30"),
        ({"startTime": "2026-07-14T17:30:00+05:30"}, "Europe/London", "12:00"),
    ],
)  # fmt: skip
def test_the_hours_of_an_event_are_those_of_its_place(said: Json, zone: str, at: str) -> None:
    it = seen.event(event(**said), "Europe/London")
    assert (it.zone, it.starts) == (zone, loose.moment(f"2026-07-14T{at}:00Z"))


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"eventStatus": "EventCancelled"}, "cancelled"),
        ({"eventStatus": "https://w3id.org/fep/8a8e/EventPostponed"}, "postponed"),
        ({"eventStatus": "EventRescheduled", "status": "CONFIRMED"}, "rescheduled"),
        ({"status": "CANCELLED"}, "cancelled"), ({"ical:status": "TENTATIVE"}, "tentative"),
        ({"status": ["CANCELLED"]}, "scheduled"), ({"eventStatus": {}}, "scheduled"), ({}, "scheduled"),
    ],
)  # fmt: skip
def test_whether_it_takes_place_is_read_from_either_word(said: Json, status: str) -> None:
    assert seen.event(event(**said)).status == status


def test_our_own_words_are_read_under_their_short_and_their_full_names() -> None:
    facts = {"stepFree": True, "accessibleToilet": False, "blueBadgeParking": 2, "notes": "Ramp", "hearingLoop": "yes"}
    cost = {"amountMinor": 350, "words": "or what you can", "free": False}
    access = Access(step_free=True, toilet=False, parking=2, notes={"en": "Ramp"})
    for prefix in ("nh:", NS):
        own = {
            f"{prefix}accessibility": {f"{prefix}{key}": fact for key, fact in facts.items()},
            f"{prefix}cost": {f"{prefix}{key}": fact for key, fact in cost.items()},
        }
        it = seen.event(event(inLanguage="en", **own))
        assert (it.access, it.cost, it.cost_words) == (access, 350, {"en": "or what you can"})
    assert seen.event(event(accessibility=facts, cost=cost)).access == Access()


def test_an_ask_is_read_with_what_it_needs_and_closes_by_itself(clock: Clock) -> None:
    ask = note(
        type="Question", endTime="2099-01-01T00:00:00Z",
        **{"nh:kind": "Ask", "nh:category": "transport", "nh:status": "open", "nh:safeguarding": "vetted-only",
           "nh:needed": {"nh:people": 2, "nh:hours": 3, "nh:by": "2026-05-24"}, "nh:counts": {"nh:offered": 4}},
    )  # fmt: skip
    it = seen.ask(ask)
    assert (it.category, it.people, it.hours, it.vetted, it.status) == ("transport", 2, 3.0, True, "open")
    assert it.expires == now() + 366 * DAY
    assert seen.offered(ask) == 4
    odd = {"nh:category": ["x"], "nh:status": {}, "nh:needed": {"nh:people": -1, "nh:hours": "much", "nh:by": 7}}
    it = seen.ask(ask | odd | {"closed": True})
    assert (it.category, it.status, it.people, it.hours, it.due) == ("other", "done", None, None, None)


# --- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("doc", "html"),
    [
        ({"content": "<p>hi</p>"}, {"und": "<p>hi</p>"}),
        ({"content": "<p>hi</p>", "inLanguage": "en"}, {"en": "<p>hi</p>"}),
        ({"content": "<p>hi</p>", "contentMap": {"en-GB": "<p>hi</p>"}}, {"en-GB": "<p>hi</p>"}),
        ({"contentMap": {"cy": "<p>a</p>", "en": "<p>b</p>", "x": "<p>c</p>", "": "d", "fr": 7}},
         {"cy": "<p>a</p>", "en": "<p>b</p>"}),
        ({"contentMap": {"cy": "<p>same</p>", "en": "<p>same</p>"}}, {"cy": "<p>same</p>"}),
        ({"content": "a < b\nc", "mediaType": "text/plain"}, {"und": "<p>a &lt; b<br>c</p>"}),
        ({"content": "<script>alert(1)</script>"}, {}), ({"content": "<p><img src=x onerror=y></p>"}, {}),
        ({"content": ["x"]}, {}), ({"content": None, "contentMap": 7}, {}),
    ],
)  # fmt: skip
def test_words_are_read_by_language_and_safe(doc: Json, html: dict[str, str]) -> None:
    assert seen.thing({"id": UID, "type": "Note"} | doc).html == html


def test_a_title_is_found_where_each_kind_keeps_it() -> None:
    assert seen.thing(note(**{"nh:title": "Half way", "inLanguage": "en"})).title == {"en": "Half way"}
    warned = seen.thing(note(name="Half way", summary="Spoilers"))
    assert (warned.title, warned.extra.warning) == ({"und": "Half way"}, {"und": "Spoilers"})
    both = {"en": "CANCELLED: Big Dig", "cy": "WEDI'I GANSLO: Cloddio"}
    assert seen.thing(event(name="CANCELLED: Big Dig", nameMap=both)).title == {"en": "Big Dig", "cy": "Cloddio"}
    assert seen.thing(event(name="<b>Big</b> Dig\u202e", summary="when")).title == {"und": "Big Dig"}
    assert seen.thing(event(name="CANCELLED:")).title == {"und": "CANCELLED:"}


def test_16_93_everything_has_a_most() -> None:
    long = "x" * 100_000
    languages = {f"{a}{b}": f"<p>{a}{b}{long}</p>" for a in "abcdefgh" for b in "abcdefgh"}
    tags = [{"type": "Hashtag", "name": f"#tag{number}" + "y" * 40} for number in range(5000)]
    shown = [
        {"type": "Document", "mediaType": "image/png", "url": f"https://x.example/{'u' * 1500}{n}", "name": long}
        for n in range(500)
    ]  # fmt: skip
    it = seen.thing(
        note(contentMap=languages, nameMap=languages, tag=tags, attachment=shown, image=shown, **{
            "nh:area": [{"nh:name": long, "nh:code": long}], "nh:titleMap": languages,
        })
    )  # fmt: skip
    assert len(pack(it.title)) <= 4000
    assert len(pack(it.html)) <= 240_000
    assert len(pack(it.tags)) <= 8000
    assert len(it.tags) <= attached.TAGS
    assert len(pack(it.pictures)) <= 40_000
    assert it.area == Area("x" * 200, "x" * 20)
    details = seen.event(event(location={"name": long, "address": dict.fromkeys(("streetAddress", "postalCode"), long)},
                               maximumAttendeeCapacity=10**18, participantCount=10**18,
                               **{"nh:cancellation": {"nh:reasonMap": languages}, "nh:cost": {"nh:wordsMap": languages},
                                  "nh:accessibility": {"nh:notesMap": languages}}))  # fmt: skip
    assert len(pack(details.venue)) <= 4000
    assert len(pack(details.reason)) <= 4000
    assert len(pack(details.cost_words)) <= 2000
    assert len(pack(details.access)) <= 8000
    assert details.places == 100_000
    assert seen.going(event(participantCount=10**18)) == 1_000_000
    assert seen.going(event(participantCount=-5)) is None


def test_pictures_are_those_that_a_page_can_show_each_once() -> None:
    one = {"type": "Image", "mediaType": "image/jpeg", "url": "https://x.example/1.jpg", "name": "Trees", "width": 9}
    it = seen.thing(
        event(
            image=one,
            attachment=[
                one | {"type": "Document"}, {"type": "Image", "url": [{"type": "Link", "href": "https://x.example/2"}]},
                {"type": "Document", "mediaType": "video/mp4", "url": "https://x.example/3"}, "https://x.example/4",
                {"type": "Document", "mediaType": "image/png", "url": "javascript:x"}, {"type": "Note"}, 7, None,
                {"type": "Link", "mediaType": "text/html", "href": "https://x.example/"},
            ],
        )
    )  # fmt: skip
    assert [(picture.url, picture.alt) for picture in it.pictures] == [
        ("https://x.example/1.jpg", {"und": "Trees"}), ("https://x.example/2", {}), ("https://x.example/4", {}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://mobilizon.example/e/1", "https://mobilizon.example/e/1"),
        ([{"type": "Link", "mediaType": "video/mp4", "href": "https://x.example/v"},
          {"type": "Link", "mediaType": "text/html", "href": "https://x.example/page"}], "https://x.example/page"),
        ("javascript:alert(1)", UID), ("//evil.example", UID), ("https://good@evil.example/", UID), (7, UID), ({}, UID),
        (f"https://x.example/{'y' * 5000}", UID),
    ],
)  # fmt: skip
def test_110_an_address_is_one_of_the_web_or_the_things_own(url: object, read: str) -> None:
    assert seen.thing(note(url=url)).url == read


# --- answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("doc", "option"),
    [
        ({"name": "Yes"}, "Yes"), ({"name": "Yes", "content": "also"}, None), ({"name": ["Yes"]}, None), ({}, None),
        ({"name": "Yes", "inReplyTo": None}, None), ({"name": "Yes", "type": "Article"}, None), ({"name": "Yes", "content": ""}, "Yes"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_vote_is_a_note_with_a_name_and_nothing_else(doc: Json, option: str | None) -> None:
    assert seen.vote({"id": UID, "type": "Note", "inReplyTo": "https://glan.example/post/1"} | doc) == option


@pytest.mark.parametrize(
    ("content", "first"),
    [
        ("<p>YES!!! see you</p>", "yes"), ("@hub @bob yes", "yes"),
        ("<p><a>@<span>hub</span></a> Ydw, diolch</p>", "ydw"),
        ("yes/no", "yes/no"), ("yesterday", "yesterday"), ("", ""), ("@hub", ""), ("…", ""), (7, ""),
    ],
)  # fmt: skip
def test_the_first_word_of_a_reply_is_found_behind_whom_it_is_to(content: object, first: str) -> None:
    assert [*seen.first_words(note(content=content)), ""][0] == first


# --- who -------------------------------------------------------------------------------------------


def person(**more: Any) -> Json:
    uri = "https://mobilizon.example/@ann"
    return {"id": uri, "type": "Person", "preferredUsername": "Ann", "inbox": f"{uri}/inbox"} | more


def test_an_actor_is_called_by_where_they_are_and_shown_safely() -> None:
    it = seen.actor(person(name="Ann <script>x</script>\u202e", summary="<p onclick=x>Hi</p>", discoverable="yes"))
    assert (it.handle, it.domain, it.kind, it.discoverable) == ("ann", "mobilizon.example", "person", False)
    assert it.name == {"und": "Ann x"}
    assert it.summary == {"und": "<p>Hi</p>"}


def test_the_keys_of_an_actor_are_kept_as_far_as_they_are_theirs() -> None:
    uri, keys = "https://mobilizon.example/@ann", pair()
    mine = {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": keys.rsa_public}
    listed = {"type": "Multikey", "id": f"{uri}#ed", "controller": uri, "publicKeyMultibase": keys.ed25519_public}
    it = seen.actor(
        person(publicKey=[7, mine | {"owner": "https://evil.example/"}, mine], assertionMethod=[listed, "x"])
    )
    assert (it.public_key, it.multikey) == (keys.rsa_public, keys.ed25519_public)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"nh:kind": "Hub", "type": "Group"}, "hub"), ({f"{NS}kind": "Project", "type": "Group"}, "project"),
        ({"type": "Application"}, "instance"), ({"type": "Group"}, "other"), ({"nh:kind": ["Hub"]}, "person"),
    ],
)  # fmt: skip
def test_what_an_actor_is_here(more: Json, kind: str) -> None:
    assert seen.actor(person(**more)).kind == kind


# --- anything at all -------------------------------------------------------------------------------

_NAMES = (
    "id", "type", "name", "nameMap", "content", "contentMap", "summary", "tag", "attachment", "image", "url",
    "location", "startTime", "endTime", "published", "updated", "nh:kind", "nh:area", "nh:needed", "nh:cost",
    "nh:accessibility", "nh:title", "inbox", "preferredUsername", "publicKey", "endpoints", "href", "mediaType",
    "latitude", "address", "geo", "oneOf", "anyOf", "replies", "totalItems", "closed", "votersCount", "voters",
    "source", "quote", "quoteUrl", "sensitive", "language", "identifier", "icon", "width", "timezone", "value",
    "attributedTo",
)  # fmt: skip
_KEYS = some.sampled_from(_NAMES)
_PLAIN = some.none() | some.booleans() | some.integers(-(2**63), 2**63 - 1) | some.floats() | some.text(max_size=20)
_PLAIN |= some.sampled_from(["Note", "Event", "Person", "https://x.example/1", START, "Ask", "en", "Question", "Link"])
_PLAIN |= some.sampled_from(["Video", "Hashtag", "PropertyValue", "Quotation", "text/markdown", "image/png", "Image"])
_ANYTHING = some.recursive(
    _PLAIN, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(_KEYS | some.just("en"), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.slow
@given(some.dictionaries(_KEYS, _ANYTHING, max_size=12))
@settings(max_examples=400, deadline=None)
def test_100_no_document_at_all_makes_the_reader_stumble(doc: Json) -> None:
    for read in (seen.actor, seen.thing, seen.event, seen.ask, seen.project, seen.going, seen.offered, seen.vote,
                 seen.first_words, seen.author, loose.is_public, loose.language, loose.passed_on):  # fmt: skip
        try:
            kept = read(doc)  # type: ignore[operator]
        except HubError:
            continue
        assert len(pack(kept)) < 400_000
