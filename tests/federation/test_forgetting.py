"""What is looked up each hour, or for each report and letter, is found by an index, however much there is."""

import re
from typing import Any

import pytest
from plans import planned
from scene import open_hub, person, stranger

from federation.outgoing import pledges
from hub import asks, helping, messages, people, reports, settings
from hub.clock import DAY, now
from hub.store import Store, Tx


def over(tx: Tx) -> None:
    """An ask was closed long ago, and somebody who had offered was told something."""
    steward = open_hub(tx)
    draft = asks.Draft(title={"en": "A lift"}, text={"en": "To the clinic."})
    ask = asks.publish(tx, steward, "ask", draft)
    sunil = stranger(tx)
    helping.answer(tx, ask.id, sunil, "help")
    messages.tell(tx, settings.get(tx).actor, sunil, {"en": "Thank you."}, about=ask.id)
    tx.run("UPDATE ask SET status = 'done', closed = :old", old=now() - 31 * DAY)


def forgetting(tx: Tx) -> str:
    over(tx)
    return planned(tx, pledges.forget)


def a_report(tx: Tx) -> str:
    return planned(tx, lambda spy: reports.receive(spy, "https://a.example/1", "a.example", [], "Rude", sender=1))


def letters_of_a_resident(tx: Tx) -> str:
    open_hub(tx)
    return planned(tx, messages.to, person(tx, "carys"))


def unread_of_a_resident(tx: Tx) -> str:
    open_hub(tx)
    return planned(tx, messages.unread, person(tx, "carys"))


def unread_of_the_hub(tx: Tx) -> str:
    open_hub(tx)
    return planned(tx, messages.unread, people.steward(tx).actor)


@pytest.mark.parametrize("look", [forgetting, a_report, letters_of_a_resident, unread_of_a_resident, unread_of_the_hub])
async def test_what_is_private_is_found_by_an_index(store: Store, look: Any) -> None:
    said = await store.write(look)
    assert said
    by_number = r"SEARCH [mt] USING INTEGER PRIMARY KEY \(rowid<|Backward using thing_pkey"
    whole = rf"\bSCAN (thing|t|mention|m|activity|report|answer)\b(?! USING (COVERING )?INDEX)|{by_number}"
    assert re.search(rf"{whole}|Seq Scan on (thing|mention|activity|report|answer)\b", said) is None, said
