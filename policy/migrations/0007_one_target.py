"""A plan that holds and the targets of its figures never say two things. Asked at commit, for both are written in one
transaction; the lock of the figure (`services.figures.locking`) keeps two transactions apart."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION policy_one_target(about text, of_year integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    SELECT count(DISTINCT said.value) INTO found FROM (
        SELECT p.value FROM policy_plantarget p JOIN policy_planversion v ON v.id = p.version_id
            WHERE v.state = 'published' AND p.figure = about AND p.year = of_year
        UNION ALL
        SELECT t.value FROM policy_target t
            WHERE t.figure = about AND t.year = of_year AND t.replaced_at IS NULL AND EXISTS (
                SELECT 1 FROM policy_plantarget p JOIN policy_planversion v ON v.id = p.version_id
                WHERE v.state = 'published' AND p.figure = about AND p.year = of_year)
    ) said;
    IF found > 1 THEN
        RAISE EXCEPTION 'a plan that holds and the target of its figure say two things: % %', about, of_year;
    END IF;
END $$;

CREATE FUNCTION policy_one_target_of_figure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM policy_one_target(NEW.figure, NEW.year);
    RETURN NULL;
END $$;

CREATE FUNCTION policy_one_target_of_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM policy_one_target(p.figure, p.year) FROM policy_plantarget p WHERE p.version_id = NEW.id;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER policy_one_target AFTER INSERT ON policy_target
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION policy_one_target_of_figure();
CREATE CONSTRAINT TRIGGER policy_one_target AFTER UPDATE ON policy_planversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'published')
    EXECUTE FUNCTION policy_one_target_of_plan();
"""
BACK = """
DROP TRIGGER policy_one_target ON policy_planversion;
DROP TRIGGER policy_one_target ON policy_target;
DROP FUNCTION policy_one_target_of_plan();
DROP FUNCTION policy_one_target_of_figure();
DROP FUNCTION policy_one_target(text, integer);
"""


class Migration(migrations.Migration):
    dependencies = [("policy", "0006_keys_and_bounds")]

    operations = [migrations.RunSQL(GUARDS, BACK)]
