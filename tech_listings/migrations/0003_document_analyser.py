from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tech_listings", "0002_search_documents")]

    operations = [
        AddIndexConcurrently("listingdocument", models.Index(fields=["analyser"], name="document_analyser")),
    ]
