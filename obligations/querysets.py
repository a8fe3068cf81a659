from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count, Exists, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Upper
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission, organizations_with
from marketplace.core.days import add_months
from obligations.enums import EXTENSION_WINDOW_MONTHS, DutyState, ExemptionState
from tech_listings.enums import FINAL_STATES, PUBLIC_STATES

if TYPE_CHECKING:
    from obligations.models import (  # noqa: F401
        Discharge,
        DutyDraft,
        DutyRule,
        Exemption,
        Letter,
        Obligation,
        Reminder,
        ResearchResult,
        RnDProject,
    )

DEADLINE = Coalesce("extended_to", "due_on")
CALENDAR_DAY = Greatest(DEADLINE, "calendar_from")
"""From which the letters count. What is null is passed over."""


def _institutes(user: User | AnonymousUser) -> list[int]:
    return [organization.pk for organization in organizations_with(user, Permission.VIEW_RESULTS)]


def sees_all(user: User | AnonymousUser) -> bool:
    """Whether the user is an officer of those who see what the whole country owes."""
    return bool(organizations_with(user, Permission.SEE_COMPLIANCE))


def overdue_on(day: date) -> Q:
    """Due and past its date. Nothing stores it, so that nothing can be stale (ADR 0016)."""
    return Q(state=DutyState.DUE) & (
        Q(extended_to__isnull=True, due_on__lt=day) | Q(extended_to__isnull=False, extended_to__lt=day)
    )


class RnDProjectQuerySet(models.QuerySet["RnDProject"]):
    def with_keys(self, keys: Iterable[str]) -> RnDProjectQuerySet:
        """Those whose numbers have these keys (`numbers.project_key`), each with its `key`. Asks the unique index."""
        key = Func(Upper("number"), Value("[^0-9A-Z]"), Value(""), Value("g"), function="regexp_replace")
        return self.annotate(key=key).filter(key__in=list(keys))

    def visible_to(self, user: User | AnonymousUser) -> RnDProjectQuerySet:
        """Officers see all; an institute sees what it leads, takes part in or owns a result of.

        Security projects are seen by nobody, whoever asks (Innovation Act decree arts. 44 to 46).
        """
        shown = self.filter(is_security=False, deleted_at__isnull=True)
        if sees_all(user):
            return shown
        mine = _institutes(user)
        if not mine:
            return self.none()
        # Of keys, not by joins: those would show a project once per partner and result.
        taking_part = self.model.partners.through.objects.filter(organization__in=mine).values("rndproject")
        owned = self.filter(results__owner__in=mine).values("pk")
        return shown.filter(Q(lead__in=mine) | Q(pk__in=taking_part) | Q(pk__in=owned))

    def deleted_for(self, user: User | AnonymousUser) -> RnDProjectQuerySet:
        """Deleted ones that an officer may take back; never one of security."""
        gone = self.filter(is_security=False, deleted_at__isnull=False)
        return gone if sees_all(user) else self.none()


class ResearchResultQuerySet(models.QuerySet["ResearchResult"]):
    def live(self) -> ResearchResultQuerySet:
        return self.filter(deleted_at__isnull=True, merged_into__isnull=True)

    def visible_to(self, user: User | AnonymousUser) -> ResearchResultQuerySet:
        """Those of what one's institute owns or leads; all for officers; none of a security project."""
        return self.live().known_to(user)

    def known_to(self, user: User | AnonymousUser) -> ResearchResultQuerySet:
        """As `visible_to`, with those that were deleted or merged: what a project's page and history name."""
        shown = self.filter(project__is_security=False, project__deleted_at__isnull=True)
        if sees_all(user):
            return shown
        mine = _institutes(user)
        return shown.filter(Q(owner__in=mine) | Q(project__lead__in=mine)) if mine else self.none()


class DutyRuleQuerySet(models.QuerySet["DutyRule"]):
    def visible_to(self, user: User | AnonymousUser) -> DutyRuleQuerySet:
        """Law is open to everybody."""
        return self.all()


class ObligationQuerySet(models.QuerySet["Obligation"]):
    def of_public_projects(self) -> ObligationQuerySet:
        """None of a security project. For figures that are open to everybody; rows are for `visible_to`."""
        return self.filter(project__is_security=False)

    def visible_to(self, user: User | AnonymousUser) -> ObligationQuerySet:
        """All for officers; for an institute what itself owes; none of a security project."""
        shown = self.of_public_projects()
        if sees_all(user):
            return shown
        mine = _institutes(user)
        return shown.filter(institute__in=mine) if mine else self.none()

    def owed(self) -> ObligationQuerySet:
        return self.exclude(state=DutyState.DROPPED)

    def overdue_on(self, day: date) -> ObligationQuerySet:
        """Due and past its date on `day`, a day in Korea."""
        return self.filter(overdue_on(day))

    def most_urgent_first(self) -> ObligationQuerySet:
        return self.order_by(DEADLINE, "pk")

    def to_verify(self) -> ObligationQuerySet:
        """Said to be done, and not yet looked at by an officer."""
        return self.filter(state=DutyState.LISTED)

    def for_page(self) -> ObligationQuerySet:
        """With what the page of one duty shows of it."""
        return self.select_related("project__lead", "result", "institute", "rule", "verified_by", "extended_by")

    def for_list(self) -> ObligationQuerySet:
        """By date, with what a row shows, in one query."""
        return self.select_related("project", "result", "institute").most_urgent_first()


class _OfObligation(models.QuerySet):
    def _of_obligations_seen_by(self, user: User | AnonymousUser) -> models.Q:
        if sees_all(user):
            return Q(obligation__project__is_security=False)
        mine = _institutes(user)
        return Q(obligation__project__is_security=False, obligation__institute__in=mine) if mine else Q(pk__in=[])


class DischargeQuerySet(_OfObligation, models.QuerySet["Discharge"]):
    def live(self) -> DischargeQuerySet:
        return self.filter(ended_at__isnull=True)

    def visible_to(self, user: User | AnonymousUser) -> DischargeQuerySet:
        return self.filter(self._of_obligations_seen_by(user))


class DutyDraftQuerySet(models.QuerySet["DutyDraft"]):
    def alive(self) -> DutyDraftQuerySet:
        """Those whose technology was not discarded and is not over."""
        return self.exclude(listing__state__in=FINAL_STATES)

    def on_the_way(self) -> DutyDraftQuerySet:
        """Those whose technology is not public: being written, waiting for an officer, or off the market."""
        return self.exclude(listing__state__in=(*FINAL_STATES, *PUBLIC_STATES))

    def visible_to(self, user: User | AnonymousUser) -> DutyDraftQuerySet:
        """Those of what one's own institute owes: a draft is nobody else's business, an officer's neither."""
        mine = _institutes(user)
        shown = self.filter(obligation__project__is_security=False)
        return shown.filter(obligation__institute__in=mine) if mine else self.none()


class ExemptionQuerySet(_OfObligation, models.QuerySet["Exemption"]):
    def open(self) -> ExemptionQuerySet:
        return self.filter(state=ExemptionState.ASKED)

    def ending_soon(self, last: date) -> ExemptionQuerySet:
        """Granted ones after which the duty is to be done again by `last`, with no extension asked for."""
        granted = self.filter(state=ExemptionState.GRANTED, until__lt=last)
        of_public = granted.filter(obligation__state=DutyState.EXEMPT, obligation__project__is_security=False)
        return of_public.exclude(extensions__state=ExemptionState.ASKED)

    def ending_at(self, at: datetime) -> ExemptionQuerySet:
        return self.ending_on(timezone.localdate(at))

    def ending_on(self, day: date) -> ExemptionQuerySet:
        """Granted ones whose extension may be asked for on that day, and has not been."""
        granted = self.filter(state=ExemptionState.GRANTED, obligation__state=DutyState.EXEMPT)
        # Three months before 31 May is the end of February: counted from the next day as well, none is missed.
        tomorrow = add_months(day + timedelta(days=1), EXTENSION_WINDOW_MONTHS)
        latest = max(add_months(day, EXTENSION_WINDOW_MONTHS), tomorrow - timedelta(days=1))
        in_time = granted.filter(until__gt=day, until__lte=latest)
        return in_time.exclude(extensions__state__in=[ExemptionState.ASKED, ExemptionState.GRANTED])

    def for_list(self) -> ExemptionQuerySet:
        """With what a row shows, in one query. Without an order."""
        return self.select_related("obligation__project", "obligation__result", "organization", "asked_by")

    def visible_to(self, user: User | AnonymousUser) -> ExemptionQuerySet:
        """Whose duty it is sees what itself asked for it, and every officer; nobody that of a security project.

        Where another institute owes it now, that one does not read what the first wrote in confidence.
        """
        seen = self.filter(self._of_obligations_seen_by(user))
        return seen if sees_all(user) else seen.filter(organization__in=_institutes(user))


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def shown(self) -> ReminderQuerySet:
        """Less those of what has become a security project since."""
        return self.filter(obligation__project__is_security=False)


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, user: User | AnonymousUser) -> LetterQuerySet:
        """All for officers; for an institute those that itself got; none of which nothing may be shown any more."""
        lines = self.model._meta.get_field("reminders").related_model.objects.shown()  # type: ignore[union-attr]
        shown = self.filter(Exists(lines.filter(letter=OuterRef("pk"))))
        if sees_all(user):
            return shown
        mine = _institutes(user)
        return shown.filter(institute__in=mine) if mine else self.none()

    def for_list(self) -> LetterQuerySet:
        """Newest first; `lines` is how many duties it may show, counted for the rows of a page only."""
        lines = self.model._meta.get_field("reminders").related_model.objects.shown()  # type: ignore[union-attr]
        of_it = lines.filter(letter=OuterRef("pk")).order_by().values("letter").annotate(many=Count("pk"))
        counted = Coalesce(Subquery(of_it.values("many")), 0)
        return self.select_related("institute").annotate(lines=counted).order_by("-day", "-pk")
