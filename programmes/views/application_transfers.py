"""Technologies that a firm took over by contracts concluded elsewhere: entered, read, taken back, checked."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedInRequest
from marketplace.core.asking import do
from marketplace.core.downloads import download
from marketplace.core.errors import ChangedMeanwhile, DomainError
from programmes.enums.applications import Part
from programmes.forms.applications import ContractForm, TransferForm
from programmes.queries.sections import sheet_of
from programmes.queries.transfers import contracts_seen
from programmes.services.applications.declared import check_transfer, declare_transfer, remove_transfer
from programmes.views.applications import WRITABLE, visible, writable


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def transfer_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Enter a contract with its file; it is chosen for the application at once."""
    found = writable(request, public_id)
    sheet = sheet_of(found, timezone.localdate())
    if found.state not in WRITABLE or not sheet.section(Part.TECHNOLOGY).is_open:
        messages.info(request, _("This section cannot be changed now."))
        return redirect("programmes:application", found.public_id)
    is_post, status = request.method == "POST", 200
    form = TransferForm(request.POST if is_post else None, request.FILES if is_post else None, sheet=sheet)
    if is_post and form.is_valid():
        given = dict(form.cleaned_data)
        sent = given.pop("document")
        try:
            if do(form, declare_transfer, application=found, file=sent, name=sent.name, **given,
                  by=request.user, at=timezone.now()):  # fmt: skip
                messages.success(request, _("The contract is entered and chosen. An officer checks it."))
                return redirect("programmes:application_part", found.public_id, Part.TECHNOLOGY)
        except ChangedMeanwhile as error:
            form.add_error(None, str(error))
            typed = request.POST.copy()
            typed["revision"] = str(visible(request, public_id).revision)
            form.data = typed  # what was typed stays, and knows now what it would write over
            status = 409
    if form.errors and status == 200:
        status = 422
    context = {"application": found, "section": sheet.section(Part.TECHNOLOGY), "form": form}
    return render(request, "programmes/applications/transfer_new.html", context, status=status)


@never_cache
@require_GET
def transfer_file(request: SignedInRequest, public_id: UUID, transfer_id: UUID) -> HttpResponseBase:
    found = get_object_or_404(contracts_seen(visible(request, public_id), request.user), public_id=transfer_id)
    return download(found.document, name=found.document_name, type=found.document_type)


@require_POST
def transfer_remove(request: SignedInRequest, public_id: UUID, transfer_id: UUID) -> HttpResponse:
    found = writable(request, public_id)
    transfer = get_object_or_404(contracts_seen(found, request.user), public_id=transfer_id)
    remove_transfer(application=found, transfer=transfer, by=request.user, at=timezone.now())
    messages.success(request, _("The contract was removed."))
    return redirect("programmes:application_part", found.public_id, Part.TECHNOLOGY)


@require_POST
def transfer_check(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """An officer of the office says what the contract of this application shows."""
    found = visible(request, public_id)
    if not request.user.has_perm("programmes.check_application", found):
        raise PermissionDenied(_("Only officers of the office without a tie to the applicant can do this."))
    form = ContractForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(_("Say whether the contract shows the transfer."))
        check_transfer(application=found, **form.cleaned_data, by=request.user, at=timezone.now())
        messages.success(request, _("Kept: what the contract shows."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("programmes:review_application", found.public_id)
