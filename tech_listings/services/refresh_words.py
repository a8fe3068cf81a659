"""The vocabulary of suggestions and “did you mean”, from the titles and keywords of what is published."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Count, Max, Sum

from marketplace.core.text import normalise, tidy
from tech_listings.models import Listing, SearchState, SearchWord
from tech_listings.search.letters import initials, keys, letters
from tech_listings.search.terms import ANY_RUN, HAN, HANGUL, nouns

VERSION = 1
"""Raise it when words, letters, initials or keys are made otherwise: every row is then written anew."""

SHORTEST, LONGEST = 2, 60
MOST_WORDS = 6
"""Keywords of more words are sentences."""

SEEN_IN = 8
LISTINGS_AT_ONCE, WORDS_AT_ONCE = 2_000, 2_000
WORTH_ANALYSING = 1_000

IN_EVERY_TITLE = (
    "a an and are as at based be by for from in into is it its method methods of on or system systems the thereof "
    "to using via with without same having including comprising apparatus device devices 방법 장치 이용 포함"
)
NOT_WORDS = frozenset(IN_EVERY_TITLE.split())
"""They help nobody to find."""


@dataclass
class Entry:
    """A word while counting: published listings that have it, the newest of them, and how it is spelled."""

    documents: int = 0
    seen_in: list[int] = field(default_factory=list)
    spelled: Counter[str] = field(default_factory=Counter)


def refresh_words(*, at: datetime, anew: bool = False) -> int:
    """Bring the vocabulary up to what is published; how many words were written or deleted.

    Does nothing where nothing was published, changed or withdrawn since. Listings are read and words are written in
    batches of their own, so that nobody waits; readers may for a moment see some words of before and some of now. What
    changes meanwhile is found by the next call: the state is that of before the first batch. Safe to run twice at once.
    """
    state = _state_of_listings()
    last = SearchState.objects.filter(pk=1).values_list("words_of", flat=True).first() or ""
    if state == last and not anew:
        return 0
    counted = _count()
    wanted = {_spelling(key, entry): entry for key, entry in counted.items()}
    written = _write(wanted, all_of_them=anew or not last.startswith(f"{VERSION}:"))
    if written >= WORTH_ANALYSING:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {SearchWord._meta.db_table}")
    SearchState.objects.update_or_create(pk=1, defaults={"words_at": at, "words_of": state})
    return written


def _state_of_listings() -> str:
    """Differs as soon as one listing was published, changed or withdrawn. No clock: commits come late."""
    found = Listing.objects.published().aggregate(
        many=Count("pk"), ids=Sum("pk"), revisions=Sum("revision"), latest=Max("updated_at")
    )
    latest = found["latest"].timestamp() if found["latest"] else 0
    return f"{VERSION}:{found['many']}:{found['ids'] or 0}:{found['revisions'] or 0}:{latest}"


def _count() -> dict[str, Entry]:
    counted: dict[str, Entry] = {}
    for pk, titles, keywords in _listings():
        for word in words_of(titles, keywords):
            key = normalise(word)
            entry = counted.get(key)
            if entry is None:
                entry = counted[key] = Entry()
            entry.documents += 1
            if len(entry.seen_in) < SEEN_IN:
                entry.seen_in.append(pk)
            if word != key:
                entry.spelled[word] += 1
    return counted


def _listings() -> Iterator[tuple[int, tuple[str, ...], list[str]]]:
    """Every published listing, newest first, a batch at a time: no transaction stays open."""
    rows = Listing.objects.published().order_by("-pk").values_list("pk", "title_ko", "title_en", "title_zh", "keywords")
    below: int | None = None
    while batch := list((rows if below is None else rows.filter(pk__lt=below))[:LISTINGS_AT_ONCE]):
        for pk, *titles, keywords in batch:
            yield pk, tuple(titles), keywords
        below = batch[-1][0]


def words_of(titles: Iterable[str], keywords: Iterable[str]) -> list[str]:
    """Keywords as written; nouns of titles, what they form together, and words in Latin and other letters.

    Chinese titles have no words that could be told apart: Chinese comes from keywords.
    """
    found = [" ".join(_composed(keyword).split()) for keyword in keywords]
    for title in titles:
        for run in ANY_RUN.findall(_composed(title)):
            if HANGUL.match(run):
                found += nouns(run)
            elif not HAN.match(run):
                # A title begins with a capital, its words do not: `Hydrogen`, but `OLED` and `LiFePO4`.
                found.append(run.lower() if run.istitle() else run)
    return list({normalise(word): word for word in found if _is_word(word)}.values())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", tidy(text))


def _is_word(word: str) -> bool:
    if not SHORTEST <= len(word) <= LONGEST or word.count(" ") >= MOST_WORDS:
        return False
    key = normalise(word)
    return len(key) <= LONGEST and key not in NOT_WORDS and re.search(r"[^\W\d_]", word) is not None


def _spelling(key: str, entry: Entry) -> str:
    """As most write it: `OLED`, not `oled`. Of two as usual the first in order, so that it stays the same."""
    unmarked = entry.documents - entry.spelled.total()
    best, times = max(entry.spelled.items(), key=lambda item: (item[1], item[0]), default=(key, 0))
    return best if times > unmarked else key


def _write(wanted: dict[str, Entry], *, all_of_them: bool) -> int:
    """Write what differs: in the order of the words, so that two at once do not wait for each other in a circle."""
    gone: list[int] = []
    changed: dict[str, Entry] = dict(wanted)
    after = ""
    rows = SearchWord.objects.order_by("word").values_list("word", "pk", "documents", "seen_in")
    while batch := list(rows.filter(word__gt=after)[:WORDS_AT_ONCE]):
        for word, pk, documents, seen_in in batch:
            entry = wanted.get(word)
            if entry is None:
                gone.append(pk)
            elif not all_of_them and (entry.documents, entry.seen_in) == (documents, seen_in):
                del changed[word]
        after = batch[-1][0]
    for start in range(0, len(gone), WORDS_AT_ONCE):
        SearchWord.objects.filter(pk__in=gone[start : start + WORDS_AT_ONCE]).delete()
    words = sorted(changed)
    for start in range(0, len(words), WORDS_AT_ONCE):
        SearchWord.objects.bulk_create(
            [_row(word, changed[word]) for word in words[start : start + WORDS_AT_ONCE]],
            update_conflicts=True,
            unique_fields=["word"],
            update_fields=["letters", "initials", "keys", "documents", "seen_in"],
        )
    return len(gone) + len(words)


def _row(word: str, entry: Entry) -> SearchWord:
    return SearchWord(
        word=word,
        letters=letters(word),
        initials=initials(word),
        keys=keys(word),
        documents=entry.documents,
        seen_in=entry.seen_in,
    )
