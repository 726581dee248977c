"""A hub in whose database much has been said: a hundred thousand statuses, by people here and elsewhere."""

from scene import person, stranger

from hub import settings
from hub.clock import DAY, now
from hub.ids import new_id
from hub.store import Tx

THINGS, OTHERS, OURS = 100_000, 500, 50
WORDS = (
    "<p>Forty of us planted the last trees this morning. Thank you to everybody who brought a spade, a flask or a dog! "
    'Next: <a href="https://glan.example/tags/watering" class="mention hashtag" rel="nofollow noopener ugc">#<span>'
    "watering</span></a>, on Tuesday &amp; Friday evenings, by the old mill. There is a rota in the shed.</p>"
)
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
# One in five is said here; one in four answers the one eight before it, which none of those does.
_THINGS = f"""
INSERT INTO thing
  (id, uri, url, kind, author, local, title, words, html, published, updated, personal, reply_to, root, tags)
{_NUMBERS} SELECT :first + i * 65536, :where || CAST(i AS TEXT), :where || CAST(i AS TEXT),
  CASE WHEN i % 4 = 3 AND i > 8 THEN 'reply' ELSE 'note' END,
  (SELECT a.id FROM actor a WHERE a.handle = CASE WHEN i % 5 = 0 THEN 'r' || CAST(i % :ours AS TEXT)
     ELSE 'n' || CAST(i % :others AS TEXT) END),
  CASE WHEN i % 5 = 0 THEN 1 ELSE 0 END, '{{}}', '{{}}', :html, :at + i, :at + i, 1,
  CASE WHEN i % 4 = 3 AND i > 8 THEN :where || CAST(i - 9 AS TEXT) END,
  CASE WHEN i % 4 = 3 AND i > 8 THEN :first + (i - 9) * 65536 END, CASE WHEN i % 20 = 0 THEN '["heron"]' ELSE '[]' END
FROM n"""


def crowd(tx: Tx, things: int = THINGS, others: int = OTHERS) -> int:
    """Fill the hub. Returns the actor of Ann, who follows `others` people, and likes and keeps what she reads."""
    ann = person(tx, "ann")
    strangers = [stranger(tx, f"n{n}", f"s{n}.example") for n in range(others)]
    for n in range(OURS):
        person(tx, f"r{n}")
    for one in strangers:
        tx.run(
            "INSERT INTO follow (follower, followed, state, at, id) VALUES (:me, :one, 'accepted', :now, :id)",
            me=ann, one=one, now=now(), id=new_id(),
        )  # fmt: skip
    first = (now() - DAY) << 16
    facts = {"first": first, "last": things - 1, "where": f"{settings.base(tx)}/post/", "at": now() - DAY}
    tx.run(_THINGS, html=f'{{"en":{_quoted(WORDS)}}}', ours=OURS, others=others, **facts)
    tx.run(
        "INSERT INTO thing_tag (tag, thing) SELECT 'heron', t.id FROM thing t WHERE t.tags <> '[]' AND t.id >= :first",
        first=first,
    )
    for kind in ("like", "share"):
        tx.run(
            """INSERT INTO reaction (id, thing, actor, kind, at) SELECT t.id + :more, t.id, :me, :kind, t.published
               FROM thing t WHERE t.id >= :first AND t.id % 50 = 1 OR t.uri LIKE '%7'""",
            me=ann, kind=kind, first=first, more=1 if kind == "like" else 2,
        )  # fmt: skip
    tx.run(
        "INSERT INTO bookmark (account, thing, id) SELECT :me, t.id, t.id + 3 FROM thing t WHERE t.uri LIKE '%9'",
        me=ann,
    )
    tx.run(
        """INSERT INTO home (account, id, thing, author) SELECT :me, t.id, t.id, t.author FROM thing t
           WHERE t.local = 0 ORDER BY t.id DESC LIMIT 800""",
        me=ann,
    )
    return ann


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '\\"') + '"'
