"""What institutes are told of the capability index: the year, never a place."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from accounts.roles import Permission
from brokers.notices.people import everybody_with
from notifications import registry
from notifications.outbox import notify
from policy.models import Ranking

registry.register(
    "ranking_published",
    title=_("The capability ranking of %(year)s was published"),
    body=_("See how your institute stands among its peers, and what it would take to move up."),
)


def published(ranking: Ranking, at: datetime) -> None:
    notify(
        users=everybody_with(Permission.ANSWER_SURVEY, OrganizationKind.INSTITUTE),
        kind="ranking_published",
        dedupe_key=f"ranking_published:{ranking.public_id}",
        params={"year": str(ranking.year)},
        url=f"{reverse('policy:capability')}?year={ranking.year}",
        at=at,
    )
