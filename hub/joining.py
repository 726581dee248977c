"""How people join the hub: by asking, by a link, by themselves, or not at all. A steward decides."""

import msgspec

from hub import audit, roles
from hub.clock import DAY, now
from hub.errors import N_, Invalid
from hub.packing import pack, unpack
from hub.store import Row, Tx
from hub.text import Text, clean_text

MODES = ("approval", "open", "invitation", "closed")
UNSEEN = 7 * DAY  # without any moderator, after which nobody joins unlooked-at
# What a newcomer is asked until a steward words it.
QUESTION: Text = {
    "en": "What brings you here? A line about you and where you live helps us know who is who.",
    "cy": "Beth sy’n dod â chi yma? Mae gair amdanoch chi a ble rydych chi’n byw yn ein helpu i wybod pwy yw pwy.",
}


class Terms(msgspec.Struct, frozen=True):
    """How people join. `a_day`, `backlog`: how many may, and may wait. `sign_in_links`: residents may sign in by mail.

    `switched`: when (ms) the hub itself took "open" back, because no moderator was about; 0 for never.
    """

    mode: str = "approval"
    question: Text = msgspec.field(default_factory=lambda: dict(QUESTION))
    a_day: int = 20
    backlog: int = 50
    residents_invite: bool = False
    sign_in_links: bool = True
    switched: int = 0


def terms(tx: Tx) -> Terms:
    row = tx.one("SELECT * FROM joining WHERE id = 1")
    return _terms(row) if row else Terms()


def change(tx: Tx, who: int, wanted: Terms) -> Terms:
    """Say how people join from now on. Stewards may. Raises `Invalid` naming the field."""
    roles.require(tx, who, "steward")
    if wanted.mode not in MODES:
        raise Invalid(N_("Choose one of the answers."), field="mode")
    for field, most in (("a_day", 500), ("backlog", 1000)):
        if not 1 <= getattr(wanted, field) <= most:
            raise Invalid(N_("Type a number from 1 to %(most)s."), field=field, most=most)
    question = clean_text(wanted.question, longest=500, field="question")
    _keep(tx, msgspec.structs.replace(wanted, question=question, switched=0))
    audit.note(tx, who, "joining", mode=wanted.mode)
    return terms(tx)


def mind(tx: Tx) -> Terms:
    """The terms as they hold now: where anybody could join and no moderator was seen for a week, they are changed to
    approval, and stay so until a steward opens the hub again."""
    found = terms(tx)
    if found.mode != "open" or _looked_after(tx):
        return found
    _keep(tx, msgspec.structs.replace(found, mode="approval", switched=now()))
    audit.note(tx, audit.NOBODY, "switched")
    return terms(tx)


def _looked_after(tx: Tx) -> bool:
    row = tx.one(
        """SELECT 1 AS x FROM account WHERE role IN ('moderator', 'steward') AND closed IS NULL AND state = 'active'
             AND (seen > :since OR created > :since) LIMIT 1""",
        since=now() - UNSEEN,
    )  # fmt: skip
    return row is not None


def _keep(tx: Tx, it: Terms) -> None:
    tx.run(
        """INSERT INTO joining (id, mode, question, a_day, backlog, residents_invite, sign_in_links, switched)
           VALUES (1, :mode, :question, :a_day, :backlog, :residents_invite, :sign_in_links, :switched)
           ON CONFLICT (id) DO UPDATE SET mode = excluded.mode, question = excluded.question, a_day = excluded.a_day,
             backlog = excluded.backlog, residents_invite = excluded.residents_invite,
             sign_in_links = excluded.sign_in_links, switched = excluded.switched""",
        mode=it.mode, question=pack(it.question), a_day=it.a_day, backlog=it.backlog,
        residents_invite=int(it.residents_invite), sign_in_links=int(it.sign_in_links), switched=it.switched,
    )  # fmt: skip


def _terms(row: Row) -> Terms:
    return Terms(
        mode=row["mode"], question=unpack(row["question"], Text), a_day=row["a_day"], backlog=row["backlog"],
        residents_invite=bool(row["residents_invite"]), sign_in_links=bool(row["sign_in_links"]),
        switched=row["switched"],
    )  # fmt: skip
