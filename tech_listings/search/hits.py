"""Listings behind words: those a word was seen in, and the first whose document has given terms. Always bounded."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

from django.db import connections, transaction

from marketplace.core.replica import on_replica
from marketplace.core.text import normalise
from tech_listings.models import Listing, SearchWord
from tech_listings.search.language import all_words

NEWEST_HITS, FIRST_HITS, MOST_SEEN = 60, 400, 300
TEXTS = ("number", "title_ko", "title_en", "title_zh", "keywords", "registered_at")


def seen_in(words: Iterable[SearchWord]) -> dict[int, Listing]:
    """The listings these words were seen in, if they are published now."""
    ids = {pk for word in words for pk in word.seen_in}
    return {listing.pk: listing for listing in _published(ids)} if ids else {}


def _published(ids: Iterable[int]) -> list[Listing]:
    rows = on_replica(Listing.objects.published()).filter(pk__in=ids).only(*TEXTS)
    return list(rows.newest_first()[:MOST_SEEN])


def normalised_titles(listing: Listing) -> str:
    """As a word is looked for in them."""
    return normalise("\n".join((listing.title_ko, listing.title_en, listing.title_zh)))


def stands_in(word: SearchWord, listings: dict[int, Listing]) -> bool:
    """Whether one of the listings the word was seen in is published and says it still (lessons F22)."""
    wanted = normalise(word.word)
    for listing in filter(None, map(listings.get, word.seen_in)):
        if wanted in normalised_titles(listing) or any(wanted in normalise(keyword) for keyword in listing.keywords):
            return True
    return False


def _hits(terms: str) -> list[int]:
    """The first few hundred listings whose document has these terms, in no order.

    Other ways than by GIN are closed: for a limit the planner would read the table from its beginning, which is quick
    where hits are spread evenly, and reads every long vector where they all came with the last import.
    """
    if not terms:
        return []
    with bounded(enable_seqscan="off", enable_indexscan="off", enable_indexonlyscan="off") as cursor:
        cursor.execute(
            "SELECT listing_id FROM tech_listings_listingdocument WHERE terms @@ %s::tsquery LIMIT %s",
            [terms, FIRST_HITS],
        )
        return [pk for (pk,) in cursor.fetchall()]


def published_hits(terms: str) -> list[Listing]:
    ids = _hits(terms)
    rows = on_replica(Listing.objects.published()).filter(pk__in=ids).only(*TEXTS)
    return list(rows.newest_first()[:NEWEST_HITS])


def any_published(text: str, *, as_written: bool = False) -> bool:
    ids = _hits(all_words(text, as_written=as_written))
    return bool(ids) and on_replica(Listing.objects.published()).filter(pk__in=ids).exists()


@contextmanager
def bounded(*, using: str = "", **settings: str) -> Iterator[Any]:
    """A cursor whose questions run with these settings of the database, and nothing after them does."""
    using = using or on_replica(SearchWord.objects.all()).db
    inside = connections[using].in_atomic_block
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(['set_config(%s, %s, true)'] * len(settings))}",
            list(chain.from_iterable(settings.items())),
        )
        yield cursor
        if inside:  # what is set stays until the outermost transaction ends
            for name in settings:
                cursor.execute(f"SET LOCAL {name} TO DEFAULT")
