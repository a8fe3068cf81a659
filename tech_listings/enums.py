from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine

SYNONYM_WORD_MAX = 60


class ListingState(models.TextChoices):
    """From draft to deal (domain-facts.md §1.4)."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Sent for registration")
    IN_REVIEW = "in_review", _("In review")
    RETURNED = "returned", _("Returned for completion")
    EXEMPTED = "exempted", _("Not disclosed")
    PUBLISHED = "published", _("Published")
    UNDER_NEGOTIATION = "under_negotiation", _("Under negotiation")
    CONTRACTED = "contracted", _("Under contract")
    SUSPENDED = "suspended", _("Suspended")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CLOSED = "closed", pgettext_lazy("technology", "Closed")
    DISCARDED = "discarded", _("Discarded")


S = ListingState
LISTING_STATES = StateMachine(
    field="state",
    moves={
        # Straight to published only what a file brought: a trigger keeps it (ADR 0017).
        S.DRAFT: frozenset({S.SUBMITTED, S.PUBLISHED, S.DISCARDED}),
        S.SUBMITTED: frozenset({S.IN_REVIEW, S.DRAFT, S.WITHDRAWN}),
        S.IN_REVIEW: frozenset({S.RETURNED, S.EXEMPTED, S.PUBLISHED, S.DRAFT, S.WITHDRAWN}),
        S.RETURNED: frozenset({S.SUBMITTED, S.DISCARDED}),
        S.EXEMPTED: frozenset({S.SUBMITTED}),
        S.PUBLISHED: frozenset({S.UNDER_NEGOTIATION, S.SUSPENDED, S.WITHDRAWN, S.CLOSED}),
        S.UNDER_NEGOTIATION: frozenset({S.CONTRACTED, S.PUBLISHED, S.SUSPENDED, S.WITHDRAWN, S.CLOSED}),
        S.CONTRACTED: frozenset({S.PUBLISHED, S.WITHDRAWN, S.CLOSED}),
        S.SUSPENDED: frozenset({S.PUBLISHED, S.WITHDRAWN, S.CLOSED}),
        S.WITHDRAWN: frozenset({S.SUBMITTED, S.PUBLISHED}),
        # Its page is hidden for good where its project becomes a secret one; nobody else takes this way.
        S.CLOSED: frozenset({S.WITHDRAWN}),
    },
)
PUBLIC_STATES = (S.PUBLISHED, S.UNDER_NEGOTIATION, S.CONTRACTED)
"""Everybody sees and finds these."""

WAITING_STATES = (S.SUBMITTED, S.IN_REVIEW)
"""These wait for an officer; their holder takes them back before changing them."""

SHOWN_STATES = (*PUBLIC_STATES, S.CLOSED)
"""The page of these opens for everybody: people hold links to what was closed, and read there how it ended."""

ON_OFFER_STATES = (S.PUBLISHED, S.UNDER_NEGOTIATION)
"""These have to be confirmed, and are suspended where they are not, or where their rights lapse."""

ONCE_PUBLIC_STATES = (S.SUSPENDED, S.WITHDRAWN, S.CLOSED)
FINAL_STATES = (S.CLOSED, S.DISCARDED)


class SuspendedFor(models.TextChoices):
    """Why a technology is off the market for a time. `NOT_CONFIRMED` ends with the holder's confirmation."""

    LAPSED = "lapsed", _("The right has lapsed")
    DISPUTE = "dispute", _("Who holds it is disputed")
    NOT_CONFIRMED = "not_confirmed", _("The holder does not confirm it")


class Outcome(models.TextChoices):
    """How the offer of a technology ended."""

    NON_EXCLUSIVE = "non_exclusive", _("Licensed non-exclusively")
    EXCLUSIVE = "exclusive", _("Licensed exclusively")
    ASSIGNED = "assigned", _("Assigned")
    FREE_TRANSFER = "free_transfer", _("Transferred free of charge")
    START_UP = "start_up", _("A company was founded on it")
    NOT_TRADED = "not_traded", _("Not traded")


EXCLUSIVE_OUTCOMES = (Outcome.EXCLUSIVE, Outcome.ASSIGNED)
"""These leave nothing for others, so that they need a ground (Decree art. 26(4))."""


class Ground(models.TextChoices):
    """Why a technology of public research may be licensed exclusively (Decree art. 26(4), domain-facts.md §1.4)."""

    OTHER_LAW = "other_law", _("Another law, or the agreement of the research, says so")
    NOBODY_ASKED = "nobody_asked", _("Nobody asked for a non-exclusive licence in time")
    BY_NATURE = "by_nature", _("The nature of the technology leaves no other way")


SAID_GROUNDS = (Ground.OTHER_LAW, Ground.BY_NATURE)
"""The holder says these; that nobody asked is counted."""


class ConfirmStep(models.IntegerChoices):
    """What a holder was told about a technology that is to be confirmed; never an earlier one after a later one."""

    FIRST = 1, _("Reminded for the first time")
    SECOND = 2, _("Reminded for the second time")
    UNCONFIRMED = 3, _("Told that it is unconfirmed")
    SUSPENDED = 4, _("Suspended")


class Decision(models.TextChoices):
    """How a submission ended; empty while it waits."""

    APPROVED = "approved", pgettext_lazy("decision", "Registered")
    RETURNED = "returned", _("Returned for completion")
    EXEMPTED = "exempted", _("Not disclosed")
    TAKEN_BACK = "taken_back", _("Taken back by the holder")


class Severity(models.TextChoices):
    WARNING = "warning", _("Look closely")
    NOTE = "note", pgettext_lazy("review", "Note")


class FindingKind(models.TextChoices):
    """What the automatic check found in what was sent for registration."""

    SAME_NUMBER = "same_number", _("Same right")
    ALIKE = "alike", _("Almost the same text")
    NOT_IN_FORCE = "not_in_force", _("Right not in force")
    EXPIRED = "expired", _("Right expired")
    ST_CLASS = "st_class", _("Another class fits")
    IPC = "ipc", _("IPC may be missing")
    MISSING = "missing", _("Part missing")
    WEAK = "weak", _("Part says little")
    NO_FIGURE = "no_figure", _("No figure")
    UNCHECKED = "unchecked", _("Not checked")


FINDING_TEXTS = {
    FindingKind.SAME_NUMBER: _("%(number)s is a right of another technology, too."),
    FindingKind.ALIKE: _("The text agrees with that of another technology by %(percent)s %%."),
    FindingKind.NOT_IN_FORCE: _("%(number)s: %(status)s."),
    FindingKind.EXPIRED: _("%(number)s expired on %(day)s."),
    FindingKind.ST_CLASS: _("“%(suggested)s” is the class of %(reason)s."),
    FindingKind.IPC: _("%(suggested)s is a class of %(reason)s."),
    FindingKind.MISSING: _("“%(part)s” is empty."),
    FindingKind.WEAK: _("“%(part)s” has only %(count)s characters."),
    FindingKind.NO_FIGURE: _("“%(part)s” says no number."),
    FindingKind.UNCHECKED: _("The automatic check failed. Look at everything."),
}
BY_TEXT = _("%(count)s of the %(of)s most similar technologies")
BY_IPC = _("%(count)s of %(of)s technologies under IPC %(ipc)s")


class DealKind(models.TextChoices):
    """What a holder offers (Act art. 2(2); domain-facts.md §1.4)."""

    NON_EXCLUSIVE_LICENCE = "non_exclusive_licence", _("Non-exclusive licence")
    EXCLUSIVE_LICENCE = "exclusive_licence", _("Registered exclusive licence")
    ASSIGNMENT = "assignment", _("Assignment")
    TECHNICAL_GUIDANCE = "technical_guidance", _("Technical guidance")
    JOINT_RESEARCH = "joint_research", _("Joint research")
    CONTRIBUTION_IN_KIND = "contribution_in_kind", _("Contribution in kind")
    FREE_TRANSFER = "free_transfer", _("Technology sharing (free transfer)")


class RightKind(models.TextChoices):
    PATENT = "patent", _("Patent")
    UTILITY_MODEL = "utility_model", _("Utility model")
    DESIGN = "design", _("Design")
    SOFTWARE = "software", _("Software")
    KNOW_HOW = "know_how", _("Know-how")


class RightStatus(models.TextChoices):
    """Status words of the patent register (domain-facts.md §6.4)."""

    APPLIED = "applied", _("Applied for")
    PUBLISHED = "published", _("Application published")
    EXAMINED = "examined", _("Under examination")
    REGISTERED = "registered", pgettext_lazy("right", "Registered")
    REFUSED = "refused", pgettext_lazy("right", "Refused")
    WITHDRAWN = "withdrawn", _("Application withdrawn")
    ABANDONED = "abandoned", _("Abandoned")
    INVALIDATED = "invalidated", _("Invalidated")
    EXPIRED = "expired", _("Expired")
    NONE = "none", _("Not a registered right")


class RightSummary(models.TextChoices):
    """The best that a listing's rights offer a licensee: what the search filters by."""

    REGISTERED = "registered", _("Registered right")
    PENDING = "pending", _("Application pending")
    LAPSED = "lapsed", _("Lapsed or refused")
    NONE = "none", _("No registered right")


PENDING_STATUSES = frozenset({RightStatus.APPLIED, RightStatus.PUBLISHED, RightStatus.EXAMINED})


class PriceBand(models.TextChoices):
    """Bands of the price wish in won: lower bound included, upper bound not."""

    NEGOTIABLE = "negotiable", _("To be agreed")
    FREE = "free", _("Free of charge")
    UNDER_10M = "under_10m", _("Under 10 million won")
    UNDER_30M = "under_30m", _("10 to under 30 million won")
    UNDER_100M = "under_100m", _("30 to under 100 million won")
    FROM_100M = "from_100m", _("100 million won or more")


PRICE_BOUNDS: dict[str, tuple[int, int | None]] = {
    PriceBand.FREE: (0, 1),
    PriceBand.UNDER_10M: (1, 10_000_000),
    PriceBand.UNDER_30M: (10_000_000, 30_000_000),
    PriceBand.UNDER_100M: (30_000_000, 100_000_000),
    PriceBand.FROM_100M: (100_000_000, None),
}


class RunState(models.TextChoices):
    """Where an import stands. `HELD` waits for a person because it would withdraw too much (lessons F45)."""

    RECEIVED = "received", _("Columns to be confirmed")
    PLANNING = "planning", _("Being compared")
    PLANNED = "planned", _("Ready to apply")
    HELD = "held", _("Waiting for confirmation")
    APPLYING = "applying", _("Being applied")
    APPLIED = "applied", _("Applied")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


RUN_STATES = StateMachine(
    field="state",
    moves={
        RunState.RECEIVED: frozenset({RunState.PLANNING, RunState.CANCELLED, RunState.FAILED}),
        RunState.PLANNING: frozenset({RunState.PLANNED, RunState.HELD, RunState.CANCELLED, RunState.FAILED}),
        RunState.PLANNED: frozenset({RunState.APPLYING, RunState.PLANNING, RunState.CANCELLED}),
        RunState.HELD: frozenset({RunState.APPLYING, RunState.PLANNING, RunState.CANCELLED}),
        RunState.APPLYING: frozenset({RunState.APPLIED, RunState.CANCELLED, RunState.FAILED}),
        RunState.FAILED: frozenset({RunState.PLANNING, RunState.APPLYING, RunState.CANCELLED}),
    },
)
OPEN_RUN_STATES = (RunState.RECEIVED, RunState.PLANNING, RunState.PLANNED, RunState.HELD, RunState.APPLYING)


class ImportTarget(models.TextChoices):
    """What a source's files hold. Who takes the last two in is an app above (`services.ingest_targets`)."""

    LISTINGS = "listings", _("Technologies")
    PROJECTS = "projects", _("R&D projects")
    RESULTS = "results", _("Research results")


class RunKind(models.TextChoices):
    ADDITIONS = "additions", _("Additions and changes: what is not in the file stays")
    FULL = "full", _("The full list: what is no longer in the file is withdrawn")


class RowAction(models.TextChoices):
    ADD = "add", _("Added")
    CHANGE = "change", _("Changed")
    WITHDRAW = "withdraw", _("Withdrawn")
    REFUSE = "refuse", _("Refused")
    NOTE = "note", _("Noted")


class ExportFormat(models.TextChoices):
    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel workbook (XLSX)")


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Being prepared")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


EXPORT_STATES = StateMachine(
    field="state",
    moves={
        ExportState.WAITING: frozenset({ExportState.READY, ExportState.FAILED}),
        ExportState.FAILED: frozenset({ExportState.WAITING}),
    },
)


class Origin(models.TextChoices):
    """Where a value of a draft came from that nobody typed, as a sentence under its field."""

    RESULT = "result", _("Taken from the result.")
    PROJECT = "project", _("Taken from the R&D project.")
    PATENT_RECORD = "patent_record", _("Taken from the patent record.")
    SIBLING = "sibling", _("Taken from another technology of the project.")
    INSTITUTE = "institute", _("This is what your institute usually says.")
    LAW = "law", _("This is what the law takes as the rule.")


class InventorState(models.TextChoices):
    """A link by which an inventor completes a draft. That its day is over is asked and never stored."""

    OPEN = "open", pgettext_lazy("link", "Open")
    SENT = "sent", _("Answered, to be looked at")
    ACCEPTED = "accepted", _("Taken over")
    SET_ASIDE = "set_aside", _("Set aside")
    ENDED = "ended", pgettext_lazy("link", "Ended")


INVENTOR_STATES = StateMachine(
    field="state",
    moves={
        InventorState.OPEN: frozenset({InventorState.SENT, InventorState.ENDED}),
        InventorState.SENT: frozenset({InventorState.ACCEPTED, InventorState.SET_ASIDE}),
    },
)
