"""How far the search is behind: figures for the officer's page and `manage.py search_status`."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from tech_listings.models import ListingDocument, ListingMeaning, SearchState, SearchTerm, SynonymGroup
from tech_listings.search.meaning import MODEL
from tech_listings.search.terms import ANALYSER


@dataclass(frozen=True)
class Figures:
    """`meanings_due` wait for their vector, the longest since `meanings_due_since`; `meanings_stuck` were tried before.

    `documents_old` are of an analyser before the present one and are found until they are made anew.
    `terms_documents` is how many published documents the frequencies of words were counted from, at `terms_at`.
    """

    documents: int
    documents_old: int
    analyser: int
    meanings: int
    meanings_due: int
    meanings_due_since: datetime | None
    meanings_stuck: int
    meanings_old: int
    model: int
    terms: int
    terms_documents: int
    terms_at: datetime | None
    rebuild_from: int | None
    synonym_groups: int
    synonym_groups_off: int


def figures() -> Figures:
    """The state of now. Counts whole tables, by their indexes: for people who look, not for every page."""
    documents = ListingDocument.objects.aggregate(all=Count("pk"), old=Count("pk", filter=Q(analyser__lt=ANALYSER)))
    due = ListingMeaning.objects.filter(due_at__isnull=False).aggregate(
        all=Count("pk"), oldest=Min("due_at"), stuck=Count("pk", filter=Q(attempts__gt=0))
    )
    made = ListingMeaning.objects.aggregate(
        all=Count("pk", filter=Q(model__gt=0)), old=Count("pk", filter=Q(model__gt=0, model__lt=MODEL))
    )
    groups = SynonymGroup.objects.aggregate(
        on=Count("pk", filter=Q(is_active=True)), off=Count("pk", filter=Q(is_active=False))
    )
    state = SearchState.objects.filter(pk=1).first() or SearchState()
    return Figures(
        documents=documents["all"],
        documents_old=documents["old"],
        analyser=ANALYSER,
        meanings=made["all"],
        meanings_due=due["all"],
        meanings_due_since=due["oldest"],
        meanings_stuck=due["stuck"],
        meanings_old=made["old"],
        model=MODEL,
        terms=SearchTerm.objects.count(),
        terms_documents=state.documents,
        terms_at=state.terms_at,
        rebuild_from=state.rebuild_from,
        synonym_groups=groups["on"],
        synonym_groups_off=groups["off"],
    )
