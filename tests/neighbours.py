"""Scenes of the directory: hubs that we have met or heard of, mutual ones, and what they tell."""

from hub import actors, directory, introductions, settings
from hub.actors import Seen
from hub.introductions import Told
from hub.places import Area
from hub.store import Tx

HERE = (51.4816, -3.1791)  # where the hub of scene.py is


def remembered(
    tx: Tx, host: str, *, at: tuple[float, float] | None = HERE, discoverable: bool = True, area: str = "Splott ward"
) -> int:
    """The actor of the hub at `host`, as it described itself. Returns our id for it."""
    name, base = host.partition(".")[0], f"https://{host}"
    return actors.remember(
        tx,
        Seen(
            uri=f"{base}/actor/hub", kind="hub", type="Group", handle="hub", domain=host, name={"en": name.title()},
            url=f"{base}/", inbox=f"{base}/actor/hub/inbox", shared_inbox=f"{base}/inbox",
            area=Area(area) if area else None, lat=at[0] if at else None, lon=at[1] if at else None,
            discoverable=discoverable,
        ),
    )  # fmt: skip


def verified(tx: Tx, host: str, **seen: object) -> int:
    """A hub that somebody named, and that has answered. Returns our id for its actor."""
    introductions.introduce(tx, "", [Told(host, "heard")])
    actor = remembered(tx, host, **seen)  # type: ignore[arg-type]
    directory.verified(tx, host, actor, f"https://{host}/actor/hubs")
    return actor


def mutual(tx: Tx, host: str, **seen: object) -> int:
    """A hub with which we follow each other."""
    actor = remembered(tx, host, **seen)  # type: ignore[arg-type]
    directory.met(tx, host, actor, f"https://{host}/actor/hubs")
    befriend(tx, actor)
    return actor


def befriend(tx: Tx, actor: int) -> None:
    ours = settings.get(tx).actor
    actors.ask_to_follow(tx, ours, actor)
    actors.follow_answered(tx, ours, actor, accepted=True)
    actors.follow(tx, actor, ours)


def tell(tx: Tx, by: str, *hosts: str, relation: str = "follows", whole: bool = False) -> introductions.Taken:
    return introductions.introduce(tx, by, [Told(host, relation) for host in hosts], whole=whole)


def state(tx: Tx, host: str) -> str:
    found = directory.find(tx, host)
    return found.state if found else ""


def many(count: int, name: str = "h") -> list[str]:
    """Hosts of that many owners."""
    return [f"{name}{n}.example" for n in range(count)]
