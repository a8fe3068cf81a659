from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Officers verify what waits longest first: of all that is owed, some thousand rows."""

    atomic = False
    dependencies = [("obligations", "0006_letters")]

    operations = [
        AddIndexConcurrently(
            "obligation", models.Index(fields=["done_at", "id"], name="duty_to_verify", condition=Q(state="listed"))
        ),
    ]
