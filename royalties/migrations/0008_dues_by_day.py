from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("royalties", "0007_late_rules_are_frozen")]
    operations = [
        migrations.AddIndex(model_name="due", index=models.Index(fields=["due_on", "id"], name="dues_by_day")),
    ]
