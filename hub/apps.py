"""Apps in which residents read and write: how they become known, what somebody lets them do, and for how long.

An app is given a *code* when somebody agrees, and changes it for a *token* within a minute. A secret is told once;
we keep its hash. An app never ends, and a token does not as long as it is used.
"""

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
from urllib.parse import urlsplit

import msgspec

from hub import letters, people, scopes
from hub.clock import DAY, MINUTE, now
from hub.errors import N_, Invalid
from hub.ids import new_id
from hub.links import hashed
from hub.packing import pack, unpack
from hub.roles import Account, account_of
from hub.store import Row, Tx

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"  # the person carries the code over by hand
FORBIDDEN = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source"})
LONGEST_NAME, LONGEST_ADDRESS, MOST_REDIRECTS = 60, 2000, 10
CODE_LASTS = MINUTE
CODE_KEPT = DAY  # how long a code that was used is known, so that using it again can be told
UNUSED = 180 * DAY  # a token that nobody used for so long has ended
MOST_TOLD = 20  # apps that one letter names
SEEN_EVERY = 10 * MINUTE  # how often a token's last use is written down
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.S)
_UNSEEN = re.compile(r"[^\x21-\x7e]|\\")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # a SHA-256 in base64url
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class App(msgspec.Struct, frozen=True):
    """A program, as its makers describe it. `client` is the name that it gives itself to us with."""

    id: int
    client: str
    name: str
    website: str
    redirects: tuple[str, ...]
    scopes: tuple[str, ...]
    created: int


class Draft(msgspec.Struct, frozen=True):
    """What an app says when it makes itself known. `plain`: whether it may be sent back to by http."""

    name: str
    redirects: tuple[str, ...]
    scopes: str = ""
    website: str = ""
    plain: bool = False


class Consent(msgspec.Struct, frozen=True):
    """What somebody agreed to: the app, where it is sent back to, what it may do, and its PKCE challenge."""

    app: int
    redirect: str
    scopes: str
    challenge: str = ""


class Issued(msgspec.Struct, frozen=True):
    """A new token, whose `secret` is told this once."""

    secret: str
    scopes: str
    created: int


class Held(msgspec.Struct, frozen=True):
    """Who stands behind a token. `stale`: its use should be written down again. `account` may be closed."""

    account: Account | None
    app: int
    token: int
    scopes: frozenset[str]
    stale: bool


class Grant(msgspec.Struct, frozen=True):
    """An app that somebody let in: what it may do, since when, and when it was last used."""

    app: int
    name: str
    website: str
    scopes: tuple[str, ...]
    created: int
    used: int

    @property
    def ends(self) -> int:
        """When it is let in no more, if nobody uses it until then."""
        return self.used + UNUSED


# An app makes itself known


def register(tx: Tx, draft: Draft) -> tuple[App, str]:
    """Keep an app. Returns it and its secret. Raises `Invalid` naming the field."""
    name, website = draft.name.strip(), draft.website.strip()
    if not name:
        raise Invalid(N_("Name can’t be blank"), field="client_name")
    if len(name) > LONGEST_NAME:
        raise Invalid(N_("Name is too long: use at most %(n)s characters"), field="client_name", n=LONGEST_NAME)
    if website and (len(website) > LONGEST_ADDRESS or not re.fullmatch(r"https?://[^\s/?#]+\S*", website)):
        raise Invalid(N_("Website must be an address that begins with https://"), field="website")
    redirects = tuple(dict.fromkeys(draft.redirects))
    if not 1 <= len(redirects) <= MOST_REDIRECTS:
        raise Invalid(N_("Redirect URI: give one to %(n)s"), field="redirect_uris", n=MOST_REDIRECTS)
    for one in redirects:
        check_redirect(one, plain=draft.plain)
    wanted = scopes.parted(draft.scopes) or (scopes.USUAL,)
    if not scopes.KNOWN.issuperset(wanted):
        raise Invalid(N_("Scopes doesn’t match configured on the server"), field="scopes")
    app = App(new_id(), secrets.token_urlsafe(32), name, website, redirects, wanted, now())
    secret = secrets.token_urlsafe(32)
    tx.run(
        """INSERT INTO app (id, client, secret, name, website, redirects, scopes, created)
           VALUES (:id, :client, :secret, :name, :website, :redirects, :scopes, :created)""",
        id=app.id, client=app.client, secret=hashed(secret), name=name, website=website, redirects=pack(redirects),
        scopes=" ".join(wanted), created=app.created,
    )  # fmt: skip
    return app, secret


def check_redirect(address: str, *, plain: bool = False) -> None:
    """Raises `Invalid` for an address that nobody is sent to: one that runs as a script, or is read in two ways."""
    found = _SCHEME.fullmatch(address)
    if address == OUT_OF_BAND:
        return
    if found is None or len(address) > LONGEST_ADDRESS or _UNSEEN.search(address):
        raise Invalid(N_("Redirect URI must be an absolute URI"), field="redirect_uris")
    scheme = found[1].lower()
    if scheme in FORBIDDEN:
        raise Invalid(N_("Redirect URI has a scheme that is forbidden by the server"), field="redirect_uris")
    if "#" in address:
        raise Invalid(N_("Redirect URI cannot contain a fragment"), field="redirect_uris")
    if scheme in ("http", "https"):
        _check_web(address, plain=plain or scheme == "https")


def _check_web(address: str, *, plain: bool) -> None:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or "@" in parts.netloc or "://" not in address:
        raise Invalid(N_("Redirect URI must be an absolute URI"), field="redirect_uris")
    if not plain and not is_loopback(host):
        raise Invalid(N_("Redirect URI must begin with https://"), field="redirect_uris")


def is_loopback(host: str) -> bool:
    """Whether it is the machine that the browser itself runs on."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def public(redirect: str) -> bool:
    """Whether an app that is sent back to there can keep no secret: it runs where its user is."""
    scheme, _, rest = redirect.partition(":")
    if scheme.lower() not in ("http", "https"):
        return True
    return is_loopback(urlsplit(f"{scheme}:{rest}").hostname or "")


def get(tx: Tx, client: str) -> App | None:
    """The app that calls itself `client`."""
    row = tx.one("SELECT * FROM app WHERE client = :client", client=client)
    return _app(row) if row else None


def by_id(tx: Tx, id: int) -> App | None:
    row = tx.one("SELECT * FROM app WHERE id = :id", id=id)
    return _app(row) if row else None


def known(tx: Tx, client: str, secret: str) -> App | None:
    """The same, if it knows its secret."""
    row = tx.one("SELECT * FROM app WHERE client = :client", client=client)
    return _app(row) if row and hmac.compare_digest(row["secret"], hashed(secret)) else None


def _app(row: Row) -> App:
    return App(
        row["id"], row["client"], row["name"], row["website"], unpack(row["redirects"], tuple[str, ...]),
        tuple(row["scopes"].split()), row["created"],
    )  # fmt: skip


# Somebody lets it in


def agree(tx: Tx, who: int, consent: Consent) -> str:
    """`who` agrees. Returns the code for the app, good once and for a minute."""
    secret = secrets.token_urlsafe(32)
    tx.run("DELETE FROM code WHERE ends < :old", old=now() - CODE_KEPT)
    tx.run(
        """INSERT INTO code (hash, app, account, redirect, scopes, challenge, ends)
           VALUES (:hash, :app, :who, :redirect, :scopes, :challenge, :ends)""",
        hash=hashed(secret), app=consent.app, who=who, redirect=consent.redirect, scopes=consent.scopes,
        challenge=consent.challenge, ends=now() + CODE_LASTS,
    )  # fmt: skip
    return secret


def is_challenge(text: str) -> bool:
    return _CHALLENGE.fullmatch(text) is not None


def exchange(tx: Tx, app: App, code: str, redirect: str, verifier: str) -> Issued | None:
    """A code becomes a token. `None` when it does not; and a code that comes again ends what it was changed for."""
    row = tx.one(
        """SELECT c.*, acc.closed FROM code c JOIN account acc ON acc.actor = c.account WHERE c.hash = :hash""",
        hash=hashed(code),
    )  # fmt: skip
    if row is None or row["app"] != app.id:
        return None
    if row["token"] is not None:
        tx.run("DELETE FROM token WHERE id = :token", token=row["token"])
        tx.wake()
        return None
    if row["ends"] <= now() or row["closed"] is not None or row["redirect"] != redirect:
        return None
    if not _proved(row["challenge"], verifier):
        return None
    id, issued = _issue(tx, app.id, row["account"], row["scopes"])
    if not tx.run("UPDATE code SET token = :id WHERE hash = :hash AND token IS NULL", id=id, hash=row["hash"]):
        tx.run("DELETE FROM token WHERE id = :id", id=id)
        return None
    return issued


def _proved(challenge: str, verifier: str) -> bool:
    """PKCE, S256: needed when a challenge was given, and refused when none was, so that nobody can leave it out."""
    if not challenge or not verifier:
        return not challenge and not verifier
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    made = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return _VERIFIER.fullmatch(verifier) is not None and hmac.compare_digest(made, challenge)


def own_token(tx: Tx, app: App, wanted: str) -> Issued | None:
    """A token for the app itself, with which it acts for nobody. `None` when it asks for more than it said it would."""
    asked = scopes.parted(wanted) or tuple(one for one in app.scopes if one == scopes.USUAL) or app.scopes
    if not scopes.cover(app.scopes, asked) or any(one.startswith(scopes.ADMIN) for one in asked):
        return None
    return _issue(tx, app.id, None, " ".join(asked))[1]


def let_in(tx: Tx, who: int, app: App, wanted: str) -> str:
    """A token for `who` without further ado. Returns its secret."""
    return _issue(tx, app.id, who, wanted)[1].secret


def _issue(tx: Tx, app: int, account: int | None, granted: str) -> tuple[int, Issued]:
    id, secret, at = new_id(), secrets.token_urlsafe(32), now()
    tx.run(
        """INSERT INTO token (id, hash, app, account, scopes, created, used)
           VALUES (:id, :hash, :app, :account, :scopes, :now, :now)""",
        id=id, hash=hashed(secret), app=app, account=account, scopes=granted, now=at,
    )  # fmt: skip
    return id, Issued(secret, granted, at)


# A token is used, and ends


def held(tx: Tx, secret: str) -> Held | None:
    """Who stands behind a token; `None` when there is none, or it has ended."""
    row = tx.one(
        """SELECT acc.*, t.id AS token, t.app AS by_app, t.scopes AS granted, t.used AS last FROM token t
           LEFT JOIN account acc ON acc.actor = t.account WHERE t.hash = :hash""",
        hash=hashed(secret),
    )  # fmt: skip
    if row is None or now() - row["last"] > UNUSED:
        return None
    account = None if row["actor"] is None else account_of(row)
    stale = now() - row["last"] > SEEN_EVERY
    return Held(account, row["by_app"], row["token"], frozenset(row["granted"].split()), stale)


def used(tx: Tx, token: int) -> None:
    row = tx.one("UPDATE token SET used = :now WHERE id = :token RETURNING account", now=now(), token=token)
    if row is not None and row["account"] is not None:
        tx.run("UPDATE account SET seen = :now WHERE actor = :actor", now=now(), actor=row["account"])


def revoke(tx: Tx, app: App, secret: str) -> bool:
    """The app gives a token of its own back. False when it is another's, which stays."""
    row = tx.one("SELECT id, app FROM token WHERE hash = :hash", hash=hashed(secret))
    if row is not None and row["app"] != app.id:
        return False
    if row is not None:
        tx.run("DELETE FROM token WHERE id = :id", id=row["id"])
        tx.wake()  # who listens with it must go
    return True


def granted(tx: Tx, who: int) -> list[Grant]:
    """The apps that somebody has let in, the last used first."""
    rows = tx.all(
        """SELECT app.id, app.name, app.website, t.scopes, t.created, t.used FROM token t JOIN app ON app.id = t.app
           WHERE t.account = :who AND t.used > :old ORDER BY t.used DESC LIMIT 500""",
        who=who, old=now() - UNUSED,
    )  # fmt: skip
    found: dict[int, Grant] = {}
    for row in rows:
        had = found.get(row["id"])
        both = scopes.parted(f"{' '.join(had.scopes) if had else ''} {row['scopes']}")
        since = min(row["created"], had.created) if had else row["created"]
        found[row["id"]] = Grant(
            row["id"], row["name"], row["website"], both, since, max(row["used"], had.used if had else 0)
        )
    return [*found.values()]


def end(tx: Tx, who: int, app: int) -> None:
    """Somebody lets an app in no more."""
    tx.run("DELETE FROM code WHERE account = :who AND app = :app", who=who, app=app)
    tx.run("DELETE FROM token WHERE account = :who AND app = :app", who=who, app=app)
    tx.wake()


def end_all(tx: Tx, who: int) -> None:
    tx.run("DELETE FROM code WHERE account = :who", who=who)
    tx.run("DELETE FROM token WHERE account = :who", who=who)
    tx.wake()


def sweep(tx: Tx) -> int:
    """Forget tokens that nobody used for half a year. Returns how many. Whoever has let the app in is told by letter,
    unless it goes on acting for them elsewhere."""
    ended = tx.all(
        """SELECT t.id, t.account, app.name, CASE WHEN EXISTS (
             SELECT 1 FROM token o WHERE o.account = t.account AND o.app = t.app AND o.used >= :old
           ) THEN 1 ELSE 0 END AS goes_on
           FROM token t JOIN app ON app.id = t.app WHERE t.used < :old ORDER BY t.account, app.name""",
        old=now() - UNUSED,
    )  # fmt: skip
    tx.run("DELETE FROM token WHERE used < :old", old=now() - UNUSED)
    gone = [(row["account"], " ".join(row["name"].split())) for row in ended if row["account"] and not row["goes_on"]]
    for who in dict.fromkeys(account for account, _ in gone):
        names = [*dict.fromkeys(name for account, name in gone if account == who)][:MOST_TOLD]
        letters.send(tx, "notice", "apps-ended", people.get(tx, who).email, account=who, apps="\n".join(names))
    return len(ended)
