"""From words to things. Found without marks and in any case: "caffi" finds Caffi and câffi."""

import unicodedata

from hub.store import Row, Tx
from hub.text import Text, plain

SAYS = {"sqlite": "word.word MATCH :words", "postgres": "word.vector @@ plainto_tsquery('simple', :words)"}
MATCH = {dialect: f"SELECT rowid FROM word WHERE {says}" for dialect, says in SAYS.items()}
MOST = 20  # words of a query that count
MOST_KEPT = 5000  # characters of which is remembered what becomes of them


def index(tx: Tx, id: int, *texts: Text, anew: bool = False) -> None:
    """Make a thing findable by these words, and by no others. `anew`: it was never indexed."""
    if not anew:
        tx.run("DELETE FROM word WHERE rowid = :id", id=id)
    words = folded(" ".join(plain(words) for text in texts for words in text.values()))
    tx.run("INSERT INTO word (rowid, words) VALUES (:id, :words)", id=id, words=words[:400_000])


def forget(tx: Tx, id: int) -> None:
    tx.run("DELETE FROM word WHERE rowid = :id", id=id)


def query(tx: Tx, words: str) -> str:
    """What to give `MATCH` as `:words`; empty when nothing in it can be looked for."""
    asked = ["".join(c for c in word if c.isalnum()) for word in folded(words[:500]).split()[:MOST]]
    asked = [word for word in asked if word]
    return " ".join(f'"{word}"' for word in asked) if tx.dialect.name == "sqlite" else " ".join(asked)


def things(tx: Tx, words: str, limit: int = 40) -> list[Row]:
    """Ids and kinds of what is visible here and says all these words, newest first."""
    asked = query(tx, words)
    if not asked:
        return []
    # In the order of the index of words: a word that is everywhere costs no more than one that is rare.
    return tx.all(
        f"""SELECT t.id, t.kind FROM word CROSS JOIN thing t WHERE {SAYS[tx.dialect.name]} AND t.id = word.rowid
              AND t.removed IS NULL AND t.hidden = 0 AND t.personal = 0 AND t.kind <> 'companion' AND t.local = 1
            ORDER BY word.rowid DESC LIMIT :limit""",
        words=asked, limit=limit,
    )  # fmt: skip


def folded(words: str) -> str:
    """Letters without marks, small: the same on both databases."""
    small = words.casefold()
    return small if small.isascii() else unicodedata.normalize("NFKD", small).translate(_MARKS)


class _Marks(dict[int, int | None]):
    """What becomes of each character: marks vanish. Asked of Unicode once, since a page of words has thousands."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.combining(chr(code)) else code
        if len(self) < MOST_KEPT:  # a stranger may write all million of them
            self[code] = kept
        return kept


_MARKS = _Marks()
