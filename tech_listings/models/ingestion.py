from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from marketplace.core.models import PublicId, TimeStamped


class Source(PublicId, TimeStamped):
    """Where an institute's records come from: a file it exports again and again, or a feed."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sources")
    name = models.CharField(_("Source"), max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="one_source_per_name"),
        ]

    def __str__(self) -> str:
        return self.name
