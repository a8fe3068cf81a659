"""What the pages of the yearly survey show: answers, the platform's own records beside them, who is missing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from deals.models import Contract
from policy.enums.survey import SheetStepKind, Standing
from policy.models import SurveyAnswer, SurveyRound, SurveySheet, SurveyStep
from policy.querysets.survey import institutes_of
from policy.scheme.survey import FIGURES, Figures, Jump, jumps
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
    """An institute in the list of a year: its newest sheet, if it has begun one, its own answer, and what counts of it
    and of what was merged into it.
    """

    institute: Organization
    sheet: SurveySheet | None
    answer: SurveyAnswer | None
    counts: Figures | None

    @property
    def standing(self) -> Standing:
        if self.sheet:
            return Standing(self.sheet.state)
        return Standing.MISSING if self.counts is None else Standing.ACCEPTED

    @property
    def has_answered(self) -> bool:
        """Whether something stands with the office: submitted, or accepted once (a correction may be on its way)."""
        return self.counts is not None or self.standing in {Standing.SUBMITTED, Standing.ACCEPTED}


@dataclass(frozen=True)
class MergedAnswer:
    """An institute that was merged into another one, and what holds of it; None where it never answered."""

    institute: Organization
    figures: Figures | None


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
    """The answers of the year that hold, by the institute that gave them."""
    rows = SurveyAnswer.objects.current().filter(year=year)
    if organizations is not None:
        rows = rows.filter(institute__in=organizations)
    return {answer.institute_id: answer for answer in rows}


def counted_of(year: int, organizations: Collection[int] | None = None) -> dict[int, Figures]:
    """What counts of the year, by institute that stands: what holds of it and of those merged into it, together."""
    return _added(SurveyAnswer.objects.current().by_root(organizations).filter(year=year), "root")


def counted_years(institute: Organization) -> dict[int, Figures]:
    """The same of one institute, by year."""
    return _added(SurveyAnswer.objects.current().by_root([institute.pk]), "year")


def _added(rows: QuerySet[SurveyAnswer], by: str) -> dict[int, Figures]:
    sums = {f"sum_{name}": Sum(name) for name in FIGURES}
    found = rows.order_by().values(by).annotate(**sums)
    return {row[by]: Figures(*(row[name] for name in sums)) for row in found}


def before(institute: Organization, year: int) -> Figures | None:
    """What was said of the year before, as it holds now: by the institute, and by those merged into it."""
    if institute.is_gone:
        return figures_of(answers_of(year - 1, [institute.pk]).get(institute.pk))
    return counted_of(year - 1, [institute.pk]).get(institute.pk)


def merged_answers(institute: Organization, year: int) -> list[MergedAnswer]:
    """Of each institute that was merged into it what holds of the year, by name. It is counted beside the own answer,
    and who was merged corrects nothing any more: so nobody is to say it a second time.
    """
    gone = Organization.objects.filter(merged_into=institute, kind=OrganizationKind.INSTITUTE).order_by("name", "pk")
    names = {each.pk: each for each in gone}
    answers = answers_of(year, names) if names else {}
    return [MergedAnswer(each, figures_of(answers.get(pk))) for pk, each in names.items()]


def counted_beside(year: int, organizations: Collection[int]) -> dict[int, Figures]:
    """What is counted of those that were merged into each, and not of its own; without those where nothing is."""
    rows = SurveyAnswer.objects.current().by_root().filter(year=year, institute__merged_into__in=organizations)
    return _added(rows, "root")


def figures_of(row: SurveySheet | SurveyAnswer | None) -> Figures | None:
    """None where one of them is missing."""
    if row is None:
        return None
    given = Figures.of(row)
    return None if None in given.as_json().values() else given


def jumps_of(sheet: SurveySheet) -> list[Jump]:
    """The figures of the sheet that need a reason."""
    now, year = figures_of(sheet), sheet.round.year
    if now is None:
        return []
    # The year before is that of all that are one now, so this year is, too.
    together = now + counted_beside(year, [sheet.institute_id]).get(sheet.institute_id)
    return list(jumps(together, before(sheet.institute, year), sheet.round.limits))


def with_sent(sheets: QuerySet[SurveySheet]) -> QuerySet[SurveySheet]:
    """With `sent` and `sent_reasons`: figures and reasons as they were submitted last, None before that."""
    steps = SurveyStep.objects.filter(sheet=OuterRef("pk"), kind=SheetStepKind.SUBMITTED).order_by("-pk")
    sent, reasons = (Subquery(steps.values(name)[:1]) for name in ("figures", "reasons"))
    return sheets.annotate(sent=sent, sent_reasons=reasons)


def is_rewritten(sheet: Any) -> bool:
    """Whether something else stands in a sheet (of `with_sent`) than what was submitted last, or nothing was."""
    given = {name: getattr(sheet, name) for name in FIGURES}
    return (given, sheet.reasons) != (sheet.sent, sheet.sent_reasons)


def as_read_by(user: User | AnonymousUser, sheet: Any) -> SurveySheet:
    """The sheet (of `with_sent`) with the figures that `user` may read, not to be saved: what an institute changed
    since it was returned, and has not sent, is its own."""
    if sheet.sent is not None and sheet.institute_id not in institutes_of(user):
        for name in FIGURES:
            setattr(sheet, name, sheet.sent[name])
        sheet.reasons = sheet.sent_reasons
    return sheet  # type: ignore[no-any-return]


def newest_sheets(round: SurveyRound, organizations: Collection[int] | None = None) -> dict[int, SurveySheet]:
    """The sheet with the highest version of each institute, `with_sent`; none that was given up."""
    people = ("submitted_by", "decided_by", "round")
    rows = with_sent(SurveySheet.objects.standing().filter(round=round).select_related(*people))
    if organizations is not None:
        rows = rows.filter(institute__in=organizations)
    return {sheet.institute_id: sheet for sheet in rows.order_by("version", "pk")}


def places(round: SurveyRound) -> list[Place]:
    """Where every institute stands, by name."""
    sheets, answers, counts = newest_sheets(round), answers_of(round.year), counted_of(round.year)
    return [Place(each, sheets.get(each.pk), answers.get(each.pk), counts.get(each.pk)) for each in institutes()]


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
