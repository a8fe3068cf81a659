"""What a security project must not show is everything that everybody sees, not what is called published only."""

from django.db import migrations

GUARDS = """
DROP TRIGGER obligations_guard_listing ON tech_listings_listing;
CREATE TRIGGER obligations_guard_listing AFTER UPDATE OF state ON tech_listings_listing
    FOR EACH ROW WHEN (NEW.state IN (PUBLIC) AND NOT OLD.state IN (PUBLIC))
    EXECUTE FUNCTION obligations_guard_listing();

CREATE OR REPLACE FUNCTION obligations_guard_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM obligations_researchresult r
        JOIN tech_listings_right x ON x.application_number = r.number
        JOIN tech_listings_listing l ON l.id = x.listing_id AND l.state IN (PUBLIC)
        WHERE r.project_id = NEW.id AND r.number <> '' AND r.deleted_at IS NULL AND r.merged_into_id IS NULL
    ) OR EXISTS (
        SELECT FROM obligations_obligation o
        JOIN obligations_discharge d ON d.obligation_id = o.id AND d.ended_at IS NULL
        JOIN tech_listings_listing l ON l.id = d.listing_id AND l.state IN (PUBLIC)
        WHERE o.project_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'a technology of this project is published: withdraw it before it becomes a security project';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION obligations_guard_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM obligations_rndproject p WHERE p.id = NEW.project_id AND p.is_security) AND EXISTS (
        SELECT FROM tech_listings_right x JOIN tech_listings_listing l ON l.id = x.listing_id
        WHERE x.application_number = NEW.number AND l.state IN (PUBLIC)) THEN
        RAISE EXCEPTION 'a technology with this number is published: withdraw it first';
    END IF;
    RETURN NULL;
END $$;
"""
BEFORE, PUBLIC = "'published'", "'published', 'under_negotiation', 'contracted'"


class Migration(migrations.Migration):
    dependencies = [("obligations", "0002_guards"), ("tech_listings", "0008_review_and_publication")]

    operations = [migrations.RunSQL(GUARDS.replace("PUBLIC", PUBLIC), GUARDS.replace("PUBLIC", BEFORE))]
