from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="need",
            name="words",
            field=models.JSONField(default=list, editable=False),
        ),
        migrations.AlterField(
            model_name="savedsearch",
            name="query",
            field=models.TextField(max_length=20_000),
        ),
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
