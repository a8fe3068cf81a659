"""What a figure of the plan is, and in what it is told."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.few import FEW


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
    WON = "won", pgettext_lazy("unit", "Won")
    COUNT = "count", pgettext_lazy("unit", "Number")
    DAYS = "days", pgettext_lazy("unit", "Days")


class Openness(models.TextChoices):
    """Who sees the rows behind a part of a figure, beside officers who see all."""

    OPEN = "open", _("Everybody sees the rows")
    COUNTED = "counted", _("Everybody sees the number; an institute sees its own rows")
    GUARDED = "guarded", _("As counted, and no number that fewer than three organizations stand behind is public")
    MONTHLY = "monthly", _("As guarded, and public as frozen months only")


class Theme(models.TextChoices):
    """Under which heading a figure stands on the board."""

    TRANSFER = "transfer", _("Transfer of technology")
    ROYALTY = "royalty", _("Royalties")
    LISTING = "listing", _("Listing of results")
    CONTRACT = "contract", _("What became of contracts")
    BROKER = "broker", _("Brokers")
    VOUCHER = "voucher", _("Vouchers")
    SPEED = "speed", _("How long it takes")


class Withheld(models.TextChoices):
    """Why a number is not told to a reader."""

    TOO_FEW = "too_few", _("Fewer than three organizations stand behind it")
    MONTHLY = "monthly", _("Told to the public as frozen months only")
    CHANGED_LITTLE = "changed_little", _("Fewer than three organizations stand behind what changed since it was told")


FEWEST = FEW
"""Of fewer organizations than this no guarded sum is public: it would tell of single contracts (docs/adr/0050)."""
NO_YEAR = 0
"""The `year` of a figure that tells how things stand, and not of a year."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Of targets, surveys and what is asked for: other years are typing mistakes."""
