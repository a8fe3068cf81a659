"""What came in counts once in an office, on whichever voucher or recovery an officer enters it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION vouchers_bank_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    voucher bigint;
    deposit bigint := CASE TG_TABLE_NAME WHEN 'vouchers_deposit' THEN NEW.id END;
    receipt bigint := CASE TG_TABLE_NAME WHEN 'vouchers_recoveryreceipt' THEN NEW.id END;
BEGIN
    IF deposit IS NOT NULL THEN
        IF (to_jsonb(NEW) ->> 'is_refund')::boolean THEN
            RETURN NULL;
        END IF;
        voucher := (to_jsonb(NEW) ->> 'voucher_id')::bigint;
    ELSE
        SELECT voucher_id INTO voucher FROM vouchers_recovery WHERE id = (to_jsonb(NEW) ->> 'recovery_id')::bigint;
    END IF;
    INSERT INTO vouchers_bankline (office_id, received_on, reference, deposit_id, receipt_id)
    SELECT c.office_id, NEW.received_on, left(upper(normalize(NEW.reference, NFKC)), 240), deposit, receipt
    FROM vouchers_voucher v JOIN vouchers_budgetline l ON l.id = v.line_id JOIN programmes_call c ON c.id = l.call_id
    WHERE v.id = voucher;
    RETURN NULL;
END $$;
CREATE TRIGGER vouchers_deposit_bank_line AFTER INSERT ON vouchers_deposit
    FOR EACH ROW EXECUTE FUNCTION vouchers_bank_line();
CREATE TRIGGER vouchers_receipt_bank_line AFTER INSERT ON vouchers_recoveryreceipt
    FOR EACH ROW EXECUTE FUNCTION vouchers_bank_line();

-- What stands twice already stays as it was written; nothing new comes beside it.
INSERT INTO vouchers_bankline (office_id, received_on, reference, deposit_id)
SELECT c.office_id, d.received_on, left(upper(normalize(d.reference, NFKC)), 240), d.id
FROM vouchers_deposit d JOIN vouchers_voucher v ON v.id = d.voucher_id JOIN vouchers_budgetline l ON l.id = v.line_id
JOIN programmes_call c ON c.id = l.call_id WHERE NOT d.is_refund ORDER BY d.id
ON CONFLICT DO NOTHING;
INSERT INTO vouchers_bankline (office_id, received_on, reference, receipt_id)
SELECT c.office_id, r.received_on, left(upper(normalize(r.reference, NFKC)), 240), r.id
FROM vouchers_recoveryreceipt r JOIN vouchers_recovery o ON o.id = r.recovery_id
JOIN vouchers_voucher v ON v.id = o.voucher_id JOIN vouchers_budgetline l ON l.id = v.line_id
JOIN programmes_call c ON c.id = l.call_id ORDER BY r.id
ON CONFLICT DO NOTHING;
"""
BACKWARD = "DROP FUNCTION vouchers_bank_line() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0014_lines_of_the_bank")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
