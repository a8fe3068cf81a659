"""The search document of a listing: in which terms it is found, and its half of BM25 (design.md §4).

The confidential part of a listing is never read here (lessons F22).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import add
from typing import Any

from tech_listings.models import Listing, ListingDocument, ListingMeaning, Right
from tech_listings.models.search import TERM_IDS
from tech_listings.search.terms import ANALYSER, term_id, words_and_pairs

K1, B = 1.2, 0.75
AVERAGE_WORDS, AVERAGE_PAIRS = 150, 225
"""Fixed, so that a document's weights do not change when others come: abstracts of patents have
about as many."""

TITLE_TIMES = 2
"""How often a title counts beyond the once that every text counts."""

MOST_TERMS = 12_000
"""pgvector takes 16,000 entries in a sparse vector; a text of 60,000 characters stays below this."""

MOST_REMEMBERED = 500_000
BLOCK = 4_096


@dataclass(frozen=True)
class Document:
    """`terms` is a tsvector literal, `weights` a sparsevec literal, `length` the number of terms with repetition."""

    terms: str
    weights: str
    length: int


class _Remembered(dict[str, Any]):
    """What `make` gives for a term: the same ones come again and again."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, term: str) -> Any:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        made = self[term] = self.make(term)
        return made


_places = _Remembered(lambda term: f"{term_id(term)}:")  # with the colon that follows it in a sparsevec literal


class _Saturated(dict[int, str]):
    """BM25's part of the document by how often a term occurs, for a document of this length."""

    def __init__(self, length: int, average: int) -> None:
        super().__init__()
        self.drag = K1 * (1 - B + B * length / average)

    def __missing__(self, times: int) -> str:
        weight = self[times] = f"{times * (K1 + 1) / (times + self.drag):.3f}"
        return weight


def block(listing_id: int) -> str:
    """The term that tells which `BLOCK` of listings one is in: it lets a question about a very common word ask the
    newest listings only (see `ranking`)."""
    return f"#{listing_id // BLOCK}"


def document(listing_id: int, title: str, text: str) -> Document:
    """The document of a listing with these titles and all of this other text."""
    title_words, title_pairs = words_and_pairs(title)
    words, pairs = words_and_pairs(text)
    length = len(words) + len(pairs) + len(title_words) + len(title_pairs)
    of_words = Counter(words + title_words * (1 + TITLE_TIMES))
    of_pairs = Counter(pairs + title_pairs * (1 + TITLE_TIMES))
    if len(of_words) + len(of_pairs) > MOST_TERMS:
        of_words, of_pairs = (Counter(dict(c.most_common(MOST_TERMS // 2))) for c in (of_words, of_pairs))
    terms = _literal([*of_words, *of_pairs, block(listing_id)])
    return Document(terms, _weights(of_words, of_pairs), length)


def _weights(words: Counter[str], pairs: Counter[str]) -> str:
    places = [*map(_places.__getitem__, words), *map(_places.__getitem__, pairs)]
    of_word, of_pair = _Saturated(words.total(), AVERAGE_WORDS), _Saturated(pairs.total(), AVERAGE_PAIRS)
    weights = [*map(of_word.__getitem__, words.values()), *map(of_pair.__getitem__, pairs.values())]
    if len(set(places)) < len(places):  # two terms with one place would be refused: the later one stands for both
        places, weights = map(list, zip(*dict(zip(places, weights, strict=True)).items(), strict=True))
    return "{" + ",".join(map(add, places, weights)) + f"}}/{TERM_IDS}"


def _literal(terms: Collection[str]) -> str:
    literal = "' '".join(terms)
    if "\\" in literal or literal.count("'") != 2 * max(0, len(terms) - 1):
        return " ".join(map(quoted, terms))
    return f"'{literal}'" if terms else ""


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
