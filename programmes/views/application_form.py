"""The sections of an application, each a page of its own that fits a phone: saved as incomplete as it is."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedInRequest
from marketplace.core.asking import do
from marketplace.core.downloads import download
from marketplace.core.errors import ChangedMeanwhile
from programmes.enums.applications import Part
from programmes.forms.applications import FORMS, PaperForm, PartForm, ServicesForm
from programmes.models import Application
from programmes.queries.sections import Sheet, open_papers, sheet_of
from programmes.services.applications.documents import add_document, remove_document
from programmes.services.applications.save import save
from programmes.views.applications import WRITABLE, visible, writable


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, public_id: UUID, part: str) -> HttpResponse:
    """Show and save one section; saving goes on to the next one that is open, or back to the task list."""
    if part not in Part.values:
        raise Http404
    found = writable(request, public_id)
    sheet = sheet_of(found, timezone.localdate())
    if found.state not in WRITABLE or not sheet.section(part).is_open:
        messages.info(request, _("This section cannot be changed now."))
        return redirect("programmes:application", found.public_id)
    if request.method != "POST":
        return _show(request, sheet, part, FORMS[part](sheet=sheet))
    form = FORMS[part](request.POST, request.FILES, sheet=sheet)
    if not form.is_valid():
        return _show(request, sheet, part, form)
    if isinstance(form, PaperForm):
        return _paper(request, sheet, form)
    try:
        saved = do(
            form, save, application=found, revision=form.cleaned_data["revision"], **form.content(),
            by=request.user, at=timezone.now(),
        )  # fmt: skip
    except ChangedMeanwhile:
        return _changed(request, public_id, part)
    if saved is None:
        return _show(request, sheet, part, form)
    messages.success(request, _("Saved. You can go on at any time."))
    return _after(request, saved, part)


def _after(request: SignedInRequest, saved: Application, part: str) -> HttpResponse:
    if "stay" in request.POST:
        return redirect("programmes:application_part", saved.public_id, part)
    return redirect("programmes:application", saved.public_id)


def _paper(request: SignedInRequest, sheet: Sheet, form: PaperForm) -> HttpResponse:
    given, found = form.cleaned_data, sheet.application
    sent = given["document"]
    made = do(
        form, add_document, application=found, key=given["key"], file=sent, name=sent.name,
        by=request.user, at=timezone.now(),
    )  # fmt: skip
    if made is None:
        return _show(request, sheet, Part.PAPERS, form)
    messages.success(request, _("Saved, with the file “%(name)s”.") % {"name": made.name})
    return redirect("programmes:application_part", found.public_id, Part.PAPERS)


def _changed(request: SignedInRequest, public_id: UUID, part: str) -> HttpResponse:
    """What was typed stays, and knows now what it would write over (lessons F58)."""
    newest = visible(request, public_id)
    sheet = sheet_of(newest, timezone.localdate())
    data = request.POST.copy()
    data["revision"] = str(newest.revision)
    form, saved = FORMS[part](data, sheet=sheet), FORMS[part](sheet=sheet)
    form.is_valid()
    return _show(request, sheet, part, form, saved=saved)


def _show(
    request: SignedInRequest, sheet: Sheet, part: str, form: PartForm, *, saved: PartForm | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "application": sheet.application,
        "sheet": sheet,
        "section": sheet.section(part),
        "form": form,
        "saved": saved,
        "sums": sheet.sums,
        "papers": _papers(sheet, form) if part == Part.PAPERS else [],
    }
    status = 409 if saved else 422 if form.errors else 200
    return render(request, f"programmes/applications/parts/{part}.html", context, status=status)


def _papers(sheet: Sheet, form: PartForm) -> list[tuple[Any, Any, PartForm | None]]:
    """Each paper the call asks for, the file that is there, and its form where it can be sent now."""
    keys, rows = open_papers(sheet.application, sheet.scheme), []
    for paper in sheet.papers:
        own = form if form.is_bound and form["key"].value() == paper.key else None
        own = own or PaperForm(sheet=sheet, initial={"key": paper.key}, auto_id=f"id_{paper.key}_%s")
        rows.append((paper, sheet.documents.get(paper.key), own if paper.key in keys else None))
    return rows


@require_POST
def live_sums(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Government part and own share of what stands in the form and is not saved yet: the part beside the form."""
    found = writable(request, public_id)
    day = timezone.localdate()
    form = ServicesForm(request.POST, sheet=sheet_of(found, day))
    form.is_valid()
    sheet = sheet_of(found, day, plan=found.plan | {"services": form.typed()})
    context = {"sums": sheet.sums, "sheet": sheet, "application": found}
    return render(request, "programmes/applications/partials/_sums.html", context)


@never_cache
@require_GET
def paper_file(request: SignedInRequest, public_id: UUID, document_id: UUID) -> HttpResponseBase:
    found = get_object_or_404(visible(request, public_id).documents, public_id=document_id)
    return download(found.file, name=found.name, type=found.type)


@require_POST
def paper_remove(request: SignedInRequest, public_id: UUID, document_id: UUID) -> HttpResponse:
    found = writable(request, public_id)
    document = get_object_or_404(found.documents.current(), public_id=document_id)
    remove_document(document=document, by=request.user, at=timezone.now())
    messages.success(request, _("The file was removed."))
    return redirect("programmes:application_part", found.public_id, Part.PAPERS)
