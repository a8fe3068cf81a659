"""Sanctions: the list, one's page for office and organization, and who is excluded for everybody to see."""

import uuid
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.roles import Permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read
from vouchers.enums.recovery import SanctionState
from vouchers.filters.recovery import SanctionFilter
from vouchers.forms.recovery import AnswerForm, DecideSanctionForm, FraudForm, LiftForm
from vouchers.models import Sanction
from vouchers.rules.recovery import recovering_office
from vouchers.services.recovery.sanctions import (
    answer_sanction,
    decide_sanction,
    lift,
    may_still_answer,
    propose_for_fraud,
)
from vouchers.views.recovery import PER_PAGE, allowed, sees_recoveries


@require_safe
def sanction_list(request: SignedInRequest) -> HttpResponse:
    """What the office proposed and decided, or what was imposed on the organization."""
    sees_recoveries(request)
    rows = Sanction.objects.visible_to(request.user).for_list().order_by("-pk")
    found = SanctionFilter(request.GET, rows, request=request)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs, PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state")),
        "query": without_empty(request.GET).urlencode(),
        "is_officer": bool(organizations_with(request.user, Permission.RECOVER_MONEY)),
        "today": timezone.localdate(),
    }
    return render_part(
        request, page="vouchers/sanctions/list.html", part="vouchers/sanctions/partials/_list.html", context=context
    )


@require_http_methods(["GET", "HEAD", "POST"])
def sanction_new(request: SignedInRequest) -> HttpResponse:
    """An officer proposes one for fraud that needs no recovery."""
    office = recovering_office(request.user, request.organization)
    if office is None:
        raise NotAllowed(_("Only officers who recover money can do this."))
    form = FraudForm(posted(request), initial={"key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        made = do(form, propose_for_fraud, office=office, by=request.user, at=timezone.now(), **form.cleaned_data)
        if made:
            messages.success(request, _("The organization is told and may answer. A second officer decides."))
            return redirect("vouchers:sanction", made.public_id)
    context = {"form": form, "office": office}
    return render(request, "vouchers/sanctions/new.html", context, status=422 if form.errors else 200)


@require_safe
def sanction_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    sanction = visible_sanction(request, public_id)
    mark_target_read(target_id=sanction.public_id, by=request.user, at=timezone.now())
    return _show(request, sanction)


def visible_sanction(request: SignedInRequest, public_id: UUID) -> Sanction:
    return get_object_or_404(Sanction.objects.visible_to(request.user).for_list(), public_id=public_id)


def _show(request: SignedInRequest, sanction: Sanction, **forms: Form) -> HttpResponse:
    """The page; a form that was refused is given by the name it has there, and stands open."""
    user, today, proposed = request.user, timezone.localdate(), sanction.state == SanctionState.PROPOSED
    refused = next((form for form in forms.values() if form.errors), None)
    context: dict[str, Any] = {
        "sanction": sanction,
        "is_officer": user.has_perm("vouchers.sanction", sanction),
        "is_heard": proposed and may_still_answer(sanction, today),
        "may_answer": proposed
        and may_still_answer(sanction, today)
        and user.has_perm("vouchers.answer_sanction", sanction),
        "may_decide": proposed and user.has_perm("vouchers.decide_sanction", sanction),
        "is_mine": proposed and sanction.proposed_by_id == user.pk,
        "may_lift": sanction.state == SanctionState.IMPOSED and user.has_perm("vouchers.sanction", sanction),
        "is_over": sanction.until_on is not None and sanction.until_on < today,
        "answer_form": AnswerForm(prefix="answer"),
        "decide_form": DecideSanctionForm(prefix="impose"),
        "lift_form": LiftForm(prefix="lift"),
        "refused": refused,
        **forms,
    }
    return render(request, "vouchers/sanctions/detail.html", context, status=422 if refused else 200)


def _act(
    request: SignedInRequest, public_id: UUID, permission: str, name: str, form: Form, service: Callable[..., Any],
    said: str,
) -> HttpResponse:  # fmt: skip
    sanction = visible_sanction(request, public_id)
    allowed(request, permission, sanction)
    if form.is_valid() and do(
        form, service, sanction=sanction, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, said)
        return redirect("vouchers:sanction", public_id)
    return _show(request, sanction, **{name: form})


@require_POST
def sanction_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = AnswerForm(request.POST, prefix="answer")
    said = _("The office was told. An officer who did not propose it decides.")
    return _act(request, public_id, "vouchers.answer_sanction", "answer_form", form, answer_sanction, said)


@require_POST
def sanction_decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = DecideSanctionForm(request.POST, prefix="impose")
    said = _("The sanction was decided.")
    return _act(request, public_id, "vouchers.decide_sanction", "decide_form", form, decide_sanction, said)


@require_POST
def sanction_lift(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = LiftForm(request.POST, prefix="lift")
    return _act(request, public_id, "vouchers.sanction", "lift_form", form, lift, _("The sanction was lifted."))


@login_not_required
@require_safe
def excluded(request: HttpRequest) -> HttpResponse:
    """Who is excluded from programmes for fraud now, for everybody (Subsidy Act art. 36-2)."""
    rows = Sanction.objects.public_on(timezone.localdate()).select_related("organization", "office", "recovery")
    page = BoundedPaginator(rows.order_by("-from_on", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "vouchers/sanctions/excluded.html", {"page": page})
