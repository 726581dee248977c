"""ActivityPub: how this hub and other servers speak. These names are all that the web may take from here."""

from federation import inbox
from federation.finding import find_account, find_thing
from federation.http import Client, Unreachable
from federation.inbox import is_letter, posted
from federation.moving import claim_account, move_account
from federation.negotiate import prefers_page
from federation.outcome import Outcome, Runner, settle
from federation.outgoing import announce
from federation.parcels import Parcel, packed
from federation.peers import Found, find_hub, follow_hub, stop_following, subscribe_url
from federation.roundtrip import Step, through
from federation.routes import on_the_shelf
from federation.routes import routes as reading
from federation.shelved import Reply, Shelved
from federation.waking import wake
from federation.wire import Limits, Wire
from federation.work import RUNNERS, schedule

routes = [*inbox.routes, *reading]

__all__ = [
    "RUNNERS",
    "Client",
    "Found",
    "Limits",
    "Outcome",
    "Parcel",
    "Reply",
    "Runner",
    "Shelved",
    "Step",
    "Unreachable",
    "Wire",
    "announce",
    "claim_account",
    "find_account",
    "find_hub",
    "find_thing",
    "follow_hub",
    "is_letter",
    "move_account",
    "on_the_shelf",
    "packed",
    "posted",
    "prefers_page",
    "routes",
    "schedule",
    "settle",
    "stop_following",
    "subscribe_url",
    "through",
    "wake",
]
