"""The application as a whole: what machines ask of it, and how it starts and stops."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from browsing import Site, a_site
from starlette.routing import Route

from hub import people, settings
from hub.config import Config
from hub.config import Worker as WorkerConfig
from hub.store.open import opened
from web import pages
from web.app import _lifespan, address, build


async def test_machines_learn_how_the_hub_is(site: Site) -> None:
    assert (await site.guest.get("/healthz")).text == "ok\n"
    assert (await site.guest.get("/livez")).text == "ok\n"
    assert (await site.guest.get("/readyz")).text == "ready\n"


async def test_search_engines_are_kept_from_what_is_not_for_them(site: Site) -> None:
    told = (await site.guest.get("/robots.txt")).text
    assert "Disallow: /steward" in told
    assert "Disallow: /setup" in told
    assert "Disallow: /events" not in told


async def test_somebody_who_found_a_hole_learns_whom_to_tell(site: Site) -> None:
    told = (await site.guest.get("/.well-known/security.txt")).text
    assert "Contact: https://glan.example/about" in told
    assert "Expires: " in told


async def test_a_hub_that_is_opened_or_changed_shows_it_on_the_next_page(site: Site) -> None:
    assert (await site.guest.get("/signin")).text.count("Riverside") >= 1

    def rename(tx: object) -> None:
        hub = settings.get(tx)  # type: ignore[arg-type]
        draft = settings.Draft(name={"en": "Hillside"}, rules=hub.rules, contacts=hub.contacts)
        settings.change(tx, people.steward(tx).actor, draft)  # type: ignore[arg-type]

    await site.did(rename)
    assert "Hillside" in (await site.guest.get("/signin")).text


async def test_private_pages_are_kept_by_nobody(site: Site) -> None:
    steward = await site.who("bethan")
    for path in ("/account", "/steward", "/steward/settings", "/steward/people", "/publish/event", "/signin"):
        assert (await steward.get(path)).headers["cache-control"] in ("no-store", "private, no-cache")


def test_the_address_is_the_configured_one_or_this_machine() -> None:
    assert address(Config()) == "http://localhost:8000"


@pytest.mark.parametrize("inline", [True, False])
async def test_it_starts_its_worker_if_it_is_to_and_stops_it_again(settled: Path, tmp_path: Path, inline: bool) -> None:
    async with opened(str(settled)) as store:
        app = build(store, Config(worker=WorkerConfig(inline=inline)), data=tmp_path)
        async with _lifespan(app):
            assert app.state.hub is not None
            assert (app.state.work is not None and not app.state.work.done()) == inline
            assert app.state.wire.opens == inline  # a letter is acted on where it is taken
        assert app.state.work is None or app.state.work.done()


async def test_a_hub_whose_worker_has_died_is_not_ready(site: Site) -> None:
    async with _lifespan(site.app):
        site.app.state.work.cancel()
        await site.guest.get("/healthz")
        await site.guest.get("/healthz")
        assert (await site.guest.get("/readyz")).status_code == 503


async def test_two_roles_have_two_front_pages(settled: Path, tmp_path: Path) -> None:
    fronts = []
    for role in ("hub", "aggregator"):
        async with opened(str(settled)) as store, a_site(store, tmp_path, hub={"role": role}) as it:
            fronts.append((await it.guest.get("/")).text)
            assert it.app.state.config.hub.role == role
    assert fronts[0] != fronts[1]


def test_no_two_routes_answer_to_the_same(site: Site) -> None:
    seen = set()
    for route in site.app.routes:
        if isinstance(route, Route):
            for method in (route.methods or {"POST"}) - {"HEAD"}:
                assert (method, route.path) not in seen, (method, route.path)
                seen.add((method, route.path))


def test_no_page_is_forgotten(site: Site) -> None:
    for module in iter_modules(pages.__path__):
        for name in ("routes", "aggregator"):
            for route in getattr(import_module(f"web.pages.{module.name}"), name, []):
                assert name == "aggregator" or route in site.app.routes, (module.name, route.path)
