from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from programmes.enums.review import GIVEN_OUT, UNDER_WAY, ObjectionState

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


def _organizations(user: User) -> list[int]:
    return [membership.organization_id for membership in user.active_memberships()]


def _of_firm_or_office(user: User) -> models.Q:
    mine = _organizations(user)
    of_firm = models.Q(application__organization__in=mine, application__call__is_rehearsal=False)
    return of_firm | models.Q(application__call__office__in=mine)


class PanelistQuerySet(models.QuerySet["Panelist"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> PanelistQuerySet:
        """A panel member sees the own row; officers of the call's office see all of it."""
        if not user.is_authenticated:
            return self.none()
        mine = _organizations(user)
        return self.filter(models.Q(user=user) | models.Q(call__office__in=mine))


class AgreementQuerySet(models.QuerySet["Agreement"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> AgreementQuerySet:
        """Members of the firm and of the office; of a rehearsal the office only."""
        return self.filter(_of_firm_or_office(user)) if user.is_authenticated else self.none()


class ObjectionQuerySet(models.QuerySet["Objection"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> ObjectionQuerySet:
        """Members of the firm and of the office; of a rehearsal the office only."""
        return self.filter(_of_firm_or_office(user)) if user.is_authenticated else self.none()

    def open(self) -> ObjectionQuerySet:
        return self.filter(state=ObjectionState.OPEN)


class SelectionQuerySet(models.QuerySet["Selection"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> SelectionQuerySet:
        """Officers of the call's office."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(call__office__in=_organizations(user))

    def under_way(self) -> SelectionQuerySet:
        """Proposed or being published: at most one of a call."""
        return self.filter(state__in=UNDER_WAY)

    def given_out(self) -> SelectionQuerySet:
        """Published, or being so: what their lines say holds for who was told."""
        return self.filter(state__in=GIVEN_OUT)
