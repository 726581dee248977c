"""One spelling for every address, and the networks that nobody may send us to."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import CLOSED, OPEN

from federation import addresses
from federation.addresses import BadAddress

_NO_ADDRESS = """
file:///etc/passwd gopher://a.example/ data:text/plain,x ftp://a.example/ javascript:alert(1) //a.example/ a.example
https: https:// https:///path https://?x https://a.example:22/ https://a.example:25/ https://a.example:6379/
https://a.example:5432/ https://a.example:1024/ https://a.example:0/ https://a.example:99999/ https://a.example:x/
https://good@evil.example/ https://good:secret@evil.example/ https://@a.example/
http://2130706433/ http://0177.0.0.1/ http://0x7f.1/ http://127.1/ http://0x7f000001/ http://1.2.3.4.5/
http://127.0.0.1.nip.io.1/ https://a..example/ https://.example/ https://-a.example/ https://a-.example/
https://a%2eexample/ https://a,b/ https://[::1/ https://[fe80::1%25eth0]/ https://[::1]x/ https://[v1.a]/
https://\u2024.example/ https://xn--\u00df.example/
"""


@pytest.mark.parametrize("text", CLOSED)
def test_no_request_goes_into_a_closed_network(text: str) -> None:
    assert addresses.closed(ip_address(text))


@pytest.mark.parametrize("text", OPEN)
def test_the_public_internet_is_open(text: str) -> None:
    assert addresses.closed(ip_address(text)) is None


def test_the_table_has_sixty_closed_addresses_and_more() -> None:
    assert len(set(CLOSED)) >= 60


def test_a_steward_opens_just_the_network_they_name() -> None:
    opened = tuple(addresses.networks(["127.0.0.0/8", "fd00::/8"]))
    assert addresses.allowed(ip_address("127.0.0.1"), opened)
    assert addresses.allowed(ip_address("::ffff:127.0.0.1"), opened)
    assert addresses.allowed(ip_address("fd00::1"), opened)
    assert not addresses.allowed(ip_address("10.0.0.1"), opened)
    assert not addresses.allowed(ip_address("::1"), opened)
    with pytest.raises(ValueError, match="127"):
        addresses.networks(["127.0.0.1/8"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://Tredegar.Example", "https://tredegar.example/"),
        ("HTTPS://tredegar.example.:443/a?b=c#d", "https://tredegar.example/a?b=c"),
        ("https://tredegar.example:8443/", "https://tredegar.example:8443/"),
        ("http://tredegar.example:80/a//b/../c", "http://tredegar.example/a//b/../c"),
        ("https://tŷ.cymru/sŵn?q=ŵ", "https://xn--t-foa.cymru/s%C5%B5n?q=%C5%B5"),
        ("https://ｔｒｅｄｅｇａｒ.example/", "https://tredegar.example/"),
        ("https://faß.de/", "https://xn--fa-hia.de/"),
        ("https://a.example/%7euser?x=%41", "https://a.example/%7euser?x=%41"),
        ("https://[2606:4700:4700:0::1111]/", "https://[2606:4700:4700::1111]/"),
        ("https://8.8.8.8:9999/", "https://8.8.8.8:9999/"),
        ("https://under_score.example/", "https://under_score.example/"),
    ],
)
def test_every_address_has_one_spelling(written: str, meant: str) -> None:
    assert addresses.read(written).url == meant
    assert addresses.read(meant).url == meant


@pytest.mark.parametrize("url", _NO_ADDRESS.split())
def test_what_is_not_plainly_a_web_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        addresses.read(url)


@pytest.mark.parametrize(
    "url",
    ["", " https://a.example/", "https://a.example/\r\nX: y", "https://a.example\t/", "https://a.example/a b",
     "https://a.example\\@evil.example/", "https://a.example/\0", "https://a.example/" + "x" * 3000,
     f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/", "https://a.example/\ud800"],
)  # fmt: skip
def test_an_address_cannot_smuggle_anything(url: str) -> None:
    with pytest.raises(BadAddress):
        addresses.read(url)


@pytest.mark.slow
@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_addresses(text: str) -> None:
    for url in (text, f"https://{text}", f"https://a.example/{text}", f"https://[{text}]/"):
        try:
            address = addresses.read(url)
        except BadAddress:
            continue
        assert address.url.isascii()
        assert addresses.read(address.url) == address


def site(url: str) -> tuple[str, str] | None:
    try:
        found = addresses.site(url)
    except BadAddress:
        return None
    return found.scheme, found.authority


def really(url: str) -> tuple[str, str] | None:
    try:
        found = addresses.read(url)
    except BadAddress:
        return None
    return found.scheme, found.authority


ODD = ["", " https://a.example/", "https://a.example\\@evil.example/", "https://a.example/\ud800", "https://a.example/\0",
       "https://a.example?x", "https://a.example#x", "https://a.example:8443/x", "https://A.example./", "https://a.example",
       "https://[2606:4700:4700:0::1111]:8443/a", f"https://{'a.' * 200}example/", "https://a.example/" + "x" * 3000,
       "https://tŷ.cymru/sŵn", "https://a.example/sŵn"]  # fmt: skip


@pytest.mark.parametrize("url", [*_NO_ADDRESS.split(), *ODD])
def test_the_short_way_to_a_server_finds_the_same_one(url: str) -> None:
    assert site(url) == really(url)
    assert site(url) == really(url)  # also when it is known already


@given(st.text(max_size=60), st.sampled_from("/?#@:[].\\ \t"))
def test_the_short_way_finds_the_same_server_for_any_text(text: str, mark: str) -> None:
    for url in (text, f"https://{text}", f"https://a.example{mark}{text}", f"https://{text}{mark}a.example/"):
        assert site(url) == really(url)
