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


class EndReason(models.TextChoices):
    TERM = "term", _("The term is over")
    AGREED = "agreed", _("Ended by agreement")
    BREACH = "breach", _("Terminated for breach")
    ABANDONED = "abandoned", _("The firm has given the technology up")
    OTHER = "other", _("Another reason")
