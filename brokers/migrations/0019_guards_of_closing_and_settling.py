"""Who closes a case or settles a hand-over is an officer apart, as for who opens and decides; and says why."""

from django.db import migrations, models

GUARDS = """
CREATE FUNCTION brokers_guard_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT brokers_is_officer(NEW.closed_by_id)
       OR brokers_is_of_registration(NEW.closed_by_id, NEW.registration_id) THEN
        RAISE EXCEPTION 'an officer closes a case, and nobody of the broker';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_closing BEFORE UPDATE ON brokers_cancellationcase FOR EACH ROW
    WHEN (NEW.closed_by_id IS NOT NULL AND OLD.closed_by_id IS DISTINCT FROM NEW.closed_by_id)
    EXECUTE FUNCTION brokers_guard_closing();

CREATE FUNCTION brokers_guard_settling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT brokers_is_officer(NEW.settled_by_id) OR EXISTS (
        SELECT FROM brokers_mandate m WHERE m.id = NEW.mandate_id
        AND brokers_is_member(NEW.settled_by_id, m.client_id)) OR EXISTS (
        SELECT FROM brokers_mandatepartner p WHERE p.mandate_id = NEW.mandate_id
        AND brokers_is_member(NEW.settled_by_id, p.organization_id)) THEN
        RAISE EXCEPTION 'an officer settles a hand-over, and nobody of its sides';
    END IF;
    IF OLD.state <> 'open' OR (NEW.settled_at AT TIME ZONE 'Asia/Seoul')::date <= NEW.until_on THEN
        RAISE EXCEPTION 'an officer settles only what the client left open until its day had passed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER brokers_guard_settling BEFORE UPDATE ON brokers_handover FOR EACH ROW
    WHEN (NEW.settled_by_id IS NOT NULL AND OLD.settled_by_id IS DISTINCT FROM NEW.settled_by_id)
    EXECUTE FUNCTION brokers_guard_settling();
"""

BACK = """
DROP TRIGGER brokers_guard_settling ON brokers_handover;
DROP TRIGGER brokers_guard_closing ON brokers_cancellationcase;
DROP FUNCTION brokers_guard_settling, brokers_guard_closing;
"""


class Migration(migrations.Migration):
    dependencies = [("brokers", "0018_hearing_under_way")]

    operations = [
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                name="hand_over_settled_by_says_why",
                condition=models.Q(("settled_by__isnull", True), ("settled_text", ""))
                | models.Q(
                    ("settled_by__isnull", False),
                    ("state__in", ["kept", "ended"]),
                    models.Q(("settled_text", ""), _negated=True),
                    ("choice", ""),
                ),
            ),
        ),
        migrations.RunSQL(GUARDS, BACK),
    ]
