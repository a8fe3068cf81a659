from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import BooleanField, Case, Count, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from matching.enums import NeedState, SearchState
from tech_listings.enums import PUBLIC_STATES

if TYPE_CHECKING:
    from matching.models import Match, Need, NeedAnswer, SavedSearch  # noqa: F401

SUPPLIERS = (OrganizationKind.INSTITUTE, OrganizationKind.BROKER)
READERS = (*SUPPLIERS, OrganizationKind.GOVERNMENT)


class NeedQuerySet(models.QuerySet["Need"]):
    def visible_to(self, user: User | AnonymousUser) -> NeedQuerySet:
        """Those of one's own organizations; open ones for whoever can answer (institutes, agencies) and officers.

        What an organization has answered stays visible to it after the need is closed.
        """
        if not user.is_authenticated:
            return self.none()
        mine = Organization.objects.of(user)
        answers: Any = self.model._meta.get_field("answers").related_model
        seen = Q(organization__in=mine)
        seen |= Q(pk__in=answers.objects.filter(organization__in=mine).values("need"))
        if any(m.organization.kind in READERS for m in user.active_memberships()):
            seen |= Q(state=NeedState.OPEN)
        return self.filter(seen)

    def shown_to(self, user: User | AnonymousUser) -> NeedQuerySet:
        """What `user` may see, each with `is_inside` (one's own organization posted it) and `shows_asker`.

        Pages, exports and the API name the organization where `shows_asker` says so, and nowhere else.
        """
        inside = Q(organization__in=Organization.objects.of(user) if user.is_authenticated else [])
        rows: Any = self.visible_to(user)  # the model declares both names
        return rows.annotate(is_inside=_flag(inside), shows_asker=_flag(inside | Q(is_anonymous=False)))

    def open(self) -> NeedQuerySet:
        return self.filter(state=NeedState.OPEN)

    def of(self, organization: Organization) -> NeedQuerySet:
        return self.filter(organization=organization)

    def for_list(self) -> NeedQuerySet:
        """Newest first with what a row of a list shows, in one query; what only the matching reads stays behind."""
        return (
            self.select_related("organization", "owner")
            .defer("candidates", "weights", "vector", "problem")
            .order_by("-opened_at", "-pk")
        )

    def for_page(self) -> NeedQuerySet:
        return self.select_related("organization", "owner", "closed_by").defer("candidates", "weights", "vector")


class AnswerQuerySet(models.QuerySet["NeedAnswer"]):
    def visible_to(self, user: User | AnonymousUser) -> AnswerQuerySet:
        """For the firm that asked, and for whoever answered: their own."""
        if not user.is_authenticated:
            return self.none()
        mine = Organization.objects.of(user)
        return self.filter(Q(need__organization__in=mine) | Q(organization__in=mine))

    def for_list(self) -> AnswerQuerySet:
        return self.select_related("organization", "listing__holder", "answered_by").order_by("-answered_at", "-pk")


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def visible_to(self, user: User | AnonymousUser) -> SavedSearchQuerySet:
        """One's own."""
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def active(self) -> SavedSearchQuerySet:
        return self.filter(state=SearchState.ACTIVE)

    def with_numbers(self) -> SavedSearchQuerySet:
        """`found`: public matches not judged away; `new`: those found since it was last opened."""
        matches: Any = self.model._meta.get_field("matches").related_model
        found = matches.objects.filter(saved_search=OuterRef("pk"), why_not="", listing__state__in=PUBLIC_STATES)
        new = found.filter(found_at__gt=OuterRef("opened_at"))
        return self.annotate(found=_number_of(found), new=_number_of(new))

    def for_list(self) -> SavedSearchQuerySet:
        return self.defer("candidates", "excluded", "weights", "vector").order_by("-created_at", "-pk")


def _number_of(rows: models.QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("saved_search").annotate(many=Count("pk")).values("many")
    return Coalesce(Subquery(counted, output_field=models.IntegerField()), 0)


class MatchQuerySet(models.QuerySet["Match"]):
    def visible_to(self, user: User | AnonymousUser) -> MatchQuerySet:
        """Of one's own needs and saved searches, as long as the listing is public (lessons F20, F22)."""
        if not user.is_authenticated:
            return self.none()
        mine = Q(need__organization__in=Organization.objects.of(user)) | Q(saved_search__owner=user)
        return self.filter(mine, listing__state__in=PUBLIC_STATES)

    def wanted(self) -> MatchQuerySet:
        """Less those that were judged not to fit."""
        return self.filter(why_not="")

    def best_first(self) -> MatchQuerySet:
        return self._with_listing().order_by("-score", "-found_at", "-pk")

    def newest_first(self) -> MatchQuerySet:
        return self._with_listing().order_by("-found_at", "-score", "-pk")

    def _with_listing(self) -> MatchQuerySet:
        return self.select_related("listing__holder").defer("listing__confidential_text")


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False, output_field=BooleanField())
