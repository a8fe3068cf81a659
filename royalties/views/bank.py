"""Statements of the account as files: read, looked at, booked."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from marketplace.core.asking import do
from marketplace.core.exports import csv_response
from marketplace.core.pagination import BoundedPaginator
from marketplace.core.states import IllegalTransition
from royalties.enums.income import CERTAIN, BankFileState
from royalties.exports.income import refused_cells
from royalties.forms.income import BankFileForm
from royalties.models import BankFile
from royalties.queries.income import work_counts
from royalties.services.income.bank import book_bank_file, discard_bank_file, read_bank_file
from royalties.views.invoices import PER_PAGE, allowed
from royalties.views.receipts import holder_of
from tech_listings.ingest.problems import RowProblem

SHOWN_PROBLEMS = 50


@require_http_methods(["GET", "HEAD", "POST"])
def bank_files(request: SignedInRequest) -> HttpResponse:
    """Send a statement, and see those that were sent."""
    holder = holder_of(request)
    form = BankFileForm(request.POST, request.FILES) if request.method == "POST" else BankFileForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        read = do(form, read_bank_file, holder=holder, file=file, name=file.name, by=request.user, at=timezone.now())
        if read:
            if not read.is_new:
                messages.info(request, _("This file was sent before."))
            return redirect("royalties:bank_file", read.file.public_id)
    rows = BankFile.objects.visible_to(request.user).select_related("uploaded_by").order_by("-uploaded_at", "-pk")
    context = {
        "form": form,
        "page": BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        **work_counts(request.user),
    }
    return render(request, "royalties/income/bank_files.html", context, status=422 if form.errors else 200)


def _visible(request: SignedInRequest, public_id: UUID) -> BankFile:
    return get_object_or_404(BankFile.objects.visible_to(request.user).select_related("holder"), public_id=public_id)


@require_safe
def bank_file(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What booking it would do, row by row; after that, what it was."""
    file = _visible(request, public_id)
    rows = file.rows.select_related("invoice__contract__firm").order_by("row")
    new = rows.filter(is_known=False)
    waits = file.state == BankFileState.READ
    context = {
        "file": file,
        "page": BoundedPaginator(rows, 50).get_page(request.GET.get("page")),
        "counts": {
            "certain": new.filter(match_kind__in=CERTAIN).count(),
            "by_hand": new.exclude(match_kind__in=CERTAIN).count(),
            "known": rows.filter(is_known=True).count(),
            "refused": len(file.problems),
        },
        "certain": [str(kind) for kind in CERTAIN],
        "problems": [RowProblem.from_json(found) for found in file.problems[:SHOWN_PROBLEMS]],
        "waits": waits,
        "may_book": waits and new.exists(),
        **work_counts(request.user),
    }
    return render(request, "royalties/income/bank_file.html", context)


@require_safe
def bank_refused(request: SignedInRequest, public_id: UUID) -> StreamingHttpResponse:
    """The rows that could not be read, as CSV with the reasons."""
    file = _visible(request, public_id)
    return csv_response(f"refused-{timezone.localdate(file.uploaded_at):%Y%m%d}.csv", refused_cells(file))


@require_POST
def bank_book(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    file = _visible(request, public_id)
    allowed(request, "royalties.keep_receipt", file)
    try:
        booked = book_bank_file(file=file, by=request.user, at=timezone.now())
    except IllegalTransition:
        file.refresh_from_db(fields=["state"])
        if file.state != BankFileState.BOOKED:
            raise
        messages.info(request, _("This file was booked before."))  # a second click
        return redirect("royalties:bank_file", file.public_id)
    words = ngettext(
        "%(count)d receipt was booked, %(assigned)d of them put to an invoice.",
        "%(count)d receipts were booked, %(assigned)d of them put to an invoice.",
        booked.receipts,
    )
    messages.success(request, words % {"count": booked.receipts, "assigned": booked.assigned})
    return redirect("royalties:receipts")


@require_POST
def bank_discard(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    file = _visible(request, public_id)
    allowed(request, "royalties.keep_receipt", file)
    discard_bank_file(file=file, by=request.user, at=timezone.now())
    messages.success(request, _("The file was discarded. Nothing of it was booked."))
    return redirect("royalties:bank_files")
