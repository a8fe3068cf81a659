"""What must hold whoever writes: an answer to an offer is given once, to what is offered there, in a negotiation that
is open; nobody leaves an offer waiting behind; a broker speaks for who gave it the mandate, for one side only.

Plain triggers that no program of ours can ask to be passed over. Whoever writes an offer or a word waits for whoever
changes the negotiation at that moment, and then finds what it became.
"""

from django.db import migrations

OFFERS = """
CREATE FUNCTION deals_check_offer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answered deals_offer;
    found text;
    answer text[] := ARRAY['state', 'updated_at'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT state INTO found FROM deals_negotiation WHERE id = NEW.negotiation_id FOR SHARE;
        IF NEW.state = 'offered' AND found <> 'open' THEN
            RAISE EXCEPTION 'an offer is made in an open negotiation only';
        END IF;
        IF NEW.counter_to_id IS NOT NULL THEN
            SELECT * INTO answered FROM deals_offer WHERE id = NEW.counter_to_id;
            IF answered.negotiation_id <> NEW.negotiation_id OR answered.side = NEW.side THEN
                RAISE EXCEPTION 'a counter-offer answers an offer of the other side in the same negotiation';
            END IF;
        END IF;
    ELSIF OLD.state = 'offered' AND NEW.state = 'accepted' THEN
        SELECT state INTO found FROM deals_negotiation WHERE id = NEW.negotiation_id FOR SHARE;
        IF found <> 'open' THEN
            RAISE EXCEPTION 'an offer is accepted in an open negotiation only';
        END IF;
    ELSIF OLD.state <> 'offered' AND (to_jsonb(NEW) - answer) IS DISTINCT FROM (to_jsonb(OLD) - answer) THEN
        RAISE EXCEPTION 'an offer is answered once';
    END IF;
    IF NEW.accepted_option_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM deals_option o WHERE o.id = NEW.accepted_option_id AND o.offer_id = NEW.id) THEN
        RAISE EXCEPTION 'what is accepted is one of the options of the offer';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER deals_check_offer BEFORE INSERT OR UPDATE ON deals_offer
    FOR EACH ROW EXECUTE FUNCTION deals_check_offer();

CREATE FUNCTION deals_check_negotiation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state THEN
        IF NEW.state <> 'open' AND EXISTS (
            SELECT FROM deals_offer o WHERE o.negotiation_id = NEW.id AND o.state = 'offered') THEN
            RAISE EXCEPTION 'an offer still waits for an answer';
        END IF;
        IF NEW.state IN ('open', 'closed') AND EXISTS (
            SELECT FROM deals_offer o WHERE o.negotiation_id = NEW.id AND o.state = 'accepted') THEN
            RAISE EXCEPTION 'what was accepted has to be set aside first';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER deals_check_negotiation BEFORE UPDATE ON deals_negotiation
    FOR EACH ROW EXECUTE FUNCTION deals_check_negotiation();
"""

WORDS = """
CREATE FUNCTION deals_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    question deals_entry;
    found text;
BEGIN
    IF NEW.kind IN ('message', 'question', 'answer', 'meeting') THEN
        SELECT state INTO found FROM deals_negotiation WHERE id = NEW.negotiation_id FOR SHARE;
        IF found NOT IN ('open', 'agreed') THEN
            RAISE EXCEPTION 'nothing is said any more in a negotiation that is over';
        END IF;
    END IF;
    IF NEW.reply_to_id IS NOT NULL THEN
        SELECT * INTO question FROM deals_entry WHERE id = NEW.reply_to_id;
        IF question.negotiation_id <> NEW.negotiation_id OR question.kind <> 'question' OR question.side = NEW.side THEN
            RAISE EXCEPTION 'an answer is given to a question of the other side in the same negotiation';
        END IF;
    END IF;
    IF NEW.offer_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM deals_offer o WHERE o.id = NEW.offer_id AND o.negotiation_id = NEW.negotiation_id) THEN
        RAISE EXCEPTION 'a line names an offer of its own negotiation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER deals_check_entry BEFORE INSERT ON deals_entry
    FOR EACH ROW EXECUTE FUNCTION deals_check_entry();
"""

BROKERS = """
CREATE FUNCTION deals_check_broker() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held deals_negotiation;
    given brokers_mandate;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.left_at IS NOT NULL AND NEW.left_at IS DISTINCT FROM OLD.left_at THEN
            RAISE EXCEPTION 'who left does not come back by the same line';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO held FROM deals_negotiation WHERE id = NEW.negotiation_id FOR SHARE;
    SELECT * INTO given FROM brokers_mandate WHERE id = NEW.mandate_id;
    IF given.side <> NEW.side
       OR given.client_id <> (CASE NEW.side WHEN 'holder' THEN held.holder_id ELSE held.firm_id END) THEN
        RAISE EXCEPTION 'a broker speaks for the side that gave it the mandate';
    END IF;
    IF given.state NOT IN ('accepted', 'ended') OR NOT EXISTS (
        SELECT FROM brokers_mandatepartner p
        WHERE p.mandate_id = given.id AND p.organization_id = NEW.organization_id AND p.state = 'agreed') THEN
        RAISE EXCEPTION 'a broker takes part under a mandate that was agreed';
    END IF;
    IF NEW.organization_id IN (held.holder_id, held.firm_id) THEN
        RAISE EXCEPTION 'a party is not its own broker';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER deals_check_broker BEFORE INSERT OR UPDATE ON deals_negotiationbroker
    FOR EACH ROW EXECUTE FUNCTION deals_check_broker();
"""

BACK = """
DROP TRIGGER deals_check_offer ON deals_offer;
DROP TRIGGER deals_check_negotiation ON deals_negotiation;
DROP TRIGGER deals_check_entry ON deals_entry;
DROP TRIGGER deals_check_broker ON deals_negotiationbroker;
DROP FUNCTION deals_check_offer();
DROP FUNCTION deals_check_negotiation();
DROP FUNCTION deals_check_entry();
DROP FUNCTION deals_check_broker();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0004_offers_set_aside_and_letter_of_negotiations"),
        ("brokers", "0018_hearing_under_way"),
    ]

    operations = [migrations.RunSQL(OFFERS + WORDS + BROKERS, BACK)]
