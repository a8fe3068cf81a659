"""What must hold of royalty money whoever writes: the ledger only grows, postings add up to 0, sums agree at commit.

Not by pgtrigger, for the reason of `0002_rules_are_frozen`.
"""

from django.db import migrations

LEDGER = """
CREATE FUNCTION royalties_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger only grows: reverse what was wrong';
END $$;

CREATE TRIGGER royalties_posting_append_only BEFORE UPDATE OR DELETE ON royalties_posting
    FOR EACH ROW EXECUTE FUNCTION royalties_append_only();
CREATE TRIGGER royalties_entry_append_only BEFORE UPDATE OR DELETE ON royalties_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION royalties_append_only();

CREATE FUNCTION royalties_posting_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose bigint := CASE TG_TABLE_NAME WHEN 'royalties_posting' THEN NEW.id
                    ELSE (to_jsonb(NEW) ->> 'posting_id')::bigint END;
    entries integer;
    total numeric;
BEGIN
    SELECT count(*), coalesce(sum(amount_won), 0) INTO entries, total
    FROM royalties_ledgerentry WHERE posting_id = whose;
    IF entries < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'a posting takes from one account what it puts into another';
    END IF;
    -- A reversal takes back exactly what was posted, and nothing is reversed but what was posted itself.
    IF EXISTS (SELECT FROM royalties_posting p JOIN royalties_posting o ON o.id = p.reverses_id
               WHERE p.id = whose AND o.reverses_id IS NOT NULL) OR EXISTS (
        SELECT FROM royalties_posting p
        JOIN royalties_ledgerentry e ON e.posting_id IN (p.id, p.reverses_id)
        WHERE p.id = whose AND p.reverses_id IS NOT NULL
        GROUP BY e.account, e.payee_id, e.broker_id HAVING sum(e.amount_won) <> 0) THEN
        RAISE EXCEPTION 'a reversal takes back what was posted, and nothing else';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER royalties_posting_adds_up AFTER INSERT ON royalties_posting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION royalties_posting_adds_up();
CREATE CONSTRAINT TRIGGER royalties_entries_add_up AFTER INSERT ON royalties_ledgerentry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION royalties_posting_adds_up();
"""

KEPT = """
-- Columns that may change are named; everything else stays as it was written, and nothing is deleted.
CREATE FUNCTION royalties_only_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what was asked for, received or shared out is never deleted';
    END IF;
    IF (to_jsonb(NEW) - TG_ARGV::text[]) IS DISTINCT FROM (to_jsonb(OLD) - TG_ARGV::text[]) THEN
        RAISE EXCEPTION 'what was asked for, received or shared out never changes';
    END IF;
    IF TG_TABLE_NAME IN ('royalties_allocation', 'royalties_distribution')
       AND to_jsonb(OLD) ->> 'undone_at' IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'what was undone stays undone';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER royalties_invoice_kept BEFORE UPDATE OR DELETE ON royalties_invoice FOR EACH ROW
    EXECUTE FUNCTION royalties_only_changes('updated_at', 'paid_won', 'state', 'cancelled_at', 'cancelled_by_id',
                                            'cancel_reason');
CREATE TRIGGER royalties_receipt_kept BEFORE UPDATE OR DELETE ON royalties_receipt FOR EACH ROW
    EXECUTE FUNCTION royalties_only_changes('updated_at', 'allocated_won', 'returned_won', 'state', 'suggested_id',
                                            'match_kind', 'aside_at', 'aside_by_id', 'aside_reason');
CREATE TRIGGER royalties_allocation_kept BEFORE UPDATE OR DELETE ON royalties_allocation FOR EACH ROW
    EXECUTE FUNCTION royalties_only_changes('undone_at', 'undone_by_id', 'undo_reason');
CREATE TRIGGER royalties_distribution_kept BEFORE UPDATE OR DELETE ON royalties_distribution FOR EACH ROW
    EXECUTE FUNCTION royalties_only_changes('undone_at', 'undone_by_id', 'undo_reason');
"""

SHARES = """
CREATE FUNCTION royalties_plan_makes_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM royalties_participant WHERE plan_id = NEW.plan_id AND pot = NEW.pot
               HAVING sum(share_bp) <> 10000) THEN
        RAISE EXCEPTION 'the shares of the persons make 100 percent';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER royalties_plan_makes_all AFTER INSERT ON royalties_participant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION royalties_plan_makes_all();

CREATE FUNCTION royalties_distribution_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose bigint := CASE TG_TABLE_NAME WHEN 'royalties_distribution' THEN NEW.id
                    ELSE (to_jsonb(NEW) ->> 'distribution_id')::bigint END;
    found royalties_distribution;
    total numeric;
BEGIN
    SELECT * INTO found FROM royalties_distribution WHERE id = whose;
    SELECT coalesce(sum(value::numeric), 0) INTO total FROM jsonb_each_text(found.amounts);
    IF found.amounts <> '{}'::jsonb AND total <> found.royalty_won THEN
        RAISE EXCEPTION 'a distribution adds up to the royalty';
    END IF;
    IF EXISTS (SELECT FROM royalties_personshare s WHERE s.distribution_id = whose GROUP BY s.pot
               HAVING sum(s.amount_won) <> (found.amounts ->> s.pot)::numeric OR sum(s.share_bp) <> 10000) THEN
        RAISE EXCEPTION 'what persons get of a pot adds up to it';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER royalties_distribution_adds_up AFTER INSERT ON royalties_distribution
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION royalties_distribution_adds_up();
CREATE CONSTRAINT TRIGGER royalties_person_shares_add_up AFTER INSERT ON royalties_personshare
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION royalties_distribution_adds_up();
"""
BACKWARD = """
DROP FUNCTION royalties_append_only() CASCADE;
DROP FUNCTION royalties_posting_adds_up() CASCADE;
DROP FUNCTION royalties_only_changes() CASCADE;
DROP FUNCTION royalties_plan_makes_all() CASCADE;
DROP FUNCTION royalties_distribution_adds_up() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("royalties", "0004_income")]
    operations = [migrations.RunSQL(LEDGER + KEPT + SHARES, BACKWARD)]
