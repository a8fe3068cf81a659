from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Secret, User
from open_data.enums import Scope
from open_data.querysets import KeyQuerySet


class OrganizationKey(Secret):
    """Lets a program of an organization in, for what its scopes say. It outlives the person who made it.

    `successor`: it was rotated into that one, and works beside it until `expires_at`.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(pgettext_lazy("key", "Name"), max_length=60)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope), verbose_name=_("Good for"))
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    successor = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="predecessor", editable=False
    )

    objects = KeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="key_is_digest", condition=Q(digest__regex="^[0-9a-f]{64}$")),
            models.CheckConstraint(name="key_expires", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(
                name="key_scopes_known", condition=Q(scopes__contained_by=Scope.values) & ~Q(scopes=[])
            ),
            models.CheckConstraint(
                name="key_revoked_by_somebody",
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def scope_labels(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.scopes]
