"""A distribution meets the floors of the rule it names, whoever writes it: those of donated technology, where its plan
says that it was donated, and of the others else. Asked at commit, like the sums (`0005_guards_of_income`).
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION royalties_distribution_meets_floors() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rule royalties_sharingrule;
    plan royalties_shareplan;
    asked jsonb;
    base numeric;
    whole numeric;
    has numeric;
BEGIN
    IF NEW.sharing_rule_id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO rule FROM royalties_sharingrule WHERE id = NEW.sharing_rule_id;
    SELECT * INTO plan FROM royalties_shareplan WHERE id = NEW.plan_id;
    IF (rule.law = 'donation') <> plan.is_donated THEN
        RAISE EXCEPTION 'donated technology is shared by the rule on donated technology, and no other is';
    END IF;
    base := NEW.royalty_won;
    whole := 10000;
    IF rule.base = 'government_share' THEN
        base := base * plan.government_won;
        whole := whole * greatest(plan.total_won, 1);
    END IF;
    FOR asked IN SELECT * FROM jsonb_array_elements(rule.floors) LOOP
        SELECT coalesce(sum((NEW.amounts ->> pot)::numeric), 0) INTO has
        FROM jsonb_array_elements_text(asked -> 'pots') AS pot;
        IF has < div(base * (asked ->> 'least_bp')::numeric, whole) THEN
            RAISE EXCEPTION 'a distribution gives less than the law asks for %', asked -> 'pots';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER royalties_distribution_meets_floors AFTER INSERT ON royalties_distribution
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION royalties_distribution_meets_floors();
"""
BACKWARD = "DROP FUNCTION royalties_distribution_meets_floors() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("royalties", "0013_donated_technology")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
