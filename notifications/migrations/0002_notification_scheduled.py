from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="scheduled",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
