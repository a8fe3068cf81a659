"""A database of its own for a measurement, so that nobody's data is touched and no index is warm from yesterday."""

from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings
from django.db import connection


@contextmanager
def fresh_database() -> Iterator[None]:
    """Create, migrate, and drop in the end."""
    import marketplace.settings as base

    base.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"bench_{base.DATABASES['default']['NAME']}"
    django.setup()
    settings.DEBUG = False
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.close()
        connection.creation.destroy_test_db(settings.DATABASES["default"]["NAME"], verbosity=0)
