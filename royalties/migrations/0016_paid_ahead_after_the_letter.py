"""What is paid ahead is paid after the letter to the agency (Decree art. 39(3)): where a notice stands, payments of
earlier days pay no more than what was owed without it, whoever writes them. The result's row is locked as the services
do, so that two payments at once do not each see the other's room.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION royalties_paid_ahead_after_the_letter() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    letter date;
    owed numeric;
    paid numeric;
BEGIN
    PERFORM 1 FROM tech_listings_listing WHERE id = NEW.listing_id FOR NO KEY UPDATE;
    SELECT told_on INTO letter FROM royalties_aheadnotice
    WHERE holder_id = NEW.holder_id AND listing_id = NEW.listing_id AND undone_at IS NULL;
    IF letter IS NULL OR NEW.paid_on >= letter THEN
        RETURN NEW;
    END IF;
    SELECT coalesce(sum(owed_won), 0) INTO owed FROM royalties_directuse
    WHERE holder_id = NEW.holder_id AND listing_id = NEW.listing_id AND undone_at IS NULL;
    SELECT owed + coalesce(sum(d.government_won), 0) INTO owed
    FROM royalties_distribution d JOIN deals_contract c ON c.id = d.contract_id
    WHERE c.holder_id = NEW.holder_id AND c.listing_id = NEW.listing_id AND d.undone_at IS NULL;
    SELECT coalesce(sum(amount_won), 0) INTO paid FROM royalties_governmentpayment
    WHERE holder_id = NEW.holder_id AND listing_id = NEW.listing_id AND undone_at IS NULL AND paid_on < letter;
    IF paid + NEW.amount_won > owed THEN
        RAISE EXCEPTION 'what is paid ahead is paid on the day of the letter, %, or later', letter;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER royalties_paid_ahead_after_the_letter BEFORE INSERT ON royalties_governmentpayment
    FOR EACH ROW EXECUTE FUNCTION royalties_paid_ahead_after_the_letter();
"""
BACKWARD = "DROP FUNCTION royalties_paid_ahead_after_the_letter() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0010_time_to_mend_a_breach"),
        ("royalties", "0015_paying_the_cap_ahead"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
