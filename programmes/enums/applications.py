"""Applications. What officers read of a state and what applicants read are two things: see `programmes.wording`."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class ApplicationState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("application", "Draft")
    DISCARDED = "discarded", pgettext_lazy("application", "Thrown away")
    SUBMITTED = "submitted", pgettext_lazy("application", "Submitted")
    COMPLETION = "completion", pgettext_lazy("application", "To be completed")
    ELIGIBLE = "eligible", pgettext_lazy("application", "Eligible")
    INELIGIBLE = "ineligible", pgettext_lazy("application", "Not eligible")
    SELECTED = "selected", pgettext_lazy("application", "Selected")
    RESERVE = "reserve", pgettext_lazy("application", "On the reserve list")
    NOT_SELECTED = "not_selected", pgettext_lazy("application", "Not selected")
    AGREED = "agreed", pgettext_lazy("application", "Agreement signed")
    LAPSED = "lapsed", pgettext_lazy("application", "Lapsed")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "Withdrawn")


A = ApplicationState
APPLICATION_STATES = StateMachine(
    field="state",
    moves={
        A.DRAFT: frozenset({A.SUBMITTED, A.DISCARDED}),
        A.SUBMITTED: frozenset({A.COMPLETION, A.ELIGIBLE, A.INELIGIBLE, A.WITHDRAWN}),
        A.COMPLETION: frozenset({A.SUBMITTED, A.INELIGIBLE, A.WITHDRAWN}),
        A.ELIGIBLE: frozenset({A.INELIGIBLE, A.SELECTED, A.RESERVE, A.NOT_SELECTED, A.WITHDRAWN}),
        A.INELIGIBLE: frozenset({A.ELIGIBLE}),  # an objection was right
        A.RESERVE: frozenset({A.SELECTED, A.NOT_SELECTED, A.WITHDRAWN}),
        A.NOT_SELECTED: frozenset({A.SELECTED, A.RESERVE}),  # an objection was right
        A.SELECTED: frozenset({A.AGREED, A.LAPSED, A.WITHDRAWN}),
        A.AGREED: frozenset({A.LAPSED}),  # the own share was never paid in
    },
)

RUNNING = (A.SUBMITTED, A.COMPLETION, A.ELIGIBLE, A.RESERVE, A.SELECTED, A.AGREED)
AGAINST = (A.INELIGIBLE, A.NOT_SELECTED)
"""What a firm may object to."""
"""What a firm has before the office, or has won: one for each call."""


class Part(models.TextChoices):
    """The sections of an application, in the order in which they are filled in."""

    FACTS = "facts", pgettext_lazy("part of an application", "Your firm")
    TECHNOLOGY = "technology", pgettext_lazy("part of an application", "Technology")
    SERVICES = "services", pgettext_lazy("part of an application", "Services and money")
    PLAN = "plan", pgettext_lazy("part of an application", "Plan")
    PAPERS = "papers", pgettext_lazy("part of an application", "Papers")
    DECLARATIONS = "declarations", pgettext_lazy("part of an application", "Declarations")


class Independence(models.TextChoices):
    """What a firm says about large groups: only then can its size be told (facts §6.3)."""

    INDEPENDENT = "independent", _("No, to none")
    IN_GROUP = "in_group", _("Yes, or such a company owns 30 percent or more of it")
    UNKNOWN = "unknown", _("We do not know")


class PlanText(models.TextChoices):
    """What is asked in words; the same for every call, so that an earlier answer can be taken over."""

    PRODUCT = "product", _("What do you make of the technology?")
    MARKET = "market", _("Who will buy it, and why from you?")
    SCHEDULE = "schedule", _("What is done by when, and by whom?")
