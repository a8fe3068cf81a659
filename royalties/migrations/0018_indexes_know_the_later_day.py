"""Sums and counts of what is overdue are read from the index alone, as before; the new ones first, then the old go."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("royalties", "0017_the_later_day_counts")]

    operations = [
        AddIndexConcurrently(
            model_name="due",
            index=models.Index(
                fields=["contract", "due_on"],
                include=("state", "kind", "is_owed", "amount_won", "paid_won", "pay_by"),
                name="dues_contract_days",
            ),
        ),
        AddIndexConcurrently(
            model_name="due",
            index=models.Index(
                condition=models.Q(("state__in", ["expected", "invoiced"])),
                fields=["contract", "due_on"],
                include=("state", "kind", "is_owed", "amount_won", "paid_won", "pay_by"),
                name="dues_contract_open",
            ),
        ),
        AddIndexConcurrently(
            model_name="due",
            index=models.Index(
                fields=["holder", "due_on", "id"],
                include=("state", "kind", "is_owed", "amount_won", "paid_won", "pay_by"),
                name="dues_holder_days",
            ),
        ),
        AddIndexConcurrently(
            model_name="due",
            index=models.Index(
                fields=["firm", "due_on", "id"],
                include=("state", "kind", "is_owed", "amount_won", "paid_won", "pay_by"),
                name="dues_firm_days",
            ),
        ),
        AddIndexConcurrently(
            model_name="due",
            index=models.Index(
                condition=models.Q(("state__in", ["expected", "invoiced"])),
                fields=["holder", "due_on", "id"],
                include=("state", "kind", "is_owed", "amount_won", "paid_won", "pay_by"),
                name="dues_holder_open",
            ),
        ),
        AddIndexConcurrently(
            model_name="due",
            index=models.Index(
                condition=models.Q(("state__in", ["expected", "invoiced"])),
                fields=["firm", "due_on", "id"],
                include=("state", "kind", "is_owed", "amount_won", "paid_won", "pay_by"),
                name="dues_firm_open",
            ),
        ),
        RemoveIndexConcurrently(
            model_name="due",
            name="dues_of_holder",
        ),
        RemoveIndexConcurrently(
            model_name="due",
            name="dues_of_firm",
        ),
        RemoveIndexConcurrently(
            model_name="due",
            name="dues_open_of_holder",
        ),
        RemoveIndexConcurrently(
            model_name="due",
            name="dues_open_of_firm",
        ),
        RemoveIndexConcurrently(
            model_name="due",
            name="dues_of_contract",
        ),
        RemoveIndexConcurrently(
            model_name="due",
            name="dues_open_of_contract",
        ),
    ]
