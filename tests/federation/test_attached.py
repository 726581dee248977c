"""What hangs on others' things, in all the shapes that servers write it: pictures, links, tags, polls, warnings."""

from typing import Any

import pytest
from conftest import Clock
from elsewhere import Json

from federation.as2 import loose, seen
from hub.clock import DAY
from hub.reading import Extra, Fact, Link, Option, Poll

UID = "https://mastodon.example/n/1"
PICTURE = "https://files.example/a.png"


def note(**more: Any) -> Json:
    return {"id": UID, "type": "Note", "content": "<p>hi</p>", "published": "2026-04-30T12:00:00Z"} | more


def extra(**more: Any) -> Extra:
    return seen.thing(note(**more)).extra


# --- pictures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attachment",
    [
        [{"type": "Image", "url": PICTURE}],
        {"type": "Document", "mediaType": "image/png", "url": PICTURE},
        [{"type": "Document", "url": PICTURE}],  # told by its ending
        [{"type": "Link", "href": PICTURE}],
        [{"type": "Image", "url": [{"type": "Link", "href": PICTURE, "mediaType": "image/png"}]}],
        [{"type": "Document", "url": {"type": "Link", "href": PICTURE, "mimeType": "image/png"}}],
        [{"type": "Image", "mediaType": "image/png; x=y", "url": PICTURE, "focalPoint": [0, 0], "blurhash": "U"}],
        [{"type": "Image", "url": PICTURE}, {"type": "Image", "url": PICTURE}],
        [{"type": "Image", "url": PICTURE}, 7, None, "x", {"type": "Image"}],
    ],
)  # fmt: skip
def test_a_picture_is_found_however_it_hangs(attachment: object) -> None:
    it = seen.thing(note(attachment=attachment))
    assert [picture.url for picture in it.pictures] == [PICTURE]
    assert it.extra == Extra()


def test_what_is_described_once_is_described() -> None:
    it = seen.thing(note(image=PICTURE, attachment={"type": "Image", "url": PICTURE, "name": "A goat"}))
    assert [picture.alt for picture in it.pictures] == [{"und": "A goat"}]
    summed = seen.thing(note(attachment={"type": "Image", "url": PICTURE, "summaryMap": {"cy": "Gafr"}}))
    assert [picture.alt for picture in summed.pictures] == [{"cy": "Gafr"}]


def test_an_address_that_was_written_into_a_page_is_one_again() -> None:
    it = seen.thing(note(attachment={"type": "Image", "url": "https://i0.example/a.png?fit=9&#038;ssl=1"}))
    assert it.pictures[0].url == "https://i0.example/a.png?fit=9&ssl=1"


# --- links -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "link"),
    [
        ({"attachment": [{"type": "Link", "href": "https://x.example/", "name": "Read"}]},
         Link("https://x.example/", {"und": "Read"})),
        ({"attachment": [{"type": "Document", "mediaType": "video/mp4", "url": "https://x.example/1"}]},
         Link("https://x.example/1", {}, "video/mp4")),
        ({"attachment": {"type": "Audio", "url": "https://x.example/1.mp3"}},
         Link("https://x.example/1.mp3", {}, "audio/mpeg")),
        ({"attachment": {"type": "Image", "mediaType": "image/svg+xml", "url": "https://x.example/1.svg"}},
         Link("https://x.example/1.svg", {}, "image/svg+xml")),
        ({"type": "Page", "name": "News", "url": "https://paper.example/1"}, Link("https://paper.example/1")),
        ({"type": "Video", "url": [{"mimeType": "text/html", "href": f"{UID}/watch"}]},
         Link(f"{UID}/watch", {}, "video/*")),
        ({"tag": {"type": "Book", "href": "https://books.example/1", "name": "Emma"}},
         Link("https://books.example/1", {"und": "Emma"})),
        ({"quoteUrl": "https://x.example/n/2"}, Link("https://x.example/n/2")),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_a_link(more: Json, link: Link) -> None:
    assert extra(**more).links == [link]


@pytest.mark.parametrize(
    "more",
    [
        {"quoteUrl": UID}, {"quoteUrl": "https://x.example/2", "content": "<p>RE: https://x.example/2</p>"},
        {"attachment": [{"type": "PropertyValue", "name": "a", "value": "b"}, {"type": "Place", "url": "https://x.example/"}]},
        {"attachment": [{"type": "Link", "href": "javascript:alert(1)"}, {"type": "Link", "href": "magnet:?x"}]},
        {"attachment": "nonsense"}, {"tag": [{"type": "Book", "href": 7}]}, {"quoteUrl": ["x"]},
    ],
)  # fmt: skip
def test_what_leads_nowhere_new_is_no_link(more: Json) -> None:
    assert extra(**more).links == []


def test_a_page_about_another_page_is_read_where_it_stands() -> None:
    assert seen.thing(note(type="Page", name="News", url="https://paper.example/1")).url == UID


# --- tags, warnings, polls -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "tags"),
    [
        ([{"type": "Hashtag", "name": "#Big"}, {"type": "Hashtag", "name": "#big"}], ["Big"]),
        ({"type": "Hashtag", "name": "plain"}, ["plain"]),
        (["#word", "https://x.example/", "no"], ["word"]),
        ([{"type": "Hashtag", "name": "#mug.org"}, {"type": "Hashtag", "name": "#node 4.0"}], ["mug.org", "node 4.0"]),
        ([{"type": "Hashtag", "name": "#Gru\u0308n"}], ["Gr\u00fcn"]),
        ([{"type": "CommunityPostTag", "preferredUsername": "news"}], ["news"]),
        ([{"type": "Emoji", "name": ":x:"}, {"type": "Mention", "name": "@a"}, {"type": "Hashtag"}, None, 7], []),
        ([{"type": "Hashtag", "name": "#<b>"}, {"type": "Hashtag", "name": "#" + "x" * 99}], []),
    ],
)  # fmt: skip
def test_tags_are_words(tag: object, tags: list[str]) -> None:
    assert seen.thing(note(tag=tag)).tags == tags


def test_a_warning_is_of_notes_and_says_something_new() -> None:
    assert extra(summary="Spoilers", sensitive=True) == Extra(warning={"und": "Spoilers"}, sensitive=True)
    assert extra(name="Title", summary="Title").warning == {}
    assert extra(type="Article", summary="In short").warning == {}
    assert extra(tag={"type": "Hashtag", "name": "#NSFW"}).sensitive
    assert not extra(sensitive="yes").sensitive


def test_a_poll_is_read_as_everybody_writes_it(clock: Clock) -> None:
    tea = {"name": "Tea", "replies": {"totalItems": 3}}
    whole = extra(type="Question", oneOf=[tea, {"name": "None"}], endTime="2026-05-02T00:00:00Z", votersCount=3).poll
    assert whole is not None
    assert (whole.options, whole.voters, whole.many, whole.over) == (
        [Option("Tea", 3), Option("None")],
        3,
        False,
        False,
    )
    clock.forward(2 * DAY)
    assert whole.over
    assert extra(type="Question", anyOf=tea).poll == Poll([Option("Tea", 3)], many=True)
    pleroma = extra(type="Question", oneOf=[tea], closed="2019-09-19T00:32:36.785333", voters=["a", "b"]).poll
    assert pleroma is not None
    assert (pleroma.over, pleroma.voters) == (True, 2)
    closed = extra(type="Question", oneOf=[tea], closed=True).poll
    assert closed is not None
    assert closed.over
    for nothing in ({}, {"oneOf": "x"}, {"oneOf": [{}]}, {"oneOf": [{"name": 7}]}, {"oneOf": [tea], "nh:kind": "Ask"}):
        assert extra(type="Question", **nothing).poll is None


# --- words, types, actors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "html"),
    [
        ({"content": "**a** <b>", "mediaType": "text/markdown"}, "<p><strong>a</strong> &lt;b&gt;</p>"),
        ({"content": None, "source": {"content": "*a*", "mediaType": "text/markdown"}}, "<p><em>a</em></p>"),
        ({"content": None, "source": "a < b"}, "<p>a &lt; b</p>"),
        ({"content": "one\ntwo"}, "one<br>two"),
        ({"content": "<p>one\ntwo</p>"}, "<p>one\ntwo</p>"),
        ({"type": "Quotation", "content": "Well said", "quote": "<p>To be</p>"},
         "<blockquote><p>To be</p></blockquote>Well said"),
        ({"type": "Page", "content": None, "summary": "in short"}, "in short"),
    ],
)  # fmt: skip
def test_words_are_read_in_the_form_that_they_are_in(more: Json, html: str) -> None:
    assert seen.thing(note(**more)).html == {"und": html}


@pytest.mark.parametrize(
    ("type", "found"),
    [
        (["Person", "vcard:individual"], "Person"), (["vcard:individual", "Person"], "Person"), ("as:Note", "Note"),
        ("https://www.w3.org/ns/activitystreams#Event", "Event"), (["x:Y"], "x:Y"), ([], ""), ([7, "Note"], "Note"),
    ],
)  # fmt: skip
def test_the_type_is_the_one_of_activitystreams(type: object, found: str) -> None:
    assert loose.type_of({"type": type}) == found


def test_of_an_account_and_its_channel_the_account_says_it() -> None:
    makers = [{"type": "Group", "id": "https://v.example/c"}, {"type": "Person", "id": "https://v.example/a"}]
    assert seen.author({"attributedTo": makers}) == "https://v.example/a"
    assert seen.author({"attributedTo": ["https://v.example/c"]}) == "https://v.example/c"
    assert seen.author({"actor": "https://v.example/a"}) == "https://v.example/a"


def test_what_an_actor_says_of_itself_is_clean() -> None:
    base = "https://x.example/u"
    it = seen.actor({
        "id": base, "type": "Service", "preferredUsername": "u", "inbox": f"{base}/inbox", "icon": [
            {"type": "Image", "url": "https://x.example/48.png", "width": 48},
            {"type": "Image", "url": "https://x.example/120.png", "width": 120},
        ],
        "attachment": [
            {"type": "PropertyValue", "name": "<b>Site</b>", "value": "<a href='https://x.example' onclick=x>x</a>"},
            {"type": "PropertyValue", "name": "Bad", "value": "<script>alert(1)</script>"}, {"haha": 1}, None,
        ],
    })  # fmt: skip
    clean = '<a href="https://x.example" rel="nofollow noopener ugc">x</a>'
    assert (it.icon, it.facts) == ("https://x.example/120.png", [Fact("Site", clean)])


@pytest.mark.parametrize(
    ("object", "found"),
    [
        ("https://x.example/1", ("", "https://x.example/1")), ({"type": "Note", "id": "n"}, ("", "n")),
        ({"type": "Create", "id": "c", "object": {"id": "n"}}, ("Create", "n")),
        ({"type": "Delete", "id": "d", "object": "n"}, ("Delete", "n")),
        ({"type": "Like", "id": "l", "object": "n"}, ("Like", "")), ([{"type": "Note", "id": "n"}], ("", "n")),
        (None, ("", "")),
    ],
)  # fmt: skip
def test_what_is_passed_on_is_told_from_what_is_only_liked(object: object, found: tuple[str, str]) -> None:
    assert loose.passed_on({"type": "Announce", "object": object}) == found
