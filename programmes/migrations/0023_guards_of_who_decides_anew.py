"""Who was overruled does not refuse again, and each refusal has its own remedy; nobody of an applicant runs the panel
or proposes; and nobody waits in a call that was cancelled.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

REFUSALS = """
CREATE FUNCTION programmes_guard_refused_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'ineligible' AND EXISTS (
        SELECT FROM programmes_objection o
        WHERE o.application_id = NEW.id AND o.against = 'ineligible' AND o.state = 'upheld'
          AND o.refused_by_id = NEW.decided_by_id) THEN
        RAISE EXCEPTION 'whose refusal was undone by an objection does not refuse again';
    END IF;
    IF OLD.state = 'ineligible' AND NOT EXISTS (
        SELECT FROM programmes_objection o
        WHERE o.application_id = NEW.id AND o.against = 'ineligible' AND o.state = 'upheld'
          AND o.refused_at >= OLD.decided_at) THEN
        RAISE EXCEPTION 'what was not eligible becomes so by an objection that was upheld';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_refused_anew BEFORE UPDATE ON programmes_application
    FOR EACH ROW WHEN (NEW.state IS DISTINCT FROM OLD.state AND 'ineligible' IN (NEW.state, OLD.state))
    EXECUTE FUNCTION programmes_guard_refused_anew();
"""

APPLICANTS = """
CREATE FUNCTION programmes_is_of_applicant(person bigint, call bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM programmes_application a JOIN accounts_membership m ON m.organization_id = a.organization_id
        WHERE a.call_id = call AND a.state NOT IN ('draft', 'discarded')
          AND m.user_id = person AND m.state = 'active')
$$;

CREATE FUNCTION programmes_guard_who_runs_the_panel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF programmes_is_of_applicant(
        CASE WHEN TG_OP = 'INSERT' THEN NEW.invited_by_id ELSE NEW.removed_by_id END, NEW.call_id) THEN
        RAISE EXCEPTION 'nobody of an applicant says who is on the panel';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_who_invites BEFORE INSERT ON programmes_panelist
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_who_runs_the_panel();
CREATE TRIGGER programmes_guard_who_removes BEFORE UPDATE ON programmes_panelist
    FOR EACH ROW WHEN (NEW.removed_by_id IS DISTINCT FROM OLD.removed_by_id)
    EXECUTE FUNCTION programmes_guard_who_runs_the_panel();

CREATE FUNCTION programmes_guard_who_proposes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF programmes_is_of_applicant(NEW.proposed_by_id, NEW.call_id) THEN
        RAISE EXCEPTION 'nobody of an applicant proposes a selection';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_who_proposes BEFORE INSERT ON programmes_selection
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_who_proposes();
"""

ENDINGS = """
DROP TRIGGER programmes_guard_closing ON programmes_call;
CREATE TRIGGER programmes_guard_closing BEFORE UPDATE OF state ON programmes_call
    FOR EACH ROW WHEN (NEW.state IN (%(states)s) AND OLD.state <> NEW.state)
    EXECUTE FUNCTION programmes_guard_closing();
"""

BACK = """
DROP TRIGGER programmes_guard_who_proposes ON programmes_selection;
DROP FUNCTION programmes_guard_who_proposes();
DROP TRIGGER programmes_guard_who_removes ON programmes_panelist;
DROP TRIGGER programmes_guard_who_invites ON programmes_panelist;
DROP FUNCTION programmes_guard_who_runs_the_panel();
DROP FUNCTION programmes_is_of_applicant(bigint, bigint);
DROP TRIGGER programmes_guard_refused_anew ON programmes_application;
DROP FUNCTION programmes_guard_refused_anew();
"""


class Migration(migrations.Migration):
    dependencies = [("programmes", "0022_objections_once_for_each_refusal")]

    operations = [
        migrations.RunSQL(
            REFUSALS + APPLICANTS + ENDINGS % {"states": "'closed', 'cancelled'"},
            ENDINGS % {"states": "'closed'"} + BACK,
        )
    ]
