"""Reads for the home page, the list and the detail page."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from deals.enums.requests import EventKind, RequestState, Side
from deals.models import TransferRequest
from notifications.models import Notification

ANSWERED_NOTICE = "request_answered"
OF_REQUESTER = frozenset({EventKind.SENT, EventKind.WITHDRAWN})
OF_HOLDER = frozenset({EventKind.OPENED, EventKind.ANSWERED, EventKind.LISTING_WITHDRAWN})


@dataclass(frozen=True)
class Waiting:
    """One thing that waits on a person: a request to `answer` by `due_on`, or an answer to `read`."""

    todo: Literal["answer", "read"]
    request: TransferRequest
    title: str
    due_on: date | None
    is_overdue: bool

    @property
    def url(self) -> str:
        return reverse("deals:detail", args=[self.request.public_id])


def waiting_on(
    user: User, organization: Organization | None, *, today: date | None = None, limit: int = 10
) -> list[Waiting]:
    """What waits on `user` in `organization`: answers to give, the most urgent first, then answers not yet read.

    At most one query for each of the two.
    """
    if organization is None:
        return []
    day, language = today or timezone.localdate(), get_language() or "ko"
    found: list[Waiting] = []

    def add(todo: Literal["answer", "read"], request: TransferRequest, sentence: str) -> None:
        words = {"number": request.number, "title": request.listing.text_in("title", language)}
        due = request.answer_due_on if todo == "answer" else None
        found.append(Waiting(todo, request, sentence % words, due, request.is_overdue_on(day)))

    if has_permission(user, Permission.ANSWER_REQUESTS, organization):
        received = TransferRequest.objects.filter(holder=organization).waiting().for_list()
        for request in received.order_by("answer_due_on", "pk")[:limit]:
            add("answer", request, _("Answer request %(number)s: %(title)s"))
    if has_permission(user, Permission.SEND_REQUESTS, organization):
        for request in _unread_answers(user, organization)[:limit]:
            add("read", request, _("Read the answer to %(number)s: %(title)s"))
    return found[:limit]


def _unread_answers(user: User, organization: Organization) -> QuerySet[TransferRequest]:
    unread = Notification.objects.filter(recipient=user, kind=ANSWERED_NOTICE).unread()
    rows = TransferRequest.objects.filter(requester=organization, public_id__in=unread.values("target_id"))
    return rows.for_list().order_by("-answered_at", "-pk")


def waiting_count(user: User, organization: Organization | None) -> int:
    """Requests `organization` has not answered yet, as far as `user` may answer them."""
    if organization is None or not has_permission(user, Permission.ANSWER_REQUESTS, organization):
        return 0
    return TransferRequest.objects.filter(holder=organization).waiting().count()


def counts(rows: QuerySet[TransferRequest], today: date) -> dict[str, int]:
    """How many per side, per state and overdue, in one query. `rows` come from `seen_from`."""
    wanted = {state.value: Count("pk", filter=Q(state=state)) for state in RequestState}
    wanted |= {
        f"side_{Side.RECEIVED}": Count("pk", filter=Q(is_received=True)),
        f"side_{Side.SENT}": Count("pk", filter=Q(is_sent=True)),
        "overdue": Count("pk", filter=Q(state=RequestState.RECEIVED, answer_due_on__lt=today)),
        "all": Count("pk"),
    }
    return rows.order_by().aggregate(**wanted)


@dataclass(frozen=True)
class Line:
    kind: str
    title: str
    at: datetime
    by: str


def timeline(request: TransferRequest, user: User) -> list[Line]:
    """What happened, oldest first, the same for both sides. Persons are named to their own side only."""
    own = {o.pk for o in (request.holder, request.requester) if has_permission(user, Permission.VIEW_ORGANIZATION, o)}
    language = get_language() or "ko"

    def actor(kind: str, by: User | None) -> str:
        side = request.requester if kind in OF_REQUESTER else request.holder if kind in OF_HOLDER else None
        if side is None:
            return ""
        name = side.name_in(language)
        return f"{name} · {by.name}" if by and by.name and side.pk in own else name

    events = request.timeline.select_related("by").order_by("at", "pk")
    return [Line(e.kind, e.get_kind_display(), e.at, actor(e.kind, e.by)) for e in events]
