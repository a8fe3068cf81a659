"""A selection is published in steps: what it says holds for each application from the moment that a batch writes it."""

from importlib import import_module

from django.db import migrations

SELECTIONS = """
CREATE OR REPLACE FUNCTION programmes_guard_selection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passing text[] := ARRAY[
        'state', 'updated_at', 'published_by_id', 'published_at', 'taken_back_by_id', 'taken_back_at', 'taken_back_text',
        'worked_at', 'attempts', 'stopped'];
    of_worker text[] := ARRAY['state', 'updated_at', 'worked_at', 'attempts', 'stopped'];
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
    IF OLD.state = 'publishing' THEN
        IF (to_jsonb(NEW) - of_worker) IS DISTINCT FROM (to_jsonb(OLD) - of_worker) THEN
            RAISE EXCEPTION 'who published a selection is never changed';
        END IF;
        IF NEW.state = 'published' AND EXISTS (
            SELECT FROM programmes_selectionline l JOIN programmes_application a ON a.id = l.application_id
            WHERE l.selection_id = NEW.id AND a.state = 'eligible') THEN
            RAISE EXCEPTION 'a selection is published when everybody on it has got an outcome';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'proposed' AND (to_jsonb(NEW) - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'updated_at') THEN
        RAISE EXCEPTION 'a selection that was decided is never changed';
    END IF;
    IF NEW.state = 'publishing' AND OLD.state = 'proposed' THEN
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

APPLICATIONS = """
CREATE OR REPLACE FUNCTION programmes_guard_decision() RETURNS trigger LANGUAGE plpgsql AS $$
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
        WHERE l.application_id = NEW.id AND s.state IN ('publishing', 'published') AND l.outcome = NEW.state) THEN
        RAISE EXCEPTION 'an application gets what a published selection says';
    END IF;
    IF NEW.state = 'selected' AND NEW.government_won IS NULL THEN
        RAISE EXCEPTION 'what is selected has a sum';
    END IF;
    RETURN NEW;
END $$;
"""

OBJECTIONS = """
CREATE OR REPLACE FUNCTION programmes_guard_objection() RETURNS trigger LANGUAGE plpgsql AS $$
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
            WHERE l.application_id = NEW.application_id AND s.state IN ('publishing', 'published')
              AND NEW.decided_by_id IN (s.proposed_by_id, s.published_by_id, a.by_id)) THEN
            RAISE EXCEPTION 'who took part in the selection does not answer the objection';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""

BEFORE = import_module("programmes.migrations.0012_guard_of_selections_taken_back").SELECTIONS + (
    APPLICATIONS + OBJECTIONS
).replace("s.state IN ('publishing', 'published')", "s.state = 'published'")


class Migration(migrations.Migration):
    dependencies = [("programmes", "0013_selections_published_in_batches")]

    operations = [migrations.RunSQL(SELECTIONS + APPLICATIONS + OBJECTIONS, BEFORE)]
