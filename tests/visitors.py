"""People with browsers of their own: what they see, and what their browser complains about."""

from types import TracebackType
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, StorageState, expect

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE, DESK = (360, 640), (1440, 900)
PATIENCE = 15_000  # ms that a page may take


class Visitor:
    """Somebody at a hub. `complaints` is what went wrong in their browser, `strangers` what others were asked for."""

    def __init__(
        self, browser: Browser, base: str, *, javascript: bool = True, size: tuple[int, int] = PHONE, lang: str = "en",
        scheme: str = "light", cookies: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.base, self.complaints, self.strangers = base, list[str](), set[str]()
        state: StorageState = {"cookies": [], "origins": []}
        self.context = browser.new_context(
            base_url=base, java_script_enabled=javascript, viewport={"width": size[0], "height": size[1]},
            locale=f"{lang}-GB", color_scheme="dark" if scheme == "dark" else "light", storage_state=state,
        )  # fmt: skip
        for name, value in (cookies or {}).items():
            self.context.add_cookies([{"name": name, "value": value, "url": base}])
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.context.close()

    @property
    def path(self) -> str:
        """Where they are, without the query."""
        return urlsplit(self.page.url).path

    def open(self, path: str) -> int:
        """Go there. Returns the status of the answer."""
        answer = self.page.goto(path)
        assert answer is not None, path
        return answer.status

    def press(self, name: str) -> None:
        """Press the first button of that name on the page itself."""
        self.page.locator("main").get_by_role("button", name=name, exact=True).first.click()

    def follow(self, name: str) -> None:
        """Follow the first link with these words."""
        self.page.get_by_role("link", name=name).first.click()

    def type(self, group: str, words: str, tongue: str = "In English") -> None:
        """Fill one language of a field that is asked in two."""
        self.page.get_by_role("group", name=group).first.get_by_label(tongue).fill(words)

    def sign_in(self, name: str, password: str) -> None:
        self.open("/signin")
        self.page.get_by_label("Name or e-mail address").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")

    def sees(self, words: str) -> None:
        """The page says this, in a place that people can see."""
        expect(self.page.locator("body")).to_contain_text(words)

    def sees_not(self, words: str) -> None:
        expect(self.page.locator("body")).not_to_contain_text(words)

    def is_told(self, words: str) -> None:
        """The message after what they did."""
        expect(self.page.get_by_role("status").first).to_contain_text(words)

    def is_refused(self, words: str) -> None:
        """The list of what is wrong stands above the form, says this, and has the focus."""
        summary = self.page.locator("#errors")
        expect(summary).to_contain_text(words)
        expect(summary).to_be_focused()
        assert self.page.title().startswith("Error:")

    def _hear(self, message: ConsoleMessage) -> None:
        own = message.text.startswith("Failed to load resource") and message.location.get("url") == self.page.url
        if message.type in ("error", "warning") and not own:  # a page that refuses says so in its status as well
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme in ("http", "https") and asked.netloc != urlsplit(self.base).netloc:
            self.strangers.add(request.url)
