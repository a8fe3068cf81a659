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
from disclosures.services.links import LinkOver, NoLink, Target, make_link, read_link


def to_download(request: SignedInRequest, file: ConfidentialFile, transfer: TransferRequest | None) -> HttpResponse:
    """On to a link for this person. That it may be had is asked when it is used."""
    token = make_link(
        file_id=file.public_id, request_id=transfer.public_id if transfer else None, bearer=bearer_of(request)
    )
    return redirect("disclosures:download", token)


@require_GET
def download(request: SignedInRequest, token: str) -> HttpResponseBase:
    try:
        target = read_link(token, bearer=bearer_of(request))
    except NoLink as error:
        raise Http404 from error
    except LinkOver as over:
        return render(
            request, "disclosures/link_over.html", {"message": str(over), "back": _page_of(over.target, request.user)},
            status=410,
        )  # fmt: skip
    return file_response(opened(target, request.user))


def _page_of(target: Target, user: User) -> str:
    """Where a new link is made."""
    if target.request_id is not None:
        return reverse("disclosures:detail", args=[target.request_id])
    file = ConfidentialFile.objects.visible_to(user).select_related("listing").filter(public_id=target.file_id).first()
    if file is None:
        raise PermissionDenied
    return reverse("disclosures:files", args=[file.listing.reference])
