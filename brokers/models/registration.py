from datetime import date
from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from brokers.enums.register import PublicState
from brokers.enums.registration import (
    APPLICATION_STATES,
    OPEN_APPLICATIONS,
    REGISTRATION_STATES,
    ApplicationState,
    CareerRoute,
    DocumentKind,
    RegistrationKind,
    RegistrationState,
    TrainingSubject,
)
from brokers.models.requirements import RequirementVersion
from brokers.querysets.registration import ApplicationDocumentQuerySet, ApplicationQuerySet, RegistrationQuerySet
from marketplace.core.files import DocumentType, private_storage
from marketplace.core.models import PublicId, TimeStamped

SHORT_TEXT, LONG_TEXT = 2_000, 4_000
IS_AGENCY, IS_TRADER = Q(kind=RegistrationKind.AGENCY), Q(kind=RegistrationKind.TRADER)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Application(PublicId, TimeStamped):
    """A corporation asks to be an agency, or a person to be a trader.

    A draft is saved as often as one likes and may be incomplete. `applicant` is the person who is to be a trader, or
    who writes for the corporation (`organization`). `requirements` is fixed when it is handed in. While completion is
    asked, what can be changed is `completion_parts`: {requirement or "other": what is missing}. The resident
    registration number that decree art. 44 would allow is not asked for.
    """

    kind = models.CharField(_("Kind"), max_length=10, choices=RegistrationKind)
    number = models.CharField(_("Receipt number"), max_length=11, blank=True)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="broker_applications"
    )
    applicant = models.ForeignKey(User, on_delete=models.PROTECT, related_name="broker_applications")
    requirements = models.ForeignKey(
        RequirementVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="applications"
    )
    state = models.CharField(_("State"), max_length=12, choices=ApplicationState, default=ApplicationState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    applied_at = models.DateTimeField(pgettext_lazy("application", "Applied"), null=True, blank=True)

    representative = models.CharField(_("Representative"), max_length=80, blank=True)
    speciality = models.CharField(_("Speciality"), max_length=300, blank=True)
    network_url = models.URLField(_("Address of the information network"), blank=True)
    network_text = models.TextField(
        _("How it collects, keeps and passes on technology"), max_length=SHORT_TEXT, blank=True
    )
    career_route = models.CharField(_("Route"), max_length=20, choices=CareerRoute, blank=True)
    declared_at = models.DateTimeField(_("Declared to be true"), null=True, blank=True)
    declared_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    completion_due_on = models.DateField(_("Complete by"), null=True, blank=True)
    completion_text = models.TextField(_("What is to be completed"), max_length=LONG_TEXT, blank=True)
    completion_parts = models.JSONField(_("Parts to be completed"), default=dict, blank=True)
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_text = models.TextField(_("Reason of the decision"), max_length=LONG_TEXT, blank=True)
    objection_text = models.TextField(_("Objection"), max_length=LONG_TEXT, blank=True)
    objected_at = models.DateTimeField(_("Objected"), null=True, blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="application_kind_known", condition=Q(kind__in=RegistrationKind.values)),
            models.CheckConstraint(name="application_state_known", condition=Q(state__in=ApplicationState.values)),
            models.CheckConstraint(
                name="application_of_whom",
                condition=(IS_AGENCY & Q(organization__isnull=False)) | (IS_TRADER & Q(organization__isnull=True)),
            ),
            models.CheckConstraint(
                name="application_handed_in_complete",
                condition=Q(state__in=[ApplicationState.DRAFT, ApplicationState.WITHDRAWN])
                | (
                    Q(applied_at__isnull=False, requirements__isnull=False, declared_at__isnull=False)
                    & Q(number__regex=r"^[AT](19|20)[0-9]{8}$")
                ),
            ),
            models.UniqueConstraint(fields=["number"], name="application_number_once", condition=~Q(number="")),
            models.UniqueConstraint(
                fields=["organization"],
                name="application_one_open_per_corporation",
                condition=IS_AGENCY & Q(state__in=OPEN_APPLICATIONS),
            ),
            models.UniqueConstraint(
                fields=["applicant"],
                name="application_one_open_per_person",
                condition=IS_TRADER & Q(state__in=OPEN_APPLICATIONS),
            ),
        ]
        indexes = [models.Index(fields=["state", "applied_at"], name="applications_waiting")]
        triggers = [pgtrigger.FSM(name="application_moves", field="state", transitions=APPLICATION_STATES.pairs())]

    def __str__(self) -> str:
        return self.number or str(self.public_id)

    @property
    def of_whom(self) -> Organization | User:
        return self.organization or self.applicant

    def completion_is_open_on(self, day: date) -> bool:
        """Whether the applicant may still complete it: up to and with the day it is due."""
        due = self.completion_due_on
        return self.state == ApplicationState.COMPLETION and due is not None and day <= due

    def completion_is_late_on(self, day: date) -> bool:
        return self.state == ApplicationState.COMPLETION and not self.completion_is_open_on(day)


class CareerEntry(models.Model):
    """A time of work that an applicant counts: from the first day to the last, or until today.

    In a draft it may be incomplete; what is handed in is not (`services.registration.hand_in`).
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="career")
    employer = models.CharField(_("Employer"), max_length=200, blank=True)
    position = models.CharField(pgettext_lazy("career", "Position"), max_length=200, blank=True)
    from_on = models.DateField(pgettext_lazy("career", "First day"), null=True, blank=True)
    to_on = models.DateField(pgettext_lazy("career", "Last day"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="career_in_order",
                condition=Q(to_on__isnull=True) | Q(from_on__isnull=True) | Q(to_on__gte=F("from_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employer} {self.from_on}"

    @property
    def is_complete(self) -> bool:
        return bool(self.employer and self.position and self.from_on)


class TrainingEntry(models.Model):
    """Hours of training in a subject. In a draft it may be incomplete."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="training")
    subject = models.CharField(_("Subject"), max_length=10, choices=TrainingSubject, blank=True)
    provider = models.CharField(_("Given by"), max_length=200, blank=True)
    hours = models.PositiveSmallIntegerField(_("Hours"), null=True, blank=True)
    finished_on = models.DateField(_("Finished on"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="training_subject_known", condition=Q(subject="") | Q(subject__in=TrainingSubject.values)
            ),
            models.CheckConstraint(
                name="training_takes_time", condition=Q(hours__isnull=True) | Q(hours__gte=1, hours__lte=1_000)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.hours}"

    @property
    def is_complete(self) -> bool:
        return bool(self.subject and self.provider and self.hours and self.finished_on)


def place_of(document: Any, name: str) -> str:
    """A name of ours: that of the sender tells nothing about where the file lies."""
    return f"registrations/{document.public_id}"


class ApplicationDocument(PublicId, TimeStamped):
    """A file sent with an application. It never changes; the applicant may remove it while it is with them."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(_("Kind"), max_length=20, choices=DocumentKind)
    file = models.FileField(storage=private_storage, upload_to=place_of)
    name = models.CharField(_("File name"), max_length=200)
    type = models.CharField(max_length=100, choices=DocumentType)
    checksum = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("Size"))
    sent_at = models.DateTimeField(pgettext_lazy("file", "Sent"))
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ApplicationDocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="registration_document_kind_known", condition=Q(kind__in=DocumentKind.values)),
            models.CheckConstraint(name="registration_document_type_known", condition=Q(type__in=DocumentType.values)),
            models.CheckConstraint(name="registration_document_not_empty", condition=Q(size__gt=0) & ~Q(name="")),
            models.UniqueConstraint(fields=["application", "kind", "checksum"], name="registration_document_once"),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Registration(PublicId, TimeStamped):
    """An agency or a trader in the public register, from the day it was published.

    `organization` is the agency itself, or the brokers' office through which a trader works: who has none can be given
    no mandate. `user` is the trader. What the register says of it is edited by the broker; `languages` are codes of
    ISO 639-1, `ipc_prefixes` sections, classes or subclasses of the IPC, `regions` those of `accounts.enums.Region`.
    """

    kind = models.CharField(_("Kind"), max_length=10, choices=RegistrationKind)
    number = models.CharField(_("Registration number"), max_length=12, unique=True)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="broker_registrations"
    )
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="broker_registrations")
    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="registration")
    state = models.CharField(_("State"), max_length=12, choices=RegistrationState, default=RegistrationState.REGISTERED)
    revision = models.PositiveIntegerField(default=1)
    registered_at = models.DateTimeField(_("Registered"))
    registered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    conditions = models.CharField(_("Conditions"), max_length=500, blank=True)
    suspended_until = models.DateField(_("Suspended until"), null=True, blank=True)
    below_since = models.DateField(_("Below the minimum since"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("Cancelled"), null=True, blank=True)

    introduction_ko = models.TextField(_("Introduction in Korean"), max_length=SHORT_TEXT, blank=True)
    introduction_en = models.TextField(_("Introduction in English"), max_length=SHORT_TEXT, blank=True)
    introduction_zh = models.TextField(_("Introduction in Chinese"), max_length=SHORT_TEXT, blank=True)
    speciality = models.CharField(_("Speciality"), max_length=300, blank=True)
    ipc_prefixes = ArrayField(models.CharField(max_length=4), verbose_name=_("IPC"), default=list, blank=True)
    regions = ArrayField(models.CharField(max_length=10), verbose_name=_("Regions"), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=3), verbose_name=_("Languages"), default=list, blank=True)
    fee_text = models.TextField(_("On fees"), max_length=SHORT_TEXT, blank=True, db_default="")
    conflicts = models.TextField(_("Conflicts of interest"), max_length=SHORT_TEXT, blank=True)
    conflicts_declared_at = models.DateTimeField(_("Conflicts declared"), null=True, blank=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="registration_kind_known", condition=Q(kind__in=RegistrationKind.values)),
            models.CheckConstraint(name="registration_state_known", condition=Q(state__in=RegistrationState.values)),
            models.CheckConstraint(
                name="registration_number_form", condition=Q(number__regex=r"^(BA|BT)(19|20)[0-9]{8}$")
            ),
            models.CheckConstraint(
                name="registration_of_whom",
                condition=(IS_AGENCY & Q(organization__isnull=False, user__isnull=True))
                | (IS_TRADER & Q(user__isnull=False)),
            ),
            models.CheckConstraint(
                name="registration_cancelled_says_when",
                condition=Q(state=RegistrationState.CANCELLED, cancelled_at__isnull=False)
                | (~Q(state=RegistrationState.CANCELLED) & Q(cancelled_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="registration_suspended_says_until",
                condition=Q(state=RegistrationState.SUSPENDED, suspended_until__isnull=False)
                | Q(state=RegistrationState.HEARING)
                | (
                    ~Q(state__in=[RegistrationState.SUSPENDED, RegistrationState.HEARING])
                    & Q(suspended_until__isnull=True)
                ),
            ),
            models.UniqueConstraint(
                fields=["organization"],
                name="registration_one_per_corporation",
                condition=IS_AGENCY & ~Q(state=RegistrationState.CANCELLED),
            ),
            models.UniqueConstraint(
                fields=["user"],
                name="registration_one_per_person",
                condition=IS_TRADER & ~Q(state=RegistrationState.CANCELLED),
            ),
        ]
        indexes = [models.Index(fields=["state", "kind"], name="registrations_by_state")]
        triggers = [pgtrigger.FSM(name="registration_moves", field="state", transitions=REGISTRATION_STATES.pairs())]

    def __str__(self) -> str:
        return self.number

    @property
    def display_name(self) -> str:
        """A trader's own name; an agency's in the reader's language."""
        if self.user is not None:
            return self.user.name
        return self.organization.display_name if self.organization else self.number

    def public_state_on(self, day: date) -> PublicState:
        """A suspension stays one while a hearing is held; a warning or hearing alone is not shown."""
        if self.state == RegistrationState.CANCELLED:
            return PublicState.CANCELLED
        held = self.suspended_until is not None and self.suspended_until >= day
        if self.state == RegistrationState.SUSPENDED or (self.state == RegistrationState.HEARING and held):
            return PublicState.SUSPENDED
        return PublicState.REGISTERED
