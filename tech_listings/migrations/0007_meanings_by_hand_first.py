from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tech_listings", "0006_document_is_public")]

    operations = [
        migrations.AddField(
            model_name="listingmeaning",
            name="by_hand",
            field=models.BooleanField(db_default=False, default=False),
        ),
        AddIndexConcurrently(
            model_name="listingmeaning",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["-by_hand", "due_at"], name="meaning_in_turn"
            ),
        ),
        RemoveIndexConcurrently(model_name="listingmeaning", name="meaning_due"),
    ]
