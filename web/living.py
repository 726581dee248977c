"""Has an invented neighbourhood live through its month: each thing said on its day, by the verbs of the forms."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from federation import announce
from hub import (
    asks,
    attendance,
    clock,
    events,
    helping,
    neighbouring,
    people,
    posts,
    profiles,
    projects,
    reacting,
    relations,
    settings,
    statuses,
    voting,
)
from hub.clock import DAY, HOUR
from hub.config import Config
from hub.people import Guest
from hub.settings import Contact
from hub.statuses import NewPoll
from hub.store import Store, Tx
from hub.text import Text
from hub.things import Picture
from web import painting, publishing
from web.sample import SampleAsk, SampleEvent, SampleHub, SampleProject, SampleWords

PASSWORD = "three wet slates"  # noqa: S105 - for everybody in the demo, and nowhere else
ZONE = "Europe/London"
PHONE = "01632 960199"
Step = Callable[[], Awaitable[object]]


async def live(store: Store, config: Config, data: Path, it: SampleHub, base: str) -> None:
    """Open the hub thirty days ago and let everything happen in its order until now."""
    today = clock.now()
    hashed = await asyncio.to_thread(people.hash_password, PASSWORD)
    draft = settings.Draft(
        name=it.name, area_name=it.area[0], area_code=it.area[1], lat=it.place[0], lon=it.place[1], hue=it.hue,
        welcome=it.welcome, rules=settings.STARTER_RULES, contacts=[Contact(*one) for one in it.contacts],
    )  # fmt: skip
    try:
        clock.use(lambda: today - 30 * DAY)
        await store.write(settings.open_hub, draft, base)
        who = {}
        for name, role in it.people:
            who[name] = (await store.write(people.create, name, f"{name}@example.org", hashed, role)).actor
        await store.write(_meet, who, it)
        await _Month(store, config, data, who, today, it.hue).live(it)
    finally:
        clock.use(None)


class _Month:
    def __init__(self, store: Store, config: Config, data: Path, who: dict[str, int], today: int, hue: int) -> None:
        self.store, self.config, self.data, self.who, self.today, self.hue = store, config, data, who, today, hue
        self.steward = next(iter(who.values()))
        self.projects: dict[str, int] = {}
        self.steps: list[tuple[float, Step]] = []

    async def live(self, it: SampleHub) -> None:
        for project in it.projects:
            self.on(project.said, partial(self.project, project))
        for event in it.events:
            self.on(event.said, partial(self.event, event))
        for ask in it.asks:
            self.on(ask.said, partial(self.ask, ask))
        for said, words in it.notes:
            self.on(said, partial(self.say, posts.Draft(text=words)))
        for one in it.said:
            self.on(one.said, partial(self.speak, one))
        while self.steps:
            self.steps.sort(key=lambda step: -step[0])
            days_ago, step = self.steps.pop(0)
            clock.use(partial(int, self.today - days_ago * DAY))
            await step()
            for reader in (announce, neighbouring.spread):  # what follows from it happens on that day too
                while await self.store.write(reader):
                    pass

    def on(self, days_ago: float, step: Step) -> None:
        self.steps.append((max(days_ago, 0.01), step))

    async def say(self, draft: posts.Draft) -> None:
        await self.store.write(posts.publish, self.steward, draft)

    async def speak(self, it: SampleWords) -> None:
        """A resident says something, and others answer, vote, like and share it in the hours after."""
        pictures = [await self.picture("plan", it.words, it.picture)] if it.picture else []
        poll = NewPoll(list(it.poll), 14 * DAY) if it.poll else None
        draft = statuses.Draft(it.words, it.language, warning=it.warning, pictures=pictures, poll=poll)
        id = (await self.store.write(statuses.publish, self.who[it.who], draft)).id
        after: list[Callable[[Tx], object]] = [
            _do(statuses.publish, self.who[name], statuses.Draft(words, tongue, reply_to=id))
            for name, words, tongue in it.answers
        ]
        after += [_do(voting.vote, self.who[name], id, [choice]) for name, choice in it.votes]
        after += [_do(reacting.like, self.who[name], id) for name in it.likes]
        after += [_do(reacting.share, self.who[name], id) for name in it.shares]
        for n, one in enumerate(after, start=1):
            self.on(it.said - n / 24, partial(self.store.write, one))

    async def project(self, it: SampleProject) -> None:
        draft = projects.Draft(
            title=it.title, handle=it.handle, summary=it.summary, text=it.text, wanted=it.wanted, stage=it.stage
        )
        started = await self.store.write(projects.start, self.steward, draft)
        self.projects[it.handle] = started.id
        for said, words, alt in it.updates:
            pictures = [await self.picture("plan", it.title["en"], alt)] if alt else []
            update = posts.Draft(text=words, project=started.id, pictures=pictures)
            self.on(said, partial(self.say, update))

    async def event(self, it: SampleEvent) -> None:
        kind = "plan" if "field" in it.picture.get("en", "").lower() else "view"
        starts = moment(self.today, it.day, it.hour)
        draft = events.Draft(
            title=it.title, text=it.text, starts=starts, ends=starts + int(it.hours * HOUR), venue=it.venue,
            street=it.street, locality="Aberwennol", online=it.online, places=it.places, cost=it.cost,
            cost_words=it.cost_words, access_notes=it.notes, project=self.projects.get(it.project),
            pictures=[await self.picture(kind, it.title["en"], it.picture)] if it.picture else [],
            **dict.fromkeys(it.facts, True),  # type: ignore[arg-type]
        )  # fmt: skip
        event = await self.store.write(events.publish, self.steward, draft)
        for n, (name, said, party) in enumerate(it.guests, start=1):
            guest = Guest(name, PHONE)
            self.on(
                it.said - n / 6,
                partial(self.store.write, attendance.answer, event.id, guest, said, party=party),
            )
        for n, (name, words) in enumerate(it.replies, start=1):
            who = self.who[name]
            self.on(
                it.said - 1 - n / 3,
                partial(self.store.write, posts.reply, who, event.id, words),
            )
        if it.cancelled:
            self.on(0.2, partial(self.store.write, events.cancel, self.steward, event.id, it.cancelled))

    async def ask(self, it: SampleAsk) -> None:
        draft = asks.Draft(
            title=it.title, text=it.text, category=it.category, people=it.people, hours=it.hours, vetted=it.vetted,
            area_name=it.area, due=moment(self.today, it.due, 12) if it.due is not None else None, days=28,
        )  # fmt: skip
        ask = await self.store.write(asks.publish, self.steward, it.kind, draft)
        said = "help" if it.kind == "ask" else "take"
        for n, (name, contact) in enumerate(it.answers, start=1):
            guest = Guest(name, contact)
            self.on(it.said - n / 4, partial(self.store.write, helping.answer, ask.id, guest, said))
        if it.status:
            self.on(it.said - 1, partial(self.store.write, asks.close, self.steward, ask.id, it.status))

    async def picture(self, kind: str, name: str, alt: Text) -> Picture:
        drawn = await asyncio.to_thread(painting.png, kind, (name, ""), self.hue, (1200, 630))
        kept = await publishing.keep_picture(self.store, self.config, self.data, drawn, alt, self.steward)
        return Picture(media=kept.id, mime=kept.mime, width=kept.width, height=kept.height, alt=kept.alt)


def _do(verb: Callable[..., object], who: int, *told: object) -> Callable[[Tx], object]:
    """A unit of work that somebody does: `verb(tx, who, …)`."""
    return lambda tx: verb(tx, who, *told)


def _meet(tx: Tx, who: dict[str, int], it: SampleHub) -> None:
    """They say who they are, and follow each other and the hub."""
    for name, called, words in it.names:
        profile = msgspec.structs.replace(
            profiles.get(tx, who[name]), name=called, note=words, discoverable=True, indexable=True
        )
        profiles.change(tx, who[name], profile)
    hub = settings.get(tx).actor
    for one in who.values():
        relations.follow(tx, one, hub)
    for one, other in permutations(who.values(), 2):
        relations.follow(tx, one, other)


def moment(today: int, day: int, hour: float) -> int:
    """`hour` o'clock, `day` days from today, as the neighbourhood's clocks show it. In ms UTC."""
    start = datetime.fromtimestamp(today / 1000, ZoneInfo(ZONE)) + timedelta(days=day)
    return int(start.replace(hour=int(hour), minute=int(hour % 1 * 60), second=0, microsecond=0).timestamp() * 1000)
