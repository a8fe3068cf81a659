"""What must hold whoever writes: what was submitted stays as it was, but for what an officer asked to be completed.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

APPLICATIONS = """
CREATE FUNCTION programmes_guard_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an application is never deleted, a draft is thrown away';
    END IF;
    IF OLD.number IS NOT NULL AND (NEW.number, NEW.submitted_at, NEW.submitted_by_id, NEW.idempotency_key)
       IS DISTINCT FROM (OLD.number, OLD.submitted_at, OLD.submitted_by_id, OLD.idempotency_key) THEN
        RAISE EXCEPTION 'a receipt is given once';
    END IF;
    IF OLD.state NOT IN ('draft', 'completion')
       AND (NEW.version_id, NEW.transfer_id, NEW.plan, NEW.facts, NEW.checked, NEW.digest)
       IS DISTINCT FROM (OLD.version_id, OLD.transfer_id, OLD.plan, OLD.facts, OLD.checked, OLD.digest) THEN
        RAISE EXCEPTION 'what was submitted is never changed';
    END IF;
    IF NEW.withdrawn_at IS NOT NULL AND NEW.state <> 'withdrawn' THEN
        RAISE EXCEPTION 'only what is withdrawn says when';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_application BEFORE UPDATE OR DELETE ON programmes_application
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_application();
"""

DOCUMENTS = """
CREATE FUNCTION programmes_guard_application_document() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'replaced_at') IS DISTINCT FROM (to_jsonb(OLD) - 'replaced_at') THEN
        RAISE EXCEPTION 'a paper is never changed, a later one takes its place';
    END IF;
    SELECT state INTO found FROM programmes_application
    WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.application_id ELSE OLD.application_id END;
    IF TG_OP = 'DELETE' THEN
        IF found IS NOT NULL AND found NOT IN ('draft', 'discarded') THEN
            RAISE EXCEPTION 'a paper that was submitted stays';
        END IF;
        RETURN OLD;
    END IF;
    IF found NOT IN ('draft', 'completion') THEN
        RAISE EXCEPTION 'papers are added to a draft, or when an officer asked for them';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_application_document BEFORE INSERT OR UPDATE OR DELETE
    ON programmes_applicationdocument
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_application_document();
"""

UNDO = """
DROP TRIGGER programmes_guard_application ON programmes_application;
DROP FUNCTION programmes_guard_application();
DROP TRIGGER programmes_guard_application_document ON programmes_applicationdocument;
DROP FUNCTION programmes_guard_application_document();
"""


class Migration(migrations.Migration):
    dependencies = [("programmes", "0004_applications_sections_and_withdrawal")]

    operations = [migrations.RunSQL(APPLICATIONS + DOCUMENTS, UNDO)]
