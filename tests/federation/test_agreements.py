"""Help between hubs as it is written: what FEP-0837 says, what receivers object to, and what nonsense is made of."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from receivers import breaches, example

from federation.as2 import agreements, contexts
from federation.as2.agreements import Parties

HUB, BO = "https://e17.example/actor/hub", "https://n16.example/actor/u-bo"
ASK = Parties(kind="ask", thing="https://e17.example/ask/01JXA1", hub=HUB, helper=BO)
OFFER, AGREED = "https://n16.example/pledge/55/offer", "https://e17.example/agreement/31"
WRITTEN = {
    "pledge-offer": agreements.offer(
        OFFER, ASK, words="I have a Transit van", available="2026-05-24T09:00:00+01:00/PT3H", hours=3.0
    ),
    "pledge-accept": agreements.accept("https://e17.example/accept/902", ASK, OFFER, AGREED, 3.0),
    "pledge-reject": agreements.reject("https://e17.example/reject/903", HUB, BO, OFFER, "Already covered, thank you."),
    "pledge-undo": agreements.undo("https://n16.example/pledge/55/undo", ASK, OFFER, AGREED),
    "pledge-fulfilled": agreements.finished(
        "https://e17.example/fulfil/31#create", ASK, "https://e17.example/fulfil/31", AGREED, hours=3.5,
        at=1_779_628_200_000,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_what_we_write_is_what_was_agreed(name: str) -> None:
    ours, agreed = contexts.document(WRITTEN[name]), example(name)
    context = ours.pop("@context")
    theirs = agreed.pop("@context")
    assert ours == agreed
    told = context if isinstance(context, list) else [context]
    theirs = theirs if isinstance(theirs, list) else [theirs]
    assert told[0] == theirs[0]
    known = {key for part in told[1:] for key in part}
    assert {key for part in theirs[1:] for key in part} <= known


@pytest.mark.parametrize("name", WRITTEN)
def test_no_server_has_anything_to_object_to(name: str) -> None:
    assert breaches()(contexts.document(WRITTEN[name])) == []


def test_what_is_offered_is_given_by_the_hub_and_taken_by_the_neighbour() -> None:
    it = Parties(kind="offer", thing="https://e17.example/offer/1", hub=HUB, helper=BO)
    said = agreements.offer(OFFER, it)["object"]["stipulates"]
    assert (said["provider"], said["receiver"]) == (HUB, BO)
    assert said["resourceQuantity"] == {"hasUnit": "one", "hasNumericalValue": "1"}


def test_what_we_write_we_can_read() -> None:
    it = agreements.proposed(WRITTEN["pledge-offer"])
    assert it is not None
    assert (it.thing, it.provider, it.receiver, it.hours) == (ASK.thing, BO, HUB, 3.0)
    assert (it.words, it.available) == ("I have a Transit van", "2026-05-24T09:00:00+01:00/PT3H")


@pytest.mark.parametrize(
    ("quantity", "hours"),
    [({"hasUnit": "hour", "hasNumericalValue": "2.5"}, 2.5), ({"hasUnit": "om2:hour", "hasNumericalValue": 1}, 1.0),
     ({"hasUnit": "one", "hasNumericalValue": "1"}, None), ({"hasUnit": "hour", "hasNumericalValue": "-1"}, None),
     ({"hasUnit": "hour", "hasNumericalValue": "1e99"}, None), ({"hasUnit": ["hour"]}, None), (None, None)],
)  # fmt: skip
def test_hours_are_hours_or_nothing(quantity: object, hours: float | None) -> None:
    assert agreements.hours(quantity) == hours


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "id", "stipulates", "satisfies", "provider", "resourceQuantity", "hasUnit"]),
        inner, max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(what=junk, words=junk)
@settings(max_examples=200, deadline=None)
def test_whatever_comes_is_read_or_left(what: Any, words: Any) -> None:
    agreements.proposed({"type": "Offer", "object": what, "nh:message": words})
    agreements.proposed({"type": "Offer", "object": {"type": "Agreement", "stipulates": what}})
