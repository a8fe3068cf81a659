"""How far the search is behind: figures for the officer's page and `manage.py search_status`."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from tech_listings.enums import PUBLIC_STATES
from tech_listings.models import ListingDocument, ListingMeaning, SearchState, SearchTerm, SearchWord, SynonymGroup
from tech_listings.search.meaning import MODEL
from tech_listings.search.terms import ANALYSER


@dataclass(frozen=True)
class Figures:
    """`meanings_due` wait for their vector, the longest since `meanings_due_since`; `meanings_stuck` were tried before.

    `documents_old` are of an analyser before the present one and are found until they are made anew.
    `terms_documents` is how many published documents the frequencies of words were counted from, at `terms_at`;
    `words` are those that suggestions know, as of `words_at`.
    """

    documents: int
    documents_old: int
    analyser: int
    meanings: int
    meanings_due: int
    meanings_due_since: datetime | None
    meanings_stuck: int
    model: int
    terms: int
    terms_documents: int
    terms_at: datetime | None
    words: int
    words_at: datetime | None
    rebuild_from: int | None
    synonym_groups: int
    synonym_groups_off: int


def figures() -> Figures:
    """The state of now. Every count is answered by an index: rows with vectors and terms are large."""
    # What is not published has its turn with its publication (`services.embed.due`): it is no backlog.
    waits = Q(listing__state__in=PUBLIC_STATES)
    due = ListingMeaning.objects.filter(due_at__isnull=False).aggregate(
        all=Count("pk", filter=waits),
        oldest=Min("due_at", filter=waits),
        stuck=Count("pk", filter=waits & Q(attempts__gt=0)),
        never=Count("pk", filter=Q(model=0)),
    )
    groups = SynonymGroup.objects.aggregate(
        on=Count("pk", filter=Q(is_active=True)), off=Count("pk", filter=Q(is_active=False))
    )
    state = SearchState.objects.filter(pk=1).first() or SearchState()
    return Figures(
        documents=ListingDocument.objects.count(),
        documents_old=ListingDocument.objects.filter(analyser__lt=ANALYSER).count(),
        analyser=ANALYSER,
        # A row without a vector is always due (`meaning_made_or_due`).
        meanings=ListingMeaning.objects.count() - due["never"],
        meanings_due=due["all"],
        meanings_due_since=due["oldest"],
        meanings_stuck=due["stuck"],
        model=MODEL,
        terms=SearchTerm.objects.count(),
        terms_documents=state.documents,
        terms_at=state.terms_at,
        words=SearchWord.objects.count(),
        words_at=state.words_at,
        rebuild_from=state.rebuild_from,
        synonym_groups=groups["on"],
        synonym_groups_off=groups["off"],
    )
