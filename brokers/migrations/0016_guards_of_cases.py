"""What must hold whoever writes: nobody is cancelled without a held hearing, nor decides alone, nor works when closed.

As in 0002, not by pgtrigger: these pass nobody but the owner of the database. They ask no clock: a moment is compared
with the moments of other rows, so that tests and imports of old cases mean what they say.
"""

from django.db import migrations

CASES = """
CREATE FUNCTION brokers_is_of_registration(person bigint, registration bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM brokers_registration r WHERE r.id = registration
        AND (r.user_id = person OR brokers_is_member(person, r.organization_id)))
$$;

CREATE FUNCTION brokers_guard_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'came_from', 'revision', 'closed_at', 'closed_by_id',
                            'closed_reason', 'decision', 'suspended_until', 'decided_at', 'decided_by_id',
                            'decision_text'];
    kind text;
    standing text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a case is never deleted';
    END IF;
    SELECT r.kind, r.state INTO kind, standing FROM brokers_registration r WHERE r.id = NEW.registration_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'opened' OR standing = 'cancelled' THEN
            RAISE EXCEPTION 'a case begins as opened, of a registration that stands';
        END IF;
        IF (kind = 'trader') <> (NEW.ground IN ('fraudulent_work', 'name_lending')) AND NEW.ground <> 'fraud' THEN
            RAISE EXCEPTION 'this is no ground to cancel such a registration';
        END IF;
        IF NEW.opened_by_id IS NOT NULL AND (
            NOT brokers_is_officer(NEW.opened_by_id)
            OR brokers_is_of_registration(NEW.opened_by_id, NEW.registration_id)) THEN
            RAISE EXCEPTION 'an officer opens a case, and nobody of the broker';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what a case is about never changes';
    END IF;
    IF OLD.state IN ('decided', 'closed')
       AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a case that was decided or closed is never changed';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NEW.state = 'noticed' AND NOT EXISTS (
        SELECT FROM brokers_hearing h WHERE h.case_id = NEW.id AND h.state = 'noticed') THEN
        RAISE EXCEPTION 'notice is given of a hearing';
    END IF;
    IF NEW.state = 'held' AND NOT EXISTS (
        SELECT FROM brokers_hearing h WHERE h.case_id = NEW.id AND h.state = 'held') THEN
        RAISE EXCEPTION 'a hearing was held when its record is signed';
    END IF;
    IF NEW.state = 'closed' AND (
        (OLD.state = 'held' AND standing <> 'cancelled')
        OR EXISTS (SELECT FROM brokers_hearing h WHERE h.case_id = NEW.id AND h.state = 'noticed')) THEN
        RAISE EXCEPTION 'after the hearing a case is decided, before it the hearing is called off first';
    END IF;
    IF NEW.state = 'decided' THEN
        IF NOT brokers_is_officer(NEW.decided_by_id)
           OR brokers_is_of_registration(NEW.decided_by_id, NEW.registration_id) THEN
            RAISE EXCEPTION 'an officer decides, and nobody of the broker';
        END IF;
        IF NOT EXISTS (
            SELECT FROM brokers_hearing h WHERE h.case_id = NEW.id AND h.state = 'held'
            AND h.signed_at <= NEW.decided_at AND h.chair_id <> NEW.decided_by_id) THEN
            RAISE EXCEPTION 'nothing is decided before the hearing was held, nor by its chair';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_case BEFORE INSERT OR UPDATE OR DELETE ON brokers_cancellationcase
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_case();
"""

HEARINGS = """
CREATE FUNCTION brokers_guard_hearing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'ended_at', 'ended_by_id', 'ended_reason', 'attendance', 'appeared',
                            'record_text', 'signed_at', 'signed_by_id'];
    whose bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a hearing is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT c.registration_id INTO whose FROM brokers_cancellationcase c
        WHERE c.id = NEW.case_id AND c.state IN ('opened', 'noticed');
        IF NEW.state <> 'noticed' OR whose IS NULL THEN
            RAISE EXCEPTION 'a hearing begins with its notice, in a case before the hearing';
        END IF;
        IF (NEW.starts_at AT TIME ZONE 'Asia/Seoul')::date - (NEW.noticed_at AT TIME ZONE 'Asia/Seoul')::date < 10 THEN
            RAISE EXCEPTION 'notice is given at least ten days before the hearing';
        END IF;
        IF NOT brokers_is_officer(NEW.chair_id) OR brokers_is_of_registration(NEW.chair_id, whose)
           OR NOT brokers_is_officer(NEW.noticed_by_id) OR brokers_is_of_registration(NEW.noticed_by_id, whose) THEN
            RAISE EXCEPTION 'officers hold a hearing, and nobody of the broker';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what was noticed never changes: another day is another notice';
    END IF;
    IF OLD.state <> 'noticed'
       AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a hearing that is over is never changed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_hearing BEFORE INSERT OR UPDATE OR DELETE ON brokers_hearing
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_hearing();

CREATE FUNCTION brokers_guard_statement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose bigint;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what was said is never changed';
    END IF;
    -- Waits for whoever decides just now, and then finds it decided.
    SELECT c.registration_id INTO whose FROM brokers_cancellationcase c
    WHERE c.id = NEW.case_id AND c.state IN ('opened', 'noticed', 'held') FOR SHARE;
    IF whose IS NULL THEN
        RAISE EXCEPTION 'nothing is said any more when a case is over';
    END IF;
    IF brokers_is_of_registration(NEW.sent_by_id, whose) <> (NEW.side = 'broker')
       OR (NEW.side = 'office' AND NOT brokers_is_officer(NEW.sent_by_id)) THEN
        RAISE EXCEPTION 'each side speaks for itself';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_statement BEFORE INSERT OR UPDATE OR DELETE ON brokers_casestatement
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_statement();

CREATE FUNCTION brokers_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was sent is never changed';
END $$;

CREATE TRIGGER brokers_case_document_written_once BEFORE UPDATE OR DELETE ON brokers_casedocument
    FOR EACH ROW EXECUTE FUNCTION brokers_written_once();
"""

REGISTRATIONS = """
CREATE FUNCTION brokers_guard_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a registration is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'registered' OR NEW.suspended_until IS NOT NULL THEN
            RAISE EXCEPTION 'a registration begins as registered';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = 'cancelled' AND (NEW.state, NEW.cancelled_at) IS DISTINCT FROM (OLD.state, OLD.cancelled_at) THEN
        RAISE EXCEPTION 'what was cancelled stays so';
    END IF;
    IF NEW.suspended_until IS NOT NULL AND NEW.suspended_until IS DISTINCT FROM OLD.suspended_until AND NOT EXISTS (
        SELECT FROM brokers_cancellationcase c WHERE c.registration_id = NEW.id AND c.state = 'decided'
        AND c.decision = 'suspended' AND c.suspended_until = NEW.suspended_until) THEN
        RAISE EXCEPTION 'a broker is suspended by a decision only';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NEW.state = 'hearing' AND NOT EXISTS (
        SELECT FROM brokers_cancellationcase c WHERE c.registration_id = NEW.id AND c.state = 'noticed') THEN
        RAISE EXCEPTION 'a hearing is held in a case of which notice was given';
    END IF;
    IF OLD.state = 'hearing' AND NEW.state <> 'cancelled' AND EXISTS (
        SELECT FROM brokers_cancellationcase c WHERE c.registration_id = NEW.id AND c.state IN ('noticed', 'held')) THEN
        RAISE EXCEPTION 'a case of it is not decided yet';
    END IF;
    IF NEW.state = 'cancelled' AND NOT EXISTS (
        SELECT FROM brokers_cancellationcase c JOIN brokers_hearing h ON h.case_id = c.id AND h.state = 'held'
        WHERE c.registration_id = NEW.id AND c.state = 'decided' AND c.decision = 'cancelled'
        AND c.decided_at = NEW.cancelled_at AND h.signed_at <= c.decided_at AND h.starts_at <= h.signed_at
        AND c.decided_by_id IS DISTINCT FROM c.opened_by_id AND c.decided_by_id <> h.chair_id
        AND brokers_is_officer(c.decided_by_id) AND NOT brokers_is_of_registration(c.decided_by_id, NEW.id)) THEN
        RAISE EXCEPTION 'no registration is cancelled without a held hearing and the decision of another officer';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_standing BEFORE INSERT OR UPDATE OR DELETE ON brokers_registration
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_standing();

-- Whether an office may be given new work: what was decided about an agency holds for the traders in it, too. Who was
-- never registered works outside of the register. Waits for whoever decides just now.
CREATE FUNCTION brokers_is_closed_to_work(office bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM brokers_registration r WHERE r.organization_id = office ORDER BY r.id FOR SHARE;
    RETURN EXISTS (SELECT FROM brokers_registration r WHERE r.organization_id = office) AND NOT EXISTS (
        SELECT FROM brokers_registration r WHERE r.organization_id = office
        AND r.state IN ('registered', 'warned', 'hearing') AND r.suspended_until IS NULL
        AND (r.kind = 'agency' OR NOT EXISTS (
            SELECT FROM brokers_registration a WHERE a.organization_id = office AND a.kind = 'agency')));
END $$;

CREATE FUNCTION brokers_new_work_only_when_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'brokers_quoteshare' THEN
        IF brokers_is_closed_to_work(NEW.organization_id) AND NOT EXISTS (
            SELECT FROM brokers_quote q WHERE q.id = NEW.quote_id AND q.mandate_id IS NOT NULL) THEN
            RAISE EXCEPTION 'a suspended or cancelled broker quotes no fee outside of a running mandate';
        END IF;
    ELSIF NEW.state = 'accepted' AND (TG_OP = 'INSERT' OR OLD.state <> 'accepted') THEN
        IF brokers_is_closed_to_work(NEW.broker_id) THEN
            RAISE EXCEPTION 'a suspended or cancelled broker takes no mandate';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_quotes_only_when_open BEFORE INSERT ON brokers_quoteshare
    FOR EACH ROW EXECUTE FUNCTION brokers_new_work_only_when_open();
CREATE TRIGGER brokers_takes_only_when_open BEFORE INSERT OR UPDATE ON brokers_mandate
    FOR EACH ROW EXECUTE FUNCTION brokers_new_work_only_when_open();
"""

HAND_OVERS = """
CREATE FUNCTION brokers_guard_hand_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a hand-over is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'a hand-over begins with the choice of the client';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.public_id, NEW.mandate_id, NEW.from_broker_id, NEW.opened_at) IS DISTINCT FROM
       (OLD.id, OLD.public_id, OLD.mandate_id, OLD.from_broker_id, OLD.opened_at) THEN
        RAISE EXCEPTION 'which hand-over it is never changes';
    END IF;
    IF OLD.state NOT IN ('open', 'offered')
       AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'what was settled is never changed';
    END IF;
    IF NEW.state = 'kept' AND OLD.state <> 'kept' AND EXISTS (
        SELECT FROM brokers_cancellationcase c JOIN brokers_registration r ON r.id = c.registration_id
        WHERE c.id = NEW.case_id AND r.state = 'cancelled') THEN
        RAISE EXCEPTION 'nothing stays with a broker whose registration was cancelled';
    END IF;
    IF NEW.state = 'moved' AND OLD.state <> 'moved' AND NOT EXISTS (
        SELECT FROM brokers_mandate n, brokers_mandate o WHERE n.id = NEW.new_mandate_id AND o.id = NEW.mandate_id
        AND n.state = 'accepted' AND o.state = 'ended') THEN
        RAISE EXCEPTION 'the new mandate is accepted, and the old one ended';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_hand_over BEFORE INSERT OR UPDATE OR DELETE ON brokers_handover
    FOR EACH ROW EXECUTE FUNCTION brokers_guard_hand_over();
"""

BACK = """
DROP TRIGGER brokers_guard_hand_over ON brokers_handover;
DROP TRIGGER brokers_takes_only_when_open ON brokers_mandate;
DROP TRIGGER brokers_quotes_only_when_open ON brokers_quoteshare;
DROP TRIGGER brokers_guard_standing ON brokers_registration;
DROP TRIGGER brokers_case_document_written_once ON brokers_casedocument;
DROP TRIGGER brokers_guard_statement ON brokers_casestatement;
DROP TRIGGER brokers_guard_hearing ON brokers_hearing;
DROP TRIGGER brokers_guard_case ON brokers_cancellationcase;
DROP FUNCTION brokers_guard_hand_over, brokers_new_work_only_when_open, brokers_is_closed_to_work,
    brokers_guard_standing, brokers_written_once, brokers_guard_statement, brokers_guard_hearing,
    brokers_guard_case, brokers_is_of_registration;
"""


class Migration(migrations.Migration):
    dependencies = [("brokers", "0015_cancellation_cases")]

    operations = [migrations.RunSQL(CASES + HEARINGS + REGISTRATIONS + HAND_OVERS, BACK)]
