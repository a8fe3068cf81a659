"""The database of a worker: a copy of one that was migrated once, and quickly empty again after a test that commits."""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone

ROOT = Path(__file__).parents[1]
# What migrating writes; no test changes it.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def make_template() -> None:
    """Migrate the database that workers copy. It gets its name in the end, so that nobody copies half of one.

    One that was migrated by the very same code is taken again; the comment on it says by which.
    """
    name = connection.settings_dict["TEST"].pop("TEMPLATE")
    connection.settings_dict["TEST"] |= {"NAME": f"{name}_unfinished", "MIGRATE": True}
    creation, code = connection.creation, digest_of_code()
    with creation._nodb_cursor() as cursor:
        cursor.execute("select shobj_description(oid, 'pg_database') from pg_database where datname = %s", [name])
        if cursor.fetchone() == (code,):
            return
        cursor.execute(f"drop database if exists {connection.ops.quote_name(name)}")
    made = creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    with creation._nodb_cursor() as cursor:
        cursor.execute(f"comment on database {connection.ops.quote_name(made)} is '{code}'")
        cursor.execute(f"alter database {connection.ops.quote_name(made)} rename to {connection.ops.quote_name(name)}")


def digest_of_code() -> str:
    """Of what migrating reads: migrations, the models that permissions are made for, and which packages are installed.

    No migration runs code of ours that writes rows; with the first that does, what it reads belongs here too.
    """
    digest = hashlib.sha256(repr(sorted((found.name, found.version) for found in distributions())).encode())
    packages = [found.parent for found in sorted(ROOT.glob("*/__init__.py")) if found.parent.name != "tests"]
    files = [path for package in packages for path in sorted(package.rglob("*.py")) if is_read_to_migrate(path)]
    for path in (Path(__file__), *files):
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def is_read_to_migrate(path: Path) -> bool:
    return path.stem in {"models", "apps", "migrating"} or bool({"migrations", "models"} & set(path.parts))


def wait_for_template() -> None:
    """Whoever makes it holds the lock and lets go of it by ending."""
    if path := os.environ.get("TEMPLATE_LOCK"):
        with open(path) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)


def empty(alias: str) -> None:
    """Delete every row that a test has committed.

    Truncating all tables, as Django does, makes new files for each of them and its indexes, and then permissions are
    made again: 0.4 s. Triggers sleep meanwhile, as some tables are only ever added to; where we may not put them to
    sleep, Django's way it is.
    """
    connection = connections[alias]
    tables = [name for name in connection.introspection.django_table_names(only_existing=True) if name not in KEPT]
    names = [connection.ops.quote_name(name) for name in tables]
    looks = [f"select {number} where exists (select from {name})" for number, name in enumerate(names)]
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('is_superuser') = 'on'")
        if not cursor.fetchone()[0]:
            cursor.execute(guards_of_registration("disable"))
            call_command("flush", verbosity=0, interactive=False, database=alias, reset_sequences=False)
            cursor.execute(guards_of_registration("enable always"))
            return
        cursor.execute(" union all ".join(looks))
        if filled := [names[number] for (number,) in cursor.fetchall()]:
            deletions = " ".join(f"delete from {name};" for name in filled)
            asleep, awake = guards_of(cursor, filled)
            cursor.execute(f"begin; set local session_replication_role = replica; {asleep} {deletions} {awake} commit")


def guards_of(cursor: Any, tables: list[str]) -> tuple[str, str]:
    """What puts to sleep the triggers of these tables that pass nobody but their owner, and what wakes them again."""
    cursor.execute(
        "select tgrelid::regclass::text, quote_ident(tgname) from pg_trigger "
        "where tgenabled = 'A' and not tgisinternal and tgrelid = any(%s::regclass[])",
        [tables],
    )
    guards = cursor.fetchall()
    return tuple(  # type: ignore[return-value]
        " ".join(f"alter table {table} {do} trigger {name};" for table, name in guards)
        for do in ("disable", "enable always")
    )


def guards_of_registration(do: str) -> str:
    """Triggers that pass nobody but the owner of the table, who puts them to sleep."""
    names = ("registered_once", "registered_stays", "not_emptied")
    return " ".join(f"alter table tech_listings_listing {do} trigger tech_listings_{name};" for name in names)


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """What is written inside is gone afterwards, so that the next of many tries finds what the first one found.

    Objects in memory are not turned back: give each try a copy (`copy.deepcopy`).
    """
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextlib.contextmanager
def mail_waits() -> Iterator[None]:
    """Nobody is mailed what is only prepared inside: where rows are committed, mailing takes most of the time.

    They stay unsent, as after `mail_brake on`.
    """
    from notifications.services.brake import set_brake  # needs the models, which migrating does not load before

    set_brake(on=True, reason="A test is prepared", by=None, at=timezone.now())
    yield
    set_brake(on=False, reason="It is prepared", by=None, at=timezone.now())


if __name__ == "__main__":
    django.setup()
    make_template()
