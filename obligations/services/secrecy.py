"""Security projects: nothing of them is on offer (Innovation Act decree arts. 44 to 46)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict
from obligations.models import ResearchResult, RnDProject
from tech_listings.models import Listing
from tech_listings.services.publish import withdraw


class SecurityProject(Conflict):
    """What was asked for would show something of a security project."""

    code = "security_project"


def public_listings_of(project: RnDProject) -> QuerySet[Listing]:
    """Published technologies by which its duties are done, or which hold the number of one of its results."""
    numbers = ResearchResult.objects.live().filter(project=project).exclude(number="").values("number")
    linked = Q(discharges__obligation__project=project, discharges__ended_at__isnull=True)
    found = Listing.objects.filter(linked | Q(rights__application_number__in=numbers))
    return Listing.objects.published().filter(pk__in=found.values("pk"))


@transaction.atomic
def withdraw_public(*, project: RnDProject, by: User | None, at: datetime) -> int:
    """Withdraw them, with a reason that does not say why. Locks the technologies, then the projects they touch."""
    listings = list(public_listings_of(project).order_by("pk"))
    for listing in listings:
        withdraw(listing=listing, reason=_("The holder does not offer this technology any more."), by=by, at=at)
    return len(listings)


def refuse_public_number(*, project: RnDProject, number: str) -> None:
    """Raise `SecurityProject` where a public technology has the number of a result of this security project."""
    if not (project.is_security and number):
        return
    if Listing.objects.published().filter(rights__application_number=number).exists():
        raise SecurityProject(_("A technology with this number is public: withdraw it first."), field="number")
