"""What is known of a firm for a call: from its profile, its transfers, its awards and what apps above say."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from accounts.models import BusinessProfile, Organization
from accounts.relations import family_of
from marketplace.core.days import add_months
from programmes.eligibility import Facts
from programmes.enums.applications import ApplicationState, Independence
from programmes.enums.transfers import USABLE
from programmes.models import Application, Transfer
from programmes.registry import standing_of
from programmes.sizes import SizeFinding, average_won, size_of

AWARDED = (ApplicationState.SELECTED, ApplicationState.AGREED)
AWARD_YEARS = 5


@dataclass(frozen=True)
class Firm:
    """`said` is what the application keeps of the firm (JSON), `facts` what conditions are held against.

    `missing` names what the profile does not say and every application needs: without it nobody can tell who applies.
    """

    organization: Organization
    said: dict[str, Any]
    facts: Facts
    missing: tuple[str, ...]
    transfers: tuple[Transfer, ...] = ()
    awards: tuple[Application, ...] = field(default=())

    @property
    def average_sales_won(self) -> int | None:
        return self.facts.average_sales_won


def firm_on(
    organization: Organization, on: date, *, declared: Collection[str] = (), standing: Mapping[str, Any] | None = None
) -> Firm:
    """All that is known of it on a day in Korea, firms merged into it included, in eight questions.

    `standing` is what the firm says of itself that no profile holds: see `services.applications.save`.
    """
    family = family_of(organization)
    profile = BusinessProfile.objects.filter(organization=organization).prefetch_related("years", "owners").first()
    years = sorted(profile.years.all(), key=lambda year: year.ends_on) if profile else []
    sales = [year.sales_won for year in years]
    average = average_won(sales)
    size = _size(profile, sales, years, on, standing or {})
    transfers = transfers_of(family, on)
    awards = awards_of(family, on)
    told = standing_of(family, on)
    facts = Facts(
        size=size,
        transfers=sum(each.is_settled for each in transfers),
        transfers_declared=sum(not each.is_settled for each in transfers),
        founded_on=profile.founded_on if profile else None,
        average_sales_won=average,
        region=organization.region_code,
        industry=profile.industry_code if profile else "",
        awards=len(awards),
        is_excluded=told.is_excluded or told.is_barred if told else None,
        owes_money=told.owes_money if told else None,
        declared=frozenset(declared),
    )
    said = _said(organization, profile, years, facts)
    missing = tuple(name for name in ("representatives", "address", "founded_on", "years") if not said[name])
    return Firm(organization, said, facts, missing, tuple(transfers), tuple(awards))


def transfers_of(family: Collection[int], on: date) -> list[Transfer]:
    """Technologies that the firm took over and that it may still use on that day, the newest first.

    With those it entered itself, unless an officer did not accept the contract.
    """
    found = Transfer.objects.filter(organization__in=family, state__in=USABLE, signed_on__lte=on).order_by(
        "-signed_on", "-pk"
    )
    return [each for each in found if each.ended_on is None or each.ended_on >= on]


def awards_of(family: Collection[int], on: date) -> list[Application]:
    """What the firm was selected for in the last five years, in any programme; rehearsals do not count."""
    since = add_months(on, -12 * AWARD_YEARS)
    rows = Application.objects.filter(organization__in=family, state__in=AWARDED, call__is_rehearsal=False)
    return list(rows.filter(submitted_at__date__gte=since).select_related("call").order_by("-submitted_at", "-pk"))


def _size(
    profile: BusinessProfile | None, sales: list[int], years: list[Any], on: date, standing: Mapping[str, Any]
) -> SizeFinding:
    said: Any = standing.get("independence")
    outgrew_on = standing.get("outgrew_on")
    return size_of(
        industry=profile.industry_code if profile else "",
        sales_won=sales,
        assets_won=years[-1].assets_won if years else None,
        year_end=years[-1].ends_on if years else None,
        on=on,
        is_independent={Independence.INDEPENDENT: True, Independence.IN_GROUP: False}.get(said),
        outgrew_on=date.fromisoformat(outgrew_on) if outgrew_on else None,
        had_grace=bool(standing.get("had_grace")),
    )


def _said(
    organization: Organization, profile: BusinessProfile | None, years: list[Any], facts: Facts
) -> dict[str, Any]:
    return {
        "name": organization.name,
        "business_number": organization.business_number,
        "corporate_number": organization.corporate_number,
        "region_code": organization.region_code,
        "representatives": list(profile.representatives) if profile else [],
        "address": profile.address if profile else "",
        "founded_on": profile.founded_on.isoformat() if profile and profile.founded_on else "",
        "industry_code": profile.industry_code if profile else "",
        "owners": [
            {"name": owner.name, "business_number": owner.business_number, "share_bp": owner.share_bp}
            for owner in sorted(profile.owners.all(), key=lambda owner: (-owner.share_bp, owner.pk))
        ]
        if profile
        else [],
        "years": [
            {
                "ends_on": year.ends_on.isoformat(),
                "sales_won": year.sales_won,
                "assets_won": year.assets_won,
                "employees": year.employees,
            }
            for year in years
        ],
        "average_sales_won": facts.average_sales_won,
        "size": facts.size.size.value if facts.size else "",
        "transfers": facts.transfers,
        "transfers_declared": facts.transfers_declared,
        "awards": facts.awards,
        "is_excluded": facts.is_excluded,
        "owes_money": facts.owes_money,
    }
