"""What came with the product stays as it came, whoever writes.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION royalties_rule_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a rule that is there is never changed: add a new version';
END $$;
"""
BACKWARD = "DROP FUNCTION royalties_rule_is_frozen() CASCADE;"
TABLES = ("royalties_sharingrule", "royalties_governmentrule")
TRIGGERS = "".join(
    f"""
CREATE TRIGGER royalties_rule_is_frozen BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION royalties_rule_is_frozen();
"""
    for table in TABLES
)


class Migration(migrations.Migration):
    dependencies = [("royalties", "0001_rules")]
    operations = [migrations.RunSQL(FORWARD + TRIGGERS, BACKWARD)]
