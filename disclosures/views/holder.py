"""The holder's side of a technology's confidential part: files, terms, the text, and the record of openings."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from disclosures.enums import ScanState
from disclosures.exports import file_of
from disclosures.filters import OpeningFilter
from disclosures.forms import TermsForm, UploadForm
from disclosures.models import ConfidentialFile, Disclosure, Opening, Terms
from disclosures.services.files import add_file, remove_file
from disclosures.services.offer import write_terms
from disclosures.services.open import open_own_text
from disclosures.services.scan import scan_again
from disclosures.views.downloads import to_download
from marketplace.core.asking import do
from marketplace.core.exports import csv_response
from marketplace.core.pages import without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read
from tech_listings.models import Listing
from tech_listings.queries import find_visible

PER_PAGE = 20
SHOWN_REQUESTS = 50


def own_listing(request: SignedInRequest, reference: str) -> Listing:
    """A technology one may see (else 404) and whose confidential part one may change (else 403)."""
    listing = find_visible(request.user, reference)
    if not request.user.has_perm("disclosures.keep_files", listing):
        raise PermissionDenied(_("Only the holder's staff can do this."))
    return listing


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: SignedInRequest, reference: str) -> HttpResponse:
    """Files, to which requests it is open, and the way to everything else. POST sends a file."""
    listing = own_listing(request, reference)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        now = timezone.now()
        file = do(form, add_file, listing=listing, file=sent, name=sent.name, by=request.user, at=now)
        if file is not None and file.uploaded_at != now:
            messages.info(
                request, _("This file is there already, as “%(name)s”. Nothing was added.") % {"name": file.name}
            )
            return redirect("disclosures:files", listing.reference)
        if file is not None:
            messages.success(request, _said_of(file))
            return redirect("disclosures:files", listing.reference)
    kept = list(ConfidentialFile.objects.kept().filter(listing=listing).for_list())
    for file in (file for file in kept if file.scan_state in {ScanState.INFECTED, ScanState.FAILED}):
        mark_target_read(target_id=file.public_id, by=request.user, at=timezone.now())
    disclosures = Disclosure.objects.visible_to(request.user).for_page().filter(request__listing=listing)
    context = {
        "listing": listing,
        "form": form,
        "files": kept,
        "disclosures": list(disclosures.order_by("-pk")[:SHOWN_REQUESTS]),
        "scanning": bool(settings.CLAMD_ADDRESS),
        "own_terms": listing.confidentiality_terms.order_by("-version").first(),
    }
    return render(request, "disclosures/files.html", context, status=422 if form.errors else 200)


def _said_of(file: ConfidentialFile) -> str:
    if file.is_marked:
        return _("The file was saved. Each download carries a watermark.")
    return _("The file was saved. Files of this kind carry no watermark; each download is recorded.")


@never_cache
@require_GET
def own_text(request: SignedInRequest, reference: str) -> HttpResponse:
    listing = own_listing(request, reference)
    now = timezone.now()
    words = open_own_text(listing=listing, by=request.user, at=now)
    context = {"listing": listing, "words": words, "now": now, "organization": listing.holder}
    return render(request, "disclosures/text.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: SignedInRequest, reference: str) -> HttpResponse:
    """The text a firm accepts: the usual one, and the listing's own, of which each saving is a version."""
    listing = own_listing(request, reference)
    usable = list(Terms.objects.usable_for(listing))
    own = next((t for t in usable if t.listing_id), None)
    usual = next((t for t in usable if not t.listing_id), None)
    start = own or usual
    initial = {"text_ko": start.text_ko, "text_en": start.text_en} if start else {}
    form = TermsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = do(form, write_terms, listing=listing, by=request.user, at=timezone.now(), **form.cleaned_data)
        if saved is not None:
            said = _("Saved as version %(version)s. Choose it when you open the part to a request.")
            messages.success(request, said % {"version": saved.version})
            return redirect("disclosures:files", listing.reference)
    context = {
        "listing": listing,
        "form": form,
        "own": own,
        "usual": usual,
        "usual_text": usual.text_in(get_language() or "ko") if usual else "",
    }
    return render(request, "disclosures/terms.html", context, status=422 if form.errors else 200)


def _filtered(request: SignedInRequest, listing: Listing) -> OpeningFilter:
    rows = Opening.objects.visible_to(request.user).filter(listing=listing)
    return OpeningFilter(request.GET, rows, request=request)


@require_safe
def openings(request: SignedInRequest, reference: str) -> HttpResponse:
    """Who opened what, newest first."""
    listing = own_listing(request, reference)
    found = _filtered(request, listing)
    context = {
        "listing": listing,
        "filter": found,
        "page": BoundedPaginator(found.qs.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "query": without_empty(request.GET).urlencode(),
        "is_narrowed": any(request.GET.get(name) for name in ("request", "kind")),
    }
    return render(request, "disclosures/openings.html", context)


@require_safe
def openings_export(request: SignedInRequest, reference: str) -> StreamingHttpResponse:
    """The record as shown, as CSV: the same filter, at most the newest 10,000."""
    listing = own_listing(request, reference)
    name = f"openings-{listing.reference}-{timezone.localdate():%Y%m%d}.csv"
    return csv_response(name, _rows(_filtered(request, listing).qs.for_list()[: CEILING + 1]), most=CEILING)


def _rows(rows: Any) -> Iterator[list[Any]]:
    yield [
        _("Opened at"), _("Opened by"), _("E-mail"), _("Organization"), _("What was opened"), _("File name"),
        _("Version"), _("Watermark"), _("Receipt number"), _("Checksum (SHA-256)"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for row in rows.iterator(chunk_size=1000):
        yield [
            f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}", row.by.name, row.by.email,
            row.organization.name_in(language), row.get_kind_display(), row.file.name if row.file else "",
            row.revision, _("Yes") if row.is_marked else "", row.request.number if row.request else "", row.checksum,
        ]  # fmt: skip


@require_POST
def file_remove(request: SignedInRequest, file_id: UUID) -> HttpResponse:
    file = file_of(request.user, file_id)
    remove_file(file=file, by=request.user, at=timezone.now())
    messages.success(request, _("The file was removed."))
    return redirect("disclosures:files", file.listing.reference)


@require_POST
def file_scan(request: SignedInRequest, file_id: UUID) -> HttpResponse:
    file = file_of(request.user, file_id)
    scan_again(file=file, by=request.user, at=timezone.now())
    messages.success(request, _("The file is scanned again."))
    return redirect("disclosures:files", file.listing.reference)


@require_POST
def file_link(request: SignedInRequest, file_id: UUID) -> HttpResponse:
    """The holder's own download: marked and recorded like any other."""
    return to_download(request, file_of(request.user, file_id), None)
