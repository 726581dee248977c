"""Where somebody is signed in is said in words, and never in wrong ones."""

import pytest
from browsing import PASSWORD, Site
from hypothesis import given
from hypothesis import strategies as st

from web.browsers import named

KHTML = "AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KHTML} Chrome/142.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox", "Linux"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox", "Android"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {APPLE} FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
         "Firefox", "an iPhone"),
        (WINDOWS, "Chrome, or one like it", "Windows"),
        (f"{WINDOWS} Edg/142.0.0.0", "Edge", "Windows"),
        (f"{WINDOWS} OPR/125.0.0.0", "Opera", "Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {KHTML} Chrome/142.0.0.0 Mobile Safari/537.36",
         "Chrome, or one like it", "Android"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {KHTML} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
         "Samsung Internet", "Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {KHTML} Chrome/142.0.0.0 Safari/537.36",
         "Chrome, or one like it", "ChromeOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {APPLE} Version/18.6 Mobile/15E148 Safari/604.1",
         "Safari", "an iPhone"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/18.6 Safari/605.1.15",
         "Safari", "a Mac or an iPad"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {KHTML} Chrome/142.0.0.0 Safari/537.36",
         "Chrome, or one like it", "a Mac"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {APPLE} Version/18.6 Safari/605.1.15", "A browser", "Linux"),
        (f"{WINDOWS} Vivaldi/7.6", "A browser", "Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0 PaleMoon/33.0", "A browser", "Linux"),
        (f"Mozilla/5.0 (Linux; Android 14; wv) {KHTML} Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36",
         "A browser", "Android"),
        ("Mozilla/5.0 (compatible; Tidybot/2.0)", "A browser", ""),
        ("curl/8.14.1", "A browser", ""),
        ("", "A browser", ""),
    ],
)  # fmt: skip
def test_a_browser_is_named_by_its_whole_line(agent: str, browser: str, system: str) -> None:
    assert named(agent) == (browser, system)


@given(st.text(max_size=300))
def test_whatever_else_it_calls_itself_it_is_a_browser(odd: str) -> None:
    assert named(odd) == ("A browser", "")
    assert named(f"{WINDOWS} {odd}") == ("A browser", "Windows" if "\n" not in odd else "")


@pytest.mark.parametrize(("language", "said"), [("en", "Firefox on Linux"), ("cy", "Firefox ar Linux")])
async def test_the_account_says_where_one_is_signed_in(site: Site, language: str, said: str) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    async with site.browser(**{"User-Agent": agent}) as browser:
        form = {"name": "rhys", "password": PASSWORD}
        assert (await browser.post("/signin", data=form)).status_code == 303
        page = (await browser.get("/account/security", params={"lang": language})).text
    assert said in page
    assert "Mozilla" not in page
