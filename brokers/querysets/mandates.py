from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from accounts.models import Organization, User
from brokers.enums.mandates import AGREED_UPON, MandateState, OfferedBy, PartnerState
from brokers.querysets.registration import governs_brokers

if TYPE_CHECKING:
    from brokers.models import BrokeredDeal, Mandate, MandateConsent  # noqa: F401 (in strings below)

UNTIL = Coalesce("ended_on", "ends_on")
"""The last day of a term as it stands."""


class MandateQuerySet(models.QuerySet["Mandate"]):
    def visible_to(self, user: User | AnonymousUser) -> MandateQuerySet:
        """To the members of both sides, a fellow broker's among them, and to officers who watch over brokers."""
        if not user.is_authenticated:
            return self.none()
        if governs_brokers(user):
            return self
        return self.of_sides(Organization.objects.of(user).values("pk"))

    def of_sides(self, organizations: Any) -> MandateQuerySet:
        """Those in which one of `organizations` (keys) is client or broker; the leading one is a partner, too."""
        # A union, for an OR would read every mandate there is.
        parts = self._parts().filter(organization__in=organizations).values_list("mandate_id")
        given = self.model._default_manager.filter(client__in=organizations).values_list("pk")
        return self.filter(pk__in=parts.union(given, all=True))

    def taken_by(self, organizations: Any) -> MandateQuerySet:
        """Those in which one of `organizations` is a broker."""
        return self.filter(pk__in=self._parts().filter(organization__in=organizations).values("mandate"))

    def _parts(self) -> Any:
        return self.model._meta.get_field("partners").related_model.objects  # type: ignore[union-attr]

    def offered_on(self, day: date) -> MandateQuerySet:
        """Offers that can still be answered that day."""
        return self.filter(state=MandateState.OFFERED, offer_until__gte=day)

    def agreed(self) -> MandateQuerySet:
        return self.filter(state__in=AGREED_UPON)

    def lasting_to(self, day: date) -> MandateQuerySet:
        """Whose term, as it stands, is not over before `day`."""
        return self.filter(GreaterThanOrEqual(UNTIL, day))

    def in_force_on(self, day: date) -> MandateQuerySet:
        return self.agreed().lasting_to(day).filter(starts_on__lte=day)

    def running_on(self, day: date) -> MandateQuerySet:
        """In force, or agreed and not begun."""
        return self.agreed().lasting_to(day)

    def over_on(self, day: date) -> MandateQuerySet:
        """Lapsed, declined, taken back, ended, or past its term."""
        lapsed = Q(state=MandateState.OFFERED, offer_until__lt=day)
        past = Q(state__in=AGREED_UPON) & Q(LessThan(UNTIL, day))
        closed = Q(state__in=[MandateState.DECLINED, MandateState.WITHDRAWN])
        return self.filter(lapsed | past | closed)

    def waiting_for(self, organizations: Any, day: date) -> MandateQuerySet:
        """Offers that one of `organizations` has to answer: as client, as leading broker, or for its own share.

        The last to answer is asked only when everybody else has agreed.
        """
        asked = self._parts().filter(mandate=OuterRef("pk"), state=PartnerState.ASKED)
        consents = self.model._meta.get_field("consents").related_model.objects  # type: ignore[union-attr]
        unsaid = consents.filter(mandate=OuterRef("pk"), state=PartnerState.ASKED)
        others = asked.exclude(organization=OuterRef("broker"))
        ready = ~Exists(others) & ~Exists(unsaid)
        as_client = Q(client__in=organizations, offered_side=OfferedBy.BROKER) & ready
        as_lead = Q(broker__in=organizations, offered_side=OfferedBy.CLIENT) & ready
        share = Q(Exists(others.filter(organization__in=organizations)))
        return self.of_sides(organizations).offered_on(day).filter(as_client | as_lead | share)

    def for_list(self) -> MandateQuerySet:
        """Newest first with what a row shows."""
        return self.select_related("broker", "client", "schedule", "need").order_by("-offered_at", "-pk")

    def with_brokers(self) -> MandateQuerySet:
        """With everybody who acts in it, in two statements."""
        parts = self._parts().select_related("organization").order_by("-share_bp", "organization__name", "pk")
        return self.select_related("broker").prefetch_related(Prefetch("partners", queryset=parts))

    def with_first_subject(self) -> MandateQuerySet:
        """With the technology of the lowest number of each as `first_subject`, in one statement."""
        rows = self.model._meta.get_field("subjects").related_model.objects  # type: ignore[union-attr]
        first = rows.select_related("listing").order_by("mandate", "listing__number", "pk").distinct("mandate")
        return self.prefetch_related(Prefetch("subjects", queryset=first, to_attr="first_subjects"))

    def for_page(self) -> MandateQuerySet:
        """With everything its page shows, in a fixed number of statements."""
        model: Any = self.model
        parts = self._parts().select_related("organization", "agreed_by")
        subjects = model._meta.get_field("subjects").related_model.objects.select_related("listing__holder")
        consents = model._meta.get_field("consents").related_model.objects
        people = ("offered_by", "answered_by", "ended_by", "withdrawn_by")
        return self.select_related("broker", "client", "schedule", "need", *people).prefetch_related(
            Prefetch("partners", queryset=parts.order_by("-share_bp", "organization__name", "pk")),
            Prefetch("subjects", queryset=subjects.order_by("listing__number", "pk")),
            Prefetch("consents", queryset=consents.select_related("other__client").order_by("pk")),
        )


class ConsentQuerySet(models.QuerySet["MandateConsent"]):
    def visible_to(self, user: User | AnonymousUser) -> ConsentQuerySet:
        """To the client that is asked. Broker and new client read how it stands on the mandate's page."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(other__client__in=Organization.objects.of(user).values("pk"))

    def waiting_on(self, day: date) -> ConsentQuerySet:
        """Questions that still matter: the offer can be accepted, and nobody has answered."""
        offered = {"mandate__state": MandateState.OFFERED, "mandate__offer_until__gte": day}
        return self.filter(state=PartnerState.ASKED, **offered)

    def for_list(self) -> ConsentQuerySet:
        return self.select_related("mandate__broker", "other__client").order_by("mandate__offered_at", "pk")


class BrokeredDealQuerySet(models.QuerySet["BrokeredDeal"]):
    def visible_to(self, user: User | AnonymousUser) -> BrokeredDealQuerySet:
        """To the broker, both parties, the mandate's client, and officers. What the register counts names nobody."""
        if not user.is_authenticated:
            return self.none()
        if governs_brokers(user):
            return self
        mine = Organization.objects.of(user).values("pk")
        parties = Q(holder__in=mine) | Q(taker__in=mine) | Q(mandate__client__in=mine)
        return self.filter(Q(broker__in=mine) | parties)

    def signed_between(self, first: date, last: date) -> BrokeredDealQuerySet:
        """Both days included."""
        return self.filter(signed_on__range=(first, last))
