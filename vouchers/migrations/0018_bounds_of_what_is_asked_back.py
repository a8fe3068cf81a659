"""Interest runs from a payment on, and of a provider no more is asked back than it got (Subsidy Act art. 31)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION vouchers_guard_recovery_bounds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v vouchers_voucher;
    first_on date;
    got bigint;
    asked bigint;
BEGIN
    SELECT * INTO v FROM vouchers_voucher WHERE id = NEW.voucher_id;
    SELECT min(p.result_on), coalesce(sum(p.government_won), 0) INTO first_on, got
    FROM vouchers_payment p JOIN vouchers_claim c ON c.id = p.claim_id JOIN vouchers_order o ON o.id = c.order_id
    JOIN accounts_organization g ON g.id = o.provider_id
    WHERE o.voucher_id = v.id AND p.state = 'paid'
      AND (v.holder_id = NEW.debtor_id OR NEW.debtor_id IN (g.id, g.merged_into_id));
    IF NEW.interest_from < coalesce(first_on, v.valid_from) THEN
        RAISE EXCEPTION 'interest runs from the payment on';
    END IF;
    IF v.holder_id <> NEW.debtor_id THEN
        SELECT coalesce(sum(principal_won), 0) INTO asked FROM vouchers_recovery
        WHERE voucher_id = v.id AND debtor_id = NEW.debtor_id AND state <> 'dropped';
        IF NEW.principal_won > got - asked THEN
            RAISE EXCEPTION 'a provider owes no more than it got';
        END IF;
    END IF;
    RETURN NEW;
END $$;
-- After `vouchers_guard_recovery`, by its name: that one locks the voucher.
CREATE TRIGGER vouchers_guard_recovery_bounds BEFORE INSERT ON vouchers_recovery
    FOR EACH ROW EXECUTE FUNCTION vouchers_guard_recovery_bounds();
ALTER TABLE vouchers_recovery ENABLE ALWAYS TRIGGER vouchers_guard_recovery_bounds;
"""
BACKWARD = "DROP FUNCTION vouchers_guard_recovery_bounds() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0017_what_a_claim_was_begun_with")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
