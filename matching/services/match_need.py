"""Which listings fit a need, and which needs a listing: one formula for both directions.

    score = round(100 × (½ words + ½ meaning))

`words` is BM25 of the need's terms in the listing as a share of `full_score`, at most 1; `meaning` the cosine of both
vectors. Where the listing has no vector yet, words alone. From `MATCHES_FROM` on it is a match. Readiness and region
narrow nothing: they are shown, and people decide.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F, QuerySet

from accounts.models import Organization, User
from matching import notices
from matching.enums import NeedState
from matching.models import HOLDERS_HEAR_FROM, MATCHES_FROM, Match, Need
from matching.services.catch import ESTIMATE_DAYS
from matching.services.compile_need import VERSION, compile_need, question, understood
from matching.services.pauses import pause
from tech_listings.models import Listing
from tech_listings.search import meaning
from tech_listings.search.ranking import find
from tech_listings.search.terms import term_id
from tech_listings.search.weights import weights_literal

logger = structlog.get_logger(__name__)

MOST_PER_NEED = 50
AT_ONE_GO = 500
LOOKED_AT = 300
"""The best hits of the search for a need whose score is taken."""

NEAR_FROM = 0.55
"""The cosine from which a listing is looked at that has none of the need's heaviest terms."""

MOST_WORDS = 6
MEANING_SAYS_FROM = 30

# COALESCE inside: LEAST passes over what is null, and a need without words would have all of them.
WORDS = "LEAST(1, COALESCE(-({document} <#> need.weights) / NULLIF(need.full_score, 0), 0))"
COSINE = "CASE WHEN {model} = %(model)s THEN 1 - (need.vector <=> {vector}) END"
SCORE = f"ROUND((50 * {WORDS} + 50 * GREATEST(0, {COSINE}))::numeric)::int"
OF_LISTING = {"document": "document.weights", "model": "meaning.model", "vector": "meaning.vector"}
GIVEN = {"document": "%(weights)s::sparsevec", "model": "%(listing_model)s", "vector": "%(vector)s::halfvec"}


@dataclass(frozen=True)
class Pair:
    """`cosine` is None where the listing has no meaning yet."""

    need_id: int
    listing_id: int
    score: int
    cosine: float | None


def needs_to_match(at: datetime) -> list[int]:
    """Open needs that still have to be put to the listings, who waits longest first, then those whose question is of an
    older version. Those that failed are left out until their pause is over."""
    to_do = Need.objects.filter(due_at__lte=at) | Need.objects.open().exclude(analyser=VERSION).filter(due_at=None)
    return list(to_do.order_by(F("due_at").asc(nulls_last=True), "pk").values_list("pk", flat=True)[:AT_ONE_GO])


def match_due(*, at: datetime) -> int:
    """Match every need that is due; how many matches are new. One that fails pauses, longer each time."""
    new = 0
    for need_id in needs_to_match(at):
        try:
            new += match_need(need_id=need_id, at=at)
        except Exception:  # whatever it was: the others are not to wait for it
            logger.exception("match_failed", need=need_id)
            _put_off(need_id, at)
    return new


@transaction.atomic
def _put_off(need_id: int, at: datetime) -> None:
    # Whoever holds it now, an editor say, makes it due anew.
    need = Need.objects.select_for_update(of=["self"], no_key=True, skip_locked=True).filter(pk=need_id).first()
    if need is not None and need.is_open:
        need.due_at = at + pause(need.attempts)
        need.attempts += 1
        need.save(update_fields=["due_at", "attempts"])


def match_need(*, need_id: int, at: datetime) -> int:
    """Compile the need where that is due and ask all listings, see `compile_need` for why in two transactions.

    Returns how many matches are new. Again, it writes nothing new; two at once do the work once.
    """
    compile_need(need_id=need_id, at=at)
    return _ask_all_listings(need_id, at)


@transaction.atomic
def _ask_all_listings(need_id: int, at: datetime) -> int:
    rows = Need.objects.select_for_update(of=["self"], no_key=True, skip_locked=True)
    need = rows.filter(pk=need_id, due_at__isnull=False).first()
    if need is None:
        return 0
    new = 0
    if need.is_open and need.analyser == VERSION:
        pairs = of_need(need)[:MOST_PER_NEED]
        new = write(pairs, at=at)
        _forget(Match.objects.filter(need=need).exclude(listing__in=[pair.listing_id for pair in pairs]))
    if need.analyser == VERSION or not need.is_open:  # else its words changed after compiling: it is due again
        need.due_at, need.attempts = None, 0
        need.save(update_fields=["due_at", "attempts"])
    return new


def hold_against_needs(listing: Listing, at: datetime) -> int:
    """Write the matches of one published listing with all open needs; how many are new. In the caller's transaction."""
    pairs = of_listing(listing)
    new = write(pairs, at=at)
    of_open = Match.objects.filter(need__state=NeedState.OPEN, listing=listing)
    _forget(of_open.exclude(need__in=[pair.need_id for pair in pairs]))
    return new


def of_listing(listing: Listing) -> list[Pair]:
    """All open needs this listing fits, in one question to the database: 40 ms for 10,000."""
    given = _of_this_listing(listing.pk)
    if given is None:
        return []
    sql = f"""
        SELECT id, score, cosine FROM (
            SELECT need.id, {SCORE.format(**GIVEN)} AS score, {COSINE.format(**GIVEN)} AS cosine,
                %(terms)s::tsvector @@ need.candidates AS worded
            FROM matching_need need
            WHERE need.state = %(open)s AND need.analyser > 0 AND need.organization_id <> %(holder)s
            OFFSET 0
        ) found
        WHERE score >= %(threshold)s AND (worded OR cosine >= %(near_from)s) ORDER BY id
    """
    with connection.cursor() as cursor:
        asked = {"open": NeedState.OPEN, "holder": listing.holder_id, "threshold": MATCHES_FROM, "near_from": NEAR_FROM}
        cursor.execute(sql, given | asked)
        return [Pair(need_id, listing.pk, score, cosine) for need_id, score, cosine in cursor.fetchall()]


def _of_this_listing(listing_id: int) -> dict[str, Any] | None:
    """The listing's document and vector as literals: read once, not once per need."""
    sql = """
        SELECT document.weights::text, document.terms::text, coalesce(meaning.model, 0), meaning.vector::text
        FROM tech_listings_listingdocument document
        LEFT JOIN tech_listings_listingmeaning meaning ON meaning.listing_id = document.listing_id
        WHERE document.listing_id = %s
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [listing_id])
        row = cursor.fetchone()
    if row is None:
        return None
    weights, terms, model, vector = row
    return {"weights": weights, "terms": terms, "listing_model": model, "vector": vector, "model": meaning.MODEL}


def of_need(need: Need) -> list[Pair]:
    """What the search finds for the need among published listings of others, with the score both directions share."""
    others = Listing.objects.published().exclude(holder=need.organization_id)
    asked = {"need": need.pk}
    rows = _scored("SELECT * FROM matching_need WHERE id = %(need)s", asked, others, need.title, need.problem)
    return [Pair(need.pk, listing_id, score, cosine) for listing_id, score, cosine in rows]


def listings_lately(*, title: str, problem: str, organization: Organization, at: datetime) -> int:
    """How many listings of others published in the 30 days before `at` would match a need of these words, by the score
    it would get; up to `LOOKED_AT`. Nothing is written.
    """
    asked = question(title, problem)
    vector = meaning.encode([f"{title} {problem}"])[0]
    given = {
        "weights": weights_literal(asked.weights) if asked.weights else None,
        "candidates": asked.candidates or None,
        "full_score": asked.full_score,
        "need_vector": f"[{','.join(map(str, vector))}]",
    }
    lately = Listing.objects.published().filter(registered_at__gte=at - timedelta(days=ESTIMATE_DAYS))
    return len(_scored(UNWRITTEN, given, lately.exclude(holder=organization), title, problem))


UNWRITTEN = """
    SELECT %(weights)s::sparsevec AS weights, %(candidates)s::tsquery AS candidates,
        %(full_score)s::float8 AS full_score, %(need_vector)s::halfvec AS vector
"""


def _scored(
    need: str, asked: dict[str, Any], listings: QuerySet[Listing], title: str, problem: str
) -> list[tuple[int, int, float | None]]:
    """(listing, score, cosine) of the matches among what the search finds for these words in `listings`, best first.
    `need` is the SQL of one row that has the columns of a compiled need."""
    found = find(listings, understood(title, problem)).ids[:LOOKED_AT]
    sql = f"""
        SELECT id, score, cosine FROM (
            SELECT document.listing_id AS id, {SCORE.format(**OF_LISTING)} AS score,
                {COSINE.format(**OF_LISTING)} AS cosine, document.terms @@ need.candidates AS worded
            FROM ({need}) need
            CROSS JOIN tech_listings_listingdocument document
            LEFT JOIN tech_listings_listingmeaning meaning ON meaning.listing_id = document.listing_id
            WHERE document.listing_id = ANY(%(found)s)
            OFFSET 0
        ) scored
        WHERE score >= %(threshold)s AND (worded OR cosine >= %(near_from)s) ORDER BY score DESC, id DESC
    """
    limits = {"found": found, "threshold": MATCHES_FROM, "near_from": NEAR_FROM, "model": meaning.MODEL}
    with connection.cursor() as cursor:
        cursor.execute(sql, asked | limits)
        return list(cursor.fetchall())


def write(pairs: Sequence[Pair], *, at: datetime) -> int:
    """Insert what is new, correct what changed, tell holders of good ones. Returns how many are new."""
    if not pairs:
        return 0
    reasons = reasons_of(pairs)
    rows = [(p.need_id, p.listing_id, p.score, json.dumps(reasons[p.need_id, p.listing_id])) for p in pairs]
    sql = """
        INSERT INTO matching_match AS found
            (public_id, need_id, listing_id, score, reason, found_at, is_news, why_not, why_not_text)
        SELECT uuidv7(), need_id, listing_id, score, reason, %s, true, '', ''
        FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::jsonb[]) AS row (need_id, listing_id, score, reason)
        ORDER BY need_id, listing_id
        ON CONFLICT (need_id, listing_id) WHERE need_id IS NOT NULL
        DO UPDATE SET score = EXCLUDED.score, reason = EXCLUDED.reason
        WHERE (found.score, found.reason) IS DISTINCT FROM (EXCLUDED.score, EXCLUDED.reason)
        RETURNING new.need_id, new.listing_id, new.score, old.score
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [at, *(list(column) for column in zip(*rows, strict=True))])
        written = cursor.fetchall()
    # Also where it became better: by words alone it may have been too little to tell, with the meaning it is not.
    heard = [(need, listing) for need, listing, score, old in written if (old or 0) < HOLDERS_HEAR_FROM <= score]
    _tell_holders(heard, at)
    return sum(old is None for _need, _listing, _score, old in written)


def _tell_holders(new: Iterable[tuple[int, int]], at: datetime) -> None:
    pairs = list(new)
    needs = Need.objects.in_bulk([need for need, _listing in pairs])
    listings = Listing.objects.select_related("holder").in_bulk([listing for _need, listing in pairs])
    people: dict[int, list[User]] = {}
    told = set()
    for need_id, listing_id in pairs:
        need, listing = needs[need_id], listings[listing_id]
        if (need_id, listing.holder_id) in told:
            continue
        told.add((need_id, listing.holder_id))
        if listing.holder_id not in people:
            people[listing.holder_id] = notices.who_may_answer(listing.holder)
        notices.fits(need, listing, at, to=people[listing.holder_id])


def _forget(gone: Any) -> None:
    """Matches that fit no more go, unless somebody was told of them or judged them."""
    gone.filter(alerted_at__isnull=True, why_not="").delete()


def reasons_of(pairs: Sequence[Pair]) -> dict[tuple[int, int], dict[str, Any]]:
    """`words`: up to six that both have, the weightiest first; `meaning`: similarity in percent, where it says much."""
    words = dict(Need.objects.filter(pk__in={pair.need_id for pair in pairs}).values_list("pk", "words"))
    held = _places_of({pair.listing_id for pair in pairs})
    found = {}
    for pair in pairs:
        there = held.get(pair.listing_id, frozenset())
        shared = [word for place, word in words[pair.need_id] if place in there]
        reason: dict[str, Any] = {"words": _longest(shared)[:MOST_WORDS]}
        percent = round(100 * max(0.0, pair.cosine or 0.0))
        if percent >= MEANING_SAYS_FROM:
            reason["meaning"] = percent
        found[pair.need_id, pair.listing_id] = reason
    return found


def _longest(words: Iterable[str]) -> list[str]:
    """`words` without those that are part of another one."""
    best: list[str] = []
    for word in words:
        if not any(word in longer for longer in best):
            best = [shorter for shorter in best if shorter not in word] + [word]
    return best


def _places_of(listing_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT listing_id, terms FROM (SELECT listing_id, tsvector_to_array(terms) AS terms"
            " FROM tech_listings_listingdocument WHERE listing_id = ANY(%s)) found",
            [list(listing_ids)],
        )
        return {pk: frozenset(map(term_id, terms)) for pk, terms in cursor.fetchall()}
