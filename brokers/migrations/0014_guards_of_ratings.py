"""What must hold of ratings whoever writes: of a closed deal, by a party, once, and frozen after two weeks.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

RATINGS = """
CREATE FUNCTION brokers_is_party(deal bigint, organization bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM brokers_brokereddeal d LEFT JOIN brokers_mandate m ON m.id = d.mandate_id
        WHERE d.id = deal AND d.closed_on IS NOT NULL AND d.broker_id <> organization
          AND organization IN (d.holder_id, d.taker_id, m.client_id))
$$;

CREATE FUNCTION brokers_guard_rating() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['stars', 'names_rater', 'edited_at', 'revision', 'updated_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a rating is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM brokers_brokereddeal d WHERE d.id = NEW.deal_id FOR SHARE;
        IF NOT brokers_is_party(NEW.deal_id, NEW.organization_id) THEN
            RAISE EXCEPTION 'a rating is of a closed deal, by a party of it that is not the broker';
        END IF;
        IF NOT brokers_is_member(NEW.rated_by_id, NEW.organization_id) OR EXISTS (
            SELECT FROM brokers_brokereddeal d
            WHERE d.id = NEW.deal_id AND brokers_is_member(NEW.rated_by_id, d.broker_id)) THEN
            RAISE EXCEPTION 'a rating is by a member of the party who is no member of the broker';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'whose rating it is, of what and since when never changes';
    END IF;
    IF (NEW.stars, NEW.names_rater) IS DISTINCT FROM (OLD.stars, OLD.names_rater)
       AND (NEW.edited_at IS NULL OR NEW.edited_at > NEW.rated_at + interval '14 days') THEN
        RAISE EXCEPTION 'a rating is frozen after 14 days';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_rating BEFORE INSERT OR UPDATE OR DELETE ON brokers_rating
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_rating();

CREATE FUNCTION brokers_rated_deal_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM brokers_rating r LEFT JOIN brokers_mandate m ON m.id = NEW.mandate_id
        WHERE r.deal_id = NEW.id AND (NEW.closed_on IS NULL OR NEW.broker_id <> OLD.broker_id
              OR r.organization_id NOT IN (coalesce(NEW.holder_id, 0), coalesce(NEW.taker_id, 0),
                                           coalesce(m.client_id, 0)))) THEN
        RAISE EXCEPTION 'a deal that was rated stays closed, with the broker and who rated it';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_rated_deal_stays BEFORE UPDATE ON brokers_brokereddeal
    FOR EACH ROW EXECUTE FUNCTION brokers_rated_deal_stays();
"""

TEXTS = """
CREATE FUNCTION brokers_guard_rating_text() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rater bigint;
    broker bigint;
    passing text[] := ARRAY['text', 'edited_at', 'updated_at', 'hidden_at', 'hidden_by_id', 'hidden_reason'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what was written about a deal is hidden, never deleted';
    END IF;
    SELECT r.organization_id, d.broker_id INTO rater, broker
    FROM brokers_rating r JOIN brokers_brokereddeal d ON d.id = r.deal_id WHERE r.id = NEW.rating_id;
    IF TG_OP = 'INSERT' THEN
        IF NOT brokers_is_member(NEW.written_by_id, CASE WHEN NEW.kind = 'answer' THEN broker ELSE rater END) THEN
            RAISE EXCEPTION 'the broker answers, the party rates and replies';
        END IF;
        IF NEW.kind = 'reply' AND NOT EXISTS (
            SELECT FROM brokers_ratingtext t WHERE t.rating_id = NEW.rating_id AND t.kind = 'answer') THEN
            RAISE EXCEPTION 'a reply is to an answer';
        END IF;
        IF NEW.hidden_at IS NOT NULL THEN
            RAISE EXCEPTION 'nothing is hidden before it was written';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'whose text it is, to what and since when never changes';
    END IF;
    IF NEW.text <> OLD.text AND (OLD.hidden_at IS NOT NULL OR NEW.edited_at IS NULL
                                 OR NEW.edited_at > NEW.written_at + interval '14 days') THEN
        RAISE EXCEPTION 'a text is frozen after 14 days, or once it is hidden';
    END IF;
    IF OLD.hidden_at IS NOT NULL AND (NEW.hidden_at, NEW.hidden_by_id, NEW.hidden_reason)
       IS DISTINCT FROM (OLD.hidden_at, OLD.hidden_by_id, OLD.hidden_reason) THEN
        RAISE EXCEPTION 'what was hidden stays hidden';
    END IF;
    IF OLD.hidden_at IS NULL AND NEW.hidden_at IS NOT NULL
       AND (NOT brokers_is_officer(NEW.hidden_by_id) OR brokers_is_member(NEW.hidden_by_id, rater)
            OR brokers_is_member(NEW.hidden_by_id, broker)) THEN
        RAISE EXCEPTION 'an officer of neither side hides a text';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_rating_text BEFORE INSERT OR UPDATE OR DELETE ON brokers_ratingtext
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_rating_text();

CREATE FUNCTION brokers_guard_rating_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a report of a text is never deleted';
    END IF;
    IF OLD.outcome <> '' OR (to_jsonb(NEW) - ARRAY['outcome', 'decided_at', 'decided_by_id', 'updated_at'])
       IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['outcome', 'decided_at', 'decided_by_id', 'updated_at']) THEN
        RAISE EXCEPTION 'what was reported and decided is never changed';
    END IF;
    IF NOT brokers_is_officer(NEW.decided_by_id) THEN
        RAISE EXCEPTION 'only an officer decides';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_rating_report BEFORE UPDATE OR DELETE ON brokers_ratingreport
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_rating_report();
"""

BACK = """
DROP TRIGGER brokers_guard_rating_report ON brokers_ratingreport;
DROP TRIGGER brokers_guard_rating_text ON brokers_ratingtext;
DROP TRIGGER brokers_rated_deal_stays ON brokers_brokereddeal;
DROP TRIGGER brokers_guard_rating ON brokers_rating;
DROP FUNCTION brokers_guard_rating_report, brokers_guard_rating_text, brokers_rated_deal_stays, brokers_guard_rating,
    brokers_is_party;
"""


class Migration(migrations.Migration):
    dependencies = [("brokers", "0013_ratings_and_fee_words")]

    operations = [migrations.RunSQL(RATINGS + TEXTS, BACK)]
