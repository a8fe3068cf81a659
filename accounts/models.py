from typing import ClassVar

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import (
    MEMBERSHIP_STATES,
    InstituteKind,
    MailRate,
    MembershipState,
    OrganizationKind,
    Role,
)
from accounts.numbers import format_business_number
from accounts.querysets import MembershipQuerySet, OrganizationQuerySet, UserManager, UserQuerySet
from marketplace.core.models import PublicId, TimeStamped


class User(PublicId, AbstractBaseUser, PermissionsMixin):
    """A person, known by e-mail. What a person may do comes from memberships, see `accounts.roles`."""

    email = models.EmailField(_("E-mail"), unique=True)
    name = models.CharField(_("Name"), max_length=80)
    language = models.CharField(_("Language"), max_length=10, choices=settings.LANGUAGES, default="ko")
    mail_rate = models.CharField(_("Mail"), max_length=10, choices=MailRate, default=MailRate.IMMEDIATE)
    is_active = models.BooleanField(_("Active"), default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(name="user_mail_rate_known", condition=Q(mail_rate__in=MailRate.values)),
            models.CheckConstraint(name="user_email_lower", condition=Q(email=models.functions.Lower("email"))),
        ]

    def __str__(self) -> str:
        return self.name or self.email


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Organization(PublicId, TimeStamped):
    """An institute, company, broker or government office. `business_number` is ten digits, check digit verified."""

    kind = models.CharField(_("Kind"), max_length=20, choices=OrganizationKind)
    institute_kind = models.CharField(_("Kind of institute"), max_length=20, choices=InstituteKind, blank=True)
    name = models.CharField(_("Name"), max_length=200)
    name_en = models.CharField(_("Name in English"), max_length=200, blank=True)
    name_zh = models.CharField(_("Name in Chinese"), max_length=200, blank=True)
    business_number = models.CharField(_("Business registration number"), max_length=10, unique=True)
    corporate_number = models.CharField(_("Corporate registration number"), max_length=13, blank=True)
    region_code = models.CharField(_("Region"), max_length=10, blank=True)
    phone = models.CharField(_("Telephone"), max_length=30, blank=True)
    website = models.URLField(_("Website"), blank=True)
    answer_days = models.PositiveSmallIntegerField(_("Answers requests within (days)"), default=14)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="organization_kind_known", condition=Q(kind__in=OrganizationKind.values)),
            models.CheckConstraint(
                name="organization_institute_kind",
                condition=(
                    Q(kind=OrganizationKind.INSTITUTE, institute_kind__in=InstituteKind.values)
                    | (~Q(kind=OrganizationKind.INSTITUTE) & Q(institute_kind=""))
                ),
            ),
            models.CheckConstraint(
                name="organization_business_number_digits", condition=Q(business_number__regex=r"^[0-9]{10}$")
            ),
            models.CheckConstraint(
                name="organization_answer_days", condition=Q(answer_days__gte=1, answer_days__lte=60)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def business_number_text(self) -> str:
        return format_business_number(self.business_number)

    def name_in(self, language: str) -> str:
        """The name in `language` where there is one, else the Korean name."""
        wanted = {"en": self.name_en, "zh": self.name_zh}.get(language[:2], "")
        return wanted or self.name


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Membership(PublicId, TimeStamped):
    """A person's role in an organization: asked for, granted or declined by its manager, ended by either."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("Role"), max_length=20, choices=Role)
    state = models.CharField(max_length=20, choices=MembershipState, default=MembershipState.REQUESTED)
    message = models.CharField(_("Message to the manager"), max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization"],
                name="one_open_membership_per_organization",
                condition=Q(state__in=[MembershipState.REQUESTED, MembershipState.ACTIVE]),
            ),
            models.CheckConstraint(name="membership_state_known", condition=Q(state__in=MembershipState.values)),
            models.CheckConstraint(name="membership_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="membership_decided_pair",
                condition=Q(decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="membership_decided_when_not_requested",
                condition=Q(state=MembershipState.REQUESTED) | Q(decided_at__isnull=False),
            ),
        ]
        triggers = [pgtrigger.FSM(name="membership_moves", field="state", transitions=MEMBERSHIP_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} · {self.get_role_display()}"
