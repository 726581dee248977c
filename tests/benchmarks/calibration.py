"""What one operation costs in CPU, as a ratio that means the same on every machine.

The floors stand in docs/build/benchmarks.md, measured once on one machine. How fast another machine is at this moment
is found with two small things taken in the same run: an RSA-2048 signature for the cryptographic part of a floor,
`json.loads` of a 3 KB activity for everything else.
"""

import contextlib
import gc
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

SIGN, LOADS = 247.0, 9.7  # µs on the machine that the floors were measured on
BATCHES = 12  # before and after; the median counts, so that a neighbour's burst does not
TICK = 1_000_000 / os.sysconf("SC_CLK_TCK")  # µs


@dataclass(frozen=True)
class Floor:
    """The least that an operation costs, in µs of the first machine: the sum of its measured parts."""

    rest: float
    crypto: float = 0.0


NONE = Floor(0.0)


@dataclass(frozen=True)
class Machine:
    """How fast this one is now: µs of one signature and of one `json.loads`."""

    sign: float
    loads: float

    def floor(self, floor: Floor) -> float:
        return floor.crypto * self.sign / SIGN + floor.rest * self.loads / LOADS


@dataclass(frozen=True)
class Figure:
    """What was found: µs of CPU for one operation, and the floor as it is on this machine."""

    name: str
    cost: float
    floor: float = 0.0
    target: float = 0.0

    @property
    def ratio(self) -> float:
        return self.cost / self.floor if self.floor else 0.0

    def __str__(self) -> str:
        line = f"{self.name:<46} {self.cost:>9,.1f} µs"
        if self.floor:
            line += f"   floor {self.floor:>7,.1f}   {self.ratio:>5.1f}x"
        if self.target:
            line += f"   target {self.target:g}x   {'met' if self.ratio <= self.target else 'missed'}"
        return line


class Meter:
    """Counts the CPU that stretches of the same work take, and calibrates before and after each.

    A machine that is shared changes its speed from second to second: the stretch in the middle counts.
    """

    def __init__(self, spent: Callable[[], float]) -> None:
        self._spent = spent
        self.stretches: list[tuple[float, Machine]] = []

    @contextlib.contextmanager
    def running(self, times: int = 1) -> Iterator[None]:
        """A stretch in which the operation is done so many times."""
        before, began = calibrate(), self._spent()
        yield
        cost, looks = self._spent() - began, before + calibrate()
        machine = Machine(median(one.sign for one in looks), median(one.loads for one in looks))
        self.stretches.append((cost / times, machine))

    def figure(self, name: str, floor: Floor = NONE, target: float = 0.0) -> Figure:
        found = sorted((Figure(name, cost, machine.floor(floor), target) for cost, machine in self.stretches), key=_by)
        middle = found[(len(found) - 1) // 2]
        print(f"\n{middle}", end="", flush=True)
        return middle


def _by(figure: Figure) -> float:
    return figure.ratio or figure.cost


def here() -> float:
    """µs of CPU that this process has spent, all its threads together."""
    return time.process_time() * 1_000_000


def of(pid: int) -> Callable[[], float]:
    """The same of another process, its children not counted. Comes in steps of 10 ms."""

    def spent() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK

    return spent


def resident(pid: int) -> float:
    """Megabytes of memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def calibrate() -> list[Machine]:
    """How fast the machine is, many times over some sixty milliseconds."""
    key, text, activity, collecting = _key(), b"x" * 300, a_create(0), gc.isenabled()
    gc.disable()  # what else lies about in this process is not part of the machine
    try:
        return [
            Machine(_each(lambda: key.sign(text, PKCS1v15(), SHA256()), 10), _each(lambda: json.loads(activity), 250))
            for _ in range(BATCHES)
        ]
    finally:
        if collecting:
            gc.enable()


def a_create(number: int, actor: str = "https://sunil.example/users/sunil") -> bytes:
    """A `Create` of a note as Mastodon sends it, of 3.3 KB."""
    note = f"{actor}/statuses/{115_000_000_000_000_000 + number}"
    host = "/".join(actor.split("/")[:3])
    words = (
        f"<p>Forty of us planted the last trees this morning ({number}). Thank you to everybody who brought a spade, "
        f'a flask or a dog! Next: <a href="{host}/tags/watering" class="mention hashtag" rel="tag">#<span>watering'
        "</span></a>, on Tuesday &amp; Friday evenings, by the old mill.</p><p>There is a rota in the shed, and a list "
        "of what each tree is called. Children may name one each, and several have: we now have an apple tree called "
        "Gwenllian, and a plum called <strong>Doctor Who</strong>. The photographs are on <a "
        'href="https://orchard.example/photos" rel="nofollow noopener" target="_blank"><span class="invisible">https://'
        "</span>orchard.example/photos</a>.</p>"
    )
    document = {
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            {
                "ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri", "sensitive": "as:sensitive",
                "inReplyToAtomUri": "ostatus:inReplyToAtomUri", "conversation": "ostatus:conversation",
                "toot": "http://joinmastodon.org/ns#", "votersCount": "toot:votersCount", "Hashtag": "as:Hashtag",
            },
        ],
        "id": f"{note}/activity", "type": "Create", "actor": actor, "published": "2026-05-01T09:00:00Z",
        "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [f"{actor}/followers"],
        "object": {
            "id": note, "type": "Note", "summary": None, "inReplyTo": None, "published": "2026-05-01T09:00:00Z",
            "url": f"{host}/@sunil/{number}", "attributedTo": actor, "sensitive": False, "atomUri": note,
            "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [f"{actor}/followers"],
            "inReplyToAtomUri": None,
            "conversation": f"tag:{host[8:]},2026-05-01:objectId={number}:objectType=Conversation",
            "content": words, "contentMap": {"en": words}, "attachment": [],
            "tag": [{"type": "Hashtag", "href": f"{host}/tags/watering", "name": "#watering"}],
            "replies": {
                "id": f"{note}/replies", "type": "Collection",
                "first": {
                    "type": "CollectionPage", "next": f"{note}/replies?only_other_accounts=true&page=true",
                    "partOf": f"{note}/replies", "items": [],
                },
            },
            "likes": {"id": f"{note}/likes", "type": "Collection", "totalItems": 0},
            "shares": {"id": f"{note}/shares", "type": "Collection", "totalItems": 0},
        },
    }  # fmt: skip
    return json.dumps(document).encode()


def _each(what: Callable[[], object], times: int) -> float:
    began = time.thread_time_ns()
    for _ in range(times):
        what()
    return (time.thread_time_ns() - began) / times / 1000


@cache
def _key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)
