"""What must hold of money whoever writes: an entry of the ledger moves the sums, nothing else does, entries stay.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`). `ENABLE ALWAYS`:
these hold while replicas are written too; only the owner of the tables can put them to sleep.
"""

from django.db import migrations

# The table of `vouchers.enums.money.WAYS`, for the database; tests/vouchers/money/test_guards.py holds both together.
WAYS = """
CREATE FUNCTION vouchers_way(asked text, OUT line_from text, OUT line_to text, OUT voucher_from text,
                             OUT voucher_to text) LANGUAGE sql IMMUTABLE AS $$
    SELECT w.a, w.b, w.c, w.d FROM (VALUES
        ('allocate', '',              'available_won', '',           ''),
        ('cut',      'available_won', '',              '',           ''),
        ('reserve',  'available_won', 'reserved_won',  '',           ''),
        ('release',  'reserved_won',  'available_won', '',           ''),
        ('commit',   'reserved_won',  'committed_won', '',           'open_won'),
        ('bind',     '',              '',              'open_won',   'bound_won'),
        ('unbind',   '',              '',              'bound_won',  'open_won'),
        ('disburse', 'committed_won', 'paid_won',      'bound_won',  'paid_won'),
        ('reverse',  'paid_won',      'committed_won', 'paid_won',   'bound_won'),
        ('return',   'committed_won', 'available_won', 'open_won',   'returned_won'),
        ('recover',  'paid_won',      'recovered_won', 'paid_won',   'recovered_won')
    ) w (verb, a, b, c, d) WHERE w.verb = asked
$$;
"""

ENTRIES = """
CREATE FUNCTION vouchers_entry_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    way record;
    won bigint := NEW.amount_won;
BEGIN
    SELECT * INTO way FROM vouchers_way(NEW.verb);
    IF way.line_from IS NULL THEN
        RAISE EXCEPTION '% is no way of money', NEW.verb;
    END IF;
    IF (way.voucher_from || way.voucher_to <> '') <> (NEW.voucher_id IS NOT NULL) THEN
        RAISE EXCEPTION '% names a voucher, or does not', NEW.verb;
    END IF;
    -- The voucher before the line, as `post` locks them.
    IF NEW.voucher_id IS NOT NULL THEN
        UPDATE vouchers_voucher SET updated_at = now(),
            open_won = open_won + won * ((way.voucher_to = 'open_won')::int - (way.voucher_from = 'open_won')::int),
            bound_won = bound_won + won * ((way.voucher_to = 'bound_won')::int - (way.voucher_from = 'bound_won')::int),
            paid_won = paid_won + won * ((way.voucher_to = 'paid_won')::int - (way.voucher_from = 'paid_won')::int),
            returned_won = returned_won + won * (way.voucher_to = 'returned_won')::int,
            recovered_won = recovered_won + won * (way.voucher_to = 'recovered_won')::int
        WHERE id = NEW.voucher_id AND line_id = NEW.line_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the voucher is not of this line';
        END IF;
    END IF;
    IF way.line_from || way.line_to <> '' THEN
        UPDATE vouchers_budgetline SET updated_at = now(),
            available_won = available_won
                + won * ((way.line_to = 'available_won')::int - (way.line_from = 'available_won')::int),
            reserved_won = reserved_won
                + won * ((way.line_to = 'reserved_won')::int - (way.line_from = 'reserved_won')::int),
            committed_won = committed_won
                + won * ((way.line_to = 'committed_won')::int - (way.line_from = 'committed_won')::int),
            paid_won = paid_won + won * ((way.line_to = 'paid_won')::int - (way.line_from = 'paid_won')::int),
            recovered_won = recovered_won + won * (way.line_to = 'recovered_won')::int
        WHERE id = NEW.line_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER vouchers_entry_moves AFTER INSERT ON vouchers_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION vouchers_entry_moves();

CREATE FUNCTION vouchers_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: another row puts right what was wrong', TG_TABLE_NAME;
END $$;
CREATE TRIGGER vouchers_entry_append_only BEFORE UPDATE OR DELETE ON vouchers_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION vouchers_append_only();
CREATE TRIGGER vouchers_deposit_append_only BEFORE UPDATE OR DELETE ON vouchers_deposit
    FOR EACH ROW EXECUTE FUNCTION vouchers_append_only();
CREATE TRIGGER vouchers_step_append_only BEFORE UPDATE OR DELETE ON vouchers_voucherstep
    FOR EACH ROW EXECUTE FUNCTION vouchers_append_only();
"""

SUMS = """
-- A depth of 1 is a statement of somebody, of 2 the trigger above.
CREATE FUNCTION vouchers_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a budget line is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF (NEW.available_won, NEW.reserved_won, NEW.committed_won, NEW.paid_won, NEW.recovered_won)
           IS DISTINCT FROM (0, 0, 0, 0, 0) THEN
            RAISE EXCEPTION 'a budget line begins with nothing';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.public_id, NEW.call_id) IS DISTINCT FROM (OLD.id, OLD.public_id, OLD.call_id) THEN
        RAISE EXCEPTION 'whose money it is never changes';
    END IF;
    IF pg_trigger_depth() < 2 AND
       (NEW.available_won, NEW.reserved_won, NEW.committed_won, NEW.paid_won, NEW.recovered_won) IS DISTINCT FROM
       (OLD.available_won, OLD.reserved_won, OLD.committed_won, OLD.paid_won, OLD.recovered_won) THEN
        RAISE EXCEPTION 'only an entry of the ledger moves money of a budget line';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_guard_line BEFORE INSERT OR UPDATE OR DELETE ON vouchers_budgetline
    FOR EACH ROW EXECUTE FUNCTION vouchers_guard_line();

CREATE FUNCTION vouchers_guard_voucher() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a voucher is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF (NEW.open_won, NEW.bound_won, NEW.paid_won, NEW.returned_won, NEW.recovered_won)
           IS DISTINCT FROM (0, 0, 0, 0, 0) OR NEW.state <> 'waiting' OR NEW.issued_at IS NOT NULL THEN
            RAISE EXCEPTION 'a voucher begins waiting for the own share, with nothing on it';
        END IF;
        RETURN NEW;
    END IF;
    IF pg_trigger_depth() < 2 AND
       (NEW.open_won, NEW.bound_won, NEW.paid_won, NEW.returned_won, NEW.recovered_won) IS DISTINCT FROM
       (OLD.open_won, OLD.bound_won, OLD.paid_won, OLD.returned_won, OLD.recovered_won) THEN
        RAISE EXCEPTION 'only an entry of the ledger moves money of a voucher';
    END IF;
    IF OLD.issued_at IS NOT NULL AND (NEW.issued_at, NEW.valid_from) IS DISTINCT FROM (OLD.issued_at, OLD.valid_from) THEN
        RAISE EXCEPTION 'when a voucher was issued never changes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_guard_voucher BEFORE INSERT OR UPDATE OR DELETE ON vouchers_voucher
    FOR EACH ROW EXECUTE FUNCTION vouchers_guard_voucher();

-- At commit: issued is what has money, and what was over without issue has none.
CREATE FUNCTION vouchers_issued_has_its_money() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM vouchers_voucher v WHERE v.id = NEW.id AND (v.issued_at IS NULL) <>
               (v.open_won + v.bound_won + v.paid_won + v.returned_won + v.recovered_won = 0)) THEN
        RAISE EXCEPTION 'a voucher is issued with its money, and has none before';
    END IF;
    IF EXISTS (SELECT FROM vouchers_voucher v WHERE v.id = NEW.id AND v.issued_at IS NOT NULL AND v.own_won > (
               SELECT coalesce(sum(d.amount_won * CASE WHEN d.is_refund THEN -1 ELSE 1 END), 0)
               FROM vouchers_deposit d WHERE d.voucher_id = v.id) + v.own_refunded_won) THEN
        RAISE EXCEPTION 'a voucher is issued when the own share is paid in';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER vouchers_issued_has_its_money AFTER INSERT OR UPDATE OF issued_at, own_refunded_won, state
    ON vouchers_voucher DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vouchers_issued_has_its_money();
"""

PEOPLE = """
-- Officers of the call's office enter deposits and decide, never somebody of the firm.
CREATE FUNCTION vouchers_of_the_office(voucher bigint, person bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM vouchers_voucher v JOIN vouchers_budgetline l ON l.id = v.line_id
        JOIN programmes_call c ON c.id = l.call_id
        WHERE v.id = voucher AND brokers_is_officer(person) AND brokers_is_member(person, c.office_id)
          AND NOT brokers_is_member(person, v.holder_id))
$$;

CREATE FUNCTION vouchers_guard_deposit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept bigint;
BEGIN
    IF NOT vouchers_of_the_office(NEW.voucher_id, NEW.entered_by_id) THEN
        RAISE EXCEPTION 'an officer of the office, and not of the firm, enters what was paid in';
    END IF;
    PERFORM FROM vouchers_voucher WHERE id = NEW.voucher_id FOR UPDATE;
    SELECT coalesce(sum(CASE WHEN is_refund THEN -amount_won ELSE amount_won END), 0) INTO kept
    FROM vouchers_deposit WHERE voucher_id = NEW.voucher_id;
    IF NEW.is_refund AND kept < NEW.amount_won THEN
        RAISE EXCEPTION 'more than was paid in cannot go back';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_guard_deposit BEFORE INSERT ON vouchers_deposit
    FOR EACH ROW EXECUTE FUNCTION vouchers_guard_deposit();

CREATE FUNCTION vouchers_guard_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'decided_by_id', 'decided_at', 'decision_text'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what was asked for is never deleted';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'a change is asked for first';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what was asked for never changes';
    END IF;
    IF OLD.state <> 'asked' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'what was decided stays decided';
    END IF;
    IF NEW.state IN ('approved', 'refused') AND (NEW.decided_by_id = NEW.asked_by_id
       OR NOT vouchers_of_the_office(NEW.voucher_id, NEW.decided_by_id)) THEN
        RAISE EXCEPTION 'an officer of the office, and not of the firm, decides';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_guard_change BEFORE INSERT OR UPDATE OR DELETE ON vouchers_changerequest
    FOR EACH ROW EXECUTE FUNCTION vouchers_guard_change();
"""

ALWAYS = "".join(
    f"ALTER TABLE vouchers_{table} ENABLE ALWAYS TRIGGER vouchers_{name};\n"
    for table, name in (
        ("ledgerentry", "entry_moves"),
        ("ledgerentry", "entry_append_only"),
        ("deposit", "deposit_append_only"),
        ("deposit", "guard_deposit"),
        ("budgetline", "guard_line"),
        ("voucher", "guard_voucher"),
    )
)

BACKWARD = """
DROP FUNCTION vouchers_entry_moves() CASCADE;
DROP FUNCTION vouchers_append_only() CASCADE;
DROP FUNCTION vouchers_guard_line() CASCADE;
DROP FUNCTION vouchers_guard_voucher() CASCADE;
DROP FUNCTION vouchers_issued_has_its_money() CASCADE;
DROP FUNCTION vouchers_guard_deposit() CASCADE;
DROP FUNCTION vouchers_guard_change() CASCADE;
DROP FUNCTION vouchers_of_the_office(bigint, bigint);
DROP FUNCTION vouchers_way(text);
"""


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0002_life_of_vouchers"), ("brokers", "0002_guards")]
    operations = [migrations.RunSQL(WAYS + ENTRIES + SUMS + PEOPLE + ALWAYS, BACKWARD)]
