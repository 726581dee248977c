"""Signatures that others have published to be checked against: draft-cavage appendix C, RFC 9421 appendix B.2."""

import base64

import pytest

from federation import addresses, keys, signatures
from federation.signatures import BadSignature, Claim, cavage, rfc9421
from federation.signatures.claim import Request

BODY = b'{"hello": "world"}'
CAVAGE_KEY = """-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----
"""
CAVAGE_SENT = {
    "host": "example.com", "date": "Sun, 05 Jan 2014 21:31:40 GMT", "content-type": "application/json",
    "digest": "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=", "content-length": "18",
}  # fmt: skip
CAVAGE_TARGET, CAVAGE_AT = "/foo?param=value&pet=dog", 1_388_957_500_000
# What each covers, and the signature.
CAVAGE = {
    "C.1": (
        "date",
        "SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEaDV5lp7q25WqS+lavg7T8hc"
        "0GppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM=",
    ),
    "C.2": (
        "(request-target) host date",
        "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFYRqzic+ef"
        "kb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0=",
    ),
    "C.3": (
        "(request-target) host date content-type digest content-length",
        "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD4"
        "8XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE=",
    ),
}

RFC9421_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
RFC9421_SENT = {
    "host": "example.com", "date": "Tue, 20 Apr 2021 02:07:55 GMT", "content-type": "application/json",
    "content-digest": (
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
    ),
    "content-length": "18",
    "signature-input": (
        'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    ),
    "signature": (
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
    ),
}  # fmt: skip


def cavage_sent(name: str) -> dict[str, str]:
    names, signature = CAVAGE[name]
    value = f'keyId="Test",algorithm="rsa-sha256",headers="{names}",signature="{signature}"'
    return CAVAGE_SENT | {"signature": value}


def as_request(target: str, headers: dict[str, str]) -> Request:
    several = {name: [value] for name, value in headers.items()}
    return Request("POST", target, addresses.read("https://example.com"), several, BODY, 0)


@pytest.mark.parametrize("name", CAVAGE)
def test_the_examples_of_draft_cavage_verify(name: str) -> None:
    headers = cavage_sent(name)
    params = cavage._params(headers["signature"])
    text = cavage.text_of(as_request(CAVAGE_TARGET, headers), params["headers"].split(), params, CAVAGE_TARGET)
    claim = Claim("cavage", "Test", params["algorithm"], (text,), base64.b64decode(params["signature"]), 0)
    signatures.verify(claim, keys.load_public(CAVAGE_KEY))


@pytest.mark.parametrize("name", ["C.1", "C.2"])
def test_2_those_that_cover_too_little_are_refused_although_they_verify(name: str) -> None:
    with pytest.raises(BadSignature, match="must cover"):
        parsed(cavage_sent(name))


def test_the_one_that_covers_all_is_taken_as_it_comes() -> None:
    signatures.verify(parsed(cavage_sent("C.3")), keys.load_public(CAVAGE_KEY))


def parsed(headers: dict[str, str]) -> Claim:
    return signatures.parse("POST", CAVAGE_TARGET, "https://example.com", list(headers.items()), BODY, CAVAGE_AT)


def test_the_example_of_rfc_9421_verifies() -> None:
    member = rfc9421._members(rfc9421._INPUT, RFC9421_SENT["signature-input"])["sig-b26"]
    covered = [item.strip('"') for item in member[3].split()]
    text = rfc9421.text_of(as_request("/foo?param=Value&Pet=dog", RFC9421_SENT), covered, member[2])
    assert text.decode().splitlines() == [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT', '"@method": POST', '"@path": /foo', '"@authority": example.com',
        '"content-type": application/json', '"content-length": 18',
        '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"',
    ]  # fmt: skip
    value = rfc9421._members(rfc9421._VALUE, RFC9421_SENT["signature"])["sig-b26"][2]
    claim = Claim("rfc9421", "test-key-ed25519", "", (text,), base64.b64decode(value), 0)
    signatures.verify(claim, keys.load_public(RFC9421_KEY))


def test_2_and_is_refused_because_the_body_is_not_covered() -> None:
    with pytest.raises(BadSignature, match="must cover"):
        signatures.parse(
            "POST", "/foo?param=Value&Pet=dog", "https://example.com", list(RFC9421_SENT.items()), BODY,
            1_618_884_473_000,
        )  # fmt: skip
