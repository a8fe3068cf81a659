"""What is ordered was agreed on and follows the band, and the own share came in by its day, whoever writes."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION vouchers_order_as_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v vouchers_voucher;
    agreed jsonb;
BEGIN
    SELECT * INTO v FROM vouchers_voucher WHERE id = NEW.voucher_id;
    IF NEW.government_won > NEW.supply_won * (10000 - v.own_bp) / 10000 THEN
        RAISE EXCEPTION 'the government pays at most its share of the price';
    END IF;
    SELECT content -> 'services' INTO agreed FROM vouchers_changerequest
    WHERE voucher_id = v.id AND kind = 'plan' AND state = 'approved' ORDER BY decided_at DESC, id DESC LIMIT 1;
    IF agreed IS NULL THEN
        -- None where the agreement names none: then the menu of the call holds.
        SELECT jsonb_agg(planned -> 'key') INTO agreed FROM programmes_agreement a, jsonb_array_elements(
            CASE jsonb_typeof(a.content -> 'services') WHEN 'array' THEN a.content -> 'services' ELSE '[]' END) planned
        WHERE a.id = v.agreement_id;
    END IF;
    IF agreed IS NOT NULL AND NOT agreed @> to_jsonb(NEW.service::text) THEN
        RAISE EXCEPTION 'only a service that was agreed on is ordered';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_order_as_agreed BEFORE INSERT ON vouchers_order
    FOR EACH ROW EXECUTE FUNCTION vouchers_order_as_agreed();

CREATE FUNCTION vouchers_deposit_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT NEW.is_refund AND EXISTS (
        SELECT FROM vouchers_voucher WHERE id = NEW.voucher_id AND deposit_by < NEW.received_on) THEN
        RAISE EXCEPTION 'the own share comes in by its day';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_deposit_in_time BEFORE INSERT ON vouchers_deposit
    FOR EACH ROW EXECUTE FUNCTION vouchers_deposit_in_time();
"""

BACKWARD = """
DROP FUNCTION vouchers_order_as_agreed() CASCADE;
DROP FUNCTION vouchers_deposit_in_time() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0012_vouchers_keep_the_band"), ("programmes", "0018_agreements_keep_the_band")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
