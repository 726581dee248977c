"""What came with a call, in each of the four shapes that apps send it in."""

from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hub.errors import Invalid
from web.mastodon.params import Page, Params, nested, read

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MULTIPART = "multipart/form-data; boundary=x"


async def got(query: str = "", body: bytes = b"", kind: str = "", method: str = "POST") -> Params:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", kind.encode())] if kind else []
    scope = {"type": "http", "method": method, "query_string": query.encode(), "headers": headers, "path": "/"}
    return await read(Request(scope, receive))


def parts(*pairs: tuple[str, str]) -> bytes:
    told = (f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs)
    return ("".join(told) + "--x--\r\n").encode()


POLL = [("status", "Tea?"), ("poll[options][]", "yes"), ("poll[options][]", "no"), ("poll[expires_in]", "300"),
        ("media_ids[]", "7")]  # fmt: skip
QUERY = "&".join(f"{name}={value}" for name, value in POLL)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("query", "body", "kind"),
    [
        (QUERY, b"", ""), ("", QUERY.encode(), FORM), ("", QUERY.encode(), FORM + "; charset=utf-8"),
        ("", QUERY.encode(), ""), ("", parts(*POLL), MULTIPART), ("status=x", QUERY.encode(), FORM),
        ("", b'{"status":"Tea?","poll":{"options":["yes","no"],"expires_in":300},"media_ids":["7"]}', JSON),
        ("media_ids[]=7&poll[options][]=yes&poll[options][]=no&poll[expires_in]=300", b'{"status":"Tea?"}', JSON),
    ],
)  # fmt: skip
async def test_the_same_call_comes_in_four_shapes(method: str, query: str, body: bytes, kind: str) -> None:
    params = await got(query, body, kind, method)
    assert params.text("status") == "Tea?"
    assert params.group("poll").many("options") == ["yes", "no"]
    assert params.group("poll").number("expires_in") == 300
    assert params.many("media_ids") == ["7"]


@pytest.mark.parametrize("body", [b"", b" ", b"{}", b"[]", b"null", b"[1]", b'"x"'])
async def test_nothing_is_nothing(body: bytes) -> None:
    params = await got("", body, JSON)
    assert params.names() == []
    assert params.text("x", "other") == "other"
    assert params.flag("x") is None
    assert params.flag("x", default=True) is True
    assert params.number("x", 5) == 5
    assert params.many("x") == []
    assert params.groups("x") == []
    assert params.group("x").text("y") == ""
    assert params.file("x") is None
    assert params.page() == Page(None, None, None, 20)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("true", True), ("1", True), ("on", True), ("t", True), ("True", True), ("yes", True),
     ("false", False), ("0", False),
     ("off", False), ("f", False), ("FALSE", False), ("", None)],
)  # fmt: skip
async def test_yes_and_no_in_all_the_words_that_apps_have_for_them(typed: str, meant: bool | None) -> None:
    assert Params({"local": typed}).flag("local") is meant


def test_json_has_its_own_yes_and_no_and_nothing() -> None:
    params = Params({"a": True, "b": False, "c": None, "d": 1, "e": 0})
    assert [params.flag(name) for name in "abcde"] == [True, False, None, True, False]
    assert [name in params for name in "abcde"] == [True, True, False, True, True]
    assert params.text("a") == "true"
    assert params.text("c", "x") == "x"


@pytest.mark.parametrize(("typed", "number"), [("300", 300), (300, 300), (300.0, 300), ("-4", -4), (" 7 ", 7)])
def test_a_number(typed: object, number: int) -> None:
    assert Params({"n": typed}).number("n") == number


@pytest.mark.parametrize(
    "typed", ["many", "1.5", "1e9", "0x10", "9" * 30, "9223372036854775808", "1_000", float("inf")]
)
def test_what_is_no_number_is_refused_by_name(typed: object) -> None:
    with pytest.raises(Invalid) as refused:
        Params({"expires_in": typed}).number("expires_in")
    assert str(refused.value) == "expires_in is not a number"


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[b]", "1"), ("a[c]", "2")], {"a": {"b": "1", "c": "2"}}),
        ([("a[][b]", "1"), ("a[][c]", "2"), ("a[][b]", "3")], {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ([("a[0][b]", "1"), ("a[1][b]", "2")], {"a": {"0": {"b": "1"}, "1": {"b": "2"}}}),
        ([("a[b][]", "1"), ("a[b][]", "2")], {"a": {"b": ["1", "2"]}}),
        ([("a", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
        ([("a[b]", "1"), ("a", "2")], {"a": "2"}),
        ([("a[]", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
        ([("[a]", "1"), ("a[", "2"), ("a]", "3"), ("", "4")], {"[a]": "1", "a": "2", "a]": "3", "": "4"}),
        ([("a" + "[b]" * 50, "1")], {}),
        ([("a[][]", "1"), ("a[][][b]", "1")], None),
    ],
)  # fmt: skip
def test_names_in_names(pairs: list[tuple[str, Any]], tree: object) -> None:
    found = nested(pairs)
    assert tree is None or found == tree


def test_a_name_that_is_said_again_is_a_list_or_its_last() -> None:
    params = Params(nested([("id", "1"), ("id", "2")]))
    assert params.many("id") == ["1", "2"]
    assert params.text("id") == "2"
    assert Params({"id": "5"}).many("id") == ["5"]
    assert Params({"id": [5, "6", None, {"x": 1}, ""]}).many("id") == ["5", "6"]
    assert Params(nested([("id[1]", "b"), ("id[0]", "a")])).many("id") == ["a", "b"]


def test_groups_are_a_list_or_go_by_number() -> None:
    names = [[("f[0][name]", "a"), ("f[10][name]", "c"), ("f[2][name]", "b")],
             [("f[][name]", "a"), ("f[][name]", "b"), ("f[][name]", "c")]]  # fmt: skip
    for pairs in names:
        assert [one.text("name") for one in Params(nested(pairs)).groups("f")] == ["a", "b", "c"]
    assert [one.text("name") for one in Params({"f": [{"name": "a"}, "x", None]}).groups("f")] == ["a"]
    assert Params({"f": "x"}).groups("f") == []


async def test_a_file_comes_with_its_name_and_kind() -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    body = head + b"\x89PNG\x00\r\n" + parts(("description", "A duck"))
    params = await got("", body, MULTIPART)
    found = params.file("file")
    assert found is not None
    assert (found.name, found.type, found.data) == ("a.png", "image/png", b"\x89PNG\x00")
    assert params.text("description") == "A duck"
    assert params.text("file") == ""
    assert params.file("description") is None


def test_words_are_cleaned_and_what_is_compared_is_not() -> None:
    params = Params({"text": "e\u0301\r\nx\x00\x07"})
    assert params.text("text") == "é\nx"
    assert params.exact("text") == "e\u0301\r\nx\x07"


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("limit=5&max_id=9", Page(9, None, None, 5)), ("limit=500&min_id=1&since_id=2", Page(None, 1, 2, 40)),
        ("limit=0", Page(None, None, None, 20)), ("limit=-3&max_id=x", Page(None, None, None, 20)),
        ("max_id=" + "9" * 30, Page(2**63 - 1, None, None, 20)), ("max_id=&limit=", Page(None, None, None, 20)),
    ],
)  # fmt: skip
async def test_a_stretch_of_a_list(query: str, page: Page) -> None:
    assert (await got(query, method="GET")).page() == page


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", JSON), (b"[" * 100_000, JSON), (b'{"a":' * 5000, JSON), (b"\xff=\xfe", FORM),
     (b"x" * 9, "multipart/form-data"),
     (b"a=1&" * 2000, FORM), (b'{"a":"\\ud800"}', JSON)],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(HTTPException) as refused:
        await got("", body, kind)
    assert refused.value.status_code == 400


async def test_words_have_an_end() -> None:
    with pytest.raises(HTTPException) as refused:
        await got("", b"a" * 300_000, FORM)
    assert refused.value.status_code == 413


async def test_what_is_no_form_of_ours_is_left_alone() -> None:
    assert (await got("a=1", b"<x/>", "text/xml")).names() == ["a"]
