"""What changed, in an order in which nothing can be skipped. Triggers of the migration `feed` write it."""

from django.db import models
from django.db.models import Q

from marketplace.core.models import PublicId
from open_data.enums import BulkFormat, Collection


class Change(models.Model):
    """That the public part of an object changed in the transaction `xid`; what it is now is read when it is asked for.

    One row per object and transaction, written by triggers in the transaction that changes it. The order is
    `(xid, object_id)`: a reader stops below the oldest transaction that still writes (`queries.feed`).
    """

    collection = models.CharField(max_length=10, choices=Collection)
    object_id = models.UUIDField()
    xid = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="change_collection_known", condition=Q(collection__in=Collection.values)),
            models.UniqueConstraint(fields=["collection", "xid", "object_id"], name="change_once_per_transaction"),
        ]
        indexes = [models.Index(fields=["object_id", "xid"], name="changes_of_object")]

    def __str__(self) -> str:
        return f"{self.collection} {self.object_id} {self.xid}"


class Era(models.Model):
    """Begun when the database came back from a copy: ids of transactions begin anew, so no older cursor holds."""

    number = models.PositiveIntegerField(unique=True)
    begun_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.number)


class Seal(models.Model):
    """All transactions below `xid_below` were over at `at`: gives changes a time by which OAI-PMH can ask for them."""

    xid_below = models.BigIntegerField(unique=True)
    at = models.DateTimeField(unique=True)

    def __str__(self) -> str:
        return f"{self.xid_below} {self.at}"


class BulkFile(PublicId):
    """A file of everything public in a collection, as it was in one moment; `cursor` continues it in the feed."""

    collection = models.CharField(max_length=10, choices=Collection)
    format = models.CharField(max_length=6, choices=BulkFormat)
    name = models.CharField(max_length=80, unique=True)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    cursor = models.TextField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="bulk_collection_known", condition=Q(collection__in=Collection.values)),
            models.CheckConstraint(name="bulk_format_known", condition=Q(format__in=BulkFormat.values)),
            models.CheckConstraint(name="bulk_has_checksum", condition=Q(sha256__regex="^[0-9a-f]{64}$")),
        ]
        indexes = [models.Index(fields=["collection", "format", "taken_at"], name="bulk_by_time")]

    def __str__(self) -> str:
        return self.name
