"""Why publishing stopped is kept as a code and what fills its words: both are the worker's to write."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("programmes.migrations.0014_guards_of_publishing").SELECTIONS
SELECTIONS = BEFORE.replace("'attempts', 'stopped'", "'attempts', 'stopped', 'stopped_params'")


class Migration(migrations.Migration):
    dependencies = [("programmes", "0016_why_publishing_stopped")]

    operations = [migrations.RunSQL(SELECTIONS, BEFORE)]
