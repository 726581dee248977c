"""How a piece of work in the background went, and what is written down about it."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec

from federation.wire import Wire
from hub import jobs, peers
from hub.jobs import Job
from hub.store import Tx


class Outcome(msgspec.Struct, frozen=True):
    """Done, when there is no `error`. Otherwise it is tried again later (`after` ms if somebody said when), unless
    it is `hopeless`. `settle` goes into the transaction that ends the job. `reached` is the server that took it;
    `doubt`: what failed may have arrived all the same.
    """

    error: str = ""
    after: int | None = None
    hopeless: bool = False
    doubt: bool = False
    reached: str = ""
    settle: Callable[[Tx], object] | None = None


DONE = Outcome()
Runner = Callable[[Wire, Job], Coroutine[Any, Any, Outcome]]


def settle(tx: Tx, finished: Sequence[tuple[Job, Outcome]]) -> None:
    """End these jobs, or put them back, with all that goes with it."""
    reached = [outcome.reached for _, outcome in finished if outcome.reached]
    if reached:
        peers.succeeded(tx, *reached)
    for job, outcome in finished:
        # Whoever was held up for longer than a lease finds that somebody else has done it, and all that goes with it.
        if outcome.settle is not None and (outcome.error or jobs.done(tx, job.id)):
            outcome.settle(tx)
        if outcome.error and outcome.hopeless:
            jobs.give_up(tx, job.id, outcome.error)
        elif outcome.error:
            jobs.retry(tx, job.id, outcome.error, outcome.after, doubt=outcome.doubt)
    jobs.done_many(tx, [job.id for job, outcome in finished if not outcome.error])
