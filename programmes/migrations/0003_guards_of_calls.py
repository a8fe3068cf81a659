"""What must hold whoever writes: a published version of a call stays as it was, and another officer published it.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION programmes_runs_calls_of(person bigint, office bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership m JOIN accounts_organization o ON o.id = m.organization_id
        WHERE m.user_id = person AND m.organization_id = office AND m.state = 'active'
          AND m.role IN ('manager', 'staff') AND o.kind = 'government')
$$;

CREATE FUNCTION programmes_guard_call_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    publishing text[] := ARRAY['state', 'updated_at', 'published_at', 'published_by_id'];
    whose bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a version of a call is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a version of a call begins as a draft';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.public_id, NEW.call_id, NEW.serial) IS DISTINCT FROM
       (OLD.id, OLD.public_id, OLD.call_id, OLD.serial) THEN
        RAISE EXCEPTION 'which version of which call it is never changes';
    END IF;
    IF OLD.state <> 'draft' AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a published version of a call is never changed';
    END IF;
    IF OLD.state = 'draft' AND NEW.state = 'published' THEN
        IF (to_jsonb(NEW) - publishing) IS DISTINCT FROM (to_jsonb(OLD) - publishing) THEN
            RAISE EXCEPTION 'what is published is what was written';
        END IF;
        SELECT office_id INTO whose FROM programmes_call WHERE id = NEW.call_id;
        IF NEW.published_by_id IS NULL OR NOT programmes_runs_calls_of(NEW.published_by_id, whose) THEN
            RAISE EXCEPTION 'only an officer of the office publishes';
        END IF;
        IF NEW.published_by_id = NEW.written_by_id OR EXISTS (
            SELECT FROM programmes_callwriting w
            WHERE w.version_id = NEW.id AND w.written_by_id = NEW.published_by_id) THEN
            RAISE EXCEPTION 'who wrote it does not publish it';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_call_version BEFORE INSERT OR UPDATE OR DELETE ON programmes_callversion
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_call_version();

-- Waits for whoever publishes just now, and then finds it published.
CREATE FUNCTION programmes_guard_call_writing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'who wrote in a version is never changed';
    END IF;
    SELECT state INTO found FROM programmes_callversion WHERE id = NEW.version_id FOR SHARE;
    IF found <> 'draft' THEN
        RAISE EXCEPTION 'in a published version nobody writes';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_call_writing BEFORE INSERT OR UPDATE OR DELETE ON programmes_callwriting
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_call_writing();

CREATE FUNCTION programmes_guard_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'a published call is never deleted';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.current_id IS NOT NULL AND NEW.current_id IS DISTINCT FROM OLD.current_id AND NOT EXISTS (
        SELECT FROM programmes_callversion v
        WHERE v.id = NEW.current_id AND v.call_id = NEW.id AND v.state = 'published') THEN
        RAISE EXCEPTION 'what holds is a published version of this call';
    END IF;
    IF OLD.current_id IS NOT NULL AND NEW.current_id IS NULL THEN
        RAISE EXCEPTION 'a published call keeps a version';
    END IF;
    IF OLD.state <> 'draft' AND NEW.budget_won < OLD.budget_won THEN
        RAISE EXCEPTION 'the budget of a published call never shrinks';
    END IF;
    IF OLD.published_at IS NOT NULL AND NEW.published_at IS DISTINCT FROM OLD.published_at THEN
        RAISE EXCEPTION 'when a call was first published never changes';
    END IF;
    IF NEW.state = 'cancelled' AND OLD.state <> 'cancelled' AND (
        NEW.end_reason = '' OR NEW.ended_by_id IS NULL
        OR NOT programmes_runs_calls_of(NEW.ended_by_id, NEW.office_id)) THEN
        RAISE EXCEPTION 'an officer of the office cancels, and says why';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_call BEFORE UPDATE OR DELETE ON programmes_call
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_call();
"""

BACK = """
DROP TRIGGER programmes_guard_call ON programmes_call;
DROP TRIGGER programmes_guard_call_writing ON programmes_callwriting;
DROP TRIGGER programmes_guard_call_version ON programmes_callversion;
DROP FUNCTION programmes_guard_call();
DROP FUNCTION programmes_guard_call_writing();
DROP FUNCTION programmes_guard_call_version();
DROP FUNCTION programmes_runs_calls_of(bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("programmes", "0002_calls_terms_and_writings"), ("accounts", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, BACK)]
