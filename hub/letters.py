"""Letters by e-mail that are to go out: how many there may be, and to whom. What they say and who carries them is not
known here.

A job says what a letter is for and about whom, and never holds a secret: a link that opens something is made when the
letter is written, in the worker, and goes nowhere but into the letter.
"""

import hashlib

from hub import jobs, people
from hub.clock import DAY, HOUR, MINUTE, now
from hub.ids import new_id
from hub.store import Tx

KIND = "mail"  # of the jobs
AN_HOUR = 20  # letters to people who have no account yet
GAP = 5 * MINUTE  # between two letters to one address for one purpose
THRICE = 3  # an hour, to one address for one purpose
DAILY = "daily"  # the purpose of letters that say how things stand
STRANGERS = "sign-up"  # the purpose of letters to those who ask to join
FREE = ("notice", "decision")  # what is told once, and never because a stranger asked for it: not counted


def send(tx: Tx, purpose: str, letter: str, to: str, **about: int | str) -> bool:
    """Have the letter called `letter` written and sent. False when there was one for this purpose just now."""
    if not count(tx, purpose, to):
        return False
    jobs.enqueue(tx, KIND, {"letter": letter, **about})
    return True


def count(tx: Tx, purpose: str, to: str) -> bool:
    """Count a letter, as is done also for an address that nobody here has. False when it is one too many."""
    if purpose in FREE:
        return True
    row = tx.one(
        """SELECT count(*) AS n, coalesce(max(at), 0) AS last FROM letter
           WHERE whom = :whom AND purpose = :purpose AND at > :since""",
        whom=_hashed(to), purpose=purpose, since=now() - HOUR,
    )  # fmt: skip
    assert row is not None  # an aggregate always has one
    if row["n"] >= THRICE or now() - row["last"] < GAP:
        return False
    tx.run(
        "INSERT INTO letter (id, purpose, whom, at) VALUES (:id, :purpose, :whom, :now)",
        id=new_id(), purpose=purpose, whom=_hashed(to), now=now(),
    )  # fmt: skip
    return True


def gather(tx: Tx, letter: str) -> None:
    """Tell those who look after the hub what waits for them: within the hour, and never twice within a day.

    Whatever comes meanwhile is in the same letter, or in that of the next day.
    """
    for who in people.those(tx, "moderator"):
        whom = _hashed(f"{letter}|{who}")
        sql = "SELECT max(at) AS last FROM letter WHERE whom = :whom AND purpose = :daily"
        row = tx.one(sql, whom=whom, daily=DAILY)
        last = (row["last"] or 0) if row else 0
        if last > now():  # it is on its way
            continue
        due = max(now() + HOUR, last + DAY)
        tx.run(
            "INSERT INTO letter (id, purpose, whom, at) VALUES (:id, :daily, :whom, :due)",
            id=new_id(), daily=DAILY, whom=whom, due=due,
        )  # fmt: skip
        jobs.enqueue(tx, KIND, {"letter": letter, "account": who}, due=due)


def full_until(tx: Tx) -> int:
    """When the next letter may go to somebody who asks to join; 0 for now."""
    rows = tx.all(
        "SELECT at FROM letter WHERE purpose = :purpose AND at > :since ORDER BY at DESC LIMIT :most",
        purpose=STRANGERS, since=now() - HOUR, most=AN_HOUR,
    )  # fmt: skip
    return int(rows[-1]["at"]) + HOUR if len(rows) >= AN_HOUR else 0


def sweep(tx: Tx) -> None:
    tx.run("DELETE FROM letter WHERE at < :old", old=now() - DAY)


def _hashed(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()
