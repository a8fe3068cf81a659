"""The requester takes a request back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.enums.requests import REQUEST_STATES, EventKind, RequestState
from deals.models import TransferRequest
from deals.notices import requests as notices
from deals.services.requests.answer import refuse_if_closed
from deals.services.requests.timeline import add_event
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.text import tidy


@transaction.atomic
def withdraw(*, request: TransferRequest, reason: str = "", by: User, at: datetime) -> TransferRequest:
    """Close a request that waits for an answer. Raises `NotAllowed`, `AlreadyClosed`, `DomainError` (long reason)."""
    locked = TransferRequest.objects.for_page().select_for_update(of=["self"]).get(pk=request.pk)
    if not has_permission(by, Permission.SEND_REQUESTS, locked.requester):
        raise NotAllowed(_("Only members of the requester who may send requests can do this."))
    refuse_if_closed(locked, to_requester=True)
    reason = tidy(reason)
    longest = TransferRequest._meta.get_field("withdrawal_reason").max_length or 0
    if len(reason) > longest:
        raise DomainError(_("At most %(most)d characters.") % {"most": longest}, field="reason")

    REQUEST_STATES.move(locked, RequestState.WITHDRAWN, withdrawn_at=at, withdrawn_by=by, withdrawal_reason=reason)
    add_event(request=locked, kind=EventKind.WITHDRAWN, by=by, at=at)
    notices.withdrawn(locked, at)
    return locked
