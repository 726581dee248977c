"""Somebody who listened on the way sends a signed letter again: as it was, later, elsewhere, or with other words.

trust.md D-13; and D-12: keys that change while letters are on their way.
"""

import msgspec
import pytest
from conftest import Clock
from elsewhere import Elsewhere, activity, pair, post, send
from hearing import INBOX, an_event, written
from here import Here

from federation import signatures
from federation.keys import load_private
from hub.clock import HOUR, MINUTE, now

SIGN = {"cavage": signatures.sign_cavage, "rfc9421": signatures.sign_rfc9421}


@pytest.mark.parametrize("scheme", SIGN)
@pytest.mark.parametrize(
    ("how", "status"),
    [("the same", 202), ("two hours later", 401), ("to another path", 401), ("to another host", 401),
     ("with other words", 401), ("as a GET was signed", 401)],
)  # fmt: skip
async def test_a_letter_that_was_overheard_counts_once_and_cannot_be_used_for_anything_else(
    here: Here, mastodon: Elsewhere, clock: Clock, scheme: str, how: str, status: int
) -> None:
    event, ann = await an_event(here), mastodon.actor("ann")
    await here.work()
    letter = msgspec.json.encode(activity("Like", ann, event.uri))
    key = load_private(pair().rsa_private)
    headers = SIGN[scheme]("POST", INBOX, key_id=f"{ann}#main-key", key=key, at=now(), body=letter)
    assert (await send(here.app, INBOX, letter, headers)).status_code == 202
    await here.work()
    before = await written(here)

    url, body = INBOX, letter
    if how == "two hours later":
        clock.forward(2 * HOUR)
    elif how == "to another path":
        url = "https://glan.example/actor/hub/inbox"
    elif how == "to another host":
        headers = headers | {"host": "tredegar.example"}
    elif how == "with other words":
        body = letter.replace(b"Like", b"Flag")
    elif how == "as a GET was signed":
        headers = SIGN[scheme]("GET", INBOX, key_id=f"{ann}#main-key", key=key, at=now())
    assert (await send(here.app, url, body, headers)).status_code == status
    await here.work()
    assert await written(here) == before
    assert await here.one("SELECT count(*) FROM reaction") == 1


async def test_a_key_that_changes_among_fifty_letters_costs_one_look_and_loses_none(
    here: Here, mastodon: Elsewhere, clock: Clock
) -> None:
    event, ann = await an_event(here), mastodon.actor("ann")
    await here.work()
    for number in range(50):
        if number == 25:
            mastodon.actor("ann", key=1)
            mastodon.forget()
        key = 0 if number < 25 else 1
        answer = await post(here.app, INBOX, activity("Like", ann, event.uri, f"{ann}#{number}"), key=key)
        assert answer.status_code == 202, number
        clock.forward(MINUTE // 6)
    assert mastodon.asked == ["/users/ann"]
    assert await here.one("SELECT count(*) FROM inbox") == 50
    clock.forward(6 * MINUTE)
    assert (await post(here.app, INBOX, activity("Like", ann, event.uri, f"{ann}#old"), key=0)).status_code == 401
