"""Listens to a browser: errors of scripts, messages in the console (CSP violations among them), failed answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

# Answers of 400 and more come with their address by `_response`; a newer search aborts the one under way.
HARMLESS = ("Service Worker registration blocked", "Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")


@dataclass
class Watch:
    complaints: list[str] = field(default_factory=list)
    allowed: set[int] = field(default_factory=set)
    deaf: bool = False

    def expects(self, *statuses: int) -> None:
        self.allowed |= set(statuses)

    def context(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._page_error)
        context.on("response", self._response)
        context.on("requestfailed", self._failed)

    @contextmanager
    def ignoring(self) -> Iterator[None]:
        """While a checker of ours is at work in the page."""
        self.deaf = True
        yield
        self.deaf = False

    def check(self) -> None:
        wrong = [line for status, line in self._seen if status not in self.allowed] + self.complaints
        assert not wrong, "The browser complained:\n" + "\n".join(wrong)

    def __post_init__(self) -> None:
        self._seen: list[tuple[int, str]] = []

    def _console(self, message: ConsoleMessage) -> None:
        if not self.deaf and message.type in {"error", "warning"} and not message.text.startswith(HARMLESS):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _page_error(self, error: WebError) -> None:
        self.complaints.append(f"script: {error.error}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._seen.append((response.status, f"{response.status} {response.request.method} {response.url}"))

    def _failed(self, request: Request) -> None:
        # A navigation away, or a newer search, aborts what is under way.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.complaints.append(f"no answer: {request.url} {request.failure}")


def choose_from_menu(page: Page, name: str) -> None:
    """Follow an entry of the main menu, also of those behind “More”."""
    menu = page.get_by_role("navigation", name="Main menu")
    menu.get_by_role("link").first.wait_for()
    entry = menu.get_by_role("link", name=name, exact=True)
    if not entry.is_visible():
        menu.locator("summary").click()
    entry.click()


def settled(page: Page) -> None:
    """Wait until htmx is done with what was set off."""
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
