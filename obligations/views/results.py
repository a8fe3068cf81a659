"""Results of a project: reported, changed, merged, deleted and taken back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.enums import OrganizationKind
from accounts.http import SignedInRequest
from accounts.models import Organization
from accounts.roles import Permission, organizations_with
from marketplace.core.errors import ChangedMeanwhile, DomainError
from marketplace.core.ids import uuid7
from obligations.forms import MergeForm, ResultForm
from obligations.models import ResearchResult, RnDProject
from obligations.numbers import application_digits
from obligations.queries import compare_with_form, last_change
from obligations.services.results import add_result, change_result, delete_result, merge_results, restore_result
from obligations.views.projects import visible_project


def own_result(request: SignedInRequest, public_id: UUID) -> ResearchResult:
    """A result one knows of, also a deleted one (else 404), that one may change (else 403)."""
    rows = ResearchResult.objects.known_to(request.user).select_related("project__lead", "owner")
    result = get_object_or_404(rows, public_id=public_id)
    if not request.user.has_perm("obligations.change_result", result):
        raise PermissionDenied(_("Only the institute that owes the result or leads its project can do this."))
    return result


def owners_for(request: SignedInRequest, project: RnDProject) -> QuerySet[Organization]:
    """Who may be said to owe a result: for who leads the project or an officer any that takes part, else oneself."""
    institutes = Organization.objects.filter(kind=OrganizationKind.INSTITUTE).order_by("name", "pk")
    takes_part = Q(pk=project.lead_id) | Q(partner_projects=project) | Q(research_results__project=project)
    mine = organizations_with(request.user, Permission.EDIT_RESULTS)
    if project.lead in mine or organizations_with(request.user, Permission.VERIFY_OBLIGATIONS):
        return institutes.filter(pk__in=Organization.objects.filter(takes_part).values("pk"))
    return institutes.filter(pk__in=[organization.pk for organization in mine])


@require_http_methods(["GET", "POST"])
def result_add(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    project = visible_project(request, public_id)
    if not request.user.has_perm("obligations.add_result", project):
        raise PermissionDenied(_("Only institutes that take part in the project, or an officer, can do this."))
    return _form_page(request, project, ResearchResult(project=project, public_id=_key(request)))


@require_http_methods(["GET", "POST"])
def result_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    result = own_result(request, public_id)
    if result.deleted_at or result.merged_into_id:  # a second tab, or back: its page says what it is now
        return redirect("obligations:project", result.project.public_id)
    return _form_page(request, result.project, result)


def _key(request: SignedInRequest) -> UUID:
    """As in `projects`: a form that is sent twice makes one result."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid7()


def _form_page(request: SignedInRequest, project: RnDProject, result: ResearchResult) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    initial = {} if result.pk else {"kind": "patent", "owner": project.lead.public_id}
    owners = owners_for(request, project)
    if not result.pk and len(mine := list(owners[:2])) == 1:
        initial["owner"] = mine[0].public_id
    form = ResultForm(sent, instance=result, owners=owners, initial=initial)
    if sent is None or not form.is_valid():
        return _show(request, form, project, result, 422 if form.errors else 200)
    given: dict[str, Any] = {"data": form.content(), "by": request.user, "at": timezone.now()}
    try:
        if result.pk is None:
            add_result(project=project, key=result.public_id, **given)
        else:
            change_result(result=result, revision=form.cleaned_data["revision"] or 0, **given)
    except ChangedMeanwhile:
        return _changed_meanwhile(request, form, project, result)
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _show(request, form, project, result, refusal.status if refusal.status != 400 else 422)
    messages.success(request, _("Saved."))
    return redirect("obligations:project", project.public_id)


def _show(
    request: SignedInRequest,
    form: ResultForm,
    project: RnDProject,
    result: ResearchResult,
    status: int,
    **more: object,
) -> HttpResponse:
    context = {"form": form, "project": project, "result": result, "key": result.public_id, **more}
    return render(request, "obligations/result_form.html", context, status=status)


def _changed_meanwhile(
    request: SignedInRequest, form: ResultForm, project: RnDProject, result: ResearchResult
) -> HttpResponse:
    newest = ResearchResult.objects.select_related("owner").get(pk=result.pk)
    typed = {name: getattr(form.content(), name) for name in form.Meta.fields}
    typed["inventors"] = [{"name": name, "email": email} for name, email in typed["inventors"]]
    typed["number"] = application_digits(typed["number"]) if typed["kind"] == "patent" else typed["number"]
    data = request.POST.copy()
    data["revision"] = str(newest.revision)
    form.data = data
    who, when = last_change(newest)
    differences = compare_with_form(newest, typed)
    return _show(request, form, project, result, 409, differences=differences, who=who, when=when)


@require_POST
def result_delete(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Deleted results stand on the project's page, where this can be taken back."""
    result = own_result(request, public_id)
    delete_result(result=result, by=request.user, at=timezone.now())
    messages.success(request, _("Deleted. You can take that back below, under “Deleted and merged”."))
    return redirect("obligations:project", result.project.public_id)


@require_POST
def result_restore(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    result = own_result(request, public_id)
    restore_result(result=result, by=request.user, at=timezone.now())
    messages.success(request, _("The result is back, and it is owed again."))
    return redirect("obligations:project", result.project.public_id)


@require_http_methods(["GET", "POST"])
def result_merge(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Two results that are one: choose which stays. What listed the other one lists that one."""
    result = own_result(request, public_id)
    if result.deleted_at or result.merged_into_id:
        return redirect("obligations:project", result.project.public_id)
    others = (
        ResearchResult.objects.visible_to(request.user).filter(owner=result.owner).exclude(pk=result.pk)
        .filter(Q(project=result.project) | Q(number=result.number) & ~Q(number="")).order_by("project", "title", "pk")
    )  # fmt: skip
    form = MergeForm(request.POST if request.method == "POST" else None, others=others)
    if request.method == "POST" and form.is_valid():
        try:
            merge_results(result=result, into=form.cleaned_data["into"], by=request.user, at=timezone.now())
        except DomainError as refusal:
            form.add_error("into", str(refusal))
        else:
            messages.success(request, _("Merged. Only “%(title)s” is owed now.") % {"title": form.cleaned_data["into"]})
            return redirect("obligations:project", result.project.public_id)
    context = {"form": form, "result": result, "project": result.project, "has_others": others.exists()}
    return render(request, "obligations/result_merge.html", context, status=422 if form.errors else 200)
