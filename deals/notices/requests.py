"""What this app tells people, and whom. Inbox and mail say which request, never who is interested in what."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from deals.models import TransferRequest
from notifications import registry
from notifications.outbox import notify

TARGET = "deals.transferrequest"
ANSWERED = "request_answered"


def requests_visible_to(user: User) -> QuerySet[TransferRequest]:
    return TransferRequest.objects.visible_to(user)


def with_the_date_as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    due = date.fromisoformat(params["due"])
    return {**params, "due": date_format(due, "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any) -> None:
    registry.register(
        kind, title=title, body=body, targets=requests_visible_to, present=with_the_date_as_people_write_it
    )


_register(
    "request_receipt",
    _("Your transfer request %(number)s was sent"),
    _("The holder of technology %(listing)s has until %(due)s to answer. Keep the receipt number %(number)s."),
)
_register(
    "request_received",
    _("Transfer request %(number)s for technology %(listing)s"),
    _("Please answer by %(due)s."),
)
_register(
    ANSWERED,
    _("Transfer request %(number)s was answered"),
    _("The holder of technology %(listing)s has answered your request."),
)
_register(
    "request_withdrawn",
    _("Transfer request %(number)s was withdrawn"),
    _("The request for technology %(listing)s needs no answer any more."),
)
_register(
    "request_due_soon",
    _("Transfer request %(number)s is due on %(due)s"),
    _("The request for technology %(listing)s still waits for your answer."),
)
_register(
    "request_overdue",
    _("Transfer request %(number)s is overdue"),
    _("Your organization promised an answer for technology %(listing)s by %(due)s."),
)
_register(
    "request_answer_late",
    _("The answer to your request %(number)s is late"),
    _("The holder of technology %(listing)s was to answer by %(due)s and has been reminded."),
)
_register(
    "request_listing_withdrawn",
    _("Technology %(listing)s was withdrawn"),
    _("Your request %(number)s still waits for an answer. The holder may answer it, and you may withdraw it."),
)


def receipt(request: TransferRequest) -> None:
    _tell([request.requested_by], "request_receipt", request, request.requested_at)


def received(request: TransferRequest) -> None:
    _tell(_answerers(request), "request_received", request, request.requested_at)


def answered(request: TransferRequest, at: datetime) -> None:
    _tell(_askers(request), ANSWERED, request, at)


def withdrawn(request: TransferRequest, at: datetime) -> None:
    _tell(_answerers(request), "request_withdrawn", request, at)


def due_soon(request: TransferRequest, at: datetime) -> None:
    _tell(_answerers(request), "request_due_soon", request, at)


def overdue(request: TransferRequest, at: datetime) -> None:
    _tell(_answerers(request), "request_overdue", request, at)
    _tell(_askers(request), "request_answer_late", request, at)


def listing_withdrawn(request: TransferRequest, at: datetime) -> None:
    _tell(_askers(request), "request_listing_withdrawn", request, at)


def _answerers(request: TransferRequest) -> Iterable[User]:
    return users_with_permission(request.holder, Permission.ANSWER_REQUESTS)


def _askers(request: TransferRequest) -> Iterable[User]:
    return users_with_permission(request.requester, Permission.SEND_REQUESTS)


def _tell(users: Iterable[User], kind: str, request: TransferRequest, at: datetime) -> None:
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{request.public_id}",
        params={
            "number": request.number,
            "listing": request.listing.number or "",
            "due": request.answer_due_on.isoformat(),
        },
        url=reverse("deals:detail", args=[request.public_id]),
        target=(TARGET, request.public_id),
        at=at,
    )
