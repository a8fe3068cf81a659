"""How complete the yearly survey is: how many institutes answered for a year, and who did not."""

from typing import NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.enums import OrganizationKind
from accounts.models import Organization
from policy.queries.figures.figure import Figure, Scope
from policy.queries.figures.transfer import answers_on


class Completeness(NamedTuple):
    answered: int
    expected: int


def asked() -> QuerySet[Organization]:
    """The public research institutes that stand. One that was merged answers through the one it became part of."""
    return Organization.objects.filter(kind=OrganizationKind.INSTITUTE).standing()


def completeness(figure: Figure, scope: Scope) -> Completeness:
    """Of the year of the scope; 0 of 0 where the figure needs no answers."""
    if not figure.needs_answers:
        return Completeness(0, 0)
    roots = answers_on(scope).filter(year=scope.year).annotate(root=Coalesce("institute__merged_into", "institute"))
    answered = roots.order_by().aggregate(many=Count("root", distinct=True))["many"]
    return Completeness(answered, asked().count())


def missing(scope: Scope) -> QuerySet[Organization]:
    """Who did not answer for the year, by name."""
    given = answers_on(scope).filter(year=scope.year)
    theirs = given.filter(Q(institute=OuterRef("pk")) | Q(institute__merged_into=OuterRef("pk")))
    return asked().filter(~Exists(theirs)).order_by(F("name"), "pk")
