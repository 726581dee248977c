"""Those who follow the hub from afar, as rows: nothing was fetched from them, and nothing waits for them."""

from collections.abc import Iterable

from federation import announce
from hub import actors, settings
from hub.store import Tx


def followed_by(tx: Tx, bases: Iterable[str]) -> None:
    """Somebody on each of these servers follows the hub, and has been told so."""
    for base in bases:
        host, uri = base.partition("://")[2], f"{base}/users/ann"
        seen = actors.Seen(
            uri=uri, kind="person", type="Person", handle="ann", domain=host, name={"en": "Ann"}, url=uri,
            inbox=f"{uri}/inbox", shared_inbox=f"{base}/inbox", followers=f"{uri}/followers",
        )  # fmt: skip
        actors.follow(tx, actors.remember(tx, seen), settings.get(tx).actor)
    while announce(tx):
        continue
    tx.run("DELETE FROM job WHERE kind = 'deliver'")
