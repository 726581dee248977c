"""A real browser, and neighbourhoods for it to visit."""

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, sync_playwright
from processes import Hub
from towns import Towns, grow
from visitors import ARGUMENTS


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Of one module: while it runs, its event loop is in the way of tests that have their own."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    """Two neighbourhoods after a month of life and an aggregator that follows both, each a real process."""
    with ThreadPoolExecutor(1) as beside:
        it = beside.submit(asyncio.run, grow(tmp_path_factory.mktemp("towns"))).result()
    it.start()
    yield it
    it.stop()


@pytest.fixture
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub that nobody has set up yet."""
    hub = Hub(tmp_path_factory.mktemp("untouched") / "data").start()
    yield hub
    hub.stop()
