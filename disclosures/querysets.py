from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from accounts.models import Organization, User
from deals.enums.requests import AnswerKind, RequestState
from disclosures.enums import DisclosureState, ScanState

if TYPE_CHECKING:
    from disclosures.models import ConfidentialFile, Disclosure, Opening, Terms  # noqa: F401
    from tech_listings.models import Listing


class TermsQuerySet(models.QuerySet["Terms"]):
    def usable_for(self, listing: Listing) -> TermsQuerySet:
        """The newest of the house and the newest of the listing's own, the latter first."""
        own = self.filter(listing=listing).order_by("-version")[:1]
        house = self.filter(listing__isnull=True).order_by("-version")[:1]
        wanted = [*own.values_list("pk", flat=True), *house.values_list("pk", flat=True)]
        return self.filter(pk__in=wanted).order_by(models.F("listing").asc(nulls_last=True))


class ConfidentialFileQuerySet(models.QuerySet["ConfidentialFile"]):
    def kept(self) -> ConfidentialFileQuerySet:
        """Not removed. Infected ones too: their holder reads why they cannot be had."""
        return self.filter(removed_at__isnull=True)

    def visible_to(self, user: User | AnonymousUser) -> ConfidentialFileQuerySet:
        """To the holder's members. What is opened to a request is asked of its `Disclosure`."""
        if not user.is_authenticated:
            return self.none()
        return self.kept().filter(listing__holder__in=Organization.objects.of(user).values("pk"))

    def deliverable(self, *, scanning: bool) -> ConfidentialFileQuerySet:
        """Those that may be handed out; `scanning` says whether a scanner is configured."""
        good = [ScanState.CLEAN] if scanning else [ScanState.CLEAN, ScanState.NOT_SCANNED]
        return self.kept().filter(scan_state__in=good)

    def for_list(self) -> ConfidentialFileQuerySet:
        return self.select_related("uploaded_by").order_by("uploaded_at", "pk")


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def visible_to(self, user: User | AnonymousUser) -> DisclosureQuerySet:
        """To the members of both sides of its request and nobody else."""
        if not user.is_authenticated:
            return self.none()
        mine = Organization.objects.of(user).values("pk")
        return self.filter(Q(request__holder__in=mine) | Q(request__requester__in=mine))

    def standing(self) -> DisclosureQuerySet:
        """Not closed by the holder: at most one of each request."""
        return self.exclude(state=DisclosureState.REVOKED)

    def open_on(self, day: date) -> DisclosureQuerySet:
        """Accepted, its last day not passed, and its request neither withdrawn nor declined."""
        closed = Q(request__state=RequestState.WITHDRAWN) | Q(request__answer_kind=AnswerKind.DECLINED)
        return self.filter(state=DisclosureState.ACCEPTED, ends_on__gte=day).exclude(closed)

    def for_page(self) -> DisclosureQuerySet:
        return self.select_related(
            "request__listing", "request__holder", "request__requester", "terms", "opened_by", "accepted_by",
            "revoked_by",
        )  # fmt: skip


class OpeningQuerySet(models.QuerySet["Opening"]):
    def visible_to(self, user: User | AnonymousUser) -> OpeningQuerySet:
        """To the holder's members."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(listing__holder__in=Organization.objects.of(user).values("pk"))

    def for_list(self) -> OpeningQuerySet:
        """Newest first with what a row shows, in one query."""
        return self.select_related("by", "organization", "request", "file", "listing").order_by("-at", "-pk")
