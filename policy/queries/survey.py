"""What the pages of the yearly survey show: answers, the platform's own records beside them, who is missing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.enums import OrganizationKind
from accounts.models import Organization
from deals.models import Contract
from policy.enums.survey import Standing
from policy.models import SurveyAnswer, SurveyRound, SurveySheet
from policy.scheme.survey import Figures, Jump, jumps
from royalties.models import Allocation
from tech_listings.models import Listing


@dataclass(frozen=True)
class OwnRecords:
    """What this platform itself knows of an institute and a calendar year (days of Korea).

    Technologies first registered in it, contracts signed in it, royalty received in it (whole won, without VAT): what
    was booked in it and is assigned to an invoice, as the figure `royalty_income` counts it (domain-facts §7); another
    deposit on the same account is no royalty. What was merged into the institute counts with it.
    """

    registered: int = 0
    transfers: int = 0
    receipts_won: int = 0


@dataclass(frozen=True)
class Place:
    """An institute in the list of a year: its newest sheet, if it has begun one."""

    institute: Organization
    sheet: SurveySheet | None
    answer: SurveyAnswer | None

    @property
    def standing(self) -> Standing:
        return Standing(self.sheet.state) if self.sheet else Standing.MISSING

    @property
    def has_answered(self) -> bool:
        """Whether something stands with the office: submitted, or accepted once (a correction may be on its way)."""
        return self.answer is not None or self.standing in {Standing.SUBMITTED, Standing.ACCEPTED}


def institutes() -> QuerySet[Organization]:
    """Who is asked: every institute that stands, by name."""
    return Organization.objects.standing().filter(kind=OrganizationKind.INSTITUTE).order_by("name", "pk")


def own_records(organizations: Collection[int], year: int) -> dict[int, OwnRecords]:
    """By primary key of the standing institute; three questions however many there are."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    wanted = set(organizations)

    def by_root(rows: QuerySet[Any], figure: Any, holder: str = "holder") -> dict[int, int]:
        root = Coalesce(f"{holder}__merged_into", holder)
        found = rows.order_by().annotate(root=root).values("root").annotate(figure=figure)
        return {row["root"]: row["figure"] or 0 for row in found if row["root"] in wanted}

    # A date is compared as one of Korea: `__date` minds the time zone, which a bare timestamp would not.
    listed = Listing.objects.filter(registered_at__date__gte=first, registered_at__date__lte=last)
    signed = Contract.objects.concluded().filter(signed_on__gte=first, signed_on__lte=last)
    assigned = Allocation.objects.standing().filter(receipt__booked_on__gte=first, receipt__booked_on__lte=last)
    registered, transfers = by_root(listed, Count("pk")), by_root(signed, Count("pk"))
    royalty = by_root(assigned, Sum("net_won"), "invoice__contract__holder")
    return {pk: OwnRecords(registered.get(pk, 0), transfers.get(pk, 0), royalty.get(pk, 0)) for pk in sorted(wanted)}


def answers_of(year: int, organizations: Collection[int] | None = None) -> dict[int, SurveyAnswer]:
    """The answers of the year that hold, by institute."""
    rows = SurveyAnswer.objects.current().filter(year=year)
    if organizations is not None:
        rows = rows.filter(institute__in=organizations)
    return {answer.institute_id: answer for answer in rows}


def before(institute: Organization, year: int) -> SurveyAnswer | None:
    """What the institute said of the year before, as it holds now."""
    return answers_of(year - 1, [institute.pk]).get(institute.pk)


def figures_of(row: SurveySheet | SurveyAnswer | None) -> Figures | None:
    """None where one of them is missing."""
    if row is None:
        return None
    given = Figures.of(row)
    return None if None in given.as_json().values() else given


def jumps_of(sheet: SurveySheet) -> list[Jump]:
    """The figures of the sheet that need a reason."""
    now = figures_of(sheet)
    if now is None:
        return []
    return list(jumps(now, figures_of(before(sheet.institute, sheet.round.year)), sheet.round.limits))


def newest_sheets(round: SurveyRound, organizations: Collection[int] | None = None) -> dict[int, SurveySheet]:
    """The sheet with the highest version of each institute."""
    rows = SurveySheet.objects.filter(round=round).select_related("submitted_by", "decided_by", "round")
    if organizations is not None:
        rows = rows.filter(institute__in=organizations)
    return {sheet.institute_id: sheet for sheet in rows.order_by("version", "pk")}


def places(round: SurveyRound) -> list[Place]:
    """Where every institute stands, by name."""
    sheets, answers = newest_sheets(round), answers_of(round.year)
    return [Place(each, sheets.get(each.pk), answers.get(each.pk)) for each in institutes()]


def narrowed(found: Iterable[Place], *, standing: str = "", words: str = "") -> list[Place]:
    """`standing` is a `Standing`, or `open` for everybody from whom nothing stands with the office."""
    kept = list(found)
    if standing == "open":
        kept = [place for place in kept if not place.has_answered]
    elif standing:
        kept = [place for place in kept if place.standing == standing]
    if words:
        named = set(institutes().matching(words).values_list("pk", flat=True))  # type: ignore[attr-defined]
        kept = [place for place in kept if place.institute.pk in named]
    return kept


def counted(found: Iterable[Place]) -> Mapping[str, int]:
    """How many stand where, by `Standing`."""
    counts = {str(standing): 0 for standing in Standing}
    for place in found:
        counts[str(place.standing)] += 1
    return counts
