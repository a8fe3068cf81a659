"""Security projects: nothing of them is on offer (Innovation Act decree arts. 44 to 46)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from marketplace.core.errors import Conflict
from obligations.enums import PASSING_ENDS
from obligations.models import Discharge, DutyDraft, ResearchResult, RnDProject
from tech_listings.enums import SHOWN_STATES, ImportTarget
from tech_listings.models import Listing, Run, RunRow
from tech_listings.services.publish import withdraw

NO_MORE = gettext_lazy("The holder does not offer this technology any more.")


class SecurityProject(Conflict):
    """What was asked for would show something of a security project."""

    code = "security_project"


def public_listings_of(project: RnDProject) -> QuerySet[Listing]:
    """Technologies that open for everybody and do its duties, or hold the number of one of its results."""
    numbers = ResearchResult.objects.live().filter(project=project).exclude(number="").values("number")
    linked = Q(discharges__obligation__project=project, discharges__ended_at__isnull=True)
    linked |= Q(duty_drafts__obligation__project=project)
    found = Listing.objects.filter(linked | Q(rights__application_number__in=numbers))
    return Listing.objects.shown().filter(pk__in=found.values("pk"))


@transaction.atomic
def withdraw_public(*, project: RnDProject, by: User | None, at: datetime) -> int:
    """Withdraw them, with a reason that does not say why. Locks the technologies, then the projects they touch."""
    listings = list(public_listings_of(project).order_by("pk"))
    for listing in listings:
        withdraw(listing=listing, reason=str(NO_MORE), by=by, at=at, hides_closed=True)
    return len(listings)


@transaction.atomic
def forget_in_imports(*, keys: Sequence[str]) -> None:
    """Empty what earlier imports show of the projects with these keys of numbers, and of their results."""
    runs = Run.objects.filter(source__target__in=[ImportTarget.PROJECTS, ImportTarget.RESULTS]).values("pk")
    theirs = Q(key__in=[f"p:{key}" for key in keys])
    for key in keys:
        theirs |= Q(key__endswith=f"@{key}")
    results = ResearchResult.objects.filter(project__in=RnDProject.objects.with_keys(keys).values("pk")).values("pk")
    by_result = Q(run__source__target=ImportTarget.RESULTS, subject_id__in=results)
    rows = RunRow.objects.filter(run__in=runs).filter(theirs | by_result)
    RunRow.objects.filter(pk__in=rows.values("pk")).update(key="", title="", problems=None, changes=None, cells=None)


def secret_listings() -> QuerySet[Listing]:
    """Technologies that open for everybody and show something of any security project. There should be none."""
    return _showing_secret().filter(state__in=SHOWN_STATES)


def is_secret(listing: Listing) -> bool:
    """Whether this technology, in whatever state, shows something of a security project. One question."""
    return _showing_secret().filter(pk=listing.pk).exists()


def _showing_secret() -> QuerySet[Listing]:
    """Also those that would do its duties again once they are public: being withdrawn ended that only for a time."""
    numbers = ResearchResult.objects.live().filter(project__is_security=True).exclude(number="").values("number")
    live = Discharge.objects.filter(Q(ended_at__isnull=True) | Q(why_ended__in=PASSING_ENDS))
    linked = live.filter(obligation__project__is_security=True).values("listing")
    written = DutyDraft.objects.filter(obligation__project__is_security=True).values("listing")
    by_number = Listing.objects.filter(rights__application_number__in=numbers).values("pk")
    return Listing.objects.filter(Q(pk__in=by_number) | Q(pk__in=linked) | Q(pk__in=written))


@transaction.atomic
def withdraw_secret(*, among: Sequence[int] | None = None, at: datetime) -> int:
    """Withdraw what shows something of a security project: of these technologies (ids), or of all. How many it was."""
    found = secret_listings() if among is None else secret_listings().filter(pk__in=among)
    listings = list(found.order_by("pk"))
    for listing in listings:
        withdraw(listing=listing, reason=str(NO_MORE), by=None, at=at, hides_closed=True)
    return len(listings)


def refuse_secret(*, among: Sequence[int]) -> None:
    """Raise `SecurityProject` where one of these technologies (ids) would show something of a security project."""
    if _showing_secret().filter(pk__in=among).exists():
        raise SecurityProject(_("This technology comes from a security project and cannot be published."))


def refuse_public_number(*, project: RnDProject, number: str) -> None:
    """Raise `SecurityProject` where a public technology has the number of a result of this security project."""
    if not (project.is_security and number):
        return
    if Listing.objects.published().filter(rights__application_number=number).exists():
        raise SecurityProject(_("A technology with this number is public: withdraw it first."), field="number")
