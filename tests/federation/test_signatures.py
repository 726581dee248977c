"""Attacks 1-11, 19 and 20 of the trust paper, and the signatures of those who mean well."""

import base64
import hashlib
from email.utils import formatdate
from typing import Any

import pytest
from apsig import draft  # type: ignore[import-untyped]
from apsig.rfc9421 import RFC9421Signer  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from pairs import generate

from federation import keys, signatures
from federation.signatures import BadSignature, Claim
from hub import clock

BASE = "https://tredegar.example"
NOW = 1_795_183_200_000  # 20 November 2026, 14:00 UTC
KEY_ID = "https://merthyr.example/hub#main-key"
BODY = b'{"type":"Follow"}'
PAIR = generate()
RSA, RSA_SHOWN = keys.load_private(PAIR.rsa_private), keys.load_public(PAIR.rsa_public)
ED, ED_SHOWN = keys.load_private(PAIR.ed25519_private), keys.from_multikey(PAIR.ed25519_public)

Pairs = list[tuple[str, str]]


def sent(method: str = "POST", path: str = "/inbox", *, scheme: str = "cavage", at: int = NOW, key: Any = RSA) -> Pairs:
    """The headers of a request that is right in every way."""
    body = BODY if method == "POST" else None
    sign = signatures.sign_cavage if scheme == "cavage" else signatures.sign_rfc9421
    headers = sign(method, BASE + path, key_id=KEY_ID, key=key, at=at, body=body)
    return list(({"host": "tredegar.example"} | headers).items())


def by_hand(
    names: str, *, extra: str = "", algorithm: str = "rsa-sha256", path: str = "/inbox", **changes: str
) -> Pairs:
    """A draft-cavage signature over just `names`, made with the real key: only the policy can refuse it."""
    headers = {
        "host": "tredegar.example",
        "date": formatdate(NOW / 1000, usegmt=True),
        "digest": f"SHA-256={digest('sha256')}",
        "content-type": "application/activity+json",
    } | changes
    params = dict(part.split("=") for part in extra.split(",") if part)
    lines = []
    for name in names.split():
        special = {
            "(request-target)": f"post {path}",
            "(created)": params.get("created"),
            "(expires)": params.get("expires"),
        }
        lines.append(f"{name}: {special.get(name) or headers.get(name)}")
    signature = base64.b64encode(signed("\n".join(lines))).decode()
    value = f'keyId="{KEY_ID}",algorithm="{algorithm}",headers="{names}",signature="{signature}"'
    return [*headers.items(), ("signature", ",".join([value, *filter(None, [extra])]))]


def by_hand_9421(names: str, params: str, *, content_digest: str | None = None, label: str = "sig1") -> Pairs:
    values = {
        "@method": "POST",
        "@target-uri": f"{BASE}/inbox",
        "@authority": "tredegar.example",
        "@path": "/inbox",
        "@query": "?",
        "@scheme": "https",
        "@request-target": "/inbox",
        "host": "tredegar.example",
        "content-digest": content_digest or f"sha-256=:{digest('sha256')}:",
    }
    quoted = " ".join(f'"{name}"' for name in names.split())
    given_params = f"({quoted}){params}"
    lines = [f'"{name}": {values.get(name, "x")}' for name in names.split()]
    signature = base64.b64encode(signed("\n".join([*lines, f'"@signature-params": {given_params}']))).decode()
    return [
        ("host", "tredegar.example"),
        ("content-digest", values["content-digest"]),
        ("signature-input", f"{label}={given_params}"),
        ("signature", f"{label}=:{signature}:"),
    ]


def signed(text: str) -> bytes:
    return base64.b64decode(signatures.claim.sign_lines(RSA, text.split("\n")))


def digest(kind: str, body: bytes = BODY) -> str:
    return base64.b64encode(hashlib.new(kind, body).digest()).decode()


def parse(headers: Pairs, *, method: str = "POST", path: str = "/inbox", body: bytes = BODY, at: int = NOW) -> Claim:
    return signatures.parse(method, path, BASE, headers, body, at)


def accepted(headers: Pairs, key: keys.VerifyingKey = RSA_SHOWN, **how: Any) -> Claim:
    claim = parse(headers, **how)
    signatures.verify(claim, key)
    return claim


def refused(headers: Pairs, words: str, key: keys.VerifyingKey = RSA_SHOWN, **how: Any) -> None:
    with pytest.raises(BadSignature, match=words):
        accepted(headers, key, **how)


def without(headers: Pairs, name: str) -> Pairs:
    return [pair for pair in headers if pair[0] != name]


GOOD = f';created={NOW // 1000};keyid="{KEY_ID}"'
COVERED = "@method @target-uri content-digest"
ALL = "(request-target) host date digest"


# --- those who mean well ---------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("path", ["/inbox", "/outbox?page=2&max=9"])
def test_what_we_sign_we_accept(scheme: str, method: str, path: str) -> None:
    claim = accepted(
        sent(method, path, scheme=scheme), method=method, path=path, body=BODY if method == "POST" else b""
    )
    assert (claim.scheme, claim.key_id, claim.signed_at) == (scheme, KEY_ID, NOW)


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_ed25519_keys_sign_and_are_checked_too(scheme: str) -> None:
    accepted(sent(scheme=scheme, key=ED), ED_SHOWN)


def test_we_send_the_headers_that_every_server_asks_for() -> None:
    headers = dict(sent())
    assert list(headers) == ["host", "date", "digest", "content-type", "signature"]
    assert 'headers="(request-target) host date digest content-type"' in headers["signature"]
    assert f'keyId="{KEY_ID}",algorithm="rsa-sha256"' in headers["signature"]
    assert 'headers="(request-target) host date"' in dict(sent("GET"))["signature"]
    assert headers["date"] == "Fri, 20 Nov 2026 14:00:00 GMT"

    headers = dict(sent(scheme="rfc9421"))
    assert headers["signature-input"] == f'sig1=("@method" "@target-uri" "content-digest"){GOOD}'


def test_apsig_accepts_what_we_sign() -> None:
    at, url = clock.now(), f"{BASE}/inbox"
    headers = signatures.sign_cavage("POST", url, key_id=KEY_ID, key=RSA, at=at, body=BODY)
    assert draft.Verifier(PAIR.rsa_public, "POST", url, headers, BODY).verify(raise_on_fail=True) == KEY_ID


def test_we_accept_what_apsig_signs() -> None:
    # It sends the same signature as Signature and as Authorization: Signature.
    dated = {"Date": formatdate(NOW / 1000, usegmt=True)}
    signer = draft.Signer(dated, RSA, "POST", f"{BASE}/inbox", KEY_ID, BODY)
    theirs = signer.sign()
    accepted([(name.lower(), value) for name, value in theirs.items()])


def test_a_9421_signature_that_leaves_the_body_out_is_refused() -> None:
    signer = RFC9421Signer(RSA, KEY_ID)
    theirs = signer.sign("POST", "/inbox", "tredegar.example", {"content-type": "x"}, BODY)
    headers = [(name.lower(), value) for name, value in theirs.items()]
    refused(headers, "must cover content-digest", at=clock.now())


def test_a_sender_that_leaves_the_query_out_is_understood() -> None:
    headers = signatures.sign_cavage("GET", f"{BASE}/outbox?page=1", key_id=KEY_ID, key=RSA, at=NOW, with_query=False)
    accepted(list(headers.items()), method="GET", path="/outbox?page=1", body=b"")


def test_another_query_than_the_signed_one_is_refused() -> None:
    refused(sent("GET", "/outbox?page=1"), "does not match", method="GET", path="/outbox?page=2", body=b"")


def test_created_may_stand_for_the_date() -> None:
    accepted(by_hand("(request-target) (created) host digest", extra=f"created={NOW // 1000}", algorithm="hs2019"))


@pytest.mark.parametrize(
    "names",
    [
        COVERED,
        "@method @path @authority content-digest",
        "@method @request-target host content-digest",
        "@method @target-uri @authority @scheme @query host content-digest",
    ],
)
def test_rfc9421_may_name_the_place_in_several_ways(names: str) -> None:
    accepted(by_hand_9421(names, GOOD))


@pytest.mark.parametrize("alg", ["rsa-v1_5-sha256", None])
def test_rfc9421_may_name_its_algorithm(alg: str | None) -> None:
    accepted(by_hand_9421(COVERED, GOOD + (f';alg="{alg}"' if alg else "")))


def test_of_several_signatures_the_first_from_the_actors_server_counts() -> None:
    ours, proxys = by_hand_9421(COVERED, GOOD), f';created={NOW // 1000};keyid="https://proxy.example/key"'
    for order in (1, -1):
        both = [dict(by_hand_9421(COVERED, proxys, label="proxy")), dict(ours)][::order]
        headers = dict(ours) | {
            name: ", ".join(one[name] for one in both) for name in ("signature-input", "signature")
        }  # fmt: skip
        claim = signatures.parse("POST", "/inbox", BASE, list(headers.items()), BODY, NOW, whose=KEY_ID)
        assert claim.key_id == KEY_ID
        signatures.verify(claim, RSA_SHOWN)


def test_signatures_for_other_readers_are_passed_over() -> None:
    headers = dict(sent(scheme="rfc9421"))
    headers["signature-input"] = f'proxy=("@method" "x";sf);created=1;keyid="p", {headers["signature-input"]}'
    headers["signature"] = f"proxy=:AAAA:, {headers['signature']}"
    accepted(list(headers.items()))


# --- attacks ---------------------------------------------------------------------------------------


def test_1_an_unsigned_request_is_refused() -> None:
    refused([("host", "tredegar.example")], "not signed")
    refused([("host", "tredegar.example"), ("authorization", "Bearer x")], "not signed")


@pytest.mark.parametrize("missing", ["(request-target)", "host", "date", "digest"])
def test_2_each_of_the_four_parts_must_be_covered(missing: str) -> None:
    accepted(by_hand(ALL))
    left = " ".join(name for name in ALL.split() if name != missing)
    refused(by_hand(left), "must cover")


def test_2_a_signature_over_the_date_alone_is_refused() -> None:
    refused(by_hand("date"), "must cover")


@pytest.mark.parametrize(
    "names",
    [
        "@target-uri content-digest",
        "@method content-digest",
        "@method @target-uri",
        "@method @path content-digest",
        "@method @authority content-digest",
    ],
)
def test_2_rfc9421_must_cover_method_place_and_body(names: str) -> None:
    refused(by_hand_9421(names, GOOD), "must cover")


def test_3_a_signature_that_covers_nothing_is_refused() -> None:
    refused(by_hand(""), "covers nothing")
    refused([*sent()[:-1], ("signature", sent()[-1][1].replace('headers="', 'heders="'))], "must cover")
    refused(by_hand_9421("", GOOD), "covers nothing")


def test_3_a_header_covered_twice_is_refused() -> None:
    refused(by_hand(f"{ALL} date"), "twice")
    refused(by_hand_9421(f"{COVERED} @method", GOOD), "twice")


@pytest.mark.parametrize("name", ["signature", "host", "date", "digest", "content-type"])
def test_3_a_header_sent_twice_is_refused(name: str) -> None:
    headers = sent()
    refused([*headers, (name, dict(headers)[name])], "sent twice")


def test_3_two_different_signatures_are_refused() -> None:
    headers = sent()
    same = dict(headers)["signature"]
    accepted([*headers, ("authorization", f"Signature {same}")])
    refused([*headers, ("authorization", f"Signature {same[:-4]}x")], "two different")
    accepted([*without(headers, "signature"), ("authorization", f"Signature {same}")])


def test_3_a_parameter_given_twice_is_refused() -> None:
    headers = dict(sent())
    headers["signature"] += f',keyId="{KEY_ID}"'
    refused(list(headers.items()), "cannot be read")
    refused(by_hand_9421(COVERED, f'{GOOD};keyid="https://evil.example/x"'), "cannot be read")


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_4_a_body_changed_after_signing_is_refused(scheme: str) -> None:
    refused(sent(scheme=scheme), "body is not the one", body=BODY + b" ")


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_4_a_body_changed_together_with_its_digest_is_refused(scheme: str) -> None:
    headers = dict(sent(scheme=scheme))
    if scheme == "cavage":
        headers["digest"] = f"SHA-256={digest('sha256', b'evil')}"
    else:
        headers["content-digest"] = f"sha-256=:{digest('sha256', b'evil')}:"
    refused(list(headers.items()), "does not match", body=b"evil")


def test_5_a_right_digest_that_is_not_signed_is_refused() -> None:
    refused(by_hand("(request-target) host date"), "must cover digest")


@pytest.mark.parametrize(
    "value",
    [
        f"sha-256={digest('sha256')}",
        f"SHA-512={digest('sha512')},SHA-256={digest('sha256')}",
        f"MD5=abc=, SHA-256={digest('sha256')}",
        f"SHA-512={digest('sha512')}",
    ],
)
def test_6_digests_may_be_written_small_and_together(value: str) -> None:
    accepted(by_hand(ALL, digest=value))


@pytest.mark.parametrize(
    "value",
    [
        f"SHA-512={digest('sha512', b'evil')},SHA-256={digest('sha256')}",
        f"SHA-256={digest('sha256')},SHA-512=",
        f"SHA-256={digest('sha256')[:-1]}",
        f"SHA-256={digest('sha256')},SHA-256={digest('sha256')}",
        ",,,,,,",
    ],
)
def test_6_one_wrong_digest_spoils_the_others(value: str) -> None:
    refused(by_hand(ALL, digest=value), "body is not|cannot be read")


@pytest.mark.parametrize("value", ["MD5=abc=", "unixsum=30637", "", "sha256=x"])
def test_7_a_digest_of_no_known_kind_is_refused(value: str) -> None:
    refused(by_hand(ALL, digest=value or " "), "no kind that we know")
    refused(by_hand_9421(COVERED, GOOD, content_digest=value or " "), "no kind that we know")


def test_8_a_request_sent_again_can_be_told_by_its_signature() -> None:
    first, again = accepted(sent()), accepted(sent(), at=NOW + 60_000)
    assert first.signature == again.signature


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
@pytest.mark.parametrize("late", [-clock.HOUR, 0, clock.HOUR + 5 * clock.MINUTE])
def test_9_clocks_may_be_an_hour_off(scheme: str, late: int) -> None:
    accepted(sent(scheme=scheme), at=NOW + late)


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
@pytest.mark.parametrize("late", [-clock.HOUR - 1000, clock.HOUR + 5 * clock.MINUTE + 1000, 13 * clock.HOUR])
def test_9_a_request_from_another_time_is_refused_and_told_so(scheme: str, late: int) -> None:
    refused(
        sent(scheme=scheme),
        f"clock is {abs(late) // clock.MINUTE} minutes {'ahead of' if late < 0 else 'behind'} ours",
        at=NOW + late,
    )


@pytest.mark.parametrize(
    "date",
    [
        "yesterday",
        "2026-11-20T14:00:00Z",
        "Fri, 20 Nov 2026 14:00:00 +0100",
        "1795183200",
        "Fri, 31 Feb 2026 14:00:00 GMT",
        "Fri, 20 Abc 2026 14:00:00 GMT",
        "Fri, ٢٠ Nov 2026 14:00:00 GMT",
    ],
)
def test_9_a_date_that_cannot_be_read_is_refused(date: str) -> None:
    refused(by_hand(ALL, date=date), "cannot be read")


def test_9_a_missing_date_is_refused() -> None:
    refused(without(by_hand(ALL), "date"), "date, which was not sent")


def test_10_created_in_the_future_is_refused() -> None:
    names = "(request-target) (created) host digest"
    refused(by_hand(names, extra=f"created={NOW // 1000 + 3700}"), "61 minutes ahead")
    refused(by_hand(names, extra="created=soon"), "cannot be read")
    refused(by_hand(names), "cannot be read")
    refused(by_hand(f"{names} date", extra=f"created={NOW // 1000 + 3700}"), "61 minutes ahead")


def test_10_an_expired_signature_is_refused_even_where_it_is_not_covered() -> None:
    past = NOW // 1000 - 1
    refused(by_hand(f"{ALL} (expires)", extra=f"expires={past}"), "expired")
    refused(by_hand(ALL, extra=f"expires={past}"), "expired")
    refused(by_hand_9421(COVERED, f"{GOOD};expires={past}"), "expired")


def test_10_expires_allows_twelve_hours_but_only_when_signed() -> None:
    far = f"expires={NOW // 1000 + 86_400}"
    accepted(by_hand(f"{ALL} (expires)", extra=far), at=NOW + 12 * clock.HOUR)
    refused(by_hand(f"{ALL} (expires)", extra=far), "720 minutes behind", at=NOW + 12 * clock.HOUR + 1000)
    refused(by_hand(ALL, extra=far), "120 minutes behind", at=NOW + 2 * clock.HOUR)
    accepted(by_hand_9421(COVERED, f"{GOOD};{far}"), at=NOW + 12 * clock.HOUR)


@pytest.mark.parametrize("created", ["", ";created=x", ";created=-1", ";created=1795183200.5", ";created"])
def test_10_rfc9421_must_say_when(created: str) -> None:
    refused(by_hand_9421(COVERED, f'{created};keyid="{KEY_ID}"'), "cannot be read")


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_11_a_request_for_another_path_is_refused(scheme: str) -> None:
    refused(sent(scheme=scheme), "does not match", path="/users/bob/inbox")


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_11_a_request_for_another_host_is_refused(scheme: str) -> None:
    sign = signatures.sign_cavage if scheme == "cavage" else signatures.sign_rfc9421
    headers = {"host": "ebbw.example"} | sign(
        "POST", "https://ebbw.example/inbox", key_id=KEY_ID, key=RSA, at=NOW, body=BODY
    )
    refused(list(headers.items()), "for ebbw.example, and this server is tredegar.example")
    headers["host"] = "tredegar.example"
    refused(list(headers.items()), "does not match")


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_11_a_request_with_another_method_is_refused(scheme: str) -> None:
    refused(sent(scheme=scheme), "does not match", method="PUT")


@pytest.mark.parametrize("host", ["tredegar.example:443", "Tredegar.Example"])
def test_a_host_may_be_written_with_its_usual_port_and_in_capitals(host: str) -> None:
    accepted(by_hand(ALL, host=host))


@pytest.mark.parametrize("path", ["https://evil.example/inbox", "inbox", "", "*"])
def test_a_target_that_is_no_path_is_refused(path: str) -> None:
    refused(sent(), "not a path", path=path)


def test_19_an_ed25519_signature_is_not_checked_as_rsa_nor_the_other_way_round() -> None:
    refused(sent(), "key is of another kind", ED_SHOWN)
    refused(by_hand(ALL, algorithm="ed25519"), "key is of another kind")
    refused(by_hand(ALL, algorithm="hs2019"), "does not match", ED_SHOWN)
    refused(sent(key=ED), "does not match", RSA_SHOWN)
    refused(by_hand_9421(COVERED, f'{GOOD};alg="ed25519"'), "key is of another kind")


@pytest.mark.parametrize("algorithm", ["hs2019", "rsa-sha256", "RSA-SHA256"])
def test_20_the_two_names_of_the_one_algorithm_are_accepted(algorithm: str) -> None:
    accepted(by_hand(ALL, algorithm=algorithm))


@pytest.mark.parametrize("algorithm", ["rsa-sha512", "hmac-sha256", "none", "ecdsa-sha256", "rsa-sha1", "x" * 500])
def test_20_other_algorithms_are_refused(algorithm: str) -> None:
    refused(by_hand(ALL, algorithm=algorithm), "do not take")
    refused(by_hand_9421(COVERED, f'{GOOD};alg="{algorithm}"'), "do not take")


def test_another_servers_key_does_not_open_the_door() -> None:
    refused(sent(), "does not match", keys.load_public(generate().rsa_public))


@pytest.mark.parametrize("key_id", ["", "x" * 3000])
def test_a_signature_must_say_whose_it_is(key_id: str) -> None:
    headers = dict(sent())
    headers["signature"] = headers["signature"].replace(KEY_ID, key_id)
    refused(list(headers.items()), "whose key")
    refused(by_hand_9421(COVERED, f';created={NOW // 1000};keyid="{key_id}"'), "whose key")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "keyId",
        'keyId="a',
        "=,=",
        'keyId="a" headers="date"',
        '"' * 100,
        "a=1," * 3000,
        'keyId="a",algorithm="hs2019",headers="(request-target) host date digest"',
    ],
)
def test_a_signature_header_that_makes_no_sense_is_refused(value: str) -> None:
    with pytest.raises(BadSignature):
        accepted([*without(sent(), "signature"), ("signature", value)])
    with pytest.raises(BadSignature):
        accepted([*without(sent(scheme="rfc9421"), "signature"), ("signature", value)])
    with pytest.raises(BadSignature):
        accepted([*without(sent(scheme="rfc9421"), "signature-input"), ("signature-input", value)])


@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_no_header_breaks_the_reading(value: str) -> None:
    for name, headers in (("signature", sent()), ("signature", SENT_9421), ("signature-input", SENT_9421)):
        with pytest.raises(BadSignature):
            parse([*without(headers, name), (name, value)])


SENT_9421 = sent(scheme="rfc9421")


@pytest.mark.parametrize(
    "names", ["@status", "@query-param", "@nonsense", "content-digest;sf", "X-Upper", "x-not-sent"]
)
def test_rfc9421_parts_that_we_cannot_read_are_refused(names: str) -> None:
    with pytest.raises(BadSignature, match=r"cannot read|was not sent"):
        parse(by_hand_9421(f"{COVERED} {names}", GOOD))


def test_the_refusal_keeps_its_facts_for_translation() -> None:
    with pytest.raises(BadSignature) as caught:
        parse(sent(), at=NOW + 2 * clock.HOUR)
    assert caught.value.facts == {"minutes": 120}
