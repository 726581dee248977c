"""Every piece of the base theme, on one page, in both languages."""

import re
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import sink

from hub import clock
from web import themes
from web.shell import Shell

PIECES = (themes.ROOT / "base" / "templates" / "pieces.html").read_text()
MACROS = [name for name in re.findall(r"{% macro (\w+)\(", PIECES) if not name.startswith("_")]
VOID = {"meta", "link", "input", "br", "wbr", "path", "rect", "circle", "use"}


class Page(HTMLParser):
    """Reads a page as strictly as it was written: every tag closed, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> at line {self.getpos()[0]}"

    def values(self, name: str) -> list[str]:
        return [value for _, attrs in self.all if (value := attrs.get(name)) is not None]


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    clock.use(lambda: sink.NOON)
    yield
    clock.use(None)


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sink.app()), base_url="https://hub.example") as client:
        client.headers["accept"] = "text/html"
        yield client


@pytest.mark.parametrize("lang", ["en", "cy"])
async def test_every_piece_is_sound_html(browser: httpx.AsyncClient, lang: str) -> None:
    answer = await browser.get(f"/kitchen?lang={lang}")
    page = Page(answer.text)
    ids = page.values("id")
    assert answer.status_code == 200
    assert sorted(ids) == sorted(set(ids)), "an id stands twice"
    for name in ("aria-describedby", "aria-labelledby", "for"):
        assert {one for value in page.values(name) for one in value.split()} <= set(ids), name
    labelled = set(page.values("for"))
    for tag, attrs in page.all:
        typed = tag == "input" and attrs.get("type") not in ("hidden", "radio", "checkbox")
        if typed or tag in ("textarea", "select"):
            assert attrs["id"] in labelled, attrs


@pytest.mark.parametrize("lang", ["en", "cy"])
async def test_no_piece_breaks_the_page_s_policy(browser: httpx.AsyncClient, lang: str) -> None:
    answer = await browser.get(f"/kitchen?lang={lang}")
    page = Page(answer.text)
    assert not page.values("style")
    assert not [tag for tag, _ in page.all if tag in ("script", "style", "iframe")]
    assert not [name for _, attrs in page.all for name in attrs if name.startswith("on")]
    assert not [src for src in page.values("src") if not src.startswith("/")]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_page_with_every_piece_stays_under_its_weight(browser: httpx.AsyncClient) -> None:
    assert len((await browser.get("/kitchen")).content) < 60 * 1024


async def test_only_the_icons_on_the_page_are_sent(browser: httpx.AsyncClient) -> None:
    page = Page((await browser.get("/kitchen")).text)
    used = {value[1:] for tag, attrs in page.all if tag == "use" and (value := attrs["href"])}
    sent = {attrs["id"] for tag, attrs in page.all if tag == "symbol"}
    assert used == sent
    assert "i-event" in sent


@pytest.mark.parametrize("macro", MACROS)
def test_every_macro_is_documented_and_stands_on_the_page_of_pieces(macro: str) -> None:
    kitchen = (sink.KITCHEN / "templates" / "kitchen.html").read_text()
    around = (themes.ROOT / "base" / "templates" / "page.html").read_text() + PIECES
    assert f"p.{macro}(" in Path("docs/build/templates.md").read_text()
    assert f"p.{macro}(" in kitchen + around or re.search(rf"{{{{ {macro}\(|{{ {macro}\(", PIECES)


async def test_a_page_speaks_one_language(browser: httpx.AsyncClient) -> None:
    english, welsh = (await browser.get("/kitchen?lang=en")).text, (await browser.get("/kitchen?lang=cy")).text
    assert '<html lang="en"' in english
    assert '<html lang="cy"' in welsh
    assert "Skip to the content" in english
    assert "Neidio i’r cynnwys" in welsh
    assert "Dydd Sadwrn 6 Mehefin, 10 y bore tan hanner dydd" in welsh
    assert "<h1>Glanhau glan yr afon</h1>" in welsh
    assert '<small lang="en">Riverside</small>' in welsh


async def test_words_in_another_language_are_marked(browser: httpx.AsyncClient) -> None:
    english = (await browser.get("/kitchen?lang=en")).text
    assert '<div lang="cy" class="flow"><p>Dwi’n dod â dau.</p></div>' in english


async def test_the_language_switch_keeps_the_page_and_what_was_asked(browser: httpx.AsyncClient) -> None:
    welsh = (await browser.get("/kitchen?lang=cy&week=2026-06-01")).text
    assert 'href="/kitchen?week=2026-06-01&amp;lang=en" lang="en" hreflang="en">English</a>' in welsh
    assert 'href="/events?lang=cy"' in welsh, "links keep the language that was asked for"
    assert 'action="/kitchen?lang=cy"' in welsh
    unasked = await browser.get("/kitchen", headers={"accept-language": "cy"})
    assert 'href="/events"' in unasked.text
    assert (unasked.headers["content-language"], unasked.headers["vary"]) == ("cy", "Accept, Accept-Language, Cookie")


async def test_a_form_comes_back_with_what_was_typed_and_what_is_wrong(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/kitchen", data={"venue": 'Mill "Bridge"', "places": "lots", "answer": "maybe"})
    page = answer.text
    Page(page)
    assert answer.status_code == 422
    assert 'value="Mill &#34;Bridge&#34;"' in page
    assert "There are 2 things to put right" in page
    assert '<a href="#f-places">How many people can come? Type a number, such as 40.</a>' in page
    assert re.search(r'id="f-places"[^>]*value="lots"[^>]*aria-describedby="f-places-hint f-places-oops"', page)
    assert re.search(r'value="maybe"[^>]* checked', page)
    assert not re.search(r'value="yes"[^>]* checked', page)


async def test_navigation_names_only_what_exists_and_what_the_visitor_may_see(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/kitchen")).text
    assert 'href="/projects"' in page
    assert 'href="/hubs"' not in page, "no route answers there"
    assert 'href="/steward"' not in page, "for stewards alone"


async def test_following_stands_on_every_page(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/kitchen")).text
    assert "@glanyrafon<wbr>@hwb.<wbr>aberwennol.<wbr>example" in page
    assert 'aria-label="QR: https://hwb.aberwennol.example"' in page
    assert '<link rel="alternate" type="application/atom+xml" href="/feed.atom"' in page


async def test_files_of_the_theme_keep_for_ever_under_their_version(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/kitchen")).text
    sheet = re.search(r'rel="stylesheet" href="([^"]+)"', page)
    assert sheet
    answer = await browser.get(sheet[1])
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    font = await browser.get(sheet[1].rpartition("/")[0] + "/fonts/ahn-latin-400.woff2")
    assert (font.status_code, font.headers["content-type"]) == (200, "font/woff2")
    assert (await browser.get("/static/older/neighbourhub.css")).headers["cache-control"] == "no-cache"
    assert (await browser.get("/static/x/%2e%2e/theme.toml")).status_code == 404
    assert (await browser.get("/static/x/theme.toml")).status_code == 404


def test_every_field_of_the_shell_says_what_it_is() -> None:
    source = Path("web/shell.py").read_text()
    for name in Shell.__struct_fields__:
        assert re.search(rf'^    {name}: .+\n    """', source, re.M), name
