"""What sharing out would do: computed, shown, and written only when somebody says so (`share`)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import Organization
from brokers import fees
from brokers.enums.fees import FeeBasis
from brokers.models import FeeSchedule, Quote
from deals.models import Contract
from marketplace.core.errors import NotPossibleNow
from marketplace.core.money import BASIS_POINTS
from royalties.enums.income import FeePayer
from royalties.enums.rules import PEOPLE_POTS, IncomeKind, Pot, named_first
from royalties.models import Allocation, Distribution, FeeShare, GovernmentRule, Payee, SharePlan, SharingRule
from royalties.queries.government import owed_so_far
from royalties.services.share.plan import is_company
from royalties.sharing.distribution import binding_law, distribute, to_people
from royalties.sharing.fees import FeeTerms, fee_parts
from royalties.sharing.government import owed, pay_by


@dataclass(frozen=True)
class Person:
    """What one person gets of a pot."""

    payee: Payee
    pot: str
    share_bp: int
    amount_won: int

    @property
    def pot_label(self) -> str:
        return str(Pot(self.pot).label)


@dataclass(frozen=True)
class Fee:
    """What one side owes a broker by a quote that it accepted."""

    quote: Quote
    broker: Organization
    payer: str
    net_won: int
    vat_won: int

    @property
    def total_won(self) -> int:
        return self.net_won + self.vat_won


@dataclass(frozen=True)
class Proposal:
    """A receipt's royalty, shared out on paper. `kept` is what stays with the institute by pot, before the fee.

    `floors` are what the laws ask, as `FloorWon` with its `missing_won`. Of a company `government` is `Owed`.
    """

    allocation: Allocation
    plan: SharePlan
    royalty_won: int
    sharing_rule: SharingRule | None = None
    government_rule: GovernmentRule | None = None
    government_share_won: int = 0
    amounts: Mapping[str, int] = field(default_factory=dict)
    by_policy: Mapping[str, int] = field(default_factory=dict)
    floors: tuple[Mapping[str, Any], ...] = ()
    people: tuple[Person, ...] = ()
    kept: Mapping[str, int] = field(default_factory=dict)
    government: Mapping[str, Any] = field(default_factory=dict)
    government_won: int = 0
    pay_government_by: date | None = None
    fees: tuple[Fee, ...] = ()

    @property
    def fees_of_holder(self) -> list[Fee]:
        """What the holder owes. What the firm does is not its matter."""
        return [fee for fee in self.fees if fee.payer == FeePayer.HOLDER]

    @property
    def fee_won(self) -> int:
        """What the holder owes brokers, with VAT."""
        return sum(fee.total_won for fee in self.fees_of_holder)

    @property
    def own_won(self) -> int:
        """What a company keeps."""
        return self.royalty_won - self.government_won - self.fee_won

    @cached_property
    def digest(self) -> str:
        """Equal for proposals that do the same: who says yes says it to this one."""
        said = [
            self.allocation.pk, self.plan.pk, self.royalty_won, dict(self.amounts), self.government_won,
            [[p.payee.pk, p.pot, p.amount_won] for p in self.people],
            [[f.quote.pk, f.broker.pk, f.payer, f.net_won, f.vat_won] for f in self.fees],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def propose(allocation: Allocation, *, today: date) -> Proposal:
    """What is to be done with the royalty of `allocation`, by the newest plan of its contract and the rules in force.

    Raises `NotPossibleNow` where there is no plan, nobody to pay, or no rule.
    """
    contract = allocation.invoice.contract
    plan = contract.share_plans.order_by("-serial").first()
    if plan is None:
        raise NotPossibleNow(_("First write down how royalty of this contract is shared out."))
    if is_company(contract.holder):
        return _of_company(allocation, contract, plan, today)
    return _of_institute(allocation, contract, plan)


def _of_institute(allocation: Allocation, contract: Contract, plan: SharePlan) -> Proposal:
    assert contract.signed_on is not None
    rules = {rule.law: rule for rule in SharingRule.objects.for_contract_of(contract.signed_on)}
    binding = rules.get(binding_law(plan.funding, is_donated=plan.is_donated))
    if binding is None:
        raise NotPossibleNow("No rules of sharing are loaded: call load_royalty_rules.")
    made = distribute(
        allocation.net_won,
        shares_bp=plan.shares_bp,
        rules=[rule.plan for rule in rules.values()],
        funding=plan.funding,
        is_donated=plan.is_donated,
    )
    parts = list(plan.participants.select_related("payee").order_by("pot", "payee__name", "pk"))
    weights: dict[str, dict[str, int]] = {pot: {} for pot in PEOPLE_POTS}
    for part in parts:
        weights[part.pot][str(part.payee_id)] = part.share_bp
    if any(made.amounts[pot] and not weights[pot] for pot in named_first(plan.is_donated)):
        if plan.is_donated:
            raise NotPossibleNow(_("First name the donor and the developers who share this royalty."))
        raise NotPossibleNow(_("First name the inventors who share this royalty."))
    people, kept = to_people(made, weights)
    return Proposal(
        allocation=allocation,
        plan=plan,
        royalty_won=allocation.net_won,
        sharing_rule=binding,
        government_share_won=made.government_share_won,
        amounts=made.amounts,
        by_policy=made.by_policy,
        floors=tuple(
            asdict(floor) | {"pots": list(floor.pots), "missing_won": floor.missing_won(made.amounts)}
            for floor in made.floors
        ),
        people=tuple(
            Person(part.payee, part.pot, part.share_bp, people[part.pot][str(part.payee_id)]) for part in parts
        ),
        kept=kept,
        fees=_fees(allocation, contract),
    )


def _of_company(allocation: Allocation, contract: Contract, plan: SharePlan, today: date) -> Proposal:
    common: dict[str, Any] = {"allocation": allocation, "plan": plan, "royalty_won": allocation.net_won}
    fees = _fees(allocation, contract)
    if plan.task is None or plan.agreed_on is None or not plan.government_won:
        return Proposal(**common, fees=fees)
    rule = GovernmentRule.objects.for_agreement_of(plan.agreed_on)
    if rule is None:
        raise NotPossibleNow("No rules of sharing are loaded: call load_royalty_rules.")
    before = owed_so_far(contract.holder, contract.listing)
    on = allocation.receipt.booked_on
    found = owed(
        rule.plan,
        plan.task,
        kind=IncomeKind.LICENCE,
        base_won=allocation.net_won,
        on=on,
        first_income_on=min(on, before.first_on or on),
        paid_won=before.owed_won,
        is_closed=before.is_closed,
    )
    return Proposal(
        **common,
        government_rule=rule,
        government=asdict(found) | {"ends_on": found.ends_on.isoformat() if found.ends_on else None},
        government_won=found.owed_won,
        pay_government_by=pay_by(rule.plan, today) if found.owed_won else None,
        fees=fees,
    )


def fee_terms(quote: Quote, side: str) -> FeeTerms:
    """The frozen fee as `sharing.fees` computes with it; brokers are known by their primary key.

    All of it is owed by the side that accepted it, however the guideline divides fees between the sides (adr/0052).
    """
    schedule = FeeSchedule.objects.with_tiers().get(pk=quote.schedule_id)
    by_received = schedule.basis == FeeBasis.RECEIVED_ROYALTY

    def guideline(won: int) -> int:
        return fees.quote(schedule.plan, value_won=won).guideline_won

    return FeeTerms(
        value_won=quote.value_won,
        fee_won=quote.fee_won,
        guideline_won=quote.guideline_won,
        credited_won=quote.start_won if schedule.retainer_credited else 0,
        vat_bp=schedule.vat_bp,
        vat_included=schedule.vat_included,
        payers={side: BASIS_POINTS},
        brokers={str(share.organization_id): share.share_bp for share in quote.shares.order_by("pk")},
        guideline=guideline if by_received else None,
    )


def _fees(allocation: Allocation, contract: Contract) -> tuple[Fee, ...]:
    """By each quote that the contract's version in force froze; none where no broker is paid."""
    versions = contract.versions.filter(fee_quote__isnull=False, state__in=["in_force", "replaced"])
    version = versions.order_by("-serial").first()
    sides = {each["quote"]: each["side"] for each in (version.rules.get("fees", ()) if version else ())}
    if not sides:
        return ()
    standing = Distribution.objects.standing().filter(contract=contract)
    before_won = standing.aggregate(won=Sum("royalty_won"))["won"] or 0
    found: list[Fee] = []
    for quote in Quote.objects.filter(number__in=sides).order_by("pk"):
        terms = fee_terms(quote, sides[quote.number])
        rows = FeeShare.objects.filter(distribution__in=standing, quote=quote)
        charged = rows.aggregate(net=Sum("net_won"), vat=Sum("vat_won"))
        charged_won = (charged["net"] or 0) + ((charged["vat"] or 0) if terms.vat_included else 0)
        parts = fee_parts(terms, before_won=before_won, receipt_won=allocation.net_won, charged_won=charged_won)
        brokers = Organization.objects.in_bulk([int(part.broker) for part in parts])
        found += [Fee(quote, brokers[int(part.broker)], part.payer, part.net_won, part.vat_won) for part in parts]
    return tuple(found)
