"""Pictures from apps: taken in, described, shown in a status, and nobody else's."""

import io
from typing import Any

import pytest
from browsing import Site
from entities_schema import check
from PIL import Image


def png(size: tuple[int, int] = (40, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, "PNG")
    return out.getvalue()


async def upload(app: Any, version: int = 2, **data: str) -> Any:
    answer = await app.post(f"/api/v{version}/media", files={"file": ("a.png", png(), "image/png")}, data=data)
    assert answer.status_code == 200, answer.text
    check(answer.json(), "MediaAttachment")
    return answer.json()


@pytest.mark.parametrize("version", [1, 2])
async def test_a_picture_is_taken_in_and_shown(signed_in: Any, site: Site, version: int) -> None:
    ann = await signed_in("ann")
    it = await upload(ann, version, description="A heron", focus="0.5,-0.25")
    assert (it["type"], it["description"], it["meta"]["focus"]) == ("image", "A heron", {"x": 0.5, "y": -0.25})
    assert it["meta"]["original"] == {"width": 40, "height": 20, "size": "40x20", "aspect": 2.0}
    assert (await ann.get(f"/api/v1/media/{it['id']}")).json() == it
    said = await ann.post("/api/v1/statuses", json={"status": "", "media_ids": [it["id"]]})
    check(said.json(), "OwnedStatus")
    assert said.json()["media_attachments"] == [it]
    assert (await site.guest.get(it["url"])).status_code == 200


async def test_what_it_shows_can_be_said_later_and_with_an_edit(signed_in: Any) -> None:
    ann = await signed_in("ann")
    it = await upload(ann)
    changed = await ann.put(f"/api/v1/media/{it['id']}", data={"description": "A heron", "focus": "9,x"})
    assert (changed.json()["description"], changed.json()["meta"]["focus"]) == ("A heron", {"x": 0.0, "y": 0.0})
    said = (await ann.post("/api/v1/statuses", json={"status": "x", "media_ids": [it["id"]]})).json()
    edit = {"status": "x", "media_ids": [it["id"]], "media_attributes": [{"id": it["id"], "description": "A swan"}]}
    edited = await ann.put(f"/api/v1/statuses/{said['id']}", json=edit)
    assert edited.json()["media_attachments"][0]["description"] == "A swan"
    bare = await ann.put(f"/api/v1/statuses/{said['id']}", json={"status": "x", "media_ids": []})
    assert bare.json()["media_attachments"] == []


@pytest.mark.parametrize("data", [b"", b"no picture", b"GIF89a but no more"])
async def test_what_is_no_picture_is_refused(signed_in: Any, data: bytes) -> None:
    ann = await signed_in("ann")
    answer = await ann.post("/api/v2/media", files={"file": ("a.png", data, "image/png")})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("Validation failed: ")
    assert (await ann.post("/api/v2/media", json={"file": "x"})).status_code == 422


async def test_a_picture_is_its_owners_alone(signed_in: Any) -> None:
    ann, ben = await signed_in("ann"), await signed_in("ben")
    it = await upload(ann)
    path = f"/api/v1/media/{it['id']}"
    for answer in (await ben.get(path), await ben.put(path, json={"description": "x"}), await ben.delete(path)):
        assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"})
    for body in ({"media_ids": [it["id"]]},):
        assert (await ben.post("/api/v1/statuses", json={"status": "x"} | body)).status_code == 422
    said = (await ben.post("/api/v1/statuses", json={"status": "x"})).json()
    edit = {"status": "x", "media_attributes": [{"id": it["id"], "description": "mine"}]}
    assert (await ben.put(f"/api/v1/statuses/{said['id']}", json=edit)).status_code == 422
    assert (await ann.get(path)).json()["description"] is None


async def test_a_picture_that_is_not_used_can_be_taken_away(signed_in: Any) -> None:
    ann = await signed_in("ann")
    loose, used = await upload(ann), await upload(ann)
    await ann.post("/api/v1/statuses", json={"status": "x", "media_ids": [used["id"]]})
    assert (await ann.delete(f"/api/v1/media/{loose['id']}")).json() == {}
    assert (await ann.get(f"/api/v1/media/{loose['id']}")).status_code == 404
    refused = await ann.delete(f"/api/v1/media/{used['id']}")
    assert refused.json() == {"error": "Validation failed: Media attachment is currently used by a status"}
