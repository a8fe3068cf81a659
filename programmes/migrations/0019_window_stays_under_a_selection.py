"""While a selection is under way the window of its call stays as it is, and there is none while the window is open:
who applied then would never be ranked with the others (docs/adr/0039)."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION programmes_guard_window() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM programmes_selection s WHERE s.call_id = NEW.id AND s.state IN ('proposed', 'publishing')) THEN
        RAISE EXCEPTION 'the window of a call stays while a selection is under way';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_window BEFORE UPDATE OF closes_at ON programmes_call
    FOR EACH ROW WHEN (NEW.closes_at IS DISTINCT FROM OLD.closes_at) EXECUTE FUNCTION programmes_guard_window();

CREATE FUNCTION programmes_guard_selection_window() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := CASE NEW.state WHEN 'proposed' THEN NEW.proposed_at ELSE NEW.published_at END;
BEGIN
    IF EXISTS (SELECT FROM programmes_call c WHERE c.id = NEW.call_id AND c.closes_at > moment) THEN
        RAISE EXCEPTION 'nobody is selected while a call takes applications';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_selection_window BEFORE INSERT OR UPDATE OF state ON programmes_selection
    FOR EACH ROW WHEN (NEW.state IN ('proposed', 'publishing')) EXECUTE FUNCTION programmes_guard_selection_window();
"""

BACK = """
DROP TRIGGER programmes_guard_selection_window ON programmes_selection;
DROP FUNCTION programmes_guard_selection_window();
DROP TRIGGER programmes_guard_window ON programmes_call;
DROP FUNCTION programmes_guard_window();
"""


class Migration(migrations.Migration):
    dependencies = [("programmes", "0018_agreements_keep_the_band")]

    operations = [migrations.RunSQL(GUARDS, BACK)]
