"""The addition for late payment is for what is overdue, and comes in once, whoever writes. Who a provider was merged
into owes in its place, and debts and sanctions follow a firm that is merged."""

from django.db import migrations

FORWARD = """
-- While a merge is carried out its proposal says so already; the organization itself comes last.
CREATE FUNCTION vouchers_merged(gone bigint, stands bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM accounts_organization WHERE id = gone AND merged_into_id = stands)
        OR EXISTS (SELECT FROM accounts_mergeproposal
                   WHERE gone_id = gone AND into_id = stands AND state = 'carried_out')
$$;

CREATE OR REPLACE FUNCTION vouchers_guard_recovery() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'recovered_won', 'objection', 'objected_at', 'decided_by_id',
                            'decided_at', 'decision_text', 'pay_by', 'plan_after', 'debtor_id', 'late_from',
                            'late_due_won', 'late_won'];
    paid bigint;
    asked bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a recovery is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'noticed' OR NEW.recovered_won <> 0 OR NEW.objection <> '' THEN
            RAISE EXCEPTION 'a recovery is announced first';
        END IF;
        IF NOT vouchers_may_recover(NEW.voucher_id, NEW.debtor_id, NEW.noticed_by_id) THEN
            RAISE EXCEPTION 'an officer of the office, and of no party, announces a recovery';
        END IF;
        SELECT paid_won INTO paid FROM vouchers_voucher WHERE id = NEW.voucher_id FOR UPDATE;
        SELECT coalesce(sum(principal_won - recovered_won), 0) INTO asked FROM vouchers_recovery
        WHERE voucher_id = NEW.voucher_id AND state NOT IN ('dropped', 'paid_back');
        IF NEW.principal_won > paid - asked THEN
            RAISE EXCEPTION 'no more comes back than was paid and is not asked for yet';
        END IF;
        IF NOT EXISTS (SELECT FROM vouchers_voucher WHERE id = NEW.voucher_id AND holder_id = NEW.debtor_id)
           AND NOT EXISTS (SELECT FROM vouchers_order o JOIN accounts_organization g ON g.id = o.provider_id
                           WHERE o.voucher_id = NEW.voucher_id AND NEW.debtor_id IN (g.id, g.merged_into_id)) THEN
            RAISE EXCEPTION 'the firm or a provider of the voucher owes, nobody else';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what was announced never changes';
    END IF;
    IF NEW.debtor_id <> OLD.debtor_id AND NOT vouchers_merged(OLD.debtor_id, NEW.debtor_id) THEN
        RAISE EXCEPTION 'who owes changes only where firms are merged';
    END IF;
    IF OLD.state IN ('dropped', 'paid_back') AND NEW.debtor_id = OLD.debtor_id AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'a recovery that is over stays as it is';
    END IF;
    IF (NEW.late_from, NEW.late_due_won, NEW.late_won) IS DISTINCT FROM
       (OLD.late_from, OLD.late_due_won, OLD.late_won) AND 'delinquent' NOT IN (OLD.state, NEW.state) THEN
        RAISE EXCEPTION 'an addition is for what is overdue';
    END IF;
    IF OLD.objected_at IS NOT NULL
       AND (NEW.objection, NEW.objected_at) IS DISTINCT FROM (OLD.objection, OLD.objected_at) THEN
        RAISE EXCEPTION 'an objection stays as it was written';
    END IF;
    IF NEW.objected_at IS NOT NULL AND OLD.objected_at IS NULL
       AND (NEW.objected_at AT TIME ZONE 'Asia/Seoul')::date > NEW.object_by THEN
        RAISE EXCEPTION 'the days to object are over';
    END IF;
    IF OLD.decided_by_id IS NOT NULL AND (NEW.decided_by_id, NEW.decided_at, NEW.decision_text)
       IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at, OLD.decision_text) THEN
        RAISE EXCEPTION 'what was decided stays decided';
    END IF;
    IF NEW.decided_by_id IS NOT NULL AND OLD.decided_by_id IS NULL THEN
        IF NOT vouchers_may_recover(NEW.voucher_id, NEW.debtor_id, NEW.decided_by_id) THEN
            RAISE EXCEPTION 'an officer of the office, and of no party, decides on a recovery';
        END IF;
        IF NEW.state = 'confirmed' AND OLD.state = 'noticed'
           AND (NEW.decided_at AT TIME ZONE 'Asia/Seoul')::date <= NEW.object_by THEN
            RAISE EXCEPTION 'the debtor may still object';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION vouchers_guard_recovery_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owed vouchers_recovery%ROWTYPE;
    principal bigint;
    surcharge bigint;
    late bigint;
BEGIN
    SELECT * INTO owed FROM vouchers_recovery WHERE id = NEW.recovery_id FOR UPDATE;
    IF owed.state NOT IN ('confirmed', 'delinquent') THEN
        RAISE EXCEPTION 'money comes back where it was confirmed';
    END IF;
    IF NOT vouchers_may_recover(owed.voucher_id, owed.debtor_id, NEW.entered_by_id) THEN
        RAISE EXCEPTION 'an officer of the office, and of no party, enters what came back';
    END IF;
    SELECT coalesce(sum(principal_won), 0), coalesce(sum(surcharge_won), 0), coalesce(sum(late_won), 0)
    INTO principal, surcharge, late
    FROM vouchers_recoveryreceipt WHERE recovery_id = NEW.recovery_id;
    IF principal + NEW.principal_won > owed.principal_won OR surcharge + NEW.surcharge_won > owed.surcharge_won
       OR late + NEW.late_won > owed.late_won THEN
        RAISE EXCEPTION 'no more comes back than is owed';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION vouchers_recovered_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    which bigint := CASE TG_TABLE_NAME WHEN 'vouchers_recovery' THEN (to_jsonb(NEW) ->> 'id')::bigint
                    ELSE (to_jsonb(NEW) ->> 'recovery_id')::bigint END;
    owed vouchers_recovery%ROWTYPE;
    principal bigint;
    surcharge bigint;
    late bigint;
    moved bigint;
BEGIN
    SELECT * INTO owed FROM vouchers_recovery WHERE id = which;
    SELECT coalesce(sum(principal_won), 0), coalesce(sum(surcharge_won), 0), coalesce(sum(late_won), 0)
    INTO principal, surcharge, late
    FROM vouchers_recoveryreceipt WHERE recovery_id = which;
    SELECT coalesce(sum(amount_won), 0) INTO moved FROM vouchers_ledgerentry
    WHERE subject = owed.public_id AND verb = 'recover';
    IF owed.recovered_won <> principal OR principal <> moved THEN
        RAISE EXCEPTION 'receipts, what came back and the ledger do not agree';
    END IF;
    IF late > owed.late_won THEN
        RAISE EXCEPTION 'no more of the addition comes in than is owed';
    END IF;
    IF owed.state = 'paid_back' AND (surcharge, late) IS DISTINCT FROM (owed.surcharge_won, owed.late_won) THEN
        RAISE EXCEPTION 'what is paid back is paid with its surcharge and its addition';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION vouchers_guard_sanction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'decided_by_id', 'decided_at', 'decision_text', 'is_public',
                            'lifted_by_id', 'lifted_at', 'lift_text', 'organization_id', 'answer', 'answered_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a sanction is never deleted';
    END IF;
    IF NEW.kind = 'exclusion' AND NEW.until_on > (NEW.from_on + interval '5 years')::date THEN
        RAISE EXCEPTION 'an exclusion lasts five years at most';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' OR NEW.is_public OR NEW.answer <> '' THEN
            RAISE EXCEPTION 'a sanction is proposed first';
        END IF;
        IF NOT vouchers_may_sanction(NEW.office_id, NEW.organization_id, NEW.proposed_by_id) THEN
            RAISE EXCEPTION 'an officer of the office, and of no party, proposes a sanction';
        END IF;
        IF NEW.recovery_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM vouchers_recovery WHERE id = NEW.recovery_id AND debtor_id = NEW.organization_id
                AND state IN ('confirmed', 'delinquent', 'paid_back')
                AND (NEW.kind = 'warning' OR ground IN ('false', 'other_use', 'breach'))) THEN
            RAISE EXCEPTION 'a sanction follows a confirmed recovery, an exclusion one on a ground that excludes';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.answered_at IS NOT NULL AND (NEW.answer, NEW.answered_at) IS DISTINCT FROM (OLD.answer, OLD.answered_at) THEN
        RAISE EXCEPTION 'an answer stays as it was written';
    END IF;
    IF OLD.answered_at IS NULL AND NEW.answered_at IS NOT NULL
       AND (NEW.state <> 'proposed' OR (NEW.answered_at AT TIME ZONE 'Asia/Seoul')::date > NEW.answer_by) THEN
        RAISE EXCEPTION 'the days to answer are over';
    END IF;
    IF OLD.state = 'proposed' AND NEW.state = 'imposed' AND NEW.recovery_id IS NULL AND NEW.answered_at IS NULL
       AND (NEW.decided_at AT TIME ZONE 'Asia/Seoul')::date <= NEW.answer_by THEN
        RAISE EXCEPTION 'whom it is for may still answer';
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what was proposed never changes';
    END IF;
    IF NEW.organization_id <> OLD.organization_id AND NOT vouchers_merged(OLD.organization_id, NEW.organization_id) THEN
        RAISE EXCEPTION 'whom a sanction is for changes only where firms are merged';
    END IF;
    IF OLD.decided_by_id IS NULL AND NEW.decided_by_id IS NOT NULL
       AND NOT vouchers_may_sanction(NEW.office_id, NEW.organization_id, NEW.decided_by_id) THEN
        RAISE EXCEPTION 'an officer of the office, and of no party, decides on a sanction';
    END IF;
    IF OLD.decided_by_id IS NOT NULL AND (NEW.decided_by_id, NEW.decided_at, NEW.decision_text, NEW.is_public)
       IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at, OLD.decision_text, OLD.is_public) THEN
        RAISE EXCEPTION 'what was decided stays decided';
    END IF;
    IF NEW.lifted_by_id IS NOT NULL AND OLD.lifted_by_id IS NULL
       AND NOT vouchers_may_sanction(NEW.office_id, NEW.organization_id, NEW.lifted_by_id) THEN
        RAISE EXCEPTION 'an officer of the office, and of no party, lifts a sanction';
    END IF;
    RETURN NEW;
END $$;
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION vouchers_guard_recovery() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'recovered_won', 'objection', 'objected_at', 'decided_by_id',
                            'decided_at', 'decision_text', 'pay_by', 'plan_after', 'debtor_id'];
    paid bigint;
    asked bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a recovery is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'noticed' OR NEW.recovered_won <> 0 OR NEW.objection <> '' THEN
            RAISE EXCEPTION 'a recovery is announced first';
        END IF;
        IF NOT vouchers_may_recover(NEW.voucher_id, NEW.debtor_id, NEW.noticed_by_id) THEN
            RAISE EXCEPTION 'an officer of the office, and of no party, announces a recovery';
        END IF;
        SELECT paid_won INTO paid FROM vouchers_voucher WHERE id = NEW.voucher_id FOR UPDATE;
        SELECT coalesce(sum(principal_won - recovered_won), 0) INTO asked FROM vouchers_recovery
        WHERE voucher_id = NEW.voucher_id AND state NOT IN ('dropped', 'paid_back');
        IF NEW.principal_won > paid - asked THEN
            RAISE EXCEPTION 'no more comes back than was paid and is not asked for yet';
        END IF;
        IF NOT EXISTS (SELECT FROM vouchers_voucher WHERE id = NEW.voucher_id AND holder_id = NEW.debtor_id)
           AND NOT EXISTS (SELECT FROM vouchers_order WHERE voucher_id = NEW.voucher_id
                           AND provider_id = NEW.debtor_id) THEN
            RAISE EXCEPTION 'the firm or a provider of the voucher owes, nobody else';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what was announced never changes';
    END IF;
    IF NEW.debtor_id <> OLD.debtor_id AND NOT EXISTS (
        SELECT FROM accounts_organization WHERE id = OLD.debtor_id AND merged_into_id = NEW.debtor_id) THEN
        RAISE EXCEPTION 'who owes changes only where firms are merged';
    END IF;
    IF OLD.state IN ('dropped', 'paid_back') AND NEW.debtor_id = OLD.debtor_id AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'a recovery that is over stays as it is';
    END IF;
    IF OLD.objected_at IS NOT NULL
       AND (NEW.objection, NEW.objected_at) IS DISTINCT FROM (OLD.objection, OLD.objected_at) THEN
        RAISE EXCEPTION 'an objection stays as it was written';
    END IF;
    IF NEW.objected_at IS NOT NULL AND OLD.objected_at IS NULL
       AND (NEW.objected_at AT TIME ZONE 'Asia/Seoul')::date > NEW.object_by THEN
        RAISE EXCEPTION 'the days to object are over';
    END IF;
    IF OLD.decided_by_id IS NOT NULL AND (NEW.decided_by_id, NEW.decided_at, NEW.decision_text)
       IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at, OLD.decision_text) THEN
        RAISE EXCEPTION 'what was decided stays decided';
    END IF;
    IF NEW.decided_by_id IS NOT NULL AND OLD.decided_by_id IS NULL THEN
        IF NOT vouchers_may_recover(NEW.voucher_id, NEW.debtor_id, NEW.decided_by_id) THEN
            RAISE EXCEPTION 'an officer of the office, and of no party, decides on a recovery';
        END IF;
        IF NEW.state = 'confirmed' AND OLD.state = 'noticed'
           AND (NEW.decided_at AT TIME ZONE 'Asia/Seoul')::date <= NEW.object_by THEN
            RAISE EXCEPTION 'the debtor may still object';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION vouchers_guard_recovery_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owed vouchers_recovery%ROWTYPE;
    principal bigint;
    surcharge bigint;
BEGIN
    SELECT * INTO owed FROM vouchers_recovery WHERE id = NEW.recovery_id FOR UPDATE;
    IF owed.state NOT IN ('confirmed', 'delinquent') THEN
        RAISE EXCEPTION 'money comes back where it was confirmed';
    END IF;
    IF NOT vouchers_may_recover(owed.voucher_id, owed.debtor_id, NEW.entered_by_id) THEN
        RAISE EXCEPTION 'an officer of the office, and of no party, enters what came back';
    END IF;
    SELECT coalesce(sum(principal_won), 0), coalesce(sum(surcharge_won), 0) INTO principal, surcharge
    FROM vouchers_recoveryreceipt WHERE recovery_id = NEW.recovery_id;
    IF principal + NEW.principal_won > owed.principal_won OR surcharge + NEW.surcharge_won > owed.surcharge_won THEN
        RAISE EXCEPTION 'no more comes back than is owed';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION vouchers_recovered_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    which bigint := CASE TG_TABLE_NAME WHEN 'vouchers_recovery' THEN (to_jsonb(NEW) ->> 'id')::bigint
                    ELSE (to_jsonb(NEW) ->> 'recovery_id')::bigint END;
    owed vouchers_recovery%ROWTYPE;
    principal bigint;
    surcharge bigint;
    moved bigint;
BEGIN
    SELECT * INTO owed FROM vouchers_recovery WHERE id = which;
    SELECT coalesce(sum(principal_won), 0), coalesce(sum(surcharge_won), 0) INTO principal, surcharge
    FROM vouchers_recoveryreceipt WHERE recovery_id = which;
    SELECT coalesce(sum(amount_won), 0) INTO moved FROM vouchers_ledgerentry
    WHERE subject = owed.public_id AND verb = 'recover';
    IF owed.recovered_won <> principal OR principal <> moved THEN
        RAISE EXCEPTION 'receipts, what came back and the ledger do not agree';
    END IF;
    IF owed.state = 'paid_back' AND surcharge <> owed.surcharge_won THEN
        RAISE EXCEPTION 'what is paid back is paid with its surcharge';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION vouchers_guard_sanction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'decided_by_id', 'decided_at', 'decision_text', 'is_public',
                            'lifted_by_id', 'lifted_at', 'lift_text', 'organization_id', 'answer', 'answered_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a sanction is never deleted';
    END IF;
    IF NEW.kind = 'exclusion' AND NEW.until_on > (NEW.from_on + interval '5 years')::date THEN
        RAISE EXCEPTION 'an exclusion lasts five years at most';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' OR NEW.is_public OR NEW.answer <> '' THEN
            RAISE EXCEPTION 'a sanction is proposed first';
        END IF;
        IF NOT vouchers_may_sanction(NEW.office_id, NEW.organization_id, NEW.proposed_by_id) THEN
            RAISE EXCEPTION 'an officer of the office, and of no party, proposes a sanction';
        END IF;
        IF NEW.recovery_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM vouchers_recovery WHERE id = NEW.recovery_id AND debtor_id = NEW.organization_id
                AND state IN ('confirmed', 'delinquent', 'paid_back')
                AND (NEW.kind = 'warning' OR ground IN ('false', 'other_use', 'breach'))) THEN
            RAISE EXCEPTION 'a sanction follows a confirmed recovery, an exclusion one on a ground that excludes';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.answered_at IS NOT NULL AND (NEW.answer, NEW.answered_at) IS DISTINCT FROM (OLD.answer, OLD.answered_at) THEN
        RAISE EXCEPTION 'an answer stays as it was written';
    END IF;
    IF OLD.answered_at IS NULL AND NEW.answered_at IS NOT NULL
       AND (NEW.state <> 'proposed' OR (NEW.answered_at AT TIME ZONE 'Asia/Seoul')::date > NEW.answer_by) THEN
        RAISE EXCEPTION 'the days to answer are over';
    END IF;
    IF OLD.state = 'proposed' AND NEW.state = 'imposed' AND NEW.recovery_id IS NULL AND NEW.answered_at IS NULL
       AND (NEW.decided_at AT TIME ZONE 'Asia/Seoul')::date <= NEW.answer_by THEN
        RAISE EXCEPTION 'whom it is for may still answer';
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what was proposed never changes';
    END IF;
    IF NEW.organization_id <> OLD.organization_id AND NOT EXISTS (
        SELECT FROM accounts_organization WHERE id = OLD.organization_id AND merged_into_id = NEW.organization_id) THEN
        RAISE EXCEPTION 'whom a sanction is for changes only where firms are merged';
    END IF;
    IF OLD.decided_by_id IS NULL AND NEW.decided_by_id IS NOT NULL
       AND NOT vouchers_may_sanction(NEW.office_id, NEW.organization_id, NEW.decided_by_id) THEN
        RAISE EXCEPTION 'an officer of the office, and of no party, decides on a sanction';
    END IF;
    IF OLD.decided_by_id IS NOT NULL AND (NEW.decided_by_id, NEW.decided_at, NEW.decision_text, NEW.is_public)
       IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at, OLD.decision_text, OLD.is_public) THEN
        RAISE EXCEPTION 'what was decided stays decided';
    END IF;
    IF NEW.lifted_by_id IS NOT NULL AND OLD.lifted_by_id IS NULL
       AND NOT vouchers_may_sanction(NEW.office_id, NEW.organization_id, NEW.lifted_by_id) THEN
        RAISE EXCEPTION 'an officer of the office, and of no party, lifts a sanction';
    END IF;
    RETURN NEW;
END $$;

DROP FUNCTION vouchers_merged(bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0010_late_payment"), ("accounts", "0005_industry_code_with_its_section")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
