"""What must hold whoever writes: who decides on an application, a selection, an objection, and what an agreement says.

Not by pgtrigger, whose triggers a program of ours may ask to be passed over (`pgtrigger.ignore`): these pass nobody but
the owner of the database.
"""

from django.db import migrations

PEOPLE = """
CREATE FUNCTION programmes_works_for(person bigint, office bigint, wanted text) RETURNS boolean LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
        WHERE m.user_id = person AND m.organization_id = office AND m.state = 'active' AND u.is_active
          AND m.role IN ('manager', CASE WHEN wanted = 'manager' THEN 'manager' ELSE 'staff' END))
$$;

CREATE FUNCTION programmes_is_member(person bigint, organization bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership m
        WHERE m.user_id = person AND m.organization_id = organization AND m.state = 'active')
$$;

CREATE FUNCTION programmes_office_of(application bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT c.office_id FROM programmes_application a JOIN programmes_call c ON c.id = a.call_id
    WHERE a.id = application
$$;

-- Whoever sat on the panel, or scored: it neither proposes nor approves.
CREATE FUNCTION programmes_sat_on_panel(person bigint, call bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM programmes_panelist p
        WHERE p.user_id = person AND p.call_id = call AND (p.state = 'accepted' OR EXISTS (
            SELECT FROM programmes_score s WHERE s.panelist_id = p.id)))
$$;
"""

APPLICATIONS = """
CREATE FUNCTION programmes_guard_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    office bigint;
BEGIN
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NEW.state IN ('eligible', 'ineligible') THEN
        SELECT c.office_id INTO office FROM programmes_call c WHERE c.id = NEW.call_id;
        IF NEW.decided_by_id IS NULL OR NOT programmes_works_for(NEW.decided_by_id, office, 'staff') THEN
            RAISE EXCEPTION 'only an active officer of the office decides whether an application is eligible';
        END IF;
        IF programmes_is_member(NEW.decided_by_id, NEW.organization_id) THEN
            RAISE EXCEPTION 'nobody of the firm decides on its application';
        END IF;
    END IF;
    IF OLD.state = 'ineligible' AND NOT EXISTS (
        SELECT FROM programmes_objection o
        WHERE o.application_id = NEW.id AND o.against = 'ineligible' AND o.state = 'upheld') THEN
        RAISE EXCEPTION 'what was not eligible becomes so by an objection that was upheld';
    END IF;
    IF OLD.state = 'not_selected' AND NOT EXISTS (
        SELECT FROM programmes_objection o
        WHERE o.application_id = NEW.id AND o.against = 'not_selected' AND o.state = 'upheld') THEN
        RAISE EXCEPTION 'what was not selected becomes so by an objection that was upheld';
    END IF;
    IF OLD.state = 'eligible' AND NEW.state IN ('selected', 'reserve', 'not_selected') AND NOT EXISTS (
        SELECT FROM programmes_selectionline l JOIN programmes_selection s ON s.id = l.selection_id
        WHERE l.application_id = NEW.id AND s.state = 'published' AND l.outcome = NEW.state) THEN
        RAISE EXCEPTION 'an application gets what a published selection says';
    END IF;
    IF NEW.state = 'selected' AND NEW.government_won IS NULL THEN
        RAISE EXCEPTION 'what is selected has a sum';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_decision BEFORE UPDATE ON programmes_application
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_decision();
"""

PANEL = """
CREATE FUNCTION programmes_guard_score() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    member programmes_panelist;
    asked programmes_application;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a score is never deleted';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.public_id, NEW.panelist_id, NEW.application_id)
           IS DISTINCT FROM (OLD.id, OLD.public_id, OLD.panelist_id, OLD.application_id) THEN
            RAISE EXCEPTION 'whose score it is never changes';
        END IF;
        IF OLD.handed_in_at IS NOT NULL THEN
            RAISE EXCEPTION 'a score that was handed in is never changed';
        END IF;
    END IF;
    SELECT * INTO member FROM programmes_panelist p WHERE p.id = NEW.panelist_id;
    SELECT * INTO asked FROM programmes_application a WHERE a.id = NEW.application_id;
    IF member.state <> 'accepted' OR member.call_id <> asked.call_id THEN
        RAISE EXCEPTION 'only a member of the panel of its call scores an application';
    END IF;
    IF asked.state <> 'eligible' THEN
        RAISE EXCEPTION 'only what is eligible is scored';
    END IF;
    IF NOT EXISTS (
        SELECT FROM programmes_declaration d
        WHERE d.panelist_id = NEW.panelist_id AND d.application_id = NEW.application_id AND NOT d.has_conflict) THEN
        RAISE EXCEPTION 'who has not declared to have no tie scores nothing';
    END IF;
    IF programmes_is_member(member.user_id, asked.organization_id) THEN
        RAISE EXCEPTION 'nobody of the firm scores its application';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_score BEFORE INSERT OR UPDATE OR DELETE ON programmes_score
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_score();
"""

SELECTIONS = """
CREATE FUNCTION programmes_guard_selection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'published_by_id', 'published_at'];
    office bigint;
    budget bigint;
    promised numeric;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a selection is never deleted';
    END IF;
    SELECT c.office_id, c.budget_won INTO office, budget FROM programmes_call c WHERE c.id = NEW.call_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' OR NEW.published_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'a selection begins as a proposal';
        END IF;
        IF NOT programmes_works_for(NEW.proposed_by_id, office, 'staff') THEN
            RAISE EXCEPTION 'only an active officer of the office proposes';
        END IF;
        IF coalesce(jsonb_array_length(NEW.basis -> 'stages'), 0) = 0 THEN
            RAISE EXCEPTION 'a selection names who approves it';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing) THEN
        RAISE EXCEPTION 'what was proposed is never changed';
    END IF;
    IF OLD.state <> 'proposed' AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a selection that was decided is never changed';
    END IF;
    IF NEW.state = 'published' AND OLD.state = 'proposed' THEN
        IF NEW.published_by_id IS NULL OR NEW.published_at IS NULL
           OR NOT programmes_works_for(NEW.published_by_id, office, 'staff') THEN
            RAISE EXCEPTION 'only an active officer of the office publishes';
        END IF;
        IF (SELECT count(*) FROM programmes_selectionapproval a
            WHERE a.selection_id = NEW.id AND a.decision = 'approved' AND a.digest = NEW.digest)
           <> jsonb_array_length(NEW.basis -> 'stages') THEN
            RAISE EXCEPTION 'a selection is published when every stage has approved it';
        END IF;
        SELECT coalesce(sum(l.government_won), 0) INTO promised FROM programmes_selectionline l
        JOIN programmes_application a ON a.id = l.application_id
        WHERE l.selection_id = NEW.id AND l.outcome = 'selected' AND a.state = 'eligible';
        promised := promised + (SELECT coalesce(sum(a.government_won), 0) FROM programmes_application a
                                WHERE a.call_id = NEW.call_id AND a.state IN ('selected', 'agreed'));
        IF promised > budget THEN
            RAISE EXCEPTION 'a selection stays within the budget of its call';
        END IF;
    END IF;
    IF NEW.state = 'rejected' AND OLD.state = 'proposed' AND NOT EXISTS (
        SELECT FROM programmes_selectionapproval a WHERE a.selection_id = NEW.id AND a.decision = 'rejected') THEN
        RAISE EXCEPTION 'a selection is sent back by who approves it';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_selection BEFORE INSERT OR UPDATE OR DELETE ON programmes_selection
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_selection();

-- Waits for whoever approves just now, and then finds it approved.
CREATE FUNCTION programmes_lines_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.selection_id ELSE OLD.selection_id END;
    found text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'a line of a selection is never changed: propose another one';
    END IF;
    SELECT state INTO found FROM programmes_selection WHERE id = whose FOR SHARE;
    IF found <> 'proposed' OR EXISTS (SELECT FROM programmes_selectionapproval a WHERE a.selection_id = whose) THEN
        RAISE EXCEPTION 'the lines of a selection stay as they were when it was approved';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_lines_stay BEFORE INSERT OR UPDATE OR DELETE ON programmes_selectionline
    FOR EACH ROW EXECUTE FUNCTION programmes_lines_stay();

CREATE FUNCTION programmes_guard_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    proposal programmes_selection;
    office bigint;
    stage jsonb;
BEGIN
    SELECT * INTO proposal FROM programmes_selection s WHERE s.id = NEW.selection_id FOR UPDATE;
    SELECT c.office_id INTO office FROM programmes_call c WHERE c.id = proposal.call_id;
    IF proposal.state <> 'proposed' THEN
        RAISE EXCEPTION 'only a proposal is decided';
    END IF;
    IF NEW.digest <> proposal.digest THEN
        RAISE EXCEPTION 'an approval is of the very list that was proposed';
    END IF;
    stage := proposal.basis -> 'stages' -> (NEW.position - 1);
    IF stage IS NULL OR NEW.position <> 1 + (
        SELECT count(*) FROM programmes_selectionapproval a WHERE a.selection_id = NEW.selection_id) THEN
        RAISE EXCEPTION 'approvals follow the order of the stages';
    END IF;
    IF NOT programmes_works_for(NEW.by_id, office, stage ->> 'role') THEN
        RAISE EXCEPTION 'only an active officer of the office in the role of the stage decides';
    END IF;
    IF NEW.by_id = proposal.proposed_by_id THEN
        RAISE EXCEPTION 'who proposed a selection does not decide on it';
    END IF;
    IF programmes_sat_on_panel(NEW.by_id, proposal.call_id) THEN
        RAISE EXCEPTION 'who sat on the panel does not decide on the selection';
    END IF;
    IF EXISTS (
        SELECT FROM programmes_selectionline l JOIN programmes_application a ON a.id = l.application_id
        JOIN accounts_membership m ON m.organization_id = a.organization_id
        WHERE l.selection_id = NEW.selection_id AND m.user_id = NEW.by_id AND m.state = 'active') THEN
        RAISE EXCEPTION 'nobody of an applicant decides on the selection';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_approval BEFORE INSERT ON programmes_selectionapproval
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_approval();
"""

OBJECTIONS = """
CREATE FUNCTION programmes_guard_objection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY['state', 'updated_at', 'answer', 'decided_by_id', 'decided_at'];
    firm bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an objection is never deleted';
    END IF;
    SELECT a.organization_id INTO firm FROM programmes_application a WHERE a.id = NEW.application_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' OR NOT programmes_is_member(NEW.raised_by_id, firm) THEN
            RAISE EXCEPTION 'the firm raises an objection, and it begins open';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - passing) IS DISTINCT FROM (to_jsonb(OLD) - passing)
       OR OLD.state <> 'open' AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'what was objected or answered is never changed';
    END IF;
    IF NEW.state IN ('upheld', 'dismissed') AND OLD.state = 'open' THEN
        IF NOT programmes_works_for(NEW.decided_by_id, programmes_office_of(NEW.application_id), 'staff')
           OR programmes_is_member(NEW.decided_by_id, firm) THEN
            RAISE EXCEPTION 'an active officer of the office who is not of the firm answers an objection';
        END IF;
        IF NEW.decided_by_id = NEW.refused_by_id THEN
            RAISE EXCEPTION 'who decided does not answer the objection';
        END IF;
        IF NEW.against = 'not_selected' AND EXISTS (
            SELECT FROM programmes_selectionline l JOIN programmes_selection s ON s.id = l.selection_id
            LEFT JOIN programmes_selectionapproval a ON a.selection_id = s.id
            WHERE l.application_id = NEW.application_id AND s.state = 'published'
              AND NEW.decided_by_id IN (s.proposed_by_id, s.published_by_id, a.by_id)) THEN
            RAISE EXCEPTION 'who took part in the selection does not answer the objection';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_objection BEFORE INSERT OR UPDATE OR DELETE ON programmes_objection
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_objection();
"""

AGREEMENTS = """
CREATE FUNCTION programmes_guard_agreement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked programmes_application;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an agreement is never deleted';
    END IF;
    SELECT * INTO asked FROM programmes_application a WHERE a.id = NEW.application_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'offered' OR asked.state <> 'selected' THEN
            RAISE EXCEPTION 'an agreement is offered to who is selected';
        END IF;
        IF (NEW.government_won, NEW.own_won) IS DISTINCT FROM (asked.government_won, coalesce(asked.own_won, 0)) THEN
            RAISE EXCEPTION 'an agreement is about what was granted';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'offered' AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'an agreement that was signed or is over is never changed';
    END IF;
    IF NEW.state = 'signed' AND OLD.state = 'offered' THEN
        IF NOT programmes_works_for(NEW.signed_by_id, asked.organization_id, 'manager') THEN
            RAISE EXCEPTION 'a manager of the firm signs';
        END IF;
        IF (NEW.signed_at AT TIME ZONE 'Asia/Seoul')::date > NEW.sign_by THEN
            RAISE EXCEPTION 'an agreement is signed by its day';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_guard_agreement BEFORE INSERT OR UPDATE OR DELETE ON programmes_agreement
    FOR EACH ROW EXECUTE FUNCTION programmes_guard_agreement();

-- What was granted stays what the agreement says.
CREATE FUNCTION programmes_grant_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.government_won, NEW.own_won) IS DISTINCT FROM (OLD.government_won, OLD.own_won)
       AND EXISTS (SELECT FROM programmes_agreement g WHERE g.application_id = NEW.id) THEN
        RAISE EXCEPTION 'what an agreement is about is never changed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programmes_grant_stays BEFORE UPDATE ON programmes_application
    FOR EACH ROW EXECUTE FUNCTION programmes_grant_stays();
"""

UNDO = """
DROP TRIGGER programmes_grant_stays ON programmes_application;
DROP FUNCTION programmes_grant_stays();
DROP TRIGGER programmes_guard_agreement ON programmes_agreement;
DROP FUNCTION programmes_guard_agreement();
DROP TRIGGER programmes_guard_objection ON programmes_objection;
DROP FUNCTION programmes_guard_objection();
DROP TRIGGER programmes_guard_approval ON programmes_selectionapproval;
DROP FUNCTION programmes_guard_approval();
DROP TRIGGER programmes_lines_stay ON programmes_selectionline;
DROP FUNCTION programmes_lines_stay();
DROP TRIGGER programmes_guard_selection ON programmes_selection;
DROP FUNCTION programmes_guard_selection();
DROP TRIGGER programmes_guard_score ON programmes_score;
DROP FUNCTION programmes_guard_score();
DROP TRIGGER programmes_guard_decision ON programmes_application;
DROP FUNCTION programmes_guard_decision();
DROP FUNCTION programmes_sat_on_panel(bigint, bigint);
DROP FUNCTION programmes_office_of(bigint);
DROP FUNCTION programmes_is_member(bigint, bigint);
DROP FUNCTION programmes_works_for(bigint, bigint, text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_guards_of_identity"),
        ("programmes", "0002_review_steps_and_bases"),
    ]

    operations = [
        migrations.RunSQL(PEOPLE + APPLICATIONS + PANEL + SELECTIONS + OBJECTIONS + AGREEMENTS, UNDO),
    ]
