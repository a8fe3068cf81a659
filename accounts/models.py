from typing import ClassVar

import pghistory
import pgtrigger
import rules
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.enums import (
    INVITATION_STATES,
    MEMBERSHIP_STATES,
    InstituteKind,
    InvitationState,
    MailRate,
    MembershipState,
    OrganizationKind,
    Region,
    Role,
)
from accounts.numbers import format_business_number, format_corporate_number
from accounts.querysets import (
    ApiTokenQuerySet,
    InvitationQuerySet,
    MembershipQuerySet,
    OrganizationQuerySet,
    UserManager,
)
from marketplace.core.models import PublicId, TimeStamped


class User(PublicId, AbstractBaseUser, PermissionsMixin):
    """A person, known by e-mail. What a person may do comes from memberships, see `accounts.roles`."""

    email = models.EmailField(_("E-mail"), unique=True)
    name = models.CharField(_("Name"), max_length=80)
    language = models.CharField(_("Language"), max_length=10, choices=settings.LANGUAGES, default="ko")
    mail_rate = models.CharField(_("Mail"), max_length=10, choices=MailRate, default=MailRate.IMMEDIATE)
    is_active = models.BooleanField(_("Active"), default=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    _memberships_of_request: "list[Membership] | None" = None

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(name="user_mail_rate_known", condition=Q(mail_rate__in=MailRate.values)),
            models.CheckConstraint(name="user_email_lower", condition=Q(email=Lower("email"))),
            models.CheckConstraint(
                name="user_closed_is_inactive", condition=Q(closed_at__isnull=True) | Q(is_active=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:  # type: ignore[override]
        """Whether the rules of the apps allow it (`<app>/rules.py`). Django's own tables of permissions, which nothing
        here fills, would be asked twice on every page besides."""
        return (self.is_active and self.is_superuser) or bool(rules.has_perm(perm, self, obj))

    def active_memberships(self) -> "list[Membership]":
        """Where the person is a member now, by organization name."""
        if self._memberships_of_request is not None:
            return self._memberships_of_request
        return list(self.memberships.active().select_related("organization").order_by("organization__name", "pk"))

    def remember_memberships(self) -> None:
        """Read them once for a whole request. Services that change memberships call `forget_memberships`."""
        self._memberships_of_request = None
        self._memberships_of_request = self.active_memberships()

    def forget_memberships(self) -> None:
        self._memberships_of_request = None

    def active_organizations(self) -> "OrganizationQuerySet":
        """The organizations this person may act for, by name."""
        found = Organization.objects.of(self).order_by("name", "pk")
        if self._memberships_of_request is not None:
            # What prefetch_related does: the header of every page asks, and the middleware has read it already.
            found._result_cache = [membership.organization for membership in self._memberships_of_request]
        return found

    @property
    def is_officer(self) -> bool:
        """Active member of a government office: may not work without a second factor."""
        return any(m.organization.kind == OrganizationKind.GOVERNMENT for m in self.active_memberships())


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Organization(PublicId, TimeStamped):
    """An institute, company, broker or government office. `business_number` is ten digits, check digit verified."""

    kind = models.CharField(_("Kind"), max_length=20, choices=OrganizationKind)
    institute_kind = models.CharField(_("Kind of institute"), max_length=20, choices=InstituteKind, blank=True)
    name = models.CharField(pgettext_lazy("organization", "Name"), max_length=200)
    name_en = models.CharField(_("Name in English"), max_length=200, blank=True)
    name_zh = models.CharField(_("Name in Chinese"), max_length=200, blank=True)
    business_number = models.CharField(_("Business registration number"), max_length=10, unique=True)
    corporate_number = models.CharField(_("Corporate registration number"), max_length=13, blank=True)
    region_code = models.CharField(_("Region"), max_length=10, blank=True)
    phone = models.CharField(_("Telephone"), max_length=30, blank=True)
    website = models.URLField(_("Website"), blank=True)
    answer_days = models.PositiveSmallIntegerField(_("Answers requests within (days)"), default=14)
    head_name = models.CharField(_("Head of the institute"), max_length=80, blank=True, db_default="")
    head_email = models.EmailField(_("E-mail of the head"), blank=True, db_default="")

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

    @property
    def corporate_number_text(self) -> str:
        return format_corporate_number(self.corporate_number)

    @property
    def region_text(self) -> str:
        return str(dict(Region.choices).get(self.region_code, ""))

    def name_in(self, language: str) -> str:
        """The name in `language` where there is one, else the Korean name."""
        wanted = {"en": self.name_en, "zh": self.name_zh}.get(language[:2], "")
        return wanted or self.name

    @property
    def display_name(self) -> str:
        """The name for whoever reads the page."""
        return self.name_in(get_language() or "ko")


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


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(), exclude=["token_digest"])
class Invitation(PublicId, TimeStamped):
    """A manager's word that the owner of `email` may join. Only a digest of the token is kept (lessons F27)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("E-mail"))
    role = models.CharField(_("Role"), max_length=20, choices=Role)
    token_digest = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=20, choices=InvitationState, default=InvitationState.PENDING)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                name="one_pending_invitation_per_email",
                condition=Q(state=InvitationState.PENDING),
            ),
            models.CheckConstraint(name="invitation_state_known", condition=Q(state__in=InvitationState.values)),
            models.CheckConstraint(name="invitation_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(name="invitation_email_lower", condition=Q(email=Lower("email"))),
            models.CheckConstraint(
                name="invitation_token_is_digest", condition=Q(token_digest__regex="^[0-9a-f]{64}$")
            ),
            models.CheckConstraint(
                name="invitation_accepted_pair",
                condition=Q(state=InvitationState.ACCEPTED, accepted_by__isnull=False, accepted_at__isnull=False)
                | (~Q(state=InvitationState.ACCEPTED) & Q(accepted_by__isnull=True, accepted_at__isnull=True)),
            ),
        ]
        triggers = [pgtrigger.FSM(name="invitation_moves", field="state", transitions=INVITATION_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.email} · {self.organization}"


class ApiToken(PublicId):
    """Lets a program act as its owner. The token itself is shown once; only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(pgettext_lazy("token", "Name"), max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="token_is_digest", condition=Q(digest__regex="^[0-9a-f]{64}$")),
            models.CheckConstraint(name="token_expires", condition=Q(expires_at__gt=F("created_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
