"""Imports of an institute: upload, columns, difference, apply, progress."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Organization
from accounts.roles import Permission, has_permission
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.exports import csv_response
from marketplace.core.pagination import BoundedPaginator
from tech_listings.enums import RowAction, RunState
from tech_listings.models import Run, Source
from tech_listings.services import ingest_apply, ingest_receive, ingest_report
from tech_listings.services.ingest_targets import Target, better_target, target_of, targets_for
from tech_listings.views.import_forms import ColumnsForm, UploadForm, kind_label
from tech_listings.views.mine import own_organization

PER_PAGE = 50
TABS = (
    (RowAction.REFUSE, "refused"),
    (RowAction.CHANGE, "changed"),
    (RowAction.ADD, "added"),
    (RowAction.WITHDRAW, "withdrawn"),
    (RowAction.NOTE, None),
)


def visible_run(request: SignedInRequest, run_id: UUID, *, to_import: bool = False) -> Run:
    """A run of one's own organizations (else 404), where asked one that one may import (else 403)."""
    runs = Run.objects.visible_to(request.user).select_related("source__organization", "uploaded_by", "approved_by")
    run = get_object_or_404(runs, public_id=run_id)
    permission = target_of(run).permission if to_import else Permission.VIEW_ORGANIZATION
    if not has_permission(request.user, permission, run.source.organization):
        raise PermissionDenied(_("Your role in this organization does not include this. Ask its manager."))
    return run


@require_safe
def import_list(request: SignedInRequest) -> HttpResponse:
    organization = own_organization(request, Permission.VIEW_ORGANIZATION)
    runs = Run.objects.visible_to(request.user).filter(source__organization=organization).for_list()
    context = {
        "page": BoundedPaginator(runs, PER_PAGE).get_page(request.GET.get("page")),
        "targets": targets_for(request.user, organization),
        "organization": organization,
    }
    return render(request, "tech_listings/imports.html", context)


@require_http_methods(["GET", "POST"])
def import_upload(request: SignedInRequest) -> HttpResponse:
    target = _wanted(request)
    organization = own_organization(request, target.permission)
    given: dict[str, Any] = {"organization": organization, "target": target}
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, **given)
        if form.is_valid():
            if form.cleaned_data["file"].size > settings.UPLOAD_MAX_BYTES:
                return too_large(request)
            try:
                return _received(request, form, organization, target)
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else "file", str(refusal))
    else:
        form = UploadForm(initial=_asked(request), **given)
    mine = Source.objects.filter(organization=organization, target=target.name)
    context = {
        "form": form,
        "target": target,
        "targets": [(each, each.name == target.name) for each in targets_for(request.user, organization)],
        "sources": mine.order_by("name", "pk").values_list("name", flat=True),
    }
    return render(request, "tech_listings/import_upload.html", context, status=422 if form.errors else 200)


def _asked(request: SignedInRequest) -> dict[str, str]:
    return {"source": name} if (name := request.GET.get("source", "").strip()) else {}


def _wanted(request: SignedInRequest) -> Target:
    """What the file is to be taken as: `of` in the address, else the first that one may import. 403 without any."""
    mine = targets_for(request.user, request.organization)
    found = next((target for target in mine if target.name == request.GET.get("of")), None)
    if found is None and not mine:
        raise PermissionDenied(_("Your role in this organization does not include this. Ask its manager."))
    return found or mine[0]


def too_large(request: HttpRequest) -> HttpResponse:
    return render(request, "413.html", status=413)


def _received(request: SignedInRequest, form: UploadForm, organization: Organization, target: Target) -> HttpResponse:
    given = form.cleaned_data
    run, is_new = ingest_receive.receive_for(
        organization=organization,
        name=given["source"],
        target=target.name,
        defaults=form.defaults(),
        file=given["file"],
        file_name=given["file"].name,
        kind=given["kind"],
        format=given["format"],
        again=given["again"],
        by=request.user,
        at=timezone.now(),
    )
    if not is_new:
        messages.info(request, _("This very file was uploaded before. Here is that import."))
    if run.state == RunState.RECEIVED:
        return redirect("tech_listings:ingest_columns", run.public_id)
    return redirect("tech_listings:ingest_run", run.public_id)


@require_safe
def import_run(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    """Where the run stands; an htmx request (the progress that polls) gets that part only."""
    run = visible_run(request, run_id)
    context = _progress(request, run)
    if request.htmx and not request.htmx.history_restore_request:
        response = render(request, "tech_listings/partials/_import_progress.html", context)
        if not run.is_working:
            response["HX-Refresh"] = "true"  # done: the page shows what came of it
        return response
    if run.planned_at and run.state not in {RunState.PLANNING, RunState.RECEIVED}:
        context |= _rows(request, run)
    return render(request, "tech_listings/import_run.html", context)


def _progress(request: SignedInRequest, run: Run) -> dict[str, Any]:
    return {
        "run": run,
        "done": ingest_apply.rows_done(run),
        "failure": ingest_report.failure_of(run),
        "taken": ingest_report.taken_of(run),
        "target": target_of(run),
        "kind_label": kind_label(run),
        "why_held": target_of(run).why_held(run) if run.state == RunState.HELD else "",
        "may_import": has_permission(request.user, target_of(run).permission, run.source.organization),
    }


def _rows(request: SignedInRequest, run: Run) -> dict[str, Any]:
    notes = run.rows.filter(action=RowAction.NOTE).count()
    tabs = [(action, getattr(run, name) if name else notes) for action, name in TABS]
    chosen = request.GET.get("show", "")
    if chosen not in RowAction.values:
        chosen = next((action for action, count in tabs if count), RowAction.ADD)
    page = BoundedPaginator(run.rows.filter(action=chosen).order_by("row", "pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    target = target_of(run)
    shown = target.show(request.user, [row.subject_id for row in page if row.subject_id])
    rows = [
        {
            "row": row,
            "shown": shown.get(row.subject_id),
            "problems": ingest_report.problems_of(row),
            "changes": ingest_report.changes_of(row, target),
        }
        for row in page
    ]
    return {
        "tabs": [{"action": a.value, "label": a.label, "count": c, "current": a == chosen} for a, c in tabs if c],
        "chosen": chosen,
        "page": page,
        "rows": rows,
    }


@require_http_methods(["GET", "POST"])
def import_columns(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    run = visible_run(request, run_id, to_import=True)
    form = ColumnsForm(request.POST if request.method == "POST" else None, run=run)
    if request.method == "POST" and form.is_valid():
        try:
            ingest_receive.choose_mapping(run=run, mapping=form.mapping(), by=request.user, at=timezone.now())
        except Conflict:
            raise
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("tech_listings:ingest_run", run.public_id)
    context = {
        "run": run,
        "form": form,
        "needed": target_of(run).fields.needed,
        "better": better_target(run, ingest_receive.columns_of(run), request.user),
    }
    return render(request, "tech_listings/import_columns.html", context, status=422 if form.errors else 200)


@require_POST
def import_apply(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    run = visible_run(request, run_id, to_import=True)
    try:
        ingest_apply.approve_run(
            run=run, by=request.user, at=timezone.now(), confirm_withdrawals="confirm" in request.POST
        )
    except (ingest_apply.NeedsConfirmation, ingest_apply.PlanIsStale, ingest_apply.AnotherIsApplied) as refusal:
        messages.warning(request, str(refusal))
    return redirect("tech_listings:ingest_run", run.public_id)


@require_POST
def import_cancel(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    run = visible_run(request, run_id, to_import=True)
    cancelled = ingest_receive.cancel_run(run=run, by=request.user, at=timezone.now())
    if ingest_apply.rows_done(cancelled):
        messages.success(request, _("Cancelled. What was applied until now stays."))
    else:
        messages.success(request, _("Cancelled. Nothing was changed."))
    return redirect("tech_listings:ingest_run", run.public_id)


@require_POST
def import_again(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    """Compare once more, after a failure or to see the newest state."""
    run = visible_run(request, run_id, to_import=True)
    ingest_receive.plan_again(run=run, by=request.user, at=timezone.now())
    return redirect("tech_listings:ingest_run", run.public_id)


@require_safe
def import_errors(request: SignedInRequest, run_id: UUID) -> HttpResponseBase:
    run = visible_run(request, run_id)
    return csv_response(
        f"{run.file_name.rpartition('.')[0] or run.file_name}-errors.csv", ingest_report.error_rows(run)
    )
