"""How complete the yearly survey is: how many institutes answered for a year, or every year, and who did not."""

from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.enums import OrganizationKind
from accounts.models import Organization
from policy.models import SurveyRound
from policy.queries.figures.figure import Figure, Scope
from policy.queries.figures.transfer import answers_on


class Completeness(NamedTuple):
    answered: int
    expected: int


def asked() -> QuerySet[Organization]:
    """The public research institutes that stand. One that was merged answers through the one it became part of."""
    return Organization.objects.filter(kind=OrganizationKind.INSTITUTE).standing()


def completeness(figure: Figure, scope: Scope) -> Completeness:
    """Of the year of the scope, or of all years until then; 0 of 0 where the figure needs no answers.

    A figure over all years is missing whoever left out one of the years that anybody answered or was asked about.
    """
    if not figure.needs_answers:
        return Completeness(0, 0)
    years = _years(figure, scope)
    roots = answers_on(scope).filter(year__in=years).annotate(root=Coalesce("institute__merged_into", "institute"))
    each = roots.order_by().values("root").annotate(many=Count("year", distinct=True))
    return Completeness(each.filter(many=len(years)).count(), asked().count())


def missing(figure: Figure, scope: Scope) -> QuerySet[Organization]:
    """Who did not answer for the year, or for one of the years, by name."""
    found = asked()
    left_out: Any = Q()
    for year in _years(figure, scope):
        given = answers_on(scope).filter(year=year)
        left_out |= ~Exists(given.filter(Q(institute=OuterRef("pk")) | Q(institute__merged_into=OuterRef("pk"))))
    return found.filter(left_out).order_by(F("name"), "pk")


def _years(figure: Figure, scope: Scope) -> list[int]:
    if not figure.answers_of_all_years:
        return [scope.year]
    asked_about = SurveyRound.objects.filter(year__lte=scope.year).values_list("year", flat=True)
    answered = answers_on(scope).filter(year__lte=scope.year).values_list("year", flat=True)
    return sorted({scope.year, *asked_about, *answered.distinct()})
