"""Proofs inside documents (FEP-8b32), and the one way to write a document that they rest on (RFC 8785)."""

import math
import struct
from copy import deepcopy
from typing import Any

import jcs  # type: ignore[import-untyped]
import pytest
from apsig import ProofSigner, ProofVerifier  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from pairs import generate

from federation import keys, proofs
from federation.canonical import canonical
from federation.signatures import BadSignature
from hub.clock import DAY, HOUR

NOW = 1_795_183_200_000  # 20 November 2026, 14:00 UTC
MADE = "2026-11-20T14:00:00Z"
ANN = "https://merthyr.example/users/ann"
METHOD = f"{ANN}#ed25519-key"
PAIR = generate()
PRIVATE, SHOWN = keys.load_private(PAIR.ed25519_private), keys.from_multikey(PAIR.ed25519_public)
RSA_SHOWN = keys.load_public(PAIR.rsa_public)
CONTEXT = ["https://www.w3.org/ns/activitystreams", {"nh": "https://w3id.org/neighbourhub/ns#"}]
DOC: dict[str, Any] = {
    "@context": CONTEXT, "id": f"{ANN}#create", "type": "Create", "actor": ANN,
    "object": {"id": f"{ANN}/1", "type": "Note", "content": "Dŵr – 💧", "latitude": 51.0, "longitude": -3.25},
}  # fmt: skip


def made(doc: dict[str, Any] | None = None) -> dict[str, Any]:
    assert isinstance(PRIVATE, keys.Ed25519PrivateKey)
    return proofs.prove(DOC if doc is None else doc, METHOD, PRIVATE, MADE)


def check(doc: dict[str, Any], key: keys.VerifyingKey = SHOWN, at: int = NOW) -> None:
    proof = proofs.of(doc)
    assert proof is not None
    proofs.verify(doc, proof, key, at)


def refused(doc: dict[str, Any], words: str, **how: Any) -> None:
    with pytest.raises(BadSignature, match=words):
        check(doc, **how)


# --- one way to write ------------------------------------------------------------------------------

# RFC 8785, appendix B: the bits of a number, and how it is written.
NUMBERS = """\
0000000000000000 0
8000000000000000 0
0000000000000001 5e-324
8000000000000001 -5e-324
7fefffffffffffff 1.7976931348623157e+308
ffefffffffffffff -1.7976931348623157e+308
4340000000000000 9007199254740992
c340000000000000 -9007199254740992
4430000000000000 295147905179352830000
44b52d02c7e14af5 9.999999999999997e+22
44b52d02c7e14af6 1e+23
44b52d02c7e14af7 1.0000000000000001e+23
444b1ae4d6e2ef4e 999999999999999700000
444b1ae4d6e2ef4f 999999999999999900000
444b1ae4d6e2ef50 1e+21
3eb0c6f7a0b5ed8c 9.999999999999997e-7
3eb0c6f7a0b5ed8d 0.000001
41b3de4355555553 333333333.3333332
41b3de4355555554 333333333.33333325
41b3de4355555555 333333333.3333333
41b3de4355555556 333333333.3333334
41b3de4355555557 333333333.33333343
becbf647612f3696 -0.0000033333333333333333
43143ff3c1cb0959 1424953923781206.2
"""


@pytest.mark.parametrize(("bits", "shown"), [line.split() for line in NUMBERS.splitlines()])
def test_numbers_are_written_as_rfc_8785_has_them(bits: str, shown: str) -> None:
    assert canonical(struct.unpack(">d", bytes.fromhex(bits))[0]) == shown.encode()


def test_the_example_of_rfc_8785_is_written_as_it_says() -> None:
    example = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '\u20ac$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert canonical(example).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_names_are_put_in_order_as_utf_16() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert canonical(dict.fromkeys(names, 0)).decode() == canonical_of(order)


def canonical_of(order: list[str]) -> str:
    shown = {"\r": "\\r"}
    return "{" + ",".join(f'"{shown.get(name, name)}":0' for name in order) + "}"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "\ud800", {"\ud800": 1}])
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        canonical([value])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)  # fmt: skip


@pytest.mark.slow
@given(JSON)
def test_anything_is_written_as_another_writer_writes_it(value: Any) -> None:
    assert canonical(value) == jcs.canonicalize(value)


# --- those who mean well ---------------------------------------------------------------------------


def test_what_we_prove_we_believe() -> None:
    check(made())


def test_the_proof_names_the_documents_own_context_as_a_list() -> None:
    for context in (CONTEXT, "https://www.w3.org/ns/activitystreams"):
        doc = made(DOC | {"@context": context})
        assert isinstance(doc["@context"], list)
        assert doc["proof"]["@context"] == doc["@context"]


def test_apsig_believes_what_we_prove() -> None:
    assert isinstance(PRIVATE, keys.Ed25519PrivateKey)
    assert ProofVerifier(PRIVATE.public_key()).verify(deepcopy(made()), raise_on_fail=True) == METHOD


@pytest.mark.parametrize("with_context", [True, False])
def test_we_believe_what_apsig_proves(with_context: bool) -> None:
    doc = {name: value for name, value in DOC.items() if with_context or name != "@context"}
    options = {
        "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod", "created": MADE,
    }  # fmt: skip
    check(ProofSigner(PRIVATE).sign(doc, options))


def test_the_example_of_fep_8b32_is_believed() -> None:
    alice = "https://server.example/users/alice"
    example = {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"],
        "type": "Create", "actor": alice, "object": {"type": "Note", "content": "Hello world"},
        "proof": {
            "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022",
            "verificationMethod": f"{alice}#ed25519-key", "proofPurpose": "assertionMethod",
            "proofValue": "z3sXaxjKs4M3BRicwWA9peyNPJvJqxtGsDmpt1jjoHCjgeUf71TRFz56osPSfDErszyLp5Ks1EhYSgpDaNM977Rg2",
            "created": "2023-02-24T23:36:38Z",
        },
    }  # fmt: skip
    key = keys.from_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
    check(example, key, at=1_677_281_800_000)
    refused(example | {"type": "Update"}, "something else", key=key, at=1_677_281_800_000)


def test_a_proof_that_leaves_out_a_context_it_was_made_with_is_believed() -> None:
    doc = made()
    del doc["proof"]["@context"]
    check(doc)


def test_of_several_proofs_the_one_that_we_can_read_counts() -> None:
    doc = made()
    other = {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-jcs-2019", "proofValue": "z1"}
    check_of = proofs.of(doc | {"proof": [other, "x", doc["proof"]]})
    assert check_of is not None
    assert check_of.method == METHOD


# --- attacks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Update"}, {"actor": "https://evil.example/eve"}, {"to": []}, {"object": {}},
        {"@context": [*CONTEXT, {"content": "nh:x"}]}, {"@context": CONTEXT[:1]},
    ],
)  # fmt: skip
def test_22_a_document_changed_after_it_was_proved_is_refused(change: dict[str, Any]) -> None:
    refused(made() | change, "something else")


@pytest.mark.parametrize(
    "change", [{"created": "2026-11-20T14:00:01Z"}, {"verificationMethod": f"{ANN}#other"}, {"domain": "x.example"}]
)
def test_22_a_proof_that_was_changed_is_refused(change: dict[str, Any]) -> None:
    doc = made()
    refused(doc | {"proof": doc["proof"] | change}, "something else")


def test_22_a_proof_by_another_key_is_refused() -> None:
    other = generate()
    refused(made(), "something else", key=keys.from_multikey(other.ed25519_public))
    refused(made(), "another kind", key=RSA_SHOWN)


def test_22_a_proof_for_another_purpose_is_refused() -> None:
    options = {
        "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "verificationMethod": METHOD,
        "proofPurpose": "authentication", "created": MADE,
    }  # fmt: skip
    refused(ProofSigner(PRIVATE).sign(DOC, options), "meant for something else")


@pytest.mark.parametrize("late", [-HOUR - 1000, 30 * DAY + 1000])
def test_22_a_proof_of_another_time_is_refused(late: int) -> None:
    refused(made(), "another time", at=NOW + late)


@pytest.mark.parametrize("expires", ["2026-11-20T13:59:59Z", "soon", 7])
def test_22_a_proof_that_has_expired_is_refused(expires: Any) -> None:
    doc = made()
    refused(doc | {"proof": doc["proof"] | {"expires": expires}}, "expired")


@pytest.mark.parametrize("value", ["z0OIl", "u1234", "", "z"])
def test_22_a_proof_that_cannot_be_read_is_refused(value: str) -> None:
    doc = made()
    with pytest.raises(BadSignature):
        check(doc | {"proof": doc["proof"] | {"proofValue": value}})


@pytest.mark.parametrize(
    "proof",
    [
        None, "x", [], 7, {}, {"type": "RsaSignature2017"}, {"type": "DataIntegrityProof"},
        {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "verificationMethod": "did:key:z6Mk"},
        {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "verificationMethod": METHOD},
    ],
)  # fmt: skip
def test_22_what_is_no_proof_of_ours_to_read_is_none(proof: Any) -> None:
    assert proofs.of(DOC | {"proof": proof}) is None


@given(st.text(), st.text())
def test_22_no_proof_breaks_the_reading(value: str, created: str) -> None:
    doc = made()
    odd = doc | {"proof": doc["proof"] | {"proofValue": value, "created": created}}
    proof = proofs.of(odd)
    if proof is not None:
        with pytest.raises(BadSignature):
            proofs.verify(odd, proof, SHOWN, NOW)
