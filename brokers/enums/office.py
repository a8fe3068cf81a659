"""What officers do with an application, and the figures they go by (decree arts. 16 and 21)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from brokers.enums.registration import ApplicationState, RegistrationKind, RequirementKey

COMPLETION_DAYS = 14
"""Assumption: so long an applicant has to complete what is missing, unless the officer says otherwise."""
MOST_COMPLETION_DAYS = 90
REMIND_DAYS = 3
"""So many days before the day passes the applicant is reminded."""
MOST_MEMBERS = 50
OTHER_PART = "other"


class StepKind(models.TextChoices):
    """What happened to an application. Those of the applicant stand beside those of the office."""

    APPLIED = "applied", pgettext_lazy("application", "Handed in")
    TAKEN_UP = "taken_up", _("Taken up")
    COMPLETION_ASKED = "completion_asked", _("Completion asked")
    REMINDED = "reminded", pgettext_lazy("application", "Reminded")
    COMPLETED = "completed", pgettext_lazy("application", "Completed")
    PASSED = "passed", _("Documents complete")
    ADVICE = "advice", _("Advice received")
    COMMITTEE = "committee", _("Put before the committee")
    SESSION = "session", _("Session of the committee")
    TRAINING = "training", _("Training outstanding")
    DESIGNATED = "designated", pgettext_lazy("application", "Registered")
    REFUSED = "refused", pgettext_lazy("application", "Refused")
    OBJECTED = "objected", pgettext_lazy("application", "Objection")
    UPHELD = "upheld", _("Objection upheld")
    REJECTED = "rejected", _("Objection rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "Withdrawn")


CHECKING = (StepKind.TAKEN_UP, StepKind.COMPLETION_ASKED, StepKind.PASSED)
"""Who did one of these checked the documents, and neither registers nor decides on an objection."""
BY_THE_APPLICANT = (StepKind.APPLIED, StepKind.COMPLETED, StepKind.OBJECTED, StepKind.WITHDRAWN)


class Recommendation(models.TextChoices):
    REGISTER = "register", _("Register")
    REFUSE = "refuse", _("Refuse")
    UNDECIDED = "undecided", _("No recommendation")


S = ApplicationState
TAB_STATES: dict[str, tuple[ApplicationState, ...]] = {
    "new": (S.APPLIED,),
    "check": (S.DOC_CHECK,),
    "completion": (S.COMPLETION,),
    "advice": (S.ADVICE,),
    "committee": (S.COMMITTEE,),
    "training": (S.TRAINING,),
    "objections": (S.OBJECTED,),
    "decided": (S.DESIGNATED, S.REFUSED, S.REJECTED, S.WITHDRAWN),
}
TAB_LABELS = {
    "new": _("To take up"),
    "check": pgettext_lazy("applications", "In check"),
    "completion": _("Completion asked"),
    "advice": pgettext_lazy("applications", "Advice"),
    "committee": pgettext_lazy("applications", "Committee"),
    "training": pgettext_lazy("applications", "Training"),
    "objections": pgettext_lazy("applications", "Objections"),
    "decided": pgettext_lazy("applications", "Decided"),
}

PARTS: dict[str, tuple[str, ...]] = {
    RegistrationKind.AGENCY: (
        RequirementKey.CORPORATION,
        RequirementKey.QUALIFIED_STAFF,
        RequirementKey.GUIDELINE,
        RequirementKey.NETWORK,
        RequirementKey.ARTICLES,
        RequirementKey.BUSINESS_PLAN,
        OTHER_PART,
    ),
    RegistrationKind.TRADER: (RequirementKey.CAREER, RequirementKey.TRAINING, OTHER_PART),
}
"""The parts of an application of a kind of which something can be missing."""


class Act(models.TextChoices):
    """What an officer does with an application; the value stands in addresses."""

    TAKE_UP = "take-up", _("Take it up")
    ASK_COMPLETION = "ask-completion", _("Ask for completion")
    PASS = "pass-to-advice", _("Documents are complete")
    ADVICE = "record-advice", _("Record advice")
    COMMITTEE = "put-before-committee", _("Put it before the committee")
    SESSION = "record-session", _("Record the session")
    TRAINING = "ask-training", _("Training is outstanding")
    REGISTER = "register", pgettext_lazy("application", "Register it")
    REFUSE = "refuse", pgettext_lazy("application", "Refuse it")
    OBJECTION = "decide-objection", _("Decide on the objection")


BOTH = (RegistrationKind.AGENCY, RegistrationKind.TRADER)
TRADERS = (RegistrationKind.TRADER,)
ACTS: dict[Act, tuple[tuple[str, ...], tuple[ApplicationState, ...]]] = {
    Act.TAKE_UP: (BOTH, (S.APPLIED, S.DOC_CHECK)),
    Act.PASS: (BOTH, (S.DOC_CHECK,)),
    Act.ASK_COMPLETION: (BOTH, (S.DOC_CHECK,)),
    Act.ADVICE: (BOTH, (S.ADVICE,)),
    Act.COMMITTEE: (TRADERS, (S.ADVICE,)),
    Act.SESSION: (TRADERS, (S.COMMITTEE,)),
    Act.TRAINING: (TRADERS, (S.COMMITTEE,)),
    Act.REGISTER: (BOTH, (S.ADVICE, S.COMMITTEE, S.TRAINING)),
    Act.OBJECTION: (BOTH, (S.OBJECTED,)),
    Act.REFUSE: (BOTH, (S.DOC_CHECK, S.COMPLETION, S.ADVICE, S.COMMITTEE, S.TRAINING)),
}
"""Of which kinds of application and in which states each may be done, in the order of the page."""
BY_FOUR_EYES = (Act.REGISTER, Act.OBJECTION)
"""Not by who checked the documents."""
