"""Money asked back: the list, a recovery's page for office and debtor, what each does with it."""

import uuid
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import Form
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.roles import Permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.exports import csv_response, xlsx_response
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read
from vouchers.enums.recovery import RecoveryState
from vouchers.exports.recovery import recovery_cells
from vouchers.filters.recovery import RecoveryFilter
from vouchers.forms.recovery import (
    AnnounceForm,
    DecideForm,
    ObjectForm,
    PlanForm,
    ReceiptForm,
    SanctionForm,
)
from vouchers.models import Recovery, Sanction, Voucher
from vouchers.queries.account import pay_into
from vouchers.queries.recovery import left_of, next_due_on, plan_of
from vouchers.querysets.recovery import OWED
from vouchers.recovery import rules_on
from vouchers.services.recovery.announce import announce, askable_won, debtors_of, decide, object_to, rules_of
from vouchers.services.recovery.receive import enter_receipt, set_plan
from vouchers.services.recovery.sanctions import FOUNDED, OPEN, propose

PER_PAGE = 20


def sees_recoveries(request: SignedInRequest) -> None:
    """Raise `NotAllowed` for who has to do with none: neither an officer nor of a firm or provider."""
    work = (Permission.USE_VOUCHERS, Permission.PROVIDE_SERVICES)
    if not request.user.is_officer and not any(organizations_with(request.user, each) for each in work):
        raise NotAllowed(_("Only members of firms and providers, and officers, can do this."))


def visible_recovery(request: SignedInRequest, public_id: UUID) -> Recovery:
    rows = Recovery.objects.visible_to(request.user).for_page().prefetch_related("receipts")
    return get_object_or_404(rows, public_id=public_id)


def allowed(request: SignedInRequest, permission: str, thing: Model) -> None:
    if not request.user.has_perm(permission, thing):
        raise PermissionDenied


def _found(request: SignedInRequest) -> RecoveryFilter:
    sees_recoveries(request)
    rows = Recovery.objects.visible_to(request.user).for_list().order_by("-pk")
    return RecoveryFilter(request.GET, rows, request=request)


@require_safe
def recovery_list(request: SignedInRequest) -> HttpResponse:
    """What the office asked back, or what is asked of the organization."""
    found, today = _found(request), timezone.localdate()
    page = BoundedPaginator(found.qs, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page": page,
        "rows": [(row, left_of(row, today).total_won, next_due_on(row, today)) for row in page],
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state")),
        "query": without_empty(request.GET).urlencode(),
        "is_officer": request.user.is_officer,
        "today": today,
        "owed": OWED,
    }
    return render_part(
        request, page="vouchers/recovery/list.html", part="vouchers/recovery/partials/_list.html", context=context
    )


@require_safe
def recovery_export(request: SignedInRequest) -> HttpResponseBase:
    """The list as shown, at most 10,000."""
    found, today = _found(request), timezone.localdate()
    name, rows = f"recoveries-{today:%Y%m%d}", recovery_cells(found.qs[: CEILING + 1], today)
    if request.GET.get("format") == "xlsx":
        return xlsx_response(f"{name}.xlsx", _("Recoveries"), list(rows), most=CEILING)
    return csv_response(f"{name}.csv", rows, most=CEILING)


@require_http_methods(["GET", "HEAD", "POST"])
def recovery_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """An officer announces that money of a voucher has to come back."""
    rows = Voucher.objects.visible_to(request.user).select_related("holder", "line__call__office")
    voucher = get_object_or_404(rows, public_id=public_id)
    allowed(request, "vouchers.announce_recovery", voucher)
    today = timezone.localdate()
    form = AnnounceForm(posted(request), debtors=debtors_of(voucher), initial={"surcharge_won": 0})
    if request.method == "POST" and form.is_valid():
        made = do(form, announce, voucher=voucher, by=request.user, at=timezone.now(), **form.cleaned_data)
        if made:
            messages.success(request, _("The debtor is told and may object. A second officer decides."))
            return redirect("vouchers:recovery", made.public_id)
    context = {"voucher": voucher, "form": form, "left_won": askable_won(voucher), "rules": rules_on(today)}
    return render(request, "vouchers/recovery/new.html", context, status=422 if form.errors else 200)


@require_safe
def recovery_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    recovery = visible_recovery(request, public_id)
    mark_target_read(target_id=recovery.public_id, by=request.user, at=timezone.now())
    return _show(request, recovery)


def _show(request: SignedInRequest, recovery: Recovery, **forms: Form) -> HttpResponse:
    """The page; a form that was refused is given by the name it has there, and stands open."""
    user, today, state = request.user, timezone.localdate(), recovery.state
    recovers = user.has_perm("vouchers.recover", recovery)
    undecided = state in (RecoveryState.NOTICED, RecoveryState.OBJECTED)
    sanctions = Sanction.objects.visible_to(user).filter(recovery=recovery)
    rows = list(sanctions.for_list().order_by("pk"))
    refused = next((form for form in forms.values() if form.errors), None)
    context: dict[str, Any] = {
        "recovery": recovery,
        "left": left_of(recovery, today),
        "plan": (plan := plan_of(recovery, today)),
        "next_part": next((each for each in plan if each.left_won), None),
        "receipts": recovery.receipts.select_related("entered_by").order_by("received_on", "pk"),
        "steps": recovery.steps.select_related("by").order_by("at", "pk"),
        "rules": rules_of(recovery),
        "is_officer": recovers,
        "is_debtor": user.has_perm("vouchers.answer_recovery", recovery),
        "may_object": state == RecoveryState.NOTICED
        and today <= recovery.object_by
        and user.has_perm("vouchers.answer_recovery", recovery),
        "may_decide": undecided and user.has_perm("vouchers.decide_recovery", recovery),
        "is_mine": undecided and recovery.noticed_by_id == user.pk,
        "is_early": state == RecoveryState.NOTICED and today <= recovery.object_by,
        "may_plan": recovers and state == RecoveryState.CONFIRMED,
        "is_owed": state in OWED,
        "pay_into": pay_into(recovery.voucher.line.call.office, recovery.number) if state in OWED else None,
        "may_receive": recovers and state in OWED,
        "may_sanction": recovers and state in FOUNDED,
        "sanctions": rows,
        "open_sanctions": any(row.state in OPEN for row in rows),
        "today": today,
        "object_form": ObjectForm(prefix="object"),
        "decide_form": DecideForm(prefix="decide"),
        "plan_form": PlanForm(prefix="plan"),
        "receipt_form": ReceiptForm(initial={"received_on": today, "key": uuid.uuid4()}),
        "sanction_form": SanctionForm(prefix="sanction", initial={"key": uuid.uuid4()}),
        "refused": refused,
        **forms,
    }
    return render(request, "vouchers/recovery/detail.html", context, status=422 if refused else 200)


def _act(
    request: SignedInRequest, public_id: UUID, permission: str, name: str, form: Form, service: Callable[..., Any],
    said: str,
) -> HttpResponse:  # fmt: skip
    """One act on a recovery: permission, form, one call of a service."""
    recovery = visible_recovery(request, public_id)
    allowed(request, permission, recovery)
    done = form.is_valid() and do(
        form, service, recovery=recovery, by=request.user, at=timezone.now(), **form.cleaned_data
    )
    if done:
        messages.success(request, said)
        return redirect("vouchers:recovery", public_id)
    return _show(request, recovery, **{name: form})


@require_POST
def recovery_object(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = ObjectForm(request.POST, prefix="object")
    said = _("The office was told. An officer who did not announce it decides.")
    return _act(request, public_id, "vouchers.answer_recovery", "object_form", form, object_to, said)


@require_POST
def recovery_decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = DecideForm(request.POST, prefix="decide")
    said = _("It was decided. The debtor is told.")
    return _act(request, public_id, "vouchers.decide_recovery", "decide_form", form, decide, said)


@require_POST
def recovery_plan(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = PlanForm(request.POST, prefix="plan")
    said = _("The plan stands. The debtor is told.")
    return _act(request, public_id, "vouchers.recover", "plan_form", form, set_plan, said)


@require_POST
def receipt_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = ReceiptForm(request.POST)
    said = _("The receipt was entered.")
    return _act(request, public_id, "vouchers.recover", "receipt_form", form, enter_receipt, said)


@require_POST
def recovery_sanction(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = SanctionForm(request.POST, prefix="sanction")
    said = _("The sanction is proposed. A second officer decides.")
    return _act(request, public_id, "vouchers.recover", "sanction_form", form, propose, said)
