"""Reads of the studio: the options of an offer, what was expected and chosen, usual rates, what is counted publicly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from accounts.enums import OrganizationKind
from deals.enums.negotiation import Side
from deals.enums.terms import RUNNING_METHODS
from deals.models import Choice, Forecast, Offer, Option
from deals.terms import Case, Comparison, Terms, band_of, bands, check_forecast, compare, digest, to_begin_with
from deals.terms import Forecast as Sales
from deals.terms.templates import USUAL_BP
from tech_listings.models import Listing

FEWEST = 3


@dataclass(frozen=True)
class Way:
    """An option with its terms read."""

    option: Option
    terms: Terms

    @property
    def key(self) -> str:
        return str(self.option.public_id)


def ways(offer: Offer) -> list[Way]:
    """The options of an offer in its order, in one query."""
    return [Way(each, Terms.from_json(each.terms)) for each in offer.options.order_by("position")]


def compared(found: Sequence[Way], sales: Sales, signed_on: date) -> Comparison | None:
    """The options of an offer under `sales`, signed on `signed_on`; None where that day has overtaken the forecast."""
    if check_forecast(sales, signed_on):
        return None
    return compare({each.key: each.terms for each in found}, sales, signed_on)


def beginning(offer: Offer, found: Sequence[Way], signed_on: date) -> Sales:
    """What the comparison begins with before the firm has entered anything: an example, never kept as evidence."""
    rate_bp = rate_to_begin_with(offer.negotiation.listing)
    return to_begin_with([each.terms for each in found], signed_on, rate_bp)


def recomputed(choice: Choice) -> Comparison | None:
    """The comparison of a choice, computed again from its stored options and inputs; None where there was none."""
    if not choice.inputs:
        return None
    options = {each["key"]: Terms.from_json(each["terms"]) for each in choice.shown}
    return compare(options, Sales.from_json(choice.inputs["forecast"]), date.fromisoformat(choice.inputs["signed_on"]))


def is_intact(choice: Choice) -> bool:
    """Whether the stored evidence is what was stored, and gives the stored result again to the won."""
    evidence = {
        "picked": str(choice.option.public_id),
        "inputs": choice.inputs,
        "shown": choice.shown,
        "result": choice.result,
    }
    made = recomputed(choice)
    return digest(evidence) == choice.evidence_hash and choice.result == (made.to_json() if made else {})


def saved_forecast(offer: Offer) -> Sales | None:
    """The forecast that the firm has saved for the negotiation. Ask only for a member of the firm."""
    negotiation = offer.negotiation
    row = Forecast.objects.filter(negotiation=negotiation, firm=negotiation.firm_id).first()
    if row is None:
        return None
    return Sales(
        first_sale_on=row.first_sale_on,
        discount_bp=row.discount_bp,
        **{case.value: tuple(row.sales[case.value]) for case in (Case.LOW, Case.BASE, Case.HIGH)},
    )


def chosen(offer: Offer) -> Choice | None:
    """The latest choice among the options of an offer. Ask only for a member of the firm."""
    rows = Choice.objects.filter(option__offer=offer, firm=offer.negotiation.firm_id)
    return rows.select_related("option", "chosen_by").order_by("-chosen_at", "-pk").first()


@dataclass(frozen=True)
class RunningOffers:
    """Offers of public institutes: how many there are, and how many have a running royalty or say why not."""

    offers: int
    with_running: int

    @property
    def with_reason(self) -> int:
        return self.offers - self.with_running

    @property
    def is_shown(self) -> bool:
        """No figure of fewer than three: it would tell of single offers."""
        return self.offers >= FEWEST

    @property
    def share_bp(self) -> int:
        return self.with_running * 10_000 // self.offers if self.offers else 0


def running_offers(year: int | None = None) -> RunningOffers:
    """Counted by the year in Korea in which the offer was made, or of all; first offers and later ones alike."""
    running = Option.objects.filter(offer=OuterRef("pk"), method__in=RUNNING_METHODS)
    rows = Offer.objects.filter(side=Side.HOLDER, negotiation__holder__kind=OrganizationKind.INSTITUTE)
    if year is not None:
        rows = rows.filter(offered_at__year=year)
    counted = rows.annotate(has_running=Exists(running)).aggregate(
        offers=Count("pk"), with_running=Count("pk", filter=Q(has_running=True))
    )
    return RunningOffers(**counted)


@dataclass(frozen=True)
class UsualRate:
    """A line of the guidance. `is_near`: the technology's patent classes point to this industry."""

    name: str
    low_bp: int
    high_bp: int
    is_higher_late: bool
    is_near: bool


def usual_rates(language: str, listing: Listing | None = None) -> list[UsualRate]:
    near = band_of(listing.ipc_codes) if listing else None
    return [
        UsualRate(each.name_in(language), each.low_bp, each.high_bp, each.is_higher_late, each == near)
        for each in bands()
    ]


def rate_to_begin_with(listing: Listing) -> int:
    """The middle of the industry's band in basis points; the usual rate where the classes point to none."""
    near = band_of(listing.ipc_codes)
    return near.middle_bp if near else USUAL_BP
