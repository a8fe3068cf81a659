from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class DueKind(models.TextChoices):
    """What falls due under a contract: money, or a report."""

    UPFRONT = "upfront", _("Upfront fee")
    INSTALMENT = "instalment", _("Instalment")
    RUNNING = "running", _("Running royalty")
    MINIMUM = "minimum", _("Minimum royalty")
    MILESTONE = "milestone", _("Milestone payment")
    LATE_INTEREST = "late_interest", _("Late interest")
    STATEMENT = "statement", _("Sales statement")
    USAGE = "usage", _("Usage report")
    START = "start", _("Start of production")


D = DueKind
MONEY_KINDS = (D.UPFRONT, D.INSTALMENT, D.RUNNING, D.MINIMUM, D.MILESTONE, D.LATE_INTEREST)


class DueState(models.TextChoices):
    """A payment is expected until it is asked for; a report until it is handed in."""

    EXPECTED = "expected", pgettext_lazy("due", "Expected")
    INVOICED = "invoiced", pgettext_lazy("due", "Asked for")
    DONE = "done", pgettext_lazy("due", "Done")
    WAIVED = "waived", pgettext_lazy("due", "Not owed")


S = DueState
DUE_STATES = StateMachine(
    field="state",
    moves={
        S.EXPECTED: frozenset({S.INVOICED, S.DONE, S.WAIVED}),
        S.INVOICED: frozenset({S.EXPECTED, S.DONE, S.WAIVED}),
        S.DONE: frozenset({S.INVOICED, S.EXPECTED}),
    },
)
OPEN_STATES = (S.EXPECTED, S.INVOICED)
REPORT_KINDS = (D.STATEMENT, D.USAGE, D.START)
REACHED_KINDS = (D.MILESTONE, D.START)
"""What the firm says it has reached, and the holder confirms."""


class StatementState(models.TextChoices):
    """What the firm reports of a year's sales, and what the holder says of it."""

    REPORTED = "reported", pgettext_lazy("statement", "Reported")
    QUESTIONED = "questioned", pgettext_lazy("statement", "Questioned by the holder")
    ACCEPTED = "accepted", pgettext_lazy("statement", "Accepted")
    CORRECTED = "corrected", pgettext_lazy("statement", "Replaced by a correction")


STATEMENT_STATES = StateMachine(
    field="state",
    moves={
        StatementState.REPORTED: frozenset(
            {StatementState.QUESTIONED, StatementState.ACCEPTED, StatementState.CORRECTED}
        ),
        StatementState.QUESTIONED: frozenset({StatementState.ACCEPTED, StatementState.CORRECTED}),
        StatementState.ACCEPTED: frozenset({StatementState.CORRECTED}),
    },
)


class Usage(models.TextChoices):
    """What became of the technology. Unknown counts as a failure in the figures."""

    IN_USE = "in_use", _("In use")
    PAUSED = "paused", _("Paused")
    ABANDONED = "abandoned", _("Given up")
    UNKNOWN = "unknown", _("Unknown")


USED_UP = (Usage.ABANDONED, Usage.UNKNOWN)
"""What figures count as a failure."""
SAID_USAGE = (Usage.IN_USE, Usage.PAUSED, Usage.ABANDONED)
"""What a firm can say. Unknown is what the house notes where nobody said anything by the day."""


class ReachedState(models.TextChoices):
    """What the firm says of a milestone or the start of production, and what the holder says of it."""

    REPORTED = "reported", pgettext_lazy("reached", "Reported")
    CONFIRMED = "confirmed", pgettext_lazy("reached", "Confirmed")
    REFUSED = "refused", pgettext_lazy("reached", "Not confirmed")


REACHED_STATES = StateMachine(
    field="state",
    moves={ReachedState.REPORTED: frozenset({ReachedState.CONFIRMED, ReachedState.REFUSED})},
)
