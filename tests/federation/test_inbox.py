"""The letter box: attacks 1 to 25 of trust.md §8.1, and what else is refused at the door."""

import asyncio
from base64 import b64encode
from email.utils import formatdate
from hashlib import sha512

import msgspec
import pytest
from conftest import Clock
from elsewhere import CONTEXT, Answer, Elsewhere, Json, activity, cavage, create, digest, pair, post, send
from here import Here, a_hub
from structlog.testing import capture_logs

from federation import Limits
from federation.keys import host_of
from hub.clock import DAY, HOUR, MINUTE, now
from hub.store import Store

INBOX = "https://glan.example/inbox"
HUB = "https://glan.example/actor/hub"


async def kept(here: Here) -> int:
    return int(await here.one("SELECT count(*) FROM inbox"))


def follow(sender: str, **more: object) -> Json:
    return activity("Follow", sender, HUB, **more)


async def nothing_came_of(here: Here, answer: Answer, status: int = 401) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]
    assert await kept(here) == 0
    assert await here.one("SELECT count(*) FROM follow") == 0
    assert await here.one("SELECT count(*) FROM job WHERE kind = 'receive'") == 0


def headers_for(body: bytes, **changes: str) -> dict[str, str]:
    plain = {"host": "glan.example", "date": formatdate(now() / 1000, usegmt=True), "digest": digest(body)}
    return plain | changes


# --- what is taken ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/inbox", "/actor/hub/inbox", "/actor/inbox"])
async def test_a_signed_activity_is_on_the_disk_before_we_say_so(here: Here, mastodon: Elsewhere, path: str) -> None:
    ann = mastodon.actor("ann")

    answer = await post(here.app, f"https://glan.example{path}", follow(ann))

    assert answer.status_code == 202
    assert answer.content == b""
    assert await here.all("SELECT signer, type FROM inbox") == [{"signer": ann, "type": "Follow"}]
    assert await here.one("SELECT count(*) FROM job WHERE kind = 'receive'") == 1


@pytest.mark.parametrize(("scheme", "ed25519"), [("cavage", False), ("rfc9421", False), ("rfc9421", True)])
async def test_both_ways_to_sign_and_both_kinds_of_key_are_taken(
    here: Here, mastodon: Elsewhere, scheme: str, ed25519: bool
) -> None:
    ann = mastodon.actor("ann")
    assert (await post(here.app, INBOX, follow(ann), scheme=scheme, ed25519=ed25519)).status_code == 202


async def test_a_key_that_gotosocial_names_by_a_path_is_found_through_its_owner(
    here: Here, mastodon: Elsewhere
) -> None:
    ann = f"{mastodon.base}/users/ann"
    name = f"{ann}/main-key"
    mastodon.actor("ann", publicKey={"id": name, "owner": ann, "publicKeyPem": pair().rsa_public}, assertionMethod=[])
    assert (await post(here.app, INBOX, follow(ann), key_id=name)).status_code == 202


async def test_somebody_known_is_asked_for_no_key_again(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    for number in range(3):
        assert (await post(here.app, INBOX, follow(ann, id=f"{ann}#{number}"))).status_code == 202
    here.wire.keys.drop(ann)
    assert (await post(here.app, INBOX, follow(ann, id=f"{ann}#last"))).status_code == 202
    assert mastodon.asked == ["/users/ann"]


async def test_each_decision_is_one_line_of_the_log(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    with capture_logs() as lines:
        await post(here.app, INBOX, follow(ann))
        await post(here.app, INBOX, follow(ann), headers={"signature": ""})
    told = [line for line in lines if line["event"] == "inbox"]
    assert [(line["decision"], line["status"]) for line in told] == [("accepted", 202), ("refused", 401)]
    assert {(line["host"], line["type"]) for line in told} == {(host_of(ann), "Follow")}


# --- attacks 1 to 11: the signature ----------------------------------------------------------------


async def test_1_what_is_not_signed_is_refused(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    answer = await send(here.app, INBOX, msgspec.json.encode(follow(ann)), {})
    await nothing_came_of(here, answer)
    assert mastodon.asked == []


@pytest.mark.parametrize(
    "names",
    [
        "date", "(request-target) host date", "host date digest", "(request-target) date digest",
        "(request-target) host digest",
    ],
)  # fmt: skip
async def test_2_a_signature_over_too_little_is_refused(here: Here, mastodon: Elsewhere, names: str) -> None:
    ann = mastodon.actor("ann")
    body = msgspec.json.encode(follow(ann))
    signed = cavage(INBOX, body, names, key_id=f"{ann}#main-key", headers=headers_for(body))
    await nothing_came_of(here, await send(here.app, INBOX, body, signed))


async def test_3_signatures_that_can_be_read_in_two_ways_are_refused(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    body, whole = msgspec.json.encode(follow(ann)), "(request-target) host date digest"
    right = cavage(INBOX, body, whole, key_id=f"{ann}#main-key", headers=headers_for(body))
    for names in ("", f"{whole} digest"):
        wrong = cavage(INBOX, body, names, key_id=f"{ann}#main-key", headers=headers_for(body))
        await nothing_came_of(here, await send(here.app, INBOX, body, wrong))
    two = right | {"authorization": "Signature " + right["signature"].replace("rsa-sha256", "hs2019")}
    await nothing_came_of(here, await send(here.app, INBOX, body, two))
    await nothing_came_of(here, await send(here.app, INBOX, body, right, also=[("signature", right["signature"])]))


async def test_4_a_body_that_was_changed_is_refused(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    other = msgspec.json.encode(follow(ann, id=f"{ann}#other"))
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann), body=other))
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann), body=other, scheme="rfc9421"))


async def test_5_a_digest_that_is_not_signed_protects_nothing(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    body = msgspec.json.encode(follow(ann))
    signed = cavage(INBOX, body, "(request-target) host date", key_id=f"{ann}#main-key", headers=headers_for(body))
    assert "digest" in signed
    await nothing_came_of(here, await send(here.app, INBOX, body, signed))


async def test_6_a_digest_may_be_written_small_or_twice_if_all_are_right(here: Here, mastodon: Elsewhere) -> None:
    ann, names = mastodon.actor("ann"), "(request-target) host date digest"
    for number, right in enumerate(("sha-256", "SHA-512,SHA-256")):
        body = msgspec.json.encode(follow(ann, id=f"{ann}#{number}"))
        other = f"SHA-512={b64encode(sha512(body).digest()).decode()},"
        said = digest(body, "sha-256") if right == "sha-256" else other + digest(body)
        signed = cavage(INBOX, body, names, key_id=f"{ann}#main-key", headers=headers_for(body, digest=said))
        assert (await send(here.app, INBOX, body, signed)).status_code == 202
    wrong = headers_for(body, digest=f"SHA-512=AAAA,{digest(body)}")
    signed = cavage(INBOX, body, names, key_id=f"{ann}#main-key", headers=wrong)
    assert (await send(here.app, INBOX, body, signed)).status_code == 401


@pytest.mark.parametrize("said", ["MD5=1B2M2Y8AsgTpgAmY7PhCfg==", "unixsum=12", ""])
async def test_7_a_digest_of_no_known_kind_is_refused(here: Here, mastodon: Elsewhere, said: str) -> None:
    ann = mastodon.actor("ann")
    body = msgspec.json.encode(follow(ann))
    named = headers_for(body, digest=said or "x")
    signed = cavage(INBOX, body, "(request-target) host date digest", key_id=f"{ann}#main-key", headers=named)
    await nothing_came_of(here, await send(here.app, INBOX, body, signed))


async def test_8_the_same_letter_twice_has_one_effect(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    for _ in range(3):
        assert (await post(here.app, INBOX, follow(ann))).status_code == 202
        await here.work()
    assert await kept(here) == 1
    assert [one["type"] for one in mastodon.received] == ["Accept"]


async def test_8_many_at_once_count_once(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    answers = await asyncio.gather(*(post(here.app, INBOX, follow(ann)) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert await kept(here) == 1
    assert mastodon.asked == ["/users/ann"]


@pytest.mark.parametrize("hours", [-13, -2, 1.1])
async def test_9_an_old_or_early_signature_is_refused_with_the_reason(
    here: Here, mastodon: Elsewhere, hours: float
) -> None:
    ann = mastodon.actor("ann")
    answer = await post(here.app, INBOX, follow(ann), at=now() + int(hours * HOUR))
    await nothing_came_of(here, answer)
    assert "clock" in answer.json()["error"]


@pytest.mark.parametrize("date", ["yesterday", "", "Fri, 31 Feb 2026 09:00:00 GMT"])
async def test_9_a_date_that_is_none_is_refused(here: Here, mastodon: Elsewhere, date: str) -> None:
    ann = mastodon.actor("ann")
    body = msgspec.json.encode(follow(ann))
    signed = cavage(
        INBOX, body, "(request-target) host date digest", key_id=f"{ann}#main-key", headers=headers_for(body, date=date)
    )
    await nothing_came_of(here, await send(here.app, INBOX, body, signed))


@pytest.mark.parametrize("times", ["created={late}", "created={now},expires={past}"])
async def test_10_created_later_and_expired_earlier_are_refused(here: Here, mastodon: Elsewhere, times: str) -> None:
    ann = mastodon.actor("ann")
    body, at = msgspec.json.encode(follow(ann)), now() // 1000
    said = times.format(late=at + 7200, now=at, past=at - 10)
    names = "(request-target) host (created) digest" + (" (expires)" if "expires" in said else "")
    plain = headers_for(body)
    del plain["date"]
    signed = cavage(INBOX, body, names, key_id=f"{ann}#main-key", headers=plain, algorithm="hs2019", extra=said)
    await nothing_came_of(here, await send(here.app, INBOX, body, signed))


async def test_11_a_letter_to_somebody_else_is_refused(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    body = msgspec.json.encode(follow(ann))
    whole = "(request-target) host date digest"
    to_another_path = cavage(
        "https://glan.example/actor/bob/inbox", body, whole, key_id=f"{ann}#main-key", headers=headers_for(body)
    )
    await nothing_came_of(here, await send(here.app, INBOX, body, to_another_path))
    to_another_host = cavage(
        INBOX, body, whole, key_id=f"{ann}#main-key", headers=headers_for(body, host="tredegar.example")
    )
    await nothing_came_of(here, await send(here.app, INBOX, body, to_another_host))
    other = follow(ann)
    await nothing_came_of(here, await post(here.app, "https://tredegar.example/inbox", other, scheme="rfc9421"))


# --- attacks 12 to 25: whose key -------------------------------------------------------------------


async def test_12_a_key_on_one_server_speaks_for_nobody_on_another(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    evil = here.server("evil.example").actor("eve")
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann), by=evil))


@pytest.mark.parametrize("claim", ["other owner", "not listed"])
async def test_13_a_key_that_its_actor_does_not_claim_is_refused(here: Here, mastodon: Elsewhere, claim: str) -> None:
    bob = mastodon.actor("bob", key=1)
    ann = f"{mastodon.base}/users/ann"
    foreign = {"id": f"{ann}#main-key", "owner": bob, "publicKeyPem": pair(0).rsa_public}
    mastodon.actor("ann", key=1, assertionMethod=[], **({"publicKey": foreign} if claim == "other owner" else {}))
    name = f"{ann}#main-key" if claim == "other owner" else f"{mastodon.base}/keys/7"
    mastodon.serve("/keys/7", {"id": name, "owner": ann, "publicKeyPem": pair(0).rsa_public})
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann), key_id=name))


async def test_14_a_document_with_another_id_is_not_kept_under_the_one_asked_for(
    here: Here, mastodon: Elsewhere
) -> None:
    bob, ann = mastodon.actor("bob", key=1), f"{mastodon.base}/users/ann"
    mastodon.documents["/users/ann"] = mastodon.documents["/users/bob"]
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann), key=1))
    assert await here.one("SELECT count(*) FROM actor WHERE uri = :uri", uri=ann) == 0
    assert bob


async def test_15_a_key_behind_a_redirect_to_another_server_is_refused(here: Here, mastodon: Elsewhere) -> None:
    evil = here.server("evil.example")
    ann = f"{mastodon.base}/users/ann"
    evil.actor("ann", id=ann, inbox=f"{ann}/inbox", publicKey={
        "id": f"{ann}#main-key", "owner": ann, "publicKeyPem": pair().rsa_public,
    })  # fmt: skip
    mastodon.serve("/users/ann", b"https://evil.example/users/ann", status=302)
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann)))


async def test_16_a_new_key_is_fetched_once_and_only_from_its_owners_server(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    ann = mastodon.actor("ann")
    assert (await post(here.app, INBOX, follow(ann))).status_code == 202
    mastodon.actor("ann", key=1)
    assert (await post(here.app, INBOX, follow(ann, id=f"{ann}#2"), key=1)).status_code == 202
    assert mastodon.asked == ["/users/ann"] * 2
    for number in range(5):  # neither the old key nor a third one makes us ask again for a while
        assert (await post(here.app, INBOX, follow(ann, id=f"{ann}#x{number}"), key=2)).status_code == 401
    assert mastodon.asked == ["/users/ann"] * 2
    clock.forward(6 * MINUTE)
    mastodon.actor("ann", key=2)
    assert (await post(here.app, INBOX, follow(ann, id=f"{ann}#3"), key=2)).status_code == 202


async def test_17_a_key_in_a_pushed_body_is_never_taken(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    stolen = msgspec.json.decode(mastodon.documents["/users/ann"][2])
    stolen["publicKey"]["publicKeyPem"] = pair(1).rsa_public
    assert (await post(here.app, INBOX, activity("Update", ann, stolen))).status_code == 202
    await here.work()
    assert await here.outcomes() == ["kept"]  # by asking ann's own server
    assert pair(1).rsa_public not in str(await here.one("SELECT public_key FROM actor WHERE uri = :uri", uri=ann))
    assert (await post(here.app, INBOX, follow(ann), key=1)).status_code == 401


async def test_18_a_key_that_cannot_be_had_is_not_asked_for_again_and_again(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    nobody = f"{mastodon.base}/users/nobody"
    for number in range(50):
        assert (await post(here.app, INBOX, follow(nobody, id=f"{nobody}#{number}"))).status_code == 401
    assert mastodon.asked == ["/users/nobody"]
    clock.forward(11 * MINUTE)
    mastodon.actor("nobody")
    assert (await post(here.app, INBOX, follow(nobody))).status_code == 202


async def test_18_a_host_with_many_new_names_is_asked_a_few_times_a_minute(here: Here, mastodon: Elsewhere) -> None:
    statuses = []
    for number in range(70):
        stranger = f"{mastodon.base}/users/n{number}"
        statuses.append((await post(here.app, INBOX, follow(stranger))).status_code)
    assert statuses.count(401) == len(mastodon.asked) == 60
    assert statuses[-1] == 429


@pytest.mark.parametrize("pem", ["garbage", "", 7, None, ["x"], {"a": 1}])
async def test_19_keys_that_nobody_should_use_are_refused_without_a_stir(
    here: Here, mastodon: Elsewhere, pem: object
) -> None:
    ann = f"{mastodon.base}/users/ann"
    mastodon.actor("ann", publicKey={"id": f"{ann}#main-key", "owner": ann, "publicKeyPem": pem}, assertionMethod=[])
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann)))


async def test_19_of_several_keys_the_one_that_signed_is_used(here: Here, mastodon: Elsewhere) -> None:
    ann = f"{mastodon.base}/users/ann"
    several = [
        {"id": f"{ann}#key-{number}", "owner": ann, "publicKeyPem": pair(number).rsa_public} for number in range(3)
    ]
    mastodon.actor("ann", publicKey=several, assertionMethod=[])
    assert (await post(here.app, INBOX, follow(ann), key=2, key_id=f"{ann}#key-2")).status_code == 202
    assert (await post(here.app, INBOX, follow(ann, id=f"{ann}#2"), key=2, key_id=f"{ann}#key-1")).status_code == 401


@pytest.mark.parametrize(
    ("algorithm", "status"), [("hs2019", 202), ("rsa-sha512", 401), ("hmac-sha256", 401), ("none", 401)]
)
async def test_20_only_algorithms_that_we_know_are_taken(
    here: Here, mastodon: Elsewhere, algorithm: str, status: int
) -> None:
    ann = mastodon.actor("ann")
    body = msgspec.json.encode(follow(ann))
    signed = cavage(
        INBOX, body, "(request-target) host date digest", key_id=f"{ann}#main-key", headers=headers_for(body),
        algorithm=algorithm,
    )  # fmt: skip
    assert (await send(here.app, INBOX, body, signed)).status_code == status


async def test_21_a_signature_inside_the_document_counts_for_nothing(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    relay = here.server("relay.example").actor("relay", "Application")
    forwarded = create(ann, f"{mastodon.base}/notes/1", content="<p>hi</p>") | {
        "signature": {"type": "RsaSignature2017", "creator": f"{ann}#main-key", "signatureValue": "AAAA"}
    }
    for trick in ({}, {"@graph": [forwarded]}, {"@included": [forwarded]}, {"@reverse": {"object": forwarded}}):
        await nothing_came_of(here, await post(here.app, INBOX, forwarded | trick, by=relay))


async def test_22_a_proof_by_somebody_else_counts_for_nothing(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    evil = here.server("evil.example").actor("eve")
    forged = create(ann, f"{mastodon.base}/notes/1", content="<p>hi</p>") | {
        "proof": {"type": "DataIntegrityProof", "verificationMethod": f"{evil}#ed25519-key", "proofValue": "z1"}
    }
    await nothing_came_of(here, await post(here.app, INBOX, forged, by=evil))


async def test_23_an_activity_has_one_actor_and_that_is_who_signed(here: Here, mastodon: Elsewhere) -> None:
    ann, bob = mastodon.actor("ann"), mastodon.actor("bob", key=1)
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann) | {"actor": [ann, bob]}, by=ann), 400)
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann) | {"actor": {"id": bob}}, by=ann))
    answer = await post(here.app, INBOX, follow(ann) | {"actor": {"id": ann, "name": "Bob"}}, by=ann)
    assert answer.status_code == 202


async def test_24_a_server_does_not_sign_for_its_people(here: Here, mastodon: Elsewhere) -> None:
    ann, instance = mastodon.actor("ann", key=1), mastodon.actor("actor", "Application")
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann), by=instance))


async def test_25_the_end_of_somebody_we_never_met_costs_us_nothing(here: Here, mastodon: Elsewhere) -> None:
    gone = f"{mastodon.base}/users/gone"
    for number in range(20):
        answer = await post(here.app, INBOX, activity("Delete", gone, gone, id=f"{gone}#{number}"))
        assert answer.status_code == 202
    assert mastodon.asked == []
    assert await kept(here) == 0


async def test_25_somebody_we_met_is_believed_by_the_key_we_have_once_their_server_says_gone(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    ann = mastodon.actor("ann")
    await post(here.app, INBOX, follow(ann))
    await here.work()
    clock.forward(2 * DAY)
    mastodon.serve("/users/ann", {}, status=410)
    assert (await post(here.app, INBOX, activity("Delete", ann, ann))).status_code == 202
    await here.work()
    assert (await here.outcomes())[-1] == "removed"
    assert await here.one("SELECT count(*) FROM follow") == 0


# --- at the door -----------------------------------------------------------------------------------


async def test_a_body_that_is_too_big_is_refused_while_it_comes_in(store: Store, clock: Clock) -> None:
    async with a_hub(store, limits=Limits(body=2000)) as here:
        ann = here.server("mastodon.example").actor("ann")
        big = follow(ann, content="x" * 3000)
        await nothing_came_of(here, await post(here.app, INBOX, big), 413)
        await nothing_came_of(here, await post(here.app, INBOX, big, headers={"content-length": ""}), 413)


async def test_a_body_that_never_ends_is_refused(store: Store, clock: Clock) -> None:
    async with a_hub(store, limits=Limits(body_seconds=0.05)) as here:
        sent = []

        async def receive() -> dict[str, object]:
            await asyncio.sleep(0.02)
            return {"type": "http.request", "body": b"{", "more_body": True}

        async def answer(message: dict[str, object]) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/inbox", "raw_path": b"/inbox", "query_string": b"",
            "headers": [(b"content-type", b"application/activity+json")], "app": here.app, "root_path": "",
        }  # fmt: skip
        await here.app(scope, receive, answer)  # type: ignore[arg-type]
        assert sent[0]["status"] == 408


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/html"}, 415),
        ({"content-type": ""}, 415),
        ({"content-encoding": "gzip"}, 415),
        ({"content-type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'}, 202),
        ({"content-type": "application/json; charset=utf-8"}, 202),
    ],
)
async def test_only_plain_json_is_read(here: Here, mastodon: Elsewhere, headers: dict[str, str], status: int) -> None:
    ann = mastodon.actor("ann")
    body = msgspec.json.encode(follow(ann))
    names = "(request-target) host date digest"
    signed = cavage(INBOX, body, names, key_id=f"{ann}#main-key", headers=headers_for(body))
    assert (await send(here.app, INBOX, body, {**signed, **headers})).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"a":1,"a":2}',
        b"[" * 100_000,
        b'{"a":NaN}',
        b'{"type":"Follow"}',
        b'{"actor":7}',
        b"\xff",
    ],
)
async def test_a_body_that_is_no_activity_is_refused(here: Here, body: bytes) -> None:
    await nothing_came_of(here, await send(here.app, INBOX, body, {}), 400)


async def test_an_inbox_of_nobody_is_not_there(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    url = "https://glan.example/actor/nobody/inbox"
    await nothing_came_of(here, await post(here.app, url, follow(ann)), 404)


async def test_an_activity_on_another_server_than_its_actor_is_refused(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    await nothing_came_of(here, await post(here.app, INBOX, follow(ann, id="https://evil.example/1")), 403)


async def test_nobody_elsewhere_signs_for_us(here: Here) -> None:
    await nothing_came_of(here, await post(here.app, INBOX, activity("Follow", HUB, HUB)))


async def test_an_activity_without_an_id_counts_once(here: Here, mastodon: Elsewhere) -> None:
    ann = mastodon.actor("ann")
    nameless = {"@context": CONTEXT, "type": "Follow", "actor": ann, "object": HUB}
    for _ in range(2):
        assert (await post(here.app, INBOX, nameless)).status_code == 202
    assert await kept(here) == 1


async def test_a_host_that_sends_too_much_is_asked_to_wait_and_others_are_not(store: Store, clock: Clock) -> None:
    async with a_hub(store, limits=Limits(a_minute=60, burst=5)) as here:
        ann = here.server("mastodon.example").actor("ann")
        cat = here.server("quiet.example").actor("cat")
        answers = [await post(here.app, INBOX, follow(ann, id=f"{ann}#{n}")) for n in range(7)]
        assert [answer.status_code for answer in answers] == [202] * 5 + [429] * 2
        assert answers[-1].headers["retry-after"] == "1"
        assert (await post(here.app, INBOX, follow(cat))).status_code == 202
        clock.forward(MINUTE)
        assert (await post(here.app, INBOX, follow(ann, id=f"{ann}#later"))).status_code == 202


async def test_why_a_key_could_not_be_had_is_told_to_the_log_and_not_to_the_stranger(here: Here) -> None:
    ann = "https://router.example/users/ann"
    here.server("router.example")
    answer = await post(here.app, INBOX, follow(ann))
    assert answer.status_code == 401
    assert "router" not in answer.text
