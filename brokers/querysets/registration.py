from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import CharField, Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Concat

from accounts.models import User
from accounts.roles import Permission, organizations_with
from brokers.enums.register import seed_of
from brokers.enums.registration import (
    MAY_TAKE_NEW_WORK,
    OPEN_APPLICATIONS,
    WITH_THE_APPLICANT,
    WITH_THE_OFFICE,
    ApplicationState,
    QualificationKind,
    QualificationState,
    RegistrationKind,
    RegistrationState,
    StaffState,
    VersionState,
)

if TYPE_CHECKING:
    from brokers.models import (  # noqa: F401 (in strings below)
        Application,
        ApplicationDocument,
        Qualification,
        Registration,
        RequirementVersion,
        StaffEntry,
    )


def governs_brokers(user: User | AnonymousUser) -> bool:
    """Whether the user is an officer who registers brokers and watches over their duties."""
    return bool(organizations_with(user, Permission.GOVERN_BROKERS))


def _for(user: User, permission: Permission) -> list[int]:
    return [organization.pk for organization in organizations_with(user, permission)]


class RequirementVersionQuerySet(models.QuerySet["RequirementVersion"]):
    def visible_to(self, user: User | AnonymousUser) -> RequirementVersionQuerySet:
        """What was published to everybody, drafts to officers."""
        return self if governs_brokers(user) else self.filter(published_at__isnull=False)

    def published(self) -> RequirementVersionQuerySet:
        return self.filter(state=VersionState.PUBLISHED)

    def in_force_on(self, day: date, kind: str) -> RequirementVersionQuerySet:
        """That of `kind` on that day, none or one: of the published ones the newest that has begun."""
        begun = self.published().filter(kind=kind, valid_from__lte=day).order_by("-valid_from", "-pk")
        return self.filter(pk__in=begun.values("pk")[:1])


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, user: User | AnonymousUser) -> ApplicationQuerySet:
        """To the person or those who may apply for the corporation; to officers once it was handed in."""
        if not user.is_authenticated:
            return self.none()
        mine = self._of(user)
        return self.filter(mine | Q(applied_at__isnull=False)) if governs_brokers(user) else self.filter(mine)

    def of_applicant(self, user: User | AnonymousUser) -> ApplicationQuerySet:
        """Those that the user may write, whether officer or not."""
        return self.filter(self._of(user)) if user.is_authenticated else self.none()

    @staticmethod
    def _of(user: User) -> Q:
        return Q(kind=RegistrationKind.TRADER, applicant=user) | Q(
            organization__in=_for(user, Permission.APPLY_REGISTRATION)
        )

    def for_list(self) -> ApplicationQuerySet:
        """The newest first, with whose they are."""
        return self.select_related("organization", "applicant").order_by("-created_at", "-pk")

    def for_page(self) -> ApplicationQuerySet:
        return self.select_related("organization", "applicant", "requirements", "decided_by").prefetch_related(
            "requirements__requirements"
        )

    def with_the_applicant(self) -> ApplicationQuerySet:
        return self.filter(state__in=WITH_THE_APPLICANT)

    def with_the_office(self) -> ApplicationQuerySet:
        return self.filter(state__in=WITH_THE_OFFICE)

    def open(self) -> ApplicationQuerySet:
        return self.filter(state__in=OPEN_APPLICATIONS)

    def handed_in(self) -> ApplicationQuerySet:
        return self.exclude(state=ApplicationState.DRAFT).filter(applied_at__isnull=False)


class ApplicationDocumentQuerySet(models.QuerySet["ApplicationDocument"]):
    def visible_to(self, user: User | AnonymousUser) -> ApplicationDocumentQuerySet:
        """To whoever may see the application."""
        applications = self.model._meta.get_field("application").related_model.objects  # type: ignore[union-attr]
        return self.filter(application__in=applications.visible_to(user).values("pk"))


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def visible_to(self, user: User | AnonymousUser) -> RegistrationQuerySet:
        """The register is public, what was cancelled included: its page says so."""
        return self

    def listed(self) -> RegistrationQuerySet:
        """What the register lists: everything that was not cancelled."""
        return self.exclude(state=RegistrationState.CANCELLED)

    def open_to_work(self) -> RegistrationQuerySet:
        """Who may be given new work, and has an office through which to do it.

        What was decided about an agency holds for the traders in its office, too (docs/adr/0028).
        """
        agencies = self.model._default_manager.filter(
            kind=RegistrationKind.AGENCY, organization=OuterRef("organization")
        )
        of_agency = Q(kind=RegistrationKind.AGENCY) | ~Exists(agencies)
        able = Q(state__in=MAY_TAKE_NEW_WORK, suspended_until__isnull=True, organization__isnull=False)
        return self.filter(able, of_agency)

    def publicly_open(self, day: date) -> RegistrationQuerySet:
        """What the register calls open to new work: whose office may be given some. Of an office with an agency the
        agency says so, as in `open_to_work`, which mandates ask; a suspension is over here on its day, there at night.
        """
        suspended = Q(state=RegistrationState.SUSPENDED) | Q(state=RegistrationState.HEARING, suspended_until__gte=day)
        every = self.model._default_manager.filter(kind=RegistrationKind.AGENCY, organization=OuterRef("organization"))
        of_agency = Q(kind=RegistrationKind.AGENCY) | ~Exists(every) | Exists(every.listed().exclude(suspended))
        return self.listed().filter(of_agency, organization__isnull=False).exclude(suspended)

    def in_neutral_order(self, day: date) -> RegistrationQuerySet:
        """The order drawn for that day: by the MD5 sum of the day's seed and the number (`queries.register.draw`)."""
        drawn = Func(Concat(Value(seed_of(day)), F("number")), function="md5", output_field=CharField())
        return self.annotate(drawn=drawn).order_by("drawn", "number")

    def for_register(self) -> RegistrationQuerySet:
        return self.select_related("organization", "user")

    def editable_by(self, user: User | AnonymousUser) -> RegistrationQuerySet:
        """Those whose entry the user may change: an agency's for its staff, a trader's for himself."""
        if not user.is_authenticated:
            return self.none()
        agency = Q(kind=RegistrationKind.AGENCY, organization__in=_for(user, Permission.EDIT_REGISTER_ENTRY))
        return self.filter(agency | Q(kind=RegistrationKind.TRADER, user=user))

    def of_organizations(self) -> RegistrationQuerySet:
        return self.filter(organization__isnull=False)


class QualificationQuerySet(models.QuerySet["Qualification"]):
    def visible_to(self, user: User | AnonymousUser) -> QualificationQuerySet:
        """To the person, to officers, and to who names staff for an agency that has named the person."""
        if not user.is_authenticated:
            return self.none()
        if governs_brokers(user):
            return self
        entries = User._meta.get_field("broker_staff").related_model.objects  # type: ignore[union-attr]
        named = entries.filter(
            user=OuterRef("user"),
            organization__in=_for(user, Permission.NAME_STAFF),
            state__in=[StaffState.NAMED, StaffState.CONFIRMED],
        )
        return self.filter(Q(user=user) | Exists(named))

    def verified(self) -> QualificationQuerySet:
        return self.filter(state=QualificationState.VERIFIED)

    def standing(self) -> QualificationQuerySet:
        """Verified; whose registration as a trader was cancelled here is none by an older paper either."""
        registrations = User._meta.get_field("broker_registrations").related_model.objects  # type: ignore[union-attr]
        cancelled = registrations.filter(
            kind=RegistrationKind.TRADER, state=RegistrationState.CANCELLED, user=OuterRef("user")
        )
        return self.verified().exclude(Exists(cancelled), kind=QualificationKind.TRADER)

    def waiting(self) -> QualificationQuerySet:
        """To be looked at by an officer."""
        return self.filter(state=QualificationState.CLAIMED)

    def for_list(self) -> QualificationQuerySet:
        """Who waits longest first."""
        return self.select_related("user", "decided_by").order_by("created_at", "pk")


class StaffEntryQuerySet(models.QuerySet["StaffEntry"]):
    def visible_to(self, user: User | AnonymousUser) -> StaffEntryQuerySet:
        """To the person, to who names staff for the agency, and to officers."""
        if not user.is_authenticated:
            return self.none()
        if governs_brokers(user):
            return self
        return self.filter(Q(user=user) | Q(organization__in=_for(user, Permission.NAME_STAFF)))

    def open(self) -> StaffEntryQuerySet:
        return self.filter(state__in=[StaffState.NAMED, StaffState.CONFIRMED])

    def with_qualified(self) -> StaffEntryQuerySet:
        """`is_qualified`: an officer verified a licence of the person, or the person is a registered trader."""
        licences = User._meta.get_field("qualifications").related_model.objects  # type: ignore[union-attr]
        registrations = User._meta.get_field("broker_registrations").related_model.objects  # type: ignore[union-attr]
        trader = registrations.listed().filter(kind=RegistrationKind.TRADER, user=OuterRef("user"))
        return self.annotate(is_qualified=Exists(licences.standing().filter(user=OuterRef("user"))) | Exists(trader))

    def counting_on(self, day: date) -> StaffEntryQuerySet:
        """Who counts against the minimum that day: confirmed, qualified, begun, and not past the last day."""
        there = Q(from_on__lte=day) & (Q(until_on__isnull=True) | Q(until_on__gte=day))
        confirmed = self.filter(there, state__in=[StaffState.CONFIRMED, StaffState.ENDED], answered_at__isnull=False)
        return confirmed.with_qualified().filter(Q(is_qualified=True))

    def for_list(self) -> StaffEntryQuerySet:
        """Who is there first, then who left; of each by name."""
        rows = self.select_related("user", "organization").with_qualified()
        return rows.order_by(F("ended_at").desc(nulls_first=True), "user__name", "pk")
