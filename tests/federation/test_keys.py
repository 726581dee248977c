"""Our own keys can be used anywhere; strangers' keys are used only when they are fit and really theirs."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from pairs import generate

from federation import keys

FIXTURES = Path("../shared/fixtures")
ACTOR = "https://tredegar.example/hub"
PAIR = generate()


def pem(key: Any) -> str:
    text: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def rsa_pem(bits: int, exponent: int = 65537) -> str:
    return pem(rsa.RSAPublicNumbers(exponent, (1 << bits) - 189).public_key())


def actor(**more: Any) -> dict[str, Any]:
    return {"id": ACTOR, "type": "Group"} | more


def classic(**changes: Any) -> dict[str, Any]:
    return {"id": f"{ACTOR}#main-key", "owner": ACTOR, "publicKeyPem": PAIR.rsa_public} | changes


def multikey(**changes: Any) -> dict[str, Any]:
    entry = {"id": f"{ACTOR}#ed25519-key", "type": "Multikey", "controller": ACTOR}
    return entry | {"publicKeyMultibase": PAIR.ed25519_public} | changes


def ids(document: dict[str, Any]) -> list[str]:
    return [key.id.partition("#")[2] for key in keys.of_actor(document)]


def test_what_we_make_can_be_loaded_and_belongs_together() -> None:
    signer, shown = keys.load_private(PAIR.rsa_private), keys.load_public(PAIR.rsa_public)
    assert isinstance(signer, rsa.RSAPrivateKey)
    assert signer.key_size == 2048
    assert signer.public_key() == shown

    signer, shown = keys.load_private(PAIR.ed25519_private), keys.from_multikey(PAIR.ed25519_public)
    assert isinstance(signer, Ed25519PrivateKey)
    assert signer.public_key() == shown


def test_the_same_key_is_read_only_once() -> None:
    assert keys.load_private(PAIR.rsa_private) is keys.load_private(PAIR.rsa_private)


def test_a_multikey_is_written_as_others_write_it() -> None:
    # The example of FEP-521a, read in the other direction.
    text = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    key = keys.from_multikey(text)
    assert isinstance(key, Ed25519PublicKey)
    assert keys.multikey(key) == text


def test_an_rsa_multikey_is_read() -> None:
    key = keys.load_public(PAIR.rsa_public)
    raw = b"\x85\x24" + key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    number, text = int.from_bytes(raw), ""
    while number:
        number, digit = divmod(number, 58)
        text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + text
    assert keys.from_multikey(f"z{text}") == key


@pytest.mark.parametrize("bits", [1024, 2048, 4096, 8192])
def test_rsa_keys_from_1024_to_8192_bits_are_used(bits: int) -> None:
    assert isinstance(keys.load_public(rsa_pem(bits)), rsa.RSAPublicKey)


@pytest.mark.parametrize("bits", [512, 1023, 8200, 16384])
def test_rsa_keys_too_small_to_trust_or_too_big_to_check_are_refused(bits: int) -> None:
    with pytest.raises(keys.BadKey, match=f"{bits} bits"):
        keys.load_public(rsa_pem(bits))


def test_an_exponent_that_makes_checking_dear_is_refused() -> None:
    with pytest.raises(keys.BadKey, match="exponent"):
        keys.load_public(rsa_pem(2048, exponent=2**65 + 1))


def test_an_exponent_of_one_is_refused() -> None:
    # SubjectPublicKeyInfo of a 1024-bit modulus with e = 1: any text "verifies" under it.
    whole = keys.load_public(rsa_pem(1024, exponent=3))
    der = whole.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert der.endswith(b"\x02\x01\x03")
    one = base64.encodebytes(der[:-1] + b"\x01").decode()
    with pytest.raises(keys.BadKey):
        keys.load_public(f"-----BEGIN PUBLIC KEY-----\n{one}-----END PUBLIC KEY-----\n")


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(keys.BadKey, match="neither"):
        keys.load_public(pem(ec.generate_private_key(ec.SECP256R1()).public_key()))


@pytest.mark.parametrize(
    "text",
    ["", "x", "\ud800", None, 5, b"x", [1], {}, "A" * 5000, "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----",
     "-----BEGIN PUBLIC KEY-----\nMAAA\n-----END PUBLIC KEY-----", PAIR.rsa_public[:200], PAIR.rsa_private.decode()],
)  # fmt: skip
def test_garbage_is_a_bad_key_and_nothing_worse(text: Any) -> None:
    with pytest.raises(keys.BadKey):
        keys.load_public(text)
    with pytest.raises(keys.BadKey):
        keys.from_multikey(text)


@pytest.mark.parametrize(
    "text",
    ["z", "z0OIl", "z" + "1" * 40, "z6Mk", "u7QE", "z" + "z" * 3000, pytest.param(PAIR.ed25519_public[:-4], id="cut")],
)
def test_a_spoilt_multikey_is_a_bad_key(text: str) -> None:
    with pytest.raises(keys.BadKey):
        keys.from_multikey(text)


@given(st.text(max_size=200) | st.text("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz").map("z{}".format))
def test_no_text_breaks_the_reading_of_keys(text: str) -> None:
    for load in (keys.load_public, keys.from_multikey):
        with pytest.raises(keys.BadKey):
            load(text)


def test_an_actors_keys_are_found_as_object_as_list_and_as_multikey() -> None:
    assert ids(actor(publicKey=classic())) == ["main-key"]
    assert ids(actor(publicKey=[classic(), classic(id=f"{ACTOR}#second")])) == ["main-key", "second"]
    assert ids(actor(publicKey=classic(), assertionMethod=[multikey()])) == ["main-key", "ed25519-key"]
    assert ids(actor(assertionMethod=multikey())) == ["ed25519-key"]


def test_a_key_beside_the_actor_counts_when_it_is_on_the_same_host() -> None:
    [key] = keys.of_actor(actor(publicKey=classic(id=f"{ACTOR}/main-key")))
    assert (key.id, key.owner) == (f"{ACTOR}/main-key", ACTOR)


@pytest.mark.parametrize(
    "changes",
    [{"owner": "https://tredegar.example/other"}, {"owner": None}, {"id": "https://evil.example/hub#main-key"},
     {"id": "https://tredegar.example:8443/hub#main-key"}, {"id": "https://tredegar.example@evil.example/#main-key"},
     {"id": "#main-key"}, {"id": 7}, {"id": "https://[tredegar.example/"}, {"publicKeyPem": "garbage"},
     {"publicKeyPem": rsa_pem(512)}, {"publicKeyPem": None}, {"publicKeyPem": ["x"]}],
)  # fmt: skip
def test_a_foreign_or_spoilt_key_is_left_out_and_the_others_stay(changes: dict[str, Any]) -> None:
    assert ids(actor(publicKey=[classic(**changes), classic(id=f"{ACTOR}#good")])) == ["good"]


def test_a_multikey_in_anothers_name_is_left_out() -> None:
    assert ids(actor(assertionMethod=[multikey(controller="https://evil.example/x")])) == []
    assert ids(actor(assertionMethod=[multikey(type="Ed25519VerificationKey2020")])) == []


@pytest.mark.parametrize("published", [None, 5, "x", [], [None], [[classic()]], {"a": 1}, ["https://x.example/key"]])
def test_odd_shapes_of_public_key_give_no_keys(published: Any) -> None:
    assert keys.of_actor(actor(publicKey=published, assertionMethod=published)) == []
    assert keys.of_actor({"publicKey": classic()}) == []
    assert keys.of_actor({"id": ["x"], "publicKey": classic()}) == []


def test_no_more_than_ten_keys_are_read() -> None:
    many = [classic(id=f"{ACTOR}#{number}") for number in range(1000)]
    assert len(keys.of_actor(actor(publicKey=many))) == keys.MOST_KEYS


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="../shared/fixtures is not here")
def test_the_actors_of_forty_servers_are_read_without_a_crash() -> None:
    read = 0
    for path in FIXTURES.glob("*/*.json"):
        try:
            document = json.loads(path.read_bytes())
        except ValueError:
            continue
        if isinstance(document, dict):
            read += len(keys.of_actor(document))
    assert read > 50
    [bob] = keys.of_actor(json.loads((FIXTURES / "fedify/bob.json").read_bytes()))
    assert bob.owner == "https://remote.domain/users/bob"
