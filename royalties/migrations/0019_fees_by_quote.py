"""A fee that is charged names the quote it is owed by: a contract may have one of each side's broker.

Until now there was one quote to a contract, that of its version. A fee is owed by the side that accepted it, and only
where the contract froze it. Not by pgtrigger, as the guards of income before it.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FILL = """
ALTER TABLE royalties_feeshare DISABLE TRIGGER USER;
UPDATE royalties_feeshare f SET quote_id = (
    SELECT v.fee_quote_id FROM royalties_distribution d JOIN deals_contractversion v ON v.contract_id = d.contract_id
    WHERE d.id = f.distribution_id AND v.fee_quote_id IS NOT NULL AND v.state IN ('in_force', 'replaced')
    ORDER BY v.serial DESC LIMIT 1);
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE royalties_feeshare ENABLE TRIGGER USER;
"""

GUARD = """
CREATE FUNCTION royalties_guard_fee_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM royalties_distribution d
            JOIN deals_contractversion v ON v.contract_id = d.contract_id
            JOIN brokers_quote q ON q.id = NEW.quote_id
        WHERE d.id = NEW.distribution_id AND v.state IN ('in_force', 'replaced') AND q.state = 'accepted'
          AND v.rules -> 'fees' @> jsonb_build_array(jsonb_build_object('quote', q.number, 'side', NEW.payer))) THEN
        RAISE EXCEPTION 'a fee is owed by the side that accepted it, where the contract froze it';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER royalties_guard_fee_share BEFORE INSERT ON royalties_feeshare
    FOR EACH ROW EXECUTE FUNCTION royalties_guard_fee_share();
"""

BACK = """
DROP TRIGGER royalties_guard_fee_share ON royalties_feeshare;
DROP FUNCTION royalties_guard_fee_share();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("brokers", "0020_words_of_application_states"),
        ("deals", "0011_a_fee_goes_with_one_contract"),
        ("royalties", "0018_indexes_know_the_later_day"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="feeshare",
            name="quote",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="charged", to="brokers.quote"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="feeshare",
            name="quote",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="charged", to="brokers.quote"
            ),
        ),
        migrations.RemoveConstraint(model_name="feeshare", name="fee_share_once"),
        migrations.AddConstraint(
            model_name="feeshare",
            constraint=models.UniqueConstraint(
                fields=("distribution", "quote", "broker", "payer"), name="fee_share_once"
            ),
        ),
        migrations.RunSQL(GUARD, BACK),
    ]
