"""When an extension may be asked for, and from when an exemption runs, holds whoever writes.

Else months beyond those of the ground could be had by letting them run from a later day. Not by pgtrigger, as in
`0002_guards`.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION obligations_guard_months() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.extends_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM obligations_exemption e
            WHERE e.id = NEW.extends_id AND e.obligation_id = NEW.obligation_id AND e.state = 'granted'
              AND (NEW.asked_at AT TIME ZONE 'Asia/Seoul')::date
                  BETWEEN (e.until - interval '3 months')::date AND e.until - 1) THEN
            RAISE EXCEPTION 'an extension is asked for in the last three months, up to the day before the end';
        END IF;
    ELSIF NEW.runs_from > (NEW.decided_at AT TIME ZONE 'Asia/Seoul')::date AND NOT EXISTS (
        SELECT FROM obligations_exemption e WHERE e.id = NEW.extends_id AND e.until = NEW.runs_from) THEN
        RAISE EXCEPTION 'it runs from the day of the decision, or from the end of what it extends';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER obligations_guard_months BEFORE INSERT OR UPDATE ON obligations_exemption
    FOR EACH ROW EXECUTE FUNCTION obligations_guard_months();
"""
BACK = """
DROP TRIGGER obligations_guard_months ON obligations_exemption;
DROP FUNCTION obligations_guard_months;
"""


class Migration(migrations.Migration):
    dependencies = [("obligations", "0008_calendar_counts_anew")]

    operations = [migrations.RunSQL(GUARD, BACK)]
