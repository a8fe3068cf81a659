"""The applicant's side of a registration: what is needed, the form, handing in, and what became of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.roles import Permission, organizations_with
from brokers.enums.registration import OPEN_APPLICATIONS, ApplicationState, RegistrationKind
from brokers.forms.registration import HandInForm, ObjectionForm, RevisionForm, StartForm
from brokers.models import Application, ApplicationDocument
from brokers.queries.registration import (
    check_application,
    current_registration,
    needed_of,
    next_step,
    open_application,
    open_parts,
    requirements_in_force,
)
from brokers.services.registration.draft import start_application
from brokers.services.registration.hand_in import hand_in
from brokers.services.registration.withdraw import object_to_refusal, withdraw_application
from brokers.wording.office import steps_in_words
from marketplace.core.asking import do
from marketplace.core.downloads import download
from marketplace.core.errors import ChangedMeanwhile
from notifications.services.read import mark_target_read

SHOWN = 50


@login_not_required
@require_safe
def apply(request: SignedInRequest) -> HttpResponse:
    """What an agency and what a trader need, before one begins, and one's own applications."""
    return _show_apply(request)


def _show_apply(request: SignedInRequest, refused: StartForm | None = None) -> HttpResponse:
    day, user = timezone.localdate(), request.user
    organizations = organizations_with(user, Permission.APPLY_REGISTRATION)
    kinds = []
    for kind in RegistrationKind:
        version = requirements_in_force(kind, day)
        organization = organizations[0] if len(organizations) == 1 and kind == RegistrationKind.AGENCY else None
        is_certain = user.is_authenticated and (kind == RegistrationKind.TRADER or organization is not None)
        whose: dict[str, Any] = {"organization": organization, "user": user}
        kinds.append(
            {
                "kind": kind,
                "version": version,
                "needed": needed_of(version) if version else [],
                "open": open_application(kind, **whose) if is_certain else None,
                "registered": current_registration(kind, **whose) if is_certain else None,
                "may": user.is_authenticated and (kind == RegistrationKind.TRADER or bool(organizations)),
                "form": refused
                if refused and refused.data.get("kind") == kind
                else StartForm(organizations=organizations, initial={"kind": kind}, auto_id=f"id_{kind}_%s"),
            }
        )
    mine = Application.objects.of_applicant(user).for_list()[:SHOWN]
    context = {"kinds": kinds, "applications": mine}
    return render(request, "brokers/registration/apply.html", context, status=422 if refused else 200)


@require_POST
def apply_start(request: SignedInRequest) -> HttpResponse:
    """Begin a draft, or go on with the one that is there."""
    organizations = organizations_with(request.user, Permission.APPLY_REGISTRATION)
    form = StartForm(request.POST, organizations=organizations)
    if form.is_valid():
        if form.cleaned_data["kind"] == RegistrationKind.AGENCY and organizations and form.for_whom is None:
            form.add_error("organization", _("Choose the organization for which you apply."))
        else:
            given = {"kind": form.cleaned_data["kind"], "organization": form.for_whom}
            made = start_application(**given, by=request.user, at=timezone.now())
            name = "brokers:application_edit" if made.state == ApplicationState.DRAFT else "brokers:application"
            return redirect(name, made.public_id)
    return _show_apply(request, form)


def visible(request: SignedInRequest, public_id: UUID) -> Application:
    return get_object_or_404(Application.objects.visible_to(request.user).for_page(), public_id=public_id)


def writable(request: SignedInRequest, public_id: UUID) -> Application:
    """One that the reader may see (else 404) and write (else 403)."""
    found = visible(request, public_id)
    if not request.user.has_perm("brokers.write_application", found):
        raise PermissionDenied(_("Only the applicant can do this."))
    return found


@never_cache
@require_safe
def detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = visible(request, public_id)
    mark_target_read(target_id=found.public_id, by=request.user, at=timezone.now())
    return show(request, found)


def show(
    request: SignedInRequest,
    application: Application,
    *,
    declare: HandInForm | None = None,
    objection: ObjectionForm | None = None,
    changed: bool = False,
) -> HttpResponse:
    """The page of an application: where it stands, what it waits for, what was written, what can be done."""
    day = timezone.localdate()
    may_write = request.user.has_perm("brokers.write_application", application)
    is_open = application.state in OPEN_APPLICATIONS
    revision = {"revision": application.revision}
    step = next_step(application, day=day)
    context = {
        "application": application,
        "check": check_application(application, day=day) if is_open else None,
        "step": step,
        "is_late": step.due_on is not None and step.due_on < day,
        "steps": steps_in_words(application.steps.for_list(), for_officers=False),
        "documents": application.documents.select_related("sent_by").order_by("kind", "sent_at", "pk"),
        "career": application.career.order_by("from_on", "pk"),
        "training": application.training.order_by("finished_on", "pk"),
        "may_write": may_write,
        "may_edit": may_write and bool(open_parts(application)),
        "may_hand_in": may_write and application.state in {ApplicationState.DRAFT, ApplicationState.COMPLETION},
        "may_withdraw": may_write and is_open and application.state != ApplicationState.OBJECTED,
        "may_object": may_write and application.state == ApplicationState.REFUSED and step.on == "applicant",
        "declare": declare or HandInForm(initial=revision),
        "revision_form": RevisionForm(initial=revision, auto_id=False),
        "objection": objection or ObjectionForm(),
        "changed": changed,
    }
    failed = bool((declare and declare.errors) or (objection and objection.errors))
    return render(
        request, "brokers/registration/application.html", context, status=409 if changed else 422 if failed else 200
    )


@require_POST
def application_hand_in(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = writable(request, public_id)
    form = HandInForm(request.POST)
    try:
        if form.is_valid() and (
            done := do(form, hand_in, application=found, by=request.user, at=timezone.now(), **form.cleaned_data)
        ):
            said = _("Handed in. Your receipt number is %(number)s.") % {"number": done.application.number}
            (messages.success if done.is_new else messages.info)(request, said)
            return redirect("brokers:application", found.public_id)
    except ChangedMeanwhile:
        return show(request, visible(request, public_id), changed=True)
    return show(request, found, declare=form)


@require_POST
def application_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = writable(request, public_id)
    form = RevisionForm(request.POST)
    if not form.is_valid():
        return show(request, found)
    try:
        withdraw_application(application=found, by=request.user, at=timezone.now(), **form.cleaned_data)
    except ChangedMeanwhile:
        return show(request, visible(request, public_id), changed=True)
    messages.success(request, _("The application was withdrawn."))
    return redirect("brokers:application", found.public_id)


@require_POST
def application_object(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = writable(request, public_id)
    form = ObjectionForm(request.POST)
    if form.is_valid() and do(
        form, object_to_refusal, application=found, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, _("Your objection was sent. An officer decides."))
        return redirect("brokers:application", found.public_id)
    return show(request, found, objection=form)


@never_cache
@require_GET
def document_file(request: SignedInRequest, public_id: UUID, document_id: UUID) -> HttpResponseBase:
    rows = ApplicationDocument.objects.visible_to(request.user).filter(application__public_id=public_id)
    found = get_object_or_404(rows, public_id=document_id)
    return download(found.file, name=found.name, type=found.type)
