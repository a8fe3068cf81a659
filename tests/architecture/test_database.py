"""What a test commits is gone for the next one, also what is only ever added to, and triggers are awake again."""

import pytest
from django.db import connection

from tests.architecture.world import World
from tests.database import KEPT, empty, mail_waits


def rows():
    tables = [*connection.introspection.django_table_names(only_existing=True), "django_migrations"]
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(f"select '{name}', count(*) from {name}" for name in tables))
        return {name: count for name, count in cursor.fetchall() if count}


@pytest.mark.django_db(transaction=True)
def test_what_was_committed_is_deleted_and_nothing_else():
    before = rows()
    assert set(before) == KEPT
    with mail_waits():
        World()
    assert len(rows()) > 20

    empty("default")

    assert rows() == before
    with connection.cursor() as cursor:
        cursor.execute("show session_replication_role")
        assert cursor.fetchone() == ("origin",)
