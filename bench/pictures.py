"""Takes the pictures of the help pages anew: `python -m bench.pictures http://localhost:8000`, beside a copy that runs
with the demo data (`make run`). Needs Chromium (`CHROMIUM`, or in PATH). What it makes is committed.
"""

import io
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image

FOLDER = Path(__file__).parent.parent / "static" / "img" / "help"
VIEW: Any = {"width": 1280, "height": 800}
LANGUAGES = ("ko", "en")
ACCOUNTS = {
    "": "",
    "institute": "manager@gaon.example",
    "firm": "manager@pureunsol.example",
    "officer": "officer@diffusion.example",
}
PICTURES: dict[str, dict[str, str]] = {
    "": {
        "firm-find": "/technologies/",
        "firm-ask": "FIRST",
        "firm-compare": "/ways-to-pay/",
        "firm-voucher": "/calls/",
        "broker-register": "/brokers/",
        "broker-quote": "/fees/calculator/?value_won=200000000",
        "partner-api": "/api/docs/",
    },
    "institute": {
        "institute-list": "/my/listings/",
        "institute-import": "/my/imports/",
        "institute-duty": "/work/",
    },
    "officer": {"officer-review": "/review/"},
}
"""By account: the name of a picture and the address it shows. `FIRST` is the first technology of the list."""


def main(address: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for account, pictures in PICTURES.items():
            context = browser.new_context(viewport=VIEW, base_url=address, service_workers="block")
            page = context.new_page()
            if account:
                _sign_in(page, ACCOUNTS[account])
            for language in LANGUAGES:
                for name, path in pictures.items():
                    _take(page, path, language, FOLDER / language / f"{name}.webp")
            context.close()
        browser.close()


def _sign_in(page: Any, login: str) -> None:
    from accounts.demo import PASSWORD, code_now

    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_load_state()
    if page.locator("[name=code]").count():
        page.locator("[name=code]").fill(code_now())
        page.locator("[name=code]").press("Enter")
        page.wait_for_load_state()


def _take(page: Any, path: str, language: str, target: Path) -> None:
    if path == "FIRST":
        page.goto("/technologies/")
        path = page.locator("a[href^='/technologies/S']").first.get_attribute("href")
    answer = page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
    if answer is None or answer.status != 200:
        raise SystemExit(f"{path} answered {answer and answer.status}")
    page.evaluate("document.fonts.ready")
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(page.screenshot())).save(target, "WEBP", quality=60, method=6)
    print(target.relative_to(FOLDER), target.stat().st_size, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    os.environ.setdefault("DATABASE_URL", "postgres://unused@localhost/unused")
    os.environ.setdefault("REDIS_URL", "redis://localhost/0")
    import django

    django.setup()
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
