from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class PeerGroup(models.TextChoices):
    """Types by which the survey of 2016 ranked institutes (domain-facts §7)."""

    BASIC = "basic", _("Basic and future-leading")
    INFRASTRUCTURE = "infrastructure", _("Public infrastructure")
    EDUCATION = "education", _("Research and education")
    COMMERCIALIZATION = "commercialization", _("Commercialization")


class Area(models.TextChoices):
    SUPPORT = "support", pgettext_lazy("capability", "Support")
    MANAGEMENT = "management", pgettext_lazy("capability", "Management")
    RESULTS = "results", pgettext_lazy("capability", "Results")


class Indicator(models.TextChoices):
    """Each is one number divided by another; `scheme.index.PARTS` says which."""

    STAFF_BY_TECHNOLOGIES = "staff_by_technologies", _("Staff of the office per newly acquired technology")
    STAFF_BY_EXPENDITURE = "staff_by_expenditure", _("Staff of the office per won of research expenditure")
    LISTED = "listed", _("Technologies registered here, of those newly acquired")
    ACQUIRED_BY_EXPENDITURE = "acquired_by_expenditure", _("Newly acquired technologies per won of expenditure")
    TRANSFER_RATE = "transfer_rate", _("Transfers, of newly acquired technologies")
    PRODUCTIVITY = "productivity", _("Royalty received, of research expenditure")
    TRANSFERS_BY_STAFF = "transfers_by_staff", _("Transfers per person of the office")


class WeightsState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", pgettext_lazy("version", "Thrown away")


WEIGHTS_STATES = StateMachine(
    field="state",
    moves={
        WeightsState.DRAFT: frozenset({WeightsState.PUBLISHED, WeightsState.WITHDRAWN}),
        WeightsState.PUBLISHED: frozenset(),
        WeightsState.WITHDRAWN: frozenset(),
    },
)
