"""What all orders of a service take together is at most what the call pays for it, whoever writes."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION vouchers_order_within_the_cap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most bigint;
    taken bigint;
BEGIN
    -- The parent's row: two orders written at once pass here one by one.
    PERFORM FROM vouchers_voucher WHERE id = NEW.voucher_id FOR NO KEY UPDATE;
    SELECT (m ->> 'most_won')::bigint INTO most FROM vouchers_voucher v
    JOIN programmes_agreement a ON a.id = v.agreement_id JOIN programmes_application p ON p.id = a.application_id
    JOIN programmes_callversion n ON n.id = p.version_id, jsonb_array_elements(n.content -> 'menu') m
    WHERE v.id = NEW.voucher_id AND m ->> 'key' = NEW.service LIMIT 1;
    SELECT coalesce(sum(CASE o.state WHEN 'placed' THEN o.government_won
                                     WHEN 'running' THEN o.government_won - c.refused ELSE c.held END), 0) INTO taken
    FROM vouchers_order o, LATERAL (
        SELECT coalesce(sum(government_won) FILTER (WHERE state = 'disallowed'), 0) AS refused,
               coalesce(sum(government_won) FILTER (WHERE state NOT IN ('draft', 'disallowed', 'withdrawn')), 0) AS held
        FROM vouchers_claim WHERE order_id = o.id) c
    WHERE o.voucher_id = NEW.voucher_id AND o.service = NEW.service AND o.state NOT IN ('declined', 'withdrawn');
    IF taken + NEW.government_won > most THEN
        RAISE EXCEPTION 'orders of a service take at most what the call pays for it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_order_within_the_cap BEFORE INSERT ON vouchers_order
    FOR EACH ROW EXECUTE FUNCTION vouchers_order_within_the_cap();
"""
BACKWARD = "DROP FUNCTION vouchers_order_within_the_cap() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0021_days_until_delivery"), ("programmes", "0018_agreements_keep_the_band")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
