"""A closed call leaves nobody waiting: nothing is decided about it any more, so what waits is decided before."""

from django.db import migrations

GUARD = """
CREATE FUNCTION programmes_guard_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM programmes_application a WHERE a.call_id = NEW.id
               AND a.state IN ('submitted', 'completion', 'eligible', 'reserve', 'selected'))
       OR EXISTS (SELECT FROM programmes_objection o JOIN programmes_application a ON a.id = o.application_id
                  WHERE a.call_id = NEW.id AND o.state = 'open') THEN
        RAISE EXCEPTION 'a call is closed when nobody waits for anything';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_closing BEFORE UPDATE OF state ON programmes_call
    FOR EACH ROW WHEN (NEW.state = 'closed' AND OLD.state <> 'closed') EXECUTE FUNCTION programmes_guard_closing();
"""

BACK = """
DROP TRIGGER programmes_guard_closing ON programmes_call;
DROP FUNCTION programmes_guard_closing();
"""


class Migration(migrations.Migration):
    dependencies = [("programmes", "0019_window_stays_under_a_selection")]

    operations = [migrations.RunSQL(GUARD, BACK)]
