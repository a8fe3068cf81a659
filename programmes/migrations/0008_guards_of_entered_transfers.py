"""What must hold whoever writes: a contract that a firm entered stays what it is, and an officer apart checks it before
anything rests on it.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

TRANSFERS = """
CREATE FUNCTION programmes_guard_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['organization_id', 'state', 'checked_by_id', 'checked_at', 'check_text'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('recorded', 'declared') THEN
            RAISE EXCEPTION 'a transfer begins as recorded or as entered by the firm';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.state NOT IN ('recorded', 'declared') THEN
            RAISE EXCEPTION 'a contract that was checked stays';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> 'recorded' AND (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what a firm entered is never changed, another one is entered';
    END IF;
    IF NEW.state <> OLD.state THEN
        IF NEW.checked_by_id = NEW.declared_by_id OR programmes_is_member(NEW.checked_by_id, NEW.organization_id) THEN
            RAISE EXCEPTION 'nobody of the firm checks its contract';
        END IF;
        IF NOT EXISTS (
            SELECT FROM programmes_application a JOIN programmes_call c ON c.id = a.call_id
            WHERE a.transfer_id = NEW.id AND a.number IS NOT NULL
              AND programmes_works_for(NEW.checked_by_id, c.office_id, 'staff')) THEN
            RAISE EXCEPTION 'an officer checks it whose office has an application that rests on it';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_transfer BEFORE INSERT OR UPDATE OR DELETE ON programmes_transfer
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_transfer();
"""

APPLICATIONS = """
CREATE FUNCTION programmes_guard_contract() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    IF NEW.state = 'eligible' AND OLD.state <> 'eligible' AND NEW.transfer_id IS NOT NULL THEN
        -- Whoever checks the contract at this moment is waited for.
        SELECT t.state INTO found FROM programmes_transfer t WHERE t.id = NEW.transfer_id FOR SHARE;
        IF found NOT IN ('recorded', 'confirmed') THEN
            RAISE EXCEPTION 'a contract that a firm entered is checked before its application is eligible';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_contract BEFORE UPDATE OF state ON programmes_application
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_contract();
"""

UNDO = """
DROP TRIGGER programmes_guard_contract ON programmes_application;
DROP FUNCTION programmes_guard_contract();
DROP TRIGGER programmes_guard_transfer ON programmes_transfer;
DROP FUNCTION programmes_guard_transfer();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("programmes", "0007_transfers_entered_by_firms"),
        ("programmes", "0003_guards_of_review"),
    ]

    operations = [migrations.RunSQL(TRANSFERS + APPLICATIONS, UNDO)]
