"""What must hold of choices, orders, claims and payments whoever writes: ORM, SQL, administrators.

Who decides is asked of memberships, never of flags. Not by pgtrigger: each rule looks at other tables.
"""

from django.db import migrations

WHO = """
CREATE FUNCTION vouchers_works_for(who bigint, place bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
        WHERE m.user_id = who AND m.organization_id = place AND m.state = 'active' AND u.is_active);
$$;

-- Of the office whose call it is, and of neither firm nor provider, nor of what was merged with one of them.
CREATE FUNCTION vouchers_refuse_officer(who bigint, ordered bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    office bigint; firm bigint; provider bigint;
BEGIN
    SELECT c.office_id, v.holder_id, o.provider_id INTO office, firm, provider
    FROM vouchers_order o JOIN vouchers_voucher v ON v.id = o.voucher_id
    JOIN vouchers_budgetline l ON l.id = v.line_id JOIN programmes_call c ON c.id = l.call_id
    WHERE o.id = ordered;
    IF NOT vouchers_works_for(who, office) OR NOT EXISTS (
        SELECT FROM accounts_organization g WHERE g.id = office AND g.kind = 'government') THEN
        RAISE EXCEPTION 'only an officer of the office whose call it is decides';
    END IF;
    IF EXISTS (
        SELECT FROM accounts_membership m JOIN accounts_organization g ON g.id = m.organization_id
        WHERE m.user_id = who AND m.state = 'active'
          AND (g.id IN (firm, provider) OR g.merged_into_id IN (firm, provider)
               OR g.id IN (SELECT merged_into_id FROM accounts_organization WHERE id IN (firm, provider)))) THEN
        RAISE EXCEPTION 'no officer decides about an organization of his own';
    END IF;
END $$;

CREATE FUNCTION vouchers_never_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was chosen, ordered, claimed or paid is never deleted';
END $$;
CREATE TRIGGER vouchers_choice_kept BEFORE DELETE ON vouchers_providerchoice
    FOR EACH ROW EXECUTE FUNCTION vouchers_never_deleted();
CREATE TRIGGER vouchers_quotation_kept BEFORE DELETE ON vouchers_quotation
    FOR EACH ROW EXECUTE FUNCTION vouchers_never_deleted();
CREATE TRIGGER vouchers_order_kept BEFORE DELETE ON vouchers_order
    FOR EACH ROW EXECUTE FUNCTION vouchers_never_deleted();
CREATE TRIGGER vouchers_claim_kept BEFORE DELETE ON vouchers_claim
    FOR EACH ROW EXECUTE FUNCTION vouchers_never_deleted();
CREATE TRIGGER vouchers_document_kept BEFORE DELETE ON vouchers_claimdocument
    FOR EACH ROW EXECUTE FUNCTION vouchers_never_deleted();
CREATE TRIGGER vouchers_batch_kept BEFORE DELETE ON vouchers_paymentbatch
    FOR EACH ROW EXECUTE FUNCTION vouchers_never_deleted();
CREATE TRIGGER vouchers_payment_kept BEFORE DELETE ON vouchers_payment
    FOR EACH ROW EXECUTE FUNCTION vouchers_never_deleted();
"""

CHOICES = """
CREATE FUNCTION vouchers_choice_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    open_to_change text[] := ARRAY['chosen_id', 'chosen_by_id', 'chosen_at', 'why', 'dropped_by_id', 'dropped_at'];
    firm bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (to_jsonb(NEW) - open_to_change) IS DISTINCT FROM (to_jsonb(OLD) - open_to_change) THEN
            RAISE EXCEPTION 'what was searched and seen never changes';
        END IF;
        IF (OLD.chosen_id IS NOT NULL OR OLD.dropped_at IS NOT NULL) AND NEW IS DISTINCT FROM OLD THEN
            RAISE EXCEPTION 'a choice that was made is frozen';
        END IF;
    END IF;
    SELECT holder_id INTO firm FROM vouchers_voucher WHERE id = NEW.voucher_id;
    IF NEW.chosen_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM accounts_organization g WHERE g.id = NEW.chosen_id
          AND NEW.candidates @> jsonb_build_array(jsonb_build_object('id', g.public_id::text))) THEN
        RAISE EXCEPTION 'only who was seen can be chosen';
    END IF;
    IF NOT vouchers_works_for(coalesce(NEW.dropped_by_id, NEW.chosen_by_id, NEW.seen_by_id), firm) THEN
        RAISE EXCEPTION 'the firm itself chooses its provider';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_choice_frozen BEFORE INSERT OR UPDATE ON vouchers_providerchoice
    FOR EACH ROW EXECUTE FUNCTION vouchers_choice_frozen();

CREATE FUNCTION vouchers_quotation_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given text[] := ARRAY['supply_won', 'vat_won', 'days', 'text', 'given_by_id', 'given_at', 'fee_schedule_id'];
BEGIN
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM vouchers_providerchoice c, accounts_organization g
        WHERE c.id = NEW.choice_id AND g.id = NEW.provider_id AND c.dropped_at IS NULL
          AND c.candidates @> jsonb_build_array(jsonb_build_object('id', g.public_id::text))) THEN
        RAISE EXCEPTION 'only who was seen can be asked';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state <> 'asked' AND EXISTS (
        SELECT FROM unnest(given) name WHERE to_jsonb(OLD) -> name IS DISTINCT FROM to_jsonb(NEW) -> name) THEN
        RAISE EXCEPTION 'a quotation that was given stands as it was given';
    END IF;
    IF NEW.given_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.given_by_id IS NULL)
       AND NOT vouchers_works_for(NEW.given_by_id, NEW.provider_id) THEN
        RAISE EXCEPTION 'the provider itself names its price';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_quotation_stands BEFORE INSERT OR UPDATE ON vouchers_quotation
    FOR EACH ROW EXECUTE FUNCTION vouchers_quotation_kept();
"""

ORDERS = """
CREATE FUNCTION vouchers_order_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v vouchers_voucher;
BEGIN
    SELECT * INTO v FROM vouchers_voucher WHERE id = NEW.voucher_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'placed' OR v.state <> 'issued' OR NEW.ordered_on NOT BETWEEN v.valid_from AND v.valid_until
           OR NEW.ordered_on < (v.issued_at AT TIME ZONE 'Asia/Seoul')::date THEN
            RAISE EXCEPTION 'an order is placed on a voucher that was issued and can be used that day';
        END IF;
        IF NEW.provider_id = v.holder_id OR EXISTS (
            SELECT FROM accounts_organization p JOIN accounts_organization f
              ON coalesce(p.merged_into_id, p.id) = coalesce(f.merged_into_id, f.id)
            WHERE p.id = NEW.provider_id AND f.id = v.holder_id) THEN
            RAISE EXCEPTION 'no firm is its own provider';
        END IF;
        IF NOT EXISTS (
            SELECT FROM vouchers_providerchoice c WHERE c.id = NEW.choice_id AND c.voucher_id = NEW.voucher_id
              AND c.chosen_id = NEW.provider_id AND c.service = NEW.service) OR NOT EXISTS (
            SELECT FROM vouchers_quotation q WHERE q.id = NEW.quotation_id AND q.provider_id = NEW.provider_id
              AND q.supply_won = NEW.supply_won AND q.vat_won = NEW.vat_won) THEN
            RAISE EXCEPTION 'what is ordered is what the chosen provider quoted';
        END IF;
        IF NOT vouchers_works_for(NEW.ordered_by_id, v.holder_id) THEN
            RAISE EXCEPTION 'the firm itself orders';
        END IF;
    END IF;
    IF NEW.accepted_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.accepted_by_id IS DISTINCT FROM NEW.accepted_by_id)
       AND (NOT vouchers_works_for(NEW.accepted_by_id, NEW.provider_id)
            OR (TG_OP = 'UPDATE' AND OLD.accepted_by_id IS NOT NULL)) THEN
        RAISE EXCEPTION 'the provider itself accepts, once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_order_guarded BEFORE INSERT OR UPDATE ON vouchers_order
    FOR EACH ROW EXECUTE FUNCTION vouchers_order_guarded();
"""

CLAIMS = """
CREATE FUNCTION vouchers_claim_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    o vouchers_order;
    holds text[] := ARRAY['submitted', 'objected', 'accepted', 'checked', 'correction', 'approved', 'paying', 'paid',
                          'disallowed'];
    said text[] := ARRAY['supply_won', 'vat_won', 'government_won', 'own_won', 'invoice_number', 'invoice_on', 'text',
                         'is_last'];
BEGIN
    -- The parent's row: two parts written at once pass here one by one.
    SELECT * INTO o FROM vouchers_order WHERE id = NEW.order_id FOR UPDATE;
    IF TG_OP = 'INSERT' AND NEW.state <> 'draft' THEN
        RAISE EXCEPTION 'a claim begins as a draft';
    END IF;
    IF NEW.state = ANY (holds) AND EXISTS (
        SELECT FROM vouchers_claim c WHERE c.order_id = NEW.order_id AND c.id <> NEW.id AND c.state = ANY (holds)
        HAVING coalesce(sum(c.supply_won), 0) + NEW.supply_won > o.supply_won
            OR coalesce(sum(c.vat_won), 0) + NEW.vat_won > o.vat_won
            OR coalesce(sum(c.government_won), 0) + NEW.government_won > o.government_won
            OR coalesce(sum(c.own_won), 0) + NEW.own_won > o.own_won) THEN
        RAISE EXCEPTION 'claims are at most what was ordered';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state NOT IN ('draft', 'objected', 'correction') AND EXISTS (
            SELECT FROM unnest(said) name WHERE to_jsonb(OLD) -> name IS DISTINCT FROM to_jsonb(NEW) -> name) THEN
            RAISE EXCEPTION 'a claim that was handed in stands as it was';
        END IF;
        IF OLD.approved_by_id IS NOT NULL AND (NEW.approved_by_id, NEW.approved_at, NEW.checked_by_id)
           IS DISTINCT FROM (OLD.approved_by_id, OLD.approved_at, OLD.checked_by_id) THEN
            RAISE EXCEPTION 'who checked and approved stands';
        END IF;
        IF NEW.state = 'submitted' AND OLD.state <> 'submitted' AND o.state <> 'running' THEN
            RAISE EXCEPTION 'only an order in work is claimed for';
        END IF;
    END IF;
    IF NEW.state IN ('accepted', 'checked', 'approved', 'paying', 'paid') AND NEW.accepted_at IS NULL THEN
        RAISE EXCEPTION 'the firm accepts before an officer checks';
    END IF;
    IF NEW.state = 'checked' AND NEW.checked_by_id IS NULL THEN
        RAISE EXCEPTION 'a first officer checks';
    END IF;
    PERFORM vouchers_claim_people(NEW, CASE TG_OP WHEN 'UPDATE' THEN OLD END);
    PERFORM vouchers_claim_paid(NEW, CASE TG_OP WHEN 'UPDATE' THEN OLD END);
    RETURN NEW;
END $$;

CREATE FUNCTION vouchers_claim_people(now_ vouchers_claim, was vouchers_claim) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    firm bigint; provider bigint;
BEGIN
    SELECT v.holder_id, o.provider_id INTO firm, provider
    FROM vouchers_order o JOIN vouchers_voucher v ON v.id = o.voucher_id WHERE o.id = now_.order_id;
    IF was.id IS NULL AND NOT vouchers_works_for(now_.written_by_id, provider) THEN
        RAISE EXCEPTION 'the provider itself claims';
    END IF;
    IF now_.accepted_by_id IS NOT NULL AND now_.accepted_by_id IS DISTINCT FROM was.accepted_by_id
       AND (now_.accepted_by_id = now_.written_by_id OR NOT vouchers_works_for(now_.accepted_by_id, firm)) THEN
        RAISE EXCEPTION 'the firm itself accepts';
    END IF;
    IF now_.checked_by_id IS NOT NULL AND now_.checked_by_id IS DISTINCT FROM was.checked_by_id THEN
        PERFORM vouchers_refuse_officer(now_.checked_by_id, now_.order_id);
    END IF;
    IF now_.approved_by_id IS NOT NULL AND now_.approved_by_id IS DISTINCT FROM was.approved_by_id THEN
        IF was.state IS DISTINCT FROM 'checked' THEN
            RAISE EXCEPTION 'a second officer approves what a first one checked';
        END IF;
        PERFORM vouchers_refuse_officer(now_.approved_by_id, now_.order_id);
    END IF;
    IF now_.checked_by_id IN (now_.written_by_id, now_.accepted_by_id)
       OR now_.approved_by_id IN (now_.written_by_id, now_.accepted_by_id, now_.checked_by_id) THEN
        RAISE EXCEPTION 'claim, acceptance, check and approval are of different people';
    END IF;
END $$;

CREATE FUNCTION vouchers_claim_paid(now_ vouchers_claim, was vouchers_claim) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF now_.state = 'paid' AND was.state IS DISTINCT FROM 'paid' AND (now_.paid_at IS NULL OR NOT EXISTS (
        SELECT FROM vouchers_payment p JOIN vouchers_paymentbatch b ON b.id = p.batch_id
        WHERE p.claim_id = now_.id AND p.state = 'paid' AND p.result_on IS NOT NULL
          AND b.state IN ('sent', 'settled') AND p.government_won = now_.government_won AND p.own_won = now_.own_won))
    THEN
        RAISE EXCEPTION 'a claim is paid by a file that was sent and a result that says so';
    END IF;
    IF now_.state = 'approved' AND was.state IN ('paying', 'paid') AND EXISTS (
        SELECT FROM vouchers_payment p WHERE p.claim_id = now_.id AND p.state IN ('waiting', 'paid')) THEN
        RAISE EXCEPTION 'a claim waits again only when its payment failed, came back or was cancelled';
    END IF;
END $$;
CREATE TRIGGER vouchers_claim_guarded BEFORE INSERT OR UPDATE ON vouchers_claim
    FOR EACH ROW EXECUTE FUNCTION vouchers_claim_guarded();

CREATE FUNCTION vouchers_document_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND ((to_jsonb(NEW) - 'replaced_at') IS DISTINCT FROM (to_jsonb(OLD) - 'replaced_at')
                             OR OLD.replaced_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a document stands as it was sent';
    END IF;
    IF NOT EXISTS (SELECT FROM vouchers_claim c WHERE c.id = NEW.claim_id
                   AND c.state IN ('draft', 'objected', 'correction')) THEN
        RAISE EXCEPTION 'documents of a claim that was handed in stand';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_document_stands BEFORE INSERT OR UPDATE ON vouchers_claimdocument
    FOR EACH ROW EXECUTE FUNCTION vouchers_document_stands();
"""

PAYMENTS = """
CREATE FUNCTION vouchers_batch_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    open_to_change text[] := ARRAY['state', 'sent_by_id', 'sent_at', 'settled_at', 'updated_at'];
    office bigint; ordered bigint;
BEGIN
    SELECT office_id INTO office FROM programmes_call WHERE id = NEW.call_id;
    IF TG_OP = 'INSERT' AND (NEW.state <> 'prepared' OR NOT vouchers_works_for(NEW.prepared_by_id, office)) THEN
        RAISE EXCEPTION 'an officer of the office whose call it is prepares the file';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.sha256 = '' THEN
            open_to_change := open_to_change || 'sha256'::text;
        END IF;
        IF (to_jsonb(NEW) - open_to_change) IS DISTINCT FROM (to_jsonb(OLD) - open_to_change) THEN
            RAISE EXCEPTION 'a payment file stands as it was prepared';
        END IF;
        IF OLD.sent_by_id IS NOT NULL AND (NEW.sent_by_id, NEW.sent_at) IS DISTINCT FROM (OLD.sent_by_id, OLD.sent_at)
        THEN
            RAISE EXCEPTION 'who sent the file stands';
        END IF;
        IF NEW.state = 'sent' AND OLD.state <> 'sent' THEN
            IF NEW.sha256 = '' OR NEW.total_won <> (
                SELECT coalesce(sum(government_won + own_won), 0) FROM vouchers_payment WHERE batch_id = NEW.id) THEN
                RAISE EXCEPTION 'the sum of a file is that of its payments';
            END IF;
            FOR ordered IN SELECT DISTINCT c.order_id FROM vouchers_payment p JOIN vouchers_claim c ON c.id = p.claim_id
                           WHERE p.batch_id = NEW.id LOOP
                PERFORM vouchers_refuse_officer(NEW.sent_by_id, ordered);
            END LOOP;
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_batch_guarded BEFORE INSERT OR UPDATE ON vouchers_paymentbatch
    FOR EACH ROW EXECUTE FUNCTION vouchers_batch_guarded();

CREATE FUNCTION vouchers_payment_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    b vouchers_paymentbatch; c vouchers_claim;
    open_to_change text[] := ARRAY['state', 'result_on', 'result_text', 'updated_at'];
BEGIN
    SELECT * INTO b FROM vouchers_paymentbatch WHERE id = NEW.batch_id;
    SELECT * INTO c FROM vouchers_claim WHERE id = NEW.claim_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' OR b.state <> 'prepared' OR b.sha256 <> '' OR c.state <> 'paying'
           OR (NEW.government_won, NEW.own_won) IS DISTINCT FROM (c.government_won, c.own_won) THEN
            RAISE EXCEPTION 'a payment is of an approved claim and its sums, in a file that is being prepared';
        END IF;
        PERFORM vouchers_refuse_officer(b.prepared_by_id, c.order_id);
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - open_to_change) IS DISTINCT FROM (to_jsonb(OLD) - open_to_change) THEN
        RAISE EXCEPTION 'a payment stands as it was prepared';
    END IF;
    IF NEW.state IN ('paid', 'failed', 'returned') AND b.state NOT IN ('sent', 'settled') THEN
        RAISE EXCEPTION 'nothing comes of a file that was not sent';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_payment_guarded BEFORE INSERT OR UPDATE ON vouchers_payment
    FOR EACH ROW EXECUTE FUNCTION vouchers_payment_guarded();
"""

BACKWARD = """
DROP FUNCTION vouchers_never_deleted() CASCADE;
DROP FUNCTION vouchers_choice_frozen() CASCADE;
DROP FUNCTION vouchers_quotation_kept() CASCADE;
DROP FUNCTION vouchers_order_guarded() CASCADE;
DROP FUNCTION vouchers_claim_guarded() CASCADE;
DROP FUNCTION vouchers_claim_people(vouchers_claim, vouchers_claim) CASCADE;
DROP FUNCTION vouchers_claim_paid(vouchers_claim, vouchers_claim) CASCADE;
DROP FUNCTION vouchers_document_stands() CASCADE;
DROP FUNCTION vouchers_batch_guarded() CASCADE;
DROP FUNCTION vouchers_payment_guarded() CASCADE;
DROP FUNCTION vouchers_refuse_officer(bigint, bigint) CASCADE;
DROP FUNCTION vouchers_works_for(bigint, bigint) CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0004_orders_and_claims"), ("accounts", "0004_guards_of_identity")]
    operations = [migrations.RunSQL(WHO + CHOICES + ORDERS + CLAIMS + PAYMENTS, BACKWARD)]
