from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class ContractState(models.TextChoices):
    DRAFTED = "drafted", pgettext_lazy("contract", "Being approved")
    APPROVED = "approved", pgettext_lazy("contract", "Approved, to be signed")
    IN_FORCE = "in_force", pgettext_lazy("contract", "In force")
    ENDED = "ended", pgettext_lazy("contract", "Ended")
    CANCELLED = "cancelled", pgettext_lazy("contract", "Not concluded")


C = ContractState
CONTRACT_STATES = StateMachine(
    field="state",
    moves={
        C.DRAFTED: frozenset({C.APPROVED, C.CANCELLED}),
        C.APPROVED: frozenset({C.DRAFTED, C.IN_FORCE, C.CANCELLED}),
        C.IN_FORCE: frozenset({C.ENDED}),
    },
)
CONCLUDED = (C.IN_FORCE, C.ENDED)


class VersionState(models.TextChoices):
    """Of a version of the contract's terms: the first one, or an amendment."""

    PROPOSED = "proposed", pgettext_lazy("contract version", "Waits for approval")
    APPROVED = "approved", pgettext_lazy("contract version", "Approved by both")
    IN_FORCE = "in_force", pgettext_lazy("contract version", "In force")
    REPLACED = "replaced", pgettext_lazy("contract version", "Replaced by a later one")
    REFUSED = "refused", pgettext_lazy("contract version", "Refused")


V = VersionState
VERSION_STATES = StateMachine(
    field="state",
    moves={
        V.PROPOSED: frozenset({V.APPROVED, V.REFUSED}),
        V.APPROVED: frozenset({V.IN_FORCE, V.REFUSED}),
        V.IN_FORCE: frozenset({V.REPLACED}),
    },
)


class Sublicence(models.TextChoices):
    """Whether the firm may let others use the technology."""

    NONE = "none", _("Not allowed")
    CONSENT = "consent", _("With the holder’s consent in writing")
    FREE = "free", _("Allowed; the holder is told")


class Improvements(models.TextChoices):
    """Whose is what the firm makes better."""

    FIRM = "firm", _("The firm’s")
    NOTIFIED = "notified", _("The firm’s; the holder is told and may use it for research")
    SHARED = "shared", _("Of both, in equal parts")


class EndReason(models.TextChoices):
    TERM = "term", _("The term is over")
    AGREED = "agreed", _("Ended by agreement")
    BREACH = "breach", _("Terminated for breach")
    ABANDONED = "abandoned", _("The firm has given the technology up")
    OTHER = "other", _("Another reason")


DECLARED = (EndReason.BREACH, EndReason.ABANDONED)
"""One side declares these; every other end but that of the term is agreed upon by both."""


class EndingState(models.TextChoices):
    """Of what a side says about ending the contract before its term is over."""

    PROPOSED = "proposed", pgettext_lazy("end of a contract", "Waits for the other side")
    CURING = "curing", pgettext_lazy("end of a contract", "A breach can still be mended")
    SETTLED = "settled", pgettext_lazy("end of a contract", "Settled")
    DECLINED = "declined", pgettext_lazy("end of a contract", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("end of a contract", "Taken back")
    LAPSED = "lapsed", pgettext_lazy("end of a contract", "Its day has passed")


OPEN_ENDINGS = (EndingState.PROPOSED, EndingState.CURING, EndingState.SETTLED)
"""Those that stand: a contract has one of them at a time."""

ENDING_STATES = StateMachine(
    field="state",
    moves={
        EndingState.PROPOSED: frozenset(EndingState) - {EndingState.PROPOSED, EndingState.CURING},
        EndingState.CURING: frozenset({EndingState.SETTLED, EndingState.WITHDRAWN, EndingState.LAPSED}),
    },
)
