"""The public register: what can be asked of it, how it is ordered, and what people say of a broker afterwards."""

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

FEW = 3
"""A figure of fewer things than this is not shown: it would tell of somebody's deal."""
MONTHS_COUNTED = 12
"""So far back the time to the first answer is looked at."""
DAYS_TO_EDIT = 14
"""So long a rating and what is answered to it can be changed by who wrote it."""
DAYS_A_DECLARATION_HOLDS = 365
EXAMPLE_WON = 100_000_000
"""The value of the deal that a fee is shown for."""


def seed_of(day: date) -> str:
    """What numbers are mixed with on that day in Korea: everybody can compute the order with it."""
    return f"{day:%Y-%m-%d}|"


class PublicState(models.TextChoices):
    """What the public reads of a registration. A warning and a hearing are no decision yet, and are not shown."""

    REGISTERED = "registered", pgettext_lazy("broker", "Registered")
    SUSPENDED = "suspended", pgettext_lazy("broker", "Suspended")
    CANCELLED = "cancelled", pgettext_lazy("broker", "Cancelled")


class RegisterOrder(models.TextChoices):
    NEUTRAL = "neutral", _("Drawn anew each day")
    NAME = "name", _("By name")
    ANSWER = "answer", _("Fastest first answer")
    DEALS = "deals", _("Most deals in the fields chosen")


class Language(models.TextChoices):
    """ISO 639-1. Those in which brokers say they can work."""

    KO = "ko", _("Korean")
    EN = "en", _("English")
    ZH = "zh", _("Chinese")
    JA = "ja", _("Japanese")
    DE = "de", _("German")
    FR = "fr", _("French")
    ES = "es", _("Spanish")
    RU = "ru", _("Russian")
    VI = "vi", _("Vietnamese")


class DealSize(models.TextChoices):
    """Bands of a deal's value: what the register says instead of amounts."""

    UNDER_10M = "under_10m", _("Under 10 million won")
    UNDER_50M = "under_50m", _("10 to 50 million won")
    UNDER_200M = "under_200m", _("50 to 200 million won")
    UNDER_1B = "under_1b", _("200 million to 1 billion won")
    FROM_1B = "from_1b", _("1 billion won and more")


SIZE_BOUNDS: tuple[tuple[str, int], ...] = (
    (DealSize.UNDER_10M, 10_000_000),
    (DealSize.UNDER_50M, 50_000_000),
    (DealSize.UNDER_200M, 200_000_000),
    (DealSize.UNDER_1B, 1_000_000_000),
)
"""Each band and the value it ends below; the last one is open."""


class TextKind(models.TextChoices):
    """What is written about a deal, in this order and each once."""

    RATING = "rating", pgettext_lazy("rating", "Rating")
    ANSWER = "answer", _("Answer of the broker")
    REPLY = "reply", _("Reply to the answer")


class ReportOutcome(models.TextChoices):
    HIDDEN = "hidden", pgettext_lazy("text", "Hidden")
    KEPT = "kept", pgettext_lazy("text", "Kept")
