"""What is tried with the addresses of apps as it is with pages: other hosts, bodies without end, requests that two
servers read differently (S-01 to S-04), and pictures that are bombs, pages or tell where they were taken (S-16 to
S-18)."""

import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from browsing import Site
from PIL import Image

from web import guard
from web.mastodon import gate

CALLS = ["/api/v1/instance", "/api/v2/media", "/api/v1/statuses", "/oauth/token", "/api/v1/nothing"]
UPLOADS = ["/api/v1/media", "/api/v2/media"]
PAGE = b"<script>alert(document.cookie)</script>"


@pytest.mark.parametrize("host", ["evil.example", "glan.example.evil.example", "glan.example:8443", ""])
async def test_a_strange_host_is_refused_by_every_call(site: Site, host: str) -> None:
    for one in gate.ROUTES:
        for method in sorted((one.methods or {"GET"}) - {"HEAD"}):
            answer = await site.guest.request(method, one.path, headers={"Host": host})
            assert answer.status_code == 421, (method, one.path)
            assert "evil" not in answer.text


async def test_what_a_proxy_says_of_the_host_is_in_no_answer_of_the_api(site: Site) -> None:
    for path in ("/api/v2/instance", "/.well-known/oauth-authorization-server", "/api/v1/timelines/public"):
        plain = await site.guest.get(path)
        lied = await site.guest.get(path, headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"})
        assert (lied.status_code, lied.text, lied.headers.get("link")) == (200, plain.text, plain.headers.get("link"))


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(
    "headers",
    [[("Host", "glan.example"), ("Host", "glan.example")],
     [("Content-Length", "3"), ("Transfer-Encoding", "chunked")], [("Content-Length", "3"), ("Content-Length", "30")]],
)  # fmt: skip
async def test_a_call_that_two_servers_could_read_differently_is_refused(
    site: Site, path: str, headers: list[tuple[str, str]]
) -> None:
    if not any(name == "Host" for name, _ in headers):
        headers = [("Host", "glan.example"), *headers]
    answer = await site.guest.send(httpx.Request("POST", f"{site.base}{path}", headers=headers, content=b"a=b"))
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
@pytest.mark.parametrize("path", ["/api/v1/statuses", "/api/v2/media", "/oauth/token", "/api/v1/apps"])
async def test_a_body_without_end_is_cut_off_on_the_way_to_a_call(
    site: Site, signed_in: Any, path: str, kind: str
) -> None:
    ann, taken = await signed_in("ann"), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        while True:
            taken += 262_144
            yield b"x" * 262_144

    answer = await ann.post(path, content=endless(), headers={"Content-Type": kind})
    assert answer.status_code == 413, answer.text
    assert taken <= guard.MEDIA + 2 * 262_144
    said = {"Content-Type": kind, "Content-Length": str(10**9)}
    assert (await ann.post(path, content=b"x", headers=said)).status_code == 413


def drawn(kind: str, mode: str = "RGB", size: tuple[int, int] = (600, 400), **how: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, **how)
    return out.getvalue()


@pytest.mark.parametrize("path", UPLOADS)
async def test_s16_a_tiny_file_that_is_an_enormous_picture_is_refused(signed_in: Any, path: str) -> None:
    bomb = drawn("PNG", "1", (13_000, 13_000))
    assert len(bomb) < 25_000
    answer = await (await signed_in("ann")).post(path, files={"file": ("a.png", bomb, "image/png")})
    assert answer.status_code == 422
    assert "24 million" in answer.json()["error"]


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize(
    "data", [b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"<!DOCTYPE html>" + PAGE,
             b"GIF89a" + PAGE, b'{"type":"Note"}'],
)  # fmt: skip
async def test_s17_what_calls_itself_a_picture_is_none(signed_in: Any, path: str, data: bytes) -> None:
    for name, mime in (("a.png", "image/png"), ("a.svg", "image/svg+xml"), ("../../a.html", "text/html")):
        answer = await (await signed_in("ann")).post(path, files={"file": (name, data, mime)})
        assert answer.status_code == 422, (name, answer.text)


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_s17_s18_a_page_in_a_picture_and_where_it_was_taken_do_not_come_out_again(
    signed_in: Any, site: Site, path: str, kind: str
) -> None:
    notes = Image.Exif()
    notes[271] = "SERIAL-77"
    notes.get_ifd(0x8825).update({1: "N", 2: (51.0, 28.0, 53.0), 3: "W", 4: (3.0, 10.0, 45.0)})
    upload = drawn(kind, **({} if kind == "GIF" else {"exif": notes})) + PAGE
    assert kind == "GIF" or b"SERIAL-77" in upload
    ann = await signed_in("ann")
    it = (await ann.post(path, files={"file": ("../../a.html", upload, "text/html")})).json()
    await ann.post("/api/v1/statuses", json={"status": "", "media_ids": [it["id"]]})
    for url in (it["url"], it["preview_url"]):
        answer = await site.guest.get(url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert not any(mark in answer.content for mark in (b"<script", b"SERIAL", b"Exif"))


async def test_s18_nor_do_they_as_somebodys_own_picture(signed_in: Any, site: Site) -> None:
    notes = Image.Exif()
    notes[271] = "SERIAL-77"
    upload = drawn("JPEG", exif=notes) + PAGE
    ann = await signed_in("ann")
    files = dict.fromkeys(("avatar", "header"), ("a.jpg", upload, "image/jpeg"))
    it = (await ann.patch("/api/v1/accounts/update_credentials", files=files)).json()
    for name in ("avatar", "header"):
        answer = await site.guest.get(it[name])
        assert answer.headers["content-type"] == "image/jpeg"
        assert not any(mark in answer.content for mark in (b"<script", b"SERIAL", b"Exif"))
