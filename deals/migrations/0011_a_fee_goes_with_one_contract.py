"""What must hold of brokers' fees whoever writes: an accepted fee is frozen by one contract, which is not cancelled.

Otherwise a client owes once more, with each further contract, what it accepted once. What a refused document or a
cancelled contract froze is free again. Not by pgtrigger, as the guards before it.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION deals_guard_fees() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    quote record;
BEGIN
    -- Two contracts that freeze one fee at once meet at its row.
    FOR quote IN
        SELECT q.id, q.number, q.client_id FROM brokers_quote q
        WHERE q.id = NEW.fee_quote_id
           OR q.number IN (SELECT fee ->> 'quote' FROM jsonb_array_elements(NEW.rules -> 'fees') fee)
        ORDER BY q.id FOR NO KEY UPDATE
    LOOP
        -- An amendment keeps the fee of what it amends.
        CONTINUE WHEN EXISTS (
            SELECT FROM deals_contractversion v
            WHERE v.contract_id = NEW.contract_id AND v.state IN ('in_force', 'replaced')
              AND (v.fee_quote_id = quote.id
                   OR v.rules -> 'fees' @> jsonb_build_array(jsonb_build_object('quote', quote.number))));
        IF EXISTS (
            SELECT FROM deals_contract c JOIN deals_contractversion v ON v.contract_id = c.id
            WHERE c.id <> NEW.contract_id AND c.state <> 'cancelled' AND v.state <> 'refused'
              AND (c.holder_id = quote.client_id OR c.firm_id = quote.client_id)
              AND (v.fee_quote_id = quote.id
                   OR v.rules -> 'fees' @> jsonb_build_array(jsonb_build_object('quote', quote.number)))) THEN
            RAISE EXCEPTION 'fee % goes with another contract', quote.number;
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

CREATE TRIGGER deals_guard_fees BEFORE INSERT ON deals_contractversion
    FOR EACH ROW EXECUTE FUNCTION deals_guard_fees();
"""

BACK = """
DROP TRIGGER deals_guard_fees ON deals_contractversion;
DROP FUNCTION deals_guard_fees();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("brokers", "0020_words_of_application_states"),
        ("deals", "0010_time_to_mend_a_breach"),
    ]

    operations = [migrations.RunSQL(GUARD, BACK)]
