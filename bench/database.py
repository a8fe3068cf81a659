"""Databases of their own for measurements: nobody's data is touched."""

from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections


@contextmanager
def fresh_database() -> Iterator[None]:
    """Create, migrate, and drop in the end: no index is warm from yesterday."""
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


def stored_database(name: str, key: str) -> bool:
    """From now on this process works in the database `name`, which stays. True where it holds what `key` describes.

    Otherwise it is empty now and migrated, and `keep` says that it has been filled. Django is set up.
    """
    # Static files are not collected for a measurement: their addresses are given without the digest.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    settings.DEBUG = False
    with connection.cursor() as cursor:
        cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
        found = cursor.fetchone()
        is_kept = found is not None and found[0] == key
        if not is_kept:
            cursor.execute("SET statement_timeout TO 0")
            if found is not None:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}"')
    connections.close_all()
    for alias in connections:
        connections[alias].settings_dict["NAME"] = name
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_codes", verbosity=0)
    return is_kept


def keep(key: str) -> None:
    """Say that this database holds what `key` describes."""
    with connection.cursor() as cursor:
        cursor.execute(f'COMMENT ON DATABASE "{connection.settings_dict["NAME"]}" IS %s', [key])


def warm() -> None:
    """Read the tables and indexes of the search into the server's memory, where one that has run for a day has them."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        cursor.execute("SET statement_timeout TO 0")
        cursor.execute(
            """
            SELECT sum(pg_prewarm(part.oid)) FROM pg_class named
            JOIN pg_class part ON part.oid IN (named.oid, named.reltoastrelid)
                OR part.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = named.oid)
            WHERE named.relkind = 'r' AND named.relname ~ '^(tech_listings|matching)_'
            """
        )
        cursor.execute("RESET statement_timeout")
