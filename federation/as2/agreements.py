"""Help from one hub to another by FEP-0837: who offers what to whom, and what became of it (Valueflows' words).

Only the two who are concerned are addressed. For an ask the helper provides and the hub receives; what is offered
goes the other way.
"""

from typing import Any

import msgspec

from federation.as2 import content, loose
from federation.as2.contexts import Json
from federation.as2.loose import id_of, nh, type_of

MOST_HOURS = 1000.0
LONGEST, LONGEST_WHEN = 1000, 200  # characters


class Parties(msgspec.Struct, frozen=True):
    """An ask or an offer (`kind`, and its address), the hub that published it, and who would help or take it."""

    kind: str
    thing: str
    hub: str
    helper: str

    def ends(self) -> Json:
        provider, receiver = (self.hub, self.helper) if self.kind == "offer" else (self.helper, self.hub)
        return {"provider": provider, "receiver": receiver}

    def commitment(self, hours: float | None, **more: str) -> Json:
        satisfies = f"{self.thing}#primary"
        ends = self.ends()
        return {"type": "Commitment", "satisfies": satisfies, **more, **ends, "resourceQuantity": _many(hours)}


class Proposed(msgspec.Struct, frozen=True):
    """An Offer as somebody else's server sent it. `thing` is what it would satisfy; all of it is bounded."""

    thing: str
    provider: str
    receiver: str
    hours: float | None
    words: str
    available: str


def offer(id: str, it: Parties, *, words: str = "", available: str = "", hours: float | None = None) -> Json:
    """ "I can help", from a neighbour of ours to another hub."""
    return {
        "id": id,
        "type": "Offer",
        "actor": it.helper,
        "to": [it.hub],
        "object": {"type": "Agreement", "stipulates": it.commitment(hours, action="deliverService")},
        "nh:kind": "Pledge",
        **({"nh:message": words} if words else {}),
        **({"nh:availability": available} if available else {}),
    }


def accept(id: str, it: Parties, offer: str, agreement: str, hours: float | None) -> Json:
    """The hub takes it up: from now on there is an agreement, with an address that only the two know."""
    stipulates = {"id": f"{agreement}#primary", **it.commitment(hours)}
    result = {"id": agreement, "type": "Agreement", "attributedTo": it.hub, "stipulates": stipulates}
    return {"id": id, "type": "Accept", "actor": it.hub, "to": [it.helper], "object": offer, "result": result}


def reject(id: str, hub: str, helper: str, offer: str, words: str) -> Json:
    """The hub does not, or not any more."""
    said = {"content": words} if words else {}
    return {"id": id, "type": "Reject", "actor": hub, "to": [helper], "object": offer, **said}


def undo(id: str, it: Parties, offer: str, agreement: str | None) -> Json:
    """The helper takes it back."""
    about = {"id": offer, "type": "Offer", "actor": it.helper, "object": agreement or it.thing}
    return {"id": id, "type": "Undo", "actor": it.helper, "to": [it.hub], "object": about}


def finished(id: str, it: Parties, event: str, agreement: str, *, hours: float | None, at: int) -> Json:
    """It is done."""
    return {
        "id": id,
        "type": "Create",
        "actor": it.hub,
        "to": [it.helper],
        "object": {
            "id": event,
            "type": "EconomicEvent",
            "attributedTo": it.hub,
            "to": [it.helper],
            "published": content.stamp(at),
            "fulfills": f"{agreement}#primary",
            **it.ends(),
            "effortQuantity": _many(hours),
            "finished": True,
            "context": agreement,
        },
    }


# --- as others write it ----------------------------------------------------------------------------


def proposed(activity: Json) -> Proposed | None:
    """What an Offer offers; `None` for an Offer of anything else than help."""
    what = activity.get("object")
    promise = _first(what.get("stipulates")) if isinstance(what, dict) else {}
    thing = id_of(promise.get("satisfies")).partition("#")[0]
    if type_of(what) != "Agreement" or not thing:
        return None
    return Proposed(
        thing=thing, provider=id_of(promise.get("provider")), receiver=id_of(promise.get("receiver")),
        hours=hours(promise.get("resourceQuantity")), words=loose.words(nh(activity, "message"), LONGEST),
        available=loose.words(nh(activity, "availability"), LONGEST_WHEN),
    )  # fmt: skip


def hours(quantity: object) -> float | None:
    """How many hours a quantity is; `None` for none, and for what is not counted in hours."""
    if not isinstance(quantity, dict) or not str(quantity.get("hasUnit", "")).lower().endswith("hour"):
        return None
    number = loose.decimal(quantity.get("hasNumericalValue"))
    return number if number is not None and 0 < number <= MOST_HOURS else None


def _first(value: Any) -> Json:
    return next((one for one in loose.several(value) if isinstance(one, dict)), {})


def _many(hours: float | None) -> Json:
    unit, number = ("hour", f"{hours:g}") if hours else ("one", "1")
    return {"hasUnit": unit, "hasNumericalValue": number}
