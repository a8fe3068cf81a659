"""What is done with a contract: each address one service."""

import re
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, posted
from deals.clauses import Clauses
from deals.enums.contracts import ContractState, EndingState, VersionState
from deals.forms.contracts import (
    AmendForm,
    AnswerEndForm,
    CancelForm,
    EndForm,
    RedraftForm,
    RefuseForm,
    SignForm,
    payment_form,
)
from deals.models import Contract, ContractVersion, Ending
from deals.queries.contracts import ending_open, sides_bound_by
from deals.services.contracts.amend import amend
from deals.services.contracts.approve import approve, cancel, refuse
from deals.services.contracts.asking import require_state
from deals.services.contracts.draft import redraft
from deals.services.contracts.end import answer_end, propose_end, take_back_end
from deals.services.contracts.sign import sign
from deals.views.contracts import allowed, show, visible_contract
from deals.views.negotiations_act import refused
from deals.wording.contracts import clause_facts, payment_facts
from marketplace.core.asking import do
from marketplace.core.errors import Conflict, NotPossibleNow

WAITING = (VersionState.PROPOSED, VersionState.APPROVED)


def _waiting(contract: Contract) -> ContractVersion:
    rows = contract.versions.for_page().filter(state__in=WAITING)  # type: ignore[attr-defined]
    found: ContractVersion | None = rows.first()
    if found is None:
        raise NotPossibleNow(_("No document waits any more. Reload the page to see what happened."))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def contract_redraft(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Another document after the one before was refused."""
    contract = visible_contract(request, public_id)
    allowed(request, "deals.amend_contract", contract)
    require_state(contract, ContractState.DRAFTED)
    last = contract.versions.order_by("-serial").first()
    assert last is not None  # a contract is written with its first version
    form = RedraftForm(posted(request), initial=last.clauses)
    if request.method == "POST" and form.is_valid():
        given = {"clauses": form.clauses(), "reason": form.cleaned_data["reason"]}
        if do(form, redraft, contract=contract, by=request.user, at=timezone.now(), **given):
            messages.success(request, _("The document is written. Both sides are asked for their approval."))
            return redirect("deals:contract", contract.public_id)
    context = {"contract": contract, "last": last, "form": form, "payment": payment_facts(last)}
    return render(request, "deals/contracts/redraft.html", context, status=422 if form.errors else 200)


@require_POST
def contract_approve(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    contract = visible_contract(request, public_id)
    allowed(request, "deals.bind_contract", contract)
    document = request.POST.get("document", "")
    rows = contract.versions.for_page()  # type: ignore[attr-defined]
    version = rows.filter(document_hash=document).last() if re.fullmatch("[0-9a-f]{64}", document) else None
    approve(version=version or _waiting(contract), document_hash=document, by=request.user, at=timezone.now())
    messages.success(request, _("You approved the document."))
    return redirect("deals:contract", contract.public_id)


@require_POST
def contract_refuse(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    contract = visible_contract(request, public_id)
    version = _waiting(contract)
    allowed(request, "deals.refuse_version", version)
    form = RefuseForm(request.POST, auto_id="id_refuse_%s")
    if form.is_valid() and do(form, refuse, version=version, by=request.user, at=timezone.now(), **form.cleaned_data):
        messages.success(request, _("You refused the document. The other side is told."))
        return redirect("deals:contract", contract.public_id)
    return show(request, contract, refuse=form)


@require_POST
def contract_cancel(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    contract = visible_contract(request, public_id)
    allowed(request, "deals.bind_contract", contract)
    form = CancelForm(request.POST, auto_id="id_cancel_%s")
    if form.is_valid() and do(form, cancel, contract=contract, by=request.user, at=timezone.now(), **form.cleaned_data):
        messages.success(request, _("The contract is not concluded. The other side is told."))
        return redirect("deals:contract", contract.public_id)
    return show(request, contract, cancel=form)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_sign(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The signed copy with its days. Sent twice, it is one signing."""
    contract = visible_contract(request, public_id)
    allowed(request, "deals.bind_contract", contract)
    today = timezone.localdate()
    version = contract.versions.order_by("-serial").first()
    assert version is not None  # a contract is written with its first version
    start = {"signed_on": today, "starts_on": today, "document": version.document_hash}
    form = SignForm(posted(request), request.FILES or None, initial=start)
    signing = {"contract": contract, "by": request.user, "at": timezone.now()}
    if request.method == "POST" and form.is_valid() and do(form, sign, **signing, **form.given()):
        messages.success(request, _("The contract is in force."))
        return redirect("deals:contract", contract.public_id)
    if request.method != "POST":
        require_state(contract, ContractState.APPROVED)
    context = {
        "contract": contract,
        "form": form,
        "version": version,
        "payment": payment_facts(version),
        "clauses": clause_facts(Clauses.from_json(version.clauses)) if version.clauses else [],
    }
    return render(request, "deals/contracts/sign.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_amend(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    contract = visible_contract(request, public_id)
    allowed(request, "deals.amend_contract", contract)
    require_state(contract, ContractState.IN_FORCE)
    before = contract.versions.get(state=VersionState.IN_FORCE)
    start = {**before.clauses, "holds_from": timezone.localdate(), "seen_revision": contract.revision}
    form, payment = AmendForm(posted(request), initial=start), payment_form(posted(request), before.terms)
    code = 200
    # Both are asked, so that every fault is shown at once.
    if request.method == "POST" and all([form.is_valid(), payment.is_valid()]):
        given = {name: form.cleaned_data[name] for name in ("reason", "holds_from", "seen_revision")}
        given |= {"terms": payment.cleaned_data["option"].terms, "clauses": form.clauses()}
        try:
            if do(form, amend, contract=contract, by=request.user, at=timezone.now(), **given):
                messages.success(request, _("The amendment is proposed. Both sides are asked for their approval."))
                return redirect("deals:contract", contract.public_id)
        except Conflict as refusal:
            # Nothing typed is lost: it stands beside what the contract is now.
            contract, code = visible_contract(request, public_id), refusal.status
            refused(form, refusal, seen_revision=str(contract.revision))
    if code == 200 and (form.errors or payment.errors):
        code = 422
    context = {"contract": contract, "before": before, "form": form, "payment": payment}
    return render(request, "deals/contracts/amend.html", context, status=code)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Says what ending means, then proposes or declares it."""
    contract = visible_contract(request, public_id)
    allowed(request, "deals.bind_contract", contract)
    require_state(contract, ContractState.IN_FORCE)
    if request.method != "POST" and ending_open(contract):
        return redirect("deals:contract", contract.public_id)
    side = sides_bound_by(request.user, contract.negotiation)[0]
    form = EndForm(posted(request), side=side, initial={"last_day": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        made = do(form, propose_end, contract=contract, by=request.user, at=timezone.now(), **form.cleaned_data)
        if made:
            messages.success(request, TOLD[EndingState(made.state)])
            return redirect("deals:contract", contract.public_id)
    context = {"contract": contract, "form": form}
    return render(request, "deals/contracts/end.html", context, status=422 if form.errors else 200)


TOLD = {
    EndingState.SETTLED: gettext_lazy("The end is settled. Both sides are told."),
    EndingState.CURING: gettext_lazy("The other side is told, and has its days to mend the breach."),
    EndingState.PROPOSED: gettext_lazy("The other side is asked."),
}


def _proposed_end(contract: Contract, *also: EndingState) -> Ending:
    states = (EndingState.PROPOSED, *also)
    return get_object_or_404(contract.endings.select_related("contract"), state__in=states)


@require_POST
def contract_end_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """`answer=agree`, or declined with a reason."""
    contract = visible_contract(request, public_id)
    allowed(request, "deals.bind_contract", contract)
    ending, agree = _proposed_end(contract), request.POST.get("answer") == "agree"
    form = AnswerEndForm(request.POST, auto_id="id_answer_%s")
    given = {"ending": ending, "agree": agree, "by": request.user, "at": timezone.now()}
    if form.is_valid() and do(form, answer_end, **given, **form.cleaned_data):
        messages.success(request, _("You agreed to the end.") if agree else _("You declined. The other side is told."))
        return redirect("deals:contract", contract.public_id)
    return show(request, contract, answer=form)


@require_POST
def contract_end_take_back(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    contract = visible_contract(request, public_id)
    allowed(request, "deals.bind_contract", contract)
    take_back_end(ending=_proposed_end(contract, EndingState.CURING), by=request.user, at=timezone.now())
    messages.success(request, _("The proposal was taken back."))
    return redirect("deals:contract", contract.public_id)
