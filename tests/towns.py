"""Neighbourhoods full of life, as real processes: what `make demo` grows, with somewhere to look at every page."""

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from processes import Hub, until, words_of

from hub import (
    apps,
    asks,
    attendance,
    events,
    factors,
    helping,
    invitations,
    jobs,
    links,
    lists,
    peers,
    people,
    posts,
    profiles,
    projects,
    reacting,
    recovery,
    relations,
    rescue,
    settings,
    signups,
    statuses,
)
from hub.clock import DAY, HOUR, now
from hub.config import Config
from hub.people import Guest
from hub.statuses import Draft, NewPoll
from hub.store import Tx
from hub.store.migrate import migrate
from hub.store.open import opened
from hub.text import Text
from web import sample
from web.demo import NATIONAL
from web.living import PASSWORD, live
from web.sample import SampleHub

# A mail server that is not there: pages offer what needs letters, and none goes out.
POST = {
    "NEIGHBOURHUB_MAIL_HOST": "127.0.0.1", "NEIGHBOURHUB_MAIL_PORT": "1", "NEIGHBOURHUB_MAIL_SECURITY": "none",
    "NEIGHBOURHUB_MAIL_SENDER": "hub@glan.example",
}  # fmt: skip
CLOSED = "orchards.example"  # a server that has not answered for a while


_ADDRESSES = itertools.count()  # many sign in while the tests go on, and ten in five minutes may from one of them


class Towns(msgspec.Struct):
    """`ids` is where things of Riverside are, by what is special about them."""

    glan: Hub
    pont: Hub
    national: Hub
    ids: dict[str, str]

    def start(self) -> None:
        for hub in (self.glan, self.pont, self.national):
            hub.start()
        for follower, followed in ((self.national, self.glan), (self.national, self.pont), (self.glan, self.pont)):
            follower.command("follow", followed.domain)
        wanted = next(iter(sample.read("pontfelin").events)).title["en"]
        for follower in (self.glan, self.national):
            until(partial(_shows, follower, wanted), "what is on next door")

    def stop(self) -> None:
        for hub in (self.glan, self.pont, self.national):
            hub.stop()

    def cookies(self, who: str, hub: Hub | None = None) -> dict[str, str]:
        """The cookies of somebody who has signed in."""
        hub = hub or self.glan
        with hub.browser(f"127.1.0.{next(_ADDRESSES) % 250 + 1}") as browser:
            answer = browser.post("/signin", data={"name": who, "password": PASSWORD})
            assert answer.status_code == 200, answer.text[:500]
            return dict(browser.cookies.items())


async def grow(folder: Path) -> Towns:
    """The three of them, each with its month behind it, not yet started."""
    glan, pont = Hub(folder / "glan", **POST), Hub(folder / "pont")
    national = Hub(folder / "national", role="aggregator")
    ids = await _grow(glan, sample.read("riverside"), _corners)
    await _grow(pont, sample.read("pontfelin"))
    await _grow(national, NATIONAL)
    return Towns(glan, pont, national, ids)


async def _grow(hub: Hub, it: SampleHub, after: Callable[[Tx], dict[str, str]] = lambda tx: {}) -> dict[str, str]:
    hub.data.mkdir(mode=0o700)
    async with opened(str(hub.data / "hub.db")) as store:
        await store.write(migrate)
        await live(store, Config(), hub.data, it, hub.base)
        return await store.write(after)


def _corners(tx: Tx) -> dict[str, str]:
    """Let happen what an ordinary month does not bring, and note where to look at things."""
    steward = people.steward(tx).actor
    ids = _events(tx) | _asks(tx)
    moving = projects.moving(tx)
    ids["project"] = str(next(it.id for it in moving if posts.said(tx, project=it.id)))
    ids["post"] = str(next(it.id for it in posts.said(tx) if it.kind == "note"))
    ids["update"] = str(posts.said(tx, project=int(ids["project"]))[0].id)
    words: Text = {"en": "Cheap pills, click here"}
    ids["hidden"] = str(posts.hide(tx, steward, posts.reply(tx, steward, int(ids["event"]), words).id).id)
    delyth = next(it.actor for it in people.all_(tx) if it.login == "delyth")
    ids |= _talk(tx, steward, delyth)
    ids["link"] = people.new_link(tx, "password", account=delyth)
    ids["app"] = _an_app(tx, delyth, steward)
    gwenno = next(it.actor for it in people.all_(tx) if it.login == "gwenno")
    factors.confirm_app(tx, gwenno, factors.code(factors.new_key(tx, gwenno), now() // 1000))
    _trouble(tx, ids["event"])
    return ids | _joining(tx, delyth) | _locked_out(tx, steward, gwenno, delyth)


def _talk(tx: Tx, bethan: int, delyth: int) -> dict[str, str]:
    """Neighbours follow each other, and say things in their own name."""
    relations.unfollow(tx, bethan, delyth)
    words = "The heron is back on the weir, @delyth. https://birds.example/herons #Heron"
    heron = statuses.publish(tx, bethan, Draft(words))
    statuses.publish(tx, delyth, Draft("@bethan It stood there for an hour.", reply_to=heron.id))
    options = ["Saturday morning", "Sunday afternoon", "Never"]
    poll = statuses.publish(tx, bethan, Draft("When shall we clean the weir?", poll=NewPoll(options, 3 * DAY)))
    statuses.publish(tx, bethan, Draft("Mae gen i farn am y cyngor.", language="cy", warning="Gwleidyddiaeth leol"))
    statuses.publish(tx, bethan, Draft("Only for those who follow me: I am sixty on Friday.", audience="followers"))
    reacting.share(tx, bethan, events.coming(tx)[0].id)
    reacting.keep(tx, delyth, heron.id)
    reacting.like(tx, delyth, heron.id)
    tx.run("UPDATE actor SET locked = 1 WHERE id = :delyth", delyth=delyth)
    relations.follow(tx, bethan, delyth)
    street = lists.create(tx, delyth, "Our street").id
    lists.add(tx, delyth, street, [bethan])
    hub = settings.get(tx).actor
    return {"heron": str(heron.id), "poll": str(poll.id), "bethan": str(bethan), "hub": str(hub), "list": str(street)}


def _locked_out(tx: Tx, bethan: int, gwenno: int, delyth: int) -> dict[str, str]:
    """Gwenno and Gwenllian have lost everything: of two stewards one has asked for each, and for one both said yes."""
    sioned = people.create(tx, "sioned", "sioned@example.org", "", "steward").actor
    tx.run("UPDATE account SET raised = 0 WHERE role = 'steward'")
    gwenllian = next(it.actor for it in people.all_(tx) if it.login == "gwenllian")
    rescue.ask(tx, bethan, gwenllian, "Her sister rang.")
    rescue.approve(tx, sioned, gwenllian)
    rescue.ask(tx, sioned, gwenno, "I met her at the weir: her phone is in it.")
    no = rescue.new_refusal(tx, gwenno)
    tx.run("UPDATE rescue SET ends = ends + :day", day=DAY)  # longer than people get: all pages take their time
    tx.run("DELETE FROM job WHERE kind = 'mail'")
    return {
        "delyth": str(delyth), "gwenno": str(gwenno), "sioned": str(sioned), "no": no or "",
        "rescue": links.new_link(tx, rescue.RESCUE, account=gwenllian),
        "entry": links.new_link(tx, recovery.ENTRY, account=delyth, detail="another browser"),
    }  # fmt: skip


def _joining(tx: Tx, delyth: int) -> dict[str, str]:
    """Somebody who has a letter, two who wait to be let in, and links by letter for somebody who is here."""
    steward = people.steward(tx).actor
    keys = []
    for name, words in (
        ("carys", "We moved into Mill Lane in June, with a dog."), ("ifan", "I mend bikes. Siân next door knows me."),
        ("nest", "Hello"),
    ):  # fmt: skip
        signups.ask(tx, signups.Draft(name, f"{name}@example.org", words, "cy"), "")
        waits = signups.waits(tx, name)
        made = signups.new_key(tx, waits[0].id) if waits else None
        keys.append(made[1] if made else "")
    for key in keys[:2]:
        signups.confirm(tx, key)
    new = people.create(tx, "gwenllian", "gwenllian@example.org", "", newcomer=True).actor
    for words in ("We are new in Mill Lane. Hello, everybody!", "Does anybody have a ladder?"):
        said = statuses.publish(tx, new, statuses.Draft(words))
    statuses.change(tx, new, said.id, statuses.Draft("Does anybody have a long ladder?"))
    words = {"name": "Gwenllian Rees", "note": "We mend clocks.", "fields": [("Workshop", "https://clocks.example")]}
    profiles.change(tx, new, msgspec.structs.replace(profiles.get(tx, new), **words))
    tx.run("DELETE FROM job WHERE kind = 'mail'")  # which would make other links
    password = tx.one("SELECT password FROM account WHERE actor = :delyth", delyth=delyth)
    assert password is not None
    for_long = {"account": delyth, "lasts": DAY}  # longer than people get: all pages take their time
    return {
        "joins": keys[2], "invited": invitations.make(tx, steward, uses=40, note="Allotment evening"),
        "reset": links.new_link(tx, recovery.RESET, detail=people.hashed(password["password"]), **for_long),
        "confirm": links.new_link(tx, recovery.CONFIRM, detail="delyth@example.org", **for_long),
        "undo": recovery.new_undo(tx, delyth, "delyth@example.net"),
    }  # fmt: skip


def _an_app(tx: Tx, *let_in: int) -> str:
    """An app that some have let in. Returns its name for itself."""
    app, _ = apps.register(tx, apps.Draft("Tusk", ("tusk://back",), "read write follow push", "https://tusk.example"))
    for who in let_in:
        apps.let_in(tx, who, app, "read write follow push")
    return app.client


def _events(tx: Tx) -> dict[str, str]:
    coming = events.coming(tx, limit=200)
    pictured = next(it for it in coming if it.pictures and not it.cancelled and not it.full)
    answer = attendance.answer(tx, pictured.id, Guest("Catrin", "01632 960150"), "yes", party=2)
    return {
        "event": str(pictured.id), "answer": answer.secret,
        "cancelled": str(next(it.id for it in coming if it.cancelled)),
        "plain": str(next(it.id for it in coming if not it.pictures and not it.cancelled)),
        **_plans_change(tx),
    }  # fmt: skip


def _plans_change(tx: Tx) -> dict[str, str]:
    """An event that is full, with people who wait, and one that moved online."""
    steward, starts = people.steward(tx).actor, now() + 40 * DAY
    draft = events.Draft(
        title={"en": "Willow weaving", "cy": "Gwehyddu helyg"}, starts=starts, ends=starts + 3 * HOUR,
        venue="The boathouse", places=5,
    )  # fmt: skip
    full = events.publish(tx, steward, draft).id
    for name, party in (("Nia", 3), ("Tomos", 4), ("Elin", 1)):
        attendance.answer(tx, full, Guest(name, "01632 960152"), "yes", party=party)
    waits = attendance.answer(tx, full, Guest("Gwenllian", "01632 960153"), "yes")
    moved = events.publish(tx, steward, draft).id
    events.move_online(
        tx,
        steward,
        moved,
        "https://meet.example/willow",
        {"en": "The boathouse leaks.", "cy": "Mae'r cwt cychod yn gollwng."},
    )
    return {"full": str(full), "waits": waits.secret, "moved": str(moved)}


def _asks(tx: Tx) -> dict[str, str]:
    ask, offer = asks.open_(tx, "ask")[0], asks.open_(tx, "offer")[0]
    helper = helping.answer(tx, ask.id, Guest("Idris", "01632 960151"), "help", words="Any morning but Tuesday.")
    helped = helping.answer(tx, ask.id, Guest("Catrin", "01632 960150"), "help", named=True)
    steward = people.steward(tx).actor
    helping.accept(tx, steward, helped.id, {}, checked=True)
    helping.done(tx, steward, helped.id, 1.5)
    return {
        "ask": str(ask.id), "offer": str(offer.id), "closed": str(asks.closed(tx)[0].id), "helper": str(helper.id),
        "helped": str(helped.id),
    }  # fmt: skip


def _trouble(tx: Tx, event: str) -> None:
    """A server that does not answer, and a delivery that was given up."""
    for _ in range(6):
        peers.failed(tx, CLOSED, "The connection was refused.")
    given_up = jobs.enqueue(
        tx, "deliver", {"activity": int(event), "inbox": f"https://{CLOSED}/inbox"}, host=CLOSED, due=0
    )
    jobs.give_up(tx, given_up, "410 Gone")


def _shows(hub: Hub, words: str) -> bool:
    return words in words_of(hub.page("/"))
