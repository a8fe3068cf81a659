"""R&D projects: the list, one project with its results and duties, entering and changing it."""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Organization
from accounts.roles import Permission, organizations_with
from marketplace.core.errors import ChangedMeanwhile, DomainError
from marketplace.core.exports import csv_response, xlsx_response
from marketplace.core.ids import uuid7
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import BoundedPaginator
from obligations.filters import ORDERS, ProjectFilter, ProjectOrder
from obligations.forms import ProjectForm
from obligations.models import Obligation, ResearchResult, RnDProject
from obligations.queries import compare_with_form, figures_of, last_change, project_history
from obligations.services.projects import add_project, change_project, delete_project, restore_project
from obligations.services.secrecy import public_listings_of

PER_PAGE = 50
MOST_IN_A_WORKBOOK = 10_000
CHUNK = 2_000
NARROWING = ("q", "duty", "ministry", "year", "institute")


def visible_project(request: SignedInRequest, public_id: UUID, permission: str = "") -> RnDProject:
    """A project one may see (else 404), where asked one that one may do this with (else 403)."""
    rows = RnDProject.objects.visible_to(request.user).select_related("lead", "source")
    project = get_object_or_404(rows, public_id=public_id)
    if permission and not request.user.has_perm(permission, project):
        raise PermissionDenied(_("Only the institute that leads the project, or an officer, can do this."))
    return project


# --- the list and its exports -----------------------------------------------------------------------------------------


def _asked(request: SignedInRequest) -> ProjectFilter:
    if not request.user.has_perm("obligations.see_projects"):
        raise PermissionDenied(_("Only people of a research institute and officers may see this."))
    rows = RnDProject.objects.visible_to(request.user).select_related("lead").order_by(*ORDERS[ProjectOrder.NEWEST])
    return ProjectFilter(request.GET, rows, request=request)


@require_safe
def project_list(request: SignedInRequest) -> HttpResponse:
    found = _asked(request)
    page = BoundedPaginator(found.qs, PER_PAGE).get_page(request.GET.get("page"))
    figures = figures_of(request.user, page.object_list, timezone.localdate())
    context = {
        "filter": found,
        "page": page,
        "rows": [(project, figures[project.pk]) for project in page],
        "day": timezone.localdate(),
        "is_narrowed": any(request.GET.get(name, "").strip() for name in NARROWING),
        "query": without_empty(request.GET).urlencode(),
        "oversees": request.user.has_perm("obligations.see_compliance"),
        "may_add": request.user.has_perm("obligations.add_project"),
        "may_import": bool(organizations_with(request.user, Permission.IMPORT_PROJECTS)),
    }
    return render_part(
        request, page="obligations/projects.html", part="obligations/partials/_projects.html", context=context
    )


@require_safe
def projects_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list as shown, as CSV: the same filter and order."""
    rows = _export_rows(request, _asked(request).qs)
    return csv_response(f"projects-{timezone.localdate():%Y%m%d}.csv", rows)


@require_safe
def projects_xlsx(request: SignedInRequest) -> HttpResponse:
    found = _asked(request).qs
    if found.order_by()[: MOST_IN_A_WORKBOOK + 1].count() > MOST_IN_A_WORKBOOK:
        messages.error(
            request,
            _("A workbook holds at most %(most)s projects. Export CSV, or narrow the choice.")
            % {"most": f"{MOST_IN_A_WORKBOOK:,}"},
        )
        return redirect(f"{reverse('obligations:projects')}?{without_empty(request.GET).urlencode()}")
    name = f"projects-{timezone.localdate():%Y%m%d}.xlsx"
    return xlsx_response(name, _("R&D projects"), _export_rows(request, found))


def _export_rows(request: SignedInRequest, projects: QuerySet[RnDProject]) -> Iterator[list[Any]]:
    day = timezone.localdate()
    yield [
        _("Project number"), pgettext("project", "Title"), _("Ministry"), _("R&D programme"), _("Lead institute"),
        _("Principal investigator"), _("Beginning of the agreement"), _("End of the agreement"), _("Completed on"),
        _("Final report handed in on"), _("Final report published on"), _("Government money (won)"),
        _("Total money (won)"), _("Results"), _("To be done"), _("Overdue"), _("Done"), _("Next due on"),
    ]  # fmt: skip
    rows = projects.iterator(CHUNK)
    while some := list(islice(rows, CHUNK)):
        figures = figures_of(request.user, some, day)
        for project in some:
            counted = figures[project.pk]
            yield [
                project.number, project.title, project.ministry, project.programme, project.lead.display_name,
                project.investigator_name, project.starts_on, project.ends_on, project.completed_on or "",
                project.report_submitted_on or "", project.report_published_on or "", project.government_won,
                project.total_won, counted.results, counted.due, counted.overdue, counted.done,
                counted.next_due or "",
            ]  # fmt: skip


# --- one project ------------------------------------------------------------------------------------------------------


@require_safe
def project_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    project = visible_project(request, public_id)
    day = timezone.localdate()
    duties = list(
        Obligation.objects.visible_to(request.user).filter(project=project).prefetch_related("discharges__listing")
        .for_list()
    )  # fmt: skip
    by_result = {duty.result_id: duty for duty in duties if duty.result_id}
    results = (
        ResearchResult.objects.known_to(request.user).filter(project=project)
        .select_related("owner", "merged_into", "project__lead").order_by("-completed_on", "pk")
    )  # fmt: skip
    live = [result for result in results if not result.deleted_at and not result.merged_into_id]
    context = {
        "project": project,
        "partners": project.partners.order_by("name", "pk"),
        "results": [
            (result, by_result.get(result.pk), request.user.has_perm("obligations.change_result", result))
            for result in live
        ],
        "gone": [
            (result, request.user.has_perm("obligations.change_result", result))
            for result in results
            if result.deleted_at or result.merged_into_id
        ],
        "duties": [duty for duty in duties if not duty.result_id],
        "overdue": {duty.pk for duty in duties if duty.is_overdue_on(day)},
        "day": day,
        "may_change": request.user.has_perm("obligations.change_project", project),
        "may_delete": request.user.has_perm("obligations.delete_project", project),
        "may_report": request.user.has_perm("obligations.add_result", project),
        "may_merge": len(live) > 1,
    }
    return render(request, "obligations/project.html", context)


@require_safe
def project_versions(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    project = visible_project(request, public_id)
    results = ResearchResult.objects.known_to(request.user).filter(project=project).order_by("pk")
    context = {"project": project, "changes": project_history(project, results)}
    return render(request, "obligations/project_history.html", context)


# --- entering and changing --------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def project_add(request: SignedInRequest) -> HttpResponse:
    if not request.user.has_perm("obligations.add_project"):
        raise PermissionDenied(_("Your role in this organization does not include this. Ask its manager."))
    return _form_page(request, RnDProject(public_id=_key(request)))


@require_http_methods(["GET", "POST"])
def project_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _form_page(request, visible_project(request, public_id, "obligations.change_project"))


def _key(request: SignedInRequest) -> UUID:
    """The form carries the id of what it will make: sent twice, it makes one (lessons F57)."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid7()


def _leads(request: SignedInRequest) -> list[Organization] | None:
    """For whom the person may enter a project, the current organization first; None for every institute."""
    if organizations_with(request.user, Permission.VERIFY_OBLIGATIONS):
        return None
    mine = organizations_with(request.user, Permission.EDIT_RESULTS)
    return sorted(mine, key=lambda organization: organization != request.organization)


def _form_page(request: SignedInRequest, project: RnDProject) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    may_mark = project.pk is None or request.user.has_perm("obligations.delete_project", project)
    form = ProjectForm(sent, instance=project, leads=_leads(request), may_mark=may_mark)
    if sent is None or "back" in sent or not form.is_valid():
        if sent is not None and "back" in sent:
            form.errors.clear()
        return _show(request, form, project, 422 if form.errors else 200)
    data = form.content()
    if data.is_security and not project.is_security and "confirmed" not in sent:
        return _ask_about_security(request, form, project)
    try:
        if project.pk is None:
            saved = add_project(data=data, by=request.user, at=timezone.now(), key=project.public_id)
        else:
            seen = form.cleaned_data["revision"] or 0
            saved = change_project(project=project, data=data, by=request.user, at=timezone.now(), revision=seen)
    except ChangedMeanwhile:
        return _changed_meanwhile(request, form, project)
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _show(request, form, project, refusal.status if refusal.status != 400 else 422)
    if saved.is_security:
        messages.success(request, _("Saved. It is a security project now: nobody sees it any more."))
        return redirect("obligations:projects")
    messages.success(request, _("Saved."))
    return redirect("obligations:project", saved.public_id)


def _show(request: SignedInRequest, form: ProjectForm, project: RnDProject, status: int, **more: Any) -> HttpResponse:
    context = {"form": form, "project": project, "key": project.public_id, **more}
    return render(request, "obligations/project_form.html", context, status=status)


def _ask_about_security(request: SignedInRequest, form: ProjectForm, project: RnDProject) -> HttpResponse:
    """What it means, before anything is saved. Everything that was typed goes on with the answer."""
    typed = [
        (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
    ]
    public = list(public_listings_of(project).order_by("pk")) if project.pk else []
    results = ResearchResult.objects.live().filter(project=project).count() if project.pk else 0
    duties = Obligation.objects.owed().filter(project=project).count() if project.pk else 0
    context = {
        "project": project, "typed": typed, "public": public, "results": results, "duties": duties,
        "title": form.cleaned_data["title"],
    }  # fmt: skip
    return render(request, "obligations/project_security.html", context)


def _changed_meanwhile(request: SignedInRequest, form: ProjectForm, project: RnDProject) -> HttpResponse:
    """Both versions side by side; what was typed stays in the form, against the newest revision."""
    newest = get_object_or_404(RnDProject.objects.visible_to(request.user), pk=project.pk)
    typed = {name: getattr(form.content(), name) for name in form.Meta.fields}
    data = request.POST.copy()
    data["revision"] = str(newest.revision)
    form.data = data
    who, when = last_change(newest)
    differences = compare_with_form(newest, typed)
    return _show(request, form, project, 409, differences=differences, who=who, when=when)


@require_http_methods(["GET", "POST"])
def project_delete(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """An officer deletes a project; the page it leads to takes that back."""
    if request.method == "GET" and (gone := RnDProject.objects.deleted_for(request.user).filter(public_id=public_id)):
        return render(request, "obligations/project_deleted.html", {"project": gone[0]})
    project = visible_project(request, public_id, "obligations.delete_project")
    if request.method == "POST":
        delete_project(project=project, by=request.user, at=timezone.now())
        return redirect("obligations:project_delete", public_id)
    owed = Obligation.objects.visible_to(request.user).owed().filter(project=project).count()
    return render(request, "obligations/project_delete.html", {"project": project, "owed": owed})


@require_POST
def project_restore(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    gone = RnDProject.objects.deleted_for(request.user).filter(public_id=public_id).first()
    if gone is None:  # a second click: it is back already
        return redirect(reverse("obligations:project", args=[visible_project(request, public_id).public_id]))
    restore_project(project=gone, by=request.user, at=timezone.now())
    messages.success(request, _("The project is back, and so is what is owed for it."))
    return redirect("obligations:project", public_id)
