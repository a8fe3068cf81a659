"""What must hold of mandates whoever writes: offered content stays, the other side accepts, exclusive means alone.

Not by pgtrigger, for the reason of `0002_guards`. Two acceptances at once meet at the row of the client: the trigger
locks it, and looks after it has got it.
"""

from django.db import migrations

MANDATES = """
CREATE FUNCTION brokers_scopes_meet(a brokers_mandate, b brokers_mandate) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN (a.need_id IS NULL AND a.subject_count = 0) OR (b.need_id IS NULL AND b.subject_count = 0) THEN true
        WHEN a.need_id IS NOT NULL OR b.need_id IS NOT NULL THEN a.need_id IS NOT DISTINCT FROM b.need_id
        ELSE EXISTS (
            SELECT FROM brokers_mandatelisting x JOIN brokers_mandatelisting y ON y.listing_id = x.listing_id
            WHERE x.mandate_id = a.id AND y.mandate_id = b.id)
    END
$$;

-- Another agreed mandate of the client for the same thing and days, where one of the two is exclusive. Beside one that
-- is not, its own broker may have an exclusive one.
CREATE FUNCTION brokers_in_the_way(m brokers_mandate) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT o.id FROM brokers_mandate o
    WHERE o.client_id = m.client_id AND o.side = m.side AND o.id <> m.id AND o.state IN ('accepted', 'ended')
      AND (o.is_exclusive OR m.is_exclusive)
      AND (o.broker_id <> m.broker_id OR (o.is_exclusive AND m.is_exclusive))
      AND o.starts_on <= coalesce(o.ended_on, o.ends_on) AND m.starts_on <= coalesce(m.ended_on, m.ends_on)
      AND o.starts_on <= coalesce(m.ended_on, m.ends_on) AND m.starts_on <= coalesce(o.ended_on, o.ends_on)
      AND brokers_scopes_meet(o, m)
$$;

CREATE FUNCTION brokers_accept_mandate(m brokers_mandate) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    by_client boolean := brokers_is_member(m.answered_by_id, m.client_id);
    by_broker boolean := EXISTS (
        SELECT FROM brokers_mandatepartner p
        WHERE p.mandate_id = m.id AND brokers_is_member(m.answered_by_id, p.organization_id));
BEGIN
    PERFORM FROM accounts_organization WHERE id = m.client_id FOR NO KEY UPDATE;
    IF m.offered_side = 'broker' AND NOT (by_client AND NOT by_broker) THEN
        RAISE EXCEPTION 'the client accepts what the broker offered, and nobody of a broker';
    END IF;
    IF m.offered_side = 'client' AND NOT (brokers_is_member(m.answered_by_id, m.broker_id) AND NOT by_client) THEN
        RAISE EXCEPTION 'the broker accepts what the client offered, and nobody of the client';
    END IF;
    IF (m.answered_at AT TIME ZONE 'Asia/Seoul')::date > m.offer_until THEN
        RAISE EXCEPTION 'the offer has lapsed';
    END IF;
    IF EXISTS (SELECT FROM brokers_mandatepartner p WHERE p.mandate_id = m.id AND p.state <> 'agreed') THEN
        RAISE EXCEPTION 'every broker has to agree first';
    END IF;
    IF EXISTS (SELECT FROM brokers_mandateconsent c WHERE c.mandate_id = m.id AND c.state <> 'agreed') THEN
        RAISE EXCEPTION 'the clients of the other side have to agree first';
    END IF;
    IF EXISTS (SELECT brokers_in_the_way(m)) THEN
        RAISE EXCEPTION 'exclusive means alone: another mandate for the same lies in its term';
    END IF;
END $$;

CREATE FUNCTION brokers_guard_mandate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'answered_at', 'answered_by_id', 'answer_text', 'ended_on',
                            'ended_at', 'ended_by_id', 'ended_side', 'end_reason', 'withdrawn_at',
                            'withdrawn_by_id', 'told_of'];
    answer text[] := ARRAY['answered_at', 'answered_by_id', 'answer_text'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a mandate is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'offered' OR NEW.answered_at IS NOT NULL THEN
            RAISE EXCEPTION 'a mandate begins as an offer';
        END IF;
        IF NEW.need_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM matching_need n WHERE n.id = NEW.need_id AND n.organization_id = NEW.client_id) THEN
            RAISE EXCEPTION 'a mandate is about a need of the client';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what was offered is never changed';
    END IF;
    IF OLD.state <> 'offered' AND EXISTS (
        SELECT FROM unnest(answer) name WHERE to_jsonb(NEW) -> name IS DISTINCT FROM to_jsonb(OLD) -> name) THEN
        RAISE EXCEPTION 'what was answered is never changed';
    END IF;
    IF OLD.state NOT IN ('offered', 'accepted') AND (to_jsonb(NEW) - ARRAY['updated_at', 'told_of'])
       IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['updated_at', 'told_of']) THEN
        RAISE EXCEPTION 'a mandate that is over is never changed';
    END IF;
    IF OLD.state = 'offered' AND NEW.state = 'accepted' THEN
        PERFORM brokers_accept_mandate(NEW);
    END IF;
    IF OLD.state = 'accepted' AND NEW.state = 'ended' AND (NEW.ended_on > OLD.ends_on OR NEW.end_reason = ''
       OR NEW.ended_on < (NEW.ended_at AT TIME ZONE 'Asia/Seoul')::date) THEN
        RAISE EXCEPTION 'a mandate ends with a reason, from that day on and not after its term';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_mandate BEFORE INSERT OR UPDATE OR DELETE ON brokers_mandate
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_mandate();
"""

PARTS = """
CREATE FUNCTION brokers_guard_mandate_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    open_now boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'nothing is taken out of a mandate';
    END IF;
    SELECT state = 'offered' INTO open_now FROM brokers_mandate WHERE id = NEW.mandate_id FOR SHARE;
    IF NOT open_now THEN
        RAISE EXCEPTION 'of an answered mandate nothing changes';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF TG_TABLE_NAME = 'brokers_mandatelisting' AND NOT EXISTS (
            SELECT FROM brokers_mandate m JOIN tech_listings_listing l ON l.holder_id = m.client_id
            WHERE m.id = NEW.mandate_id AND m.side = 'holder' AND l.id = (to_jsonb(NEW) ->> 'listing_id')::bigint) THEN
            RAISE EXCEPTION 'a mandate is about technologies of the client';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_TABLE_NAME = 'brokers_mandatelisting' OR OLD.state <> 'asked' OR
       (to_jsonb(NEW) - ARRAY['state', 'agreed_at', 'agreed_by_id', 'answered_at', 'answered_by_id']) IS DISTINCT FROM
       (to_jsonb(OLD) - ARRAY['state', 'agreed_at', 'agreed_by_id', 'answered_at', 'answered_by_id']) THEN
        RAISE EXCEPTION 'what a mandate is about, and with whom, never changes';
    END IF;
    IF TG_TABLE_NAME = 'brokers_mandatepartner' AND NEW.state = 'agreed' AND NOT brokers_is_member(
        (to_jsonb(NEW) ->> 'agreed_by_id')::bigint, (to_jsonb(NEW) ->> 'organization_id')::bigint) THEN
        RAISE EXCEPTION 'each broker agrees for itself';
    END IF;
    IF TG_TABLE_NAME = 'brokers_mandateconsent' AND NOT EXISTS (
        SELECT FROM brokers_mandate m WHERE m.id = (to_jsonb(NEW) ->> 'other_id')::bigint
        AND brokers_is_member((to_jsonb(NEW) ->> 'answered_by_id')::bigint, m.client_id)) THEN
        RAISE EXCEPTION 'the client that was asked answers';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_mandate_listing BEFORE INSERT OR UPDATE OR DELETE ON brokers_mandatelisting
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_mandate_part();
CREATE TRIGGER brokers_guard_mandate_partner BEFORE INSERT OR UPDATE OR DELETE ON brokers_mandatepartner
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_mandate_part();
CREATE TRIGGER brokers_guard_mandate_consent BEFORE INSERT OR UPDATE OR DELETE ON brokers_mandateconsent
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_mandate_part();

-- At commit: the shares make 10,000, the leading broker has one, the client none, and as many technologies as said.
CREATE FUNCTION brokers_mandate_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose bigint := CASE TG_TABLE_NAME WHEN 'brokers_mandate' THEN NEW.id
                    ELSE (to_jsonb(NEW) ->> 'mandate_id')::bigint END;
BEGIN
    IF NOT EXISTS (
        SELECT FROM brokers_mandate m JOIN brokers_mandatepartner p ON p.mandate_id = m.id WHERE m.id = whose
        GROUP BY m.id HAVING sum(p.share_bp) = 10000 AND bool_or(p.organization_id = m.broker_id)
               AND NOT bool_or(p.organization_id = m.client_id)
    ) THEN
        RAISE EXCEPTION 'the shares of the brokers of a mandate make the whole, the leading one among them';
    END IF;
    IF (SELECT m.subject_count FROM brokers_mandate m WHERE m.id = whose)
       <> (SELECT count(*) FROM brokers_mandatelisting l WHERE l.mandate_id = whose) THEN
        RAISE EXCEPTION 'what a mandate is about never changes';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER brokers_mandate_whole AFTER INSERT ON brokers_mandate DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION brokers_mandate_adds_up();
CREATE CONSTRAINT TRIGGER brokers_partners_whole AFTER INSERT ON brokers_mandatepartner DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION brokers_mandate_adds_up();
CREATE CONSTRAINT TRIGGER brokers_subjects_whole AFTER INSERT ON brokers_mandatelisting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION brokers_mandate_adds_up();
"""

PARTS_BACK = """
DROP TRIGGER brokers_subjects_whole ON brokers_mandatelisting;
DROP TRIGGER brokers_partners_whole ON brokers_mandatepartner;
DROP TRIGGER brokers_mandate_whole ON brokers_mandate;
DROP TRIGGER brokers_guard_mandate_consent ON brokers_mandateconsent;
DROP TRIGGER brokers_guard_mandate_partner ON brokers_mandatepartner;
DROP TRIGGER brokers_guard_mandate_listing ON brokers_mandatelisting;
DROP FUNCTION brokers_mandate_adds_up, brokers_guard_mandate_part;
"""

MANDATES_BACK = """
DROP TRIGGER brokers_guard_mandate ON brokers_mandate;
DROP FUNCTION brokers_guard_mandate, brokers_accept_mandate(brokers_mandate), brokers_in_the_way(brokers_mandate),
    brokers_scopes_meet(brokers_mandate, brokers_mandate);
"""

# A quote under a mandate is made by the mandate's own version, also where a newer one holds. Of `brokers_guard_quote`
# only that question is new; the rest is the text of `0002_guards`.
QUOTES = """
CREATE FUNCTION brokers_quote_by_version(q brokers_quote) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM brokers_feeschedule s WHERE s.id = q.schedule_id AND s.use = 'guideline' AND (
            s.state = 'published' OR (s.state = 'superseded' AND EXISTS (
                SELECT FROM brokers_mandate m WHERE m.id = q.mandate_id AND m.schedule_id = s.id))))
$$;

CREATE OR REPLACE FUNCTION brokers_guard_quote() RETURNS trigger LANGUAGE plpgsql AS $$
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
        IF NOT brokers_quote_by_version(NEW) THEN
            RAISE EXCEPTION 'a quote is made by a published guideline, or by the version of its mandate';
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

CREATE FUNCTION brokers_quote_of_mandate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM brokers_mandate m WHERE m.id = NEW.mandate_id AND m.client_id = NEW.client_id
        AND m.schedule_id = NEW.schedule_id AND m.state IN ('accepted', 'ended')
        AND NEW.fee_won = NEW.guideline_won * m.fee_bp / 10000
        AND EXISTS (SELECT FROM brokers_mandatepartner p
                    WHERE p.mandate_id = m.id AND p.organization_id = NEW.broker_id)
    ) OR EXISTS (
        (SELECT organization_id, share_bp FROM brokers_mandatepartner WHERE mandate_id = NEW.mandate_id
         EXCEPT SELECT organization_id, share_bp FROM brokers_quoteshare WHERE quote_id = NEW.id)
        UNION ALL
        (SELECT organization_id, share_bp FROM brokers_quoteshare WHERE quote_id = NEW.id
         EXCEPT SELECT organization_id, share_bp FROM brokers_mandatepartner WHERE mandate_id = NEW.mandate_id)
    ) THEN
        RAISE EXCEPTION 'a quote under a mandate has its client, version, fee and shares';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER brokers_quote_of_mandate AFTER INSERT ON brokers_quote DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.mandate_id IS NOT NULL) EXECUTE FUNCTION brokers_quote_of_mandate();
"""

QUOTES_BACK = """
DROP TRIGGER brokers_quote_of_mandate ON brokers_quote;
CREATE OR REPLACE FUNCTION brokers_guard_quote() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP FUNCTION brokers_quote_of_mandate, brokers_quote_by_version(brokers_quote);
"""


class Migration(migrations.Migration):
    dependencies = [("brokers", "0007_mandate_terms")]

    operations = [
        migrations.RunSQL(MANDATES, MANDATES_BACK),
        migrations.RunSQL(PARTS, PARTS_BACK),
        migrations.RunSQL(QUOTES, QUOTES_BACK),
    ]
