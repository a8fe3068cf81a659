"""What must hold whoever writes: an offer has options, an institute says why it has no running royalty, and what a firm
expects and chooses belongs to the firm of the negotiation.

Not by pgtrigger, for the reason of `brokers.0002_guards`. An offer is written before its options: asked at commit.
"""

from django.db import migrations

OFFERS = """
CREATE FUNCTION deals_guard_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM deals_option o WHERE o.offer_id = NEW.id) THEN
        RAISE EXCEPTION 'an offer has an option';
    END IF;
    IF NEW.side = 'holder' AND NEW.no_running_reason = ''
        AND NOT EXISTS (SELECT FROM deals_option o WHERE o.offer_id = NEW.id AND o.method IN ('running', 'swap'))
        AND EXISTS (
            SELECT FROM deals_negotiation n JOIN accounts_organization h ON h.id = n.holder_id
            WHERE n.id = NEW.negotiation_id AND h.kind = 'institute') THEN
        RAISE EXCEPTION 'an institute offers a running royalty or says why not';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER guard_offer AFTER INSERT ON deals_offer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION deals_guard_offer();

CREATE FUNCTION deals_guard_option() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM deals_offer o WHERE o.id = NEW.offer_id AND o.state = 'offered') THEN
        RAISE EXCEPTION 'an answered offer gets no more options';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_option BEFORE INSERT ON deals_option FOR EACH ROW EXECUTE FUNCTION deals_guard_option();

CREATE FUNCTION deals_guard_forecast() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM deals_negotiation n WHERE n.id = NEW.negotiation_id AND n.firm_id = NEW.firm_id) THEN
        RAISE EXCEPTION 'a forecast is of the firm of the negotiation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_forecast BEFORE INSERT OR UPDATE ON deals_forecast
    FOR EACH ROW EXECUTE FUNCTION deals_guard_forecast();

CREATE FUNCTION deals_guard_choice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'a choice never changes';
    END IF;
    IF NOT EXISTS (
        SELECT FROM deals_option p JOIN deals_offer o ON o.id = p.offer_id JOIN deals_negotiation n ON n.id = o.negotiation_id
        WHERE p.id = NEW.option_id AND n.firm_id = NEW.firm_id AND o.side = 'holder' AND o.state = 'offered') THEN
        RAISE EXCEPTION 'the firm of the negotiation chooses among what it was offered';
    END IF;
    IF NOT brokers_is_member(NEW.chosen_by_id, NEW.firm_id) THEN
        RAISE EXCEPTION 'a member of the firm chooses';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_choice BEFORE INSERT OR UPDATE OR DELETE ON deals_choice
    FOR EACH ROW EXECUTE FUNCTION deals_guard_choice();
"""

UNDO = """
DROP TRIGGER guard_choice ON deals_choice;
DROP FUNCTION deals_guard_choice();
DROP TRIGGER guard_forecast ON deals_forecast;
DROP FUNCTION deals_guard_forecast();
DROP TRIGGER guard_option ON deals_option;
DROP FUNCTION deals_guard_option();
DROP TRIGGER guard_offer ON deals_offer;
DROP FUNCTION deals_guard_offer();
"""


class Migration(migrations.Migration):
    dependencies = [("deals", "0006_several_choices"), ("brokers", "0002_guards")]

    operations = [migrations.RunSQL(OFFERS, UNDO)]
