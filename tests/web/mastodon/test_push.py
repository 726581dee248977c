"""Apps are rung up at their push service, in words that only they can read."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import http_ece
import msgspec
import pytest
import pytest_asyncio
from browsing import Site
from conftest import Clock
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from entities_schema import check
from in_process import in_process
from scene import person
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation import Client, Wire
from hub import apps, keys, notices, people, push, reacting, relations, settings, statuses
from hub.clock import DAY
from hub.config import Config
from hub.errors import NotFound
from hub.statuses import Draft
from hub.store import Tx
from web import ringing, runners, worker

PATH = "/api/v1/push/subscription"


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class PushService:
    """A push service with one app behind it, which opens what is left there."""

    def __init__(self) -> None:
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), b"sixteen bytes ok"
        self.left: list[tuple[dict[str, str], bytes]] = []
        self.status = 201
        self.app = Starlette(routes=[Route("/send/{who}", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        self.left.append((dict(request.headers), await request.body()))
        return Response(status_code=self.status)

    @property
    def keys(self) -> dict[str, str]:
        point = self.key.public_key().public_bytes(pem.Encoding.X962, pem.PublicFormat.UncompressedPoint)
        return {"p256dh": text(point), "auth": text(self.auth)}

    def opened(self, at: int = -1) -> Any:
        headers, body = self.left[at]
        kind = headers["content-encoding"]
        more: dict[str, Any] = {}
        if kind == "aesgcm":
            more["salt"] = push.decoded(headers["encryption"].removeprefix("salt="))
            more["dh"] = push.decoded(headers["crypto-key"].split(";")[0].removeprefix("dh="))
        said = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version=kind, **more)
        return msgspec.json.decode(said)


@pytest_asyncio.fixture
async def service(site: Site) -> AsyncIterator[PushService]:
    service = PushService()
    client = Client(site.base, "0", transport_factory=in_process({"push.example": service.app}))
    site.app.state.wire = Wire(site.store, client, site.base)
    yield service


async def work(site: Site) -> None:
    state = site.app.state
    await worker.drain(state.wire, runners=runners.all_(Config(), site.base))


def wish(service: PushService, *, standard: bool = True, policy: str = "all", **alerts: bool) -> dict[str, Any]:
    endpoint = "https://push.example/send/ann?x=1"
    return {
        "subscription": {"endpoint": endpoint, "keys": service.keys, "standard": standard},
        "data": {"alerts": {"mention": True} | alerts, "policy": policy},
    }  # fmt: skip


def actor(tx: Tx, login: str) -> int:
    found = people.known_as(tx, login)
    return found[0].actor if found else person(tx, login)


def mention(tx: Tx, words: str = "@ann look, a heron!") -> None:
    statuses.publish(tx, actor(tx, "ben"), Draft(words))


async def test_an_app_says_where_and_for_what_and_changes_its_mind(signed_in: Any, service: PushService) -> None:
    ann = await signed_in("ann")
    assert (await ann.get(PATH)).status_code == 404
    made = await ann.post(PATH, json=wish(service))
    assert made.status_code == 200, made.text
    check(made.json(), "WebPushSubscription")
    assert (made.json()["alerts"]["mention"], made.json()["alerts"]["follow"]) == (True, False)
    assert (await ann.get(PATH)).json() == made.json()
    changed = (await ann.put(PATH, data={"data[alerts][follow]": "1", "data[policy]": "followed"})).json()
    assert (changed["alerts"]["mention"], changed["alerts"]["follow"]) == (False, True)
    assert (changed["id"], changed["policy"]) == (made.json()["id"], "followed")
    assert (await ann.delete(PATH)).json() == {}
    assert (await ann.get(PATH)).status_code == 404
    assert (await ann.put(PATH, json=wish(service))).status_code == 404


async def test_it_may_be_asked_in_the_address_too(signed_in: Any, service: PushService) -> None:
    ann = await signed_in("ann")
    query = {
        "subscription[endpoint]": "https://push.example/send/ann", "subscription[keys][p256dh]": service.keys["p256dh"],
        "subscription[keys][auth]": service.keys["auth"], "data[alerts][mention]": "true",
    }  # fmt: skip
    assert (await ann.post(PATH, params=query)).json()["alerts"]["mention"] is True


@pytest.mark.parametrize(
    "wrong",
    [{"endpoint": "nowhere"}, {"endpoint": "javascript:alert(1)"}, {"keys": {"p256dh": "AAAA", "auth": "AAAA"}},
     {"keys": {}}, {"endpoint": "https://push.example/" + "x" * 2000}],
)  # fmt: skip
async def test_what_cannot_be_rung_is_refused(signed_in: Any, service: PushService, wrong: dict[str, Any]) -> None:
    ann = await signed_in("ann")
    asked = wish(service)
    asked["subscription"] |= wrong
    answer = await ann.post(PATH, json=asked)
    assert answer.status_code == 422
    check(answer.json(), "Error")
    assert (await ann.post(PATH, json=wish(service, policy="whoever"))).status_code == 422


@pytest.mark.parametrize("standard", [True, False])
async def test_a_mention_rings_and_only_the_app_can_read_it(
    signed_in: Any, site: Site, service: PushService, standard: bool
) -> None:
    ann = await signed_in("ann")
    key = (await ann.post(PATH, json=wish(service, standard=standard))).json()["server_key"]
    await site.did(mention)
    await work(site)
    (headers, body), *more = service.left
    assert not more
    assert b"heron" not in body
    said = service.opened()
    token = ann.headers["authorization"].removeprefix("Bearer ")
    assert (said["access_token"], said["notification_type"], said["preferred_locale"]) == (token, "mention", "en")
    assert (said["title"], said["body"]) == ("ben mentioned you", "@ann look, a heron!")
    assert said["icon"].startswith("https://glan.example/drawn/icon/")
    told = (await ann.get("/api/v1/notifications")).json()
    assert str(said["notification_id"]) == told[0]["id"]
    assert int(headers["ttl"]) > 0
    assert_from_the_hub(headers["authorization"], key)
    if not standard:
        assert f"p256ecdsa={key}" in headers["crypto-key"]


def assert_from_the_hub(authorization: str, key: str) -> None:
    """The voucher is signed with the key that the hub told the app (RFC 8292)."""
    token = authorization.removeprefix("vapid t=").removeprefix("WebPush ").partition(",")[0]
    head, claims, signature = token.split(".")
    told = json.loads(push.decoded(claims))
    assert (told["aud"], told["sub"]) == ("https://push.example", "https://glan.example")
    raw = push.decoded(signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), push.decoded(key))
    signed = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


async def test_it_rings_in_the_language_of_whoever_is_rung(signed_in: Any, site: Site, service: PushService) -> None:
    ann = await signed_in("ann")
    await ann.post(PATH, json=wish(service))
    await site.did(lambda tx: tx.run("UPDATE account SET language = 'cy' WHERE login = 'ann'"))
    await site.did(mention)
    await work(site)
    assert service.opened()["preferred_locale"] == "cy"
    assert "ben" in service.opened()["title"]
    assert service.opened()["title"] != "ben mentioned you"


async def test_only_what_was_asked_for_rings(signed_in: Any, site: Site, service: PushService) -> None:
    ann = await signed_in("ann")
    await ann.post(PATH, json=wish(service, mention=False, favourite=True, policy="followed"))

    def much(tx: Tx) -> None:
        mention(tx)
        said = statuses.publish(tx, actor(tx, "ann"), Draft("A heron")).id
        reacting.like(tx, actor(tx, "ben"), said)
        relations.follow(tx, actor(tx, "ann"), actor(tx, "cath"))
        reacting.like(tx, actor(tx, "cath"), said)

    await site.did(much)
    await work(site)
    assert [service.opened(n)["title"] for n in range(len(service.left))] == ["cath likes your post"]


async def test_what_waits_for_a_yes_does_not_ring(signed_in: Any, site: Site, service: PushService) -> None:
    ann = await signed_in("ann")
    await ann.post(PATH, json=wish(service))
    await ann.patch("/api/v2/notifications/policy", json={"for_not_following": "filter"})
    await site.did(mention)
    await work(site)
    assert service.left == []


@pytest.mark.parametrize("status", [404, 410])
async def test_who_is_not_there_any_more_is_forgotten(
    signed_in: Any, site: Site, service: PushService, status: int
) -> None:
    ann = await signed_in("ann")
    await ann.post(PATH, json=wish(service))
    service.status = status
    await site.did(mention)
    await work(site)
    assert (await ann.get(PATH)).status_code == 404
    assert await site.store.read(lambda tx: tx.all("SELECT 1 AS x FROM job WHERE kind = 'push'")) == []


async def test_a_service_in_trouble_is_tried_again_for_two_days(
    signed_in: Any, site: Site, service: PushService, clock: Clock
) -> None:
    ann = await signed_in("ann")
    await ann.post(PATH, json=wish(service))
    service.status = 503
    await site.did(mention)
    await work(site)
    assert len(service.left) == 1
    assert len(await site.store.read(lambda tx: tx.all("SELECT 1 AS x FROM job WHERE kind = 'push' AND dead = 0"))) == 1
    clock.forward(3 * DAY)
    await work(site)
    assert len(service.left) == 1
    assert await site.store.read(lambda tx: tx.all("SELECT 1 AS x FROM job WHERE kind = 'push'")) == []


async def test_no_push_leads_into_our_own_network(signed_in: Any, site: Site, service: PushService) -> None:
    site.app.state.wire = Wire(site.store, Client(site.base, "0"), site.base)
    ann = await signed_in("ann")
    asked = wish(service)
    asked["subscription"]["endpoint"] = "https://127.0.0.1/send/ann"
    assert (await ann.post(PATH, json=asked)).status_code == 200
    await site.did(mention)
    await work(site)
    (job,) = await site.store.read(lambda tx: tx.all("SELECT dead, last_error FROM job WHERE kind = 'push'"))
    assert job["dead"] == 1
    assert "127.0.0.1" in job["last_error"]


async def test_when_an_app_is_sent_away_nothing_of_it_is_kept(signed_in: Any, site: Site, service: PushService) -> None:
    ann = await signed_in("ann")
    await ann.post(PATH, json=wish(service))
    await site.did(mention)
    await site.did(lambda tx: apps.end_all(tx, actor(tx, "ann")))
    assert await site.store.read(lambda tx: tx.all("SELECT secret FROM push")) == []
    await work(site)
    assert service.left == []


async def test_no_other_app_reads_or_changes_it(signed_in: Any, site: Site, service: PushService) -> None:
    ann, second, ben = await signed_in("ann"), await signed_in("ann"), await signed_in("ben")
    few = await signed_in("ann", scopes="read write follow")
    await ann.post(PATH, json=wish(service))
    for other in (second, ben):
        assert (await other.get(PATH)).status_code == 404
        await other.delete(PATH)
    assert (await few.get(PATH)).status_code == 403
    assert (await site.guest.get(PATH)).status_code == 401
    assert (await ann.get(PATH)).status_code == 200


async def test_the_hubs_key_stays_when_its_other_keys_change(signed_in: Any, site: Site, service: PushService) -> None:
    before = await site.store.read(push.public_key)
    ann = await signed_in("ann")
    assert (await ann.post(PATH, json=wish(service))).json()["server_key"] == before
    await site.did(lambda tx: keys.rotate(tx, settings.get(tx).actor, keys.generate(), again=True))
    assert await site.store.read(push.public_key) == before
    assert len(push.decoded(before)) == 65


async def test_a_notice_that_was_put_away_rings_nobody(signed_in: Any, site: Site, service: PushService) -> None:
    ann = await signed_in("ann")
    made = await ann.post(PATH, json=wish(service))
    subscription = int(made.json()["id"])

    def gone(tx: Tx) -> None:
        it = push.of(tx, tokens(tx))
        ringing._call(tx, {"token": it.token, "subscription": subscription, "notice": 1, "account": 1}, "", no_words)

    def tokens(tx: Tx) -> int:
        row = tx.one("SELECT token FROM push")
        assert row is not None
        return int(row["token"])

    def no_words(language: str) -> Any:
        raise AssertionError

    with pytest.raises(NotFound):
        await site.store.read(gone)


def test_a_message_is_sealed_as_the_standard_shows() -> None:
    """RFC 8291, appendix A: our side of it, opened by the receiver of the example."""
    receiver = ec.derive_private_key(
        int.from_bytes(push.decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")), ec.SECP256R1()
    )
    sender = ec.derive_private_key(
        int.from_bytes(push.decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1()
    )
    auth, salt = push.decoded("BTBZMqHH6r4Tts7J_aSIgg"), push.decoded("DGv6ra1nlYgDCS1FRnbzlw")
    point = push.decoded("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
    words = b"When I grow up, I want to be a watermelon"
    sealed = http_ece.encrypt(words, salt=salt, private_key=sender, dh=point, auth_secret=auth, version="aes128gcm")
    assert text(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert http_ece.decrypt(sealed, private_key=receiver, auth_secret=auth, version="aes128gcm") == words


async def test_apps_are_told_the_key_when_they_make_themselves_known(site: Site, service: PushService) -> None:
    await site.guest.get("/")
    assert site.app.state.vapid_key == await site.store.read(push.public_key)


def test_kinds_of_alerts_are_those_of_notices() -> None:
    assert set(push._known({})) == set(notices.KINDS)
