import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.core.models import PublicId, TimeStamped
from tech_listings.enums import EXPORT_STATES, ExportFormat, ExportState
from tech_listings.querysets import ListingExportQuerySet


def place_of(export: "ListingExport", name: str) -> str:
    """A folder per export, so that what a killed worker left behind goes with it."""
    return f"exports/{export.public_id}/{name}"


class ListingExport(PublicId, TimeStamped):
    """A long export of a search, made by a worker: `query` is the address of the search, `language` the reader's.

    The file is private and is handed out to `owner` until `expires_at`; then file and row go. `rows` of `total` are
    written; `is_cut` says that more was found than a file takes. `worked_at` is the last sign of life of the worker
    that makes it, empty while nobody does.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="listing_exports")
    query = models.TextField(blank=True)
    format = models.CharField(_("Format"), max_length=10, choices=ExportFormat)
    language = models.CharField(max_length=10)
    state = models.CharField(_("State"), max_length=20, choices=ExportState, default=ExportState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    is_cut = models.BooleanField(default=False)
    worked_at = models.DateTimeField(null=True, blank=True)
    file = models.FileField(upload_to=place_of, blank=True, max_length=200)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    objects = ListingExportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="export_state_known", condition=Q(state__in=ExportState.values)),
            models.CheckConstraint(name="export_format_known", condition=Q(format__in=ExportFormat.values)),
            models.UniqueConstraint(
                F("owner"),
                MD5("query"),  # the address of a long text is too long for an index
                F("format"),
                F("language"),
                name="export_waits_once",
                condition=Q(state=ExportState.WAITING),
            ),
            models.CheckConstraint(
                name="export_ready_has_file",
                condition=(Q(state=ExportState.READY, ready_at__isnull=False) & ~Q(file=""))
                | (~Q(state=ExportState.READY) & Q(ready_at__isnull=True, file="")),
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="export_of_owner"),
            models.Index(fields=["expires_at"], name="export_expires"),
        ]
        triggers = [pgtrigger.FSM(name="export_moves", field="state", transitions=EXPORT_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.owner_id} {self.state} {self.query[:60]}"
