import contextlib
import copy
import gc

import pytest
import time_machine
from django.conf import settings as configured
from django.core.cache import cache
from django.db import transaction
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from tests.database import empty, wait_for_template
from tests.threads import locked, meeting  # noqa: F401  fixtures

LONGEST = ("tests/journeys/", "tests/architecture/", "tests/portal/", "tests/tech_listings/imports/")


def pytest_terminal_summary(terminalreporter):
    """Journeys that were left out for want of a browser are not passed over in silence."""
    left_out = [r for r in terminalreporter.stats.get("skipped", []) if "NO BROWSER" in str(r.longrepr)]
    if left_out:
        message = f"{len(left_out)} journeys were NOT tested: no browser. Install chromium, or name one in CHROMIUM."
        terminalreporter.write_line(message, red=True, bold=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """What takes longest begins first, so that no worker is left with a minute of it in the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_configure():
    gc.set_threshold(50_000, 10, 10)
    # How long an example takes is the machine's matter: no test asserts a time.
    hypothesis.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    hypothesis.load_profile("house")


def pytest_collection_finish():
    """What was imported and collected stays to the end: looking through it for garbage again and again cost a tenth."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    wait_for_template()


@pytest.fixture(autouse=True)
def _db(db):
    """Every test may use the database; the ones that need none are fast anyway."""


def items_of_the_module(request):
    return [item for item in request.session.items if item.path == request.path]


def commits(item):
    marker = item.get_closest_marker("django_db")
    return "transactional_db" in item.fixturenames or bool(marker and marker.kwargs.get("transaction"))


@pytest.fixture(scope="module")
def rows_of_the_module(request, django_db_setup, django_db_blocker):
    """A transaction around the tests of a module: what a fixture of the module writes in it is made once.

    Each test still has a savepoint of its own, so that it finds what the first one found, in any order. Objects in
    memory are not turned back: give each test a copy (`copy.deepcopy`). No test of the module may commit.
    """
    for item in items_of_the_module(request):
        assert not commits(item), f"{item.nodeid} commits"
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        translation.activate(configured.LANGUAGE_CODE)
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def once(request):
    """`once(make)` gives a function: what `make` makes for all tests of the module, each call a copy of its own.

    `make` is called once, in `rows_of_the_module`, with the clock at `at` where that is given. In a module with a test
    that commits, or with one that asks for nothing made once and would find its rows, each call makes it anew.
    """
    if any(commits(item) or "once" not in item.fixturenames for item in items_of_the_module(request)):
        return lambda make, at=None: make
    request.getfixturevalue("rows_of_the_module")

    def keep(make, at=None):
        with time_machine.travel(at, tick=False) if at else contextlib.nullcontext():
            made = make()
        return lambda: copy.deepcopy(made)

    return keep


@pytest.fixture(autouse=True, scope="session")
def _committed_rows_are_deleted():
    """After a test that commits, only what has rows is emptied."""

    def teardown(self):
        for alias in self._databases_names(include_mirrors=False):
            empty(alias)

    original, TransactionTestCase._fixture_teardown = TransactionTestCase._fixture_teardown, teardown
    yield
    TransactionTestCase._fixture_teardown = original


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


@pytest.fixture(autouse=True)
def _language_of_the_suite(settings):
    """A page asked for in Korean leaves its language behind in the thread; the next test begins in English again."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True, scope="session")
def _unordered_means_random():
    """A query without an order comes back in any order, so no test can lean on luck."""
    from django.db.models.sql.compiler import SQLCompiler

    original = SQLCompiler._order_by_pairs

    def shuffled(self):
        pairs = list(original(self))
        if (
            pairs
            or self.query.distinct
            or self.query.combinator
            or self.query.group_by is not None
            or self.query.is_sliced
            or self.query.subquery
        ):
            yield from pairs
        else:
            from django.db.models.expressions import OrderBy
            from django.db.models.functions import Random

            yield OrderBy(Random()), False

    SQLCompiler._order_by_pairs = shuffled
    yield
    SQLCompiler._order_by_pairs = original


@pytest.fixture(autouse=True, scope="session")
def _locks_name_their_table():
    """select_for_update() over a join locks every joined row unless `of` says otherwise."""
    from django.db.models.sql.compiler import SQLCompiler

    original = SQLCompiler.as_sql

    def strict(self, *args, **kwargs):
        query = self.query
        if query.select_for_update and query.select_related and not query.select_for_update_of:
            raise TypeError("select_for_update() with select_related() needs of=[...]")
        return original(self, *args, **kwargs)

    SQLCompiler.as_sql = strict
    yield
    SQLCompiler.as_sql = original
