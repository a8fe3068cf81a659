"""The firm's side of a call: may we, our applications, preview, submit, receipt, withdraw."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.relations import family_of
from accounts.roles import Permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile, NotPossibleNow
from marketplace.core.exports import csv_response
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read
from programmes.eligibility import check, is_open_to
from programmes.enums.applications import ApplicationState
from programmes.exports.applications import application_cells
from programmes.filters.applications import ApplicationFilter
from programmes.forms.applications import BeginForm, RevisionForm, SubmitForm, WithdrawForm
from programmes.models import Application, Call
from programmes.queries.facts import firm_on
from programmes.queries.sections import sheet_of
from programmes.scheme import Scheme
from programmes.services.applications.acting import CallChanged
from programmes.services.applications.begin import begin
from programmes.services.applications.complete import complete, completed_with
from programmes.services.applications.submit import submit
from programmes.services.applications.withdraw import discard, withdraw
from programmes.wording.applications import label_for, next_of, steps_of, tone_of
from programmes.wording.review import paper_name

S = ApplicationState
PAGE = 20
WRITABLE = (S.DRAFT, S.COMPLETION)
TOLD = (S.INELIGIBLE, S.NOT_SELECTED, S.RESERVE, S.SELECTED, S.AGREED, S.LAPSED)
WITHDRAWABLE = (S.SUBMITTED, S.COMPLETION, S.ELIGIBLE, S.RESERVE, S.SELECTED)


def visible(request: SignedInRequest, public_id: UUID) -> Application:
    """One that the reader sees as a member of the firm or as an officer of the call's office."""
    rows = Application.objects.visible_to(request.user).exclude(state=S.DISCARDED)
    return get_object_or_404(rows.for_page(), public_id=public_id)


def writable(request: SignedInRequest, public_id: UUID) -> Application:
    """One that the reader may see (else 404) and write (else 403)."""
    found = visible(request, public_id)
    if not request.user.has_perm("programmes.write_application", found):
        raise PermissionDenied(_("Only members of the firm who may apply can do this."))
    return found


@never_cache
@require_safe
def mine(request: SignedInRequest) -> HttpResponse:
    """The applications of the reader's firms, and calls that take applications now."""
    found = ApplicationFilter(request.GET, Application.objects.of_members(request.user).for_list())
    page, now = BoundedPaginator(found.qs, PAGE).get_page(request.GET.get("page")), timezone.now()
    context = {
        "filter": found,
        "page": page,
        "rows": [(each, label_for(each, is_applicant=True), tone_of(each), next_of(each, now)) for each in page],
        "calls": Call.objects.published().taking_at(timezone.now()).order_by("closes_at", "pk")[:20],
        "may_apply": request.user.has_perm("programmes.apply"),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state")),
    }
    return render(request, "programmes/applications/list.html", context)


@never_cache
@require_safe
def export(request: SignedInRequest) -> HttpResponseBase:
    """The list as it is shown, all pages of it."""
    found = ApplicationFilter(request.GET, Application.objects.of_members(request.user).for_list())
    return csv_response("applications.csv", application_cells(found.qs.iterator(chunk_size=500)))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def eligibility(request: SignedInRequest, number: str) -> HttpResponse:
    """May we? With reasons, before anything is typed; the button begins."""
    calls = Call.objects.visible_to(request.user).published().select_related("current", "office")
    call = get_object_or_404(calls, number=number)
    organizations = organizations_with(request.user, Permission.APPLY_PROGRAMMES)
    if not organizations:
        raise PermissionDenied(_("A firm applies. Ask a manager of your firm to let you do it, or register your firm."))
    chosen = _chosen(request, organizations)
    family = family_of(chosen)
    earlier = list(
        Application.objects.real().filter(organization__in=family).exclude(state=S.DISCARDED).exclude(call=call)
        .exclude(plan={}).select_related("call").order_by("-begun_at", "-pk")[:5]
    )  # fmt: skip
    form = BeginForm(
        request.POST or None, organizations=organizations, earlier=earlier,
        initial={"organization": str(chosen.public_id), "filled_from": ""},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        organization, filled_from = form.read()
        given = {"call": call, "organization": organization, "filled_from": filled_from}
        if made := do(form, begin, **given, by=request.user, at=timezone.now()):
            return redirect("programmes:application", made.public_id)
    day = timezone.localdate()
    firm = firm_on(chosen, day)
    scheme = Scheme.from_json(call.current.content) if call.current else None
    findings = [each for each in check(scheme, firm.facts, day) if each.kind != "declared"] if scheme else []
    context = {
        "call": call,
        "scheme": scheme,
        "firm": firm,
        "chosen": chosen,
        "organizations": organizations,
        "findings": findings,
        "is_open_to": is_open_to(findings),
        "form": form,
        "takes": call.accepts_at(timezone.now()),
        "there": Application.objects.filter(
            call=call, organization__in=family, state__in=[S.DRAFT, *WITHDRAWABLE, S.AGREED]
        ).first(),
    }
    return render(request, "programmes/applications/eligibility.html", context, status=422 if form.errors else 200)


def _chosen(request: SignedInRequest, organizations: list[Any]) -> Any:
    wanted = request.POST.get("organization") or request.GET.get("organization", "")
    return next((each for each in organizations if str(each.public_id) == wanted), organizations[0])


@never_cache
@require_safe
def detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The task list of a draft; of what was submitted where it stands, what comes next, and what was said."""
    found = visible(request, public_id)
    mark_target_read(target_id=found.public_id, by=request.user, at=timezone.now())
    return show(request, found)


def show(
    request: SignedInRequest,
    application: Application,
    *,
    taking_back: WithdrawForm | None = None,
    changed: bool = False,
) -> HttpResponse:
    may_write = request.user.has_perm("programmes.write_application", application)
    seen = {"revision": application.revision, "key": uuid4()}
    sheet = sheet_of(application, timezone.localdate())
    is_applicant = not application.call.is_rehearsal and any(
        each.organization_id == application.organization_id for each in request.user.active_memberships()
    )
    context = {
        "application": application,
        "sheet": sheet,
        "label": label_for(application, is_applicant=is_applicant),
        "tone": tone_of(application),
        "next": next_of(application, timezone.now()),
        "may_read_decision": is_applicant and application.state in TOLD,
        "steps": steps_of(application),
        "is_open": application.state in WRITABLE,
        "may_write": may_write,
        "may_withdraw": may_write and application.state in WITHDRAWABLE,
        "new_version": application.state == S.DRAFT and application.version_id != application.call.current_id,
        "takes": application.call.accepts_at(timezone.now()),
        "is_over": application.call.is_over_at(timezone.now()),
        "withdraw_form": taking_back or WithdrawForm(initial=seen),
        "revision_form": RevisionForm(initial=seen, auto_id=False),
        "changed": changed,
    }
    status = 409 if changed else 422 if taking_back else 200
    return render(request, "programmes/applications/application.html", context, status=status)


@never_cache
@require_safe
def preview(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """All of it as the office will read it, what binds, and the button that submits."""
    return _preview(request, writable(request, public_id))


def _preview(
    request: SignedInRequest, application: Application, form: SubmitForm | None = None, changed: bool = False
) -> HttpResponse:
    if application.state not in WRITABLE:
        return redirect("programmes:application", application.public_id)
    context = {
        "application": application,
        "sheet": sheet_of(application, timezone.localdate()),
        "form": form or SubmitForm(initial={"revision": application.revision, "key": uuid4()}),
        "takes": application.call.accepts_at(timezone.now()),
        "is_over": application.call.is_over_at(timezone.now()),
        "next": next_of(application, timezone.now()),
        "changed": changed,
    }
    status = 409 if changed else 422 if form else 200
    return render(request, "programmes/applications/preview.html", context, status=status)


@require_POST
def send(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Submit, or hand in again what was completed. Clicked twice it is done once."""
    found = writable(request, public_id)
    form = SubmitForm(request.POST)
    if not form.is_valid():
        return _preview(request, found, form)
    given = {"application": found, **form.cleaned_data, "by": request.user, "at": timezone.now()}
    try:
        if found.state == S.COMPLETION or completed_with(found, form.cleaned_data["key"]):
            done = do(form, complete, **given)
        else:
            done = do(form, submit, **given)
    except (ChangedMeanwhile, CallChanged):
        return _preview(request, visible(request, public_id), changed=True)
    except NotPossibleNow as error:
        messages.error(request, str(error))
        return redirect("programmes:application", found.public_id)
    if done is None:
        return _preview(request, found, form)
    said = _("Submitted. Your receipt number is %(number)s.") % {"number": done.application.number}
    (messages.success if done.is_new else messages.info)(request, said)
    return redirect("programmes:application_receipt", found.public_id)


@never_cache
@require_safe
def receipt(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """To be kept or printed: who, what, when to the second, and the hash of what was submitted."""
    found = visible(request, public_id)
    if not found.number:
        return redirect("programmes:application", found.public_id)
    scheme = Scheme.from_json(found.version.content)
    papers = [(paper_name(scheme, each.key), each) for each in found.documents.current()]
    context = {"application": found, "next": next_of(found, timezone.now()), "papers": papers}
    return render(request, "programmes/applications/receipt.html", context)


@require_POST
def take_back(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = writable(request, public_id)
    form = WithdrawForm(request.POST)
    try:
        if form.is_valid() and do(
            form, withdraw, application=found, by=request.user, at=timezone.now(), **form.cleaned_data
        ):
            messages.success(request, _("The application was withdrawn."))
            return redirect("programmes:application", found.public_id)
    except ChangedMeanwhile:
        return show(request, visible(request, public_id), changed=True)
    return show(request, found, taking_back=form)


@require_POST
def throw_away(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = writable(request, public_id)
    form = RevisionForm(request.POST)
    if not form.is_valid():
        return show(request, found)
    try:
        discard(application=found, by=request.user, at=timezone.now(), **form.cleaned_data)
    except ChangedMeanwhile:
        return show(request, visible(request, public_id), changed=True)
    messages.success(request, _("The draft was thrown away."))
    return redirect("programmes:applications")
