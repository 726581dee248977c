"""Other hubs and servers: found by what somebody types, verified at their own address, followed, and read back.

Nothing that a third server says of a hub is believed; each is asked itself (vocabulary.md §6.2).
"""

import re
from urllib.parse import quote, urlsplit

import msgspec
import structlog

from federation import resolve
from federation.as2 import loose
from federation.as2.capabilities import implements
from federation.as2.contexts import VERSION, Json
from federation.dispatch import EVENT, HUB, MICRO, MOBILIZON, THREADIVERSE
from federation.http import Unreachable
from federation.keys import host_of
from federation.resolve import Budget, Unfit
from federation.wire import Wire
from hub import actors, directory, peers, people, settings
from hub.actors import Actor
from hub.clock import DAY, now
from hub.errors import N_, HubError, Invalid
from hub.store import Tx

log = structlog.get_logger()

ASKED_AGAIN = 7 * DAY  # what a server runs
JRD = "application/jrd+json, application/json"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
APPLICATION = "https://www.w3.org/ns/activitystreams#Application"
NODEINFO = ("http://nodeinfo.diaspora.software/ns/schema/2.1", "http://nodeinfo.diaspora.software/ns/schema/2.0")
PROFILES = {
    "neighbourhub": HUB, "mobilizon": MOBILIZON, "friendica": EVENT, "gancio": EVENT, "wordpress": EVENT,
    "hubzilla": EVENT, "streams": EVENT, "forte": EVENT, "lemmy": THREADIVERSE, "piefed": THREADIVERSE,
    "mbin": THREADIVERSE, "nodebb": THREADIVERSE,
}  # fmt: skip
NO_HUB = N_("There is no hub at %(domain)s, or none that we understand.")

_HANDLE = re.compile(r"@?([A-Za-z0-9_.-]{1,100})@([^@\s/]{1,260})")


class Found(msgspec.Struct, frozen=True):
    """A hub that was asked itself: its actor as we remember it, its server's actor, and what it runs."""

    hub: Actor
    instance: str
    software: str
    book: str = ""  # where it tells which hubs it knows


class NoHub(Invalid):
    """Nothing there that we understand. `gone`: its own server says that it is no more (410)."""

    def __init__(self, host: str, cause: HubError | None = None) -> None:
        super().__init__(NO_HUB, field="domain", domain=host)
        self.gone = cause is not None and cause.facts.get("status") == 410


async def find_hub(wire: Wire, typed: str, budget: Budget | None = None) -> Found:
    """The hub behind `domain`, `@hub@domain` or a web address, verified: all of it from that one server.

    Raises `Invalid` (field `domain`) for what cannot be a hub, and `Unreachable` when it does not answer.
    """
    base, resource = _typed(wire, typed)
    host, budget = host_of(base), budget or Budget(wire.limits)
    doc = await _named(wire, base, resource, budget)
    instance = loose.id_of(doc) if loose.nh(doc, "kind") == "Instance" else ""
    if instance:
        hub = loose.id_of(loose.nh(doc, "hub"))
        doc = await _document(wire, hub, base, budget) if hub else {}
    if loose.nh(doc, "kind") != "Hub" or VERSION not in implements(doc):
        raise NoHub(host)
    id = await resolve.learn(wire, doc, loose.id_of(doc))
    named, book = await _introduced(wire, host, budget), loose.id_of(loose.nh(doc, "hubs"))
    await wire.store.write(peers.describe, host, software=named or "neighbourhub", profile=HUB)
    return Found(await wire.store.read(actors.get, id), instance, named, book if loose.same_origin(book, base) else "")


async def follow_hub(wire: Wire, domain: str, who: int) -> Actor:
    """Ask the hub at `domain` to let ours follow it, or a part of it (`@events@domain`). Stewards may.

    Raises as `find_hub` does.
    """
    await wire.store.read(people.require, who, "steward")
    part = await _find_slice(wire, domain)
    if part is not None:
        return await wire.store.write(_ask_slice, part, who)
    found = await find_hub(wire, domain)
    return await wire.store.write(_ask, found, who)


async def _find_slice(wire: Wire, typed: str) -> int | None:
    """Our id for the part of a hub that is behind a handle; `None` when that is something else."""
    if not _HANDLE.fullmatch(typed.strip()):
        return None
    base, resource = _typed(wire, typed)
    budget = Budget(wire.limits)
    doc = await _named(wire, base, resource, budget)
    if loose.nh(doc, "kind") != "Slice" or VERSION not in implements(doc):
        return None
    named = await _introduced(wire, host_of(base), budget)
    await wire.store.write(peers.describe, host_of(base), software=named or "neighbourhub", profile=HUB)
    return await resolve.learn(wire, doc, loose.id_of(doc))


async def stop_following(wire: Wire, actor: int, who: int) -> bool:
    """Our hub no longer follows this actor. Stewards may. False when it did not."""
    return await wire.store.write(_stop, actor, who)


async def subscribe_url(wire: Wire, account: str, uri: str) -> str:
    """Where `@me@server` can follow or answer `uri` in their own app.

    Raises `Invalid` (field `account`) in words that the visitor understands.
    """
    handle = _HANDLE.fullmatch(account.strip())
    if handle is None or not loose.origin(f"https://{handle[2]}"):
        raise Invalid(N_("Type your account as @name@server, for example @ann@mastodon.example."), field="account")
    base = _base(wire, handle[2])
    try:
        jrd = await _webfinger(wire, base, f"acct:{handle[1]}@{handle[2].lower()}", Budget(wire.limits))
    except Unreachable:
        raise Invalid(N_("%(host)s does not answer. Is it spelt right?"), field="account", host=handle[2]) from None
    except Unfit:
        raise Invalid(N_("%(host)s does not know that account."), field="account", host=handle[2]) from None
    template = next((link.get("template") for link in _links(jrd) if link.get("rel") == SUBSCRIBE), None)
    url = template.replace("{uri}", quote(uri, safe="")) if isinstance(template, str) and "{uri}" in template else ""
    if not loose.address(url):
        raise Invalid(
            N_("%(host)s cannot be sent there directly. Copy our handle and search for it there."),
            field="account", host=handle[2],
        )  # fmt: skip
    return url


async def introduce(wire: Wire, host: str) -> None:
    """Find out once a week what a server runs, because that decides in which shape it gets our events."""
    known = await wire.store.read(peers.get, host)
    if known is not None and now() - known.checked < ASKED_AGAIN:
        return
    try:
        named = await software(wire, host)
    except HubError as error:
        log.info("software unknown", host=host, why=str(error)[:300])
        named = known.software if known is not None else ""
    await wire.store.write(peers.describe, host, software=named, profile=PROFILES.get(named, MICRO))


async def software(wire: Wire, host: str, budget: Budget | None = None) -> str:
    """What a server says it runs (NodeInfo), in small letters; "" when it does not say."""
    budget = budget or Budget(wire.limits)
    base = _base(wire, host)
    listed = await resolve.json_at(wire, f"{base}/.well-known/nodeinfo", accept="application/json", budget=budget)
    links = {link.get("rel"): link.get("href") for link in _links(listed) if isinstance(link.get("rel"), str)}
    href = next((links[rel] for rel in NODEINFO if rel in links), None)
    if not isinstance(href, str) or not loose.same_origin(href, base):
        return ""
    told = (await resolve.json_at(wire, href, accept="application/json", budget=budget)).get("software")
    return loose.words(told.get("name"), 100).lower() if isinstance(told, dict) else ""


# --- finding ---------------------------------------------------------------------------------------


def _typed(wire: Wire, typed: str) -> tuple[str, str]:
    """The server that was meant, and what to ask it about."""
    typed = typed.strip()
    handle = _HANDLE.fullmatch(typed)
    domain = handle[2] if handle else typed
    base = _base(wire, domain)
    if not base:
        raise Invalid(N_("Type the address of a hub, for example glan-yr-afon.example."), field="domain")
    if wire.is_ours(base):
        raise Invalid(N_("That is this hub itself."), field="domain")
    return base, f"acct:{handle[1]}@{host_of(base)}" if handle else f"{base}/"


def _base(wire: Wire, domain: str) -> str:
    """`https://domain`; a hub that is itself tried out on plain http looks for others there too."""
    scheme = urlsplit(wire.base).scheme
    return loose.origin(domain if "://" in domain else f"{scheme}://{domain}")


async def _named(wire: Wire, base: str, resource: str, budget: Budget) -> Json:
    """The document of the actor that a server names: by WebFinger, or as its own in NodeInfo (FEP-2677)."""
    try:
        jrd = await _webfinger(wire, base, resource, budget)
    except Unfit:
        try:
            jrd = await resolve.json_at(wire, f"{base}/.well-known/nodeinfo", accept="application/json", budget=budget)
        except Unfit as error:
            raise NoHub(host_of(base), error) from None
    for link in _links(jrd):
        if link.get("rel") in ("self", APPLICATION) and loose.same_origin(link.get("href"), base):
            return await _document(wire, str(link["href"]), base, budget)
    raise NoHub(host_of(base))


async def _document(wire: Wire, url: str, base: str, budget: Budget) -> Json:
    if not loose.same_origin(url, base):
        raise NoHub(host_of(base))
    try:
        return await resolve.document(wire, url, budget, there=True)
    except Unfit as error:
        raise NoHub(host_of(base), error) from error


async def _webfinger(wire: Wire, base: str, resource: str, budget: Budget) -> Json:
    url = f"{base}/.well-known/webfinger?resource={quote(resource, safe='')}"
    return await resolve.json_at(wire, url, accept=JRD, budget=budget)


def _links(jrd: Json) -> list[Json]:
    return [link for link in loose.several(jrd.get("links"))[:100] if isinstance(link, dict)]


async def _introduced(wire: Wire, host: str, budget: Budget) -> str:
    try:
        return await software(wire, host, budget)
    except HubError as error:
        log.info("software unknown", host=host, why=str(error)[:300])
        return ""


def _ask(tx: Tx, found: Found, who: int) -> Actor:
    people.require(tx, who, "steward")
    directory.met(tx, found.hub.domain, found.hub.id, found.book, found.instance)
    if found.book:
        directory.ask_whom_it_knows(tx, found.hub.domain)
    actors.ask_to_follow(tx, settings.get(tx).actor, found.hub.id)
    return actors.get(tx, found.hub.id)


def _ask_slice(tx: Tx, part: int, who: int) -> Actor:
    people.require(tx, who, "steward")
    actors.ask_to_follow(tx, settings.get(tx).actor, part)
    return actors.get(tx, part)


def _stop(tx: Tx, other: int, who: int) -> bool:
    people.require(tx, who, "steward")
    return actors.stop_following(tx, settings.get(tx).actor, other)
