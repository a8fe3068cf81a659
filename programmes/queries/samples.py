"""What an office may take over into a rehearsal as samples (docs/adr/0051)."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from programmes.enums.applications import ApplicationState
from programmes.models import Application, Call

S = ApplicationState
NOT_TAKEN = (S.DRAFT, S.DISCARDED, S.COMPLETION, S.WITHDRAWN)
"""What nobody submitted, what the firm is writing in just now, and what it took back."""


def sources_of(call: Call, at: datetime) -> QuerySet[Call]:
    """Earlier calls of the same office and kind whose window is over, the newest first, with `many` to take from."""
    rows = Call.objects.published().filter(office=call.office_id, kind=call.kind, closes_at__lte=at).exclude(pk=call.pk)
    many = Count("applications", filter=~Q(applications__state__in=NOT_TAKEN))
    return rows.annotate(many=many).filter(many__gt=0).order_by("-closes_at", "-pk")


def to_take(source: Call, call: Call) -> list[Application]:
    """Of `source` what has no sample in `call` yet: of each firm what it submitted last, in the order of submission."""
    rows = source.applications.exclude(state__in=NOT_TAKEN).exclude(
        organization__in=call.applications.values("organization")
    )
    named = rows.select_related("organization", "transfer").prefetch_related("documents")
    last = {each.organization_id: each for each in named.order_by("submitted_at", "pk")}
    return sorted(last.values(), key=lambda each: (each.submitted_at, each.pk))
