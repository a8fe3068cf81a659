"""What is paid ahead is paid after the letter to the agency (Decree art. 39(3)): where a notice stands, payments of
earlier days pay no more than what was owed without it, whoever writes the payments or the notice. The result's row is
locked as the services do, so that two of them at once do not each see the other's room.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION royalties_owed_without_ahead(of_holder bigint, of_listing bigint) RETURNS numeric LANGUAGE sql AS $$
    SELECT
        (SELECT coalesce(sum(owed_won), 0) FROM royalties_directuse
         WHERE holder_id = of_holder AND listing_id = of_listing AND undone_at IS NULL)
        + (SELECT coalesce(sum(d.government_won), 0)
           FROM royalties_distribution d JOIN deals_contract c ON c.id = d.contract_id
           WHERE c.holder_id = of_holder AND c.listing_id = of_listing AND d.undone_at IS NULL)
$$;
CREATE FUNCTION royalties_paid_before(of_holder bigint, of_listing bigint, letter date) RETURNS numeric
LANGUAGE sql AS $$
    SELECT coalesce(sum(amount_won), 0) FROM royalties_governmentpayment
    WHERE holder_id = of_holder AND listing_id = of_listing AND undone_at IS NULL AND paid_on < letter
$$;
CREATE FUNCTION royalties_paid_ahead_after_the_letter() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    letter date;
    paid numeric;
BEGIN
    PERFORM 1 FROM tech_listings_listing WHERE id = NEW.listing_id FOR NO KEY UPDATE;
    SELECT told_on INTO letter FROM royalties_aheadnotice
    WHERE holder_id = NEW.holder_id AND listing_id = NEW.listing_id AND undone_at IS NULL;
    IF letter IS NULL OR NEW.paid_on >= letter THEN
        RETURN NEW;
    END IF;
    paid := royalties_paid_before(NEW.holder_id, NEW.listing_id, letter) + NEW.amount_won;
    IF paid > royalties_owed_without_ahead(NEW.holder_id, NEW.listing_id) THEN
        RAISE EXCEPTION 'what is paid ahead is paid on the day of the letter, %, or later', letter;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER royalties_paid_ahead_after_the_letter BEFORE INSERT ON royalties_governmentpayment
    FOR EACH ROW EXECUTE FUNCTION royalties_paid_ahead_after_the_letter();
CREATE FUNCTION royalties_letter_before_paid_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM tech_listings_listing WHERE id = NEW.listing_id FOR NO KEY UPDATE;
    IF NEW.undone_at IS NULL AND royalties_paid_before(NEW.holder_id, NEW.listing_id, NEW.told_on)
        > royalties_owed_without_ahead(NEW.holder_id, NEW.listing_id) THEN
        RAISE EXCEPTION 'more was paid before the letter of % than was owed without it', NEW.told_on;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER royalties_letter_before_paid_ahead BEFORE INSERT ON royalties_aheadnotice
    FOR EACH ROW EXECUTE FUNCTION royalties_letter_before_paid_ahead();
"""
BACKWARD = """
DROP FUNCTION royalties_letter_before_paid_ahead() CASCADE;
DROP FUNCTION royalties_paid_ahead_after_the_letter() CASCADE;
DROP FUNCTION royalties_paid_before(bigint, bigint, date);
DROP FUNCTION royalties_owed_without_ahead(bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0010_time_to_mend_a_breach"),
        ("royalties", "0015_paying_the_cap_ahead"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
