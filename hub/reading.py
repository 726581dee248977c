"""What things of others have beyond ours: a warning before the words, a poll, links to what they are about."""

import msgspec

from hub.clock import now
from hub.text import Text


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that hangs on a thing and is no picture: a page, a film, a recording. Never fetched by our pages."""

    url: str
    name: Text = msgspec.field(default_factory=dict)
    mime: str = ""

    @property
    def kind(self) -> str:
        """`video`, `audio` or `page`: what a reader wants to know before they follow it."""
        family = self.mime.partition("/")[0]
        return family if family in ("video", "audio") else "page"


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """One choice of a poll. `votes` by the word of the server that holds it, `None` when it does not say."""

    name: str
    votes: int | None = None


class Poll(msgspec.Struct, frozen=True, omit_defaults=True):
    """A poll, answered where it stands. `many`: more than one option may be chosen; `hides`: its numbers, until it is
    over."""

    options: list[Option]
    many: bool = False
    ends: int | None = None
    closed: bool = False
    voters: int | None = None
    hides: bool = False

    @property
    def over(self) -> bool:
        return self.closed or (self.ends is not None and self.ends <= now())

    @property
    def votes(self) -> int:
        return sum(option.votes or 0 for option in self.options)


class Extra(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of it. `sensitive`: its author says that not everybody may want to see its pictures."""

    warning: Text = msgspec.field(default_factory=dict)
    sensitive: bool = False
    links: list[Link] = msgspec.field(default_factory=list)
    poll: Poll | None = None


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Two words that an actor says of itself: "Website", and which. `value` is clean HTML.

    `verified`: since when (ms) the page that it links to is known to link back.
    """

    name: str
    value: str
    verified: int | None = None
