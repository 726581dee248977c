"""Timelines of a hundred thousand statuses are found by an index, on either database."""

import re
from typing import Any

import pytest
from crowded import crowd
from plans import Spy
from scene import open_hub

from hub import homes, lists, marks, reacting, timelines, viewing, whereabouts
from hub.store import Store, Tx
from hub.timelines import Stretch
from hub.whereabouts import Around, When

pytestmark = pytest.mark.slow
LARGE = ("thing", "thing_tag", "reaction", "bookmark", "change")  # here; the others are small


def whole(plan: str) -> list[str]:
    """Lines of a plan that read a large table from end to end."""
    names = "|".join(LARGE)
    aliases = {"t": "thing", "g": "thing_tag", "r": "reaction", "b": "bookmark", "h": "home", "m": "mention"}
    found = re.findall(rf"Seq Scan on (?:{names})\b.*", plan)
    for line in plan.splitlines():
        scan = re.match(r"SCAN (\w+)(?!.*USING)", line)
        if scan and aliases.get(scan[1], scan[1]) in LARGE:
            found.append(line)
    return found


def plans(tx: Tx, me: int) -> dict[str, str]:
    part, middle = Stretch(limit=40), Stretch(before=_middle(tx), limit=40)
    author = tx.one("SELECT author FROM thing WHERE id = :id", id=_middle(tx))
    assert author is not None
    them, it = author["author"], viewing.get(tx, me, _middle(tx))
    units: dict[str, Any] = {
        "home": lambda spy: homes.page(spy, me, limit=40),
        "home, further down": lambda spy: homes.page(spy, me, before=_middle(tx), limit=40),
        "public": lambda spy: timelines.public(spy, me, part),
        "public, a stranger": lambda spy: timelines.public(spy, 0, middle),
        "local": lambda spy: timelines.public(spy, me, part, local=True),
        "remote, upwards": lambda spy: timelines.public(spy, me, Stretch(after=_middle(tx)), local=False),
        "pictures": lambda spy: timelines.public(spy, me, part, pictures=True),
        "on this week": lambda spy: timelines.listed(spy, me, lists.WEEK, part),
        "needed near": lambda spy: timelines.listed(spy, me, lists.NEAR, middle),
        "tag": lambda spy: timelines.tagged(spy, me, part, "heron", any_=["swan"], none=["duck"]),
        "account": lambda spy: timelines.of(spy, me, them, part),
        "account, further down": lambda spy: timelines.of(spy, 0, them, middle, replies=False),
        "favourites": lambda spy: timelines.liked(spy, me, part),
        "bookmarks": lambda spy: timelines.kept(spy, me, part),
        "direct": lambda spy: timelines.direct(spy, me, part),
        "context": lambda spy: viewing.thread(spy, me, it),
        "sights": lambda spy: marks.sights(spy, me, [(id, id, None) for id in (it.id, 1, 2)]),
        "marks": lambda spy: marks.of(spy, me, timelines.public(tx, me, part)),
        "home, of others": lambda spy: homes.sights(spy, me, before=None, after=None, since=None, limit=40),
        "who likes": lambda spy: reacting.who_did(spy, it.id, "like"),
        "a number": lambda spy: reacting.by_number(spy, it.id),
        "answers": lambda spy: marks.answered(spy, [it.uri]),
        "said": lambda spy: marks.said(spy, them),
        "what is on": lambda spy: whereabouts.on(spy, When(0), me=me, around=Around(51.5, -3.2, 5)),
        "what is needed": lambda spy: whereabouts.needed(spy, me=me, kind="ask", before=_middle(tx)),
        "what is being done": lambda spy: whereabouts.under_way(spy, me=me, local=True),
        "touched": lambda spy: marks.touched(spy, [it.id]),
    }
    found = {}
    for name, unit in units.items():
        spy = Spy(tx)
        unit(spy)
        found[name] = "\n".join(spy.plans)
    return found


def _middle(tx: Tx) -> int:
    row = tx.one("SELECT id FROM thing WHERE uri LIKE '%/post/50000'")
    assert row is not None
    return int(row["id"])


async def test_hot_lists_are_found_by_indexes(store: Store) -> None:
    def fill(tx: Tx) -> int:
        open_hub(tx)
        me = crowd(tx)
        tx.run("ANALYZE")
        return me

    me = await store.write(fill)
    found = await store.read(plans, me)
    assert {name: lines for name, plan in found.items() if (lines := whole(plan))} == {}


def test_reading_all_would_be_seen() -> None:
    assert whole("SCAN t\nSEARCH a USING INDEX x") == ["SCAN t"]
    assert whole("Limit\n  ->  Seq Scan on thing t  (cost=0)") == ["Seq Scan on thing t  (cost=0)"]
    assert whole("SCAN t USING INDEX thing_for_all\nIndex Scan using thing_pkey on thing t") == []
