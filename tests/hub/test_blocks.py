"""Servers that are kept at a distance, and what a report from elsewhere becomes."""

import pytest
from conftest import Clock
from scene import open_hub, person, stranger

from hub import actors, blocks, jobs, posts, reports, settings, things
from hub.clock import DAY
from hub.errors import Invalid, NotAllowed, NotFound
from hub.jobs import Order
from hub.store import Store, Tx


def spam(tx: Tx) -> tuple[int, int, int]:
    """Somebody at spam.example follows us, and something of theirs is here. Returns steward, them, and the thing."""
    steward = open_hub(tx)
    them = stranger(tx, "pill", "www.spam.example")
    actors.follow(tx, them, settings.get(tx).actor)
    uri = "https://www.spam.example/1"
    thing = posts.mirror(tx, them, things.Seen(uri=uri, url=uri, html={"en": "<p>Pills</p>"}, published=1, updated=1))
    jobs.enqueue_many(
        tx, "deliver", [Order({"activity": 1, "inbox": "https://www.spam.example/in"}, host="www.spam.example")]
    )
    assert thing is not None
    return steward, them, thing


@pytest.mark.parametrize(
    ("host", "level"),
    [
        ("spam.example", "suspended"), ("a.b.spam.example", "suspended"), ("SPAM.example", "suspended"),
        ("spam.example:8443", "suspended"), ("notspam.example", ""), ("example", ""), ("loud.example", "limited"),
    ],
)  # fmt: skip
async def test_a_rule_holds_for_a_domain_and_all_below_it(store: Store, host: str, level: str) -> None:
    def scene(tx: Tx) -> str:
        steward = open_hub(tx)
        blocks.rule(tx, steward, "spam.example", "suspended")
        blocks.rule(tx, steward, "loud.example", "limited")
        return blocks.level(tx, host)

    assert await store.write(scene) == level


async def test_a_suspension_parts_us_and_lifting_it_shows_again_what_was_hidden(store: Store) -> None:
    steward, them, thing = await store.write(spam)
    await store.write(blocks.rule, steward, "spam.example", "suspended", "Only adverts.")
    assert (await store.read(things.get, thing)).hidden
    hub = await store.read(settings.get)
    assert await store.read(actors.follows, them, hub.actor) is None
    assert (await store.read(jobs.waiting)).alive == 0
    assert await store.write(blocks.lift, steward, "spam.example")
    assert not (await store.read(things.get, thing)).hidden


async def test_lifting_one_rule_leaves_what_another_hides(store: Store) -> None:
    steward, _, thing = await store.write(spam)
    await store.write(blocks.rule, steward, "spam.example", "suspended")
    await store.write(blocks.rule, steward, "www.spam.example", "suspended")
    await store.write(blocks.lift, steward, "www.spam.example")
    assert (await store.read(things.get, thing)).hidden


@pytest.mark.parametrize("typed", ["", "two words", "https://", "a..b", "%", "x" * 300])
async def test_what_is_no_name_of_a_server_is_refused(store: Store, typed: str) -> None:
    steward = await store.write(open_hub)
    with pytest.raises(Invalid) as refused:
        await store.write(blocks.rule, steward, typed, "suspended")
    assert refused.value.field == "domain"


async def test_only_moderators_rule(store: Store) -> None:
    await store.write(open_hub)
    organiser = await store.write(person, "carys", "organiser")
    for unit in (
        lambda tx: blocks.rule(tx, organiser, "a.example", "limited"),
        lambda tx: blocks.lift(tx, organiser, "a.example"),
    ):
        with pytest.raises(NotAllowed):
            await store.write(unit)


def report(tx: Tx, n: int, about: str = "https://glan.example/post/1", domain: str = "mastodon.example") -> bool:
    sender = stranger(tx, "actor", domain)
    return reports.receive(tx, f"https://{domain}/flag/{n}", domain, [about], "Rude.", sender=sender)


async def test_a_report_is_kept_once_until_it_is_settled(store: Store) -> None:
    steward = await store.write(open_hub)
    assert await store.write(report, 1)
    assert not await store.write(report, 1)
    assert not await store.write(report, 2)  # the same again, under another id
    (it,) = await store.read(reports.open_, steward)
    assert (it.domain, it.words) == ("mastodon.example", "Rude.")
    await store.write(reports.settle, steward, it.id)
    assert await store.read(reports.open_, steward) == []
    with pytest.raises(NotFound):
        await store.write(reports.settle, steward, it.id)


async def test_a_server_reports_so_much_a_day_and_no_more(store: Store, clock: Clock) -> None:
    steward = await store.write(open_hub)
    kept = [await store.write(report, n, f"https://glan.example/post/{n}") for n in range(40)]
    assert kept.count(True) == reports.A_DAY
    clock.forward(2 * DAY)
    assert await store.write(report, 99, "https://glan.example/post/99")
    assert len(await store.read(reports.open_, steward)) == reports.A_DAY + 1


async def test_only_moderators_read_reports(store: Store) -> None:
    await store.write(open_hub)
    organiser = await store.write(person, "carys", "organiser")
    with pytest.raises(NotAllowed):
        await store.read(reports.open_, organiser)


async def test_reports_are_forgotten_after_a_year(store: Store, clock: Clock) -> None:
    await store.write(open_hub)
    await store.write(report, 1)
    clock.forward(366 * DAY)
    assert await store.write(reports.sweep) == 1
