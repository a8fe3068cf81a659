"""Versions of late interest stay as they came, as the other rules do (`0002_rules_are_frozen`)."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER royalties_rule_is_frozen BEFORE UPDATE OR DELETE ON royalties_laterule
    FOR EACH ROW EXECUTE FUNCTION royalties_rule_is_frozen();
ALTER TABLE royalties_laterule ENABLE ALWAYS TRIGGER royalties_rule_is_frozen;
"""
BACKWARD = "DROP TRIGGER royalties_rule_is_frozen ON royalties_laterule;"


class Migration(migrations.Migration):
    dependencies = [("royalties", "0006_calendar_acts")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
