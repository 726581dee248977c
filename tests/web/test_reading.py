"""How what others publish stands on the page: warnings before the words, polls, films, and who says it."""

from browsing import Site
from conftest import Clock
from scene import party, stranger

from hub import actors, events, posts, things
from hub.actors import Seen as Who
from hub.clock import DAY, HOUR, now
from hub.reading import Extra, Fact, Link, Option, Poll
from hub.store import Tx

NOTE = "https://mastodon.example/n/1"


def said(tx: Tx, extra: Extra, reply_to: str | None = None) -> int:
    """A note from elsewhere. Returns its id."""
    seen = things.Seen(
        uri=NOTE, url=NOTE, html={"en": "<p>The butler did it.</p>"}, published=now(), updated=now(), extra=extra,
        pictures=[things.Picture(url="https://mastodon.example/1.png")], reply_to=reply_to,
    )  # fmt: skip
    id = posts.mirror(tx, stranger(tx), seen)
    assert id is not None
    return id


async def page_of(site: Site, extra: Extra) -> str:
    id = await site.did(said, extra)
    return (await site.guest.get(f"/posts/{id}")).text


async def test_a_warning_stands_before_the_words_and_nothing_of_them_outside(site: Site, clock: Clock) -> None:
    page = await page_of(site, Extra(warning={"en": "How it ends"}))
    before, folded = page.split('<details class="box"><summary>Their warning: How it ends</summary>')
    assert "The butler did it." in folded.partition("</details>")[0]
    assert "butler" not in before  # nor in the title, nor in the card
    assert "butler" not in (await site.guest.get("/search?q=ends")).text


async def test_a_reply_with_a_warning_is_folded_too(site: Site, clock: Clock) -> None:
    event = await site.did(lambda tx: events.publish(tx, steward(tx), party()))
    await site.did(said, Extra(warning={"en": "How it ends"}), event.uri)
    page = (await site.guest.get(f"/events/{event.id}")).text
    assert "The butler did it." in page.partition("Their warning: How it ends")[2].partition("</details>")[0]
    assert "butler" not in page.partition("Their warning")[0]


async def test_sensitive_pictures_are_said_to_be(site: Site, clock: Clock) -> None:
    assert "not everybody may want to see the pictures" in await page_of(site, Extra(sensitive=True))


async def test_a_poll_of_others_is_counted_here_and_answered_there(site: Site, clock: Clock) -> None:
    poll = Poll([Option("Tea", 1), Option("Coffee", 2), Option("Neither")], many=True, ends=now() + DAY, voters=3)
    page = await page_of(site, Extra(poll=poll))
    assert "Tea: 1 vote<" in page
    assert "Coffee: 2 votes" in page
    assert "<li>Neither</li>" in page
    assert "3 people have voted." in page
    assert "More than one answer can be chosen." in page
    assert f'<a class="btn full" href="{NOTE}" rel="nofollow">Vote there</a>' in page
    clock.forward(2 * DAY)
    page = (await site.guest.get(f"/posts/{await site.did(known)}")).text
    assert "The poll is over." in page
    assert "Vote there" not in page


async def test_films_and_pages_are_named_and_not_loaded(site: Site, clock: Clock) -> None:
    links = [
        Link("https://films.example/1.mp4", {"en": "Pruning"}, "video/mp4"),
        Link("https://films.example/2", {}, "audio/*"), Link("https://paper.example/news"),
    ]  # fmt: skip
    page = await page_of(site, Extra(links=links))
    assert "Video: Pruning</a>" in page
    assert "A recording on their server</a>" in page
    assert "paper.example/" in page
    assert "<video" not in page
    assert 'src="https://' not in page


async def test_who_says_it_is_told_beside(site: Site, clock: Clock) -> None:
    id = await site.did(said, Extra())
    who = Who(
        uri="https://mastodon.example/users/sunil", kind="person", type="Person", handle="sunil",
        domain="mastodon.example", name={"en": "Sunil"}, url="https://mastodon.example/@sunil",
        inbox="https://mastodon.example/inbox", summary={"en": "<p>Gardens.</p>"}, icon="https://mastodon.example/me.png",
        facts=[Fact("Website", '<a href="https://sunil.example">sunil.example</a>')],
    )  # fmt: skip
    await site.did(actors.remember, who)
    page = (await site.guest.get(f"/posts/{id}")).text
    about = page.partition("<summary>Who this is</summary>")[2].partition("</details>")[0]
    assert "Gardens." in about
    assert '<b>Website</b>: <div lang="" class="flow"><a href="https://sunil.example">' in about
    assert '<a href="https://mastodon.example/me.png" rel="nofollow ugc">' in about


def known(tx: Tx) -> int:
    found = things.at(tx, NOTE)
    assert found is not None
    return found.id


def steward(tx: Tx) -> int:
    row = tx.one("SELECT actor FROM account WHERE role = 'steward'")
    assert row is not None
    return int(row["actor"])


async def test_an_event_keeps_the_hours_of_its_place_on_the_page_and_in_the_calendar(site: Site, clock: Clock) -> None:
    def mirrored(tx: Tx) -> int:
        seen = things.Seen(uri=NOTE, url=NOTE, title={"en": "Demo"}, published=now(), updated=now(), tags=["test"])
        starts = 1_780_500_600_000  # 3 June 2026, half past four in London, half past five in Rome
        details = events.Details(starts=starts, ends=starts + HOUR, zone="Etc/GMT-2")
        id = events.mirror(tx, stranger(tx), seen, details)
        assert id is not None
        return id

    id = await site.did(mirrored)
    page = (await site.guest.get(f"/events/{id}")).text
    assert "Wednesday 3 June, 5.30 pm to 6.30 pm" in page
    assert 'href="/search?q=%23test">#test</a>' in page
    calendar = await site.guest.get(f"/events/{id}.ics")
    assert calendar.status_code == 200
    assert "DTSTART:20260603T153000Z" in calendar.text
