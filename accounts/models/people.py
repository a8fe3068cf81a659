from typing import TYPE_CHECKING, ClassVar

import rules
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.enums import MailRate, OrganizationKind
from accounts.models.organizations import Organization
from accounts.querysets import ApiTokenQuerySet, UserManager
from marketplace.core.models import PublicId

if TYPE_CHECKING:
    from accounts.models.members import Membership
    from accounts.querysets import OrganizationQuerySet


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


class Secret(PublicId):
    """What lets a program in. Its text is shown once; only its SHA-256 is kept, and what it begins with."""

    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class ApiToken(Secret):
    """Lets a program act as its owner."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(pgettext_lazy("token", "Name"), max_length=60)
    hint = models.CharField(max_length=8)
    second_factor = models.BooleanField(default=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="token_is_digest", condition=Q(digest__regex="^[0-9a-f]{64}$")),
            models.CheckConstraint(name="token_expires", condition=Q(expires_at__gt=F("created_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
