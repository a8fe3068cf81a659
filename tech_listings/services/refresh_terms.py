"""Count in how many published documents each term occurs (the half of BM25 that depends on all of them)."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from tech_listings.models import Listing, ListingDocument, SearchState, SearchTerm
from tech_listings.models.search import TERM_IDS
from tech_listings.querysets import is_public_sql

LOCK = 20_261_127
"""Advisory lock: one counting at a time. Another number than that of the synonyms, or officers would wait minutes."""

MOVED = 0.05
"""A figure is written anew when it moved by more than this share, and all are counted anew when their number did:
the rarity of a word is a logarithm, so smaller moves change no order."""

OLDEST = timedelta(days=1)

_terms, _documents, _listings = SearchTerm._meta.db_table, ListingDocument._meta.db_table, Listing._meta.db_table
COUNT = f"""
CREATE TEMPORARY TABLE counted_terms ON COMMIT DROP AS
SELECT (crc32(convert_to(word, 'UTF8')) % {TERM_IDS - 1} + 1)::int AS id, sum(ndoc)::int AS documents
FROM ts_stat($$
    SELECT d.terms FROM {_documents} d JOIN {_listings} l ON l.id = d.listing_id WHERE {is_public_sql("l.state")}
$$)
WHERE word NOT LIKE '#%'
GROUP BY 1
HAVING sum(ndoc) > 1
"""
WRITE = f"""
INSERT INTO {_terms} (id, documents) SELECT id, documents FROM counted_terms
ON CONFLICT (id) DO UPDATE SET documents = EXCLUDED.documents
WHERE abs({_terms}.documents - EXCLUDED.documents) > %s * {_terms}.documents
"""
FORGET = f"DELETE FROM {_terms} t WHERE NOT EXISTS (SELECT FROM counted_terms c WHERE c.id = t.id)"


def is_due(*, at: datetime) -> bool:
    """Whether the figures are a day old, or the number of documents has moved by a twentieth since."""
    state = SearchState.objects.first()
    now = Listing.objects.published().count()
    if state is None or state.terms_at is None:
        return now > 0
    return at - state.terms_at > OLDEST or abs(now - state.documents) > MOVED * state.documents


@transaction.atomic
def refresh_terms(*, at: datetime) -> int | None:
    """Count all terms. Returns of how many documents, None where another worker is at it.

    Readers are not in the way and not held up: they see the old figures until all new ones are committed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SET LOCAL statement_timeout TO 0")
        cursor.execute(COUNT)
        cursor.execute("ANALYZE counted_terms")
        cursor.execute(WRITE, [MOVED])
        cursor.execute(FORGET)
        cursor.execute("DROP TABLE counted_terms")
    documents = ListingDocument.objects.filter(listing__in=Listing.objects.published()).count()
    SearchState.objects.update_or_create(pk=1, defaults={"documents": documents, "terms_at": at})
    return documents
