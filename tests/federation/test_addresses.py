"""One spelling for every address, and the networks that nobody may send us to."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import addresses
from federation.addresses import BadAddress

_CLOSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.8.8.8
168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.192 192.0.2.1
192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1 192.168.255.255 192.175.48.1 198.18.0.1 198.19.255.255
198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:7f00:1
64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1
2620:4f:8000::1 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ffff::1
"""
_OPEN = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 172.15.255.255
172.32.0.1 192.0.1.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.255
2001:200::1 2606:4700:4700::1111 2a00:1450:4009::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8
"""
CLOSED, OPEN = _CLOSED.split(), _OPEN.split()
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
    opened = addresses.networks(["127.0.0.0/8", "fd00::/8"])
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


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_addresses(text: str) -> None:
    for url in (text, f"https://{text}", f"https://a.example/{text}", f"https://[{text}]/"):
        try:
            address = addresses.read(url)
        except BadAddress:
            continue
        assert address.url.isascii()
        assert addresses.read(address.url) == address
