from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from accounts.enums import OrganizationKind
from programmes.enums.applications import RUNNING, ApplicationState
from programmes.enums.review import PanelistState

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class ProgrammeApplicationQuerySet(models.QuerySet["Application"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> ProgrammeApplicationQuerySet:
        """Members of the firm see their own, officers of the office whose call it is what was submitted to it.

        What a rehearsal was given is a copy nobody outside of the office knows of (docs/adr/0051). A panel member sees
        what `panel` gives: see `programmes.querysets.review`.
        """
        if not user.is_authenticated:
            return self.none()
        mine = [membership.organization for membership in user.active_memberships()]
        offices = [each.pk for each in mine if each.kind == OrganizationKind.GOVERNMENT]
        firms = [each.pk for each in mine if each.kind != OrganizationKind.GOVERNMENT]
        handed_in = ~Q(state__in=[ApplicationState.DRAFT, ApplicationState.DISCARDED])
        of_firms = Q(organization__in=firms, call__is_rehearsal=False)
        return self.filter(of_firms | Q(handed_in, call__office__in=offices))

    def running(self) -> ProgrammeApplicationQuerySet:
        return self.filter(state__in=RUNNING)

    def readable_by_panel(self, user: User | AnonymousUser) -> ProgrammeApplicationQuerySet:
        """What a panel member may read: of the calls whose panel it is in, where it declared to have no tie.

        Whoever belongs to the firm meanwhile reads nothing more (`programmes.queries.ties` knows of relatives too).
        """
        if not user.is_authenticated:
            return self.none()
        mine = [membership.organization_id for membership in user.active_memberships()]
        free = self.filter(
            declarations__panelist__user=user,
            declarations__panelist__state=PanelistState.ACCEPTED,
            declarations__has_conflict=False,
        )
        inside = Q(call__is_rehearsal=False) | Q(call__office__in=mine)
        return (
            free.filter(inside)
            .exclude(organization__in=mine)
            .exclude(state__in=[ApplicationState.DRAFT, ApplicationState.DISCARDED, ApplicationState.WITHDRAWN])
        )

    def of_members(self, user: User | AnonymousUser) -> ProgrammeApplicationQuerySet:
        """Those of the reader's own firms, as the applicant sees them."""
        if not user.is_authenticated:
            return self.none()
        mine = [membership.organization_id for membership in user.active_memberships()]
        return self.real().filter(organization__in=mine).exclude(state=ApplicationState.DISCARDED)

    def real(self) -> ProgrammeApplicationQuerySet:
        """Those that firms made: the samples of rehearsals count nowhere (docs/adr/0051)."""
        return self.filter(call__is_rehearsal=False)

    def for_list(self) -> ProgrammeApplicationQuerySet:
        """With what a row of the applicant's list says; drafts first, then the newest."""
        named = ("call__office", "organization", "transfer", "version", "agreement")
        rows = self.select_related(*named).prefetch_related("objections")
        return rows.order_by(models.F("submitted_at").desc(nulls_first=True), "-begun_at", "-pk")

    def for_page(self) -> ProgrammeApplicationQuerySet:
        return self.select_related(
            "call__office", "call__current", "version", "organization", "transfer", "submitted_by", "begun_by"
        )


class ProgrammeDocumentQuerySet(models.QuerySet["ApplicationDocument"]):  # type: ignore[name-defined]
    def current(self) -> ProgrammeDocumentQuerySet:
        """Those in force: a later one for the same paper took the place of the others."""
        return self.filter(replaced_at=None).order_by("key", "pk")
