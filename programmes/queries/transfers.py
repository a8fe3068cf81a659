"""Technologies that a firm took over, as those see them who have to do with its application."""

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.relations import family_of
from programmes.models import Application, Transfer


def transfers_seen(application: Application, user: User) -> QuerySet[Transfer]:
    """For members of the firm all of its, for the office the one that its application rests on, the newest first."""
    family = family_of(application.organization)
    is_member = any(each.organization_id in family for each in user.active_memberships())
    wanted = Q(organization__in=family) if is_member else Q(pk=application.transfer_id or 0)
    return Transfer.objects.filter(wanted).order_by("-signed_on", "-pk")


def contracts_seen(application: Application, user: User) -> QuerySet[Transfer]:
    """Of these those that the firm entered itself, with the contract as a file."""
    return transfers_seen(application, user).exclude(sha256="")
