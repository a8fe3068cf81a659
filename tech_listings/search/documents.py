"""The search document of a listing: in which terms it is found, and its half of BM25 (design.md §4).

The confidential part of a listing is never read here (lessons F22).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from struct import pack

import numpy as np
from numpy.typing import NDArray

from tech_listings.models import Listing, ListingDocument, ListingMeaning, Right
from tech_listings.models.search import TERM_IDS
from tech_listings.search.terms import ANALYSER
from tech_listings.search.vocabulary import NUMBER_BYTES, Numbers, counted, pairs, places, vocabulary

K1, B = 1.2, 0.75
AVERAGE_WORDS, AVERAGE_PAIRS = 150, 225
"""Fixed, so that a document's weights do not change when others come: abstracts of patents have
about as many."""

TITLE_TIMES = 2
"""How often a title counts beyond the once that every text counts."""

MOST_TERMS = 12_000
"""pgvector takes 16,000 entries in a sparse vector; a text of 60,000 characters stays below this."""

BLOCK = 4_096
NO_POSITIONS = b"\0\0\0"
"""The end of a lexeme in a tsvector's binary form, and that no positions follow."""


@dataclass(frozen=True)
class Document:
    """The terms of a listing, each once; the `places` of all but the last, ascending, with BM25's part of the document
    as `saturated`; `length` is the number of terms with repetition.

    `terms` and `weights` are literals of a tsvector and a sparsevec. `terms_sent` and `weights_sent` are the same as
    PostgreSQL reads them in binary form (`tsvectorrecv`, pgvector's `sparsevec_recv`): a tenth of the time of both.
    """

    lexemes: list[bytes]
    places: NDArray[np.int64]
    saturated: NDArray[np.float32]
    length: int

    @property
    def terms(self) -> str:
        return " ".join(quoted(lexeme.decode()) for lexeme in self.lexemes)

    @property
    def weights(self) -> str:
        weighted = zip(self.places.tolist(), map(str, self.saturated), strict=True)
        return f"{{{','.join(f'{place}:{weight}' for place, weight in weighted)}}}/{TERM_IDS}"

    @property
    def terms_sent(self) -> bytes:
        return pack("!i", len(self.lexemes)) + NO_POSITIONS.join(self.lexemes) + NO_POSITIONS

    @property
    def weights_sent(self) -> bytes:
        # In binary form places count from 0; the third number is reserved.
        head = pack("!iii", TERM_IDS, len(self.places), 0)
        return head + (self.places - 1).astype(">i4").tobytes() + self.saturated.astype(">f4").tobytes()


def block(listing_id: int) -> str:
    """The term that tells which `BLOCK` of listings one is in: it lets a question about a very common word ask the
    newest listings only (see `ranking`)."""
    return f"#{listing_id // BLOCK}"


def document(listing_id: int, title: str, text: str) -> Document:
    """The document of a listing with these titles and all of this other text."""
    known = vocabulary()
    of_title, of_text = known.numbers_in(title), known.numbers_in(text)
    numbers = of_text + of_title * (1 + TITLE_TIMES)
    terms, times = counted(numbers)
    if len(terms) > MOST_TERMS:
        terms, times = _most_frequent(np.frombuffer(numbers, np.int64))
    lexemes = [*known.lexemes_of(terms), block(listing_id).encode()]
    return Document(lexemes, *_weights(terms, times), (len(of_title) + len(of_text)) // NUMBER_BYTES)


def _most_frequent(numbers: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
    """Half of `MOST_TERMS` each of words and pairs; of those that are equally frequent the ones that come first."""
    terms, first, times = np.unique(numbers, return_index=True, return_counts=True)
    order = np.lexsort((first, -times))
    is_pair = pairs(terms)[order]
    kept = np.sort(np.concatenate([order[is_pair == kind][: MOST_TERMS // 2] for kind in (0, 1)]))
    return terms[kept], times[kept]


def _weights(terms: Numbers, times: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Places in ascending order, and BM25's part of the document by how often their terms occur."""
    is_pair = pairs(terms)
    all_pairs = int(times @ is_pair)
    drags = np.array([_drag(int(times.sum()) - all_pairs, AVERAGE_WORDS), _drag(all_pairs, AVERAGE_PAIRS)])
    weights = (times * (K1 + 1) / (times + drags[is_pair])).astype(np.float32)
    at = places(terms)
    is_first = at[1:] != at[:-1]
    if not is_first.all():  # two terms with one place would be refused: the heavier one stands for both
        starts = np.flatnonzero(np.concatenate([[True], is_first]))
        return at[starts], np.maximum.reduceat(weights, starts)
    return at, weights


def _drag(length: int, average: int) -> float:
    return K1 * (1 - B + B * length / average)


def quoted(term: str) -> str:
    """A term as it stands in a tsvector or tsquery literal."""
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def titles_of(listing: Listing) -> str:
    return "\n".join(filter(None, (listing.title_ko, listing.title_en, listing.title_zh)))


def text_of(listing: Listing, holder_names: Iterable[str], rights: Iterable[Right]) -> str:
    """All else of a listing that may be found in public."""
    parts: list[str] = [
        listing.value_ko, listing.value_en, listing.value_zh,
        listing.summary_ko, listing.summary_en, listing.summary_zh,
        listing.problem, listing.effect, listing.field_of_use,
        *listing.keywords, *listing.ipc_codes, listing.number or "", *holder_names,
    ]  # fmt: skip
    for right in rights:
        parts += [right.title, right.application_number, right.registration_number]
    return "\n".join(filter(None, parts))


def documents_for(listings: Sequence[Listing]) -> list[ListingDocument]:
    """Unsaved documents of listings whose `holder` and `rights` are at hand (prefetched)."""
    made = []
    for listing in listings:
        holder = listing.holder
        text = text_of(listing, (holder.name, holder.name_en, holder.name_zh), listing.rights.all())
        found = document(listing.pk, titles_of(listing), text)
        made.append(
            ListingDocument(
                listing_id=listing.pk,
                terms=found.terms,
                weights=found.weights,
                length=found.length,
                is_public=listing.is_public,
                analyser=ANALYSER,
            )
        )
    return made


def write_documents(listings: Sequence[Listing], *, at: datetime) -> None:
    """Write the documents of these listings, in the caller's transaction: what is committed is found.

    Their meaning becomes due; a worker makes it (`services.embed`).
    """
    rewrite_documents(listings)
    ListingMeaning.objects.bulk_create(
        [ListingMeaning(listing_id=listing.pk, due_at=at) for listing in listings],
        update_conflicts=True,
        unique_fields=["listing"],
        update_fields=["due_at", "attempts"],
    )


def rewrite_documents(listings: Sequence[Listing]) -> None:
    """The documents alone, for a new analyser: the meaning of the text is the same."""
    ListingDocument.objects.bulk_create(
        documents_for(listings),
        update_conflicts=True,
        unique_fields=["listing"],
        update_fields=["terms", "weights", "length", "is_public", "analyser"],
    )
