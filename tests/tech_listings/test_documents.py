"""The search document of a listing: its terms and weights, however they are counted and written."""

from collections import Counter

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tech_listings.models import ListingDocument
from tech_listings.search import documents, vocabulary
from tech_listings.search.documents import block, document, rewrite_documents
from tech_listings.search.terms import is_pair, term_id, terms_in, words_and_pairs
from tech_listings.services.ingest_copy import copy_binary
from tech_listings.services.ingest_write import DOCUMENT_COLUMNS, document_row
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once

TITLE = "고체 전해질 전지"
TEXT = "수소저장을 위한 고체 전해질, 固体电解质·电池 Solid-State batteries 10-2020-0001234 고체"
ODD = ["", "…", "\x00수소\x00", "it's a \\ 'quote' {1:2}/3", "ΐ ǰ ﬁ № ㎏ ﷺ", "수\u00a0소\x1c저장", "가" * 500]
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text(
    st.sampled_from("수소저장ㅎㅏ하\u1112\u1161氢 电池aΣς'\\=·\u0301 \t\n\u3000"), max_size=40
)


def lexemes(found):
    return [lexeme.decode() for lexeme in found.lexemes]


@pytest.mark.parametrize("text", [TEXT, *ODD])
def test_terms_are_those_of_the_text(text):
    found = document(5_000, TITLE, text)

    assert Counter(lexemes(found)) == Counter({*terms_in(TITLE), *terms_in(text), "#1"})
    assert found.length == len(terms_in(TITLE)) + len(terms_in(text))


@given(anything)
def test_no_term_depends_on_what_stands_beyond_a_space(text):
    known = vocabulary.Vocabulary()
    terms, times = vocabulary.counted(known.numbers_in(text))
    found = dict(zip((lexeme.decode() for lexeme in known.lexemes_of(terms)), times.tolist(), strict=True))

    assert found == Counter(terms_in(text))
    assert [bool(p) for p in vocabulary.pairs(terms)] == [is_pair(term) for term in found]


def test_weights_are_bm25_with_titles_three_times():
    found = document(1, TITLE, TEXT)
    expected = {}
    for kind, average in enumerate((documents.AVERAGE_WORDS, documents.AVERAGE_PAIRS)):
        times = Counter(words_and_pairs(TEXT)[kind] + 3 * words_and_pairs(TITLE)[kind])
        for term, n in times.items():
            drag = 1.2 * (0.25 + 0.75 * times.total() / average)
            expected[term_id(term)] = n * 2.2 / (n + drag)

    assert dict(zip(found.places.tolist(), found.saturated.tolist(), strict=True)) == pytest.approx(expected)
    assert found.places.tolist() == sorted(expected)


@pytest.mark.django_db
@pytest.mark.parametrize("text", [TEXT, *(text for text in ODD if "\x00" not in text)])
def test_binary_copy_writes_what_the_orm_writes(text):
    listing = ListingFactory(title_ko=TITLE, summary_ko=text)
    rewrite_documents([listing])
    by_orm = ListingDocument.objects.filter(pk=listing.pk).values().get()
    found = document(
        listing.pk,
        documents.titles_of(listing),
        documents.text_of(listing, _names(listing.holder), listing.rights.all()),
    )
    ListingDocument.objects.all().delete()

    copy_binary(ListingDocument, DOCUMENT_COLUMNS, [document_row(listing.pk, found, is_public=listing.is_public)])

    by_copy = ListingDocument.objects.filter(pk=listing.pk).values().get()
    assert by_copy.pop("weights").to_text() == by_orm.pop("weights").to_text()
    assert by_copy == by_orm


@pytest.mark.django_db
@given(anything, anything)
def test_both_forms_are_the_same_to_the_database(title, text):
    found = document(1, title, text)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS sent (terms tsvector, weights sparsevec) ON COMMIT DROP")
        cursor.execute("DELETE FROM sent")
    copy_binary(_Sent, ("terms", "weights"), [(found.terms_sent, found.weights_sent)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT terms = %s::tsvector, weights = %s::sparsevec FROM sent", [found.terms, found.weights])
        assert cursor.fetchone() == (True, True)


def test_nothing_to_copy_asks_nothing():
    copy_binary(ListingDocument, DOCUMENT_COLUMNS, [])


def test_of_two_terms_with_one_place_the_heavier_stands_for_both(monkeypatch):
    monkeypatch.setattr(vocabulary, "term_id", lambda term: 7)
    monkeypatch.setattr(vocabulary, "_now", vocabulary.Vocabulary())

    found = document(1, "", "solid solid solid state")

    assert lexemes(found) == ["solid", "state", block(1)]
    assert found.places.tolist() == [7]
    assert found.saturated.tolist() == pytest.approx(
        [3 * 2.2 / (3 + 1.2 * (0.25 + 0.75 * 4 / documents.AVERAGE_WORDS))]
    )


def test_a_text_of_too_many_terms_keeps_the_most_frequent_and_of_those_the_first(monkeypatch):
    monkeypatch.setattr(documents, "MOST_TERMS", 4)

    found = document(1, "", "alpha beta beta gamma delta 수소 수소 전지 소재")

    assert set(lexemes(found)) == {"beta", "수소", "=수소", "=소", "#0"}


def test_a_full_vocabulary_is_left_to_the_documents_that_use_it(monkeypatch):
    monkeypatch.setattr(vocabulary, "MOST_WORDS", 3)
    monkeypatch.setattr(vocabulary, "_now", vocabulary.Vocabulary())
    first = vocabulary.vocabulary()

    made = [set(lexemes(document(1, TITLE, TEXT))) for _ in range(2)]

    assert made[0] == made[1] == {*terms_in(TITLE), *terms_in(TEXT), "#0"}
    assert vocabulary.vocabulary() is not first


def test_a_long_text_without_spaces_is_not_remembered():
    known = vocabulary.Vocabulary()
    known.numbers_in("固体电解质" * 20)
    assert not known


def test_threads_give_each_term_one_number():
    known = vocabulary.Vocabulary()
    words = [f"w{n}q" for n in range(2_000)]

    at_once(*[lambda: known.numbers_in(" ".join(words))] * 4)

    terms, times = vocabulary.counted(known.numbers_in(" ".join(words)))
    assert sorted(known.lexemes_of(terms)) == sorted(word.encode() for word in words)
    assert set(times.tolist()) == {1}


def _names(holder):
    return holder.name, holder.name_en, holder.name_zh


class _Sent:
    """A table of the two columns in question, as `copy_binary` asks for a model."""

    class _meta:
        db_table = "sent"
        concrete_fields = ListingDocument._meta.concrete_fields
