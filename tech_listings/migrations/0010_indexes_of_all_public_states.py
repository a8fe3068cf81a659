from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.models import F, Index, Q

PUBLIC = Q(("state__in", ("published", "under_negotiation", "contracted")))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tech_listings", "0009_registered_once")]

    operations = [
        RemoveIndexConcurrently(model_name="listing", name="listing_newest"),
        RemoveIndexConcurrently(model_name="listing", name="listing_ipc"),
        AddIndexConcurrently(
            model_name="listing",
            index=Index(F("registered_at").desc(), F("id").desc(), name="listing_newest", condition=PUBLIC),
        ),
        AddIndexConcurrently(
            model_name="listing",
            index=GinIndex(fields=["ipc_prefixes"], name="listing_ipc", condition=PUBLIC),
        ),
        AddIndexConcurrently(
            model_name="listing",
            index=Index(
                fields=["registered_at", "id"],
                name="listing_not_looked_at",
                condition=Q(("reviewed_at__isnull", True)) & PUBLIC,
            ),
        ),
    ]
