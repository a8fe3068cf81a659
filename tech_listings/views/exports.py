"""A search as a file: at once where it is short, by a worker where it is long."""

import io
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from marketplace.core.errors import DomainError
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read
from tech_listings.enums import ExportFormat, ExportState
from tech_listings.exports import AT_ONCE, CONTENT_TYPES, Named, Selection, file_of, write
from tech_listings.models import ListingExport
from tech_listings.services.export import request_export, try_again

PER_PAGE = 20


@login_not_required
@require_safe
def export_csv(request: HttpRequest) -> HttpResponseBase:
    """The list as shown, as CSV; a long one by way of a page that says how."""
    return _at_once(request, ExportFormat.CSV)


@login_not_required
@require_safe
def export_xlsx(request: HttpRequest) -> HttpResponseBase:
    """The list as shown, as an Excel workbook."""
    return _at_once(request, ExportFormat.XLSX)


def _at_once(request: HttpRequest, format: ExportFormat) -> HttpResponseBase:
    selection = Selection(request.GET)
    if selection.many > AT_ONCE:
        return redirect(f"{reverse('tech_listings:export_choose')}?{selection.query.urlencode()}")
    file = io.BytesIO()
    written = write(selection, format, file, get_language() or "ko", timezone.now())
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=written.name, content_type=CONTENT_TYPES[format])


@login_not_required
@require_safe
def export_choose(request: HttpRequest) -> HttpResponse:
    """What would be exported, and how: at once, by a worker, or after signing in or narrowing."""
    selection = Selection(request.GET)
    query = selection.query.urlencode()
    context = {
        "words": selection.words(),
        "many": selection.many,
        "is_cut": selection.is_cut,
        "at_once": selection.many <= AT_ONCE,
        "most_at_once": AT_ONCE,
        "most": CEILING,
        "formats": ExportFormat.choices,
        "query": query,
        "list_url": f"{reverse('tech_listings:list')}?{query}",
        "here": f"{request.path}?{query}",
    }
    return render(request, "tech_listings/export_choose.html", context)


def _own(request: SignedInRequest, public_id: UUID) -> ListingExport:
    rows = ListingExport.objects.visible_to(request.user).kept_at(timezone.now())
    return get_object_or_404(rows, public_id=public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def export_list(request: SignedInRequest) -> HttpResponse:
    """One's own exports; POST orders one."""
    if request.method == "POST":
        return _order(request)
    rows = ListingExport.objects.visible_to(request.user).kept_at(timezone.now()).newest_first()
    page = BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    named = Named.by(QueryDict(export.query) for export in page)
    context = {"page": page, "exports": [_shown(export, named) for export in page]}
    return render(request, "tech_listings/exports.html", context)


def _order(request: SignedInRequest) -> HttpResponse:
    selection = Selection(QueryDict(request.POST.get("query", "")))
    format = request.POST.get("format", "")
    query = selection.query.urlencode()
    if format not in ExportFormat.values:
        messages.error(request, _("Choose CSV or XLSX."))
        return redirect(f"{reverse('tech_listings:export_choose')}?{query}")
    try:
        export, is_new = request_export(
            query=query,
            format=format,
            language=get_language() or "ko",
            total=selection.many,
            by=request.user,
            at=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("tech_listings:exports")
    if not is_new:
        messages.info(request, _("This export is being prepared already. Here it is."))
    return redirect("tech_listings:export_detail", export.public_id)


def _shown(export: ListingExport, named: Named | None = None) -> dict[str, Any]:
    """An export with its search in words; the words of a long text shortened."""
    selection = Selection(QueryDict(export.query))
    said = "; ".join(f"{name}: {value}" for name, value in selection.words(named))
    return {
        "export": export,
        "words": said if len(said) <= 160 else f"{said[:160]}…",
        "list_url": f"{reverse('tech_listings:list')}?{export.query}",
    }


@require_safe
def export_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Where an export stands; an htmx request (the progress that polls) gets that part only."""
    export = _own(request, public_id)
    context = _shown(export)
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "tech_listings/partials/_export_progress.html", context)
    if export.state != ExportState.WAITING:
        mark_target_read(target_id=export.public_id, by=request.user, at=timezone.now())
    return render(request, "tech_listings/export.html", context)


@require_safe
def export_file(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    return file_of(_own(request, public_id))


@require_POST
def export_again(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Once more, after a failure."""
    export = _own(request, public_id)
    try:
        export = try_again(export=export, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("tech_listings:export_detail", export.public_id)
