from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from accounts.models import Organization, User
from deals.enums.negotiation import RUNNING

if TYPE_CHECKING:
    from deals.models import Negotiation, Offer  # noqa: F401


def seen_by(user: User | AnonymousUser, prefix: str = "") -> Q | None:
    """What narrows rows to the negotiations of the user's organizations: a side's, or a broker's who takes part.

    `prefix` is the path to the negotiation, with its underscores. None where nobody is signed in: nothing is seen.
    """
    if not user.is_authenticated:
        return None
    mine = Organization.objects.of(user).values("pk")
    brokered = (
        apps.get_model("deals", "NegotiationBroker")
        .objects.filter(organization__in=mine, left_at__isnull=True)
        .values("negotiation")
    )
    return Q(**{f"{prefix}holder__in": mine}) | Q(**{f"{prefix}firm__in": mine}) | Q(**{f"{prefix}pk__in": brokered})


class NegotiationQuerySet(models.QuerySet["Negotiation"]):
    def visible_to(self, user: User | AnonymousUser) -> NegotiationQuerySet:
        """To members of both sides and of brokers who take part: who talks to whom is confidential (Act art. 38)."""
        condition = seen_by(user)
        return self.none() if condition is None else self.filter(condition)

    def running(self) -> NegotiationQuerySet:
        return self.filter(state__in=RUNNING)

    def for_list(self) -> NegotiationQuerySet:
        return self.select_related("listing", "holder", "firm").order_by("-opened_at", "-pk")

    def for_page(self) -> NegotiationQuerySet:
        return self.select_related("listing", "holder", "firm", "need", "request", "opened_by", "closed_by")


class OfferQuerySet(models.QuerySet["Offer"]):
    def visible_to(self, user: User | AnonymousUser) -> OfferQuerySet:
        condition = seen_by(user, "negotiation__")
        return self.none() if condition is None else self.filter(condition)

    def for_page(self) -> OfferQuerySet:
        return self.select_related("negotiation__listing", "negotiation__holder", "negotiation__firm", "offered_by")
