"""Four eyes look at each application and each version, and what was decided stays, whoever writes (as in 0002)."""

from django.db import migrations

DECISIONS = """
CREATE FUNCTION brokers_is_party(person bigint, applicant bigint, organization bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT person = applicant OR (organization IS NOT NULL AND brokers_is_member(person, organization))
$$;

CREATE FUNCTION brokers_has_checked(person bigint, application bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM brokers_applicationstep s WHERE s.application_id = application AND s.by_id = person
        AND s.kind IN ('taken_up', 'completion_asked', 'passed'))
$$;

CREATE FUNCTION brokers_guard_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found brokers_application%ROWTYPE;
BEGIN
    IF NEW.kind IN ('applied', 'completed', 'objected', 'withdrawn', 'reminded') THEN
        RETURN NEW;
    END IF;
    SELECT * INTO found FROM brokers_application WHERE id = NEW.application_id;
    IF NOT brokers_is_officer(NEW.by_id) THEN
        RAISE EXCEPTION 'only an officer does this';
    END IF;
    IF brokers_is_party(NEW.by_id, found.applicant_id, found.organization_id) THEN
        RAISE EXCEPTION 'nobody of the applicant does this';
    END IF;
    IF NEW.kind IN ('upheld', 'rejected') THEN
        IF found.state <> 'objected' THEN
            RAISE EXCEPTION 'only an objection is upheld or rejected';
        END IF;
        IF NEW.by_id = found.decided_by_id THEN
            RAISE EXCEPTION 'who refused does not decide on the objection';
        END IF;
    END IF;
    IF NEW.kind IN ('upheld', 'rejected', 'designated') AND brokers_has_checked(NEW.by_id, NEW.application_id) THEN
        RAISE EXCEPTION 'who checked the documents does not decide';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_step BEFORE INSERT ON brokers_applicationstep
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_step();

CREATE FUNCTION brokers_guard_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decider bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'designated' THEN
            RAISE EXCEPTION 'an application begins before it is decided';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = NEW.state THEN
        IF OLD.state IN ('designated', 'refused', 'objected', 'rejected')
           AND (NEW.decided_at, NEW.decided_by_id, NEW.decision_text) IS DISTINCT FROM
               (OLD.decided_at, OLD.decided_by_id, OLD.decision_text) THEN
            RAISE EXCEPTION 'what was decided is never changed';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state IN ('designated', 'refused', 'rejected') THEN
        IF NEW.decided_at IS NULL OR NEW.decided_by_id IS NULL THEN
            RAISE EXCEPTION 'somebody decides, at some time';
        END IF;
        IF NOT brokers_is_officer(NEW.decided_by_id) THEN
            RAISE EXCEPTION 'only an officer decides';
        END IF;
        IF brokers_is_party(NEW.decided_by_id, NEW.applicant_id, NEW.organization_id) THEN
            RAISE EXCEPTION 'nobody of the applicant decides';
        END IF;
    END IF;
    IF NEW.state IN ('refused', 'rejected') AND NEW.decision_text = '' THEN
        RAISE EXCEPTION 'who refuses says why';
    END IF;
    IF NEW.state = 'designated' THEN
        IF NOT EXISTS (SELECT FROM brokers_applicationstep s WHERE s.application_id = NEW.id
                       AND s.kind IN ('taken_up', 'completion_asked', 'passed')) THEN
            RAISE EXCEPTION 'somebody checks the documents first';
        END IF;
        IF brokers_has_checked(NEW.decided_by_id, NEW.id) THEN
            RAISE EXCEPTION 'who checked the documents does not decide';
        END IF;
    END IF;
    IF OLD.state = 'refused' AND NEW.state = 'objected'
       AND (NEW.decided_at, NEW.decided_by_id, NEW.decision_text) IS DISTINCT FROM
           (OLD.decided_at, OLD.decided_by_id, OLD.decision_text) THEN
        RAISE EXCEPTION 'what was decided is never changed';
    END IF;
    IF OLD.state = 'objected' THEN
        SELECT s.by_id INTO decider FROM brokers_applicationstep s
        WHERE s.application_id = NEW.id AND s.at >= OLD.objected_at
          AND s.kind = CASE NEW.state WHEN 'rejected' THEN 'rejected' ELSE 'upheld' END;
        IF decider IS NULL OR (NEW.state = 'rejected' AND decider <> NEW.decided_by_id) THEN
            RAISE EXCEPTION 'an objection is decided by a step of another officer';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_decision BEFORE INSERT OR UPDATE ON brokers_application
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_decision();

CREATE FUNCTION brokers_guard_registration() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found brokers_application%ROWTYPE;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a registration is cancelled, never deleted';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.public_id, NEW.kind, NEW.number, NEW.application_id, NEW.user_id, NEW.registered_at,
            NEW.registered_by_id, NEW.conditions) IS DISTINCT FROM
           (OLD.id, OLD.public_id, OLD.kind, OLD.number, OLD.application_id, OLD.user_id, OLD.registered_at,
            OLD.registered_by_id, OLD.conditions)
           OR (NEW.kind = 'agency' AND NEW.organization_id IS DISTINCT FROM OLD.organization_id) THEN
            RAISE EXCEPTION 'what was published of a registration is never changed';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO found FROM brokers_application WHERE id = NEW.application_id FOR SHARE;
    IF found.state <> 'designated' THEN
        RAISE EXCEPTION 'only who was designated is registered';
    END IF;
    IF NEW.kind <> found.kind
       OR (NEW.kind = 'agency' AND NEW.organization_id IS DISTINCT FROM found.organization_id)
       OR (NEW.kind = 'trader' AND NEW.user_id IS DISTINCT FROM found.applicant_id) THEN
        RAISE EXCEPTION 'who applied is registered, and nobody else';
    END IF;
    IF NEW.registered_by_id <> found.decided_by_id THEN
        RAISE EXCEPTION 'who designated registers';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_registration BEFORE INSERT OR UPDATE OR DELETE ON brokers_registration
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_registration();
"""

REQUIREMENTS = """
CREATE FUNCTION brokers_guard_requirements() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'published_at', 'published_by_id'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a version of the requirements is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' AND (NEW.written_by_id IS NOT NULL OR NEW.published_by_id IS NOT NULL) THEN
            RAISE EXCEPTION 'what an officer writes begins as a draft';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.public_id, NEW.kind, NEW.version) IS DISTINCT FROM (OLD.id, OLD.public_id, OLD.kind, OLD.version)
       OR NEW.written_by_id IS DISTINCT FROM OLD.written_by_id THEN
        RAISE EXCEPTION 'which version it is, and who wrote it, never changes';
    END IF;
    IF OLD.state <> 'draft' AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a published version is never changed';
    END IF;
    IF NEW.state <> OLD.state AND (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'publishing changes nothing else';
    END IF;
    IF NEW.state = 'published' AND OLD.state = 'draft' THEN
        IF (NEW.written_by_id IS NULL) <> (NEW.published_by_id IS NULL) THEN
            RAISE EXCEPTION 'what an officer wrote another officer publishes';
        END IF;
        IF NEW.published_by_id IS NOT NULL THEN
            IF NOT brokers_is_officer(NEW.published_by_id) THEN
                RAISE EXCEPTION 'only an officer publishes';
            END IF;
            IF NEW.valid_from < (NEW.published_at AT TIME ZONE 'Asia/Seoul')::date THEN
                RAISE EXCEPTION 'a version holds from the day on which it is published, or later';
            END IF;
            IF NOT EXISTS (SELECT FROM brokers_requirement r WHERE r.version_id = NEW.id) THEN
                RAISE EXCEPTION 'a version says what is required';
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_requirements BEFORE INSERT OR UPDATE OR DELETE ON brokers_requirementversion
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_requirements();

-- Waits for whoever publishes just now, and then finds it published.
CREATE FUNCTION brokers_line_only_in_a_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
    whose bigint[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.version_id] WHEN 'DELETE' THEN ARRAY[OLD.version_id]
                      ELSE ARRAY[OLD.version_id, NEW.version_id] END;
    each bigint;
BEGIN
    FOREACH each IN ARRAY whose LOOP
        SELECT state INTO found FROM brokers_requirementversion WHERE id = each FOR SHARE;
        IF found <> 'draft' THEN
            RAISE EXCEPTION 'of a published version nothing changes';
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER brokers_line_only_in_a_draft BEFORE INSERT OR UPDATE OR DELETE ON brokers_requirement
    FOR EACH ROW EXECUTE FUNCTION brokers_line_only_in_a_draft();
"""

BACK = """
DROP TRIGGER brokers_line_only_in_a_draft ON brokers_requirement;
DROP TRIGGER brokers_guard_requirements ON brokers_requirementversion;
DROP TRIGGER brokers_guard_registration ON brokers_registration;
DROP TRIGGER brokers_guard_decision ON brokers_application;
DROP TRIGGER brokers_guard_step ON brokers_applicationstep;
DROP FUNCTION brokers_line_only_in_a_draft, brokers_guard_requirements, brokers_guard_registration,
    brokers_guard_decision, brokers_guard_step, brokers_has_checked, brokers_is_party;
"""


class Migration(migrations.Migration):
    dependencies = [("brokers", "0009_steps_of_applications")]

    operations = [migrations.RunSQL(DECISIONS + REQUIREMENTS, BACK)]
