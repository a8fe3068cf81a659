from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class RequestState(models.TextChoices):
    RECEIVED = "received", _("Waits for an answer")
    ANSWERED = "answered", _("Answered")
    WITHDRAWN = "withdrawn", _("Withdrawn")


REQUEST_STATES = StateMachine(
    field="state",
    moves={RequestState.RECEIVED: frozenset({RequestState.ANSWERED, RequestState.WITHDRAWN})},
)


class AnswerKind(models.TextChoices):
    TALK = "talk", _("Let us talk")
    DECLINED = "declined", _("Declined")


class DeclineCategory(models.TextChoices):
    NOT_AVAILABLE = "not_available", _("Not available any more")
    EXCLUSIVE_TALKS = "exclusive_talks", _("Exclusive talks are running")
    CONDITIONS = "conditions", _("The conditions do not fit")
    NEEDS_DEVELOPMENT = "needs_development", _("Needs further development first")
    RIGHTS = "rights", _("A problem with the rights")
    OTHER = "other", _("Another reason")


class EventKind(models.TextChoices):
    """What the timeline shows, each at most once per request."""

    SENT = "sent", _("Request sent")
    OPENED = "opened", _("Opened by the holder")
    REMINDED = "reminded", _("Holder reminded of the date")
    OVERDUE = "overdue", _("The date for the answer has passed")
    LISTING_WITHDRAWN = "listing_withdrawn", _("Technology withdrawn by the holder")
    ANSWERED = "answered", _("Answered")
    WITHDRAWN = "withdrawn", _("Request withdrawn")


class Side(models.TextChoices):
    RECEIVED = "received", pgettext_lazy("requests", "Received")
    SENT = "sent", pgettext_lazy("requests", "Sent")
