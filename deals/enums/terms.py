"""Ways to pay for a technology (facts §4.1)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Method(models.TextChoices):
    """Running includes an initial fee, a minimum and a cap where the terms name them."""

    LUMP_SUM = "lump_sum", _("Lump sum")
    RUNNING = "running", _("Running royalty")
    MILESTONES = "milestones", _("Milestones")
    SWAP = "swap", _("Swap of the upfront fee for royalty")
    EQUITY = "equity", _("Equity")
    FREE = "free", _("Free of charge")


RUNNING_METHODS = (Method.RUNNING, Method.SWAP)
"""What an institute has to offer one of, or say why not."""
