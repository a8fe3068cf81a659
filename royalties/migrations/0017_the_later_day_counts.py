"""Who is asked late is late later: lines of the calendar carry the day of the invoice that stands, so that lists, sums,
reminders and interest go by one day. What a holder gives up of an invoice that was paid in part stands on it.
"""

import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

TRIGGER = """
CREATE FUNCTION royalties_due_pay_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE royalties_due SET pay_by = CASE WHEN NEW.state = 'cancelled' THEN NULL ELSE NEW.pay_by END
    WHERE id = NEW.due_id;
    RETURN NULL;
END $$;
CREATE TRIGGER royalties_due_pay_by AFTER INSERT OR UPDATE OF state ON royalties_invoice
    FOR EACH ROW EXECUTE FUNCTION royalties_due_pay_by();
"""
NO_TRIGGER = "DROP FUNCTION royalties_due_pay_by() CASCADE;"

# The history does not follow the column: nothing of it is written.
FILL = """
UPDATE royalties_due d SET pay_by = i.pay_by FROM royalties_invoice i WHERE i.due_id = d.id AND i.state <> 'cancelled'
"""

# Beside what may change of an invoice (`0005_guards_of_income`): what is given up of it.
KEPT = """
CREATE OR REPLACE TRIGGER royalties_invoice_kept BEFORE UPDATE OR DELETE ON royalties_invoice FOR EACH ROW
    EXECUTE FUNCTION royalties_only_changes('updated_at', 'paid_won', {}'state', 'cancelled_at', 'cancelled_by_id',
                                            'cancel_reason');
"""


class Migration(migrations.Migration):
    dependencies = [("royalties", "0016_paid_ahead_after_the_letter")]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="invoice",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="invoice",
            name="delete_delete",
        ),
        migrations.RemoveConstraint(
            model_name="invoice",
            name="invoice_paid_is_paid",
        ),
        migrations.AddField(
            model_name="due",
            name="pay_by",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="Pay by"),
        ),
        migrations.AddField(
            model_name="invoice",
            name="waived_won",
            field=models.PositiveBigIntegerField(default=0, verbose_name="Waived"),
        ),
        migrations.AddField(
            model_name="invoiceevent",
            name="waived_won",
            field=models.PositiveBigIntegerField(default=0, verbose_name="Waived"),
        ),
        migrations.RunSQL(TRIGGER, NO_TRIGGER),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(KEPT.format("'waived_won', "), KEPT.format("")),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "royalties_invoiceevent" ("cancel_reason", "cancelled_at", "cancelled_by_id", "contract_id", "created_at", "due_id", "id", "idempotency_key", "issued_at", "issued_by_id", "net_won", "number", "paid_won", "pay_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "state", "text", "total_won", "updated_at", "vat_won", "waived_won") VALUES (OLD."cancel_reason", OLD."cancelled_at", OLD."cancelled_by_id", OLD."contract_id", OLD."created_at", OLD."due_id", OLD."id", OLD."idempotency_key", OLD."issued_at", OLD."issued_by_id", OLD."net_won", OLD."number", OLD."paid_won", OLD."pay_by", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."public_id", OLD."state", OLD."text", OLD."total_won", OLD."updated_at", OLD."vat_won", OLD."waived_won"); RETURN NULL;',
                    hash="38c6302769a2159f039305c0fee80c2f0a9941e6",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_2f7ea",
                    table="royalties_invoice",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "royalties_invoiceevent" ("cancel_reason", "cancelled_at", "cancelled_by_id", "contract_id", "created_at", "due_id", "id", "idempotency_key", "issued_at", "issued_by_id", "net_won", "number", "paid_won", "pay_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "state", "text", "total_won", "updated_at", "vat_won", "waived_won") VALUES (OLD."cancel_reason", OLD."cancelled_at", OLD."cancelled_by_id", OLD."contract_id", OLD."created_at", OLD."due_id", OLD."id", OLD."idempotency_key", OLD."issued_at", OLD."issued_by_id", OLD."net_won", OLD."number", OLD."paid_won", OLD."pay_by", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."public_id", OLD."state", OLD."text", OLD."total_won", OLD."updated_at", OLD."vat_won", OLD."waived_won"); RETURN NULL;',
                    hash="3e3dfe2e9a6341d9b327fc6bbec5db8aa93dd18c",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_69778",
                    table="royalties_invoice",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "paid"),
                        (
                            "total_won",
                            django.db.models.expressions.CombinedExpression(
                                models.F("paid_won"), "+", models.F("waived_won")
                            ),
                        ),
                    ),
                    models.Q(
                        ("state", "issued"),
                        (
                            "total_won__gt",
                            django.db.models.expressions.CombinedExpression(
                                models.F("paid_won"), "+", models.F("waived_won")
                            ),
                        ),
                    ),
                    models.Q(("paid_won", 0), ("state", "cancelled")),
                    _connector="OR",
                ),
                name="invoice_paid_is_paid",
            ),
        ),
    ]
