import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from brokers.enums.register import ReportOutcome, TextKind
from brokers.models.mandates import BrokeredDeal
from brokers.querysets.ratings import RatingQuerySet, RatingReportQuerySet, RatingTextQuerySet
from marketplace.core.models import PublicId, TimeStamped

RATING_TEXT, REASON_TEXT = 2_000, 500


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Rating(PublicId, TimeStamped):
    """What a party of a closed deal says of the broker: once per deal and party, 1 (poor) to 5 (very good) stars.

    A party is the client of the deal's mandate, the holder or the firm, where it has an account and is not the broker.
    `names_rater` lets the public page name it. Triggers ask of each row what the services ask.
    """

    deal = models.ForeignKey(BrokeredDeal, on_delete=models.PROTECT, related_name="ratings")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="broker_ratings")
    stars = models.PositiveSmallIntegerField(_("Stars"))
    names_rater = models.BooleanField(_("Name us beside the text"), default=False)
    rated_at = models.DateTimeField(pgettext_lazy("broker", "Rated"))
    rated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)

    objects = RatingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deal", "organization"], name="rating_once_per_deal_and_party"),
            models.CheckConstraint(name="rating_stars_in_bounds", condition=Q(stars__gte=1, stars__lte=5)),
        ]

    def __str__(self) -> str:
        return f"{self.deal_id} {self.stars}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class RatingText(PublicId, TimeStamped):
    """What is written about a deal: by the party, by the broker to it, by the party to that. Each once.

    An officer hides what breaks the rules: the reason stands in its place, the stars stay.
    """

    rating = models.ForeignKey(Rating, on_delete=models.PROTECT, related_name="texts")
    kind = models.CharField(_("Kind"), max_length=10, choices=TextKind)
    text = models.TextField(_("Text"), max_length=RATING_TEXT)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    hidden_reason = models.CharField(_("Why it is hidden"), max_length=REASON_TEXT, blank=True)

    objects = RatingTextQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="rating_text_kind_known", condition=Q(kind__in=TextKind.values)),
            models.CheckConstraint(name="rating_text_says_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="rating_text_hidden_says_why",
                condition=Q(hidden_at__isnull=True, hidden_by__isnull=True, hidden_reason="")
                | (Q(hidden_at__isnull=False, hidden_by__isnull=False) & ~Q(hidden_reason="")),
            ),
            models.UniqueConstraint(fields=["rating", "kind"], name="rating_text_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rating_id} {self.kind}"

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None


class RatingReport(PublicId, TimeStamped):
    """Somebody says that a text breaks the rules; an officer hides it or lets it stand."""

    text = models.ForeignKey(RatingText, on_delete=models.PROTECT, related_name="reports")
    reason = models.CharField(_("What is wrong with it"), max_length=REASON_TEXT)
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(_("Outcome"), max_length=10, choices=ReportOutcome, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = RatingReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="rating_report_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="rating_report_decided_says_who",
                condition=Q(outcome="", decided_at__isnull=True, decided_by__isnull=True)
                | Q(outcome__in=ReportOutcome.values, decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["text", "reported_by"], name="rating_report_once_per_person", condition=Q(outcome="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.text_id} {self.reported_at}"
