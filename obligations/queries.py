"""Reads that lists and forms share."""

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from obligations.models import Discharge, Exemption, Obligation
from obligations.querysets import ExemptionQuerySet, ObligationQuerySet
from tech_listings.enums import RightSummary
from tech_listings.models import Listing


def ministries() -> list[str]:
    """Every ministry that gave money to a project that may be shown, by name.

    One look into the index per ministry: a DISTINCT would read all projects for some twenty names.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE names AS (
                (SELECT ministry FROM obligations_rndproject WHERE NOT is_security AND deleted_at IS NULL
                 ORDER BY ministry LIMIT 1)
                UNION ALL
                SELECT (SELECT p.ministry FROM obligations_rndproject p
                        WHERE p.ministry > names.ministry AND NOT p.is_security AND p.deleted_at IS NULL
                        ORDER BY p.ministry LIMIT 1)
                FROM names WHERE names.ministry IS NOT NULL
            )
            SELECT ministry FROM names WHERE ministry IS NOT NULL ORDER BY ministry
            """
        )
        return [row[0] for row in cursor.fetchall()]


def technologies_to_name(duty: Obligation, limit: int = 50) -> list[Listing]:
    """Published technologies of the institute that owes which do no duty yet, the newest first."""
    doing = Discharge.objects.live().filter(listing=OuterRef("pk"))
    offered = Listing.objects.published().filter(holder=duty.institute_id).exclude(right_summary=RightSummary.LAPSED)
    return list(offered.filter(~Exists(doing)).order_by("-pk")[:limit])


def waiting_exemptions(user: User) -> tuple[ExemptionQuerySet, ExemptionQuerySet]:
    """Those that wait for a decision, the oldest first: what the officer may decide on, and what others must.

    Who asks does not decide, nor does who is a member of the institute.
    """
    waiting = Exemption.objects.visible_to(user).open().for_list().order_by("asked_at", "pk")
    mine = [membership.organization_id for membership in user.active_memberships()]
    own = Q(asked_by=user) | Q(organization__in=mine)
    return waiting.exclude(own), waiting.filter(own)


def to_verify(user: User) -> ObligationQuerySet:
    """Duties said to be done that this officer may verify; of an institute one belongs to, others do."""
    mine = [membership.organization_id for membership in user.active_memberships()]
    return Obligation.objects.visible_to(user).to_verify().exclude(institute__in=mine)
