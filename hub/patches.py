"""Street patches: a part of the neighbourhood as people name it, by streets and postcodes; and the areas of others.

No map is needed to draw one, and none to see whether something is in it: what is compared is what organisers type.
"""

import re

import msgspec

from hub import handles
from hub.errors import N_, Invalid
from hub.places import Area, Venue
from hub.text import Text, clean_text, clean_words

LINES, LINE = 60, 100  # how many streets, and how long one is written
_POSTCODE = re.compile(r"([a-z]{1,2}\d[a-z\d]?) ?(\d(?:[a-z]{1,2})?)?")
_WHOLE = re.compile(r"([a-z]{1,2}\d[a-z\d]?) ?(\d[a-z]{2})")


class Draft(msgspec.Struct, frozen=True):
    """The form. A `patch` has streets and postcodes in `lines`, one a line; an `area` is an area of other hubs."""

    name: Text
    kind: str = "patch"
    lines: str = ""
    area: str = ""

    def checked(self) -> tuple[Text, str]:
        """Its name, and its rule. Raises `Invalid` naming the field."""
        name = clean_text(self.name, longest=100, field="name")
        if self.kind == "area":
            area = clean_words(self.area, longest=200, field="area")
            if not area:
                raise Invalid(N_("Choose an area."), field="area")
            return name or {"und": area}, area
        if self.kind != "patch":
            raise Invalid(N_("Choose one of the answers."), field="kind")
        if not name:
            raise Invalid(N_("Give it a name."), field="name")
        return name, _lines(self.lines)


def inside(rule: str, venue: Venue, area: Area) -> bool:
    """Whether something is on one of the streets, or in one of the postcodes, of a patch."""
    said = [f"_{handles.made_of(words)}_" for words in (venue.street, venue.name, venue.locality, area.name)]
    code = _postcode(venue.postcode)
    for line in rule.splitlines():
        if _POSTCODE.fullmatch(line.lower()):
            if code and code.startswith(_written(line)):
                return True
        elif any(f"_{handles.made_of(line)}_" in one for one in said):
            return True
    return False


def _lines(typed: str) -> str:
    found = [clean_words(line, longest=LINE, field="lines") for line in typed.splitlines()[: LINES * 2]]
    found = list(dict.fromkeys(line for line in found if handles.made_of(line)))
    if not found:
        raise Invalid(N_("Write down at least one street or postcode."), field="lines")
    if len(found) > LINES:
        raise Invalid(N_("Write down at most %(most)s streets and postcodes."), field="lines", most=LINES)
    return "\n".join(found)


def _written(line: str) -> str:
    """As a postcode is compared: `cf11 6an`; `cf11 ` for all that begin so, but not `cf1 16…`."""
    whole = _WHOLE.fullmatch(line.lower())
    part = _POSTCODE.fullmatch(line.lower())
    assert part is not None
    first, second = whole.groups() if whole else part.groups()
    return f"{first} {second or ''}"


def _postcode(typed: str) -> str:
    whole = _WHOLE.fullmatch(typed.strip().lower())
    return f"{whole[1]} {whole[2]}" if whole else ""
