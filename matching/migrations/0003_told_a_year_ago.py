from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("matching", "0002_words_of_needs_news_of_imports")]

    operations = [
        AddIndexConcurrently(model_name="alerted", index=models.Index(fields=["at"], name="alerted_long_ago")),
    ]
