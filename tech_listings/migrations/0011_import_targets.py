from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("tech_listings", "0010_indexes_of_all_public_states"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="source",
            name="one_source_per_name",
        ),
        migrations.RenameField(
            model_name="runrow",
            old_name="listing_id",
            new_name="subject_id",
        ),
        migrations.AddField(
            model_name="run",
            name="secret",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="source",
            name="target",
            field=models.CharField(
                choices=[("listings", "Technologies"), ("projects", "R&D projects"), ("results", "Research results")],
                default="listings",
                max_length=10,
                verbose_name="What its files hold",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(fields=("organization", "target", "name"), name="one_source_per_name"),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(("target__in", ["listings", "projects", "results"])), name="source_target_known"
            ),
        ),
    ]
