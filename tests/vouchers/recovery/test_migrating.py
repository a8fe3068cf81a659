"""Migrations of what stood before: an office with several sanctions gets a key for each of them."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories.vouchers.recovery import imposed, proposed
from vouchers.models import Sanction

pytestmark = pytest.mark.django_db(transaction=True)


def migrate(name):
    executor = MigrationExecutor(connection)
    targets = [("vouchers", name)] if name else executor.loader.graph.leaf_nodes("vouchers")
    executor.migrate(targets)


def test_several_sanctions_of_one_office_get_a_key_each():
    first = imposed()
    proposed(first.recovery, kind="warning")
    assert Sanction.objects.filter(office=first.office).count() == 2
    try:
        migrate("0007_guards_of_recovery")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM vouchers_sanction")
            assert cursor.fetchone() == (2,)
    finally:
        migrate(None)
    keys = list(Sanction.objects.filter(office=first.office).values_list("key", flat=True))
    assert len(keys) == len(set(keys)) == 2
