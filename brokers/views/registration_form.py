"""The form of an application: saved at any incompleteness, with the check beside it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from brokers.enums.registration import RegistrationKind, RequirementKey
from brokers.forms.registration import Writing
from brokers.models import Application
from brokers.queries.registration import check_application, open_parts, staff_of
from brokers.services.registration.documents import add_document, remove_document
from brokers.services.registration.draft import MOST_ROWS, save_application
from brokers.views.registration import visible, writable
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile

ADDS = {"add_career": "career", "add_training": "training"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show and save. Each button saves all that is typed first: one more row, a file, a file less, or going on."""
    found = writable(request, public_id)
    if not open_parts(found):
        messages.info(request, _("The application lies with the office. It is changed only while completion is asked."))
        return redirect("brokers:application", found.public_id)
    if request.method != "POST":
        return _show(request, found, Writing(found))
    if added := next((name for button, name in ADDS.items() if button in request.POST), None):
        return _one_more_row(request, found, added)
    writing = Writing(found, request.POST, request.FILES)
    if not writing.is_valid():
        return _show(request, found, writing)
    try:
        saved = do(
            writing.form, save_application, application=found, revision=writing.form.cleaned_data["revision"],
            content=writing.form.content, **writing.rows, by=request.user, at=timezone.now(),
        )  # fmt: skip
    except ChangedMeanwhile:
        return _changed(request, visible(request, public_id))
    if saved is None:
        return _show(request, found, writing)
    return _after_saving(request, saved, writing)


def _after_saving(request: SignedInRequest, saved: Application, writing: Writing) -> HttpResponse:
    """What else the button asks for. A file that is refused leaves what was typed saved."""
    address = reverse("brokers:application_edit", args=[saved.public_id])
    given = writing.form.cleaned_data
    if removed := request.POST.get("remove_document"):
        document = next((each for each in saved.documents.all() if str(each.public_id) == removed), None)
        if document:
            document.application = saved
            remove_document(document=document, by=request.user, at=timezone.now())
            messages.success(request, _("The file was removed."))
        return redirect(f"{address}#documents")
    if sent := given.get("document"):
        made = do(
            writing.form, add_document, application=saved, kind=given["document_kind"], file=sent, name=sent.name,
            by=request.user, at=timezone.now(),
        )  # fmt: skip
        if made is None:
            return _show(request, saved, _again(writing, saved, request.POST))
        messages.success(request, _("Saved, with the file “%(name)s”.") % {"name": made.name})
        return redirect(f"{address}#documents")
    if "add_document" in request.POST:
        writing.form.add_error("document", _("Choose a file first."))
        return _show(request, saved, _again(writing, saved, request.POST))
    messages.success(request, _("Saved. You can go on at any time."))
    return redirect("brokers:application", saved.public_id) if "review" in request.POST else redirect(address)


def _again(writing: Writing, saved: Application, data: QueryDict) -> Writing:
    """The same form at the revision that is saved now."""
    writing.form.data = _at_revision(data, saved.revision)
    return writing


def _at_revision(data: QueryDict, revision: int) -> QueryDict:
    changed = data.copy()
    changed["revision"] = str(revision)
    return changed


def _changed(request: SignedInRequest, newest: Application) -> HttpResponse:
    """What was typed stays, and knows now what it would write over."""
    writing = Writing(newest, _at_revision(request.POST, newest.revision))
    return _show(request, newest, writing, newest=newest)


def _one_more_row(request: SignedInRequest, application: Application, name: str) -> HttpResponse:
    """The form again with an empty row more; nothing typed is lost, nothing is saved."""
    data = request.POST.copy()
    sent = data.get(f"{name}-TOTAL_FORMS", "")
    number = int(sent) if sent.isdecimal() and len(sent) < 5 else 0
    data[f"{name}-TOTAL_FORMS"] = str(min(number + 1, MOST_ROWS))
    return _show(request, application, Writing(application, data), quiet=True)


def _show(
    request: SignedInRequest,
    application: Application,
    writing: Writing,
    *,
    newest: Application | None = None,
    quiet: bool = False,
) -> HttpResponse:
    is_agency = application.kind == RegistrationKind.AGENCY
    is_bound = writing.form.is_bound
    failed = is_bound and not quiet and writing.has_errors
    context: dict[str, Any] = {
        "application": application,
        "writing": writing,
        "form": writing.form,
        "parts": {str(part) for part in writing.form.parts},
        "check": _check(application, writing),
        "documents": application.documents.order_by("kind", "sent_at", "pk"),
        "staff": staff_of(application.organization) if is_agency and application.organization else [],
        "to_complete": [(_label(key), text) for key, text in application.completion_parts.items()],
        "newest": newest,
    }
    status = 409 if newest else 422 if failed else 200
    return render(request, "brokers/registration/form.html", context, status=status)


def _label(key: str) -> str:
    return str(RequirementKey(key).label) if key in RequirementKey.values else _("Other")


def _check(application: Application, writing: Writing) -> Any:
    typed = writing.typed() if writing.form.is_bound else None
    return check_application(application, day=timezone.localdate(), typed=typed)


@require_POST
def live_check(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The check of what stands in the form and is not saved yet: the part beside the form."""
    found = writable(request, public_id)
    context = {"check": _check(found, Writing(found, request.POST)), "application": found}
    return render(request, "brokers/registration/partials/_check.html", context)
