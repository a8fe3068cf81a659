"""A rehearsal goes to its end without waiting for its window, as its samples are all there; and nobody signs in it."""

from django.db import migrations

WINDOW = """
CREATE OR REPLACE FUNCTION programmes_guard_selection_window() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := CASE NEW.state WHEN 'proposed' THEN NEW.proposed_at ELSE NEW.published_at END;
BEGIN
    IF EXISTS (SELECT FROM programmes_call c WHERE c.id = NEW.call_id AND c.closes_at > moment %(unless)s) THEN
        RAISE EXCEPTION 'nobody is selected while a call takes applications';
    END IF;
    RETURN NEW;
END $$;
"""

SIGNING = """
CREATE FUNCTION programmes_guard_rehearsed_agreement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM programmes_application a JOIN programmes_call c ON c.id = a.call_id
               WHERE a.id = NEW.application_id AND c.is_rehearsal) THEN
        RAISE EXCEPTION 'nobody signs in a rehearsal';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_rehearsed_agreement BEFORE INSERT OR UPDATE OF state ON programmes_agreement
    FOR EACH ROW WHEN (NEW.state = 'signed') EXECUTE FUNCTION programmes_guard_rehearsed_agreement();
"""

BACK = """
DROP TRIGGER programmes_guard_rehearsed_agreement ON programmes_agreement;
DROP FUNCTION programmes_guard_rehearsed_agreement();
"""


class Migration(migrations.Migration):
    dependencies = [("programmes", "0020_nobody_waits_in_a_closed_call")]

    operations = [
        migrations.RunSQL(WINDOW % {"unless": "AND NOT c.is_rehearsal"} + SIGNING, BACK + WINDOW % {"unless": ""}),
    ]
