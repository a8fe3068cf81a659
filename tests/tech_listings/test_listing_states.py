"""The state table of technologies, in Python and in the database; numbers and dates of registration under threads."""

import datetime
import threading
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.db.models.query import QuerySet

from marketplace.core.states import IllegalTransition
from tech_listings.enums import (
    LISTING_STATES,
    PUBLIC_STATES,
    SHOWN_STATES,
    ListingState,
    Outcome,
    SuspendedFor,
)
from tech_listings.models import Listing, ListingDocument
from tech_listings.queries import not_looked_at
from tech_listings.services import publish as publishing
from tech_listings.services.review import approve
from tests.factories.tech_listings import ListingFactory, SourceFactory, an_officer, sent
from tests.threads import at_once

AT = datetime.datetime(2026, 6, 1, 10, tzinfo=ZoneInfo("Asia/Seoul"))
NEEDED = {
    ListingState.WITHDRAWN: {"withdrawn_at": AT},
    ListingState.SUSPENDED: {"suspended_at": AT, "suspended_for": SuspendedFor.DISPUTE},
    ListingState.EXEMPTED: {"exempted_until": datetime.date(2028, 1, 1)},
    ListingState.CLOSED: {"closed_at": AT, "outcome": Outcome.NON_EXCLUSIVE, "outcome_on": AT.date()},
}
NOTHING = {
    "withdrawn_at": None, "suspended_at": None, "suspended_for": "", "exempted_until": None, "closed_at": None,
    "outcome": "", "outcome_on": None,
}  # fmt: skip
STATES = [(a, b) for a in ListingState for b in ListingState if a != b]


@pytest.mark.parametrize(("before", "after"), STATES)
def test_python_and_the_database_agree_on_every_move(before, after):
    # Of a file: what is written by hand does not go to published from everywhere, see below.
    listing = ListingFactory(state=before, source=SourceFactory(), source_key="a:1", **NEEDED.get(before, {}))
    also = NOTHING | NEEDED.get(after, {})
    if LISTING_STATES.can(listing, after):
        LISTING_STATES.move(listing, after, **also)
        assert Listing.objects.get(pk=listing.pk).state == after
        return
    with pytest.raises(IllegalTransition):
        LISTING_STATES.move(listing, after, **also)
    with pytest.raises(InternalError), transaction.atomic():
        Listing.objects.filter(pk=listing.pk).update(state=after, **also)
    assert Listing.objects.get(pk=listing.pk).state == before


@pytest.mark.parametrize("before", [ListingState.DRAFT, ListingState.WITHDRAWN])
def test_what_was_written_by_hand_is_never_published_unseen(before):
    listing = ListingFactory(state=before, **NEEDED.get(before, {}))
    with pytest.raises(InternalError, match="reviewed before"), transaction.atomic():
        Listing.objects.filter(pk=listing.pk).update(state=ListingState.PUBLISHED, **NOTHING)
    assert Listing.objects.get(pk=listing.pk).state == before


@pytest.mark.parametrize("state", NEEDED)
def test_a_state_needs_what_belongs_to_it_and_only_there(state):
    listing = ListingFactory()
    with pytest.raises(IntegrityError, match="_says_"), transaction.atomic():
        ListingFactory(state=state)
    with pytest.raises(IntegrityError, match="_says_"), transaction.atomic():
        Listing.objects.filter(pk=listing.pk).update(**NEEDED[state])


@pytest.mark.parametrize("state", ListingState)
def test_the_document_is_public_as_long_as_the_technology_is(state):
    listing = ListingFactory(state=state, **NEEDED.get(state, {}))
    is_public = state in PUBLIC_STATES
    assert ListingDocument.objects.get(listing=listing).is_public == is_public
    assert Listing.objects.published().filter(pk=listing.pk).exists() == is_public
    assert listing.is_public == is_public
    for after in LISTING_STATES.moves.get(state, ()):
        with transaction.atomic():
            Listing.objects.filter(pk=listing.pk).update(
                state=after, source=SourceFactory(), source_key="a:1", **(NOTHING | NEEDED.get(after, {}))
            )
            assert ListingDocument.objects.get(listing=listing).is_public == (after in PUBLIC_STATES)
            transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_registering_many_at_once_gives_each_its_own_number():
    officer = an_officer()
    waiting = [sent() for _ in range(4)]
    results = at_once(*[lambda w=w: approve(listing=w, seen_revision=w.revision, by=officer, at=AT) for w in waiting])
    assert sorted(r.number for r in results) == [f"S202600000{n}" for n in range(1, 5)]


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_one_registers_it():
    one, other, waiting = an_officer(), an_officer(), sent()
    results = at_once(
        *[lambda by=by: approve(listing=waiting, seen_revision=waiting.revision, by=by, at=AT) for by in (one, other)]
    )
    assert sorted(type(r).__name__ for r in results) == ["AlreadyRegistered", "Listing"]
    assert waiting.submissions.get().decided_by in {one, other}


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_double_registration_would_pass(monkeypatch):
    """The proof that the test above watches the lock: taken away, both calls think they were first."""
    both_read = threading.Barrier(2)
    original = publishing.missing_parts
    one, other, waiting = an_officer(), an_officer(), sent()

    def slow(listing):
        both_read.wait(5)
        return original(listing)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *a, **k: self)
    monkeypatch.setattr(publishing, "missing_parts", slow)
    results = at_once(
        *[lambda by=by: approve(listing=waiting, seen_revision=waiting.revision, by=by, at=AT) for by in (one, other)]
    )
    assert "AlreadyRegistered" not in {type(r).__name__ for r in results}


INDEXES = """
    SELECT indexrelid::regclass::text FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid
    WHERE indrelid = 'tech_listings_listing'::regclass AND conindid IS NULL AND NOT indisunique
    AND indexrelid <> %s::regclass
"""


def hidden_numbers():
    """As `policy.queries.figures.listing.unlisted` asks for them."""
    return Listing.objects.filter(number__isnull=False).exclude(state__in=SHOWN_STATES).values_list("number", flat=True)


@pytest.mark.parametrize(
    ("index", "rows"),
    [
        ("listing_newest", lambda: Listing.objects.published().for_list()[:20]),
        ("listing_ipc", lambda: Listing.objects.published().filter(ipc_prefixes__contains=["H01M"]).order_by()),
        ("listing_not_looked_at", lambda: not_looked_at()[:20]),
        ("listing_hidden_numbers", hidden_numbers),
    ],
)
def test_the_partial_indexes_serve_the_questions_about_all_public_states(index, rows):
    with connection.cursor() as cursor:
        # In an empty table each index is as good: without the others this one is taken, if it can serve the question.
        cursor.execute(INDEXES, [index])
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute("SET LOCAL enable_seqscan TO off")
    assert index in rows().explain()
