from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q

from accounts.models import Organization, User
from accounts.roles import Permission, organizations_with
from brokers.enums.fees import OPEN_QUOTES, BandState, QuoteState, ScheduleState, ScheduleUse

if TYPE_CHECKING:
    from brokers.models import BandRequest, FeeSchedule, Quote  # noqa: F401 (in strings below)


def governs_fees(user: User | AnonymousUser) -> bool:
    """Whether the user is an officer who writes the guideline and decides what lies outside of its band."""
    return bool(organizations_with(user, Permission.GOVERN_FEES))


class FeeScheduleQuerySet(models.QuerySet["FeeSchedule"]):
    def visible_to(self, user: User | AnonymousUser) -> FeeScheduleQuerySet:
        """What was published to everybody, also what holds no more; what never was to officers only."""
        return self if governs_fees(user) else self.filter(published_at__isnull=False)

    def guidelines(self) -> FeeScheduleQuerySet:
        return self.filter(use=ScheduleUse.GUIDELINE)

    def published(self) -> FeeScheduleQuerySet:
        return self.filter(state=ScheduleState.PUBLISHED)

    def drafts(self) -> FeeScheduleQuerySet:
        return self.filter(state=ScheduleState.DRAFT)

    def in_force_on(self, day: date) -> FeeScheduleQuerySet:
        """The guideline of that day, none or one: of the published ones the newest that has begun."""
        begun = self.guidelines().published().filter(valid_from__lte=day).order_by("-valid_from", "-pk")
        return self.filter(pk__in=begun.values("pk")[:1])

    def computable(self) -> FeeScheduleQuerySet:
        """What a calculation may be made with: everything published that was not withdrawn."""
        return self.filter(state__in=[ScheduleState.PUBLISHED, ScheduleState.SUPERSEDED])

    def with_tiers(self) -> FeeScheduleQuerySet:
        return self.prefetch_related("tiers")

    def for_list(self) -> FeeScheduleQuerySet:
        """Guidelines first, the newest first."""
        return self.with_tiers().order_by("-use", F("valid_from").desc(nulls_last=True), "-pk")


class QuoteQuerySet(models.QuerySet["Quote"]):
    def visible_to(self, user: User | AnonymousUser) -> QuoteQuerySet:
        """To the members of both sides, a fellow broker's among them, and to officers who govern fees."""
        if not user.is_authenticated:
            return self.none()
        if governs_fees(user):
            return self
        mine = Organization.objects.of(user).values("pk")
        shares = self.model._meta.get_field("shares").related_model.objects  # type: ignore[union-attr]
        shared = shares.filter(quote=OuterRef("pk"), organization__in=mine)
        return self.filter(Q(broker__in=mine) | Q(client__in=mine) | Exists(shared))

    def open(self) -> QuoteQuerySet:
        return self.filter(state__in=OPEN_QUOTES)

    def to_accept(self) -> QuoteQuerySet:
        return self.filter(state=QuoteState.OFFERED)

    def for_list(self) -> QuoteQuerySet:
        """Newest first with what a row shows."""
        return self.select_related("broker", "client", "schedule").order_by("-quoted_at", "-pk")

    def for_page(self) -> QuoteQuerySet:
        shares = self.model._meta.get_field("shares").related_model.objects  # type: ignore[union-attr]
        ordered = shares.select_related("organization").order_by("-share_bp", "organization__name", "pk")
        people = ("quoted_by", "accepted_by", "closed_by", "band_request__asked_by", "band_request__decided_by")
        rows = self.select_related("broker", "client", "schedule", "mandate", "band_request", *people)
        return rows.prefetch_related(Prefetch("shares", queryset=ordered))


class BandRequestQuerySet(models.QuerySet["BandRequest"]):
    def visible_to(self, user: User | AnonymousUser) -> BandRequestQuerySet:
        """To whoever may see the quote."""
        if not user.is_authenticated:
            return self.none()
        quotes = self.model._meta.get_field("quote").related_model.objects.visible_to(user)  # type: ignore[union-attr]
        return self.filter(quote__in=quotes.values("pk"))

    def waiting(self) -> BandRequestQuerySet:
        return self.filter(state=BandState.ASKED)

    def for_list(self) -> BandRequestQuerySet:
        """Who waits longest first."""
        return self.select_related("quote__broker", "quote__client", "quote__schedule").order_by("asked_at", "pk")
