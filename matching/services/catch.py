"""Which saved searches catch a listing, and how many listings a search would have caught: one condition, both ways.

Written in SQL because one statement has to hold a listing against all saved searches (10,000 in less than 200 ms, see
`make bench`), and because the question itself stands in the rows.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from matching.enums import SearchState
from matching.models import Match
from matching.services.compile_search import Compiled
from tech_listings.models import Listing
from tech_listings.querysets import is_public_sql, price_band_sql
from tech_listings.search.narrowing import TEXT_FIELDS

NEAR_ENOUGH = 0.45
"""From this cosine similarity on a question of four words and more has caught a listing by its meaning alone.

Looked at with 1,500 Korean patents: of 300 titles 35 % come this near to their own abstract (23 % from .5, 49 % from
.4), and a title to 0 abstracts in the median and 3 in the ninth decile (1 from .5, 11 from .4). Of 249 needs about
other fields, Korean and English, one comes near to one patent. Who scrolls a list forgives more than who gets mail:
the page shows hits by meaning from `ranking.MEANS_THE_SAME` on.
"""

ESTIMATE_DAYS = 30
ESTIMATE_CEILING = 1_000


LISTINGS = """
    tech_listings_listing l
    JOIN tech_listings_listingdocument d ON d.listing_id = l.id
    JOIN accounts_organization h ON h.id = l.holder_id
    LEFT JOIN tech_listings_listingmeaning m ON m.listing_id = l.id
"""


def _text(names: Sequence[str], more: str = "") -> str:
    """What phrases are looked for in, as `search.narrowing.narrow` has it; null-safe, as columns are not null."""
    columns = " || ".join(f"l.{name} || ' '" for name in names)
    return f"normalize({columns}{more}, NFKC)"


# The filters and field words of the search page (`tech_listings.filters`, `search.narrowing.narrow`); see
# `compile_search` for which of them ask for all of their values and which for one.
TITLES = _text(TEXT_FIELDS[:3])
ALL_TEXT = _text(TEXT_FIELDS, " || array_to_string(l.keywords, ' ')")
FILTERS = f"""
    (s.filters = '{{}}' OR (
        (s.filters -> 'trl' IS NULL OR s.filters -> 'trl' @> to_jsonb(l.trl))
        AND (s.filters -> 'right' IS NULL OR s.filters -> 'right' ? l.right_summary)
        AND (s.filters -> 'deal' IS NULL OR s.filters -> 'deal' ?| l.deal_kinds::text[])
        AND (s.filters -> 'price' IS NULL OR s.filters -> 'price' ? {price_band_sql("l.price_won")})
        AND (s.filters -> 'holder' IS NULL OR s.filters -> 'holder' @> to_jsonb(l.holder_id))
        AND (s.filters -> 'holder_kind' IS NULL
             OR s.filters -> 'holder_kind' ? CASE WHEN h.institute_kind <> '' THEN h.institute_kind ELSE h.kind END)
        AND (s.filters -> 'st' IS NULL OR EXISTS (
             SELECT 1 FROM jsonb_array_elements_text(s.filters -> 'st') code WHERE starts_with(l.st_class, code)))
        AND (s.filters -> 'number' IS NULL OR s.filters -> 'number' ? l.number)
        AND (s.filters -> 'ipc' IS NULL OR NOT EXISTS (
             SELECT 1 FROM jsonb_array_elements_text(s.filters -> 'ipc') code
             WHERE NOT (left(code, 4) = ANY (l.ipc_prefixes) AND (length(code) <= 4 OR EXISTS (
                   SELECT 1 FROM unnest(l.ipc_codes) symbol WHERE starts_with(symbol, code))))))
        AND (s.filters -> 'holder_names' IS NULL OR NOT EXISTS (
             SELECT 1 FROM jsonb_array_elements_text(s.filters -> 'holder_names') said
             WHERE strpos(upper(h.name), upper(said)) = 0 AND strpos(upper(h.name_en), upper(said)) = 0
                   AND strpos(upper(h.name_zh), upper(said)) = 0))
        AND (s.filters -> 'titles' IS NULL OR NOT EXISTS (
             SELECT 1 FROM jsonb_array_elements_text(s.filters -> 'titles') said WHERE {TITLES} !~* said))
        AND (s.filters -> 'phrases' IS NULL OR NOT EXISTS (
             SELECT 1 FROM jsonb_array_elements_text(s.filters -> 'phrases') said WHERE {ALL_TEXT} !~* said))
        AND (s.filters -> 'without_phrases' IS NULL OR NOT EXISTS (
             SELECT 1 FROM jsonb_array_elements_text(s.filters -> 'without_phrases') said WHERE {ALL_TEXT} ~* said))
    ))
"""
BY_WORDS = """
    (s.candidates IS NULL OR (d.terms @@ s.candidates AND (
        s.units_needed = cardinality(s.units)
        OR (SELECT count(*) FROM unnest(s.units) unit WHERE d.terms @@ unit::tsquery) >= s.units_needed)))
"""
BY_MEANING = """
    (s.vector IS NOT NULL AND m.vector IS NOT NULL AND (s.vector <=> m.vector) <= %(far)s
     AND (s.excluded IS NULL OR NOT d.terms @@ s.excluded))
"""
CAUGHT = f"{is_public_sql('l.state')} AND ({BY_WORDS} OR {BY_MEANING}) AND {FILTERS}"

SEARCHES = f"""
    SELECT s.id, s.words, 1 - (s.vector <=> m.vector) AS near,
           ARRAY(SELECT said.word FROM unnest(s.units, s.words) said (unit, word) WHERE d.terms @@ said.unit::tsquery)
    FROM {LISTINGS} CROSS JOIN matching_savedsearch s
    WHERE l.id = %(listing)s AND s.state = %(active)s AND {CAUGHT}
    ORDER BY s.id
"""
HOW_MANY = f"""
    SELECT count(*) FROM (
        SELECT 1
        FROM {LISTINGS} CROSS JOIN (
            SELECT %(candidates)s::tsquery AS candidates, %(excluded)s::tsquery AS excluded, %(units)s::text[] AS units,
                   %(units_needed)s::int AS units_needed, %(vector)s::halfvec AS vector, %(filters)s::jsonb AS filters
        ) s
        WHERE l.registered_at >= %(since)s AND {CAUGHT}
        LIMIT %(ceiling)s
    ) caught
"""


def searches_catching(listing: Listing) -> list[tuple[int, int, dict[str, Any]]]:
    """(id of the saved search, score 0 to 100, reason) of every active saved search that catches `listing` as it is
    stored now; none where it is not published. One statement.

    `reason` has `words` (those of the search that the listing has), `of` (how many the search has) and, where the
    meaning decided, `meaning`, the similarity in percent.
    """
    with connection.cursor() as cursor:
        cursor.execute(SEARCHES, {"listing": listing.pk, "active": SearchState.ACTIVE.value, **_limits()})
        return [(search_id, *_why(words, near, has)) for search_id, words, near, has in cursor.fetchall()]


def hold_against_searches(listing: Listing, at: datetime) -> int:
    """Write a match for every active saved search that catches `listing`, once per pair. How many were new.

    In the transaction that takes the news away (`services.percolate`).
    """
    caught = searches_catching(listing)
    earlier = set(
        Match.objects.filter(listing=listing, saved_search__in=[search for search, _score, _reason in caught])
        .order_by()
        .values_list("saved_search", flat=True)
    )
    new = [
        Match(saved_search_id=search, listing=listing, score=score, reason=reason, found_at=at)
        for search, score, reason in caught
        if search not in earlier
    ]
    Match.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _why(words: list[str], near: float | None, has: list[str]) -> tuple[int, dict[str, Any]]:
    by_words = round(100 * len(has) / len(words)) if words else 100
    reason: dict[str, Any] = {"words": has, "of": len(words)}
    similar = 0
    if near is not None and near >= NEAR_ENOUGH:
        similar = reason["meaning"] = round(100 * near)
    return min(100, max(by_words, similar)), reason


def caught_lately(question: Compiled, *, at: datetime) -> int:
    """How many listings published in the 30 days before `at` the question would have caught, up to 1,000."""
    vector = question.vector
    given = {
        "candidates": question.candidates,
        "excluded": question.excluded,
        "units": list(question.units),
        "units_needed": question.units_needed,
        "vector": f"[{','.join(map(str, vector))}]" if vector is not None else None,
        "filters": json.dumps(question.filters),
        "since": at - timedelta(days=ESTIMATE_DAYS),
        "ceiling": ESTIMATE_CEILING,
    }
    with connection.cursor() as cursor:
        cursor.execute(HOW_MANY, given | _limits())
        found: int = cursor.fetchone()[0]
    return found


def _limits() -> dict[str, Any]:
    return {"far": 1 - NEAR_ENOUGH}
