"""A technology written for a duty shows something of its project, whether or not it does the duty already."""

from django.db import migrations

BEFORE_SHOWS = """
CREATE OR REPLACE FUNCTION obligations_shows_secret(listing bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
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
"""
SHOWS = BEFORE_SHOWS.replace(
    "    )\n$$;",
    """    ) OR EXISTS (
        SELECT FROM obligations_dutydraft t
        JOIN obligations_obligation o ON o.id = t.obligation_id
        JOIN obligations_rndproject p ON p.id = o.project_id
        WHERE t.listing_id = listing AND p.is_security
    )
$$;""",
)
PROJECT = """
CREATE FUNCTION obligations_guard_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM obligations_obligation o
        JOIN obligations_dutydraft t ON t.obligation_id = o.id
        JOIN tech_listings_listing l ON l.id = t.listing_id
            AND l.state IN ('published', 'under_negotiation', 'contracted')
        WHERE o.project_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'a technology of this project is published: withdraw it before it becomes a security project';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER obligations_guard_drafts AFTER UPDATE OF is_security ON obligations_rndproject
    FOR EACH ROW WHEN (NEW.is_security AND NOT OLD.is_security) EXECUTE FUNCTION obligations_guard_drafts();
"""
BACK = """
DROP TRIGGER obligations_guard_drafts ON obligations_rndproject;
DROP FUNCTION obligations_guard_drafts;
"""


class Migration(migrations.Migration):
    dependencies = [("obligations", "0004_duty_drafts"), ("tech_listings", "0008_review_and_publication")]

    operations = [migrations.RunSQL(SHOWS + PROJECT, BACK + BEFORE_SHOWS)]
