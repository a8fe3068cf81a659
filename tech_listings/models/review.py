"""What a holder sends for registration, and what an officer said to it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.core.models import PublicId
from tech_listings.enums import Decision
from tech_listings.models.listing import Listing
from tech_listings.querysets import SubmissionQuerySet


class Submission(PublicId):
    """A technology as it was sent, and the decision. What was decided is never changed; rows are never deleted.

    `content` is what the officer reads: the public fields (see `services.submission`) and `rights`, a list, so that
    the next submission can say what has changed. `marks` is what an officer returns it for: name of the field → note.
    """

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="submissions")
    serial = models.PositiveSmallIntegerField()
    content = models.JSONField()
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(_("Decision"), max_length=20, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(_("Note"), max_length=2_000, blank=True)
    marks = models.JSONField(default=dict, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "serial"], name="submission_serial"),
            models.UniqueConstraint(fields=["listing"], name="submission_one_open", condition=Q(decision="")),
            models.CheckConstraint(
                name="submission_decision_says_who",
                condition=Q(decision="", decided_at__isnull=True, decided_by__isnull=True)
                | Q(decision__in=Decision, decided_at__isnull=False, decided_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["submitted_at", "id"], name="submission_waiting", condition=Q(decision=""))]

    def __str__(self) -> str:
        return f"{self.listing} · {self.serial}"
