"""Remind holders of the day by which they promised an answer; say when it has passed."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from deals.enums.requests import EventKind
from deals.models import RequestEvent, TransferRequest
from deals.notices import requests as notices
from deals.services.requests.timeline import add_event

REMIND_BEFORE = timedelta(days=2)


def due_for_reminder(day: date) -> QuerySet[TransferRequest]:
    """Waiting ones that are due within two days and not yet reminded of, or overdue and not yet said so."""

    def said(kind: EventKind) -> Exists:
        return Exists(RequestEvent.objects.filter(request=OuterRef("pk"), kind=kind))

    soon = Q(answer_due_on__gte=day, answer_due_on__lte=day + REMIND_BEFORE) & ~said(EventKind.REMINDED)
    late = Q(answer_due_on__lt=day) & ~said(EventKind.OVERDUE)
    return TransferRequest.objects.waiting().filter(soon | late).order_by("answer_due_on", "pk")


@transaction.atomic
def remind(*, request_id: int, at: datetime) -> bool:
    """Remind once before and once after the date; whether anybody was told. Safe to run twice, and two at once."""
    locked = TransferRequest.objects.select_related("holder", "requester", "listing")
    request = locked.select_for_update(of=["self"], skip_locked=True).filter(pk=request_id).first()
    if request is None or not request.is_waiting:
        return False
    today = timezone.localdate(at)
    if request.is_overdue_on(today):
        if not add_event(request=request, kind=EventKind.OVERDUE, by=None, at=at):
            return False
        notices.overdue(request, at)
        return True
    if request.answer_due_on > today + REMIND_BEFORE:
        return False
    if not add_event(request=request, kind=EventKind.REMINDED, by=None, at=at):
        return False
    notices.due_soon(request, at)
    return True
