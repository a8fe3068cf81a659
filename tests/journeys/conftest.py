"""A real browser in front of a live server. Whatever the browser complains about fails the test.

Chromium is looked for in `CHROMIUM` and in PATH. Where there is none these tests are skipped, and say so.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from accounts.models import User
from marketplace.celery import app as celery
from tests.factories.accounts import sign_in
from tests.journeys.watch import Watch

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/journeys" in item.nodeid:
            item.add_marker(pytest.mark.journey)
            if not CHROMIUM:
                reason = "NO BROWSER: the journeys were not tested. Install chromium, or name one in CHROMIUM."
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if report.when == "call" and report.failed:
        for page in (page for context in getattr(item, "contexts", ()) for page in context.pages):
            report.sections.append((f"What {page.url} showed", page.locator("body").inner_text(timeout=2000)))
    return report


@pytest.fixture(autouse=True)
def _db(transactional_db):
    """The server reads from other connections: what a test writes must be committed."""


@pytest.fixture(autouse=True, scope="session")
def _worker():
    """Tasks run at once and in this process, which therefore has to know them."""
    celery.loader.import_default_modules()


@pytest.fixture
def short_pages(monkeypatch) -> None:
    """Four rows on a page of a list, so that few rows make two pages."""
    monkeypatch.setattr("tech_listings.views.public.PER_PAGE", 4)
    monkeypatch.setattr("tech_listings.views.mine.PER_PAGE", 4)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop running in this thread, in which Django would refuse to query.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    # With the loop come connections of its own: the others would stay open, and keep the database from being dropped.
    connections.close_all()
    with sync_playwright() as playwright:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()
        connections.close_all()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the browsers of this test complained about; `watch.expects(422)` where a refusal is what is tested."""
    watching = Watch()
    yield watching
    watching.check()


@pytest.fixture
def new_context(request, browser: Browser, live_server, watch: Watch) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a browser of its own for a person: `new_context(user, phone=True, javascript=False, locale="ko-KR")`."""
    contexts: list[BrowserContext] = []
    request.node.contexts = contexts

    def make(
        user: User | None = None,
        *,
        phone: bool = False,
        javascript: bool = True,
        locale: str = "en-US",
        app: bool = False,
    ) -> BrowserContext:
        context = browser.new_context(
            base_url=live_server.url,
            viewport=PHONE if phone else DESKTOP,
            has_touch=phone,
            java_script_enabled=javascript,
            locale=locale,
            timezone_id="Asia/Seoul",
            reduced_motion="reduce",
            accept_downloads=True,
            # Only the tests of the app have its worker, which outlives a page.
            service_workers="allow" if app else "block",
        )
        context.set_default_timeout(10_000)
        watch.context(context)
        contexts.append(context)
        if user:
            context.add_cookies([session_cookie(user, live_server.url)])
        return context

    yield make
    for context in contexts:
        context.close()


def session_cookie(user: User, url: str) -> dict[str, str]:
    """A session that has just signed in, with the second factor where the person has one, and confirmed it."""
    client = sign_in(Client(), user)
    session = client.session
    records = session[AUTHENTICATION_METHODS_SESSION_KEY]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [record | {"reauthenticated": True} for record in records]
    session.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": url}


@pytest.fixture
def visit(new_context) -> Callable[..., Page]:
    """A page of a browser of its own, signed in as `user`."""

    def open_page(user: User | None = None, path: str = "/", **options) -> Page:
        page = new_context(user, **options).new_page()
        page.goto(path)
        return page

    return open_page
