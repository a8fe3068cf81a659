"""What must hold whoever writes: what was verified, submitted, acknowledged or warned stays as it was.

Not by pgtrigger, for the reason that `0002_guards` gives.
"""

from django.db import migrations

STAFF = """
CREATE FUNCTION brokers_of_broker(person bigint, registration bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM brokers_registration r WHERE r.id = registration
        AND (r.user_id IS NOT DISTINCT FROM person OR brokers_is_member(person, r.organization_id)))
$$;

CREATE FUNCTION brokers_guard_qualification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a licence that was entered is never deleted';
    END IF;
    IF (NEW.id, NEW.public_id, NEW.user_id, NEW.kind, NEW.number, NEW.issued_on) IS DISTINCT FROM
       (OLD.id, OLD.public_id, OLD.user_id, OLD.kind, OLD.number, OLD.issued_on) THEN
        RAISE EXCEPTION 'a licence is not changed but entered anew';
    END IF;
    IF NEW.state = OLD.state AND (NEW.decided_at, NEW.decided_by_id, NEW.decision_text) IS DISTINCT FROM
       (OLD.decided_at, OLD.decided_by_id, OLD.decision_text) THEN
        RAISE EXCEPTION 'what was decided about a licence is never changed';
    END IF;
    IF NEW.state <> OLD.state AND NOT brokers_is_officer(NEW.decided_by_id) THEN
        RAISE EXCEPTION 'only an officer decides about a licence';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER brokers_guard_qualification BEFORE UPDATE OR DELETE ON brokers_qualification
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_qualification();

CREATE FUNCTION brokers_guard_staff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an entry of staff is never deleted';
    END IF;
    IF (NEW.id, NEW.public_id, NEW.organization_id, NEW.user_id, NEW.from_on, NEW.named_at, NEW.named_by_id)
       IS DISTINCT FROM
       (OLD.id, OLD.public_id, OLD.organization_id, OLD.user_id, OLD.from_on, OLD.named_at, OLD.named_by_id) THEN
        RAISE EXCEPTION 'who was named from when is never changed';
    END IF;
    IF OLD.state IN ('declined', 'ended') AND (
        (NEW.answered_at, NEW.ended_at, NEW.ended_by_id) IS DISTINCT FROM
        (OLD.answered_at, OLD.ended_at, OLD.ended_by_id) OR NEW.until_on > OLD.until_on) THEN
        RAISE EXCEPTION 'what is over is never changed; only an earlier day may be the last';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER brokers_guard_staff BEFORE UPDATE OR DELETE ON brokers_staffentry
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_staff();

-- After the row is in the unique index: whoever waited there for another transaction sees what it wrote.
CREATE FUNCTION brokers_staff_of_one_agency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'confirmed' AND EXISTS (
        SELECT FROM brokers_staffentry other
        WHERE other.user_id = NEW.user_id AND other.organization_id <> NEW.organization_id AND other.state = 'ended'
          AND other.answered_at IS NOT NULL AND other.until_on >= NEW.from_on) THEN
        RAISE EXCEPTION 'staff_counts_for_one_agency: the person still works for another agency'
            USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER brokers_staff_of_one_agency AFTER INSERT OR UPDATE OF state ON brokers_staffentry
    FOR EACH ROW EXECUTE FUNCTION brokers_staff_of_one_agency();
"""

REPORTS = """
CREATE FUNCTION brokers_guard_report() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'reminded', 'submitted_at', 'submitted_by_id', 'deal_count',
                            'total_won'];
    lines integer;
    total bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a report is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'due' THEN
            RAISE EXCEPTION 'a report begins as one that is due';
        END IF;
        IF NEW.revision > 1 AND NOT EXISTS (
            SELECT FROM brokers_dealreport r WHERE r.registration_id = NEW.registration_id
            AND r.first_on = NEW.first_on AND r.revision = NEW.revision - 1 AND r.state = 'submitted') THEN
            RAISE EXCEPTION 'only a submitted report is corrected';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = 'submitted' AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a submitted report is never changed';
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'which half-year a report is about is never changed';
    END IF;
    IF OLD.state = 'due' AND NEW.state = 'submitted' THEN
        SELECT count(*), coalesce(sum(l.value_won), 0) INTO lines, total FROM brokers_dealreportline l
        WHERE l.report_id = NEW.id;
        IF (NEW.deal_count, NEW.total_won) IS DISTINCT FROM (lines, total) THEN
            RAISE EXCEPTION 'the figures of a report are those of its lines';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER brokers_guard_report BEFORE INSERT OR UPDATE OR DELETE ON brokers_dealreport
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_report();

-- Waits for whoever submits just now. That the row a line was taken from is gone, is all that may change in it.
CREATE FUNCTION brokers_guard_report_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (to_jsonb(NEW) - 'deal_id') IS DISTINCT FROM (to_jsonb(OLD) - 'deal_id') OR NEW.deal_id IS NOT NULL THEN
            RAISE EXCEPTION 'a line of a report is never changed';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a line of a report is never deleted';
    END IF;
    SELECT state INTO found FROM brokers_dealreport WHERE id = NEW.report_id FOR SHARE;
    IF found <> 'due' THEN
        RAISE EXCEPTION 'a submitted report gets no further line';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER brokers_guard_report_line BEFORE INSERT OR UPDATE OR DELETE ON brokers_dealreportline
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_report_line();

CREATE FUNCTION brokers_half_year_is_closed(whose bigint, day date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(bool_or(p.state = 'submitted') AND NOT bool_or(p.state = 'due'), false)
    FROM brokers_dealreport p JOIN brokers_registration r ON r.id = p.registration_id
    WHERE r.organization_id = whose AND r.kind = 'agency' AND day BETWEEN p.first_on AND p.last_on
$$;

CREATE FUNCTION brokers_guard_reported_deal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['updated_at', 'closed_on', 'mandate_id', 'region'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.origin = 'reported' AND brokers_half_year_is_closed(NEW.broker_id, NEW.signed_on) THEN
            RAISE EXCEPTION 'the report of that half-year was submitted';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.origin <> 'reported' OR brokers_half_year_is_closed(OLD.broker_id, OLD.signed_on) THEN
            RAISE EXCEPTION 'a deal is taken out only before it is submitted, and only by who entered it';
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.broker_id, NEW.origin, NEW.recorded_at) IS DISTINCT FROM (OLD.broker_id, OLD.origin, OLD.recorded_at) THEN
        RAISE EXCEPTION 'whose deal it is and where it comes from never changes';
    END IF;
    IF OLD.origin = 'reported' AND (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) AND (
        brokers_half_year_is_closed(OLD.broker_id, OLD.signed_on)
        OR brokers_half_year_is_closed(NEW.broker_id, NEW.signed_on)) THEN
        RAISE EXCEPTION 'the report of that half-year was submitted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER brokers_guard_reported_deal BEFORE INSERT OR UPDATE OR DELETE ON brokers_brokereddeal
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_reported_deal();
"""

NOTICES = """
CREATE FUNCTION brokers_guard_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'reminded', 'acknowledged_at', 'acknowledged_by_id', 'closing_text'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a notice of a change is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'suggested' THEN
            RAISE EXCEPTION 'a notice of a change begins as one that is to be told';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.public_id, NEW.registration_id, NEW.suggestion) IS DISTINCT FROM
       (OLD.id, OLD.public_id, OLD.registration_id, OLD.suggestion) THEN
        RAISE EXCEPTION 'whose change it is never changes';
    END IF;
    IF OLD.state = 'filed' AND (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what was told is never changed';
    END IF;
    IF OLD.state IN ('acknowledged', 'dismissed')
       AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a notice that is done with is never changed';
    END IF;
    IF NEW.state = 'acknowledged' AND OLD.state <> 'acknowledged' AND (
        NOT brokers_is_officer(NEW.acknowledged_by_id)
        OR brokers_of_broker(NEW.acknowledged_by_id, NEW.registration_id)) THEN
        RAISE EXCEPTION 'an officer acknowledges, and nobody of the broker';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER brokers_guard_change BEFORE INSERT OR UPDATE OR DELETE ON brokers_changenotice
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_change();

CREATE FUNCTION brokers_guard_warning() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a warning is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'given' OR NOT brokers_is_officer(NEW.given_by_id)
           OR brokers_of_broker(NEW.given_by_id, NEW.registration_id) THEN
            RAISE EXCEPTION 'an officer warns, and nobody of the broker';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.public_id, NEW.registration_id, NEW.ground, NEW.text, NEW.given_at, NEW.given_by_id)
       IS DISTINCT FROM
       (OLD.id, OLD.public_id, OLD.registration_id, OLD.ground, OLD.text, OLD.given_at, OLD.given_by_id) THEN
        RAISE EXCEPTION 'a warning is written once';
    END IF;
    IF OLD.state <> 'given' AND (NEW.answer_text, NEW.answered_at, NEW.answered_by_id) IS DISTINCT FROM
       (OLD.answer_text, OLD.answered_at, OLD.answered_by_id) THEN
        RAISE EXCEPTION 'an answer is written once, before the warning is lifted';
    END IF;
    IF OLD.state = 'lifted' AND (NEW.lift_reason, NEW.lifted_at, NEW.lifted_by_id) IS DISTINCT FROM
       (OLD.lift_reason, OLD.lifted_at, OLD.lifted_by_id) THEN
        RAISE EXCEPTION 'why it was lifted is never changed';
    END IF;
    IF NEW.state = 'lifted' AND OLD.state <> 'lifted' AND (
        NOT brokers_is_officer(NEW.lifted_by_id) OR brokers_of_broker(NEW.lifted_by_id, NEW.registration_id)) THEN
        RAISE EXCEPTION 'an officer lifts a warning, and nobody of the broker';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER brokers_guard_warning BEFORE INSERT OR UPDATE OR DELETE ON brokers_brokerwarning
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_warning();
"""

BACK = """
DROP TRIGGER brokers_guard_warning ON brokers_brokerwarning;
DROP TRIGGER brokers_guard_change ON brokers_changenotice;
DROP TRIGGER brokers_guard_reported_deal ON brokers_brokereddeal;
DROP TRIGGER brokers_guard_report_line ON brokers_dealreportline;
DROP TRIGGER brokers_guard_report ON brokers_dealreport;
DROP TRIGGER brokers_staff_of_one_agency ON brokers_staffentry;
DROP TRIGGER brokers_guard_staff ON brokers_staffentry;
DROP TRIGGER brokers_guard_qualification ON brokers_qualification;
DROP FUNCTION brokers_guard_warning, brokers_guard_change, brokers_guard_reported_deal, brokers_half_year_is_closed,
    brokers_guard_report_line, brokers_guard_report, brokers_staff_of_one_agency, brokers_guard_staff,
    brokers_guard_qualification, brokers_of_broker;
"""


class Migration(migrations.Migration):
    dependencies = [("brokers", "0011_duties_of_brokers")]

    operations = [migrations.RunSQL(STAFF + REPORTS + NOTICES, BACK)]
