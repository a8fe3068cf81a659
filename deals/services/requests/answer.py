"""The holder answers."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.enums.requests import REQUEST_STATES, AnswerKind, DeclineCategory, EventKind, RequestState
from deals.models import LONG_TEXT, TransferRequest
from deals.notices import requests as notices
from deals.services.requests.timeline import add_event
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.text import tidy


class AlreadyClosed(Conflict):
    """Somebody answered or withdrew it meanwhile."""

    code = "already_closed"


@transaction.atomic
def answer(
    *, request: TransferRequest, kind: str, category: str = "", text: str = "", by: User, at: datetime
) -> TransferRequest:
    """Say that the holder wants to talk, or decline with a category and words. Once.

    Raises `NotAllowed`, `AlreadyClosed`, and `DomainError` naming the field.
    """
    locked = TransferRequest.objects.for_page().select_for_update(of=["self"]).get(pk=request.pk)
    if not has_permission(by, Permission.ANSWER_REQUESTS, locked.holder):
        raise NotAllowed(_("Only members of the holder who may answer requests can do this."))
    refuse_if_closed(locked)
    text = tidy(text)
    _check(kind, category, text)

    REQUEST_STATES.move(
        locked,
        RequestState.ANSWERED,
        answer_kind=kind,
        decline_category=category if kind == AnswerKind.DECLINED else "",
        answer_text=text,
        answered_at=at,
        answered_by=by,
    )
    add_event(request=locked, kind=EventKind.ANSWERED, by=by, at=at)
    notices.answered(locked, at)
    return locked


def refuse_if_closed(request: TransferRequest, *, to_requester: bool = False) -> None:
    """Raise `AlreadyClosed` with who did what, for whoever came second. Persons are named to their own side only."""
    if request.state == RequestState.ANSWERED:
        who = request.holder.display_name if to_requester else request.answered_by
        raise AlreadyClosed(
            _("%(name)s answered this request before you: %(outcome)s.") % {"name": who, "outcome": request.outcome}
        )
    if request.state == RequestState.WITHDRAWN:
        raise AlreadyClosed(_("The requester withdrew this request before you."))


def _check(kind: str, category: str, text: str) -> None:
    if kind not in AnswerKind.values:
        raise DomainError(_("Choose an answer."), field="kind")
    if len(text) > LONG_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONG_TEXT}, field="text")
    if kind == AnswerKind.DECLINED:
        if category not in DeclineCategory.values:
            raise DomainError(_("Choose the reason."), field="category")
        if not text:
            raise DomainError(_("Explain the reason in a sentence or two: the requester will read it."), field="text")
