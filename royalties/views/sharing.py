"""How royalty is shared out: plans, proposals, distributions."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from deals.models import Contract
from marketplace.core.asking import do
from marketplace.core.errors import NotPossibleNow
from marketplace.core.pagination import BoundedPaginator
from royalties.enums.income import FeePayer
from royalties.enums.rules import SharingLaw
from royalties.forms.income import PlanForm, ReasonForm
from royalties.models import Allocation, Distribution, SharePlan, SharingRule
from royalties.queries.funding import money_behind
from royalties.queries.income import work_counts
from royalties.querysets.income import keepers
from royalties.services.share.plan import is_company, write_plan
from royalties.services.share.propose import propose
from royalties.services.share.share import share, undo_sharing
from royalties.views.invoices import PER_PAGE, allowed
from royalties.views.receipts import holder_of
from royalties.wording.sharing import floor_rows, pot_rows


@require_safe
def sharing(request: SignedInRequest) -> HttpResponse:
    """What came in and waits to be shared out, then what was, newest first."""
    holder_of(request)
    made = Distribution.objects.visible_to(request.user).for_list()
    context = {
        "to_share": Allocation.objects.kept_by(request.user).to_share().for_list()[:50],
        "page": BoundedPaginator(made, PER_PAGE).get_page(request.GET.get("page")),
        **work_counts(request.user),
    }
    return render(request, "royalties/income/sharing.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The contract's plan: read by who keeps its royalties, written by who decides on sharing."""
    rows = Contract.objects.concluded().filter(holder__in=keepers(request.user)).for_page()
    contract = get_object_or_404(rows, public_id=public_id)
    may_write = request.user.has_perm("royalties.share", contract)
    if request.method == "POST":
        allowed(request, "royalties.share", contract)
    last = contract.share_plans.order_by("-serial").first()
    money = money_behind(contract.listing)
    is_donated = _is_donated(request, last)
    form = PlanForm(
        posted(request), plan=last, is_company=is_company(contract.holder), money=money, is_donated=is_donated
    )
    if request.method == "POST" and form.is_valid():
        given = {"seen": form.cleaned_data["seen"], "given": form.given()}
        if do(form, write_plan, contract=contract, by=request.user, at=timezone.now(), **given):
            messages.success(request, _("The plan was saved. It counts for what is shared out from now on."))
            return redirect("royalties:sharing")
    rules = SharingRule.objects.for_contract_of(contract.signed_on) if contract.signed_on else []
    context = {
        "contract": contract,
        "last": last,
        "money": money,
        "is_newer": money and last and (last.government_won, last.total_won) != (money.government_won, money.total_won),
        "form": form,
        "is_donated": is_donated,
        "tables": [] if form.is_company else form.tables(),
        "may_write": may_write,
        "rules": [rule for rule in rules if (rule.law == SharingLaw.DONATION) == is_donated],
    }
    return render(request, "royalties/income/plan.html", context, status=422 if form.errors else 200)


def _is_donated(request: SignedInRequest, last: SharePlan | None) -> bool:
    """Which of the two forms: the one that was sent, or asked for with `donated`, or that of the plan in use."""
    if request.method == "POST":
        return request.POST.get("is_donated", "").lower() in {"true", "on", "1"}
    asked = request.GET.get("donated")
    return asked == "yes" if asked in {"yes", "no"} else bool(last and last.is_donated)


def _to_share(request: SignedInRequest, public_id: UUID) -> Allocation:
    rows = Allocation.objects.kept_by(request.user).for_list()
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def proposal(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What sharing this receipt out would do."""
    allocation = _to_share(request, public_id)
    if found := allocation.distributions.standing().first():
        return redirect("royalties:distribution", found.public_id)
    contract, made, why_not = allocation.invoice.contract, None, ""
    if allocation.is_undone:
        why_not = _("This payment was taken off its invoice.")
    else:
        try:
            made = propose(allocation, today=timezone.localdate())
        except NotPossibleNow as error:
            why_not = str(error)
    context = {
        "allocation": allocation,
        "contract": contract,
        "proposal": made,
        "why_not": why_not,
        "may_share": request.user.has_perm("royalties.share", contract),
        "pots": pot_rows(made.amounts, made.by_policy, made.people, made.fee_won) if made else [],
        "floors": floor_rows(made.floors) if made else [],
        "is_company": is_company(contract.holder),
    }
    return render(request, "royalties/income/proposal.html", context)


@require_POST
def share_out(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    allocation = _to_share(request, public_id)
    allowed(request, "royalties.share", allocation.invoice.contract)
    try:
        made = share(allocation=allocation, seen=request.POST.get("seen", ""), by=request.user, at=timezone.now())
    except NotPossibleNow as error:
        found = allocation.distributions.standing().first()
        if found is None:
            raise
        messages.info(request, str(error))  # a second click
        return redirect("royalties:distribution", found.public_id)
    messages.success(request, _("The royalty was shared out, and everybody concerned was told."))
    return redirect("royalties:distribution", made.public_id)


def _visible(request: SignedInRequest, public_id: UUID) -> Distribution:
    rows = Distribution.objects.visible_to(request.user).for_list().select_related(
        "contract__holder", "contract__firm", "contract__listing", "allocation__receipt", "allocation__invoice",
        "sharing_rule", "government_rule", "plan", "shared_by", "undone_by",
    )  # fmt: skip
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def distribution(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _show(request, _visible(request, public_id), ReasonForm())


def _show(request: SignedInRequest, made: Distribution, form: ReasonForm) -> HttpResponse:
    people = list(made.people.select_related("payee").order_by("pot", "payee__name", "pk"))
    may_share = request.user.has_perm("royalties.share", made.contract)
    context = {
        "distribution": made,
        "people": people,
        "fees": made.fees.filter(payer=FeePayer.HOLDER).select_related("broker").order_by("pk"),
        "pots": pot_rows(made.amounts, made.by_policy, people, made.fee_won),
        "floors": floor_rows(made.floors),
        "is_company": is_company(made.contract.holder),
        "own_won": made.royalty_won - made.government_won - made.fee_won,
        "may_undo": may_share and not made.is_undone,
        "undo_form": form,
    }
    return render(request, "royalties/income/distribution.html", context, status=422 if form.errors else 200)


@require_POST
def undo(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    made = _visible(request, public_id)
    allowed(request, "royalties.share", made.contract)
    form = ReasonForm(request.POST)
    if form.is_valid() and do(
        form, undo_sharing, distribution=made, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, _("The distribution was taken back. The royalty waits to be shared out again."))
        return redirect("royalties:distribution", made.public_id)
    return _show(request, made, form)
