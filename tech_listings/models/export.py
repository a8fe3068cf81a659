import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.core.models import PublicId, TimeStamped
from tech_listings.enums import EXPORT_STATES, ExportFormat, ExportState
from tech_listings.querysets import ListingExportQuerySet


class ListingExport(PublicId, TimeStamped):
    """A long export of a search, made by a worker: `query` is the address of the search, `language` the reader's.

    The file is private and is handed out to `owner` until `expires_at`; then file and row go.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="listing_exports")
    query = models.TextField(blank=True)
    format = models.CharField(_("Format"), max_length=10, choices=ExportFormat)
    language = models.CharField(max_length=10)
    state = models.CharField(_("State"), max_length=20, choices=ExportState, default=ExportState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to="exports/%Y/%m/%d", blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    objects = ListingExportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="export_state_known", condition=Q(state__in=ExportState.values)),
            models.CheckConstraint(name="export_format_known", condition=Q(format__in=ExportFormat.values)),
            models.CheckConstraint(
                name="export_ready_has_file",
                condition=(Q(state=ExportState.READY, ready_at__isnull=False) & ~Q(file=""))
                | (~Q(state=ExportState.READY) & Q(ready_at__isnull=True, file="")),
            ),
        ]
        indexes = [models.Index(fields=["owner", "-created_at"], name="export_of_owner")]
        triggers = [pgtrigger.FSM(name="export_moves", field="state", transitions=EXPORT_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.owner_id} {self.state} {self.query[:60]}"
