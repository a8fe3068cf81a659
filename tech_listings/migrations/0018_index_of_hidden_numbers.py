from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

SHOWN = ("published", "under_negotiation", "contracted", "closed")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tech_listings", "0017_indexes_of_freshness")]

    operations = [
        AddIndexConcurrently(
            model_name="listing",
            index=models.Index(
                fields=["number"],
                name="listing_hidden_numbers",
                condition=models.Q(("number__isnull", False), models.Q(("state__in", SHOWN), _negated=True)),
            ),
        ),
    ]
