"""Keys of comparison follow what was written, shares stay within the whole, and a merge is written once and to a root."""

from django.db import migrations

KEYS = """
CREATE FUNCTION accounts_comparable(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT regexp_replace(lower(normalize(given, NFKC) COLLATE "pg_c_utf8"), '[^[:alnum:]]+', '', 'g')
$$;

CREATE FUNCTION accounts_write_profile_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.address_key := accounts_comparable(NEW.address);
    NEW.bank_key := CASE WHEN NEW.bank_account = '' THEN '' ELSE NEW.bank_code || ':' || NEW.bank_account END;
    NEW.representative_keys := ARRAY(
        SELECT DISTINCT key FROM (SELECT accounts_comparable(name) AS key FROM unnest(NEW.representatives) AS name) found
        WHERE key <> '' ORDER BY key
    );
    RETURN NEW;
END $$;

CREATE TRIGGER accounts_write_profile_keys BEFORE INSERT OR UPDATE ON accounts_businessprofile
    FOR EACH ROW EXECUTE FUNCTION accounts_write_profile_keys();

CREATE FUNCTION accounts_write_owner_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.name_key := accounts_comparable(NEW.name);
    RETURN NEW;
END $$;

CREATE TRIGGER accounts_write_owner_key BEFORE INSERT OR UPDATE ON accounts_owner
    FOR EACH ROW EXECUTE FUNCTION accounts_write_owner_key();
"""

SHARES = """
CREATE FUNCTION accounts_guard_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two writers at once meet here: the second one waits, and counts what the first one wrote.
    PERFORM FROM accounts_businessprofile WHERE id = NEW.profile_id FOR NO KEY UPDATE;
    IF (SELECT sum(share_bp) FROM accounts_owner WHERE profile_id = NEW.profile_id) > 10000 THEN
        RAISE EXCEPTION 'the shares of the owners are more than the whole' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER accounts_guard_shares AFTER INSERT OR UPDATE ON accounts_owner
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_guard_shares();
"""

MERGES = """
CREATE FUNCTION accounts_guard_merged_into() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    target accounts_organization%ROWTYPE;
    before accounts_organization%ROWTYPE;
BEGIN
    IF NEW.merged_into_id IS NULL THEN
        RAISE EXCEPTION 'a merge is never undone' USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO target FROM accounts_organization WHERE id = NEW.merged_into_id FOR NO KEY UPDATE;
    IF target.merged_into_id IS NOT NULL THEN
        RAISE EXCEPTION 'an organization is merged into one that stands' USING ERRCODE = 'check_violation';
    END IF;
    IF target.kind <> NEW.kind THEN
        RAISE EXCEPTION 'only organizations of one kind are merged' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.merged_into_id IS NOT NULL THEN
        SELECT * INTO before FROM accounts_organization WHERE id = OLD.merged_into_id;
        IF before.merged_into_id IS DISTINCT FROM NEW.merged_into_id THEN
            RAISE EXCEPTION 'a merge is written once, and follows only the one it leads to'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER accounts_guard_merged_into BEFORE UPDATE OF merged_into_id ON accounts_organization
    FOR EACH ROW WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id)
    EXECUTE FUNCTION accounts_guard_merged_into();

CREATE FUNCTION accounts_guard_new_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an organization stands before it is merged' USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER accounts_guard_new_organization BEFORE INSERT ON accounts_organization
    FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION accounts_guard_new_organization();

CREATE FUNCTION accounts_guard_no_chains() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts_organization WHERE merged_into_id = NEW.id)
       AND EXISTS (SELECT FROM accounts_organization WHERE id = NEW.id AND merged_into_id IS NOT NULL) THEN
        RAISE EXCEPTION 'what was merged before follows to the root' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER accounts_guard_no_chains AFTER UPDATE OF merged_into_id ON accounts_organization
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL)
    EXECUTE FUNCTION accounts_guard_no_chains();

CREATE FUNCTION accounts_is_officer(person bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership m JOIN accounts_organization o ON o.id = m.organization_id
        WHERE m.user_id = person AND m.state = 'active' AND o.kind = 'government')
$$;

CREATE FUNCTION accounts_belongs_to(person bigint, organization bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership m
        WHERE m.user_id = person AND m.organization_id = organization AND m.state = 'active')
$$;

CREATE FUNCTION accounts_guard_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    actor bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'a merge is proposed first' USING ERRCODE = 'check_violation';
        END IF;
        actor := NEW.proposed_by_id;
    ELSE
        IF (NEW.gone_id, NEW.into_id, NEW.reason, NEW.proposed_by_id, NEW.proposed_at, NEW.public_id) IS DISTINCT FROM
           (OLD.gone_id, OLD.into_id, OLD.reason, OLD.proposed_by_id, OLD.proposed_at, OLD.public_id) THEN
            RAISE EXCEPTION 'what was proposed is never changed' USING ERRCODE = 'check_violation';
        END IF;
        IF OLD.state <> 'proposed' AND (NEW.state, NEW.decided_by_id, NEW.decided_at, NEW.decision_reason)
           IS DISTINCT FROM (OLD.state, OLD.decided_by_id, OLD.decided_at, OLD.decision_reason) THEN
            RAISE EXCEPTION 'what was decided is never changed' USING ERRCODE = 'check_violation';
        END IF;
        actor := CASE WHEN OLD.state = 'proposed' AND NEW.state IN ('carried_out', 'declined') THEN NEW.decided_by_id END;
    END IF;
    IF actor IS NOT NULL THEN
        IF NOT accounts_is_officer(actor) THEN
            RAISE EXCEPTION 'only an officer does this' USING ERRCODE = 'check_violation';
        END IF;
        IF accounts_belongs_to(actor, NEW.gone_id) OR accounts_belongs_to(actor, NEW.into_id) THEN
            RAISE EXCEPTION 'nobody of the organizations does this' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER accounts_guard_proposal BEFORE INSERT OR UPDATE ON accounts_mergeproposal
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_proposal();

CREATE FUNCTION accounts_guard_proposed_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM accounts_mergeproposal p WHERE p.gone_id = NEW.id AND p.state = 'carried_out') THEN
        RAISE EXCEPTION 'a merge is proposed by one officer and carried out by another' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER accounts_guard_proposed_merge AFTER UPDATE OF merged_into_id ON accounts_organization
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL)
    EXECUTE FUNCTION accounts_guard_proposed_merge();
"""

UNDO = """
DROP TRIGGER accounts_guard_proposed_merge ON accounts_organization;
DROP FUNCTION accounts_guard_proposed_merge();
DROP TRIGGER accounts_guard_proposal ON accounts_mergeproposal;
DROP FUNCTION accounts_guard_proposal();
DROP FUNCTION accounts_belongs_to(bigint, bigint);
DROP FUNCTION accounts_is_officer(bigint);
DROP TRIGGER accounts_guard_no_chains ON accounts_organization;
DROP FUNCTION accounts_guard_no_chains();
DROP TRIGGER accounts_guard_new_organization ON accounts_organization;
DROP FUNCTION accounts_guard_new_organization();
DROP TRIGGER accounts_guard_merged_into ON accounts_organization;
DROP FUNCTION accounts_guard_merged_into();
DROP TRIGGER accounts_guard_shares ON accounts_owner;
DROP FUNCTION accounts_guard_shares();
DROP TRIGGER accounts_write_owner_key ON accounts_owner;
DROP FUNCTION accounts_write_owner_key();
DROP TRIGGER accounts_write_profile_keys ON accounts_businessprofile;
DROP FUNCTION accounts_write_profile_keys();
DROP FUNCTION accounts_comparable(text);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_business_profiles_and_merges")]

    operations = [migrations.RunSQL(KEYS + SHARES + MERGES, UNDO)]
