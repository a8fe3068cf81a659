"""The date of registration, on which the year of Decree art. 26(4) hangs: no path of the application changes it."""

import datetime

import pgtrigger
import pytest
from django.db import DatabaseError, connection, transaction

from marketplace.core.ids import uuid7
from tech_listings.enums import ListingState
from tech_listings.models import Listing
from tests.factories.tech_listings import REGISTERED, ListingFactory

EARLIER = REGISTERED - datetime.timedelta(days=400)
TABLE = Listing._meta.db_table


def sql(statement, *params):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def by_queryset(listing):
    Listing.objects.filter(pk=listing.pk).update(registered_at=EARLIER)


def by_bulk_update(listing):
    listing.registered_at = EARLIER
    Listing.objects.bulk_update([listing], ["registered_at"])


def by_save(listing):
    listing.registered_at = EARLIER
    listing.save()


def by_sql(listing):
    sql(f"UPDATE {TABLE} SET registered_at = %s WHERE id = %s", EARLIER, listing.pk)


def cleared(listing):
    Listing.objects.filter(pk=listing.pk).update(registered_at=None, number=None, state=ListingState.PUBLISHED)


def cleared_while_withdrawn(listing):
    Listing.objects.filter(pk=listing.pk).update(state=ListingState.WITHDRAWN, withdrawn_at=REGISTERED)
    Listing.objects.filter(pk=listing.pk).update(registered_at=None, number=None)


def with_triggers_ignored(listing):
    with pgtrigger.ignore(), transaction.atomic():
        by_queryset(listing)


def as_a_replica(listing):
    sql("SET LOCAL session_replication_role = replica")
    by_queryset(listing)


def as_a_replica_with_triggers_ignored(listing):
    sql("SET LOCAL session_replication_role = replica")
    with pgtrigger.ignore(), transaction.atomic():
        Listing.objects.filter(pk=listing.pk).update(number="S2020000009")


def by_upsert_from_a_copied_table(listing):
    sql(f"CREATE TEMPORARY TABLE given ON COMMIT DROP AS SELECT * FROM {TABLE} WHERE id = %s", listing.pk)
    sql("UPDATE given SET registered_at = %s", EARLIER)
    sql(
        f"INSERT INTO {TABLE} OVERRIDING SYSTEM VALUE SELECT * FROM given "
        "ON CONFLICT (id) DO UPDATE SET registered_at = EXCLUDED.registered_at"
    )


def by_merge(listing):
    sql(
        f"MERGE INTO {TABLE} l USING (VALUES (%s::bigint)) AS v (id) ON l.id = v.id "
        "WHEN MATCHED THEN UPDATE SET registered_at = %s",
        listing.pk,
        EARLIER,
    )


def by_bulk_create_upsert(listing):
    listing.registered_at = EARLIER
    Listing.objects.bulk_create(
        [listing], update_conflicts=True, unique_fields=["public_id"], update_fields=["registered_at"]
    )


def deleted(listing):
    listing.delete()


def deleted_by_sql_as_a_replica(listing):
    sql("SET LOCAL session_replication_role = replica")
    sql(f"DELETE FROM {TABLE} WHERE id = %s", listing.pk)


def deleted_with_its_holder(listing):
    sql("SET LOCAL session_replication_role = replica")
    sql(f"DELETE FROM {TABLE} WHERE holder_id = %s", listing.holder_id)


def truncated(listing):
    sql(f"TRUNCATE {TABLE} CASCADE")


def truncated_as_a_replica(listing):
    sql("SET LOCAL session_replication_role = replica")
    sql(f"TRUNCATE {TABLE} CASCADE")


def given_another_id(listing):
    Listing.objects.filter(pk=listing.pk).update(public_id=uuid7())


def given_another_key(listing):
    sql("SET LOCAL session_replication_role = replica")
    sql(f"UPDATE {TABLE} SET id = id + 1000 WHERE id = %s", listing.pk)


def copied_again_under_its_number(listing):
    sql(f"CREATE TEMPORARY TABLE given ON COMMIT DROP AS SELECT * FROM {TABLE} WHERE id = %s", listing.pk)
    sql("UPDATE given SET id = id + 1000, public_id = uuidv7(), registered_at = %s", EARLIER)
    sql(f"INSERT INTO {TABLE} OVERRIDING SYSTEM VALUE SELECT * FROM given")


def inserted_again_under_its_public_id(listing):
    ListingFactory(public_id=listing.public_id, registered_at=EARLIER)


PATHS = [
    by_queryset, by_bulk_update, by_save, by_sql, cleared, cleared_while_withdrawn, with_triggers_ignored, as_a_replica,
    as_a_replica_with_triggers_ignored, by_upsert_from_a_copied_table, by_merge, by_bulk_create_upsert, deleted,
    deleted_by_sql_as_a_replica, deleted_with_its_holder, truncated, truncated_as_a_replica, given_another_id,
    given_another_key, copied_again_under_its_number, inserted_again_under_its_public_id,
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_no_path_changes_or_loses_it(path):
    listing = ListingFactory()
    before = Listing.objects.values("id", "public_id", "number", "registered_at").get(pk=listing.pk)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match=r"written once|duplicate key"), transaction.atomic():
        path(listing)
    assert Listing.objects.values("id", "public_id", "number", "registered_at").get(pk=listing.pk) == before
    assert Listing.objects.count() == 1


def test_the_triggers_fire_whatever_the_role_of_the_session_is():
    """`A` is ENABLE ALWAYS; `O`, the rule, sleeps for a replica."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'tech_listings_%%'",
            [TABLE],
        )
        modes = dict(cursor.fetchall())
    assert {modes[f"tech_listings_{name}"] for name in ("registered_once", "registered_stays", "not_emptied")} == {"A"}


def test_a_draft_that_was_never_registered_may_go():
    draft = ListingFactory(draft=True)
    Listing.objects.filter(pk=draft.pk).delete()
    assert not Listing.objects.exists()
