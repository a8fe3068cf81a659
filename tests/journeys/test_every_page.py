"""Every page of the table of addresses, read by axe on a phone, in Korean; those that are built otherwise in another
language in that one, too. `AXE_LANGUAGES=ko,en,zh` reads all of them in each.

`test_pages` opens what each role sees of its own, in English and at both widths; here no page is passed over: whoever
adds an address to the table has it read.
"""

import os
from collections import defaultdict

import pytest
from playwright.sync_api import Error

from tests.architecture.access import ADDRESSES, PEOPLE
from tests.architecture.test_access_table import address
from tests.architecture.world import World
from tests.database import mail_waits
from tests.journeys.conftest import PHONE
from tests.journeys.test_pages import AXE, FRAME, OPEN_ALL, RUN_AXE, WIDTH

LOCALES = {"ko": "ko-KR", "en": "en-US", "zh": "zh-CN"}
ASKED = os.environ.get("AXE_LANGUAGES", "").split(",") if os.environ.get("AXE_LANGUAGES") else []
# Whoever gets a page first in this order reads it.
READERS = ("anonymous", "firm", "manager", "officer", "staff", "other", "viewer", "newcomer")
# What these show hangs on the language: words, order, names, pictures, a note that something is in another one.
BY_LANGUAGE = {
    "portal:home", "portal:search", "portal:statistics", "portal:help", "portal:help_role", "portal:offline",
    "tech_listings:list", "tech_listings:detail", "brokers:broker", "programmes:call", "policy:figure", "policy:plan",
    "open_data:index", "api-docs", "accounts:organization", "deals:studio",
}  # fmt: skip
PARTS = 3


def pages(names=None):
    """Name of the URL by who reads it."""
    found = defaultdict(list)
    for name, (_spec, row) in ADDRESSES.items():
        who = next((who for who in READERS if row[PEOPLE.index(who)] == 200), None)
        if who and "-api:" not in name and (names is None or name in names):
            found[who].append(name)
    return found


def part_of(found, number):
    """Every third, so that the parts take about as long as each other."""
    flat = [(who, name) for who, names in sorted(found.items()) for name in sorted(names)]
    return flat[number::PARTS]


RUNS = [(language, number) for language in (ASKED or ["ko"]) for number in range(PARTS)]


@pytest.fixture
def world(settings, tmp_path):
    settings.MEDIA_ROOT = settings.PRIVATE_ROOT = tmp_path
    with mail_waits():
        return World()


def is_page(answer):
    return answer.headers.get("content-type", "").startswith("text/html")


def faults(visit, watch, world, asked, language):
    """(faults, how many pages were read)."""
    people, seen, found = {}, 0, []
    for who, name in asked:
        if who not in people:
            user = world.people.get(who)
            people[who] = visit(user, "/robots.txt", locale=LOCALES[language], phone=True)
            people[who].add_init_script(path=AXE)
        page, path = people[who], address(world, name, ADDRESSES[name][0])
        if not is_page(page.request.head(path, max_redirects=0)):
            continue
        try:
            answer, seen = page.goto(path), seen + 1
        except Error as stopped:
            if "Download is starting" in str(stopped):  # a file, which says so only when it is got
                continue
            raise
        if answer.status != 200:
            found.append(f"{name}: {answer.status}")
            continue
        if page.evaluate("document.doctype === null"):  # a part of a page, as htmx asks for it
            seen -= 1
            continue
        page.evaluate(OPEN_ALL)
        with watch.ignoring():
            found += [f"{name} in {language}: {fault}" for fault in page.evaluate(RUN_AXE, FRAME)]
        if (wide := page.evaluate(WIDTH)) > PHONE["width"]:
            found.append(f"{name} in {language}: {wide} pixels wide")
    return found, seen


@pytest.mark.parametrize(("language", "number"), RUNS)
def test_no_page_has_a_serious_fault(visit, watch, world, language, number):
    asked = part_of(pages(), number)
    found, seen = faults(visit, watch, world, asked, language)
    assert not found, "\n".join(found)
    assert seen > len(asked) / 2


@pytest.mark.skipif(bool(ASKED), reason="all pages are read in the languages that were asked for")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_hangs_on_the_language_is_read_in_each(visit, watch, world, language):
    asked = [(who, name) for who, names in sorted(pages(BY_LANGUAGE).items()) for name in names]
    assert len(asked) == len(BY_LANGUAGE), BY_LANGUAGE - {name for _who, name in asked}
    found, _seen = faults(visit, watch, world, asked, language)
    assert not found, "\n".join(found)


def test_every_page_is_in_one_of_the_parts():
    parts = [name for number in range(PARTS) for _who, name in part_of(pages(), number)]
    assert len(parts) == len(set(parts))
    left_out = {name for name, (_spec, row) in ADDRESSES.items() if 200 in row and "-api:" not in name} - set(parts)
    assert left_out == {name for name in left_out if ADDRESSES[name][1][PEOPLE.index("officer_no_factor")] == 200}
