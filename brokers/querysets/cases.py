from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q, Value

from accounts.models import Organization, User
from brokers.enums.cases import AT_THE_HEARING, OPEN_CASES, OPEN_HAND_OVERS, HearingState
from brokers.enums.registration import RegistrationKind
from brokers.querysets.registration import governs_brokers

if TYPE_CHECKING:
    from brokers.models import (  # noqa: F401 (in strings below)
        CancellationCase,
        CaseDocument,
        CaseStatement,
        HandOver,
        Hearing,
    )

SHOWN = ("registration__organization", "registration__user")
PEOPLE = ("opened_by", "closed_by", "decided_by")


class CancellationCaseQuerySet(models.QuerySet["CancellationCase"]):
    def visible_to(self, user: User | AnonymousUser) -> CancellationCaseQuerySet:
        """To officers, the members of the agency, and the trader: not to the office through which a trader works."""
        if not user.is_authenticated:
            return self.none()
        if governs_brokers(user):
            return self
        mine = Organization.objects.of(user).values("pk")
        agency = Q(registration__kind=RegistrationKind.AGENCY, registration__organization__in=mine)
        return self.filter(agency | Q(registration__user=user))

    def open(self) -> CancellationCaseQuerySet:
        return self.filter(state__in=OPEN_CASES)

    def at_the_hearing(self) -> CancellationCaseQuerySet:
        """Those for which the registration stands at `hearing`."""
        return self.filter(state__in=AT_THE_HEARING)

    def for_list(self) -> CancellationCaseQuerySet:
        """With what a row shows: of whom, and the hearing ahead or held."""
        hearings = self.model._meta.get_field("hearings").related_model.objects  # type: ignore[union-attr]
        counts = hearings.filter(state__in=[HearingState.NOTICED, HearingState.HELD]).select_related("chair")
        return self.select_related(*SHOWN).prefetch_related(
            Prefetch("hearings", queryset=counts.order_by("pk"), to_attr="fixed")
        )

    def for_page(self) -> CancellationCaseQuerySet:
        def related(name: str) -> models.QuerySet[models.Model]:
            return self.model._meta.get_field(name).related_model._default_manager.all()  # type: ignore[union-attr]

        hearings = related("hearings").select_related("chair", "noticed_by", "ended_by").order_by("noticed_at", "pk")
        statements = related("statements").select_related("sent_by").order_by("sent_at", "pk")
        return self.select_related(*SHOWN, *PEOPLE).prefetch_related(
            Prefetch("hearings", queryset=hearings),
            Prefetch("statements", queryset=statements.prefetch_related("documents")),
        )


class HearingQuerySet(models.QuerySet["Hearing"]):
    def visible_to(self, user: User | AnonymousUser) -> HearingQuerySet:
        """To whoever may see the case."""
        cases = self.model._meta.get_field("case").related_model.objects  # type: ignore[union-attr]
        return self.filter(case__in=cases.visible_to(user).values("pk"))

    def ahead(self) -> HearingQuerySet:
        return self.filter(state=HearingState.NOTICED)


class CaseStatementQuerySet(models.QuerySet["CaseStatement"]):
    def visible_to(self, user: User | AnonymousUser) -> CaseStatementQuerySet:
        """To whoever may see the case: either side reads what the other one sent."""
        cases = self.model._meta.get_field("case").related_model.objects  # type: ignore[union-attr]
        return self.filter(case__in=cases.visible_to(user).values("pk"))


class CaseDocumentQuerySet(models.QuerySet["CaseDocument"]):
    def visible_to(self, user: User | AnonymousUser) -> CaseDocumentQuerySet:
        """To whoever may see the case."""
        statements = self.model._meta.get_field("statement").related_model.objects  # type: ignore[union-attr]
        return self.filter(statement__in=statements.visible_to(user).values("pk"))


class HandOverQuerySet(models.QuerySet["HandOver"]):
    def visible_to(self, user: User | AnonymousUser) -> HandOverQuerySet:
        """To officers, the client, and the broker it is about.

        `shows_taker`: whether the user may read to whom it goes. A broker never reads with whom else its client works.
        """
        if not user.is_authenticated:
            return self.none()
        if governs_brokers(user):
            return self.annotate(shows_taker=Value(True))
        mine = Organization.objects.of(user)
        rows = self.filter(Q(mandate__client__in=mine.values("pk")) | Q(from_broker__in=mine.values("pk")))
        return rows.annotate(shows_taker=Exists(mine.filter(pk=OuterRef("mandate__client"))))

    def open(self) -> HandOverQuerySet:
        return self.filter(state__in=OPEN_HAND_OVERS)

    def overdue_on(self, day: date) -> HandOverQuerySet:
        return self.open().filter(until_on__lt=day)

    def for_list(self) -> HandOverQuerySet:
        """What has to be settled first stands first."""
        shown = ("case__registration", "mandate__client", "mandate__schedule", "from_broker", "to_broker")
        return self.select_related(*shown, "new_mandate").order_by("until_on", "pk")

    def for_page(self) -> HandOverQuerySet:
        return self.for_list().select_related("mandate__need", "mandate__broker", "chosen_by", "settled_by")
