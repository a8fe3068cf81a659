"""Whether a person has to do with an applicant: belongs to the firm, to one that is the same, or to one related to it.

Fails closed: of a company or broker that has not said who stands behind it, every applicant is a tie, and so is every
applicant that said nothing, for whoever works for a company or broker. Of an institute only what is known counts:
nobody owns a university, and most panel members come from one.
"""

from collections.abc import Collection

from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.relations import family_of, relatives_of, unknown_among
from programmes.enums.applications import RUNNING, ApplicationState
from programmes.models import Call


def ties_among(user: User, organizations: Collection[int]) -> dict[int, str]:
    """Of these (primary keys), those that the person has to do with, each with a sentence that says why."""
    wanted = set(organizations)
    found: dict[int, str] = {}
    mine = [each.organization for each in user.active_memberships()]
    mine = [each for each in mine if each.kind != OrganizationKind.GOVERNMENT]
    owned = [each for each in mine if each.kind != OrganizationKind.INSTITUTE]
    if not wanted or not mine:
        return found
    silent = unknown_among([each.pk for each in owned])
    if owned:
        words = _("Nobody knows who stands behind the applicant.")
        found |= dict.fromkeys(unknown_among(wanted), words)
    for each in mine:
        if each.pk in silent:
            words = _("Nobody knows who stands behind “%(name)s”, where this person works.") % {"name": each}
            return dict.fromkeys(wanted, words) | _of_the_firm(each, wanted)
        related = relatives_of(each).filter(pk__in=wanted).values_list("pk", flat=True)
        words = _("Works for “%(name)s”, which has to do with the applicant.") % {"name": each}
        found |= dict.fromkeys(related, words)
        found |= _of_the_firm(each, wanted)
    return found


def tie_with(user: User, organization: Organization) -> str:
    """Why the person has to do with this applicant; empty where nothing says so."""
    return ties_among(user, [organization.pk]).get(organization.pk, "")


def tie_in(call: Call, user: User) -> str:
    """Why the person has no say in who scores and who is selected in a call: it has to do with one that applied,
    whatever became of it, as a refusal may be undone. Empty where nothing says so."""
    if all(each.organization.kind == OrganizationKind.GOVERNMENT for each in user.active_memberships()):
        return ""
    applied = call.applications.exclude(state__in=(ApplicationState.DRAFT, ApplicationState.DISCARDED))
    ties = ties_among(user, set(applied.order_by().values_list("organization", flat=True)))
    return next(iter(ties.values()), "")


def ties_in(call: Call, user: User) -> int:
    """With how many of those who applied in a call the person has to do."""
    applied = call.applications.filter(state__in=RUNNING).values_list("organization", flat=True)
    return len(ties_among(user, set(applied)))


def own_firms(user: User) -> set[int]:
    """The firms the person belongs to, and those merged with them (primary keys); none, unasked, for who has none.

    As an officer nobody reads what the office keeps of the own firm: it reads what the applicant reads.
    """
    mine = [each.organization for each in user.active_memberships()]
    return {key for each in mine if each.kind != OrganizationKind.GOVERNMENT for key in family_of(each)}


def _of_the_firm(organization: Organization, wanted: set[int]) -> dict[int, str]:
    family = wanted.intersection(family_of(organization))
    return dict.fromkeys(family, _("Belongs to the applicant."))
