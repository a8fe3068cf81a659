"""What must hold of contracts whoever writes: both sides approve the very document before it is signed, by managers who
may bind them; an exclusive licence or assignment has its ground and leaves nothing for others (Decree art. 26(4)).

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database. A contract in force is found by the version and the signed copy that are in force.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION deals_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a version of a contract is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'a version of a contract begins as a proposal';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state = 'approved' AND OLD.state <> 'approved' AND (
        SELECT count(DISTINCT a.side) FROM deals_contractapproval a
        WHERE a.version_id = NEW.id AND a.document_hash = NEW.document_hash) < 2 THEN
        RAISE EXCEPTION 'both sides approve a version of a contract';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER deals_guard_version BEFORE INSERT OR UPDATE OR DELETE ON deals_contractversion
    FOR EACH ROW EXECUTE FUNCTION deals_guard_version();

-- Waits for whoever refuses it just now, and then finds it refused.
CREATE FUNCTION deals_guard_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    SELECT v.state, v.document_hash, CASE NEW.side WHEN 'holder' THEN c.holder_id ELSE c.firm_id END AS organization
        INTO found FROM deals_contractversion v JOIN deals_contract c ON c.id = v.contract_id
        WHERE v.id = NEW.version_id FOR UPDATE OF v;
    IF found.state <> 'proposed' THEN
        RAISE EXCEPTION 'only a proposed version is approved';
    END IF;
    IF found.document_hash <> NEW.document_hash THEN
        RAISE EXCEPTION 'another document is approved than the one proposed';
    END IF;
    IF NOT EXISTS (
        SELECT FROM accounts_membership m
        WHERE m.user_id = NEW.approved_by_id AND m.organization_id = found.organization
          AND m.state = 'active' AND m.role = 'manager') THEN
        RAISE EXCEPTION 'only a manager of the side approves';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER deals_guard_approval BEFORE INSERT ON deals_contractapproval
    FOR EACH ROW EXECUTE FUNCTION deals_guard_approval();

CREATE FUNCTION deals_guard_contract() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    blocking text[] := ARRAY['exclusive_licence', 'assignment'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a contract is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'drafted' THEN
            RAISE EXCEPTION 'a contract begins as a draft';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state IN ('in_force', 'ended')
       AND (NEW.signed_on, NEW.starts_on, NEW.exclusive_ground_id)
           IS DISTINCT FROM (OLD.signed_on, OLD.starts_on, OLD.exclusive_ground_id) THEN
        RAISE EXCEPTION 'what was signed stays so';
    END IF;
    IF OLD.state IN ('ended', 'cancelled')
       AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a contract that is over never changes';
    END IF;
    IF NEW.state <> OLD.state AND NEW.state IN ('approved', 'in_force') THEN
        IF NEW.deal_kind = ANY (blocking) AND NOT EXISTS (
            SELECT FROM tech_listings_exclusiveground g
            WHERE g.id = NEW.exclusive_ground_id AND g.listing_id = NEW.listing_id) THEN
            RAISE EXCEPTION 'an exclusive licence or assignment needs its ground';
        END IF;
    END IF;
    IF NEW.state <> OLD.state AND NEW.state = 'in_force' THEN
        -- Two contracts about one technology that come in force at once meet at its row.
        PERFORM FROM tech_listings_listing l WHERE l.id = NEW.listing_id FOR NO KEY UPDATE;
        IF NEW.deal_kind = 'exclusive_licence' THEN
            blocking := blocking || ARRAY['non_exclusive_licence'];
        END IF;
        IF EXISTS (
            SELECT FROM deals_contract c
            WHERE c.listing_id = NEW.listing_id AND c.id <> NEW.id AND c.state = 'in_force'
              AND c.deal_kind = ANY (blocking)) THEN
            RAISE EXCEPTION 'a contract in force leaves no room for this one';
        END IF;
        IF NOT EXISTS (
            SELECT FROM deals_contractversion v JOIN deals_signedcopy s ON s.version_id = v.id
            WHERE v.contract_id = NEW.id AND v.state = 'in_force') THEN
            RAISE EXCEPTION 'a contract in force has a signed version';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER deals_guard_contract BEFORE INSERT OR UPDATE OR DELETE ON deals_contract
    FOR EACH ROW EXECUTE FUNCTION deals_guard_contract();
"""

BACK = """
DROP TRIGGER deals_guard_contract ON deals_contract;
DROP FUNCTION deals_guard_contract();
DROP TRIGGER deals_guard_approval ON deals_contractapproval;
DROP FUNCTION deals_guard_approval();
DROP TRIGGER deals_guard_version ON deals_contractversion;
DROP FUNCTION deals_guard_version();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("deals", "0008_contract_documents_and_ends"),
        ("tech_listings", "0014_freshness_and_exclusivity"),
    ]

    operations = [migrations.RunSQL(GUARDS, BACK)]
