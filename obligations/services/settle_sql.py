"""The statements of `services.settle`, in their order. Each takes `projects` (ids), `today` (a day in Korea) and `at`.

Every statement writes only rows that differ from what it wants, so that the second time it writes nothing.
"""

from tech_listings.querysets import is_public_sql

WANTED = """
    base AS (
        SELECT 'listing' AS kind, p.id AS project_id, r.id AS result_id, r.owner_id AS institute_id,
               r.completed_on AS counts_from, p.starts_on
        FROM obligations_researchresult r JOIN obligations_rndproject p ON p.id = r.project_id
        WHERE p.id = ANY(%(projects)s) AND p.deleted_at IS NULL AND NOT p.is_security
          AND r.deleted_at IS NULL AND r.merged_into_id IS NULL AND NOT r.is_expected AND r.completed_on <= %(today)s
        UNION ALL
        SELECT 'final_report', p.id, NULL, p.lead_id, p.ends_on, p.starts_on
        FROM obligations_rndproject p
        WHERE p.id = ANY(%(projects)s) AND p.deleted_at IS NULL AND NOT p.is_security AND p.ends_on <= %(today)s
        UNION ALL
        SELECT 'publication', p.id, NULL, p.lead_id, p.report_submitted_on, p.starts_on
        FROM obligations_rndproject p
        WHERE p.id = ANY(%(projects)s) AND p.deleted_at IS NULL AND NOT p.is_security
          AND p.report_submitted_on <= %(today)s
    ),
    wanted AS MATERIALIZED (
        SELECT base.kind, base.project_id, base.result_id, base.institute_id, rule.id AS rule_id,
               obligations_last_day(base.counts_from, rule.due_months) + rule.due_days AS due_on,
               obligations_last_day(base.counts_from, rule.due_months + rule.ceiling_months) + rule.due_days
                   AS latest_on
        FROM base CROSS JOIN LATERAL (
            SELECT * FROM obligations_dutyrule d
            WHERE d.kind = base.kind AND d.effective_from <= CASE d.selected_by
                WHEN 'agreement' THEN base.starts_on ELSE base.counts_from END
            ORDER BY d.effective_from DESC LIMIT 1
        ) rule
    )
"""
# By 0 for none, so that the two can be hashed; and made once, so that no plan makes it again for each duty.
SAME = """
    wanted.kind = o.kind AND wanted.project_id = o.project_id
    AND coalesce(wanted.result_id, 0) = coalesce(o.result_id, 0)
"""
OPEN_AGAIN = "state = 'due', done_at = NULL, verified_at = NULL, verified_by_id = NULL, verified_how = ''"
STEP = "revision = o.revision + 1, updated_at = %(at)s"

DROP = f"""
    WITH {WANTED}
    UPDATE obligations_obligation o
    SET state = 'dropped', done_at = NULL, verified_at = NULL, verified_by_id = NULL, verified_how = '', {STEP},
        closed_reason = CASE
            WHEN p.is_security THEN 'project_security'
            WHEN p.deleted_at IS NOT NULL THEN 'project_deleted'
            ELSE coalesce((
                SELECT CASE
                    WHEN r.merged_into_id IS NOT NULL THEN 'result_merged'
                    WHEN r.deleted_at IS NOT NULL THEN 'result_deleted' END
                FROM obligations_researchresult r WHERE r.id = o.result_id), 'not_yet') END
    FROM obligations_rndproject p
    WHERE o.project_id = ANY(%(projects)s) AND o.state <> 'dropped' AND p.id = o.project_id
      AND NOT EXISTS (SELECT FROM wanted WHERE {SAME})
"""

REVIVE = f"""
    WITH {WANTED}
    UPDATE obligations_obligation o SET state = 'due', closed_reason = '', {STEP}
    WHERE o.project_id = ANY(%(projects)s) AND o.state = 'dropped' AND EXISTS (SELECT FROM wanted WHERE {SAME})
"""

REDATE = f"""
    WITH {WANTED},
    dated AS (
        SELECT wanted.*, o.id, o.extended_to IS NOT NULL AND o.extended_to > wanted.due_on
               AND wanted.latest_on > wanted.due_on AS stays
        FROM wanted JOIN obligations_obligation o ON {SAME}
        WHERE (o.institute_id, o.rule_id, o.due_on, o.latest_on)
              IS DISTINCT FROM (wanted.institute_id, wanted.rule_id, wanted.due_on, wanted.latest_on)
    )
    UPDATE obligations_obligation o
    SET calendar_from = CASE WHEN o.institute_id = d.institute_id THEN o.calendar_from ELSE %(today)s END,
        institute_id = d.institute_id, rule_id = d.rule_id, due_on = d.due_on, latest_on = d.latest_on, {STEP},
        extended_to = CASE WHEN d.stays THEN least(o.extended_to, d.latest_on) END,
        extended_at = CASE WHEN d.stays THEN o.extended_at END,
        extended_by_id = CASE WHEN d.stays THEN o.extended_by_id END,
        extension_reason = CASE WHEN d.stays THEN o.extension_reason ELSE '' END
    FROM dated d WHERE d.id = o.id
"""

CREATE = f"""
    WITH {WANTED}
    INSERT INTO obligations_obligation (
        public_id, created_at, updated_at, kind, project_id, result_id, institute_id, rule_id, state, revision, due_on,
        latest_on, extension_reason, listings_needed, verified_how, closed_reason)
    SELECT uuidv7(), %(at)s, %(at)s, kind, project_id, result_id, institute_id, rule_id, 'due', 1, due_on,
        latest_on, '', 1, '', ''
    FROM wanted
    WHERE NOT EXISTS (
        SELECT FROM obligations_obligation o WHERE o.project_id = ANY(%(projects)s) AND {SAME})
    ORDER BY project_id, result_id NULLS FIRST, kind
    ON CONFLICT DO NOTHING
"""

EXPIRE = """
    UPDATE obligations_exemption e SET state = 'ended', why_ended = 'expired', ended_at = %(at)s, updated_at = %(at)s
    FROM obligations_obligation o
    WHERE o.id = e.obligation_id AND o.project_id = ANY(%(projects)s) AND e.state = 'granted' AND e.until < %(today)s
    RETURNING e.id
"""

# Whoever did not have to do it all that time is written to anew before being named (`querysets.CALENDAR_DAY`).
CALENDAR_ANEW = """
    UPDATE obligations_obligation o SET calendar_from = e.until + 1, updated_at = %(at)s
    FROM obligations_exemption e
    WHERE e.obligation_id = o.id AND o.project_id = ANY(%(projects)s) AND e.state = 'ended' AND e.why_ended = 'expired'
      AND e.ended_at = %(at)s AND (o.calendar_from IS NULL OR o.calendar_from <= e.until)
"""

# What keeps a technology from counting: empty where it counts. What ended in a deal has done its duty.
HINDRANCE = f"""
    CASE WHEN l.state = 'closed' AND l.outcome <> 'not_traded' THEN ''
         WHEN NOT ({is_public_sql("l.state")}) THEN 'withdrawn'
         WHEN l.right_summary = 'lapsed' THEN 'lapsed' ELSE '' END
"""

END_DISCHARGES = f"""
    UPDATE obligations_discharge d SET ended_at = %(at)s, ended_by_id = NULL, why_ended = {HINDRANCE}
    FROM obligations_obligation o, tech_listings_listing l
    WHERE o.id = d.obligation_id AND l.id = d.listing_id AND o.project_id = ANY(%(projects)s)
      AND d.why_ended IN ('', 'withdrawn', 'lapsed') AND {HINDRANCE} <> '' AND {HINDRANCE} <> d.why_ended
"""

RESTORE_DISCHARGES = f"""
    UPDATE obligations_discharge d SET ended_at = NULL, why_ended = ''
    FROM obligations_obligation o, tech_listings_listing l
    WHERE o.id = d.obligation_id AND l.id = d.listing_id AND o.project_id = ANY(%(projects)s)
      AND d.why_ended IN ('withdrawn', 'lapsed') AND {HINDRANCE} = ''
"""

# The technologies that are on offer under a result's number. OFFSET 0: by the number first, of which there is one, not
# by the holder, who has hundreds.
OFFERED = f"""
    LATERAL (
        SELECT l.id, l.holder_id FROM tech_listings_right x
        JOIN tech_listings_listing l ON l.id = x.listing_id AND {is_public_sql("l.state")}
            AND l.right_summary <> 'lapsed'
        WHERE x.application_number = r.number AND length(r.number) = 13 OFFSET 0
    ) l
"""

# A number agrees where it is the patent application of this result and of no live result of another project.
HOLDER_AGREES = """
    l.holder_id = o.institute_id
    AND (l.holder_id = p.lead_id OR EXISTS (
        SELECT FROM obligations_rndproject_partners t WHERE t.rndproject_id = p.id AND t.organization_id = l.holder_id))
"""
AGREES = f"""
    {HOLDER_AGREES}
    AND NOT EXISTS (
        SELECT FROM obligations_researchresult other
        WHERE other.number = r.number AND other.number <> '' AND other.project_id <> p.id
          AND other.deleted_at IS NULL AND other.merged_into_id IS NULL)
"""

FIND = f"""
    INSERT INTO obligations_discharge (public_id, obligation_id, listing_id, at, why_ended)
    SELECT DISTINCT ON (o.id, l.id) uuidv7(), o.id, l.id, %(at)s::timestamptz, ''
    FROM obligations_obligation o
    JOIN obligations_rndproject p ON p.id = o.project_id
    JOIN obligations_researchresult r ON r.id = o.result_id
    CROSS JOIN {OFFERED}
    WHERE o.project_id = ANY(%(projects)s) AND o.state = 'due' AND o.kind = 'listing' AND {AGREES}
    ORDER BY o.id, l.id
    ON CONFLICT DO NOTHING
"""

# What was written for a duty does it from the day it is registered.
LINK_DRAFTS = f"""
    INSERT INTO obligations_discharge (public_id, obligation_id, listing_id, at, by_id, why_ended)
    SELECT uuidv7(), o.id, l.id, %(at)s::timestamptz, t.made_by_id, ''
    FROM obligations_dutydraft t
    JOIN obligations_obligation o ON o.id = t.obligation_id
    JOIN tech_listings_listing l ON l.id = t.listing_id AND {is_public_sql("l.state")} AND l.right_summary <> 'lapsed'
    WHERE o.project_id = ANY(%(projects)s) AND o.state = 'due' AND o.kind = 'listing'
    ORDER BY o.id, l.id
    ON CONFLICT DO NOTHING
"""

DONE = """(CASE o.kind
    WHEN 'listing' THEN o.listings_needed <= (
        SELECT count(*) FROM obligations_discharge d WHERE d.obligation_id = o.id AND d.ended_at IS NULL)
    WHEN 'final_report' THEN (
        SELECT p.report_submitted_on IS NOT NULL FROM obligations_rndproject p WHERE p.id = o.project_id)
    ELSE (SELECT p.report_published_on IS NOT NULL FROM obligations_rndproject p WHERE p.id = o.project_id) END)"""

GRANTED = "EXISTS (SELECT FROM obligations_exemption e WHERE e.obligation_id = o.id AND e.state = 'granted')"

# What had been verified was truly done: its letters begin anew. What was only said to be done goes on where it stood.
REOPEN = f"""
    UPDATE obligations_obligation o SET {OPEN_AGAIN}, {STEP},
        calendar_from = CASE WHEN o.state = 'verified' THEN %(today)s ELSE o.calendar_from END
    WHERE o.project_id = ANY(%(projects)s) AND o.state IN ('listed', 'verified') AND NOT {DONE}
    RETURNING o.id
"""

# Verified by itself, and what agreed then does not agree any more: the number or the holder was changed.
# LIMIT 1: by the rights of this technology, of which there are few, and never by a list of all rights for each duty.
UNVERIFY = f"""
    UPDATE obligations_obligation o SET {OPEN_AGAIN}, {STEP}
    WHERE o.project_id = ANY(%(projects)s) AND o.state = 'verified' AND o.verified_how = 'automatic'
      AND o.listings_needed > (
        SELECT count(*) FROM obligations_discharge d
        JOIN obligations_rndproject p ON p.id = o.project_id
        JOIN obligations_researchresult r ON r.id = o.result_id
        JOIN tech_listings_listing l ON l.id = d.listing_id
        CROSS JOIN LATERAL (
            SELECT FROM tech_listings_right x
            WHERE x.listing_id = l.id AND x.application_number = r.number LIMIT 1) held
        WHERE d.obligation_id = o.id AND d.ended_at IS NULL AND {HOLDER_AGREES})
    RETURNING o.id
"""

# A technology that the house found by a number does nothing for a result that has another one, nor ever had this one.
HAS_ITS_NUMBER = """EXISTS (
    SELECT FROM tech_listings_right x JOIN obligations_researchresult s ON s.number = x.application_number
    WHERE x.listing_id = d.listing_id AND s.number <> '' AND (s.id = o.result_id OR s.merged_into_id = o.result_id))"""

END_STRAYS = f"""
    UPDATE obligations_discharge d SET ended_at = %(at)s, ended_by_id = NULL, why_ended = 'number'
    FROM obligations_obligation o
    WHERE o.id = d.obligation_id AND o.project_id = ANY(%(projects)s) AND d.by_id IS NULL AND d.ended_at IS NULL
      AND NOT {HAS_ITS_NUMBER}
"""

RESTORE_STRAYS = f"""
    UPDATE obligations_discharge d SET ended_at = NULL, why_ended = ''
    FROM obligations_obligation o, tech_listings_listing l
    WHERE o.id = d.obligation_id AND l.id = d.listing_id AND o.project_id = ANY(%(projects)s)
      AND d.why_ended = 'number' AND {HINDRANCE} = '' AND {HAS_ITS_NUMBER}
"""

UNEXEMPT = f"""
    UPDATE obligations_obligation o SET state = 'due', {STEP}
    WHERE o.project_id = ANY(%(projects)s) AND o.state = 'exempt' AND NOT {GRANTED}
"""

EXEMPT = f"""
    UPDATE obligations_obligation o SET state = 'exempt', {STEP}
    WHERE o.project_id = ANY(%(projects)s) AND o.state = 'due' AND {GRANTED}
"""

MARK_DONE = f"""
    UPDATE obligations_obligation o SET state = 'listed', done_at = %(at)s, {STEP}
    WHERE o.project_id = ANY(%(projects)s) AND o.state = 'due' AND {DONE}
"""

VERIFY = f"""
    UPDATE obligations_obligation o
    SET state = 'verified', verified_at = %(at)s, verified_how = 'automatic', {STEP}
    WHERE o.project_id = ANY(%(projects)s) AND o.state = 'listed' AND o.kind = 'listing'
      AND o.listings_needed <= (
        SELECT count(DISTINCT l.id)
        FROM obligations_discharge d
        JOIN obligations_rndproject p ON p.id = o.project_id
        JOIN obligations_researchresult r ON r.id = o.result_id
        CROSS JOIN {OFFERED}
        WHERE d.obligation_id = o.id AND d.ended_at IS NULL AND d.listing_id = l.id AND {AGREES})
"""
