from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tech_listings", "0016_states_say_more")]

    operations = [
        AddIndexConcurrently(
            model_name="listing",
            index=models.Index(
                condition=models.Q(("state__in", ("published", "under_negotiation"))),
                fields=["holder", "confirmed_on"],
                name="listing_to_confirm",
            ),
        ),
        AddIndexConcurrently(
            model_name="right",
            index=models.Index(condition=models.Q(("status", "registered")), fields=["expires_on"], name="right_ends"),
        ),
    ]
