"""What must hold whoever writes: who offers, accepts and opens, that an acceptance is never changed, and that the
record of openings only grows.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

DISCLOSURE = """
CREATE FUNCTION disclosures_guard_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked deals_transferrequest%ROWTYPE;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a disclosure is never deleted';
    END IF;
    SELECT * INTO asked FROM deals_transferrequest r WHERE r.id = NEW.request_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'offered' THEN
            RAISE EXCEPTION 'a disclosure begins by being offered';
        END IF;
        IF asked.state = 'withdrawn' OR asked.answer_kind = 'declined' THEN
            RAISE EXCEPTION 'nothing is offered to a request that is closed';
        END IF;
        IF NOT EXISTS (
            SELECT FROM accounts_membership m
            WHERE m.user_id = NEW.opened_by_id AND m.organization_id = asked.holder_id AND m.state = 'active') THEN
            RAISE EXCEPTION 'only the holder offers';
        END IF;
        IF NOT EXISTS (
            SELECT FROM disclosures_terms t
            WHERE t.id = NEW.terms_id AND (t.listing_id IS NULL OR t.listing_id = asked.listing_id)) THEN
            RAISE EXCEPTION 'these terms are of another technology';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.request_id, NEW.terms_id, NEW.opened_at, NEW.opened_by_id)
       IS DISTINCT FROM (OLD.request_id, OLD.terms_id, OLD.opened_at, OLD.opened_by_id) THEN
        RAISE EXCEPTION 'what was offered is never changed';
    END IF;
    IF OLD.accepted_at IS NOT NULL AND (NEW.accepted_at, NEW.accepted_by_id, NEW.accepted_hash)
       IS DISTINCT FROM (OLD.accepted_at, OLD.accepted_by_id, OLD.accepted_hash) THEN
        RAISE EXCEPTION 'an acceptance is never changed';
    END IF;
    IF OLD.state = 'revoked' THEN
        RAISE EXCEPTION 'what was closed is never changed';
    END IF;
    IF NEW.accepted_at IS NOT NULL AND OLD.accepted_at IS NULL THEN
        IF NOT EXISTS (
            SELECT FROM accounts_membership m
            WHERE m.user_id = NEW.accepted_by_id AND m.organization_id = asked.requester_id
            AND m.state = 'active' AND m.role = 'manager') THEN
            RAISE EXCEPTION 'only a manager of the firm accepts';
        END IF;
        IF NEW.accepted_hash IS DISTINCT FROM (SELECT t.text_hash FROM disclosures_terms t WHERE t.id = NEW.terms_id)
        THEN
            RAISE EXCEPTION 'another text than the one that was offered';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER disclosures_guard_disclosure BEFORE INSERT OR UPDATE OR DELETE ON disclosures_disclosure
    FOR EACH ROW EXECUTE FUNCTION disclosures_guard_disclosure();
"""

OPENING = """
CREATE FUNCTION disclosures_guard_opening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'the record of openings only grows';
    END IF;
    IF NOT EXISTS (
        SELECT FROM accounts_membership m
        WHERE m.user_id = NEW.by_id AND m.organization_id = NEW.organization_id AND m.state = 'active') THEN
        RAISE EXCEPTION 'whoever opens is a member of the organization';
    END IF;
    IF NEW.file_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM disclosures_confidentialfile f WHERE f.id = NEW.file_id AND f.listing_id = NEW.listing_id) THEN
        RAISE EXCEPTION 'this file belongs to another technology';
    END IF;
    IF NEW.disclosure_id IS NULL THEN
        IF NOT EXISTS (
            SELECT FROM tech_listings_listing l
            WHERE l.id = NEW.listing_id AND l.holder_id = NEW.organization_id) THEN
            RAISE EXCEPTION 'without a request only the holder opens';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT FROM disclosures_disclosure d JOIN deals_transferrequest r ON r.id = d.request_id
        WHERE d.id = NEW.disclosure_id AND d.request_id = NEW.request_id AND d.state = 'accepted'
        AND d.ends_on >= (NEW.at AT TIME ZONE 'Asia/Seoul')::date
        AND r.listing_id = NEW.listing_id AND r.requester_id = NEW.organization_id
        AND r.state <> 'withdrawn' AND r.answer_kind <> 'declined') THEN
        RAISE EXCEPTION 'this is not open to the request';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER disclosures_guard_opening BEFORE INSERT OR UPDATE OR DELETE ON disclosures_opening
    FOR EACH ROW EXECUTE FUNCTION disclosures_guard_opening();
"""

TERMS = """
CREATE FUNCTION disclosures_guard_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'terms are never changed: a new text is a new version';
END $$;

CREATE TRIGGER disclosures_guard_terms BEFORE UPDATE OR DELETE ON disclosures_terms
    FOR EACH ROW EXECUTE FUNCTION disclosures_guard_terms();
"""


def drop(noun: str) -> str:
    """Takes the guard of `disclosures_<noun>` away again."""
    return f"""
    DROP TRIGGER disclosures_guard_{noun} ON disclosures_{noun};
    DROP FUNCTION disclosures_guard_{noun};
    """


class Migration(migrations.Migration):
    dependencies = [
        ("disclosures", "0001_confidential_parts"),
        ("accounts", "0001_initial"),
        ("deals", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(DISCLOSURE, drop("disclosure")),
        migrations.RunSQL(OPENING, drop("opening")),
        migrations.RunSQL(TERMS, drop("terms")),
    ]
