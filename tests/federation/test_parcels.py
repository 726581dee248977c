"""What is looked up for each delivery is found by an index on both databases, however much waits."""

import re
from typing import Any

import pytest
from plans import planned

from federation import delivery, parcels
from hub import jobs, peers
from hub.jobs import Job, Order
from hub.store import Store, Tx

HOST, INBOX = "a.example", "https://a.example/inbox"


def a_job(tx: Tx) -> Job:
    jobs.enqueue_many(tx, "deliver", [Order({"activity": 1, "inbox": INBOX}, HOST, f"{INBOX}|thing")] * 3)
    return jobs.claim(tx, 1)[0]


def whose_inbox(tx: Tx) -> str:
    return planned(tx, delivery._behind, INBOX)


def what_waits_behind(tx: Tx) -> str:
    return planned(tx, parcels._behind, a_job(tx))


def what_to_send(tx: Tx) -> str:
    return planned(tx, parcels.packed, [a_job(tx)])


def who_took_it(tx: Tx) -> str:
    return planned(tx, peers.succeeded, HOST, "b.example")


def work_here(tx: Tx) -> str:
    return planned(tx, jobs.claim_here, 10)


@pytest.mark.parametrize("look", [whose_inbox, what_waits_behind, what_to_send, who_took_it, work_here])
async def test_what_a_delivery_looks_up_is_found_by_an_index(store: Store, look: Any) -> None:
    said = await store.write(look)
    assert said
    assert re.search(r"\bSCAN (actor|job|j|e|activity|peer)\b(?! USING)|Seq Scan", said) is None, said
