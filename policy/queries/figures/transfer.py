"""Rows of the figures about transfers and royalties (domain-facts §7). Rows count as they stood on the scope's day."""

from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from accounts.roles import Permission
from deals.models import Contract
from policy.enums.figures import Kind, Openness, Theme, Unit
from policy.models import SurveyAnswer
from policy.queries.figures.figure import Figure, Part, Rows, Scope, shaped
from policy.queries.figures.kinds import DENOMINATOR, NUMERATOR, ROWS
from royalties.models import Allocation, SalesStatement

PLAN_OFFICE = _("Office in charge of technology transfer")


def concluded(scope: Scope) -> QuerySet[Contract]:
    """Contracts of public institutes that were signed by the day. What was never signed is none, what ended is."""
    rows = Contract.objects.concluded().filter(signed_on__lte=scope.day)
    return rows.filter(holder__kind=OrganizationKind.INSTITUTE)


def contract_rows(found: QuerySet[Contract], **more: Any) -> Rows:
    return shaped(found, label="number", institute="holder_id", day="signed_on", **more)


def transfers(scope: Scope) -> Rows:
    return contract_rows(concluded(scope).filter(signed_on__year=scope.year))


def transfers_until(scope: Scope) -> Rows:
    return contract_rows(concluded(scope).filter(signed_on__year__lte=scope.year))


def answers_on(scope: Scope) -> QuerySet[SurveyAnswer]:
    """The answers that counted on the day: a correction takes the place of what it corrects, from when it was made.

    By the versions, and not by when the earlier one was replaced: that is when an officer accepted the correction, and
    from its making until then both would count.
    """
    given = SurveyAnswer.objects.filter(answered_at__date__lte=scope.day)
    later = given.filter(institute=OuterRef("institute"), year=OuterRef("year"), version__gt=OuterRef("version"))
    return given.filter(~Exists(later))


def _answer_rows(found: QuerySet[SurveyAnswer], amount: str) -> Rows:
    return shaped(
        found,
        label=Cast("year", CharField()),
        institute="institute_id",
        day="answered_at__date",
        amount=F(amount),
    )


def new_technologies(scope: Scope) -> Rows:
    return _answer_rows(answers_on(scope).filter(year=scope.year), "new_technologies")


def new_technologies_until(scope: Scope) -> Rows:
    return _answer_rows(answers_on(scope).filter(year__lte=scope.year), "new_technologies")


def expenditure(scope: Scope) -> Rows:
    return _answer_rows(answers_on(scope).filter(year=scope.year), "research_expenditure_won")


def received(scope: Scope) -> QuerySet[Allocation]:
    """Royalty that came in in the year, without VAT, as assigned on the day. What was undone by then is not counted."""
    rows = Allocation.objects.filter(
        invoice__contract__holder__kind=OrganizationKind.INSTITUTE,
        receipt__booked_on__year=scope.year,
        receipt__booked_on__lte=scope.day,
        assigned_at__date__lte=scope.day,
        net_won__gt=0,
    )
    return rows.filter(Q(undone_at__isnull=True) | Q(undone_at__date__gt=scope.day))


def _royalty_rows(found: QuerySet[Allocation]) -> Rows:
    return shaped(
        found,
        label="receipt__number",
        institute="invoice__contract__holder_id",
        day="receipt__booked_on",
        amount=F("net_won"),
    )


def royalty_income(scope: Scope) -> Rows:
    return _royalty_rows(received(scope))


def _sold(scope: Scope) -> Exists:
    """What was reported by the day, whatever became of it since: of each year the newest statement there was."""
    said = SalesStatement.objects.filter(reported_at__date__lte=scope.day)
    later = said.filter(contract=OuterRef("contract"), year=OuterRef("year"), serial__gt=OuterRef("serial"))
    under = said.filter(contract=OuterRef("invoice__contract"), year__lte=scope.year)
    return Exists(under.filter(~Exists(later), net_sales_won__gt=0))


def paid_before_sales(scope: Scope) -> Rows:
    """Of royalty received in the year, what came under contracts with no sales reported for that year or before."""
    return _royalty_rows(received(scope).filter(~_sold(scope)))


def paid_after_sales(scope: Scope) -> Rows:
    """The rest: what would be left when one sum is taken from the other is told, or withheld, as itself."""
    return _royalty_rows(received(scope).filter(_sold(scope)))


def contracts_in_force(scope: Scope) -> QuerySet[Contract]:
    """Under which royalty could have come in in the year."""
    return concluded(scope).filter(signed_on__year__lte=scope.year).exclude(ended_on__year__lt=scope.year)


SIDES = ("holder", "firm")
SURVEY: dict[str, Any] = {
    "openness": Openness.MONTHLY,
    "permission": Permission.VIEW_RESULTS,
    "behind": ("institute",),
}
MONEY: dict[str, Any] = {
    "unit": Unit.WON,
    "openness": Openness.MONTHLY,
    "permission": Permission.KEEP_ROYALTIES,
    "behind": ("invoice__contract__holder", "invoice__contract__firm"),
}
TRANSFERS = _("Contracts of public institutes signed in the year")
NEW = _("Technologies newly acquired in the year, as institutes say in the survey")
ROYALTY = _("Royalty received in the year, without VAT")
EXPENDITURE = _("Research expenditure of the year, as institutes say in the survey")

FIGURES = (
    Figure(
        code="transfer_rate",
        theme=Theme.TRANSFER,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Transfer rate"),
        definition=_("Transfers of a year, divided by the technologies newly acquired in that year."),
        parts=(
            Part(NUMERATOR, TRANSFERS, transfers),
            Part(DENOMINATOR, NEW, new_technologies, source="new_technologies", **SURVEY),
        ),
        owner=PLAN_OFFICE,
        needs_answers=True,
    ),
    Figure(
        code="cumulative_transfer_rate",
        theme=Theme.TRANSFER,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Cumulative transfer rate"),
        definition=_(
            "All transfers until the end of a year, divided by all technologies acquired until then. It is another "
            "figure than the transfer rate of the year, and the two are not to be compared."
        ),
        parts=(
            Part(NUMERATOR, _("Contracts of public institutes signed until the end of the year"), transfers_until),
            Part(
                DENOMINATOR,
                _("Technologies acquired until the end of the year"),
                new_technologies_until,
                source="new_technologies_until",
                **SURVEY,
            ),
        ),
        owner=PLAN_OFFICE,
        needs_answers=True,
        answers_of_all_years=True,
    ),
    Figure(
        code="transfers",
        theme=Theme.TRANSFER,
        kind=Kind.COUNT,
        unit=Unit.COUNT,
        name=_("Transfers"),
        definition=_(
            "Contracts about technologies that public institutes signed in the year, with those that ended. Deals made "
            "elsewhere, which partners report, are not among them."
        ),
        parts=(Part(ROWS, TRANSFERS, transfers),),
        owner=PLAN_OFFICE,
        could_be=concluded,
    ),
    Figure(
        code="new_technologies",
        theme=Theme.TRANSFER,
        kind=Kind.SUM,
        unit=Unit.COUNT,
        name=_("Newly acquired technologies"),
        definition=_("Technologies that public institutes acquired in the year, as they say in the yearly survey."),
        parts=(Part(ROWS, NEW, new_technologies, source="new_technologies", **SURVEY),),
        owner=PLAN_OFFICE,
        needs_answers=True,
    ),
    Figure(
        code="research_productivity",
        theme=Theme.ROYALTY,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Research productivity"),
        definition=_("Royalty received in a year, divided by the research expenditure of that year."),
        parts=(
            Part(NUMERATOR, ROYALTY, royalty_income, source="royalty_income", **MONEY),
            Part(DENOMINATOR, EXPENDITURE, expenditure, source="expenditure", **(SURVEY | {"unit": Unit.WON})),
        ),
        owner=PLAN_OFFICE,
        needs_answers=True,
    ),
    Figure(
        code="royalty_income",
        theme=Theme.ROYALTY,
        kind=Kind.SUM,
        unit=Unit.WON,
        name=_("Royalty income"),
        definition=_(
            "Royalty that public institutes received in the year, without VAT. Gains from selling shares are not "
            "royalty."
        ),
        parts=(Part(ROWS, ROYALTY, royalty_income, source="royalty_income", **MONEY),),
        owner=PLAN_OFFICE,
        could_be=contracts_in_force,
    ),
    Figure(
        code="early_burden",
        theme=Theme.ROYALTY,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Paid before the first sale"),
        definition=_(
            "Of the royalty received in a year, the share that firms paid before they reported sales of the technology "
            "for that year or an earlier one."
        ),
        parts=(
            Part(
                NUMERATOR,
                _("Royalty received before sales were reported"),
                paid_before_sales,
                source="paid_before_sales",
                **MONEY,
            ),
            Part(DENOMINATOR, ROYALTY, royalty_income, source="royalty_income", **MONEY),
            Part(
                "rest",
                _("Royalty received after sales were reported"),
                paid_after_sales,
                source="paid_after_sales",
                **MONEY,
            ),
        ),
        owner=PLAN_OFFICE,
        target_is_most=True,
    ),
)
