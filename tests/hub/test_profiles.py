"""What residents say of themselves, what the hub tells them, and what they report."""

import msgspec
import pytest
from conftest import Clock
from scene import open_hub, person, stranger

from hub import actors, announcements, jobs, profiles, reports, settings, statuses
from hub.clock import DAY
from hub.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.profiles import Profile, Wishes
from hub.statuses import Draft
from hub.store import Store, Tx


def change(tx: Tx, who: int, **wanted: object) -> Profile:
    return profiles.change(tx, who, msgspec.structs.replace(profiles.get(tx, who), **wanted))


async def test_a_profile_is_kept_as_it_was_typed_and_shown_as_it_looks(store: Store) -> None:
    def scene(tx: Tx) -> tuple[Profile, actors.Actor]:
        open_hub(tx)
        ann = person(tx, "ann")
        fields = [("Page", "https://ann.example/"), ("Likes", "#herons & tea")]
        kept = change(tx, ann, name="  Ann  Ŵyn ", note="I look at #herons.\n\nA lot.", fields=fields, locked=True,
                      bot=True, wishes=Wishes("unlisted", True, "cy"))  # fmt: skip
        return kept, actors.get(tx, ann)

    kept, it = await store.write(scene)
    assert (kept.name, kept.note) == ("Ann Ŵyn", "I look at #herons.\n\nA lot.")
    assert kept.wishes == Wishes("unlisted", True, "cy")
    assert it.name == {"en": "Ann Ŵyn"}
    assert it.summary["en"].startswith("<p>I look at <a ")
    assert it.summary["en"].endswith("<p>A lot.</p>")
    assert (it.locked, it.bot, it.type) == (True, True, "Service")
    assert 'rel="me nofollow noopener"' in it.facts[0].value
    assert "&amp; tea" in it.facts[1].value


async def test_whoever_takes_their_name_away_is_called_by_their_handle(store: Store) -> None:
    def scene(tx: Tx) -> str:
        open_hub(tx)
        return change(tx, person(tx, "ann"), name=" ").name

    assert await store.write(scene) == "ann"


async def test_followers_are_told_of_a_new_profile_but_not_of_how_somebody_likes_to_post(store: Store) -> None:
    def scene(tx: Tx) -> list[int]:
        open_hub(tx)
        ann = person(tx, "ann")
        change(tx, ann, wishes=Wishes("unlisted"))
        before = _told(tx)
        change(tx, ann, note="Hello")
        return [before, _told(tx)]

    assert await store.write(scene) == [0, 1]


def _told(tx: Tx) -> int:
    row = tx.one("SELECT count(*) AS n FROM change WHERE kind = 'actor.changed'")
    assert row is not None
    return int(row["n"])


async def test_a_page_that_links_back_is_verified_once_until_the_fact_changes(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> list[object]:
        open_hub(tx)
        ann, page = person(tx, "ann"), "https://ann.example/"
        change(tx, ann, fields=[("Page", page), ("Word", "no page")])
        asked = profiles.to_verify(tx, ann)
        profiles.verified(tx, ann, page)
        profiles.verified(tx, ann, "https://other.example/")
        first = [fact.verified for fact in actors.get(tx, ann).facts]
        change(tx, ann, fields=[("My page", page)])
        kept = actors.get(tx, ann).facts[0].verified
        change(tx, ann, fields=[("My page", page + "2")])
        other = actors.get(tx, ann).facts[0].verified
        return [asked, first, kept, other, profiles.to_verify(tx, ann), jobs.waiting(tx).alive > 0]

    assert await store.write(scene) == [
        ["https://ann.example/"], [clock(), None], clock(), None, ["https://ann.example/2"], True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "field"),
    [({"note": "x" * 501}, "note"), ({"name": "x" * 51}, "display_name"),
     ({"fields": [(str(n), "x") for n in range(7)]}, "fields"), ({"fields": [("x" * 256, "x")]}, "fields"),
     ({"wishes": Wishes("direct")}, "source[privacy]"), ({"wishes": Wishes("everyone")}, "source[privacy]"),
     ({"wishes": Wishes(language="not a language")}, "source[language]")],
)  # fmt: skip
async def test_a_profile_that_cannot_be(store: Store, wanted: dict[str, object], field: str) -> None:
    def scene(tx: Tx) -> None:
        open_hub(tx)
        change(tx, person(tx, "ann"), **wanted)

    with pytest.raises(Invalid) as refused:
        await store.write(scene)
    assert refused.value.field == field


async def test_nobody_shows_anothers_picture_as_theirs(store: Store) -> None:
    def scene(tx: Tx) -> None:
        open_hub(tx)
        ann, ben = person(tx, "ann"), person(tx, "ben")
        tx.run(
            """INSERT INTO media (id, key, mime, width, height, small_width, small_height, bytes, alt, owner, created)
               VALUES (7, :key, 'image/jpeg', 1, 1, 1, 1, 1, '{}', :ben, 1)""",
            key="a" * 64, ben=ben,
        )  # fmt: skip
        change(tx, ann, picture=7)

    with pytest.raises(Invalid):
        await store.write(scene)


# --- what the hub tells everybody ------------------------------------------------------------------


async def test_an_announcement_is_shown_from_and_until_and_put_away(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> tuple[int, int, int]:
        steward = open_hub(tx)
        words = {"en": "Away on Sunday", "cy": "I ffwrdd ddydd Sul"}
        told = announcements.Draft(words, clock() + DAY, clock() + 3 * DAY)
        return steward, person(tx, "ann"), announcements.publish(tx, steward, told).id

    steward, ann, id = await store.write(scene)
    seen = []
    for _ in range(4):
        seen.append(len(await store.read(announcements.current, ann)))
        clock.forward(DAY)
    assert seen == [0, 1, 1, 0]
    clock.forward(-2 * DAY)
    await store.write(announcements.dismiss, ann, id)
    assert await store.read(announcements.current, ann) == []
    assert [one.read for one in await store.read(lambda tx: announcements.current(tx, ann, read=True))] == [True]
    await store.write(announcements.remove, steward, id)
    assert await store.read(announcements.all_, steward) == []


async def test_only_a_steward_announces(store: Store) -> None:
    def scene(tx: Tx) -> None:
        open_hub(tx)
        announcements.publish(tx, person(tx, "mo", "moderator"), announcements.Draft({"en": "Hello"}))

    with pytest.raises(NotAllowed):
        await store.write(scene)


async def test_an_announcement_has_words_and_ends_after_it_begins(store: Store, clock: Clock) -> None:
    def scene(tx: Tx) -> int:
        return open_hub(tx)

    steward = await store.write(scene)
    for draft in (announcements.Draft({"en": " "}), announcements.Draft({"en": "x"}, ends=clock()),
                  announcements.Draft({"en": "x"}, clock() + 2 * DAY, clock() + DAY)):  # fmt: skip
        with pytest.raises(Invalid):
            await store.write(announcements.publish, steward, draft)


# --- reports ---------------------------------------------------------------------------------------


async def test_a_resident_reports_somebody_and_moderators_see_it(store: Store) -> None:
    def scene(tx: Tx) -> list[object]:
        steward = open_hub(tx)
        ann, ben = person(tx, "ann"), person(tx, "ben")
        said = statuses.publish(tx, ben, Draft("Buy!"))
        filed = reports.file(tx, ann, reports.Draft(ben, [said.id], "An advert", rules=[2], forward=True))
        shown = reports.open_(tx, steward)
        named = [it.id for it in reports.named(tx, filed)] == [said.id]
        reports.assign(tx, steward, filed.id, steward)
        reports.settle(tx, steward, filed.id)
        settled = reports.listed(tx, steward, settled=True)
        reports.reopen(tx, steward, filed.id)
        return [filed.category, filed.rules, filed.forwarded, [it.id for it in shown] == [filed.id], named,
                settled[0].keeper == steward, len(reports.listed(tx, steward, target=ben, reporter=ann))]  # fmt: skip

    assert await store.write(scene) == ["violation", [2], False, True, True, True, 1]


async def test_a_report_is_sent_on_to_the_server_of_whom_it_is_about_if_that_is_asked(store: Store) -> None:
    def scene(tx: Tx) -> list[tuple[int, int]]:
        open_hub(tx)
        ann, sunil = person(tx, "ann"), stranger(tx)
        filed = reports.file(tx, ann, reports.Draft(sunil, words="Spam", category="spam", forward=True))
        rows = tx.all("SELECT subject, actor FROM change WHERE kind = 'report.forwarded'")
        return [(row["subject"] - filed.id, row["actor"] - settings.get(tx).instance) for row in rows]

    assert await store.write(scene) == [(0, 0)]


async def test_what_somebody_may_not_see_they_cannot_report(store: Store) -> None:
    def scene(tx: Tx) -> None:
        open_hub(tx)
        ann, ben = person(tx, "ann"), person(tx, "ben")
        reports.file(tx, ann, reports.Draft(ben, [statuses.publish(tx, ben, Draft("psst", audience="direct")).id]))

    with pytest.raises(NotFound):
        await store.write(scene)


async def test_a_flood_of_reports_is_stopped_and_no_residents_eyes_see_them(store: Store) -> None:
    def scene(tx: Tx) -> int:
        open_hub(tx)
        ann, ben = person(tx, "ann"), person(tx, "ben")
        for _ in range(reports.A_DAY):
            reports.file(tx, ann, reports.Draft(ben))
        with pytest.raises(NotAllowed):
            reports.listed(tx, ann)
        with pytest.raises(Conflict):
            reports.file(tx, ann, reports.Draft(ben))
        with pytest.raises(Invalid):
            reports.file(tx, ben, reports.Draft(ann, category="dull"))
        return ben

    assert await store.write(scene)
