"""Asking another hub whether it can read and reach us, and saying in words what is wrong and what to do."""

import msgspec

from federation import knock, peers
from federation.as2 import loose
from federation.as2.contexts import ACTIVITYSTREAMS
from federation.checkup import PATH, PING, Report, Seen
from federation.http import Unreachable
from federation.wire import Wire
from hub import actors, settings
from hub.clock import MINUTE
from hub.errors import N_, HubError
from hub.ids import new_id
from hub.manners import NOTICED
from hub.store import Tx

OK, WARN, BAD = "ok", "warn", "bad"
MOST = 2  # hubs that are asked when none is named

DNS = N_("The name leads nowhere from there, or to a private address. Set its A and AAAA records to this machine.")
TLS = N_("The certificate is out of date, for another name, or lacks the one that vouches for it. See docs/run/tls.md.")
CLOSED = N_("Nothing answers there. Does the server run, is port 443 open in the firewall and passed on to it?")
SLOW = N_("The answer does not come. Look at the firewall, and at what runs on this machine.")
HOST = N_("A proxy before the hub changes the Host header. In nginx: proxy_set_header Host $host;")
ROAD = N_("A proxy before the hub changes the path, or leads somewhere else. It must pass every path on as it came.")
BEHIND = N_("The proxy is there, and the hub behind it is not: is it running, and on the port that the proxy has?")
CHANGED = N_("Something on the way changes what is sent: the path, a header, or the body. It must pass all of it on.")
CLOCK = N_("Set the clock of this machine by the network: timedatectl set-ntp true. If it is right, theirs is wrong.")
OTHER = N_("Something else answers in the hub's place: a cache, a firewall, or another server of that name.")
REFUSED = N_("Look into the log of this hub, and of the proxy before it.")
TROUBLES = {
    "dns": DNS, "blocked": DNS, "tls": TLS, "refused": CLOSED, "timeout": SLOW, "redirect": ROAD, "garbled": OTHER,
}  # fmt: skip
STATUSES = {421: HOST, 404: ROAD, 410: ROAD, 405: ROAD, 502: BEHIND, 503: BEHIND, 504: BEHIND, 401: CHANGED, 403: OTHER}


class Step(msgspec.Struct, frozen=True):
    """One thing that was tried: what it was, how it went (ok, warn, bad), what was found, and what to do."""

    check: str
    state: str
    found: str
    fix: str = ""


async def through(wire: Wire, domain: str = "") -> list[Step]:
    """A signed round trip through the hub at `domain`, or through two of those that we follow."""
    hosts = [domain] if domain else await wire.store.read(_followed)
    steps = []
    for host in hosts:
        steps += await _through(wire, host)
    return steps


def _followed(tx: Tx) -> list[str]:
    hub = settings.found(tx)
    following = actors.following(tx, hub.actor) if hub is not None else []
    return [other.domain for other, state, _ in following if other.kind == "hub" and state == "accepted"][:MOST]


async def _through(wire: Wire, domain: str) -> list[Step]:
    try:
        found = await peers.find_hub(wire, domain)
        report = await _asked(wire, found.hub.uri)
    except Unreachable as error:
        return [Step(f"the way to {domain}", BAD, str(error), _theirs(error.kind))]
    except HubError as error:
        return [Step(f"the way to {domain}", BAD, str(error))]
    host = found.hub.domain
    if report is None:
        return [Step(f"through {host}", WARN, N_("It cannot help: it is older than this hub."))]
    return await _judged(wire, host, report)


async def _asked(wire: Wire, hub: str) -> Report | None:
    base, ours = loose.origin(hub), await wire.store.read(_ours)
    own = await wire.own(ours, fresh=True)  # a key changed a moment ago is just what somebody wants to see
    id = f"{own.uri}#ping-{new_id()}"
    ping = {"@context": ACTIVITYSTREAMS, "id": id, "type": PING, "actor": own.uri, "to": hub, "object": hub}
    response, _ = await knock.post(wire, base + PATH, msgspec.json.encode(ping), actor=ours)
    try:
        return msgspec.json.decode(response.body, type=Report) if response.status == 200 else None
    except msgspec.MsgspecError:
        return None


def _ours(tx: Tx) -> int:
    return settings.get(tx).actor


async def _judged(wire: Wire, host: str, report: Report) -> list[Step]:
    if report.about == "key":
        return [_seen(f"our key, read by {host}", report.key)]
    if report.about == "signature":
        return [Step(f"our signature, checked by {host}", BAD, report.error, CHANGED)]
    off = abs(report.ahead) >= NOTICED
    clock = [Step("clock", BAD if report.about else WARN, _clock(host, report.ahead), CLOCK)] if off else []
    if report.about:
        return clock
    right = Step(f"our key and signature, checked by {host}", OK, "right")
    return [*clock, right, await _inbox(wire, host, report)]


async def _inbox(wire: Wire, host: str, report: Report) -> Step:
    step = _seen(f"our inbox, tried by {host}", report.inbox)
    if step.state == OK and not await wire.store.read(_arrived, report.letter):
        return Step(step.check, BAD, f"answered {report.inbox.status}, but nothing has come", OTHER)
    return step


def _seen(check: str, seen: Seen) -> Step:
    if 200 <= seen.status < 300:
        return Step(check, OK, f"answered {seen.status}")
    if seen.trouble:
        return Step(check, BAD, f"no answer ({seen.trouble})", TROUBLES.get(seen.trouble, REFUSED))
    said = f"answered {seen.status}" + (f": {seen.words}" if seen.words else "")
    return Step(check, BAD, said, STATUSES.get(seen.status, REFUSED))


def _clock(host: str, ahead: int) -> str:
    return f"ours is {abs(ahead) // MINUTE} minutes {'ahead of' if ahead > 0 else 'behind'} that of {host}"


def _theirs(kind: str) -> str:
    """What to do when we cannot reach the other hub: it may be ours that is at fault, or not."""
    if kind == "dns":
        return N_("Is it spelt right? If it is, this machine cannot look up names: see /etc/resolv.conf.")
    return N_("Try another hub. If none can be reached, look at this machine's way out: its firewall, its network.")


def _arrived(tx: Tx, letter: str) -> bool:
    return tx.one("SELECT 1 AS x FROM inbox WHERE uri = :uri", uri=letter) is not None
