"""Technologies whose text is nearly the same: duplicates, not merely neighbours in meaning (see `similar`).

Told by the search documents: the cosine of the weights of their terms, which are words and pairs of syllables and
therefore see Korean as well as English. Trigrams of characters (pg_trgm) see no Hangul under the collation C.
"""

from collections.abc import Sequence

from django.db import connection

from tech_listings.models import ListingDocument, SearchTerm
from tech_listings.models.search import TERM_IDS
from tech_listings.search.documents import quoted

ALIKE = 0.7
"""From here on two texts are called almost the same. Of 160 technologies of the demo no two reach 0.37, and one that is
sent anew with title, value and figures changed reaches 0.91 (`test_checks.py`)."""

RARE = 64
MOST = 5

_documents, _terms = ListingDocument._meta.db_table, SearchTerm._meta.db_table
RAREST = f"""
    SELECT word FROM unnest((SELECT tsvector_to_array(terms) FROM {_documents} WHERE listing_id = %s)) word
    LEFT JOIN {_terms} t ON t.id = (crc32(convert_to(word, 'UTF8')) %% {TERM_IDS - 1} + 1)::int
    WHERE word NOT LIKE '#%%'
    ORDER BY coalesce(t.documents, 0), md5(word)
    LIMIT {RARE}
"""
# First who shares one of the rarest terms, by the index of terms; of those the cosine.
NEAREST = f"""
    SELECT d.listing_id, 1 - (d.weights <=> own.weights) AS cosine
    FROM {_documents} own, {_documents} d JOIN tech_listings_listing l ON l.id = d.listing_id
    WHERE own.listing_id = %s AND d.terms @@ %s::tsquery AND d.listing_id <> %s AND l.state = ANY(%s)
    ORDER BY cosine DESC, d.listing_id
    LIMIT {MOST}
"""


def alike(listing_id: int, *, states: Sequence[str], least: float = ALIKE) -> dict[int, float]:
    """Listings in one of `states` whose text agrees with that of `listing_id` by `least` or more: id → cosine."""
    with connection.cursor() as cursor:
        cursor.execute(RAREST, [listing_id])
        rare = [word for (word,) in cursor.fetchall()]
        if not rare:
            return {}
        either = " | ".join(quoted(word) for word in rare)
        cursor.execute(NEAREST, [listing_id, either, listing_id, list(states)])
        return {pk: cosine for pk, cosine in cursor.fetchall() if cosine >= least}
