"""Accounts as moderators see them, and how much goes on in numbers."""

import pytest
from conftest import Clock
from scene import open_hub, person, stranger

from hub import actors, blocks, figures, overseeing, people, statuses
from hub.clock import DAY
from hub.errors import Invalid, NotAllowed
from hub.overseeing import Wanted
from hub.statuses import Draft
from hub.store import Store, Tx


def street(tx: Tx) -> dict[str, int]:
    """Ann, Ben who was stopped, Cath whose account is closed, and Sunil, who lives elsewhere."""
    steward = open_hub(tx)
    who = {name: person(tx, name) for name in ("ann", "ben", "cath")} | {"sunil": stranger(tx), "steward": steward}
    people.suspend(tx, steward, who["ben"])
    people.close(tx, steward, who["cath"])
    return who


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["sunil", "cath", "ben", "ann", "steward"]), (Wanted(local=False), ["sunil"]),
        (Wanted(local=True, state="active"), ["ann", "steward"]), (Wanted(state="disabled"), ["ben"]),
        (Wanted(state="suspended"), ["cath"]), (Wanted(handle="AN"), ["ann"]), (Wanted(name="sun"), ["sunil"]),
        (Wanted(name="%"), []), (Wanted(email="ann@glan.example"), ["ann"]), (Wanted(staff=True), ["steward"]),
        (Wanted(domain="mastodon.example"), ["sunil"]), (Wanted(limit=1), ["sunil"]),
    ],
)  # fmt: skip
async def test_accounts_are_found_by_what_they_are_called_and_how_they_stand(
    store: Store, wanted: Wanted, found: list[str]
) -> None:
    def scene(tx: Tx) -> list[str]:
        who = street(tx)
        names = {id: name for name, id in who.items()}
        return [names[id] for id in overseeing.accounts(tx, who["steward"], wanted)]

    assert await store.write(scene) == found


async def test_only_moderators_see_them(store: Store) -> None:
    def scene(tx: Tx) -> None:
        who = street(tx)
        assert overseeing.account(tx, who["steward"], who["sunil"]) is None
        with pytest.raises(Invalid):
            overseeing.accounts(tx, who["steward"], Wanted(state="nice"))
        with pytest.raises(NotAllowed):
            overseeing.account(tx, who["ann"], who["ann"])
        overseeing.accounts(tx, who["ann"], Wanted())

    with pytest.raises(NotAllowed):
        await store.write(scene)


async def test_what_goes_on_is_counted_without_naming_anybody(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> list[object]:
        who = street(tx)
        stranger(tx, "spam", "spam.example")
        blocks.rule(tx, who["steward"], "spam.example", "suspended")
        people.open_session(tx, who["ann"])
        statuses.publish(tx, who["ann"], Draft("A heron"))
        statuses.publish(tx, who["ann"], Draft("psst", audience="followers"))
        first = figures.weeks(tx)[0]
        now = figures.now_(tx)
        clock.forward(40 * DAY)
        return [now, figures.now_(tx).month, (first.said, first.signed_in, first.joined), figures.peers(tx),
                figures.weeks(tx)[0].said, len(figures.weeks(tx)), actors.get(tx, who["sunil"]).domain]  # fmt: skip

    now, month, first, known, said, weeks, domain = await store.write(scene)
    assert now == figures.Figures(people=3, month=1, said=1, domains=2)
    assert (month, first, known, said, weeks) == (0, (1, 1, 4), [domain], 0, 12)
