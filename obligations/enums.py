"""Kinds, grounds and state tables of duties (domain-facts.md §1.3)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from marketplace.core.files import DocumentType
from marketplace.core.states import StateMachine


class ResultKind(models.TextChoices):
    """Results of research that can become a technology on offer (Innovation Act decree art. 3)."""

    PATENT = "patent", _("Patent")
    KNOW_HOW = "know_how", _("Know-how")
    SOFTWARE = "software", _("Software")
    PROTOTYPE = "prototype", _("Prototype")
    TECHNOLOGY_SUMMARY = "technology_summary", _("Technology summary")
    NEW_VARIETY = "new_variety", _("New variety")
    STANDARD = "standard", _("Standard")
    OTHER = "other", pgettext_lazy("result", "Other")


# What `data/duty_rules.json` says of each rule's source, for the message catalogues.
RULE_SOURCES = (
    gettext_noop(
        "Technology Transfer and Commercialization Promotion Act art. 7(2); decree art. 9(2): immediately on "
        "completion, within three months where a reason is accepted, six months as the ceiling. In force from: the day "
        "on which listing results of government R&D became mandatory on the bank."
    ),
    gettext_noop(
        "National R&D Innovation Act decree art. 18(4): within 60 days after the end of the agreement. In force from: "
        "the beginning of the Act."
    ),
    gettext_noop(
        "National R&D Innovation Act decree art. 35(1): within three months after the final report was handed in. In "
        "force from: the beginning of the Act."
    ),
)


class DutyKind(models.TextChoices):
    LISTING = "listing", _("List the technology")
    FINAL_REPORT = "final_report", _("Hand in the final report")
    PUBLICATION = "publication", _("Publish the report and its results")


PROJECT_DUTIES = (DutyKind.FINAL_REPORT, DutyKind.PUBLICATION)


class DutyState(models.TextChoices):
    """Where a duty stands. That it is overdue is no state: see `querysets.ObligationQuerySet.overdue_on`."""

    DUE = "due", _("To be done")
    LISTED = "listed", _("Done, not yet verified")
    VERIFIED = "verified", _("Verified")
    EXEMPT = "exempt", _("Exempt")
    DROPPED = "dropped", _("Not owed any more")


DUTY_STATES = StateMachine(
    field="state",
    moves={
        DutyState.DUE: frozenset({DutyState.LISTED, DutyState.EXEMPT, DutyState.DROPPED}),
        DutyState.LISTED: frozenset({DutyState.VERIFIED, DutyState.DUE, DutyState.DROPPED}),
        DutyState.VERIFIED: frozenset({DutyState.DUE, DutyState.DROPPED}),
        DutyState.EXEMPT: frozenset({DutyState.DUE, DutyState.DROPPED}),
        DutyState.DROPPED: frozenset({DutyState.DUE}),
    },
)
DONE_STATES = (DutyState.LISTED, DutyState.VERIFIED)


class DropReason(models.TextChoices):
    PROJECT_DELETED = "project_deleted", _("The project was deleted")
    PROJECT_SECURITY = "project_security", _("The project is a security project")
    RESULT_DELETED = "result_deleted", _("The result was deleted")
    RESULT_MERGED = "result_merged", _("The result was merged into another one")
    NOT_YET = "not_yet", _("The day from which it counts was taken back or lies ahead")


class RuleDate(models.TextChoices):
    """Which date of a project or result decides whether a version of a rule applies."""

    AGREEMENT = "agreement", _("Beginning of the R&D agreement")
    COMPLETION = "completion", _("Day from which the duty counts")


class VerifiedHow(models.TextChoices):
    OFFICER = "officer", _("By an officer")
    AUTOMATIC = "automatic", _("Number, holder and project agree")


class Agreement(models.TextChoices):
    """What has to agree between a result and the technology that lists it; see `agreement`."""

    NUMBER = "number", _("application number")
    HOLDER = "holder", _("holder")
    PROJECT = "project", _("project")


class WhyEnded(models.TextChoices):
    """Why a technology does not discharge a duty any more. The first three, `PASSING_ENDS`, end by themselves."""

    WITHDRAWN = "withdrawn", _("The technology was withdrawn")
    LAPSED = "lapsed", _("Its rights lapsed")
    NUMBER = "number", _("Its number is not that of the result any more")
    UNDONE = "undone", _("Taken back by a person")
    MERGED = "merged", _("Moved to the result it was merged into")


PASSING_ENDS = (WhyEnded.WITHDRAWN, WhyEnded.LAPSED, WhyEnded.NUMBER)


class ExemptionGround(models.TextChoices):
    """Grounds of the approval not to disclose (Innovation Act decree art. 35)."""

    NATIONAL_CORE = "national_core", _("National core technology")
    CORE_STRATEGIC = "core_strategic", _("Core strategic technology")
    SECURITY_TASK = "security_task", _("Part of a security task")
    IP_PENDING = "ip_pending", _("Intellectual property right is being applied for")
    FOREIGN_AGREEMENT = "foreign_agreement", _("Agreement with a foreign partner")
    ESCROWED_SME = "escrowed_sme", _("Result of a small firm held in escrow")
    TRADE_SECRET = "trade_secret", _("Trade secret of a firm")


LONG_GROUNDS = (ExemptionGround.NATIONAL_CORE, ExemptionGround.CORE_STRATEGIC, ExemptionGround.SECURITY_TASK)
LONG_MONTHS, SHORT_MONTHS = 36, 18
EXTENSION_WINDOW_MONTHS = 3
"""An extension may be asked for from so many months before the end until the day before it."""


def most_months(ground: str) -> int:
    """For how many months an exemption on this ground may be granted at once."""
    return LONG_MONTHS if ground in LONG_GROUNDS else SHORT_MONTHS


class ExemptionState(models.TextChoices):
    ASKED = "asked", _("Waits for a decision")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", pgettext_lazy("exemption", "Refused")
    TAKEN_BACK = "taken_back", pgettext_lazy("exemption", "Taken back")
    ENDED = "ended", _("Ended")


EXEMPTION_STATES = StateMachine(
    field="state",
    moves={
        ExemptionState.ASKED: frozenset({
            ExemptionState.GRANTED, ExemptionState.REFUSED, ExemptionState.TAKEN_BACK,
        }),
        ExemptionState.GRANTED: frozenset({ExemptionState.ENDED}),
    },
)  # fmt: skip


class ExemptionEnd(models.TextChoices):
    EXPIRED = "expired", _("Its day has passed")
    EXTENDED = "extended", _("Replaced by its extension")
    GIVEN_UP = "given_up", _("Given up by the institute")


EvidenceType = DocumentType
"""What evidence may be, told by its content and never by its name."""


class LetterStep(models.TextChoices):
    """A step of the calendar, in its order: to whom and how many days from the deadline says `CALENDAR`."""

    EARLY = "early", _("First reminder")
    SOON = "soon", _("Second reminder")
    ON_THE_DAY = "on_the_day", _("On the due day")
    LATE = "late", _("Overdue")
    HEAD = "head", _("To the head of the institute")


@dataclass(frozen=True)
class CalendarStep:
    """A letter goes `days` after the deadline (before it where negative), to the office or to the head as well."""

    step: LetterStep
    days: int
    to_head: bool = False

    @property
    def days_away(self) -> int:
        return abs(self.days)


CALENDAR: tuple[CalendarStep, ...] = (
    CalendarStep(LetterStep.EARLY, -30),
    CalendarStep(LetterStep.SOON, -7),
    CalendarStep(LetterStep.ON_THE_DAY, 0),
    CalendarStep(LetterStep.LATE, 7),
    CalendarStep(LetterStep.HEAD, 30, to_head=True),
)
"""An assumption: the law sets deadlines and says nothing of reminders (ADR 0020)."""
DAYS_FROM_LATE_TO_HEAD = 23
"""No letter to the head sooner after the office was told that the duty is overdue: also of what came late to us."""
DAYS_FROM_HEAD_TO_PUBLIC = 30
"""The public table names what is still overdue so many days after the letter to the head."""
