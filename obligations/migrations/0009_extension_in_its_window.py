"""When an extension may be asked for, and from when an exemption runs, holds whoever writes.

Else months beyond those of the ground could be had by letting them run from a later day.
"""

from django.db import migrations

NOW = """
CREATE OR REPLACE FUNCTION obligations_guard_exemption() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an exemption is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'an exemption begins by being asked for';
        END IF;
        IF NEW.extends_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM obligations_exemption e
            WHERE e.id = NEW.extends_id AND e.obligation_id = NEW.obligation_id AND e.state = 'granted'
              AND (NEW.asked_at AT TIME ZONE 'Asia/Seoul')::date
                  BETWEEN (e.until - interval '3 months')::date AND e.until - 1) THEN
            RAISE EXCEPTION 'an extension is asked for in the last three months, up to the day before the end';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.obligation_id, NEW.organization_id, NEW.ground, NEW.text, NEW.evidence, NEW.evidence_name,
        NEW.evidence_type, NEW.evidence_checksum, NEW.extends_id, NEW.asked_until, NEW.asked_at, NEW.asked_by_id)
       IS DISTINCT FROM
       (OLD.obligation_id, OLD.organization_id, OLD.ground, OLD.text, OLD.evidence, OLD.evidence_name,
        OLD.evidence_type, OLD.evidence_checksum, OLD.extends_id, OLD.asked_until, OLD.asked_at, OLD.asked_by_id) THEN
        RAISE EXCEPTION 'what was asked for is never changed';
    END IF;
    IF OLD.decided_at IS NOT NULL AND
       (NEW.decided_at, NEW.decided_by_id, NEW.decision_text, NEW.runs_from, NEW.until) IS DISTINCT FROM
       (OLD.decided_at, OLD.decided_by_id, OLD.decision_text, OLD.runs_from, OLD.until) THEN
        RAISE EXCEPTION 'what was decided is never changed';
    END IF;
    IF NEW.decided_by_id IS NOT NULL AND OLD.decided_by_id IS NULL THEN
        IF NEW.decided_by_id = NEW.asked_by_id OR EXISTS (
            SELECT FROM accounts_membership m
            WHERE m.user_id = NEW.decided_by_id AND m.organization_id = NEW.organization_id AND m.state = 'active') THEN
            RAISE EXCEPTION 'who asks does not decide, and nobody of that organization';
        END IF;
        IF NOT EXISTS (
            SELECT FROM accounts_membership m JOIN accounts_organization o ON o.id = m.organization_id
            WHERE m.user_id = NEW.decided_by_id AND m.state = 'active' AND o.kind = 'government') THEN
            RAISE EXCEPTION 'only an officer decides';
        END IF;
    END IF;
    IF NEW.runs_from > (NEW.decided_at AT TIME ZONE 'Asia/Seoul')::date AND NOT EXISTS (
        SELECT FROM obligations_exemption e WHERE e.id = NEW.extends_id AND e.until = NEW.runs_from) THEN
        RAISE EXCEPTION 'it runs from the day of the decision, or from the end of what it extends';
    END IF;
    IF NEW.until > obligations_last_day(NEW.runs_from, CASE
        WHEN NEW.ground IN ('national_core', 'core_strategic', 'security_task') THEN 36 ELSE 18 END) THEN
        RAISE EXCEPTION 'longer than the ground allows';
    END IF;
    RETURN NEW;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION obligations_guard_exemption() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an exemption is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'an exemption begins by being asked for';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.obligation_id, NEW.organization_id, NEW.ground, NEW.text, NEW.evidence, NEW.evidence_name,
        NEW.evidence_type, NEW.evidence_checksum, NEW.extends_id, NEW.asked_until, NEW.asked_at, NEW.asked_by_id)
       IS DISTINCT FROM
       (OLD.obligation_id, OLD.organization_id, OLD.ground, OLD.text, OLD.evidence, OLD.evidence_name,
        OLD.evidence_type, OLD.evidence_checksum, OLD.extends_id, OLD.asked_until, OLD.asked_at, OLD.asked_by_id) THEN
        RAISE EXCEPTION 'what was asked for is never changed';
    END IF;
    IF OLD.decided_at IS NOT NULL AND
       (NEW.decided_at, NEW.decided_by_id, NEW.decision_text, NEW.runs_from, NEW.until) IS DISTINCT FROM
       (OLD.decided_at, OLD.decided_by_id, OLD.decision_text, OLD.runs_from, OLD.until) THEN
        RAISE EXCEPTION 'what was decided is never changed';
    END IF;
    IF NEW.decided_by_id IS NOT NULL AND OLD.decided_by_id IS NULL THEN
        IF NEW.decided_by_id = NEW.asked_by_id OR EXISTS (
            SELECT FROM accounts_membership m
            WHERE m.user_id = NEW.decided_by_id AND m.organization_id = NEW.organization_id AND m.state = 'active') THEN
            RAISE EXCEPTION 'who asks does not decide, and nobody of that organization';
        END IF;
        IF NOT EXISTS (
            SELECT FROM accounts_membership m JOIN accounts_organization o ON o.id = m.organization_id
            WHERE m.user_id = NEW.decided_by_id AND m.state = 'active' AND o.kind = 'government') THEN
            RAISE EXCEPTION 'only an officer decides';
        END IF;
    END IF;
    IF NEW.until > obligations_last_day(NEW.runs_from, CASE
        WHEN NEW.ground IN ('national_core', 'core_strategic', 'security_task') THEN 36 ELSE 18 END) THEN
        RAISE EXCEPTION 'longer than the ground allows';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("obligations", "0008_calendar_counts_anew")]

    operations = [migrations.RunSQL(NOW, BEFORE)]
