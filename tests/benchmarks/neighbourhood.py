"""What stands in a hub's database before it is measured, written with the neighbourhood's own verbs."""

import asyncio
import random
from functools import cache

from benchmarks.drain import address
from pairs import KeyPair, generate
from processes import Hub
from scene import lift, orchard, party

from hub import actors, asks, events, people, posts, projects, settings
from hub.clock import DAY, HOUR, now
from hub.store import Tx
from hub.store.open import opened

SENDERS = 20
PLACES = ("Mill Bridge", "the old chapel", "Canal Street", "the library", "Jubilee Field", "the scout hut", "Ropery")
DOINGS = ("Clear-up", "Tea and a chat", "Repair café", "Choir", "Seed swap", "Film night", "Walk", "Quiz")
WORDS = {
    "en": "Bring a **chair**, and something to share. It is free, and everybody is welcome; the kettle is on at nine.",
    "cy": "Dewch â **chadair**, a rhywbeth i'w rannu. Mae am ddim, a chroeso i bawb; bydd y tegell ymlaen o naw.",
}


def fill(hub: Hub, *units: object) -> None:
    """Run these on the database of a hub that is not running."""

    async def run() -> None:
        async with opened(str(hub.data / "hub.db")) as store:
            for unit in units:
                await store.write(unit)  # type: ignore[arg-type]

    asyncio.run(run())


def a_month(tx: Tx) -> None:
    """Forty events, and as many asks, offers, projects and notes as a lively neighbourhood has."""
    who = people.steward(tx).actor
    draw = random.Random(7)
    for n in range(6):
        projects.start(tx, who, orchard(title={"en": f"{PLACES[n].capitalize()} project", "cy": f"Prosiect {n}"}))
    for n in range(40):
        begins = now() + n * DAY // 2 + draw.randrange(1, 12) * HOUR
        what = {"en": f"{draw.choice(DOINGS)} at {PLACES[n % 7]}", "cy": f"Digwyddiad {n}"}
        events.publish(tx, who, party(title=what, text=WORDS, starts=begins, ends=begins + 2 * HOUR, places=40))
    for n in range(16):
        asks.publish(tx, who, "ask" if n % 2 else "offer", lift(title={"en": f"Help number {n}", "cy": f"Cymorth {n}"}))
    for n in range(10):
        posts.publish(tx, who, posts.Draft(text={"en": f"{n} of 40 trees are in."}))


@cache
def key_pairs() -> list[KeyPair]:
    return [generate() for _ in range(SENDERS)]


def sender(number: int) -> str:
    return f"https://s{number}.example/users/sunil"


def senders(tx: Tx) -> None:
    """People on twenty servers, whom the hub follows and whose keys it knows."""
    ours = settings.get(tx).actor
    for number, pair in enumerate(key_pairs()):
        uri = sender(number)
        id = actors.remember(
            tx,
            actors.Seen(
                uri=uri, kind="person", type="Person", handle="sunil", domain=f"s{number}.example",
                name={"en": "Sunil"}, url=uri, inbox=f"{uri}/inbox", followers=f"{uri}/followers",
                public_key=pair.rsa_public,
            ),
        )  # fmt: skip
        actors.ask_to_follow(tx, ours, id)
        actors.follow_answered(tx, ours, id, accepted=True)


def followers(count: int, port: int) -> object:
    """So many servers that follow the hub, each at an address of its own on loopback."""

    def unit(tx: Tx) -> None:
        ours = settings.get(tx).actor
        for number in range(count):
            host = f"{address(number)}:{port}"
            uri = f"http://{host}/users/sunil"
            id = actors.remember(
                tx,
                actors.Seen(
                    uri=uri, kind="person", type="Person", handle="sunil", domain=host, name={"en": "Sunil"}, url=uri,
                    inbox=f"{uri}/inbox", shared_inbox=f"http://{host}/inbox", followers=f"{uri}/followers",
                ),
            )  # fmt: skip
            actors.follow(tx, id, ours)

    return unit
