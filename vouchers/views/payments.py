"""Payment files of the office, and the provider's money."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.exports import csv_response
from marketplace.core.idempotency import KeyReused
from marketplace.core.pagination import CEILING, BoundedPaginator
from marketplace.core.text import tidy
from programmes.models import Call
from vouchers.enums.claims import ClaimState, PaymentState
from vouchers.forms.orders import ReasonForm, ResultForm
from vouchers.models import Claim, Payment, PaymentBatch
from vouchers.services.claims.pay import cancel_batch, content_of, prepare_batch, send_batch
from vouchers.services.claims.result_rows import BadResultFile
from vouchers.services.claims.results import read_results
from vouchers.views.orders import PER_PAGE, act, reason_of, sees_provider_page


@require_safe
def statement(request: SignedInRequest) -> HttpResponse:
    """The provider's money: due, on its way, paid."""
    mine = sees_provider_page(request)
    rows = Claim.objects.filter(order__provider__in=mine)

    def total(*states: str) -> int:
        return rows.filter(state__in=states).aggregate(won=Sum("supply_won"))["won"] or 0

    payments = Payment.objects.filter(claim__order__provider__in=mine).exclude(state=PaymentState.CANCELLED)
    context = {
        "waiting_won": total("submitted", "objected", "accepted", "checked", "correction"),
        "due_won": total(ClaimState.APPROVED, ClaimState.PAYING),
        "paid_won": total(ClaimState.PAID),
        "page": BoundedPaginator(_newest(payments), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "vouchers/claims/statement.html", context)


def _newest(payments: Any) -> Any:
    return payments.select_related("claim__order__voucher__holder", "batch").order_by("-created_at", "-pk")


@require_safe
def statement_export(request: SignedInRequest) -> HttpResponseBase:
    mine = sees_provider_page(request)
    payments = Payment.objects.filter(claim__order__provider__in=mine).exclude(state=PaymentState.CANCELLED)
    name = f"voucher-statement-{timezone.localdate():%Y%m%d}.csv"
    return csv_response(name, _statement_cells(_newest(payments)[: CEILING + 1]), most=CEILING)


def _statement_cells(payments: Any) -> Iterator[list[Any]]:
    yield [str(each) for each in (
        _("Claim"), pgettext_lazy("voucher", "Order"), _("Firm"), _("Paid by the government (won)"),
        _("Paid from the own share (won)"),
        _("State"), pgettext_lazy("money", "Day"),
    )]  # fmt: skip
    for each in payments:
        order = each.claim.order
        yield [
            each.claim.number, order.number, order.voucher.holder.name, each.government_won, each.own_won,
            each.get_state_display(), each.result_on or "",
        ]  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def batches(request: SignedInRequest) -> HttpResponse:
    """Approved claims by call, and the files that were made of them; POST prepares one."""
    offices = organizations_with(request.user, Permission.PAY_CLAIMS)
    if not offices:
        raise NotAllowed(_("Only officers who prepare payments can do this."))
    if request.method == "POST":
        call = get_object_or_404(Call, office__in=offices, number=tidy(request.POST.get("call", "")))
        try:
            chosen = [UUID(each) for each in request.POST.getlist("claims")]
            made = prepare_batch(
                call=call, claims=chosen, key=UUID(request.POST.get("key", "")), by=request.user, at=timezone.now()
            )
        except (KeyReused, NotAllowed):
            raise
        except DomainError as error:
            messages.error(request, str(error))
        except ValueError:  # no ids of ours
            messages.error(request, _("This page could not be read. Choose the claims again."))
        else:
            messages.success(request, _("Prepared. A second officer sends it to the treasury."))
            return redirect("vouchers:batch", made.public_id)
    payable = (
        Claim.objects.visible_to(request.user)
        .payable()
        .for_list()
        .filter(order__voucher__line__call__office__in=offices)
    )
    by_call: dict[Any, list[Claim]] = {}
    for row in payable.order_by("number")[:500]:
        by_call.setdefault(row.order.voucher.line.call, []).append(row)
    rows = PaymentBatch.objects.visible_to(request.user).for_list()
    context = {
        "by_call": [(call, found, sum(each.supply_won for each in found), uuid4()) for call, found in by_call.items()],
        "page": BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "vouchers/claims/batches.html", context)


def _batch(request: SignedInRequest, public_id: UUID) -> PaymentBatch:
    rows = PaymentBatch.objects.visible_to(request.user).for_list().select_related("call__office")
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def batch(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _show_batch(request, _batch(request, public_id), ResultForm(), [])


def _show_batch(
    request: SignedInRequest, row: PaymentBatch, form: ResultForm, problems: list[Any],
    reason: ReasonForm | None = None,
) -> HttpResponse:  # fmt: skip
    pays = has_permission(request.user, Permission.PAY_CLAIMS, row.call.office)
    context = {
        "batch": row, "payments": row.payments.for_list(), "results": row.results.order_by("pk"), "form": form,
        "problems": problems, **reason_of(request, reason),
        "may_send": pays and row.state == "prepared" and row.prepared_by_id != request.user.pk,
        "waits_for_second": row.state == "prepared" and row.prepared_by_id == request.user.pk,
        "may_cancel": pays and row.state == "prepared", "may_read": pays and row.state in ("sent", "settled"),
    }  # fmt: skip
    return render(request, "vouchers/claims/batch.html", context, status=422 if form.errors else 200)


@require_safe
def batch_file(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The file for the treasury: the bytes whose hash the page shows."""
    row = _batch(request, public_id)
    if not has_permission(request.user, Permission.PAY_CLAIMS, row.call.office):
        raise NotAllowed(_("Only officers who prepare payments can do this."))
    response = HttpResponse(content_of(row), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{row.number}.csv"'
    return response


@require_POST
def batch_send(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    row = _batch(request, public_id)
    return act(request, send_batch, _("The file is with the treasury."), "vouchers:batch", row, "batch")


@require_POST
def batch_cancel(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    row = _batch(request, public_id)
    again = partial(_batch_again, request, row)
    return act(request, cancel_batch, _("Cancelled."), "vouchers:batch", row, "batch", again)


def _batch_again(request: SignedInRequest, row: PaymentBatch, form: ReasonForm) -> HttpResponse:
    return _show_batch(request, row, ResultForm(), [], form)


@require_POST
def batch_results(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """All of the file or nothing: what is wrong is shown row by row."""
    row, form = _batch(request, public_id), ResultForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_batch(request, row, form, [])
    file = form.cleaned_data["file"]
    try:
        read = read_results(batch=row, file=file, name=file.name, by=request.user, at=timezone.now())
    except BadResultFile as error:
        form.add_error("file", _("Nothing was read in. What is wrong stands below."))
        return _show_batch(request, row, form, error.problems)
    except NotAllowed:
        raise
    except DomainError as error:
        form.add_error("file", str(error))
        return _show_batch(request, row, form, [])
    messages.success(request, _("The results were read.") if read.is_new else _("This file was read before."))
    return redirect("vouchers:batch", row.public_id)
