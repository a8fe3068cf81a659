"""A short link, and the file behind it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.http import SignedInRequest
from accounts.models import User
from deals.models import TransferRequest
from disclosures.exports import bearer_of, file_response, opened
from disclosures.models import ConfidentialFile
from disclosures.services.files import FileGone
from disclosures.services.links import LinkOver, NoLink, Target, make_link, read_link
from disclosures.services.open import NotDeliverable, NotOpen
from marketplace.core.errors import DomainError
from tech_listings.models import Listing


def to_download(request: SignedInRequest, file: ConfidentialFile, transfer: TransferRequest | None) -> HttpResponse:
    """On to a link for this person. That it may be had is asked when it is used."""
    token = make_link(
        file_id=file.public_id, request_id=transfer.public_id if transfer else None, bearer=bearer_of(request)
    )
    return redirect("disclosures:download", token)


@require_GET
def download(request: SignedInRequest, token: str) -> HttpResponseBase:
    """A page that says why, where the link has nothing to give any more: its time is over, or what it was for was
    closed, removed or not let through by the scan since it was made."""
    try:
        target = read_link(token, bearer=bearer_of(request))
    except NoLink as error:
        raise Http404 from error
    except LinkOver as over:
        return _over(request, over.target, over)
    try:
        return file_response(opened(target, request.user))
    except (NotOpen, NotDeliverable, FileGone) as gone:
        return _over(request, target, gone)


def _over(request: SignedInRequest, target: Target, why: DomainError) -> HttpResponse:
    context = {"message": str(why), "back": _page_of(target, request.user)}
    return render(request, "disclosures/link_over.html", context, status=410)


def _page_of(target: Target, user: User) -> str:
    """Where a new link is made."""
    if target.request_id is not None:
        return reverse("disclosures:detail", args=[target.request_id])
    rows = ConfidentialFile.objects.filter(listing__in=Listing.objects.visible_to(user), public_id=target.file_id)
    file = rows.select_related("listing").first()
    if file is None or not user.has_perm("disclosures.keep_files", file.listing):
        raise PermissionDenied
    return reverse("disclosures:files", args=[file.listing.reference])
