from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="listingnews",
            name="of_import",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RemoveIndex(model_name="listingnews", name="listing_news_since"),
        migrations.AddIndex(
            model_name="listingnews",
            index=models.Index(fields=["of_import", "since"], name="listing_news_in_turn"),
        ),
    ]
