"""A realistic month in two invented neighbourhoods by a Welsh river, for `make demo`.

Places, people and numbers are made up; telephone numbers are from the range kept free for that.
Times are days and hours from today in the hub's zone.
"""

from importlib import resources

import msgspec

from hub.text import Text


class SampleEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day` counts from today, `hour` is local time, `hours` how long, `said` days ago when it was published."""

    title: Text
    text: Text
    day: int
    hour: float
    hours: float
    venue: str
    street: str
    said: int
    places: int | None = None
    cost: int = 0
    cost_words: Text = msgspec.field(default_factory=dict)
    facts: tuple[str, ...] = ()
    notes: Text = msgspec.field(default_factory=dict)
    project: str = ""
    picture: Text = msgspec.field(default_factory=dict)
    guests: tuple[tuple[str, str, int], ...] = ()
    replies: tuple[tuple[str, Text], ...] = ()
    cancelled: Text = msgspec.field(default_factory=dict)
    online: str = ""


class SampleAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    title: Text
    text: Text
    category: str
    said: int
    area: str
    due: int | None = None
    people: int | None = None
    hours: float | None = None
    vetted: bool = False
    answers: tuple[tuple[str, str], ...] = ()
    status: str = ""


class SampleProject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    handle: str
    title: Text
    summary: Text
    text: Text
    stage: str
    said: int
    wanted: Text = msgspec.field(default_factory=dict)
    updates: tuple[tuple[int, Text, Text], ...] = ()


class SampleWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a resident said in their own name. `answers` are (who, words, language), `votes` (who, which of `poll`)."""

    who: str
    said: float
    words: str
    language: str = "en"
    warning: str = ""
    picture: Text = msgspec.field(default_factory=dict)
    poll: tuple[str, ...] = ()
    votes: tuple[tuple[str, int], ...] = ()
    answers: tuple[tuple[str, str, str], ...] = ()
    likes: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()


class SampleHub(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Text
    area: tuple[str, str]
    place: tuple[float, float]
    hue: int
    welcome: Text
    contacts: tuple[tuple[str, str, str], ...]
    people: tuple[tuple[str, str], ...]
    events: tuple[SampleEvent, ...] = ()
    asks: tuple[SampleAsk, ...] = ()
    projects: tuple[SampleProject, ...] = ()
    notes: tuple[tuple[int, Text], ...] = ()
    names: tuple[tuple[str, str, str], ...] = ()  # who, what they are called, a few words
    said: tuple[SampleWords, ...] = ()


def read(name: str) -> SampleHub:
    """One of the neighbourhoods in the folder `samples`: riverside or pontfelin."""
    return msgspec.json.decode(resources.files("web").joinpath("samples", f"{name}.json").read_bytes(), type=SampleHub)
