"""Rows of the figures about listing: what is owed, what is on the market, how fresh it is."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from accounts.roles import Permission
from deals.enums.negotiation import Side
from deals.enums.terms import RUNNING_METHODS
from deals.models import Offer, Option
from obligations.compliance import FIGURES as DUTIES
from obligations.enums import DutyKind
from obligations.models import Obligation, RnDProject
from policy.enums.figures import Kind, Openness, Theme, Unit
from policy.queries.figures.figure import Figure, Part, Rows, Scope, shaped
from policy.queries.figures.kinds import DENOMINATOR, NUMERATOR, ROWS
from tech_listings.enums import SHOWN_STATES
from tech_listings.models import Listing

LISTING_OFFICE = _("Office in charge of the registration of technologies")


def _duties(scope: Scope) -> QuerySet[Obligation]:
    """As `obligations.compliance` counts them: to list a result, owed, and not exempt. Dropped ones are not owed."""
    rows = Obligation.objects.of_public_projects().filter(kind=DutyKind.LISTING)
    return rows.filter(DUTIES["owed"](scope.day)).exclude(DUTIES["exempt"](scope.day))


def _duty_rows(found: QuerySet[Obligation]) -> Rows:
    return shaped(found, label="project__number", institute="institute_id", day="due_on")


def held_to(scope: Scope) -> Rows:
    return _duty_rows(_duties(scope))


def discharged(scope: Scope) -> Rows:
    return _duty_rows(_duties(scope).filter(DUTIES["discharged"](scope.day)))


def overdue(scope: Scope) -> Rows:
    return _duty_rows(_duties(scope).filter(DUTIES["overdue"](scope.day)))


def secret_projects() -> set[str]:
    """Of a project that became one of security nothing is shown to anybody (Innovation Act decree arts. 44 to 46)."""
    return set(RnDProject.objects.filter(is_security=True).values_list("number", flat=True))


def unlisted() -> set[str]:
    """Technologies that were registered and are not shown to everybody now."""
    rows = Listing.objects.filter(number__isnull=False).exclude(state__in=SHOWN_STATES)
    return {number for number in rows.values_list("number", flat=True) if number}


def _listing_rows(found: QuerySet[Listing]) -> Rows:
    return shaped(found, label="number", institute="holder_id", day=TruncDate("registered_at"))


def public_listings(scope: Scope) -> Rows:
    return _listing_rows(Listing.objects.published().filter(registered_at__date__lte=scope.day))


def registered(scope: Scope) -> QuerySet[Listing]:
    return Listing.objects.filter(number__isnull=False)


def on_offer(scope: Scope) -> Rows:
    return _listing_rows(Listing.objects.on_offer())


def confirmed(scope: Scope) -> Rows:
    stale = Listing.objects.unconfirmed(scope.day).values("pk")
    return _listing_rows(Listing.objects.on_offer().exclude(pk__in=stale))


def _with_offers(scope: Scope) -> QuerySet[Listing]:
    made = _offers(scope)
    return Listing.objects.filter(Exists(made), holder__kind=OrganizationKind.INSTITUTE, number__isnull=False)


def _offers(scope: Scope) -> QuerySet[Offer]:
    """Of the holder, by the day, about the listing of the outer query."""
    rows = Offer.objects.filter(negotiation__listing=OuterRef("pk"), side=Side.HOLDER)
    return rows.filter(offered_at__date__lte=scope.day)


def listings_with_offers(scope: Scope) -> Rows:
    return _listing_rows(_with_offers(scope))


def listings_with_running(scope: Scope) -> Rows:
    running = Option.objects.filter(offer=OuterRef("pk"), method__in=RUNNING_METHODS)
    return _listing_rows(_with_offers(scope).filter(Exists(_offers(scope).filter(Exists(running)))))


OWN: dict[str, Any] = {
    "openness": Openness.COUNTED,
    "permission": Permission.VIEW_RESULTS,
    "secret": secret_projects,
}
OPEN: dict[str, Any] = {"openness": Openness.OPEN, "unlisted": unlisted, "page": "tech_listings:detail"}
GUARDED: dict[str, Any] = {"openness": Openness.GUARDED, "behind": ("holder",)}

FIGURES = (
    Figure(
        code="listing_coverage",
        theme=Theme.LISTING,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Coverage of mandatory listing"),
        definition=_(
            "Results that are listed, divided by results that have to be listed. What is exempt is in neither "
            "of the two."
        ),
        parts=(
            Part(NUMERATOR, _("Duties to list a result that are done"), discharged, **OWN),
            Part(DENOMINATOR, _("Duties to list a result that are owed and not exempt"), held_to, **OWN),
        ),
        owner=LISTING_OFFICE,
        is_yearly=False,
    ),
    Figure(
        code="overdue_duties",
        theme=Theme.LISTING,
        kind=Kind.COUNT,
        unit=Unit.COUNT,
        name=_("Results that are late"),
        definition=_("Duties to list a result whose day has passed, with the delays that were accepted."),
        parts=(Part(ROWS, _("Duties to list a result that are late"), overdue, **OWN),),
        owner=LISTING_OFFICE,
        is_yearly=False,
        could_be=_duties,
        target_is_most=True,
    ),
    Figure(
        code="public_listings",
        theme=Theme.LISTING,
        kind=Kind.COUNT,
        unit=Unit.COUNT,
        name=_("Public technologies"),
        definition=_("Technologies that everybody finds: published, under negotiation or under contract."),
        parts=(Part(ROWS, _("Public technologies"), public_listings, **OPEN),),
        owner=LISTING_OFFICE,
        is_yearly=False,
        could_be=registered,
    ),
    Figure(
        code="confirmed_listings",
        theme=Theme.LISTING,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Technologies confirmed available"),
        definition=_(
            "Technologies on offer that their holder has confirmed within the period, divided by all on offer."
        ),
        parts=(
            Part(NUMERATOR, _("Technologies on offer, confirmed within the period"), confirmed, **OPEN),
            Part(DENOMINATOR, _("Technologies on offer"), on_offer, **OPEN),
        ),
        owner=LISTING_OFFICE,
        is_yearly=False,
    ),
    Figure(
        code="listings_with_running",
        theme=Theme.ROYALTY,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Technologies with a running option"),
        definition=_(
            "Technologies of public institutes for which a running royalty was offered, divided by those for which "
            "anything was offered."
        ),
        parts=(
            Part(
                NUMERATOR,
                _("Technologies with an offer of a running royalty"),
                listings_with_running,
                **GUARDED,
            ),
            Part(DENOMINATOR, _("Technologies with an offer"), listings_with_offers, **GUARDED),
        ),
        owner=LISTING_OFFICE,
        is_yearly=False,
    ),
)
