"""A short link, and the file behind it."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_GET

from accounts.http import SignedInRequest
from accounts.models import User
from deals.models import TransferRequest
from disclosures.links import LinkOver, NoLink, Target, make_link, read_link
from disclosures.models import ConfidentialFile
from disclosures.services.open import Copy, open_file


def bearer_of(request: HttpRequest) -> str:
    """Who may use a link: this person in this session. Of the session only a digest is written."""
    session = salted_hmac("disclosures.bearer", request.session.session_key or "").hexdigest()
    return f"{request.user.public_id}:{session}"  # type: ignore[union-attr]


def to_download(request: SignedInRequest, file: ConfidentialFile, transfer: TransferRequest | None) -> HttpResponse:
    """On to a link for this person. That it may be had is asked when it is used."""
    token = make_link(
        file_id=file.public_id, request_id=transfer.public_id if transfer else None, bearer=bearer_of(request)
    )
    return redirect("disclosures:download", token)


def opened(target: Target, user: User) -> Copy:
    """The copy that a link stands for, if `user` may still have it. Raises `Http404`, and what `open_file` raises."""
    file = ConfidentialFile.objects.select_related("listing__holder").filter(public_id=target.file_id).first()
    transfer = None
    if target.request_id is not None:
        transfer = TransferRequest.objects.visible_to(user).filter(public_id=target.request_id).first()
    if file is None or (target.request_id is not None and transfer is None):
        raise Http404
    return open_file(file=file, request=transfer, by=user)


def file_response(copy: Copy) -> FileResponse:
    """Saved and never shown, kept by nobody on the way."""
    response = FileResponse(copy.content, as_attachment=True, filename=copy.name, content_type=copy.type)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    return response


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


def file_of(user: User, file_id: UUID) -> ConfidentialFile:
    """A file of one's own organization (else 404) that one may change (else 403)."""
    rows = ConfidentialFile.objects.visible_to(user).select_related("listing__holder")
    file = rows.filter(public_id=file_id).first()
    if file is None:
        raise Http404
    if not user.has_perm("disclosures.keep_files", file.listing):
        raise PermissionDenied
    return file
