from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Self, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import Organization, User
from brokers.clocks import NOTICE_DAYS
from brokers.enums.duties import OPEN_WARNINGS, TOLD, ChangeState, ReportState
from brokers.enums.registration import RegistrationKind, RegistrationState
from brokers.querysets.registration import governs_brokers

if TYPE_CHECKING:
    from brokers.models import BrokerWarning, ChangeNotice, DealReport  # noqa: F401 (in strings below)


def own(user: User, prefix: str = "") -> Q:
    """Registrations of the user: of the corporations one belongs to, and one's own as a trader."""
    mine = Organization.objects.of(user).values("pk")
    return Q(**{f"{prefix}kind": RegistrationKind.AGENCY, f"{prefix}organization__in": mine}) | Q(
        **{f"{prefix}kind": RegistrationKind.TRADER, f"{prefix}user": user}
    )


M = TypeVar("M", bound=models.Model)


class OfRegistrationQuerySet(models.QuerySet[M]):
    """Rows that belong to a registration."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """To the people of the broker, and to officers who watch over brokers."""
        if not user.is_authenticated:
            return self.none()
        return self if governs_brokers(user) else self.filter(own(user, "registration__"))

    def of_own(self, user: User) -> Self:
        """Those of one's own, also for an officer."""
        return self.filter(own(user, "registration__"))

    def of_the_living(self) -> Self:
        """Of registrations that were not cancelled."""
        return self.exclude(registration__state=RegistrationState.CANCELLED)


class DealReportQuerySet(OfRegistrationQuerySet["DealReport"]):
    def due(self) -> Self:
        return self.filter(state=ReportState.DUE)

    def missed_on(self, day: date) -> Self:
        """Whose day has passed and which were not submitted. A correction that is not submitted misses nothing."""
        return self.due().filter(revision=1, due_on__lt=day)

    def for_list(self) -> Self:
        """The newest half-year first, of each the newest revision first."""
        rows = self.select_related("registration__organization", "registration__user", "submitted_by")
        return rows.order_by("-first_on", "registration__number", "-revision", "pk")


class ChangeNoticeQuerySet(OfRegistrationQuerySet["ChangeNotice"]):
    def suggested(self) -> Self:
        return self.filter(state=ChangeState.SUGGESTED)

    def told(self) -> Self:
        return self.filter(state__in=TOLD)

    def to_acknowledge(self) -> Self:
        return self.filter(state=ChangeState.FILED)

    def late_on(self, day: date) -> Self:
        """Told after the last day, or not told although it has passed."""
        told_on = TruncDate("filed_at", tzinfo=timezone.get_default_timezone())
        limit = timedelta(days=NOTICE_DAYS)
        rows = self.annotate(told_on=told_on)
        return rows.filter(
            Q(state__in=TOLD, told_on__gt=F("happened_on") + limit)
            | Q(state=ChangeState.SUGGESTED, happened_on__lt=day - limit)
        )

    def for_list(self) -> Self:
        rows = self.select_related("registration__organization", "registration__user", "filed_by", "acknowledged_by")
        return rows.order_by("-happened_on", "-pk")


class BrokerWarningQuerySet(OfRegistrationQuerySet["BrokerWarning"]):
    def open(self) -> Self:
        return self.filter(state__in=OPEN_WARNINGS)

    def for_list(self) -> Self:
        rows = self.select_related(
            "registration__organization", "registration__user", "given_by", "answered_by", "lifted_by"
        )
        return rows.order_by("-given_at", "-pk")
