"""The money of the research behind a technology, where the R&D project that brought it forth is known here."""

from dataclasses import dataclass
from datetime import date

from obligations.enums import WhyEnded
from obligations.models import Discharge, RnDProject
from tech_listings.models import Listing

OF_IT_ALL_THE_SAME = ("", WhyEnded.WITHDRAWN, WhyEnded.LAPSED)
"""A technology off the market came of its project nevertheless; one that was named by mistake did not."""


@dataclass(frozen=True)
class ResearchMoney:
    """In won, of all projects together; `numbers` are theirs. Days of the one agreement, empty where there are more."""

    government_won: int
    total_won: int
    numbers: tuple[str, ...]
    starts_on: date | None
    ends_on: date | None


def money_behind(listing: Listing) -> ResearchMoney | None:
    """That of the projects whose results the holder listed with `listing`; None where none is known with its money.

    Of several projects the sums count, so the government's share is weighed by money. One whose money nobody entered
    leaves all unknown: half of the truth would change who gets what. Security projects are never looked at.
    """
    named = Discharge.objects.filter(
        listing=listing, obligation__institute=listing.holder_id, why_ended__in=OF_IT_ALL_THE_SAME
    )
    rows = RnDProject.objects.filter(
        pk__in=named.values("obligation__project"), is_security=False, deleted_at__isnull=True
    )
    projects = list(rows.order_by("number"))
    if not projects or not all(project.total_won for project in projects):
        return None
    one = projects[0] if len(projects) == 1 else None
    return ResearchMoney(
        sum(project.government_won for project in projects),
        sum(project.total_won for project in projects),
        tuple(project.number for project in projects),
        one.starts_on if one else None,
        one.ends_on if one else None,
    )
