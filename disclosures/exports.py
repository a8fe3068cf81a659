"""What is handed out: a copy of a file to whom its link was made for."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import User
from deals.models import TransferRequest
from disclosures.models import ConfidentialFile
from disclosures.services.links import Target
from disclosures.services.open import Copy, open_file


def bearer_of(request: HttpRequest) -> str:
    """Who may use a link: this person in this session. Of the session only a digest is written."""
    session = salted_hmac("disclosures.bearer", request.session.session_key or "").hexdigest()
    return f"{request.user.public_id}:{session}"  # type: ignore[union-attr]


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


def file_of(user: User, file_id: UUID) -> ConfidentialFile:
    """A file of one's own organization (else 404) that one may change (else 403)."""
    rows = ConfidentialFile.objects.visible_to(user).select_related("listing__holder")
    file = rows.filter(public_id=file_id).first()
    if file is None:
        raise Http404
    if not user.has_perm("disclosures.keep_files", file.listing):
        raise PermissionDenied
    return file
