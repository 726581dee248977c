"""Lists of things, a page at a time (AS2 OrderedCollection)."""

from collections.abc import Sequence

from federation.as2.contexts import Json


def collection(uri: str, total: int, owner: str = "") -> Json:
    """A list by its size and where it begins. Without `first` Mastodon takes it for a secret."""
    whose = {"attributedTo": owner} if owner else {}
    return {"id": uri, "type": "OrderedCollection", **whose, "totalItems": total, "first": f"{uri}?page=true"}


def page(
    uri: str, total: int, items: Sequence[str | Json], *, at: str = "", next: str = "", previous: str = ""
) -> Json:
    """One page. `at`, `next` and `previous` are what stands behind `?page=true` in an address."""
    links = {name: f"{uri}?page=true{query}" for name, query in (("next", next), ("prev", previous)) if query}
    return {
        "id": f"{uri}?page=true{at}", "type": "OrderedCollectionPage", "partOf": uri, "totalItems": total,
        **links, "orderedItems": list(items),
    }  # fmt: skip


def whole(uri: str, items: Sequence[str | Json], owner: str = "") -> Json:
    """A short list, all of it at once."""
    whose = {"attributedTo": owner} if owner else {}
    return {"id": uri, "type": "OrderedCollection", **whose, "totalItems": len(items), "orderedItems": list(items)}


def counted(uri: str, total: int) -> Json:
    """How many there are; who they are is nobody's business."""
    return {"id": uri, "type": "Collection", "totalItems": total}
