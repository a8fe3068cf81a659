"""What a firm reads of a decision, objecting to it, and the agreement that its manager signs."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from marketplace.core.asking import do
from marketplace.core.ids import uuid7
from marketplace.core.money import in_percent
from notifications.services.read import mark_target_read
from programmes.enums.applications import ApplicationState, Part
from programmes.enums.review import AgreementState, ObjectionState, StepKind
from programmes.forms.review import ObjectionForm, SignForm
from programmes.models import Agreement, Application, Objection
from programmes.queries.ranking import reason_in_words
from programmes.scheme import Scheme
from programmes.services.review.agreements import sign
from programmes.services.review.objections import raise_objection, withdraw_objection
from programmes.wording.applications import is_unpaid, label_for, tone_of
from programmes.wording.calls import unused_words


def _visible(request: SignedInRequest, public_id: UUID) -> Application:
    """Of the own firms, once it was submitted."""
    rows = Application.objects.of_members(request.user).exclude(number=None).for_page()
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def decision(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    application = _visible(request, public_id)
    mark_target_read(target_id=application.public_id, by=request.user, at=timezone.now())
    return _show(request, application)


def _show(
    request: SignedInRequest, application: Application, form: ObjectionForm | None = None, status: int = 200
) -> HttpResponse:
    until = application.object_by
    raised = list(application.objections.order_by("raised_at", "pk"))
    against = [each for each in application.objections_now if each.state != ObjectionState.WITHDRAWN]
    is_in_time = until is not None and timezone.localdate() <= until
    context: dict[str, Any] = {
        "application": application,
        "label": label_for(application, is_applicant=True),
        "tone": tone_of(application),
        "is_unpaid": is_unpaid(application),
        "reason": reason_in_words(application.reason),
        "until": until,
        "is_in_time": is_in_time,
        "objections": raised,
        "against": against,
        "may_object": is_in_time and not against and request.user.has_perm("programmes.object", application),
        "speaks": request.user.has_perm("programmes.object", application),
        "form": form or ObjectionForm(initial={"key": uuid7()}),
        "parts": _parts(application),
        "agreement": getattr(application, "agreement", None),
    }
    return render(request, "programmes/review/decision.html", context, status=status)


def _parts(application: Application) -> list[tuple[str, str]]:
    """What has to be completed, part by part."""
    if application.state != ApplicationState.COMPLETION:
        return []
    step = application.steps.filter(kind=StepKind.COMPLETION_ASKED).order_by("-at", "-pk").first()
    labels = dict(Part.choices)
    return [(str(labels.get(key, key)), text) for key, text in step.data["parts"].items()] if step else []


@require_POST
def decision_object(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    application = _visible(request, public_id)
    if not request.user.has_perm("programmes.object", application):
        raise PermissionDenied(_("A manager of the firm does this."))
    form = ObjectionForm(request.POST)
    if form.is_valid() and do(
        form, raise_objection, application=application, by=request.user, at=timezone.now(), **form.given
    ):
        messages.success(request, _("The office has your objection. It answers by the day that stands here."))
        return redirect("programmes:decision", public_id)
    return _show(request, application, form, 422)


@require_POST
def objection_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    rows = Objection.objects.filter(application__in=Application.objects.of_members(request.user))
    found = get_object_or_404(rows.select_related("application__organization"), public_id=public_id)
    withdraw_objection(objection=found, by=request.user, at=timezone.now())
    messages.success(request, _("Taken back."))
    return redirect("programmes:decision", found.application.public_id)


def _agreement(request: SignedInRequest, public_id: UUID) -> Agreement:
    rows = Agreement.objects.visible_to(request.user).select_related(
        "application__organization", "application__call__office", "application__version", "signed_by"
    )
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def agreement(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _show_agreement(request, _agreement(request, public_id))


def _services(found: Agreement) -> list[dict[str, Any]]:
    """What was agreed on, each by its name on the call's menu: orders are held against these."""
    scheme = Scheme.from_json(found.application.version.content)
    named = {service.key: str(service.words) for service in scheme.menu}
    return [{**each, "name": named.get(each["key"], each["key"])} for each in found.content.get("services", ())]


def _show_agreement(
    request: SignedInRequest, found: Agreement, form: SignForm | None = None, status: int = 200
) -> HttpResponse:
    today = timezone.localdate()
    may_sign = request.user.has_perm("programmes.sign_agreement", found)
    is_open = found.state == AgreementState.OFFERED
    is_of_firm = Application.objects.of_members(request.user).filter(pk=found.application_id).exists()
    context: dict[str, Any] = {
        "agreement": found,
        "application": found.application,
        "content": found.content,
        "services": _services(found),
        "own_share": in_percent(found.own_bp),
        "unused": unused_words(found.content.get("unused_bp"), found.content.get("barred_years")),
        "is_open": is_open,
        "is_late": today > found.sign_by,
        "is_of_firm": is_of_firm,
        "may_sign": may_sign and is_open and today <= found.sign_by,
        "signs": may_sign,
        "form": form or SignForm(initial={"digest": found.digest}),
    }
    return render(request, "programmes/review/agreement.html", context, status=status)


@require_POST
def agreement_sign(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _agreement(request, public_id)
    if not request.user.has_perm("programmes.sign_agreement", found):
        raise PermissionDenied(_("A manager of the firm signs."))
    form = SignForm(request.POST)
    if form.is_valid() and do(form, sign, agreement=found, by=request.user, at=timezone.now(), **form.given):
        messages.success(request, _("Signed."))
        return redirect("programmes:agreement", public_id)
    return _show_agreement(request, found, form, 422)
