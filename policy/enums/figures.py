"""What a figure of the plan is, and in what it is told."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(models.TextChoices):
    """How the rows of a figure make its value. See `policy.queries.figures.kinds`."""

    COUNT = "count", _("Number of rows")
    SUM = "sum", _("Sum of rows")
    RATIO = "ratio", _("Numerator divided by denominator")
    MEDIAN = "median", _("Median of rows")
    SHARES = "shares", _("Sum, told by state")


class Unit(models.TextChoices):
    """What the whole number that is stored counts."""

    BASIS_POINTS = "basis_points", _("Percent")
    WON = "won", _("Won")
    COUNT = "count", pgettext_lazy("unit", "Number")
    DAYS = "days", pgettext_lazy("unit", "Days")


class Openness(models.TextChoices):
    """Who sees the rows behind a part of a figure, beside officers who see all."""

    OPEN = "open", _("Everybody sees the rows")
    COUNTED = "counted", _("Everybody sees the number; an institute sees its own rows")
    GUARDED = "guarded", _("As counted, and no number of fewer than three rows is public")


class Theme(models.TextChoices):
    """Under which heading a figure stands on the board."""

    TRANSFER = "transfer", _("Transfer of technology")
    ROYALTY = "royalty", _("Royalties")
    LISTING = "listing", _("Listing of results")
    CONTRACT = "contract", _("What became of contracts")
    BROKER = "broker", _("Brokers")
    VOUCHER = "voucher", _("Vouchers")
    SPEED = "speed", _("How long it takes")


FEWEST = 3
"""Of fewer rows than this no guarded number is public: it would tell of single contracts."""
NO_YEAR = 0
"""The `year` of a figure that tells how things stand, and not of a year."""
