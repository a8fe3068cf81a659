"""Duties of registered brokers: reports, changes, warnings, and what they may lead to (domain-facts.md §2)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class ReportState(models.TextChoices):
    """That a report is late or missed is asked by the day and never stored."""

    DUE = "due", pgettext_lazy("report", "To be submitted")
    SUBMITTED = "submitted", pgettext_lazy("report", "Submitted")


REPORT_STATES = StateMachine(field="state", moves={ReportState.DUE: frozenset({ReportState.SUBMITTED})})


class ChangeKind(models.TextChoices):
    """What of a broker can change that its office has to know."""

    NAME = "name", _("Name or number")
    REPRESENTATIVE = "representative", _("Representative")
    ADDRESS = "address", _("Address or telephone")
    ARTICLES = "articles", _("Articles of incorporation")
    STAFF = "staff", _("Qualified staff")
    CLOSURE = "closure", _("Business closed, or registration given up")


class ChangeState(models.TextChoices):
    """What changed on the platform is suggested; the broker tells it, or says that it need not be told."""

    SUGGESTED = "suggested", pgettext_lazy("change", "To be told")
    FILED = "filed", pgettext_lazy("change", "Told")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("change", "Acknowledged")
    DISMISSED = "dismissed", pgettext_lazy("change", "Need not be told")


CHANGE_STATES = StateMachine(
    field="state",
    moves={
        ChangeState.SUGGESTED: frozenset({ChangeState.FILED, ChangeState.DISMISSED}),
        ChangeState.FILED: frozenset({ChangeState.ACKNOWLEDGED}),
    },
)
TOLD = (ChangeState.FILED, ChangeState.ACKNOWLEDGED)


class Ground(models.TextChoices):
    """Why a registration may be cancelled or a broker warned, as far as its duties go (Act art. 10(3))."""

    BELOW_STANDARD = "below_standard", _("Below the standard")
    MISSED_REPORTS = "missed_reports", _("Reports missed")
    NO_DEAL = "no_deal", _("No deal in two years")
    CLOSURE = "closure", _("Own wish or closure")
    LATE_NOTICE = "late_notice", _("Change told late or not at all")
    OTHER = "other", pgettext_lazy("ground", "Another reason")


class WarningState(models.TextChoices):
    GIVEN = "given", pgettext_lazy("warning", "Waits for an answer")
    ANSWERED = "answered", pgettext_lazy("warning", "Answered")
    LIFTED = "lifted", pgettext_lazy("warning", "Lifted")


WARNING_STATES = StateMachine(
    field="state",
    moves={
        WarningState.GIVEN: frozenset({WarningState.ANSWERED, WarningState.LIFTED}),
        WarningState.ANSWERED: frozenset({WarningState.LIFTED}),
    },
)
OPEN_WARNINGS = (WarningState.GIVEN, WarningState.ANSWERED)
