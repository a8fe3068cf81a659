"""A proposal that cannot be published, or should not, is taken back by an officer of the office, by nobody else."""

from django.db import migrations

SELECTIONS = """
CREATE OR REPLACE FUNCTION programmes_guard_selection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY[
        'state', 'updated_at', 'published_by_id', 'published_at', 'taken_back_by_id', 'taken_back_at', 'taken_back_text'];
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
    IF NEW.state = 'taken_back' AND OLD.state = 'proposed'
       AND NOT programmes_works_for(NEW.taken_back_by_id, office, 'staff') THEN
        RAISE EXCEPTION 'only an active officer of the office takes a selection back';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("programmes", "0011_selections_taken_back")]

    # Without the new columns nothing reaches the new branch: there is nothing to undo.
    operations = [migrations.RunSQL(SELECTIONS, migrations.RunSQL.noop)]
