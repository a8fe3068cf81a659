from django.db import migrations, models

STATES = [
    ("draft", "Draft"),
    ("applied", "Applied"),
    ("doc_check", "Documents being checked"),
    ("completion", "Completion asked"),
    ("advice", "Advice is taken"),
    ("committee", "Before the committee"),
    ("training", "Training is to be finished"),
    ("designated", "Registered"),
    ("refused", "Refused"),
    ("objected", "Objection under review"),
    ("rejected", "Objection rejected"),
    ("withdrawn", "Withdrawn"),
]


def _state() -> models.CharField:
    return models.CharField(choices=STATES, default="draft", max_length=12, verbose_name="State")


class Migration(migrations.Migration):
    dependencies = [("brokers", "0019_guards_of_closing_and_settling")]

    operations = [
        migrations.AlterField(model_name="application", name="state", field=_state()),
        migrations.AlterField(model_name="applicationevent", name="state", field=_state()),
    ]
