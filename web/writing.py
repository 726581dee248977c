"""What the hub's letters say. Each is written when it is sent, in the language of whoever gets it.

The secret of a link is made here, in the same transaction, and goes nowhere but into the letter: no job ever holds it.
"""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hub import held, people, profiles, recovery, rescue, settings, signups
from hub.clock import DAY, HOUR, MINUTE
from hub.errors import N_, NotFound
from hub.people import Account
from hub.signups import Signup
from hub.store import Tx
from web import i18n
from web.shell import best

Args = Mapping[str, Any]


class Letter(msgspec.Struct, frozen=True):
    """One letter, in plain words. `sender` is what the hub is called."""

    id: str
    to: str
    sender: str
    subject: str
    text: str
    language: str


class Pen:
    """Writes one letter in one language."""

    def __init__(self, tx: Tx, base: str, folders: tuple[Path, ...], language: str) -> None:
        hub = settings.get(tx)
        self.base, self.language = base, language if language in i18n.LANGUAGES else hub.languages[0]
        self.words = i18n.catalogue(self.language, folders)
        self.hub = _one_line((best(hub.name, self.language) or ("Neighbourhub", ""))[0])
        self.paragraphs: list[str] = []

    def say(self, message: str, **facts: object) -> "Pen":
        self.paragraphs.append(self.words.gettext(message) % ({"hub": self.hub} | facts))
        return self

    def link(self, path: str, key: str) -> "Pen":
        """An address of ours, always from the configuration; it opens in the letter's language."""
        self.paragraphs.append(f"{self.base}{path}?key={key}&lang={self.language}")
        return self

    def quote(self, words: str) -> "Pen":
        self.paragraphs.append("\n".join(f"> {line}" for line in words.splitlines()))
        return self

    def letter(self, to: str, subject: str) -> Letter:
        said = self.words.gettext(subject) % {"hub": self.hub}
        text = "\n\n".join([*self.paragraphs, f"-- \n{self.hub}\n{self.base}"]) + "\n"
        return Letter(secrets.token_hex(16), to, self.hub, _one_line(said), text, self.language)


def write(tx: Tx, args: Args, base: str, folders: tuple[Path, ...]) -> Letter | None:
    """The letter that a job asks for; `None` when there is nothing to say any more."""
    writer = LETTERS[str(args["letter"])]
    if "account" in args:
        account = _account(tx, int(args["account"]))
        return writer(tx, Pen(tx, base, folders, account.language), account, args) if account else None
    signup = signups.get(tx, int(args["signup"]))
    if signup is None or not signup.email:
        return None
    return writer(tx, Pen(tx, base, folders, signup.language), signup, args)


def verify(tx: Tx, pen: Pen, who: Signup, args: Args) -> Letter | None:
    made = signups.new_key(tx, who.id)
    if made is None:
        return None
    pen.say(
        N_("Somebody, we hope you, wants to join %(hub)s as %(name)s. Please say that this is your address:"),
        name=who.login,
    )
    pen.link("/signup/confirm", made[1])
    pen.say(
        N_("The link is good for %(hours)s hours. If it was not you, do nothing: you hear no more from us."),
        hours=signups.LINK_LASTS // HOUR,
    )
    return pen.letter(who.email, N_("Is this your address? %(hub)s"))


def known(tx: Tx, pen: Pen, who: Account | Signup, args: Args) -> Letter | None:
    """To somebody whose address was typed although it is known here; nobody else learns that it is."""
    if isinstance(who, Signup):
        pen.say(N_("Somebody, we hope you, wants to join %(hub)s with this address."))
        pen.say(N_("You have asked already: your request waits for a moderator. You get a letter when it is decided."))
    elif not people.may(who, "resident"):
        pen.say(N_("Somebody, we hope you, wants to use this address on %(hub)s."))
        pen.say(N_("It belongs to an account that is closed. If you want to come back, ask the people responsible."))
    else:
        pen.say(N_("Somebody, we hope you, wants to use this address on %(hub)s."))
        pen.say(N_("There is an account with it already: you sign in as %(name)s."), name=who.login)
        pen.say(
            N_("If you have forgotten the password, choose a new one here: %(address)s"),
            address=f"{pen.base}/password/forgotten",
        )
    pen.say(N_("If it was not you, do nothing. Nothing has changed."))
    return pen.letter(who.email, N_("You are known here already: %(hub)s"))


def approved(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    pen.say(N_("Welcome to %(hub)s, %(name)s. You can sign in now, with the password that you chose:"), name=who.login)
    pen.paragraphs.append(f"{pen.base}/signin")
    return pen.letter(who.email, N_("You are in: %(hub)s"))


def refused(tx: Tx, pen: Pen, who: Signup, args: Args) -> Letter | None:
    pen.say(N_("You asked to join %(hub)s as %(name)s. The people responsible have not let you in."), name=who.login)
    if who.words:
        pen.say(N_("They say:")).quote(who.words)
    pen.say(N_("You need no account to read the hub, to come along, or to help."))
    return pen.letter(who.email, N_("About your wish to join %(hub)s"))


def reset(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    if not people.may(who, "resident"):
        return None
    pen.say(
        N_("Somebody, we hope you, has forgotten the password of %(name)s on %(hub)s. Choose a new one here:"),
        name=who.login,
    )
    pen.link("/password/reset", recovery.new_reset(tx, who.actor))
    pen.say(
        N_("The link is good once, for %(minutes)s minutes. If it was not you, do nothing: your password stays."),
        minutes=recovery.RESET_LASTS // MINUTE,
    )
    return pen.letter(who.email, N_("A new password for %(hub)s"))


def sign_in(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    if not people.may(who, "resident"):
        return None
    pen.say(
        N_("Sign in to %(hub)s as %(name)s with this link. Open it on the device where you asked for it:"),
        name=who.login,
    )
    pen.link("/signin/link", recovery.new_entry(tx, who.actor, str(args["browser"])))
    pen.say(
        N_("It is good once, for %(minutes)s minutes. If it was not you, do nothing: nobody else can use it."),
        minutes=recovery.ENTRY_LASTS // MINUTE,
    )
    return pen.letter(who.email, N_("Your link to sign in: %(hub)s"))


def password_changed(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    pen.say(N_("The password of %(name)s on %(hub)s is a new one, and everybody was signed out."), name=who.login)
    pen.say(
        N_("If it was not you, choose another one now and tell the people responsible: %(address)s"),
        address=f"{pen.base}/password/forgotten",
    )
    return pen.letter(who.email, N_("Your password was changed: %(hub)s"))


def new_address(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    if not people.may(who, "resident"):
        return None
    to = str(args["email"])
    pen.say(N_("Somebody, we hope you, wants this to be the address of %(name)s on %(hub)s."), name=who.login)
    pen.say(N_("Please say that it is yours:"))
    pen.link("/account/email/confirm", recovery.new_address(tx, who.actor, to))
    pen.say(
        N_("The link is good once, for %(minutes)s minutes. If it was not you, do nothing."),
        minutes=recovery.CONFIRM_LASTS // MINUTE,
    )
    return pen.letter(to, N_("Is this your new address? %(hub)s"))


def address_changed(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    if not people.may(who, "resident"):
        return None
    to = str(args["email"])
    pen.say(N_("From now on, %(name)s on %(hub)s has another e-mail address than this one."), name=who.login)
    pen.say(N_("If it was not you, take it back. That also signs everybody out, and you choose a new password:"))
    pen.link("/account/email/undo", recovery.new_undo(tx, who.actor, to))
    pen.say(N_("The link is good for %(days)s days."), days=recovery.UNDO_LASTS // DAY)
    return pen.letter(to, N_("Your address was changed: %(hub)s"))


def waiting(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    """To those who look after the hub, once a day at most; nothing when somebody has seen to it meanwhile."""
    join, posts, portraits = signups.waiting(tx), held.waiting(tx), profiles.waiting(tx)
    if not people.may(who, "moderator") or not (join or posts or portraits):
        return None
    if join:
        who_joins = pen.words.ngettext("%(n)s person waits to join:", "%(n)s people wait to join:", join)
        pen.paragraphs += [who_joins % {"n": join}, f"{pen.base}/steward/signups"]
    if posts:
        to_read = pen.words.ngettext(
            "%(n)s post by a newcomer waits to be read:", "%(n)s posts by newcomers wait to be read:", posts
        )
        pen.paragraphs += [to_read % {"n": posts}, f"{pen.base}/steward/held"]
    if portraits:
        to_read = pen.words.ngettext(
            "%(n)s newcomer says something of themselves:", "%(n)s newcomers say something of themselves:", portraits
        )
        pen.paragraphs += [to_read % {"n": portraits}, f"{pen.base}/steward/held"]
    pen.say(N_("You get such a letter once a day at most, and none when nothing waits."))
    return pen.letter(who.email, N_("What waits at %(hub)s"))


def rescue_asked(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    pen.say(N_("A steward of %(hub)s says that you cannot sign in as %(name)s any more."), name=who.login)
    pen.say(N_("Another steward has three days to say yes to letting you back in. Until then nothing changes."))
    return _or_no(tx, pen, who, N_("Is somebody to let you back in? %(hub)s"))


def rescue_approved(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    pen.say(N_("Two stewards of %(hub)s have decided to let %(name)s back in."), name=who.login)
    pen.say(N_("One has a link for you, the other a code. For an hour, whoever has both can choose a new password."))
    return _or_no(tx, pen, who, N_("You can choose a new password: %(hub)s"))


def _or_no(tx: Tx, pen: Pen, who: Account, subject: str) -> Letter | None:
    """The rest of such a letter: how to say no. `None` when it is over meanwhile."""
    key = rescue.new_refusal(tx, who.actor) if people.may(who, "resident") else None
    if key is None:
        return None
    pen.say(N_("If you have not asked them for it, somebody may be after your account. Say no:"))
    return pen.link("/rescue/refuse", key).letter(who.email, subject)


def rescue_over(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    if not people.may(who, "resident"):
        return None
    pen.say(
        N_("It is over: %(name)s is not let back in at %(hub)s. Nothing of your account has changed."), name=who.login
    )
    pen.say(N_("If you cannot sign in, talk to the stewards again."))
    return pen.letter(who.email, N_("Nothing has changed: %(hub)s"))


HELPED = {
    "rescue-used": N_("%(name)s on %(hub)s has a new password, chosen with what two stewards gave out."),
    "reset-shell": N_("%(name)s on %(hub)s was given a new password by whoever runs the machine."),
    "reset-shell-second": N_("%(name)s on %(hub)s was given a new password by whoever runs the machine."),
    "link-made": N_("A steward of %(hub)s has made a link to choose a new password for %(name)s with."),
}
CLEARED = ("rescue-used", "reset-shell-second")


def helped(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    """Somebody else has seen to it that a new password can be, or was, chosen."""
    letter = str(args["letter"])
    if not people.may(who, "resident"):
        return None
    pen.say(HELPED[letter], name=who.login)
    if letter != "link-made":
        pen.say(N_("Everybody who was signed in with the old one was signed out."))
    if letter in CLEARED:
        pen.say(N_("There is no second step any more. Set one up again when you have signed in."))
    address = f"{pen.base}/about"
    pen.say(N_("If you know nothing of this, tell the people responsible at once: %(address)s"), address=address)
    return pen.letter(who.email, N_("About your account: %(hub)s"))


def apps_ended(tx: Tx, pen: Pen, who: Account, args: Args) -> Letter | None:
    """To somebody who has not used an app for half a year."""
    if not people.may(who, "resident"):
        return None
    pen.say(
        N_("For half a year these apps have not acted for %(name)s on %(hub)s. They are let in no more:"),
        name=who.login,
    )
    pen.quote(str(args["apps"]))
    domain = settings.get(tx).domain
    pen.say(N_("You need do nothing. To use one again, sign in with it: its server is %(domain)s."), domain=domain)
    return pen.letter(who.email, N_("Apps that you no longer use: %(hub)s"))


# Letters that a hub without mail does without: the pages say the same, or there is nobody to be told in time.
SPARED = frozenset({
    "waiting", "rescue-asked", "rescue-approved", "rescue-refused", "rescue-expired", "rescue-guessed", "rescue-used",
    "reset-shell", "reset-shell-second", "link-made", "apps-ended",
})  # fmt: skip
Writer = Callable[[Tx, Pen, Any, Args], Letter | None]
LETTERS: dict[str, Writer] = {
    "verify": verify, "known": known, "approved": approved, "refused": refused, "reset": reset, "sign-in": sign_in,
    "password-changed": password_changed, "new-address": new_address, "address-changed": address_changed,
    "waiting": waiting, "rescue-asked": rescue_asked, "rescue-approved": rescue_approved, "rescue-refused": rescue_over,
    "rescue-expired": rescue_over, "rescue-guessed": rescue_over, "rescue-used": helped, "reset-shell": helped,
    "reset-shell-second": helped, "link-made": helped, "apps-ended": apps_ended,
}  # fmt: skip


def _account(tx: Tx, actor: int) -> Account | None:
    try:
        return people.get(tx, actor)
    except NotFound:
        return None


def _one_line(words: str) -> str:
    return " ".join(words.split())
