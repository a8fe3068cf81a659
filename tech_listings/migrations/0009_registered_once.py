"""What law hangs on (Decree art. 26(4)), whoever writes: the date of registration is written once and never lost.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`), and ENABLE ALWAYS, so
that `session_replication_role` does not put them to sleep: these pass nobody but the owner of the table.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION tech_listings_registered_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was registered keeps its number, id and date: they are written once';
END $$;

CREATE TRIGGER tech_listings_registered_once BEFORE UPDATE ON tech_listings_listing
    FOR EACH ROW WHEN (
        OLD.registered_at IS NOT NULL AND
        (OLD.id, OLD.public_id, OLD.number, OLD.registered_at)
        IS DISTINCT FROM (NEW.id, NEW.public_id, NEW.number, NEW.registered_at))
    EXECUTE FUNCTION tech_listings_registered_once();
CREATE TRIGGER tech_listings_registered_stays BEFORE DELETE ON tech_listings_listing
    FOR EACH ROW WHEN (OLD.registered_at IS NOT NULL) EXECUTE FUNCTION tech_listings_registered_once();

CREATE FUNCTION tech_listings_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM tech_listings_listing WHERE registered_at IS NOT NULL) THEN
        RAISE EXCEPTION 'what was registered keeps its number, id and date: they are written once';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tech_listings_not_emptied BEFORE TRUNCATE ON tech_listings_listing
    FOR EACH STATEMENT EXECUTE FUNCTION tech_listings_not_emptied();

ALTER TABLE tech_listings_listing ENABLE ALWAYS TRIGGER tech_listings_registered_once;
ALTER TABLE tech_listings_listing ENABLE ALWAYS TRIGGER tech_listings_registered_stays;
ALTER TABLE tech_listings_listing ENABLE ALWAYS TRIGGER tech_listings_not_emptied;

CREATE FUNCTION tech_listings_reviewed_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was written by hand is reviewed before it is published';
END $$;
CREATE TRIGGER tech_listings_reviewed_first BEFORE UPDATE OF state ON tech_listings_listing
    FOR EACH ROW WHEN (
        NEW.state = 'published' AND OLD.state IN ('draft', 'withdrawn') AND NEW.source_id IS NULL)
    EXECUTE FUNCTION tech_listings_reviewed_first();

CREATE FUNCTION tech_listings_guard_submission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a submission is never deleted';
    END IF;
    IF (OLD.public_id, OLD.listing_id, OLD.serial, OLD.content, OLD.submitted_at, OLD.submitted_by_id)
       IS DISTINCT FROM
       (NEW.public_id, NEW.listing_id, NEW.serial, NEW.content, NEW.submitted_at, NEW.submitted_by_id) THEN
        RAISE EXCEPTION 'what was sent is never changed';
    END IF;
    IF OLD.decision <> '' AND
       (OLD.decision, OLD.decided_at, OLD.decided_by_id, OLD.note, OLD.marks) IS DISTINCT FROM
       (NEW.decision, NEW.decided_at, NEW.decided_by_id, NEW.note, NEW.marks) THEN
        RAISE EXCEPTION 'what was decided is never changed';
    END IF;
    IF OLD.decision = '' AND NEW.decision IN ('approved', 'returned', 'exempted') THEN
        IF EXISTS (
            SELECT FROM accounts_membership m JOIN tech_listings_listing l ON l.holder_id = m.organization_id
            WHERE l.id = NEW.listing_id AND m.user_id = NEW.decided_by_id AND m.state = 'active') THEN
            RAISE EXCEPTION 'nobody of the holder decides';
        END IF;
        IF NOT EXISTS (
            SELECT FROM accounts_membership m JOIN accounts_organization o ON o.id = m.organization_id
            WHERE m.user_id = NEW.decided_by_id AND m.state = 'active' AND o.kind = 'government') THEN
            RAISE EXCEPTION 'only an officer decides';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tech_listings_guard_submission BEFORE UPDATE OR DELETE ON tech_listings_submission
    FOR EACH ROW EXECUTE FUNCTION tech_listings_guard_submission();
"""

BACKWARDS = """
DROP TRIGGER tech_listings_guard_submission ON tech_listings_submission;
DROP TRIGGER tech_listings_reviewed_first ON tech_listings_listing;
DROP TRIGGER tech_listings_not_emptied ON tech_listings_listing;
DROP TRIGGER tech_listings_registered_stays ON tech_listings_listing;
DROP TRIGGER tech_listings_registered_once ON tech_listings_listing;
DROP FUNCTION tech_listings_guard_submission, tech_listings_reviewed_first, tech_listings_not_emptied,
    tech_listings_registered_once;
"""


class Migration(migrations.Migration):
    dependencies = [("tech_listings", "0008_review_and_publication"), ("accounts", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
