"""A voucher's page for firm and office, the list, and what each may do with it."""

import uuid
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from marketplace.core.asking import do
from marketplace.core.exports import csv_response, xlsx_response
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read
from vouchers.enums.vouchers import ACTIVE, ChangeState, VoucherState
from vouchers.exports.life import voucher_cells
from vouchers.filters.life import VoucherFilter
from vouchers.forms.life import ChangeForm, DecisionForm, DepositForm, OwnShareForm, TextForm
from vouchers.models import ChangeRequest, Voucher
from vouchers.queries.account import pay_back_to, pay_into
from vouchers.queries.agreed import services_agreed
from vouchers.queries.firm import orders_of, todos
from vouchers.queries.life import changes_of, next_step, own_share_of, parts_of
from vouchers.queries.orders import left_of, menu_of, scheme_of
from vouchers.rules.life import sees_vouchers
from vouchers.services.life.changes import ask_change, decide_change, latest_end, withdraw_change
from vouchers.services.life.deposits import enter_deposit, enter_refund
from vouchers.services.life.halt import resume, suspend
from vouchers.services.life.lapse import give_up
from vouchers.services.life.over import end_early
from vouchers.services.recovery.announce import askable_won

PER_PAGE = 20


def allowed(request: SignedInRequest, permission: str, voucher: Voucher) -> None:
    if not request.user.has_perm(permission, voucher):
        raise PermissionDenied


def visible_voucher(request: SignedInRequest, public_id: UUID) -> Voucher:
    return get_object_or_404(Voucher.objects.visible_to(request.user).for_page(), public_id=public_id)


@require_safe
def voucher_list(request: SignedInRequest) -> HttpResponse:
    """The firm's vouchers, or those of the office's calls."""
    sees_vouchers(request.user)
    found = VoucherFilter(request.GET, Voucher.objects.visible_to(request.user).for_list(), request=request)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs, PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state", "ends_before", "asked", "to_pay_back")),
        "query": without_empty(request.GET).urlencode(),
        "today": timezone.localdate(),
        "is_officer": request.user.is_officer,
    }
    return render_part(
        request, page="vouchers/life/vouchers.html", part="vouchers/life/partials/_vouchers.html", context=context
    )


@require_safe
def voucher_export(request: SignedInRequest) -> HttpResponseBase:
    """The list as shown: the same filter and order, at most 10,000."""
    sees_vouchers(request.user)
    found = VoucherFilter(request.GET, Voucher.objects.visible_to(request.user).for_list(), request=request)
    name, rows = f"vouchers-{timezone.localdate():%Y%m%d}", voucher_cells(found.qs[: CEILING + 1])
    if request.GET.get("format") == "xlsx":
        return xlsx_response(f"{name}.xlsx", _("Vouchers"), list(rows), most=CEILING)
    return csv_response(f"{name}.csv", rows, most=CEILING)


@require_safe
def voucher_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    voucher = visible_voucher(request, public_id)
    mark_target_read(target_id=voucher.public_id, by=request.user, at=timezone.now())
    return _show(request, voucher)


def _show(request: SignedInRequest, voucher: Voucher, **forms: Form) -> HttpResponse:
    """The page; a form that was refused is given by the name it has there, and stands open."""
    today, runs = timezone.localdate(), request.user.has_perm("vouchers.run", voucher)
    running = voucher.state in (VoucherState.ISSUED, VoucherState.SUSPENDED)
    own = own_share_of(voucher)
    today_form = {"received_on": today, "key": uuid.uuid4()}
    refused = any(form.errors for form in forms.values())
    uses = request.user.has_perm("vouchers.use", voucher)
    menu = sorted(menu_of(voucher), key=lambda line: not line.is_agreed)  # what may be ordered stands first
    context: dict[str, Any] = {
        "voucher": voucher,
        "orders": orders_of(voucher),
        "services": menu,
        "left": left_of(voucher),
        "todos": todos(voucher, today) if uses else [],
        "may_find": uses and voucher.is_usable_on(today) and any(line.is_free for line in menu),
        "parts": parts_of(voucher),
        "own": own,
        "pay_into": pay_into(voucher.line.call.office, voucher.number) if own.missing_won else None,
        "next_step": next_step(voucher, today),
        "deposits": voucher.deposits.select_related("entered_by").order_by("received_on", "pk"),
        "steps": voucher.steps.select_related("by").order_by("at", "pk"),
        "changes": changes_of(voucher),
        "runs": runs,
        "uses": uses,
        "may_deposit": runs and voucher.state == VoucherState.WAITING,
        "may_refund": runs and own.refund_won > 0,
        "pay_back_to": pay_back_to(voucher, request.user),
        "may_suspend": runs and voucher.state == VoucherState.ISSUED,
        "may_resume": runs and voucher.state == VoucherState.SUSPENDED,
        "may_end": runs and running,
        "may_ask_back": request.user.has_perm("vouchers.announce_recovery", voucher) and askable_won(voucher) > 0,
        "may_change": uses and running,
        "may_withdraw": voucher.state == VoucherState.WAITING and request.user.has_perm("vouchers.sign", voucher),
        "is_active": voucher.state in ACTIVE,
        "asked": ChangeState.ASKED,
        "today": today,
        "deposit_form": OwnShareForm(initial={**today_form, "amount_won": own.missing_won or None}),
        "refund_form": DepositForm(initial={**today_form, "amount_won": own.refund_won or None}, prefix="refund"),
        "suspend_form": TextForm(prefix="suspend"),
        "resume_form": TextForm(prefix="resume"),
        "end_form": TextForm(prefix="end"),
        "withdraw_form": TextForm(prefix="withdraw"),
        "decision_form": DecisionForm(prefix="decide"),
        "refused": next((form for form in forms.values() if form.errors), None),
        **forms,
    }
    return render(request, "vouchers/life/voucher.html", context, status=422 if refused else 200)


def _act(
    request: SignedInRequest, public_id: UUID, name: str, form: Form, service: Callable[..., Any], said: str,
    permission: str = "vouchers.run",
) -> HttpResponse:  # fmt: skip
    """An act on a voucher, of an officer where nothing else is said: permission, form, one call of a service."""
    voucher = visible_voucher(request, public_id)
    allowed(request, permission, voucher)
    done = form.is_valid() and do(
        form, service, voucher=voucher, by=request.user, at=timezone.now(), **form.cleaned_data
    )
    if done:
        messages.success(request, said)
        return redirect("vouchers:voucher", public_id)
    return _show(request, voucher, **{name: form})


@require_POST
def deposit_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = OwnShareForm(request.POST)
    return _act(request, public_id, "deposit_form", form, enter_deposit, _("The payment was entered."))


@require_POST
def refund_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = DepositForm(request.POST, prefix="refund")
    return _act(request, public_id, "refund_form", form, enter_refund, _("The repayment was entered."))


@require_POST
def voucher_suspend(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = TextForm(request.POST, prefix="suspend")
    return _act(request, public_id, "suspend_form", form, suspend, _("The voucher is suspended. The firm is told."))


@require_POST
def voucher_resume(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = TextForm(request.POST, prefix="resume")
    return _act(request, public_id, "resume_form", form, resume, _("The voucher can be used again. The firm is told."))


@require_POST
def voucher_end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = TextForm(request.POST, prefix="end")
    return _act(request, public_id, "end_form", form, end_early, _("The voucher was ended. The firm is told."))


@require_POST
def voucher_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    form = TextForm(request.POST, prefix="withdraw")
    said = _("The voucher was given up. What you paid in goes back to you.")
    return _act(request, public_id, "withdraw_form", form, give_up, said, "vouchers.sign")


@require_http_methods(["GET", "HEAD", "POST"])
def change_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The firm asks for a longer term, other services or the end."""
    voucher = visible_voucher(request, public_id)
    allowed(request, "vouchers.use", voucher)
    may_end = request.user.has_perm("vouchers.sign", voucher)
    initial = {"services": sorted(services_agreed(voucher) or ())}
    form = ChangeForm(posted(request), scheme=scheme_of(voucher), may_end=may_end, initial=initial)
    if request.method == "POST" and form.is_valid():
        asked = do(form, ask_change, voucher=voucher, by=request.user, at=timezone.now(), **form.cleaned_data)
        if asked:
            messages.success(request, _("The office was asked. You are told what it decides."))
            return redirect("vouchers:voucher", public_id)
    context = {
        "voucher": voucher,
        "form": form,
        "latest": latest_end(voucher),
        "runs_now": voucher.state in (VoucherState.ISSUED, VoucherState.SUSPENDED),
    }
    return render(request, "vouchers/life/change_new.html", context, status=422 if form.errors else 200)


def visible_change(request: SignedInRequest, public_id: UUID) -> tuple[ChangeRequest, Voucher]:
    change = get_object_or_404(
        ChangeRequest.objects.filter(voucher__in=Voucher.objects.visible_to(request.user)), public_id=public_id
    )
    voucher = Voucher.objects.for_page().get(pk=change.voucher_id)
    return change, voucher


@require_POST
def change_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    change, voucher = visible_change(request, public_id)
    allowed(request, "vouchers.use", voucher)
    withdraw_change(change=change, by=request.user, at=timezone.now())
    messages.success(request, _("The request was taken back."))
    return redirect("vouchers:voucher", voucher.public_id)


@require_POST
def change_decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    change, voucher = visible_change(request, public_id)
    allowed(request, "vouchers.run", voucher)
    form = DecisionForm(request.POST, prefix="decide")
    if form.is_valid() and do(
        form, decide_change, change=change, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, _("The request was decided. The firm is told."))
        return redirect("vouchers:voucher", voucher.public_id)
    return _show(request, voucher, decision_form=form)
