from django.db import migrations, models

KINDS = [
    ("same_firm", "One was merged into the other"),
    ("corporate_number", "The same corporate registration number"),
    ("representative", "The same representative"),
    ("owner", "The same owner"),
    ("owns", "One owns a share of the other"),
    ("representative_owns", "The representative of one owns a share of the other"),
    ("address", "The same address"),
    ("bank_account", "The same bank account"),
    ("unknown", "Nothing is known about who stands behind it"),
]


class Migration(migrations.Migration):
    """A flag is of the same kinds as a link between organizations; two had names of their own before."""

    dependencies = [("programmes", "0005_guards_of_applications")]

    operations = [
        migrations.RemoveConstraint(model_name="applicationflag", name="programme_application_flag_kind_known"),
        migrations.RunSQL(
            """
            UPDATE programmes_applicationflag SET kind = 'corporate_number' WHERE kind = 'same_corporation';
            UPDATE programmes_applicationflag SET kind = 'bank_account' WHERE kind = 'account';
            """,
            """
            UPDATE programmes_applicationflag SET kind = 'same_corporation' WHERE kind = 'corporate_number';
            UPDATE programmes_applicationflag SET kind = 'account' WHERE kind = 'bank_account';
            """,
        ),
        migrations.AlterField(
            model_name="applicationflag",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=20),
        ),
        migrations.AddConstraint(
            model_name="applicationflag",
            constraint=models.CheckConstraint(
                condition=models.Q(kind__in=[key for key, _label in KINDS]),
                name="programme_application_flag_kind_known",
            ),
        ),
    ]
