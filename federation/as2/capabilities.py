"""What a server says it can do, in the documents of its actors (FEP-844e)."""

from federation.as2 import loose
from federation.as2.contexts import Json

RFC9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
MOST = 100


def implements(doc: Json) -> list[str]:
    """What `generator.implements` lists, as addresses."""
    generator = doc.get("generator")
    listed = loose.several(generator.get("implements"))[:MOST] if isinstance(generator, dict) else []
    hrefs = [one.get("href", one.get("id")) if isinstance(one, dict) else one for one in listed]
    return [href for href in hrefs if isinstance(href, str)]
