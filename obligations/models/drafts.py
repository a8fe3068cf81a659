from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.core.models import PublicId
from obligations.models.duties import Obligation
from obligations.querysets import DutyDraftQuerySet
from tech_listings.models import Listing


class DutyDraft(PublicId):
    """A technology that is being written for a duty, once per pair. Registered, it does the duty (`services.settle`).

    It is no `Discharge` yet: what only the institute sees counts for nothing and is shown to no officer. `batch` is
    what those made in one go have in common.
    """

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="drafts")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="duty_drafts")
    batch = models.UUIDField(_("Made in one go"), null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = DutyDraftQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["obligation", "listing"], name="duty_draft_once")]
        indexes = [models.Index(fields=["batch"], name="duty_draft_batch", condition=models.Q(batch__isnull=False))]

    def __str__(self) -> str:
        return f"{self.obligation_id} by {self.listing_id}"
