from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class SheetState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", pgettext_lazy("survey", "Submitted")
    RETURNED = "returned", pgettext_lazy("survey", "Returned")
    ACCEPTED = "accepted", pgettext_lazy("survey", "Accepted")
    WITHDRAWN = "withdrawn", pgettext_lazy("survey", "Given up")


SHEET_STATES = StateMachine(
    field="state",
    moves={
        SheetState.DRAFT: frozenset({SheetState.SUBMITTED, SheetState.WITHDRAWN}),
        SheetState.SUBMITTED: frozenset({SheetState.RETURNED, SheetState.ACCEPTED}),
        SheetState.RETURNED: frozenset({SheetState.SUBMITTED, SheetState.WITHDRAWN}),
        SheetState.ACCEPTED: frozenset(),
        SheetState.WITHDRAWN: frozenset(),
    },
)
OPEN_SHEETS = (SheetState.DRAFT, SheetState.SUBMITTED, SheetState.RETURNED)


class SheetStepKind(models.TextChoices):
    SUBMITTED = "submitted", pgettext_lazy("survey", "Submitted")
    RETURNED = "returned", pgettext_lazy("survey", "Returned")
    ACCEPTED = "accepted", pgettext_lazy("survey", "Accepted")
    WITHDRAWN = "withdrawn", pgettext_lazy("survey", "Given up")


class Standing(models.TextChoices):
    """Where an institute stands with the survey of a year."""

    MISSING = "missing", pgettext_lazy("survey", "Nothing yet")
    DRAFT = "draft", pgettext_lazy("survey", "Begun")
    SUBMITTED = "submitted", pgettext_lazy("survey", "Submitted")
    RETURNED = "returned", pgettext_lazy("survey", "Returned")
    ACCEPTED = "accepted", pgettext_lazy("survey", "Accepted")


class SurveyFileState(models.TextChoices):
    READ = "read", pgettext_lazy("survey file", "Compared")
    APPLIED = "applied", pgettext_lazy("survey file", "Applied")
    DISCARDED = "discarded", pgettext_lazy("survey file", "Discarded")


SURVEY_FILE_STATES = StateMachine(
    field="state",
    moves={
        SurveyFileState.READ: frozenset({SurveyFileState.APPLIED, SurveyFileState.DISCARDED}),
        SurveyFileState.APPLIED: frozenset(),
        SurveyFileState.DISCARDED: frozenset(),
    },
)
