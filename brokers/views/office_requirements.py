"""Versions of the requirements: officers write and publish them, everybody reads them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from brokers.enums.registration import RegistrationKind, VersionState
from brokers.forms.office import RequirementsForm
from brokers.models import RequirementVersion
from brokers.queries.office_requirements import compared, drafts_for, published_versions, version_to_begin_with
from brokers.services.office.write_requirements import (
    Line,
    discard_requirements,
    edit_requirements,
    publish_requirements,
    write_requirements,
)
from brokers.views.office_cases import for_officers
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed
from notifications.services.read import mark_target_read

FORM = "brokers/office/requirements_form.html"


@login_not_required
@require_safe
def requirements(request: HttpRequest) -> HttpResponse:
    """What a registration needs now and from which day on something else, with sources; earlier versions below."""
    context = {"kinds": _by_kind(), "today": timezone.localdate()}
    return render(request, "brokers/office/requirements_public.html", context)


def _by_kind() -> list[dict[str, Any]]:
    """For each kind its versions: in force, to come (the next first), earlier (the newest first)."""
    found = published_versions(timezone.localdate())
    return [
        {
            "kind": RegistrationKind(kind),
            "in_force": next((each for each in versions if each.is_in_force), None),
            "to_come": [each for each in versions if each.is_to_come][::-1],
            "earlier": [each for each in versions if not each.is_in_force and not each.is_to_come],
        }
        for kind, versions in found.items()
    ]


@require_safe
def office_requirements(request: SignedInRequest) -> HttpResponse:
    for_officers(request)
    context = {"kinds": _by_kind(), "drafts": drafts_for(request.user)}
    return render(request, "brokers/office/requirements.html", context)


@require_safe
def office_requirement(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    version = _visible(request, public_id)
    mark_target_read(target_id=version.public_id, by=request.user, at=timezone.now())
    return _show(request, version)


def _visible(request: SignedInRequest, public_id: UUID) -> RequirementVersion:
    for_officers(request)
    rows = RequirementVersion.objects.visible_to(request.user).select_related("written_by", "published_by")
    return get_object_or_404(rows.prefetch_related("requirements"), public_id=public_id)


def _show(request: SignedInRequest, version: RequirementVersion, *, refused: str = "") -> HttpResponse:
    context = {
        "version": version,
        "compared": compared(version, timezone.localdate()),
        "is_draft": version.state == VersionState.DRAFT,
        "may_edit": request.user.has_perm("brokers.edit_requirements", version),
        "may_publish": request.user.has_perm("brokers.publish_requirements", version),
        "used": version.applications.count(),
        "refused": refused,
    }
    return render(request, "brokers/office/requirements_version.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def office_requirements_new(request: SignedInRequest, kind: str) -> HttpResponse:
    """A draft that begins with what is in force."""
    for_officers(request)
    if kind not in RegistrationKind.values:
        raise Http404
    before = version_to_begin_with(kind, timezone.localdate())
    if before is None:
        return render(request, FORM, {"kind": RegistrationKind(kind), "before": None})
    rows = list(before.requirements.order_by("position", "pk"))
    start = {"source": before.source, "is_assumption": before.is_assumption}
    form = RequirementsForm(posted(request), rows=rows, initial=start)
    if request.method == "POST" and form.is_valid():
        made = _saved(form, write_requirements, kind=kind, by=request.user, at=timezone.now())
        if made:
            messages.success(request, _("The draft is saved. Another officer can publish it."))
            return redirect("brokers:office_requirement", made.public_id)
    context = {"kind": RegistrationKind(kind), "before": before, "form": form}
    return render(request, FORM, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def office_requirements_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    version = _visible(request, public_id)
    if version.state != VersionState.DRAFT:
        messages.error(request, _("A published version is never changed. Write a new draft."))
        return redirect("brokers:office_requirement", version.public_id)
    if not request.user.has_perm("brokers.edit_requirements", version):
        raise PermissionDenied(_("Only who wrote this draft changes it. Write one of your own."))
    rows = sorted(version.requirements.all(), key=lambda row: row.position)
    start = {name: getattr(version, name) for name in ("source", "is_assumption", "revision")}
    start["valid_from"] = version.valid_from.isoformat()
    form, newest = RequirementsForm(posted(request), rows=rows, initial=start), None
    if request.method == "POST" and form.is_valid():
        given = {"version": version, "revision": form.cleaned_data["revision"] or 0}
        try:
            if _saved(form, edit_requirements, **given, by=request.user, at=timezone.now()):
                messages.success(request, _("The draft is saved. Another officer can publish it."))
                return redirect("brokers:office_requirement", version.public_id)
        except ChangedMeanwhile:
            newest = _visible(request, public_id)
            data = request.POST.copy()
            data["revision"] = str(newest.revision)  # what was typed stays, and knows now what it would write over
            form.data = data
    context = {"kind": RegistrationKind(version.kind), "version": version, "form": form, "newest": newest, "before": 1}
    return render(request, FORM, context, status=409 if newest else 422 if form.errors else 200)


def _saved(form: RequirementsForm, service: Any, **given: Any) -> RequirementVersion | None:
    """The draft as saved; None where the form says what is wrong."""
    data = form.cleaned_data
    lines = [
        Line(
            row.key, row.route, data[f"least_{row.place}"], data[f"law_{row.place}"], data[f"waived_{row.place}"]
        )
        for row in form.rows
    ]  # fmt: skip
    names = ("valid_from", "source", "is_assumption")
    try:
        made: RequirementVersion = service(lines=lines, **{name: data[name] for name in names}, **given)
        return made
    except (Conflict, NotAllowed):
        raise
    except DomainError as error:
        form.add_error(form.name_of(error.field), str(error))
        return None


@require_POST
def office_requirements_publish(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    version = _visible(request, public_id)
    revision = request.POST.get("revision", "")
    try:
        publish_requirements(
            version=version, revision=int(revision) if revision.isascii() and revision.isdigit() else 0,
            by=request.user, at=timezone.now(),
        )  # fmt: skip
    except (Conflict, NotAllowed):
        raise
    except DomainError as error:
        return _show(request, version, refused=str(error))
    messages.success(request, _("The version is published. Brokers are told."))
    return redirect("brokers:office_requirement", version.public_id)


@require_POST
def office_requirements_discard(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    version = _visible(request, public_id)
    discard_requirements(version=version, by=request.user)
    messages.success(request, _("The draft is thrown away."))
    return redirect("brokers:office_requirements")
