"""Dues carry the sides of their contract, filled in by the database: one index reads a side's dues in their order."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

TRIGGER = """
CREATE FUNCTION royalties_due_sides() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT holder_id, firm_id INTO NEW.holder_id, NEW.firm_id FROM deals_contract WHERE id = NEW.contract_id;
    RETURN NEW;
END $$;
CREATE TRIGGER royalties_due_sides BEFORE INSERT ON royalties_due
    FOR EACH ROW EXECUTE FUNCTION royalties_due_sides();
"""
NO_TRIGGER = "DROP TRIGGER royalties_due_sides ON royalties_due; DROP FUNCTION royalties_due_sides();"

# The history does not follow these columns: nothing of it is written.
FILL = """
UPDATE royalties_due d SET holder_id = c.holder_id, firm_id = c.firm_id FROM deals_contract c WHERE c.id = d.contract_id
"""
NOW_ON = "SET CONSTRAINTS ALL IMMEDIATE"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_organization_head"),
        ("deals", "0009_guards_of_contracts"),
        ("royalties", "0008_dues_by_day"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="due",
            name="owed_once",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="due",
            name="update_update",
        ),
        migrations.AddField(
            model_name="due",
            name="firm",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.AddField(
            model_name="due",
            name="holder",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(NOW_ON, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="due",
            name="firm",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.AlterField(
            model_name="due",
            name="holder",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.RunSQL(TRIGGER, NO_TRIGGER),
        migrations.AddIndex(
            model_name="due",
            index=models.Index(
                fields=["holder", "due_on", "id"],
                include=("state", "kind", "is_owed", "amount_won", "paid_won"),
                name="dues_of_holder",
            ),
        ),
        migrations.AddIndex(
            model_name="due",
            index=models.Index(
                fields=["firm", "due_on", "id"],
                include=("state", "kind", "is_owed", "amount_won", "paid_won"),
                name="dues_of_firm",
            ),
        ),
        migrations.AddIndex(
            model_name="due",
            index=models.Index(
                condition=models.Q(("state__in", ["expected", "invoiced"])),
                fields=["holder", "due_on", "id"],
                include=("state", "kind", "is_owed", "amount_won", "paid_won"),
                name="dues_open_of_holder",
            ),
        ),
        migrations.AddIndex(
            model_name="due",
            index=models.Index(
                condition=models.Q(("state__in", ["expected", "invoiced"])),
                fields=["firm", "due_on", "id"],
                include=("state", "kind", "is_owed", "amount_won", "paid_won"),
                name="dues_open_of_firm",
            ),
        ),
        migrations.RemoveIndex(model_name="due", name="dues_open"),
        migrations.RemoveIndex(model_name="due", name="dues_of_contract"),
        migrations.AddIndex(
            model_name="due",
            index=models.Index(
                fields=["due_on", "id"], name="dues_open", condition=models.Q(("state__in", ["expected", "invoiced"]))
            ),
        ),
        migrations.AddIndex(
            model_name="due",
            index=models.Index(
                fields=["contract", "due_on"],
                name="dues_of_contract",
                include=("state", "kind", "is_owed", "amount_won", "paid_won"),
            ),
        ),
        migrations.AddIndex(
            model_name="due",
            index=models.Index(
                fields=["contract", "due_on"],
                name="dues_open_of_contract",
                condition=models.Q(("state__in", ["expected", "invoiced"])),
                include=("state", "kind", "is_owed", "amount_won", "paid_won"),
            ),
        ),
        migrations.AddIndex(
            model_name="salesstatement",
            index=models.Index(
                fields=["reported_at", "id"], name="statements_waiting", condition=models.Q(("state", "reported"))
            ),
        ),
        migrations.AddIndex(
            model_name="salesstatement",
            index=models.Index(
                fields=["contract"], name="statements_questioned", condition=models.Q(("state", "questioned"))
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="due",
            trigger=pgtrigger.compiler.Trigger(
                name="owed_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."contract_id" IS DISTINCT FROM (NEW."contract_id") OR OLD."holder_id" IS DISTINCT FROM (NEW."holder_id") OR OLD."firm_id" IS DISTINCT FROM (NEW."firm_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."key" IS DISTINCT FROM (NEW."key"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9b9ec2cdf0669d0ed7fec573f2749698ccc4c35d",
                    operation="UPDATE",
                    pgid="pgtrigger_owed_once_1785b",
                    table="royalties_due",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="due",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."amount_won" IS DISTINCT FROM (NEW."amount_won") OR OLD."contract_id" IS DISTINCT FROM (NEW."contract_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."done_at" IS DISTINCT FROM (NEW."done_at") OR OLD."due_on" IS DISTINCT FROM (NEW."due_on") OR OLD."excess_won" IS DISTINCT FROM (NEW."excess_won") OR OLD."extended_at" IS DISTINCT FROM (NEW."extended_at") OR OLD."extended_reason" IS DISTINCT FROM (NEW."extended_reason") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_owed" IS DISTINCT FROM (NEW."is_owed") OR OLD."key" IS DISTINCT FROM (NEW."key") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."paid_won" IS DISTINCT FROM (NEW."paid_won") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."told_of" IS DISTINCT FROM (NEW."told_of") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."version_id" IS DISTINCT FROM (NEW."version_id") OR OLD."waived_at" IS DISTINCT FROM (NEW."waived_at") OR OLD."waived_by_id" IS DISTINCT FROM (NEW."waived_by_id") OR OLD."waived_reason" IS DISTINCT FROM (NEW."waived_reason") OR OLD."year" IS DISTINCT FROM (NEW."year"))',
                    func='INSERT INTO "royalties_dueevent" ("amount_won", "contract_id", "created_at", "done_at", "due_on", "excess_won", "extended_at", "extended_reason", "id", "is_owed", "key", "kind", "paid_won", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "state", "told_of", "updated_at", "version_id", "waived_at", "waived_by_id", "waived_reason", "year") VALUES (OLD."amount_won", OLD."contract_id", OLD."created_at", OLD."done_at", OLD."due_on", OLD."excess_won", OLD."extended_at", OLD."extended_reason", OLD."id", OLD."is_owed", OLD."key", OLD."kind", OLD."paid_won", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."public_id", OLD."state", OLD."told_of", OLD."updated_at", OLD."version_id", OLD."waived_at", OLD."waived_by_id", OLD."waived_reason", OLD."year"); RETURN NULL;',
                    hash="43a96e89f18576004faaac428bb33838fd9d1f0b",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_51eab",
                    table="royalties_due",
                    when="AFTER",
                ),
            ),
        ),
    ]
