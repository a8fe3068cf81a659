from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Prefetch, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone

from accounts.models import Organization, User
from brokers.enums.mandates import AGREED_UPON
from deals.enums.negotiation import RUNNING, OfferState, Side

if TYPE_CHECKING:
    from deals.models import Entry, Negotiation, NegotiationBroker, Offer  # noqa: F401


def seen_by(user: User | AnonymousUser, prefix: str = "") -> Q | None:
    """What narrows rows to the negotiations of the user's organizations: a side's, or a broker's who takes part.

    A broker takes part while its mandate is in force, asked by today: the night that writes down that it left may be
    late. `prefix` is the path to the negotiation, with its underscores. None where nobody is signed in.
    """
    if not user.is_authenticated:
        return None
    mine = Organization.objects.of(user).values("pk")
    parts = apps.get_model("deals", "NegotiationBroker").objects
    brokered = parts.acting_on(timezone.localdate()).filter(organization__in=mine).values("negotiation")
    return Q(**{f"{prefix}holder__in": mine}) | Q(**{f"{prefix}firm__in": mine}) | Q(**{f"{prefix}pk__in": brokered})


class NegotiationBrokerQuerySet(models.QuerySet["NegotiationBroker"]):
    def acting_on(self, day: date) -> NegotiationBrokerQuerySet:
        """Who has not left, and whose mandate is in force that day."""
        until = Coalesce("mandate__ended_on", "mandate__ends_on")
        return self.filter(GreaterThanOrEqual(until, day), left_at__isnull=True, mandate__state__in=AGREED_UPON)

    def for_page(self) -> NegotiationBrokerQuerySet:
        return self.select_related("organization", "mandate").order_by("joined_at", "pk")


class NegotiationQuerySet(models.QuerySet["Negotiation"]):
    def visible_to(self, user: User | AnonymousUser) -> NegotiationQuerySet:
        """To members of both sides and of brokers who take part: who talks to whom is confidential (Act art. 38)."""
        condition = seen_by(user)
        return self.none() if condition is None else self.filter(condition)

    def running(self) -> NegotiationQuerySet:
        return self.filter(state__in=RUNNING)

    def of(self, organizations: Any) -> NegotiationQuerySet:
        """Those in which one of `organizations` (keys) is a side."""
        return self.filter(Q(holder__in=organizations) | Q(firm__in=organizations))

    def waiting_for(self, organizations: Any, day: date) -> NegotiationQuerySet:
        """Running ones in which one of `organizations` has to answer: as a side, or as a broker for it."""
        parts = apps.get_model("deals", "NegotiationBroker").objects.acting_on(day)
        brokered = parts.filter(organization__in=organizations)
        mine = Q(turn=Side.HOLDER, holder__in=organizations) | Q(turn=Side.FIRM, firm__in=organizations)
        for side in Side:
            mine |= Q(turn=side, pk__in=brokered.filter(side=side).values("negotiation"))
        return self.running().filter(mine)

    def as_role(self, role: str, organizations: Any, day: date) -> NegotiationQuerySet:
        """Those in which one of `organizations` is the holder, the firm, or a broker."""
        if role == "broker":
            parts = apps.get_model("deals", "NegotiationBroker").objects.acting_on(day)
            return self.filter(pk__in=parts.filter(organization__in=organizations).values("negotiation"))
        return self.filter(**{f"{role}__in": organizations})

    def with_brokers(self) -> NegotiationQuerySet:
        """With everybody who has not left, in one statement more."""
        model = apps.get_model("deals", "NegotiationBroker")
        parts = model.objects.filter(left_at__isnull=True).for_page()
        return self.prefetch_related(Prefetch("brokers", queryset=parts, to_attr="brokers_now"))

    def for_list(self) -> NegotiationQuerySet:
        """Newest first with what a row shows."""
        return self.select_related("listing", "holder", "firm").order_by("-opened_at", "-pk")

    def for_page(self) -> NegotiationQuerySet:
        return self.select_related("listing", "holder", "firm", "need", "request", "opened_by", "closed_by")


class EntryQuerySet(models.QuerySet["Entry"]):
    def for_page(self) -> EntryQuerySet:
        """Oldest first with what a line shows."""
        return self.select_related("organization", "by", "reply_to").order_by("serial")


class OfferQuerySet(models.QuerySet["Offer"]):
    def visible_to(self, user: User | AnonymousUser) -> OfferQuerySet:
        condition = seen_by(user, "negotiation__")
        return self.none() if condition is None else self.filter(condition)

    def waiting(self) -> OfferQuerySet:
        return self.filter(state=OfferState.OFFERED)

    def for_page(self) -> OfferQuerySet:
        """With everything that its page shows, in three statements."""
        options = apps.get_model("deals", "Option").objects.order_by("position")
        return self.select_related(
            "negotiation__listing", "negotiation__holder", "negotiation__firm", "organization", "offered_by",
            "answered_by", "accepted_option", "counter_to",
        ).prefetch_related(
            Prefetch("options", queryset=options), Prefetch("counter_to__options", queryset=options)
        )  # fmt: skip
