"""Whom one might like to follow: the hub itself, what goes on in it, neighbours who like to be found, hubs near."""

from hub import actors, directory
from hub.store import Tx

MOST = 40
_FREE = """a.removed IS NULL AND a.id <> :me
  AND NOT EXISTS (SELECT 1 FROM follow y WHERE y.follower = :me AND y.followed = a.id)
  AND NOT EXISTS (SELECT 1 FROM suggestion_dismissed y WHERE y.account = :me AND y.actor = a.id)
  AND NOT EXISTS (SELECT 1 FROM block y WHERE (y.blocker = :me AND y.blocked = a.id)
                    OR (y.blocker = a.id AND y.blocked = :me))
  AND NOT EXISTS (SELECT 1 FROM mute y WHERE y.account = :me AND y.muted = a.id)"""


def for_(tx: Tx, me: int, limit: int = MOST) -> list[int]:
    """The hub first, then its projects, people here who want to be found, and hubs that residents see, by distance."""
    near = [one.actor for one in directory.shown(tx) if one.actor is not None]
    rows = tx.all(
        f"""SELECT a.id FROM actor a WHERE a.local = 1 AND (a.kind IN ('hub', 'project')
              OR (a.kind = 'person' AND a.discoverable = 1
                  AND EXISTS (SELECT 1 FROM account c WHERE c.actor = a.id AND c.closed IS NULL)))
              AND {_FREE}
            ORDER BY CASE a.kind WHEN 'hub' THEN 0 WHEN 'project' THEN 1 ELSE 2 END, a.id DESC LIMIT :limit""",
        me=me, limit=limit,
    )  # fmt: skip
    return list(dict.fromkeys([*(row["id"] for row in rows), *_free(tx, me, near)]))[:limit]


def dismiss(tx: Tx, me: int, other: int) -> None:
    """Not this one again."""
    actors.get(tx, other)
    tx.run(
        """INSERT INTO suggestion_dismissed (account, actor) VALUES (:me, :other)
           ON CONFLICT (account, actor) DO NOTHING""",
        me=me, other=other,
    )  # fmt: skip


def listed(tx: Tx, *, local: bool, newest: bool, skip: int = 0, limit: int = 40) -> list[int]:
    """Everybody who wants to be found: people and projects here, hubs that we know. Who spoke last comes first, or who
    came last."""
    order = "a.id DESC" if newest else "a.last DESC, a.id DESC"
    rows = tx.all(
        f"""SELECT a.id FROM (SELECT i.*, coalesce(
                (SELECT max(t.id) FROM thing t WHERE t.author = i.id AND t.removed IS NULL AND t.hidden = 0), 0) AS last
              FROM actor i WHERE i.removed IS NULL AND i.discoverable = 1) a WHERE
              (a.local = 1 AND a.kind IN ('hub', 'project'))
              OR (a.local = 1 AND EXISTS (SELECT 1 FROM account c WHERE c.actor = a.id AND c.closed IS NULL))
              OR (:local = 0 AND a.local = 0 AND a.kind = 'hub'
                  AND EXISTS (SELECT 1 FROM known_hub k WHERE k.actor = a.id AND k.state = 'verified'))
            ORDER BY {order} LIMIT :limit OFFSET :skip""",
        local=int(local), limit=limit, skip=skip,
    )  # fmt: skip
    return [row["id"] for row in rows]


def _free(tx: Tx, me: int, ids: list[int]) -> list[int]:
    """Those of them who are news to `me`, in their order."""
    named = {f"i{n}": id for n, id in enumerate(ids[:200])}
    if not named:
        return []
    rows = tx.all(
        f"SELECT a.id FROM actor a WHERE a.id IN ({', '.join(f':{name}' for name in named)}) AND {_FREE}",
        me=me, **named,
    )  # fmt: skip
    free = {row["id"] for row in rows}
    return [id for id in ids if id in free]
