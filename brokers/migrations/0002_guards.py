"""What must hold whoever writes: what was published or quoted stays as it was, and four eyes look.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

SCHEDULES = """
CREATE FUNCTION brokers_is_officer(person bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership m JOIN accounts_organization o ON o.id = m.organization_id
        WHERE m.user_id = person AND m.state = 'active' AND o.kind = 'government')
$$;

CREATE FUNCTION brokers_is_member(person bigint, organization bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership m
        WHERE m.user_id = person AND m.organization_id = organization AND m.state = 'active')
$$;

CREATE FUNCTION brokers_guard_schedule() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'published_at', 'published_by_id', 'superseded_at', 'withdrawn_at',
                            'withdrawn_by_id', 'withdrawal_reason'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a fee schedule is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a fee schedule begins as a draft';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.public_id, NEW.reference, NEW.use) IS DISTINCT FROM (OLD.id, OLD.public_id, OLD.reference, OLD.use)
    THEN
        RAISE EXCEPTION 'which fee schedule it is never changes';
    END IF;
    IF (OLD.state <> 'draft' OR NEW.state <> 'draft')
       AND (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'a fee schedule is changed as a draft only, and not while it is published';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.published_at, NEW.published_by_id)
       IS DISTINCT FROM (OLD.published_at, OLD.published_by_id) THEN
        RAISE EXCEPTION 'who published it and when is never changed';
    END IF;
    IF OLD.state IN ('superseded', 'withdrawn')
       AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'what holds no more is never changed';
    END IF;
    IF OLD.state = 'draft' AND NEW.state = 'published' THEN
        IF NOT EXISTS (SELECT FROM brokers_feetier t WHERE t.schedule_id = NEW.id AND t.from_won = 0) THEN
            RAISE EXCEPTION 'a fee schedule has a rate from the first won on';
        END IF;
        IF NEW.published_by_id IS NOT NULL THEN
            IF NOT brokers_is_officer(NEW.published_by_id) THEN
                RAISE EXCEPTION 'only an officer publishes';
            END IF;
            IF NOT EXISTS (SELECT FROM brokers_schedulewriting w WHERE w.schedule_id = NEW.id) THEN
                RAISE EXCEPTION 'somebody has to have written it';
            END IF;
            IF EXISTS (SELECT FROM brokers_schedulewriting w
                       WHERE w.schedule_id = NEW.id AND w.written_by_id = NEW.published_by_id) THEN
                RAISE EXCEPTION 'who wrote it does not publish it';
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_schedule BEFORE INSERT OR UPDATE OR DELETE ON brokers_feeschedule
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_schedule();

-- Waits for whoever publishes just now, and then finds it published.
CREATE FUNCTION brokers_only_in_a_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT state INTO found FROM brokers_feeschedule WHERE id = OLD.schedule_id FOR SHARE;
        IF found <> 'draft' THEN
            RAISE EXCEPTION 'of a published fee schedule nothing changes';
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT state INTO found FROM brokers_feeschedule WHERE id = NEW.schedule_id FOR SHARE;
        IF found <> 'draft' THEN
            RAISE EXCEPTION 'of a published fee schedule nothing changes';
        END IF;
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER brokers_tier_only_in_a_draft BEFORE INSERT OR UPDATE OR DELETE ON brokers_feetier
    FOR EACH ROW EXECUTE FUNCTION brokers_only_in_a_draft();
CREATE TRIGGER brokers_writing_only_in_a_draft BEFORE INSERT ON brokers_schedulewriting
    FOR EACH ROW EXECUTE FUNCTION brokers_only_in_a_draft();
"""

QUOTES = """
CREATE FUNCTION brokers_sum(items jsonb, field text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum((item ->> field)::numeric), 0) FROM jsonb_array_elements(items) item
$$;

CREATE FUNCTION brokers_guard_quote() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'accepted_at', 'accepted_by_id', 'closed_at', 'closed_by_id'];
    inside boolean := NEW.fee_won BETWEEN NEW.lower_won AND NEW.upper_won;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a quote is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> (CASE WHEN inside THEN 'offered' ELSE 'outside' END) THEN
            RAISE EXCEPTION 'a quote begins as offered, or outside of the band as what it is';
        END IF;
        IF NOT EXISTS (SELECT FROM brokers_feeschedule s
                       WHERE s.id = NEW.schedule_id AND s.state = 'published' AND s.use = 'guideline') THEN
            RAISE EXCEPTION 'a quote is made by a published guideline';
        END IF;
        IF brokers_sum(NEW.lines, 'amount_won') <> NEW.total_won
           OR brokers_sum(NEW.payers, 'net_won') <> NEW.net_won
           OR brokers_sum(NEW.payers, 'vat_won') <> NEW.vat_won THEN
            RAISE EXCEPTION 'lines and payers add up to the total';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what was quoted is never changed';
    END IF;
    IF OLD.state NOT IN ('outside', 'offered')
       AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a quote that was accepted or closed is never changed';
    END IF;
    IF OLD.state = 'outside' AND NEW.state IN ('offered', 'refused') AND NOT EXISTS (
        SELECT FROM brokers_bandrequest b
        WHERE b.quote_id = NEW.id AND b.state = CASE NEW.state WHEN 'offered' THEN 'granted' ELSE 'refused' END) THEN
        RAISE EXCEPTION 'outside of the band an officer decides first';
    END IF;
    IF NEW.state = 'accepted' AND OLD.state <> 'accepted' AND (
        OLD.state <> 'offered' OR NOT brokers_is_member(NEW.accepted_by_id, NEW.client_id) OR EXISTS (
            SELECT FROM brokers_quoteshare s
            WHERE s.quote_id = NEW.id AND brokers_is_member(NEW.accepted_by_id, s.organization_id))
    ) THEN
        RAISE EXCEPTION 'the client accepts, and nobody of the broker';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_quote BEFORE INSERT OR UPDATE OR DELETE ON brokers_quote
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_quote();

CREATE FUNCTION brokers_shares_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose bigint := CASE TG_TABLE_NAME WHEN 'brokers_quote' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'quote_id')::bigint END;
BEGIN
    IF NOT EXISTS (
        SELECT FROM brokers_quote q JOIN brokers_quoteshare s ON s.quote_id = q.id WHERE q.id = whose
        GROUP BY q.id HAVING sum(s.share_bp) = 10000 AND sum(s.net_won) = q.net_won AND sum(s.vat_won) = q.vat_won
    ) THEN
        RAISE EXCEPTION 'the shares of the brokers add up to the fee';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER brokers_quote_shared AFTER INSERT ON brokers_quote DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION brokers_shares_add_up();
CREATE CONSTRAINT TRIGGER brokers_shares_add_up AFTER INSERT ON brokers_quoteshare DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION brokers_shares_add_up();
"""

BANDS = """
CREATE FUNCTION brokers_guard_band() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what was asked is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' OR NOT EXISTS (
            SELECT FROM brokers_quote q WHERE q.id = NEW.quote_id AND q.state = 'outside') THEN
            RAISE EXCEPTION 'what is decided is asked first, of a quote outside of the band';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.public_id, NEW.quote_id, NEW.reason, NEW.asked_at, NEW.asked_by_id) IS DISTINCT FROM
       (OLD.id, OLD.public_id, OLD.quote_id, OLD.reason, OLD.asked_at, OLD.asked_by_id) THEN
        RAISE EXCEPTION 'what was asked is never changed';
    END IF;
    IF OLD.state <> 'asked' AND (NEW.state, NEW.decided_at, NEW.decided_by_id, NEW.decision_text) IS DISTINCT FROM
       (OLD.state, OLD.decided_at, OLD.decided_by_id, OLD.decision_text) THEN
        RAISE EXCEPTION 'what was decided is never changed';
    END IF;
    IF NEW.decided_by_id IS NOT NULL AND OLD.decided_by_id IS NULL THEN
        IF NOT brokers_is_officer(NEW.decided_by_id) THEN
            RAISE EXCEPTION 'only an officer decides';
        END IF;
        IF EXISTS (
            SELECT FROM brokers_quote q WHERE q.id = NEW.quote_id
            AND (brokers_is_member(NEW.decided_by_id, q.broker_id) OR brokers_is_member(NEW.decided_by_id, q.client_id))
        ) OR EXISTS (
            SELECT FROM brokers_quoteshare s
            WHERE s.quote_id = NEW.quote_id AND brokers_is_member(NEW.decided_by_id, s.organization_id)
        ) THEN
            RAISE EXCEPTION 'nobody of either side decides';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_band BEFORE INSERT OR UPDATE OR DELETE ON brokers_bandrequest
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_band();
"""

BACK = """
DROP TRIGGER brokers_guard_band ON brokers_bandrequest;
DROP TRIGGER brokers_shares_add_up ON brokers_quoteshare;
DROP TRIGGER brokers_quote_shared ON brokers_quote;
DROP TRIGGER brokers_guard_quote ON brokers_quote;
DROP TRIGGER brokers_writing_only_in_a_draft ON brokers_schedulewriting;
DROP TRIGGER brokers_tier_only_in_a_draft ON brokers_feetier;
DROP TRIGGER brokers_guard_schedule ON brokers_feeschedule;
DROP FUNCTION brokers_guard_band, brokers_shares_add_up, brokers_guard_quote, brokers_sum, brokers_only_in_a_draft,
    brokers_guard_schedule, brokers_is_member, brokers_is_officer;
"""


class Migration(migrations.Migration):
    dependencies = [("brokers", "0001_initial")]

    operations = [migrations.RunSQL(SCHEDULES + QUOTES + BANDS, BACK)]
