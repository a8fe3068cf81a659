"""Claims for provider, firm and officer."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.downloads import download
from marketplace.core.errors import NotAllowed
from marketplace.core.pagination import BoundedPaginator
from vouchers.filters.orders import ClaimFilter
from vouchers.forms.orders import ClaimForm, DocumentForm, NewClaimForm, ReasonForm
from vouchers.models import Claim, ClaimDocument
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
from vouchers.services.orders.asking import is_of_a_party
from vouchers.views.orders import PER_PAGE, act, reason_of, visible_order


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
    if request.method == "POST":
        return _kept(request, row, always=True) or _went_on(request, row, _("Saved."))
    return _show(request, row)


def _form(row: Claim, data: QueryDict | None = None) -> ClaimForm:
    return ClaimForm(data, initial={
        "text": row.text, "supply_won": row.supply_won, "vat_won": row.vat_won, "invoice_number": row.invoice_number,
        "invoice_on": row.invoice_on,
    })  # fmt: skip


def _kept(request: SignedInRequest, row: Claim, *, always: bool = False) -> HttpResponse | None:
    """Whichever button of the claim's form was pressed: what was typed and chosen is kept first (docs/adr/0025).

    The page again where it does not fit. None where all is kept, or the form was not sent along.
    """
    if "revision" not in request.POST and not always:
        return None
    form, files = _form(row, request.POST), _document_form(row, request) if request.FILES else None
    if not form.is_valid() or (files is not None and not files.is_valid()):
        return _show(request, row, form, files)
    given = {"by": request.user, "at": timezone.now()}
    saved = do(form, save_claim, claim=row, revision=_seen(request) or 0, **given, **form.cleaned_data)
    if not saved:
        return _show(request, row, form, files)
    if files is None:
        return None
    # After the words are kept, not with them: a file is read and scanned while nothing is locked (lessons F16).
    added = do(files, add_document, claim=saved, **given, **_file_of(files))
    return None if added else _show(request, _claim(request, row.public_id), files=files)


def _went_on(request: SignedInRequest, row: Claim, said: Any) -> HttpResponse:
    messages.success(request, _("The file was added.") if request.FILES else said)
    return redirect("vouchers:claim", row.public_id)


def _seen(request: SignedInRequest) -> int | None:
    """The revision that stood on the page the form was sent from; 0, which no row has, for what is no number."""
    text = str(request.POST.get("revision", ""))
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _show(
    request: SignedInRequest, row: Claim, form: ClaimForm | None = None, files: DocumentForm | None = None,
    reason: ReasonForm | None = None,
) -> HttpResponse:  # fmt: skip
    user, order, form = request.user, row.order, form or _form(row)
    uses = has_permission(user, Permission.USE_VOUCHERS, order.voucher.holder) and user.pk != row.written_by_id
    office = order.voucher.line.call.office
    checks = has_permission(user, Permission.CHECK_CLAIMS, office) and not is_of_a_party(user, order)
    provides = has_permission(user, Permission.PROVIDE_SERVICES, order.provider)
    edits = provides and row.state in EDITABLE
    is_officer = has_permission(user, Permission.CHECK_CLAIMS, office)
    was_answer = checks and accepted_for_firm_by(row) == user.pk
    context = {
        "claim": row, "order": order, "service": service_words(order.voucher, order.service), "form": form,
        "edits": edits, "scanning": is_scanned(), "is_officer": is_officer, "silence": SILENCE,
        **reason_of(request, reason),
        "documents": [(each, paper_words(row, each.key)) for each in row.documents.current()],
        "missing": [paper_words(row, key) for key in missing_of(row)] if edits else [],
        "document_form": files or _document_form(row),
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
    is_refused = form.errors or (files is not None and files.errors)
    return render(request, "vouchers/claims/claim.html", context, status=422 if is_refused else 200)


def _claim_again(request: SignedInRequest, row: Claim, form: ReasonForm) -> HttpResponse:
    return _show(request, row, reason=form)


def _claim_act(service: Callable[..., Any], success: Any, *, with_reason: bool) -> Callable[..., HttpResponse]:
    @require_POST
    def view(request: SignedInRequest, public_id: UUID) -> HttpResponse:
        row = _claim(request, public_id)
        again = partial(_claim_again, request, row) if with_reason else None
        also = {"revision": _seen(request)} if service in (accept_claim, check_claim, approve_claim) else {}
        return act(request, service, success, "vouchers:claim", row, "claim", again, **also)

    return view


@require_POST
def claim_submit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """With what stands in the form, which is kept first."""
    row = _claim(request, public_id)
    done = _("Handed in. The firm has to answer.")
    return _kept(request, row) or act(request, submit_claim, done, "vouchers:claim", row, "claim")


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


def _document_form(row: Claim, request: SignedInRequest | None = None) -> DocumentForm:
    papers = [(key, paper_words(row, key)) for key in keys_of(row)]
    return DocumentForm(request.POST, request.FILES, papers=papers) if request else DocumentForm(papers=papers)


def _file_of(files: DocumentForm) -> dict[str, Any]:
    file = files.cleaned_data["document"]
    return {"key": files.cleaned_data["paper"], "file": file, "name": file.name}


@require_POST
def claim_document_add(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The file, and what stands in the form beside it."""
    row = _claim(request, public_id)
    files = _document_form(row, request)
    if not files.is_valid():
        return _show(request, row, _form(row, request.POST) if "revision" in request.POST else None, files)
    if "revision" in request.POST:
        return _kept(request, row) or _went_on(request, row, "")
    added = do(files, add_document, claim=row, by=request.user, at=timezone.now(), **_file_of(files))
    return _went_on(request, row, "") if added else _show(request, row, files=files)


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
    if refused := _kept(request, _claim(request, found.claim.public_id)):
        return refused
    remove_document(document=found, by=request.user, at=timezone.now())
    messages.success(request, _("The file was taken out of the claim."))
    return redirect("vouchers:claim", found.claim.public_id)
