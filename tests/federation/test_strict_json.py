"""Only one reading of what a stranger sends, and no end of rope."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import strict_json
from federation.strict_json import BadJson, parse_json

EXAMPLES = Path("../shared/vocabulary/examples")


def refused(body: bytes, words: str | None = None) -> None:
    with pytest.raises(BadJson, match=words):
        parse_json(body)


def test_an_ordinary_activity_is_read() -> None:
    assert parse_json(b'{"type": "Follow", "n": [1, 2.5, null, true, "\\u00e9\\ud83d\\ude00"]}') == {
        "type": "Follow",
        "n": [1, 2.5, None, True, "é😀"],
    }


def test_a_byte_order_mark_is_overlooked() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="../shared/vocabulary is not here")
def test_every_example_is_read_as_it_stands() -> None:
    for path in EXAMPLES.glob("*.json"):
        assert parse_json(path.read_bytes()) == json.loads(path.read_bytes())


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":[', b'{"a":[['])
def test_nesting_without_end_is_refused(opening: bytes) -> None:
    refused(opening * 100_000)
    refused(b'{"a":' + opening * 100_000)


def test_the_depth_is_bounded_exactly() -> None:
    deep = strict_json.DEPTH
    parse_json(b'{"a":' * (deep - 1) + b"{}" + b"}" * (deep - 1))
    refused(b'{"a":' * deep + b"{}" + b"}" * deep, "nested deeper")
    refused(b'{"a":' + b"[" * deep + b"]" * deep + b"}", "nested deeper")


def test_the_number_of_values_is_bounded() -> None:
    parse_json(b'{"a":[' + b"1," * (strict_json.NODES - 3) + b"1]}")
    refused(b'{"a":[' + b"1," * strict_json.NODES + b"1]}", "more than")
    refused(json.dumps({str(n): {} for n in range(100_000)}).encode(), "more than")


@pytest.mark.parametrize(
    "body",
    [b'{"a":1,"a":2}', b'{"x":[{"actor":"good","actor":"evil"}]}', b'{"a":1,"\\u0061":2}', b'{"a":1,"a":1}',
     b'{"a\\"":1,"a\\"":2}', b'{"a":"\\u0022\\u0022","b":1,"b":2}', b'{"":1,"":2}', b'{"a":{"b":1},"a":{"b":1}}',
     b'{"a":1,"b":"\\u0022\\u0022\\u0022\\u0022\\u0022\\u0022","a":2}'],
)  # fmt: skip
def test_a_key_given_twice_is_refused(body: bytes) -> None:
    refused(body, "same key twice")


def test_the_same_key_in_two_objects_is_no_harm() -> None:
    body = b'{"a":{"id":1},"b":[{"id":2},{"id":"\\u0022\\""}]}'
    assert parse_json(body)["b"][1]["id"] == '""'


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5000, str(2**63), str(-(2**63) - 1), "01", "+1", "0x1"]
)
def test_numbers_that_fit_nowhere_are_refused(number: str) -> None:
    refused(f'{{"a":{number}}}'.encode())
    refused(f'{{"a":[{{"b":{number}}}]}}'.encode())


def test_numbers_that_fit_are_read() -> None:
    assert parse_json(f'{{"a":[{2**63 - 1},{-(2**63)},1.5e300]}}'.encode())["a"] == [2**63 - 1, -(2**63), 1.5e300]


@pytest.mark.parametrize("text", [b"\\ud800", b"\\udc00x", b"\\ud800\\u0041", b"\xed\xa0\x80", b"\xff", b"\xc0\x80"])
def test_half_characters_are_refused(text: bytes) -> None:
    refused(b'{"a":"' + text + b'"}')
    refused(b'{"' + text + b'":1}')


def test_a_nul_is_refused_but_the_word_for_it_is_not() -> None:
    refused(b'{"a":"x\\u0000y"}', "NUL")
    refused(b'{"a\\u0000":1}', "NUL")
    refused(b'{"a":"\\\\\\u0000"}', "NUL")
    refused(b'{"a":"\x00"}')
    assert parse_json(b'{"a":"\\\\u0000"}') == {"a": "\\u0000"}


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"1", b'{"a":1} x', b'{"a":1}\x00', b"{", b'{"a":1,}', 
     b"{'a':1}",
                                  '{"a":1}'.encode("utf-16"), '{"a":1}'.encode("utf-32")])  # fmt: skip
def test_what_is_not_one_object_is_refused(body: bytes) -> None:
    refused(body)


@given(st.binary(max_size=100) | st.text(alphabet='{}[]":,\\u0021ae ', max_size=60).map(str.encode))
def test_no_body_breaks_the_reading(body: bytes) -> None:
    try:
        parse_json(body)
    except BadJson as error:
        assert str(error)  # noqa: PT017 - hypothesis gives good bodies too


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab\"\\\u00e9", max_size=3), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.text('ab"\\', max_size=3), JSON, max_size=4), st.booleans())
def test_whatever_is_well_written_is_read_as_the_standard_library_reads_it(document: Any, ascii_only: bool) -> None:
    assert parse_json(json.dumps(document, ensure_ascii=ascii_only).encode()) == document


@given(
    st.dictionaries(st.text('ab"\\u02', max_size=4), st.text('"\\u02a', max_size=6), min_size=1, max_size=4),
    st.randoms(),
)
def test_a_doubled_member_is_always_found(document: dict[str, str], chance: Any) -> None:
    def write(text: str) -> str:
        return '"' + "".join(f"\\u{ord(c):04x}" if chance.random() < 0.3 else json.dumps(c)[1:-1] for c in text) + '"'

    members = [*document.items(), chance.choice([*document.items()])]
    chance.shuffle(members)
    refused(
        ("{" + ",".join(f"{write(name)}:{write(value)}" for name, value in members) + "}").encode(), "same key twice"
    )
