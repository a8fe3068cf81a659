"""Contracts: the list, a new one, the page of one, its documents."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest, posted
from deals.clauses import Clauses
from deals.enums.contracts import ContractState, EndingState, VersionState
from deals.exports.contracts import contract_cells, document_response
from deals.filters.contracts import ContractFilter
from deals.forms.contracts import AnswerEndForm, CancelForm, ClausesForm, RefuseForm
from deals.models import Contract, ContractVersion, Negotiation, SignedCopy
from deals.queries.contracts import (
    approvals_of,
    counts,
    ending_open,
    history,
    last_day_of,
    quotes_shown,
    sides_bound_by,
    to_draft,
)
from deals.services.contracts.draft import accepted_offer, clauses_of, draft
from deals.terms import digest
from deals.wording.contracts import clause_facts, differences, payment_facts
from deals.wording.documents import LANGUAGES
from marketplace.core.asking import do
from marketplace.core.downloads import download
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, with_parameter, without, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE = 20
NARROWING = ("q", "state", "deal_kind", "method", "ends_to")


def found_contracts(request: SignedInRequest) -> ContractFilter:
    """Those of the current organization, as filtered."""
    rows = Contract.objects.visible_to(request.user)
    rows = rows.of_organization(request.organization.pk) if request.organization else rows.none()
    return ContractFilter(request.GET, rows, request=request)


@require_safe
def contract_list(request: SignedInRequest) -> HttpResponse:
    """Contracts of the current organization as a side or as a broker, newest first."""
    found, here = found_contracts(request), request.organization
    rows, asked = found.qs, found.form.cleaned_data  # what was asked is checked by then; nonsense is left out
    by_state = counts(found.in_any_state())
    paginator = BoundedPaginator(rows.for_list(), PER_PAGE)
    # The tabs have counted these already: once more is a third of the page where a word fits 10,000.
    states = asked.get("state") or ["all"]
    paginator.bounded = min(sum(by_state[state] for state in states), CEILING + 1)
    context = {
        "filter": found,
        "page": paginator.get_page(request.GET.get("page")),
        "tabs": _tabs(request, by_state),
        "query": without_empty(request.GET).urlencode(),
        "is_narrowed": any(request.GET.get(name) for name in NARROWING),
        "to_draft": to_draft(here)[:PER_PAGE] if here else [],
        "today": timezone.localdate(),
    }
    return render_part(
        request, page="deals/contracts/list.html", part="deals/contracts/partials/_rows.html", context=context
    )


def _tabs(request: SignedInRequest, numbers: dict[str, int]) -> list[tuple[str, str, int, bool]]:
    """(address, label, how many, whether it is shown)."""
    now = request.GET.get("state", "")
    tabs = [(without(request.GET, "state"), _("All"), numbers["all"], not now)]
    for value, label in ContractState.choices:
        tabs.append((with_parameter(request.GET, "state", value), str(label), numbers[value], now == value))
    return tabs


@require_safe
def contract_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list as shown, as CSV: the same filter, at most the newest 10,000."""
    rows = found_contracts(request).qs.for_list()[: CEILING + 1]
    name = f"contracts-{timezone.localdate():%Y%m%d}.csv"
    return csv_response(name, contract_cells(rows.iterator(chunk_size=1000)), most=CEILING)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The contract to an agreed negotiation. Sent twice, it is one contract."""
    rows = Negotiation.objects.visible_to(request.user).for_page()
    negotiation = get_object_or_404(rows, public_id=public_id)
    allowed(request, "deals.draft_contract", negotiation)
    if earlier := negotiation.contracts.exclude(state=ContractState.CANCELLED).first():
        return redirect("deals:contract", earlier.public_id)
    offer = accepted_offer(negotiation)
    form = ClausesForm(posted(request), initial=clauses_of(offer).to_json())
    if request.method == "POST" and form.is_valid():
        given = {"clauses": form.clauses(), "by": request.user, "at": timezone.now()}
        if made := do(form, draft, negotiation=negotiation, **given):
            messages.success(request, _("The contract is written. Both sides are asked for their approval."))
            return redirect("deals:contract", made.public_id)
    context = {"negotiation": negotiation, "offer": offer, "form": form, "payment": _payment_of(offer)}
    return render(request, "deals/contracts/new.html", context, status=422 if form.errors else 200)


def _payment_of(offer: Any) -> Any:
    return payment_facts(ContractVersion(terms=offer.accepted_option.terms))


# --- the page of one --------------------------------------------------------------------------------------------------


def visible_contract(request: SignedInRequest, public_id: UUID) -> Contract:
    rows = Contract.objects.visible_to(request.user).for_page()
    return get_object_or_404(rows.select_related("negotiation__holder", "negotiation__firm"), public_id=public_id)


def allowed(request: SignedInRequest, permission: str, thing: Any) -> None:
    if not request.user.has_perm(permission, thing):
        raise PermissionDenied


@require_safe
def contract_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    contract = visible_contract(request, public_id)
    mark_target_read(target_id=contract.public_id, by=request.user, at=timezone.now())
    return show(request, contract)


def show(request: SignedInRequest, contract: Contract, **tried: forms.Form) -> HttpResponse:
    """`tried` are forms that were refused: `refuse`, `cancel`, `answer`."""
    versions = list(contract.versions.for_page().order_by("serial"))  # type: ignore[attr-defined]
    waiting = next((v for v in versions if v.state in (VersionState.PROPOSED, VersionState.APPROVED)), None)
    holding = next((v for v in versions if v.state == VersionState.IN_FORCE), None)
    shown = holding or waiting or versions[-1]
    ending, binds = ending_open(contract), request.user.has_perm("deals.bind_contract", contract)
    context = {
        "contract": contract,
        "listing": contract.listing,
        "versions": list(reversed(versions)),
        "waiting": waiting,
        "shown": shown,
        "payment": payment_facts(shown),
        "binding": payment_facts(waiting) if waiting else [],
        "clauses": clause_facts(Clauses.from_json(shown.clauses)) if shown.clauses else [],
        "changes": differences(holding, waiting) if holding and waiting else [],
        "quotes": quotes_shown([shown], request.user),
        "history": history(contract, versions, request.user),
        "ending": ending,
        "last_day": last_day_of(contract, ending),
        "today": timezone.localdate(),
        "languages": LANGUAGES,
        "refuse_form": tried.get("refuse") or RefuseForm(auto_id="id_refuse_%s"),
        "cancel_form": tried.get("cancel") or CancelForm(auto_id="id_cancel_%s"),
        "answer_form": tried.get("answer") or AnswerEndForm(auto_id="id_answer_%s"),
    } | _possible(request, contract, waiting, ending, binds)
    if waiting is not None:
        context["sides"] = approvals_of(waiting, request.user)
    status = 422 if any(form.errors for form in tried.values()) else 200
    return render(request, "deals/contracts/detail.html", context, status=status)


def _possible(
    request: SignedInRequest, contract: Contract, waiting: ContractVersion | None, ending: Any, binds: bool
) -> dict[str, bool]:
    """What the reader can do now."""
    user, state = request.user, contract.state
    sides = sides_bound_by(user, contract.negotiation) if binds else []
    approved = {each.side for each in waiting.approvals.all()} if waiting else set()
    negotiates = user.has_perm("deals.amend_contract", contract)
    in_force, proposed = state == ContractState.IN_FORCE, bool(ending and ending.state == EndingState.PROPOSED)
    cures = bool(ending and ending.state == EndingState.CURING)
    open_now = state in (ContractState.DRAFTED, ContractState.APPROVED)
    is_first_proposal = waiting is not None and waiting.state == VersionState.PROPOSED
    return {
        "may_approve": is_first_proposal and bool(sides) and sides[0] not in approved,
        "may_refuse": (is_first_proposal or open_now) and user.has_perm("deals.refuse_version", waiting),
        "may_redraft": state == ContractState.DRAFTED and waiting is None and negotiates,
        "may_sign": state == ContractState.APPROVED and binds,
        "may_cancel": open_now and binds,
        "may_amend": in_force and waiting is None and negotiates,
        "may_end": in_force and ending is None and binds,
        "may_answer_end": proposed and bool(sides) and sides[0] != ending.side,
        "may_take_back_end": (proposed or cures) and bool(sides) and sides[0] == ending.side,
    }


@require_safe
def contract_version(request: SignedInRequest, public_id: UUID, serial: int) -> HttpResponse:
    """The document of a version in one of its languages, with what is different from the version before."""
    version = visible_version(request, public_id, serial)
    language = request.GET.get("text", (get_language() or "ko")[:2])
    language = language if language in LANGUAGES else "en"
    before = version.contract.versions.filter(serial__lt=serial).order_by("-serial").first()
    context = {
        "contract": version.contract,
        "version": version,
        "blocks": version.documents.get(language, []),
        "language": language,
        "languages": LANGUAGES,
        "before": before,
        "changes": differences(before, version) if before else [],
        "sides": approvals_of(version, request.user),
        "is_intact": digest(version.documents) == version.document_hash,
    }
    return render(request, "deals/contracts/version.html", context)


def visible_version(request: SignedInRequest, public_id: UUID, serial: int) -> ContractVersion:
    rows = ContractVersion.objects.visible_to(request.user).for_page()
    return get_object_or_404(rows, contract__public_id=public_id, serial=serial)


@never_cache
@require_safe
def contract_pdf(request: SignedInRequest, public_id: UUID, serial: int, language: str) -> HttpResponse:
    version = visible_version(request, public_id, serial)
    if language not in version.documents:
        raise Http404
    return document_response(version, language)


@never_cache
@require_safe
def signed_copy(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    rows = SignedCopy.objects.visible_to(request.user)
    found = get_object_or_404(rows, version__contract__public_id=public_id)
    return download(found.file, name=found.name, type=found.type)
