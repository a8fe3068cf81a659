"""What must hold whoever writes: what was accepted, published or ranked stays as it was.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

SURVEY = """
CREATE FUNCTION policy_guard_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['replaced_at', 'updated_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an accepted answer is never deleted';
    END IF;
    IF OLD.replaced_at IS NOT NULL OR NEW.replaced_at IS NULL
       OR (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'an accepted answer is never changed: it is replaced by a new version';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER policy_guard_answer BEFORE UPDATE OR DELETE ON policy_surveyanswer
    FOR EACH ROW EXECUTE FUNCTION policy_guard_answer();

CREATE FUNCTION policy_guard_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a sheet of the survey is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a sheet of the survey begins as a draft';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.public_id, NEW.institute_id, NEW.round_id, NEW.version)
       IS DISTINCT FROM (OLD.id, OLD.public_id, OLD.institute_id, OLD.round_id, OLD.version) THEN
        RAISE EXCEPTION 'whose sheet it is never changes';
    END IF;
    IF OLD.state = 'accepted' AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'an accepted sheet is never changed: correct it by a new one';
    END IF;
    IF OLD.state = 'submitted'
       AND (NEW.new_technologies, NEW.research_expenditure_won, NEW.office_staff, NEW.reasons, NEW.submitted_at,
            NEW.submitted_by_id)
       IS DISTINCT FROM (OLD.new_technologies, OLD.research_expenditure_won, OLD.office_staff, OLD.reasons,
                         OLD.submitted_at, OLD.submitted_by_id) THEN
        RAISE EXCEPTION 'what was submitted is not changed while it waits';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER policy_guard_sheet BEFORE INSERT OR UPDATE OR DELETE ON policy_surveysheet
    FOR EACH ROW EXECUTE FUNCTION policy_guard_sheet();
"""

INDEX = """
CREATE FUNCTION policy_guard_weights() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'published_at', 'published_by_id'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a version of the index is never deleted';
    END IF;
    IF OLD.state <> 'draft' AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a version of the index that was published or thrown away is never changed';
    END IF;
    IF NEW.state <> 'draft' AND (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'a version of the index is published as it was read';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER policy_guard_weights BEFORE UPDATE OR DELETE ON policy_indexweights
    FOR EACH ROW EXECUTE FUNCTION policy_guard_weights();

CREATE FUNCTION policy_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM policy_rankingline l WHERE l.ranking_id = NEW.ranking_id)
       >= (SELECT r.line_count FROM policy_ranking r WHERE r.id = NEW.ranking_id) THEN
        RAISE EXCEPTION 'a published ranking has all of its lines';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER policy_guard_line BEFORE INSERT ON policy_rankingline
    FOR EACH ROW EXECUTE FUNCTION policy_guard_line();
"""

PLANS = """
CREATE FUNCTION policy_guard_plan_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'published_at', 'published_by_id', 'superseded_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a version of a plan is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a version of a plan begins as a draft';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.state <> 'draft' OR NEW.state <> 'draft')
       AND (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'a version of a plan is changed as a draft only';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.published_at, NEW.published_by_id)
       IS DISTINCT FROM (OLD.published_at, OLD.published_by_id) THEN
        RAISE EXCEPTION 'who published it and when is never changed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER policy_guard_plan_version BEFORE INSERT OR UPDATE OR DELETE ON policy_planversion
    FOR EACH ROW EXECUTE FUNCTION policy_guard_plan_version();

-- Waits for whoever publishes just now, and then finds it published.
CREATE FUNCTION policy_only_in_a_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT v.state INTO found FROM policy_planversion v WHERE v.id = OLD.version_id FOR SHARE;
        IF found <> 'draft' THEN
            RAISE EXCEPTION 'a published plan keeps its measures and targets';
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT v.state INTO found FROM policy_planversion v WHERE v.id = NEW.version_id FOR SHARE;
        IF found <> 'draft' THEN
            RAISE EXCEPTION 'a published plan gets no measures or targets';
        END IF;
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER policy_only_in_a_draft BEFORE INSERT OR UPDATE OR DELETE ON policy_measure
    FOR EACH ROW EXECUTE FUNCTION policy_only_in_a_draft();
CREATE TRIGGER policy_only_in_a_draft BEFORE INSERT OR UPDATE OR DELETE ON policy_plantarget
    FOR EACH ROW EXECUTE FUNCTION policy_only_in_a_draft();
"""

BACK = """
DROP TRIGGER policy_only_in_a_draft ON policy_plantarget;
DROP TRIGGER policy_only_in_a_draft ON policy_measure;
DROP FUNCTION policy_only_in_a_draft();
DROP TRIGGER policy_guard_plan_version ON policy_planversion;
DROP FUNCTION policy_guard_plan_version();
DROP TRIGGER policy_guard_line ON policy_rankingline;
DROP FUNCTION policy_guard_line();
DROP TRIGGER policy_guard_weights ON policy_indexweights;
DROP FUNCTION policy_guard_weights();
DROP TRIGGER policy_guard_sheet ON policy_surveysheet;
DROP FUNCTION policy_guard_sheet();
DROP TRIGGER policy_guard_answer ON policy_surveyanswer;
DROP FUNCTION policy_guard_answer();
"""


class Migration(migrations.Migration):
    dependencies = [("policy", "0003_survey_index_plans")]

    operations = [migrations.RunSQL(SURVEY + INDEX + PLANS, BACK)]
