"""What a migration does to rows that stood before it: an office with several sanctions gets a key for each of them."""

from importlib import import_module

import pytest
from django.db import connection

from tests.factories.vouchers.recovery import imposed, proposed
from vouchers.models import Sanction

pytestmark = pytest.mark.django_db
KEY_OF_EACH = import_module("vouchers.migrations.0008_sanctions_with_a_hearing").KEY_OF_EACH


def test_several_sanctions_of_one_office_get_a_key_each():
    """The statement of the migration on a table without the column; to migrate there and back takes a minute."""
    first = imposed()
    proposed(first.recovery, kind="warning")
    before = set(Sanction.objects.values_list("key", flat=True))
    connection.check_constraints()  # no trigger waits any more, so that the table can be changed
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE vouchers_sanction DROP COLUMN key CASCADE")
        cursor.execute(KEY_OF_EACH)
    keys = list(Sanction.objects.filter(office=first.office).values_list("key", flat=True))
    assert len(keys) == len(set(keys)) == 2
    assert not before & set(keys)
