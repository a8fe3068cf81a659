"""Rows of the figures about contracts: how they are paid, what became of them, how long things take."""

from collections.abc import Callable
from typing import Any

from django.db.models import F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from deals.enums.contracts import VersionState
from deals.enums.requests import RequestState
from deals.enums.terms import RUNNING_METHODS
from deals.models import Contract, ContractVersion, TransferRequest
from policy.enums.figures import Kind, Openness, Theme, Unit
from policy.queries.figures.figure import Figure, Part, Rows, Scope, shaped
from policy.queries.figures.kinds import DENOMINATOR, NUMERATOR, ROWS
from policy.queries.figures.transfer import PLAN_OFFICE, SIDES, TRANSFERS, concluded, contract_rows, transfers
from royalties.enums.calendar import Usage
from royalties.models import UsageReport


class DaysBetween(Func):
    """Days from the second day to the first one."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


def with_running(scope: Scope) -> Rows:
    """By the terms that were signed; what was amended later changes nothing of the year."""
    signed = ContractVersion.objects.filter(
        contract=OuterRef("pk"), state__in=(VersionState.IN_FORCE, VersionState.REPLACED)
    )
    rows = concluded(scope).filter(signed_on__year=scope.year)
    rows = rows.annotate(signed_method=Subquery(signed.order_by("serial").values("method")[:1]))
    return contract_rows(rows.filter(signed_method__in=RUNNING_METHODS))


def in_force(scope: Scope) -> QuerySet[Contract]:
    """Signed by the day and not ended by then."""
    return concluded(scope).filter(Q(ended_on__isnull=True) | Q(ended_on__gte=scope.day))


def _by_usage(scope: Scope) -> QuerySet[Any]:
    said = UsageReport.objects.filter(contract=OuterRef("pk"), reported_at__date__lte=scope.day)
    newest = Subquery(said.order_by("-year", "-pk").values("usage")[:1])
    return in_force(scope).annotate(said_usage=Coalesce(newest, Value(Usage.UNKNOWN.value)))


def of_usage(usage: str) -> Callable[[Scope], Rows]:
    """Contracts in force of which the firm said this last. Where nobody said anything it is unknown."""

    def rows(scope: Scope) -> Rows:
        return contract_rows(_by_usage(scope).filter(said_usage=usage))

    return rows


def all_in_force(scope: Scope) -> Rows:
    return contract_rows(in_force(scope))


def request_days(scope: Scope) -> Rows:
    asked = concluded(scope).filter(signed_on__year=scope.year, negotiation__request__isnull=False)
    return contract_rows(asked, amount=DaysBetween("signed_on", TruncDate("negotiation__request__requested_at")))


def _requests(scope: Scope) -> QuerySet[TransferRequest]:
    rows = TransferRequest.objects.filter(
        holder__kind=OrganizationKind.INSTITUTE, answer_due_on__year=scope.year, answer_due_on__lt=scope.day
    )
    return rows.exclude(state=RequestState.WITHDRAWN)


def _request_rows(found: QuerySet[TransferRequest]) -> Rows:
    return shaped(found, label="number", institute="holder_id", day="answer_due_on")


def requests_due(scope: Scope) -> Rows:
    return _request_rows(_requests(scope))


def answered_in_time(scope: Scope) -> Rows:
    rows = _requests(scope).filter(state=RequestState.ANSWERED)
    return _request_rows(
        rows.annotate(answered_on=TruncDate("answered_at")).filter(answered_on__lte=F("answer_due_on"))
    )


HIDDEN: dict[str, Any] = {"openness": Openness.GUARDED, "behind": SIDES}
ASKED: dict[str, Any] = {"openness": Openness.GUARDED, "behind": ("holder", "requester")}
FIGURES = (
    Figure(
        code="contracts_with_running",
        theme=Theme.ROYALTY,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Contracts with a running royalty"),
        definition=_("Contracts signed in the year under which royalty is paid by sales, divided by all signed in it."),
        parts=(
            Part(NUMERATOR, _("Contracts signed in the year with a running royalty"), with_running, **HIDDEN),
            Part(DENOMINATOR, TRANSFERS, transfers, behind=SIDES),
        ),
        owner=PLAN_OFFICE,
    ),
    Figure(
        code="contracts_by_use",
        theme=Theme.CONTRACT,
        kind=Kind.SHARES,
        unit=Unit.COUNT,
        name=_("What became of contracts"),
        definition=_(
            "Contracts in force by what the firm said last of the use of the technology. Where nobody said anything it "
            "is unknown, which counts as a failure."
        ),
        parts=tuple(Part(str(usage), usage.label, of_usage(usage), **HIDDEN) for usage in Usage),
        owner=PLAN_OFFICE,
        is_yearly=False,
    ),
    Figure(
        code="contracts_unknown",
        theme=Theme.CONTRACT,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Contracts of which nothing is known"),
        definition=_("Contracts in force of whose use nobody has said anything, divided by all in force."),
        parts=(
            Part(
                NUMERATOR,
                _("Contracts in force of whose use nothing is known"),
                of_usage(Usage.UNKNOWN),
                **HIDDEN,
            ),
            Part(DENOMINATOR, _("Contracts in force"), all_in_force, **HIDDEN),
        ),
        owner=PLAN_OFFICE,
        is_yearly=False,
        target_is_most=True,
    ),
    Figure(
        code="request_to_contract",
        theme=Theme.SPEED,
        kind=Kind.MEDIAN,
        unit=Unit.DAYS,
        name=_("From request to contract"),
        definition=_(
            "Days from the request for a technology to the signed contract, of contracts signed in the year: the one "
            "in the middle."
        ),
        parts=(
            Part(
                ROWS,
                _("Contracts signed in the year that began with a request"),
                request_days,
                Unit.DAYS,
                Openness.MONTHLY,
                behind=SIDES,
                source="request_days",
            ),
        ),
        owner=PLAN_OFFICE,
        target_is_most=True,
    ),
    Figure(
        code="requests_in_time",
        theme=Theme.SPEED,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Requests answered in time"),
        definition=_(
            "Requests that institutes answered by their day, divided by those whose day has passed in the year. What "
            "was withdrawn is in neither."
        ),
        parts=(
            Part(NUMERATOR, _("Requests answered by their day"), answered_in_time, **ASKED),
            Part(DENOMINATOR, _("Requests whose day has passed"), requests_due, **ASKED),
        ),
        owner=PLAN_OFFICE,
    ),
)
