"""Polls as apps show them: who is coming to an event, who helps with an ask, what people think."""

from hub import sayings, voting
from hub.kept import Thing
from hub.store import Tx
from hub.voting import Standing
from web.mastodon.shapes import Option, Poll, encoded, stamp
from web.mastodon.view import View


def poll(tx: Tx, v: View, me: int, it: Thing) -> bytes | None:
    """As it stands, with what `me` chose (nothing of that for a stranger). `None` for what has none."""
    standing = voting.standing(tx, me, it)
    return None if standing is None else encoded(_shape(v, me, it, standing))


def _shape(v: View, me: int, it: Thing, poll: Standing) -> Poll:
    labels = poll.labels or sayings.options(it.kind, v.language)
    counts = poll.counts
    options = [Option(label, counts[n] if counts else None) for n, label in enumerate(labels)]
    shown = Poll(
        id=str(it.id), expires_at=None if poll.ends is None else stamp(poll.ends), expired=poll.over,
        multiple=poll.many, votes_count=sum(counts or []), voters_count=poll.voters, options=options,
    )  # fmt: skip
    if not me:
        return shown
    mine = poll.mine
    own = bool(mine) or (not poll.keys and it.by.id == me)  # who asks knows: apps show them the numbers at once
    return Poll(
        id=shown.id, expires_at=shown.expires_at, expired=shown.expired, multiple=shown.multiple,
        votes_count=shown.votes_count, voters_count=shown.voters_count, options=options, voted=own, own_votes=mine,
    )  # fmt: skip
