"""A manager of the firm accepts the confidentiality terms; others of the firm ask for it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from deals.models import TransferRequest
from disclosures import notices
from disclosures.enums import DISCLOSURE_STATES, DisclosureState
from disclosures.models import Disclosure
from disclosures.services.asking import locked_standing, refuse_closed, require
from marketplace.core.errors import Conflict, NotPossibleNow


class OtherTerms(Conflict):
    """The holder offered it anew under another text than the one that was read."""

    code = "other_terms"


@transaction.atomic
def accept(*, request: TransferRequest, text_hash: str, by: User, at: datetime) -> Disclosure:
    """Accept for the firm the terms whose hash the reader was shown. Once: the second time gives the first one back.

    Raises `NotAllowed` for who is no manager of the firm, `OtherTerms`, `NotPossibleNow`.
    """
    disclosure = locked_standing(request)
    require(
        by, Permission.ACCEPT_NDA, disclosure.request.requester,
        _("Only a manager of your organization can accept the terms."),
    )  # fmt: skip
    if disclosure.state == DisclosureState.ACCEPTED:
        return disclosure
    _refuse_over(disclosure, at)
    if text_hash != disclosure.terms.text_hash:
        raise OtherTerms(_("The holder has put another text in place. Read it, then accept."))
    DISCLOSURE_STATES.move(
        disclosure, DisclosureState.ACCEPTED, accepted_at=at, accepted_by=by, accepted_hash=text_hash
    )
    notices.accepted(disclosure, at)
    return disclosure


@transaction.atomic
def ask_manager(*, request: TransferRequest, by: User, at: datetime) -> int:
    """Ask the firm's managers to accept; at most one message a day from each person. Returns how many are asked.

    Raises `NotAllowed`, `NotPossibleNow` where nothing waits to be accepted.
    """
    disclosure = locked_standing(request)
    require(
        by, Permission.VIEW_ORGANIZATION, disclosure.request.requester,
        _("Only members of the firm that asked can do this."),
    )  # fmt: skip
    if disclosure.state != DisclosureState.OFFERED:
        raise NotPossibleNow(_("The terms were accepted already."))
    _refuse_over(disclosure, at)
    return notices.asked(disclosure, by, at)


def _refuse_over(disclosure: Disclosure, at: datetime) -> None:
    refuse_closed(disclosure.request)
    if disclosure.is_over_on(timezone.localdate(at)):
        raise NotPossibleNow(_("The last day of this offer has passed. Ask the holder to move it."))
