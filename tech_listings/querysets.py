from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, TruncDate

from accounts.models import Organization, User
from accounts.roles import Permission, organizations_with
from tech_listings.clocks import REMIND_DAYS, latest_start, unconfirmed_start
from tech_listings.enums import (
    ON_OFFER_STATES,
    ONCE_PUBLIC_STATES,
    PRICE_BOUNDS,
    PUBLIC_STATES,
    SHOWN_STATES,
    WAITING_STATES,
    ExportState,
    InventorState,
    ListingState,
    PriceBand,
    SuspendedFor,
)

if TYPE_CHECKING:
    from tech_listings.models import (  # noqa: F401
        InventorInvitation,
        Listing,
        ListingExport,
        Run,
        Source,
        Submission,
        SynonymGroup,
    )


def price_band_sql(price: str) -> str:
    """The `PriceBand` of `price`, an expression of SQL, as one; see `ListingQuerySet.in_price_bands`."""
    bands = [f"WHEN {price} IS NULL THEN '{PriceBand.NEGOTIABLE.value}'"]
    for band, (low, high) in PRICE_BOUNDS.items():
        upper = f" AND {price} < {high}" if high is not None else ""
        bands.append(f"WHEN {price} >= {low}{upper} THEN '{PriceBand(band).value}'")
    return f"CASE {' '.join(bands)} END"


def is_public_sql(state: str) -> str:
    """Whether `state`, a column in SQL, is one that everybody sees. As literals: partial indexes say the same."""
    public = ", ".join(f"'{each.value}'" for each in PUBLIC_STATES)
    return f"{state} IN ({public})"


def reviews(user: User | AnonymousUser) -> bool:
    """Whether the user is an officer of those who look at what institutes want to register."""
    return bool(organizations_with(user, Permission.REVIEW_LISTINGS))


class ListingQuerySet(models.QuerySet["Listing"]):
    def published(self) -> ListingQuerySet:
        return self.filter(state__in=PUBLIC_STATES)

    def shown(self) -> ListingQuerySet:
        """What opens for everybody who has its address: published ones, and closed ones with how they ended."""
        return self.filter(state__in=SHOWN_STATES)

    def visible_to(self, user: User | AnonymousUser) -> ListingQuerySet:
        """Published and closed ones for everybody, all but discarded ones for the holder's members.

        Officers also see what was public once, and those who review what waits for them or was decided by them.
        """
        if not user.is_authenticated:
            return self.shown()
        seen = Q(state__in=SHOWN_STATES)
        seen |= Q(holder__in=Organization.objects.of(user)) & ~Q(state=ListingState.DISCARDED)
        if user.is_officer:
            seen |= Q(state__in=ONCE_PUBLIC_STATES)
        if reviews(user):
            seen |= Q(state__in=(*WAITING_STATES, ListingState.RETURNED, ListingState.EXEMPTED))
        return self.filter(seen)

    def held_by(self, organization: Organization) -> ListingQuerySet:
        return self.filter(holder=organization).exclude(state=ListingState.DISCARDED)

    def on_offer(self) -> ListingQuerySet:
        return self.filter(state__in=ON_OFFER_STATES)

    def not_confirmed_since(self, day: date) -> ListingQuerySet:
        """Those whose last confirmation, or else registration, was on `day` or before."""
        registered = Q(confirmed_on__isnull=True, registered_at__date__lte=day)
        return self.filter(Q(confirmed_on__lte=day) | registered)

    def with_counted_from(self) -> ListingQuerySet:
        """Each with `since`, the day from which its confirmation counts (`Listing.counted_from`)."""
        return self.annotate(since=Coalesce("confirmed_on", TruncDate("registered_at")))

    def waiting_for_confirmation(self) -> ListingQuerySet:
        """Suspended because it was not confirmed: the holder's confirmation brings it back."""
        return self.filter(state=ListingState.SUSPENDED, suspended_for=SuspendedFor.NOT_CONFIRMED)

    def to_confirm(self, today: date) -> ListingQuerySet:
        """What a holder is asked to confirm: the last month of its period has begun, or it has passed."""
        soon = latest_start(today + timedelta(days=REMIND_DAYS[0]))
        return self.on_offer().not_confirmed_since(soon) | self.waiting_for_confirmation()

    def unconfirmed(self, today: date) -> ListingQuerySet:
        return self.on_offer().not_confirmed_since(unconfirmed_start(today))

    def in_price_bands(self, bands: list[str]) -> ListingQuerySet:
        wanted = Q(pk__in=[])
        for band in bands:
            if band == PriceBand.NEGOTIABLE:
                wanted |= Q(price_won__isnull=True)
            else:
                low, high = PRICE_BOUNDS[band]
                wanted |= Q(price_won__gte=low) & (Q(price_won__lt=high) if high is not None else Q())
        return self.filter(wanted)

    def with_rights(self) -> ListingQuerySet:
        """Each with `has_rights`, which its quality asks for (`quality.quality_of`)."""
        rights = apps.get_model("tech_listings", "Right").objects
        return self.annotate(has_rights=Exists(rights.filter(listing=OuterRef("pk"))))

    def newest_first(self) -> ListingQuerySet:
        return self.order_by("-registered_at", "-pk")

    def for_list(self) -> ListingQuerySet:
        """Newest first with what a row of a list shows, in one query; long texts stay behind."""
        return (
            self.select_related("holder")
            .defer("problem", "effect", "field_of_use", "conditions_of_use", "confidential_text")
            .newest_first()
        )


def _organizations_seen_by(user: User | AnonymousUser) -> models.QuerySet[Organization]:
    return Organization.objects.of(user) if user.is_authenticated else Organization.objects.none()


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, user: User | AnonymousUser) -> SourceQuerySet:
        """Those of one's own organizations: what an institute imports is nobody else's business."""
        return self.filter(organization__in=_organizations_seen_by(user))


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: User | AnonymousUser) -> RunQuerySet:
        return self.filter(source__organization__in=_organizations_seen_by(user))

    def newest_first(self) -> RunQuerySet:
        return self.order_by("-pk")

    def for_list(self) -> RunQuerySet:
        """Newest first with source and uploader, without the long columns."""
        return self.select_related("source", "uploaded_by").defer("columns", "mapping").newest_first()


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: User | AnonymousUser) -> SubmissionQuerySet:
        """All for who reviews; else those of one's own organizations."""
        if reviews(user):
            return self.all()
        return self.filter(listing__holder__in=_organizations_seen_by(user))

    def waiting(self) -> SubmissionQuerySet:
        return self.filter(decision="")

    def unchecked(self) -> SubmissionQuerySet:
        return self.waiting().filter(checked_at__isnull=True)


class ListingExportQuerySet(models.QuerySet["ListingExport"]):
    def visible_to(self, user: User | AnonymousUser) -> ListingExportQuerySet:
        """One's own."""
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def kept_at(self, at: datetime) -> ListingExportQuerySet:
        """Those whose time is not over; the others only wait to be removed."""
        return self.filter(expires_at__gt=at)

    def waiting(self) -> ListingExportQuerySet:
        return self.filter(state=ExportState.WAITING)

    def newest_first(self) -> ListingExportQuerySet:
        return self.order_by("-pk")


class SynonymGroupQuerySet(models.QuerySet["SynonymGroup"]):
    def active(self) -> SynonymGroupQuerySet:
        return self.filter(is_active=True)

    def visible_to(self, user: User | AnonymousUser) -> SynonymGroupQuerySet:
        """What is in use is open data; officers also see what is switched off."""
        if user.is_authenticated and user.is_officer:
            return self.all()
        return self.active()

    def for_list(self) -> SynonymGroupQuerySet:
        """By their first word, with who changed them."""
        return self.select_related("changed_by").order_by("keys", "pk")


class InventorInvitationQuerySet(models.QuerySet["InventorInvitation"]):
    def visible_to(self, user: User | AnonymousUser) -> InventorInvitationQuerySet:
        """Those of technologies that one's own organizations hold, and of no discarded one."""
        seen = self.filter(listing__holder__in=_organizations_seen_by(user))
        return seen.exclude(listing__state=ListingState.DISCARDED)

    def open(self) -> InventorInvitationQuerySet:
        return self.filter(state=InventorState.OPEN)

    def answered(self) -> InventorInvitationQuerySet:
        """The inventor has sent it, and the office has not looked at it."""
        return self.filter(state=InventorState.SENT)

    def newest_first(self) -> InventorInvitationQuerySet:
        return self.select_related("invited_by", "decided_by").order_by("-pk")
