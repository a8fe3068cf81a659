"""Reads for the home page, the list and the detail page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from deals.enums.requests import EventKind, RequestState, Side
from deals.models import TransferRequest
from marketplace.core.waiting import Kind, Waiting
from notifications.models import Notification

ANSWERED_NOTICE = "request_answered"
OF_REQUESTER = frozenset({EventKind.SENT, EventKind.WITHDRAWN})
OF_HOLDER = frozenset({EventKind.OPENED, EventKind.ANSWERED, EventKind.LISTING_WITHDRAWN})


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """What waits on `user` in `organization`: answers to give, the most urgent first, then answers not yet read."""
    if organization is None:
        return
    language = get_language() or "ko"

    def line(request: TransferRequest, sentence: str, due_on: date | None) -> Waiting:
        words = {"number": request.number, "title": request.listing.text_in("title", language)}
        url = reverse("deals:detail", args=[request.public_id])
        return Waiting(sentence % words, url, due_on, request.is_overdue_on(day))

    def to_answer(request: TransferRequest) -> Waiting:
        return line(request, _("Answer request %(number)s: %(title)s"), request.answer_due_on)

    def to_read(request: TransferRequest) -> Waiting:
        return line(request, _("Read the answer to %(number)s: %(title)s"), None)

    if has_permission(user, Permission.ANSWER_REQUESTS, organization):
        received = TransferRequest.objects.filter(holder=organization).waiting()
        yield Kind(received.order_by("answer_due_on", "pk"), OF_A_REQUEST, to_answer)
    if has_permission(user, Permission.SEND_REQUESTS, organization):
        yield Kind(_unread_answers(user, organization), OF_A_REQUEST, to_read)


OF_A_REQUEST = (
    "public_id", "number", "state", "answer_due_on", "listing__title_ko", "listing__title_en", "listing__title_zh",
)  # fmt: skip


def _unread_answers(user: User, organization: Organization) -> QuerySet[TransferRequest]:
    unread = Notification.objects.filter(recipient=user, kind=ANSWERED_NOTICE).unread()
    rows = TransferRequest.objects.filter(requester=organization, public_id__in=unread.values("target_id"))
    return rows.order_by("-answered_at", "-pk")


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
