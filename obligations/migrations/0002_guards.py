"""What must hold whoever writes: four eyes over exemptions, and nothing on offer of a security project.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

EXEMPTION = """
CREATE FUNCTION obligations_last_day(start date, months integer) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN extract(day FROM start + 1 + make_interval(months => months)) = extract(day FROM start + 1)
        THEN (start + 1 + make_interval(months => months))::date - 1
        ELSE (start + 1 + make_interval(months => months))::date END
$$;

CREATE FUNCTION obligations_guard_exemption() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an exemption is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'an exemption begins by being asked for';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.obligation_id, NEW.organization_id, NEW.ground, NEW.text, NEW.evidence, NEW.evidence_name,
        NEW.evidence_type, NEW.evidence_checksum, NEW.extends_id, NEW.asked_until, NEW.asked_at, NEW.asked_by_id)
       IS DISTINCT FROM
       (OLD.obligation_id, OLD.organization_id, OLD.ground, OLD.text, OLD.evidence, OLD.evidence_name,
        OLD.evidence_type, OLD.evidence_checksum, OLD.extends_id, OLD.asked_until, OLD.asked_at, OLD.asked_by_id) THEN
        RAISE EXCEPTION 'what was asked for is never changed';
    END IF;
    IF OLD.decided_at IS NOT NULL AND
       (NEW.decided_at, NEW.decided_by_id, NEW.decision_text, NEW.runs_from, NEW.until) IS DISTINCT FROM
       (OLD.decided_at, OLD.decided_by_id, OLD.decision_text, OLD.runs_from, OLD.until) THEN
        RAISE EXCEPTION 'what was decided is never changed';
    END IF;
    IF NEW.decided_by_id IS NOT NULL AND OLD.decided_by_id IS NULL THEN
        IF NEW.decided_by_id = NEW.asked_by_id OR EXISTS (
            SELECT FROM accounts_membership m
            WHERE m.user_id = NEW.decided_by_id AND m.organization_id = NEW.organization_id AND m.state = 'active') THEN
            RAISE EXCEPTION 'who asks does not decide, and nobody of that organization';
        END IF;
        IF NOT EXISTS (
            SELECT FROM accounts_membership m JOIN accounts_organization o ON o.id = m.organization_id
            WHERE m.user_id = NEW.decided_by_id AND m.state = 'active' AND o.kind = 'government') THEN
            RAISE EXCEPTION 'only an officer decides';
        END IF;
    END IF;
    IF NEW.until > obligations_last_day(NEW.runs_from, CASE
        WHEN NEW.ground IN ('national_core', 'core_strategic', 'security_task') THEN 36 ELSE 18 END) THEN
        RAISE EXCEPTION 'longer than the ground allows';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER obligations_guard_exemption BEFORE INSERT OR UPDATE OR DELETE ON obligations_exemption
    FOR EACH ROW EXECUTE FUNCTION obligations_guard_exemption();

CREATE FUNCTION obligations_begins_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a duty begins by being due';
END $$;

CREATE TRIGGER obligations_begins_due BEFORE INSERT ON obligations_obligation
    FOR EACH ROW WHEN (NEW.state <> 'due') EXECUTE FUNCTION obligations_begins_due();
"""

SECRECY = """
-- Of each published technology among these: does it show something of a security project?
CREATE FUNCTION obligations_shows_secret(listing bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM tech_listings_right x
        JOIN obligations_researchresult r ON r.number = x.application_number AND r.number <> ''
        JOIN obligations_rndproject p ON p.id = r.project_id
        WHERE x.listing_id = listing AND p.is_security AND r.deleted_at IS NULL AND r.merged_into_id IS NULL
    ) OR EXISTS (
        SELECT FROM obligations_discharge d
        JOIN obligations_obligation o ON o.id = d.obligation_id
        JOIN obligations_rndproject p ON p.id = o.project_id
        WHERE d.listing_id = listing AND d.ended_at IS NULL AND p.is_security
    )
$$;

CREATE FUNCTION obligations_guard_listing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF obligations_shows_secret(NEW.id) THEN
        RAISE EXCEPTION 'nothing of a security project is published';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER obligations_guard_listing AFTER UPDATE OF state ON tech_listings_listing
    FOR EACH ROW WHEN (NEW.state = 'published' AND OLD.state <> 'published')
    EXECUTE FUNCTION obligations_guard_listing();

CREATE FUNCTION obligations_guard_discharge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM obligations_obligation o JOIN obligations_rndproject p ON p.id = o.project_id
        WHERE o.id = NEW.obligation_id AND p.is_security) THEN
        RAISE EXCEPTION 'nothing of a security project is listed';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER obligations_guard_discharge AFTER INSERT OR UPDATE ON obligations_discharge
    FOR EACH ROW WHEN (NEW.ended_at IS NULL) EXECUTE FUNCTION obligations_guard_discharge();

CREATE FUNCTION obligations_guard_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM obligations_researchresult r
        JOIN tech_listings_right x ON x.application_number = r.number
        JOIN tech_listings_listing l ON l.id = x.listing_id AND l.state = 'published'
        WHERE r.project_id = NEW.id AND r.number <> '' AND r.deleted_at IS NULL AND r.merged_into_id IS NULL
    ) OR EXISTS (
        SELECT FROM obligations_obligation o
        JOIN obligations_discharge d ON d.obligation_id = o.id AND d.ended_at IS NULL
        JOIN tech_listings_listing l ON l.id = d.listing_id AND l.state = 'published'
        WHERE o.project_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'a technology of this project is published: withdraw it before it becomes a security project';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER obligations_guard_project AFTER UPDATE OF is_security ON obligations_rndproject
    FOR EACH ROW WHEN (NEW.is_security AND NOT OLD.is_security) EXECUTE FUNCTION obligations_guard_project();

CREATE FUNCTION obligations_guard_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM obligations_rndproject p WHERE p.id = NEW.project_id AND p.is_security) AND EXISTS (
        SELECT FROM tech_listings_right x JOIN tech_listings_listing l ON l.id = x.listing_id
        WHERE x.application_number = NEW.number AND l.state = 'published') THEN
        RAISE EXCEPTION 'a technology with this number is published: withdraw it first';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER obligations_guard_result
    AFTER INSERT OR UPDATE OF number, project_id, deleted_at, merged_into_id ON obligations_researchresult
    FOR EACH ROW WHEN (NEW.number <> '' AND NEW.deleted_at IS NULL AND NEW.merged_into_id IS NULL)
    EXECUTE FUNCTION obligations_guard_result();
"""

BACK = """
DROP TRIGGER obligations_guard_result ON obligations_researchresult;
DROP TRIGGER obligations_guard_project ON obligations_rndproject;
DROP TRIGGER obligations_guard_discharge ON obligations_discharge;
DROP TRIGGER obligations_guard_listing ON tech_listings_listing;
DROP TRIGGER obligations_begins_due ON obligations_obligation;
DROP TRIGGER obligations_guard_exemption ON obligations_exemption;
DROP FUNCTION obligations_guard_result, obligations_guard_project, obligations_guard_discharge,
    obligations_guard_listing, obligations_shows_secret, obligations_begins_due, obligations_guard_exemption,
    obligations_last_day;
"""


class Migration(migrations.Migration):
    dependencies = [("obligations", "0001_initial"), ("tech_listings", "0006_document_is_public")]

    operations = [migrations.RunSQL(EXEMPTION + SECRECY, BACK)]
