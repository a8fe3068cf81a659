"""What is kept about a listing on the market: reminders to confirm it, and what opens it to an exclusive licence."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from marketplace.core.models import PublicId
from tech_listings.clocks import LONGEST_TERM, SHORTEST_TERM
from tech_listings.enums import ConfirmStep, Ground
from tech_listings.models.listing import Listing

LONG_TEXT = 2_000


class ConfirmationReminder(models.Model):
    """How far the holder was told, for the confirmation that counts from `counted_from`. One row per listing."""

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, related_name="reminder")
    counted_from = models.DateField()
    step = models.PositiveSmallIntegerField(choices=ConfirmStep)
    told_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="confirmation_step_known", condition=Q(step__in=ConfirmStep.values)),
        ]
        triggers = [
            # Whoever writes: nobody hears the first reminder after the second.
            pgtrigger.Protect(
                name="no_step_back",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.counted_from = NEW.counted_from AND OLD.step > NEW.step"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.step}"


class NonExclusiveInterest(models.Model):
    """Somebody asked for a non-exclusive licence, by a request with the public id `request_id`. Who, only that says."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="interests")
    asked_at = models.DateTimeField()
    request_id = models.UUIDField(unique=True)

    class Meta:
        indexes = [models.Index(fields=["listing", "asked_at"], name="interest_of_listing")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.asked_at:%Y-%m-%d}"


class ExclusivityTerm(PublicId):
    """The head of the institute decided on another period than the year (Decree art. 26(4)). The newest counts."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="terms")
    months = models.PositiveSmallIntegerField(_("Months"))
    decided_on = models.DateField(_("Decided on"))
    decided_by = models.CharField(_("Decided by"), max_length=100)
    document = models.CharField(_("Document"), max_length=300)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="exclusivity_term_6_to_12", condition=Q(months__gte=SHORTEST_TERM, months__lte=LONGEST_TERM)
            ),
            models.CheckConstraint(name="exclusivity_term_says_who", condition=~Q(decided_by="") & ~Q(document="")),
        ]
        indexes = [models.Index(fields=["listing", "recorded_at"], name="term_of_listing")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.months}"


class ExclusiveGround(PublicId):
    """Why this listing may be licensed exclusively or assigned. Written once; see trigger `exclusive_has_ground`."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="grounds")
    ground = models.CharField(pgettext_lazy("exclusive licence", "Ground"), max_length=20, choices=Ground)
    text = models.TextField(_("Explanation"), max_length=LONG_TEXT)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="exclusive_ground_known", condition=Q(ground__in=Ground.values)),
            models.CheckConstraint(name="exclusive_ground_says_why", condition=~Q(text="")),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.ground}"
