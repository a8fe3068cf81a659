"""Lines of the timeline. Each kind once per request, so that a repeated job or page view writes nothing new."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.enums.requests import EventKind, RequestState
from deals.models import RequestEvent, TransferRequest


def add_event(*, request: TransferRequest, kind: EventKind, by: User | None, at: datetime) -> bool:
    """Write the line unless there is one of this kind; whether it was new. The caller holds the request's lock."""
    _event, created = RequestEvent.objects.get_or_create(request=request, kind=kind, defaults={"at": at, "by": by})
    return created


@transaction.atomic
def note_opened(*, request: TransferRequest, by: User, at: datetime) -> bool:
    """The first time somebody of the holder looks at a waiting request. Nobody is told; the requester sees it."""
    if not has_permission(by, Permission.VIEW_ORGANIZATION, request.holder):
        return False
    if request.timeline.filter(kind=EventKind.OPENED).exists():
        return False
    locked = TransferRequest.objects.select_for_update(of=["self"]).get(pk=request.pk)
    if locked.state != RequestState.RECEIVED:
        return False
    return add_event(request=locked, kind=EventKind.OPENED, by=by, at=at)
