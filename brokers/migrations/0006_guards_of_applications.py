"""What was handed in stays as it was, whoever writes. As in 0002, these pass nobody but the owner of the database."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION brokers_guard_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.applied_at IS NOT NULL OR OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'what was handed in is never deleted';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.state = 'draft' AND (NEW.number <> '' OR NEW.applied_at IS NOT NULL OR NEW.requirements_id IS NOT NULL) THEN
        RAISE EXCEPTION 'a draft has neither number nor day nor version yet';
    END IF;
    IF NEW.requirements_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM brokers_requirementversion v
        WHERE v.id = NEW.requirements_id AND v.kind = NEW.kind AND v.state = 'published') THEN
        RAISE EXCEPTION 'an application is judged by a published version of its kind';
    END IF;
    IF TG_OP = 'INSERT' THEN
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.public_id, NEW.kind, NEW.organization_id, NEW.applicant_id) IS DISTINCT FROM
       (OLD.id, OLD.public_id, OLD.kind, OLD.organization_id, OLD.applicant_id) THEN
        RAISE EXCEPTION 'which application it is, and whose, never changes';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.number, NEW.applied_at, NEW.requirements_id) IS DISTINCT FROM
       (OLD.number, OLD.applied_at, OLD.requirements_id) THEN
        RAISE EXCEPTION 'number, day and version of an application never change';
    END IF;
    IF OLD.state NOT IN ('draft', 'completion') AND
       (NEW.representative, NEW.speciality, NEW.network_url, NEW.network_text, NEW.career_route,
        NEW.declared_at, NEW.declared_by_id) IS DISTINCT FROM
       (OLD.representative, OLD.speciality, OLD.network_url, OLD.network_text, OLD.career_route,
        OLD.declared_at, OLD.declared_by_id) THEN
        RAISE EXCEPTION 'what was handed in changes only while completion is asked';
    END IF;
    IF OLD.objected_at IS NOT NULL AND (NEW.objected_at, NEW.objection_text) IS DISTINCT FROM
       (OLD.objected_at, OLD.objection_text) AND NOT (OLD.state = 'refused' AND NEW.state = 'objected') THEN
        RAISE EXCEPTION 'an objection is never changed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_application BEFORE INSERT OR UPDATE OR DELETE ON brokers_application
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_application();

-- Waits for whoever hands in just now, and then finds it handed in. TG_ARGV are the states in which rows may change;
-- while training is to be finished, of the documents only the certificates of it.
CREATE FUNCTION brokers_part_of_application() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given jsonb := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    found text;
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) ->> 'application_id') IS DISTINCT FROM (to_jsonb(OLD) ->> 'application_id')
    THEN
        RAISE EXCEPTION 'a part stays with its application';
    END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'brokers_applicationdocument' THEN
        RAISE EXCEPTION 'a document never changes: remove it and send another';
    END IF;
    SELECT state INTO found FROM brokers_application WHERE id = (given ->> 'application_id')::bigint FOR SHARE;
    IF found IS NOT NULL AND NOT (found = ANY (TG_ARGV)) THEN
        RAISE EXCEPTION 'what was handed in changes only while completion is asked';
    END IF;
    IF found = 'training' AND TG_TABLE_NAME = 'brokers_applicationdocument' AND given ->> 'kind' <> 'training' THEN
        RAISE EXCEPTION 'while training is to be finished, only its certificates are added';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER brokers_career_of_application BEFORE INSERT OR UPDATE OR DELETE ON brokers_careerentry
    FOR EACH ROW EXECUTE FUNCTION brokers_part_of_application('draft', 'completion');
CREATE TRIGGER brokers_training_of_application BEFORE INSERT OR UPDATE OR DELETE ON brokers_trainingentry
    FOR EACH ROW EXECUTE FUNCTION brokers_part_of_application('draft', 'completion', 'training');
CREATE TRIGGER brokers_document_of_application BEFORE INSERT OR UPDATE OR DELETE ON brokers_applicationdocument
    FOR EACH ROW EXECUTE FUNCTION brokers_part_of_application('draft', 'completion', 'training');
"""

BACK = """
DROP TRIGGER brokers_document_of_application ON brokers_applicationdocument;
DROP TRIGGER brokers_training_of_application ON brokers_trainingentry;
DROP TRIGGER brokers_career_of_application ON brokers_careerentry;
DROP TRIGGER brokers_guard_application ON brokers_application;
DROP FUNCTION brokers_part_of_application, brokers_guard_application;
"""


class Migration(migrations.Migration):
    dependencies = [("brokers", "0005_applications_saved_incomplete")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
