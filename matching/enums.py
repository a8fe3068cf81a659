from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class NeedState(models.TextChoices):
    OPEN = "open", pgettext_lazy("need", "Open")
    CLOSED = "closed", pgettext_lazy("need", "Closed")


NEED_STATES = StateMachine(
    field="state",
    moves={
        NeedState.OPEN: frozenset({NeedState.CLOSED}),
        NeedState.CLOSED: frozenset({NeedState.OPEN}),
    },
)


class NeedOutcome(models.TextChoices):
    """How a need ended. The figures of the plan count them: a need nobody could meet is a result, too."""

    FOUND = "found", _("A technology was found")
    NO_SUPPLY = "no_supply", _("No supply found")
    WITHDRAWN = "withdrawn", pgettext_lazy("need", "Withdrawn")
    EXPIRED = "expired", _("The date passed without an answer that fits")


class AnswerKind(models.TextChoices):
    LISTING = "listing", _("A technology that may fit")
    NO_SUPPLY = "no_supply", _("We looked and have nothing")


class AlertRate(models.TextChoices):
    """How often mail comes about new matches."""

    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")
    MONTHLY = "monthly", _("Once a month")
    OFF = "off", _("No mail")


class SearchState(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("saved search", "Active")
    PAUSED = "paused", pgettext_lazy("saved search", "Paused")


SEARCH_STATES = StateMachine(
    field="state",
    moves={
        SearchState.ACTIVE: frozenset({SearchState.PAUSED}),
        SearchState.PAUSED: frozenset({SearchState.ACTIVE}),
    },
)


class WhyNot(models.TextChoices):
    """Why a match does not fit, in words a holder can learn from."""

    OTHER_FIELD = "other_field", _("Another field or problem")
    TOO_EARLY = "too_early", _("Not developed far enough")
    CONDITIONS = "conditions", _("The conditions do not fit")
    TOO_EXPENSIVE = "too_expensive", _("Too expensive")
    KNOWN = "known", _("Known already")
    OTHER = "other", _("Another reason")
