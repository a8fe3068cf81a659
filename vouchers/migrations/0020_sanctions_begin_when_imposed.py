"""A sanction begins on the day it is imposed, not on the day it was proposed."""

from importlib import import_module

from django.db import migrations

BEFORE = (
    "CREATE OR REPLACE FUNCTION vouchers_guard_sanction()"
    + import_module("vouchers.migrations.0011_guards_of_late_payment")
    .FORWARD.partition("FUNCTION vouchers_guard_sanction()")[2]
    .partition("END $$;")[0]
    + "END $$;"
)
AFTER = BEFORE.replace(
    "    IF (to_jsonb(NEW) - passing) IS DISTINCT",
    """    IF OLD.state = 'proposed' AND NEW.state = 'imposed'
       AND NEW.from_on <= (NEW.decided_at AT TIME ZONE 'Asia/Seoul')::date THEN
        passing := passing || 'from_on'::text;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT""",
)


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0019_orders_keep_their_guideline")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
