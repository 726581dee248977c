"""Series: events that belong together, such as the repair café of each month. A series can be followed by itself."""

from hub import handles, things
from hub.errors import N_, Invalid
from hub.packing import pack, unpack
from hub.store import Row, Tx
from hub.text import Text, clean_text

MOST_NAMED = 100  # series that the form knows


def join(tx: Tx, event: int, name: Text) -> None:
    """An event belongs to the series of this name, which begins with it; with no name, to none."""
    name = clean_text(name, longest=things.TITLE, field="series")
    tx.run("DELETE FROM series_event WHERE event = :event", event=event)
    if name:
        series = _called(tx, name)
        tx.run("INSERT INTO series_event (event, slice) VALUES (:event, :slice)", event=event, slice=series)


def known(tx: Tx, limit: int = MOST_NAMED) -> list[Text]:
    """What the series here are called, the last begun first."""
    return [unpack(row["name"], Text) for row in _all(tx)][:limit]


def of(tx: Tx, event: int) -> tuple[str, Text] | None:
    """Handle and name of the series that an event belongs to."""
    row = tx.one(
        "SELECT s.handle, s.name FROM series_event x JOIN slice s ON s.id = x.slice WHERE x.event = :event", event=event
    )
    return (row["handle"], unpack(row["name"], Text)) if row else None


def _called(tx: Tx, name: Text) -> int:
    """The series that is called so in any language, or a new one."""
    wanted = {handles.made_of(words) for words in name.values()} - {""}
    if not wanted:
        raise Invalid(N_("Use letters or numbers in the name."), field="series")
    for row in _all(tx):
        there = unpack(row["name"], Text)
        if wanted & {handles.made_of(words) for words in there.values()}:
            if name.keys() - there.keys():
                tx.run("UPDATE slice SET name = :name WHERE id = :id", id=row["id"], name=pack(name | there))
            return int(row["id"])
    handle = next(made for words in name.values() if (made := handles.made_of(words, handles.SERIES)))
    return handles.claim(tx, handles.free(tx, handle), "series", name)


def _all(tx: Tx) -> list[Row]:
    return tx.all("SELECT id, handle, name FROM slice WHERE kind = 'series' ORDER BY id DESC LIMIT 1000")
