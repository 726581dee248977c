"""Those who ask to join. Each proves their e-mail address before anybody is bothered, and is nobody until let in:
no account, no actor, no name that others could not take."""

import secrets

import msgspec

from hub import audit, invitations, joining, letters, people, relations, settings
from hub.changes import Kind, record
from hub.clock import DAY, now
from hub.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from hub.ids import new_id
from hub.invitations import Invitation
from hub.store import Row, Tx
from hub.text import clean_words

LINK_LASTS = DAY  # to prove an address
KEPT = 30 * DAY  # what became of a sign-up; those that proved nothing go after two days
LONGEST_ANSWER, LONGEST_WORDS = 2000, 2000  # characters


class Draft(msgspec.Struct, frozen=True):
    """What somebody who wants to join types, but for the password."""

    login: str
    email: str
    answer: str = ""
    language: str = ""


class Signup(msgspec.Struct, frozen=True):
    """Somebody who asks to join. `state`: unverified, pending, approved or refused; `invited`: came by a link."""

    id: int
    state: str
    login: str
    email: str
    language: str
    answer: str
    invited: bool
    at: int
    words: str = ""


class Shut(msgspec.Struct, frozen=True):
    """Why nobody can sign up now: closed, invitation, day, backlog or letters; and until when (ms), 0 for unknown."""

    why: str
    until: int = 0


def shut(tx: Tx, invited: bool = False) -> Shut | None:
    """Whether the door is shut, also for those with an invitation: `None` when it is open."""
    terms = joining.terms(tx)
    if not invited and terms.mode in ("closed", "invitation"):
        return Shut(terms.mode)
    if until := letters.full_until(tx):
        return Shut("letters", until)
    return None if invited else _too_many(tx, terms)


def ask(tx: Tx, draft: Draft, password_hash: str, key: str = "") -> Shut | None:
    """Somebody asks to join, perhaps by an invitation (`key`): a letter goes to their address, whoever has it.

    What comes back is the same whether the address is known here or not. Raises `Invalid` naming the field.
    """
    invitation = _invited(tx, key)
    terms = joining.mind(tx)
    if closed := shut(tx, invitation is not None):
        return closed
    draft = checked(tx, draft, asked=invitation is None and terms.mode == "approval" and bool(terms.question))
    if known := _known(tx, draft.email):
        letters.send(tx, letters.STRANGERS, "known", draft.email, **known)
    elif letters.count(tx, letters.STRANGERS, draft.email):
        id = _keep(tx, draft, password_hash, invitation)
        letters.send(tx, "decision", "verify", draft.email, signup=id)
    return None


def join(tx: Tx, draft: Draft, password_hash: str, key: str) -> people.Account:
    """Join by an invitation on a hub that sends no letters, so that no address can be proved."""
    invitation = _invited(tx, key)
    if invitation is None:
        raise NotAllowed(N_("This hub sends no e-mail. Ask one of its stewards for a link to join by."))
    draft = checked(tx, draft, asked=False)
    id = _keep(tx, draft, password_hash, invitation)
    return _let_in(tx, _row(tx, id), invitations.use(tx, invitation.id), by=0)


def checked(tx: Tx, draft: Draft, asked: bool) -> Draft:
    """The same, cleaned. Raises `Invalid`, or `Conflict` for a name that somebody has."""
    login = people.check_login(tx, draft.login, official=False)
    email = people.check_address(draft.email)
    answer = clean_words(draft.answer, longest=LONGEST_ANSWER, field="answer").strip()
    if asked and not answer:
        raise Invalid(N_("Write a line or two, so that the people responsible know who you are."), field="answer")
    languages = settings.get(tx).languages
    return Draft(login, email, answer, draft.language if draft.language in languages else "")


def new_key(tx: Tx, id: int) -> tuple[Signup, str] | None:
    """A new secret for the letter that proves an address; an earlier one ends. `None`: there is nothing to prove."""
    secret = secrets.token_urlsafe(32)
    row = tx.one(
        "UPDATE signup SET hash = :hash, ends = :ends WHERE id = :id AND state = 'unverified' RETURNING *",
        hash=people.hashed(secret), ends=now() + LINK_LASTS, id=id,
    )  # fmt: skip
    return (_signup(row), secret) if row else None


def by_key(tx: Tx, secret: str) -> Signup:
    """Whose link this is. Looking does not use it up. Raises `NotAllowed` when it is not good."""
    row = tx.one(
        "SELECT * FROM signup WHERE hash = :hash AND state = 'unverified' AND ends > :now",
        hash=people.hashed(secret), now=now(),
    )  # fmt: skip
    if row is None:
        raise NotAllowed(N_("This link has been used or is too old. Sign up again."))
    return _signup(row)


def confirm(tx: Tx, secret: str) -> people.Account | None:
    """The address is theirs. Returns their account when they are let in at once, `None` when a moderator looks first.

    Raises `Conflict` when somebody was faster with the name, or too many wait: the link stays good.
    """
    it = by_key(tx, secret)
    people.check_login(tx, it.login, official=False)
    if _known(tx, it.email):
        raise Conflict(N_("There is an account with that e-mail address already."), field="email")
    terms, row = joining.mind(tx), _row(tx, it.id)
    invitation = invitations.use(tx, row["invitation"]) if row["invitation"] else None
    if invitation is None and _too_many(tx, terms):
        raise Conflict(N_("More people want to join than can be looked after today. Open the link again tomorrow."))
    tx.run(
        """UPDATE signup SET state = 'pending', verified = :now, hash = :none, ends = 0 WHERE id = :id""",
        now=now(), none="", id=it.id,
    )  # fmt: skip
    tx.run("DELETE FROM signup WHERE email = :email AND state = 'unverified'", email=it.email)
    record(tx, Kind.SIGNED_UP, subject=it.id, actor=settings.get(tx).actor)
    if invitation is None and terms.mode != "open":
        letters.gather(tx, "waiting")
        return None
    return _let_in(tx, _row(tx, it.id), invitation, by=0)


def pending(tx: Tx, who: int) -> list[Signup]:
    """Who waits to be let in, the longest first. Moderators may see them."""
    people.require(tx, who, "moderator")
    return [_signup(row) for row in tx.all("SELECT * FROM signup WHERE state = 'pending' ORDER BY id LIMIT 1000")]


def waiting(tx: Tx) -> int:
    """How many wait."""
    return _number(tx.one("SELECT count(*) AS n FROM signup WHERE state = 'pending'"))


def waits(tx: Tx, name: str) -> tuple[Signup, str] | None:
    """Who asks to join under this name or address, with their password's hash: they may be told how it stands."""
    row = tx.one(
        """SELECT * FROM signup WHERE (login = :n OR email = :n) AND state IN ('unverified', 'pending')
           ORDER BY CASE state WHEN 'pending' THEN 0 ELSE 1 END, id DESC LIMIT 1""",
        n=name.strip().lower(),
    )  # fmt: skip
    return (_signup(row), row["password"]) if row else None


def approve(tx: Tx, who: int, id: int) -> people.Account:
    """Let somebody in. Moderators may. Raises `NotFound` when somebody has decided already."""
    people.require(tx, who, "moderator")
    account = _let_in(tx, _waiting(tx, id), None, by=who)
    audit.note(tx, who, "approved", account.actor, name=account.login)
    return account


def refuse(tx: Tx, who: int, id: int, words: str = "", *, tell: bool = True) -> None:
    """Do not let somebody in; they get a letter, with `words` if there are any. Moderators may."""
    people.require(tx, who, "moderator")
    row = _waiting(tx, id)
    words = clean_words(words, longest=LONGEST_WORDS, field="words").strip()
    _decide(tx, id, "refused", who, words)
    record(tx, Kind.ACCOUNT_REFUSED, subject=id, actor=who)
    audit.note(tx, who, "refused", id, name=row["login"])
    if tell:
        letters.send(tx, "decision", "refused", row["email"], signup=id)


def refuse_all(tx: Tx, who: int, ids: list[int]) -> int:
    """Refuse all of these at once, without a letter to any: a flood is not answered. Returns how many it were."""
    people.require(tx, who, "moderator")
    there = {it.id for it in pending(tx, who)}
    for id in (refused := [id for id in dict.fromkeys(ids) if id in there]):
        refuse(tx, who, id, tell=False)
    return len(refused)


def get(tx: Tx, id: int) -> Signup | None:
    row = tx.one("SELECT * FROM signup WHERE id = :id", id=id)
    return _signup(row) if row else None


def sweep(tx: Tx) -> None:
    """Forget who proved nothing, and what was decided long ago. Whoever waits is kept."""
    tx.run("DELETE FROM signup WHERE state = 'unverified' AND at < :old", old=now() - 2 * DAY)
    tx.run("DELETE FROM signup WHERE state IN ('approved', 'refused') AND decided < :old", old=now() - KEPT)


def _invited(tx: Tx, key: str) -> Invitation | None:
    if not key:
        return None
    found = invitations.found(tx, key)
    if found is None:
        raise NotAllowed(N_("This invitation has been used up or has ended. Ask for a new one."))
    return found


def _too_many(tx: Tx, terms: joining.Terms) -> Shut | None:
    if waiting(tx) >= terms.backlog:
        return Shut("backlog")
    rows = tx.all(
        "SELECT verified FROM signup WHERE verified > :since ORDER BY verified DESC LIMIT :most",
        since=now() - DAY, most=terms.a_day,
    )  # fmt: skip
    return Shut("day", int(rows[-1]["verified"]) + DAY) if len(rows) >= terms.a_day else None


def _known(tx: Tx, email: str) -> dict[str, int]:
    """Who has this address: an account, closed or not, or somebody who waits to be let in."""
    row = tx.one("SELECT actor FROM account WHERE email = :email", email=email)
    if row is not None:
        return {"account": int(row["actor"])}
    waits = tx.one("SELECT id FROM signup WHERE email = :email AND state = 'pending'", email=email)
    return {"signup": int(waits["id"])} if waits else {}


def _keep(tx: Tx, draft: Draft, password_hash: str, invitation: Invitation | None) -> int:
    id = new_id()
    tx.run(
        """INSERT INTO signup (id, state, login, email, password, language, answer, invitation, at)
           VALUES (:id, 'unverified', :login, :email, :password, :language, :answer, :invitation, :now)""",
        id=id, login=draft.login, email=draft.email, password=password_hash, language=draft.language,
        answer=draft.answer, invitation=invitation.id if invitation else None, now=now(),
    )  # fmt: skip
    return id


def _let_in(tx: Tx, row: Row, invitation: Invitation | None, by: int) -> people.Account:
    """Make the account. `by` is 0 where nobody had to look. Who comes by a moderator's invitation is no newcomer."""
    _decide(tx, row["id"], "approved", by, "")
    account = people.create(
        tx, row["login"], row["email"], row["password"], official=False, language=row["language"],
        newcomer=invitation is None or not invitation.trusted,
    )  # fmt: skip
    relations.follow(tx, account.actor, settings.get(tx).actor)  # their first page begins with their own street
    record(tx, Kind.ACCOUNT_APPROVED, subject=account.actor, actor=by or account.actor)
    if by:
        letters.send(tx, "decision", "approved", account.email, account=account.actor)
    return account


def _decide(tx: Tx, id: int, state: str, by: int, words: str) -> None:
    """Nothing of theirs is kept in two places: of those who are in, the account has it."""
    kept = "email" if state == "refused" else "''"
    tx.run(
        f"""UPDATE signup SET state = :state, decided = :now, decider = :by, words = :words, password = '',
              answer = '', hash = '', email = {kept} WHERE id = :id""",
        state=state, now=now(), by=by, words=words, id=id,
    )  # fmt: skip


def _waiting(tx: Tx, id: int) -> Row:
    row = tx.one("SELECT * FROM signup WHERE id = :id AND state = 'pending'", id=id)
    if row is None:
        raise NotFound(N_("Nobody waits here under that number. Somebody may have decided already."))
    return row


def _row(tx: Tx, id: int) -> Row:
    row = tx.one("SELECT * FROM signup WHERE id = :id", id=id)
    assert row is not None
    return row


def _number(row: Row | None) -> int:
    return int(row["n"]) if row else 0


def _signup(row: Row) -> Signup:
    return Signup(
        id=row["id"], state=row["state"], login=row["login"], email=row["email"], language=row["language"],
        answer=row["answer"], invited=row["invitation"] is not None, at=row["verified"] or row["at"],
        words=row["words"],
    )  # fmt: skip
