"""Claims for provider, firm and officer; payment files of the office; the provider's money."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Sum
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.downloads import download
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.exports import csv_response
from marketplace.core.idempotency import KeyReused
from marketplace.core.pagination import CEILING, BoundedPaginator
from marketplace.core.text import tidy
from programmes.models import Call
from vouchers.enums.claims import ClaimState, PaymentState
from vouchers.filters.orders import ClaimFilter
from vouchers.forms.orders import ClaimForm, DocumentForm, NewClaimForm, ReasonForm, ResultForm
from vouchers.models import Claim, ClaimDocument, Payment, PaymentBatch
from vouchers.queries.claims import did_not_arrive
from vouchers.queries.orders import service_words
from vouchers.services.claims.answer import SILENCE, accept_claim, object_to_claim, paper_words, submit_claim
from vouchers.services.claims.check import (
    accept_for_firm,
    accepted_for_firm_by,
    approve_claim,
    check_claim,
    disallow_claim,
    return_claim,
)
from vouchers.services.claims.documents import add_document, is_scanned, keys_of, missing_of, remove_document
from vouchers.services.claims.draft import EDITABLE, begin_claim, save_claim, withdraw_claim
from vouchers.services.claims.pay import cancel_batch, content_of, prepare_batch, send_batch
from vouchers.services.claims.result_rows import BadResultFile
from vouchers.services.claims.results import read_results
from vouchers.services.orders.asking import is_of_a_party
from vouchers.views.orders import PER_PAGE, act, sees_provider_page, visible_order


@require_safe
def claims(request: SignedInRequest) -> HttpResponse:
    """Of officers: those that wait for them by deadline; of others their own."""
    found = ClaimFilter(request.GET, Claim.objects.visible_to(request.user), request=request)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state")),
        "pays": bool(organizations_with(request.user, Permission.PAY_CLAIMS)),
        "provides": bool(organizations_with(request.user, Permission.PROVIDE_SERVICES)),
    }
    return render(request, "vouchers/claims/claims.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def claim_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    order = visible_order(request, public_id)
    if not has_permission(request.user, Permission.PROVIDE_SERVICES, order.provider):
        raise NotAllowed(_("Only members of the provider can do this."))
    form = NewClaimForm(posted(request), initial={"key": uuid4()})
    if request.method == "POST" and form.is_valid():
        made = do(form, begin_claim, order=order, by=request.user, at=timezone.now(), **form.cleaned_data)
        if made:
            messages.success(request, _("Saved. Add what was delivered, then hand it in."))
            return redirect("vouchers:claim", made.public_id)
    context = {"order": order, "form": form, "service": service_words(order.voucher, order.service)}
    return render(request, "vouchers/claims/claim_new.html", context, status=422 if form.errors else 200)


def _claim(request: SignedInRequest, public_id: UUID) -> Claim:
    rows = Claim.objects.visible_to(request.user).for_list().select_related(
        "order__voucher__agreement__application__version", "order__voucher__line__call__office", "accepted_by"
    )  # fmt: skip
    return get_object_or_404(rows, public_id=public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Where it stands, what was delivered, and what may be done next; POST saves what the provider wrote."""
    row = _claim(request, public_id)
    edits = has_permission(request.user, Permission.PROVIDE_SERVICES, row.order.provider) and row.state in EDITABLE
    form = ClaimForm(posted(request), initial={
        "text": row.text, "supply_won": row.supply_won, "vat_won": row.vat_won, "invoice_number": row.invoice_number,
        "invoice_on": row.invoice_on,
    })  # fmt: skip
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data, "revision": _seen(request) or 0, "by": request.user, "at": timezone.now()}
        saved = do(form, save_claim, claim=row, **given)
        if saved:
            messages.success(request, _("Saved."))
            return redirect("vouchers:claim", row.public_id)
    return _show(request, row, form, edits)


def _seen(request: SignedInRequest) -> int | None:
    """The revision that stood on the page the form was sent from; 0, which no row has, for what is no number."""
    text = str(request.POST.get("revision", ""))
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _show(request: SignedInRequest, row: Claim, form: ClaimForm, edits: bool) -> HttpResponse:
    user, order = request.user, row.order
    uses = has_permission(user, Permission.USE_VOUCHERS, order.voucher.holder) and user.pk != row.written_by_id
    office = order.voucher.line.call.office
    checks = has_permission(user, Permission.CHECK_CLAIMS, office) and not is_of_a_party(user, order)
    provides = has_permission(user, Permission.PROVIDE_SERVICES, order.provider)
    is_officer = has_permission(user, Permission.CHECK_CLAIMS, office)
    was_answer = checks and accepted_for_firm_by(row) == user.pk
    context = {
        "claim": row, "order": order, "service": service_words(order.voucher, order.service), "form": form,
        "edits": edits, "scanning": is_scanned(), "reason": ReasonForm(), "is_officer": is_officer, "silence": SILENCE,
        "documents": [(each, paper_words(row, each.key)) for each in row.documents.current()],
        "missing": [paper_words(row, key) for key in missing_of(row)] if edits else [],
        "document_form": DocumentForm(papers=[(key, paper_words(row, key)) for key in keys_of(row)]),
        "steps": row.steps.select_related("by").order_by("at", "pk"),
        "payments": (payments := list(row.payments.order_by("pk"))),
        "did_not_arrive": did_not_arrive(row, payments), "provides": provides,
        "may_accept": uses and row.state in ("submitted", "objected"), "may_object": uses and row.state == "submitted",
        "may_check": checks and row.state == "accepted" and not was_answer,
        "may_approve": checks and row.state == "checked" and row.checked_by_id != user.pk and not was_answer,
        "may_answer": checks and row.state == "objected",
        "waits_for_second": checks and row.state == "checked" and row.checked_by_id == user.pk,
        "may_return": checks and row.state in ("accepted", "checked"),
        "may_disallow": checks and row.state in ("accepted", "checked", "approved", "objected", "correction"),
        "may_withdraw": provides and row.state in ("draft", "submitted", "objected", "correction"),
    }  # fmt: skip
    return render(request, "vouchers/claims/claim.html", context, status=422 if form.errors else 200)


def _claim_act(service: Callable[..., Any], success: Any, *, with_reason: bool) -> Callable[..., HttpResponse]:
    @require_POST
    def view(request: SignedInRequest, public_id: UUID) -> HttpResponse:
        row = _claim(request, public_id)
        also: dict[str, Any] = {"with_reason": with_reason}
        if service in (check_claim, approve_claim):
            also["revision"] = _seen(request)
        return act(request, service, success, "vouchers:claim", row, "claim", **also)

    return view


claim_submit = _claim_act(submit_claim, _("Handed in. The firm has to answer."), with_reason=False)
claim_withdraw = _claim_act(withdraw_claim, _("The claim was taken back."), with_reason=True)
claim_accept = _claim_act(accept_claim, _("Accepted. The office checks it now."), with_reason=False)
claim_object = _claim_act(object_to_claim, _("The provider is told what is wrong."), with_reason=True)
claim_check = _claim_act(check_claim, _("Checked. A second officer has to approve it."), with_reason=False)
claim_approve = _claim_act(approve_claim, _("Approved. It can be put into a payment file."), with_reason=False)
claim_return = _claim_act(return_claim, _("Sent back to be corrected."), with_reason=True)
claim_answer = _claim_act(
    accept_for_firm, _("Accepted in the firm's place. Firm and provider are told."), with_reason=True
)
claim_disallow = _claim_act(disallow_claim, _("Not allowed. Firm and provider are told."), with_reason=True)


@require_POST
def claim_document_add(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    row = _claim(request, public_id)
    form = DocumentForm(request.POST, request.FILES, papers=[(key, paper_words(row, key)) for key in keys_of(row)])
    if form.is_valid():
        file = form.cleaned_data["document"]
        do(
            form, add_document, claim=row, key=form.cleaned_data["paper"], file=file, name=file.name, by=request.user,
            at=timezone.now(),
        )  # fmt: skip
    for errors in form.errors.values():
        messages.error(request, str(errors[0]))
    if not form.errors:
        messages.success(request, _("The file was added."))
    return redirect("vouchers:claim", row.public_id)


def _document(request: SignedInRequest, public_id: UUID) -> ClaimDocument:
    rows = ClaimDocument.objects.visible_to(request.user).select_related("claim__order__provider")
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def claim_document(request: SignedInRequest, public_id: UUID) -> FileResponse:
    """The file, for whoever sees the claim; as a download."""
    found = _document(request, public_id)
    return download(found.file, name=found.name, type=found.type)


@require_POST
def claim_document_remove(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _document(request, public_id)
    remove_document(document=found, by=request.user, at=timezone.now())
    messages.success(request, _("The file was taken out of the claim."))
    return redirect("vouchers:claim", found.claim.public_id)


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


def _show_batch(request: SignedInRequest, row: PaymentBatch, form: ResultForm, problems: list[Any]) -> HttpResponse:
    pays = has_permission(request.user, Permission.PAY_CLAIMS, row.call.office)
    context = {
        "batch": row, "payments": row.payments.for_list(), "results": row.results.order_by("pk"), "form": form,
        "problems": problems, "reason": ReasonForm(),
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
    return act(request, cancel_batch, _("Cancelled."), "vouchers:batch", row, "batch", with_reason=True)


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
