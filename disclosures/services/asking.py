"""What every service about a disclosure shares: the request's row is the lock, then the disclosure's."""

from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from deals.models import TransferRequest
from disclosures.models import Disclosure, is_closed
from marketplace.core.errors import NotAllowed, NotPossibleNow


def lock_request(request: TransferRequest) -> TransferRequest:
    """Taken first by whoever offers, accepts, opens or closes: withdrawing and answering take it too."""
    rows = TransferRequest.objects.select_related("listing", "holder", "requester", "requested_by")
    return rows.select_for_update(of=["self"], no_key=True).get(pk=request.pk)


def standing(request: TransferRequest) -> Disclosure | None:
    """The disclosure of a request that is locked, locked too; None where none stands."""
    rows = Disclosure.objects.standing().select_related("terms").filter(request=request)
    found = rows.select_for_update(of=["self"]).first()
    if found is not None:
        found.request = request
    return found


def locked_standing(request: TransferRequest) -> Disclosure:
    """Both locked, in this order. Raises `NotPossibleNow` where nothing was offered, or it was closed."""
    found = standing(lock_request(request))
    if found is None:
        raise NotPossibleNow(_("The holder has not opened the confidential part to this request, or has closed it."))
    return found


def refuse_closed(request: TransferRequest) -> None:
    if is_closed(request):
        raise NotPossibleNow(_("This request was withdrawn or declined: nothing can be opened to it."))


def require(by: User, permission: Permission, organization: Organization, sentence: str) -> None:
    """Raise `NotAllowed` with `sentence`. Asked anew: a role may have ended since the page was loaded."""
    by.forget_memberships()
    if not has_permission(by, permission, organization):
        raise NotAllowed(sentence)
