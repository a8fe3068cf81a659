"""Who looks at applications, and how it is decided."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class PanelistState(models.TextChoices):
    INVITED = "invited", pgettext_lazy("panel member", "Invited")
    ACCEPTED = "accepted", pgettext_lazy("panel member", "Takes part")
    DECLINED = "declined", pgettext_lazy("panel member", "Declined")
    REMOVED = "removed", pgettext_lazy("panel member", "Removed")


P = PanelistState
PANELIST_STATES = StateMachine(
    field="state",
    moves={P.INVITED: frozenset({P.ACCEPTED, P.DECLINED, P.REMOVED}), P.ACCEPTED: frozenset({P.REMOVED})},
)


class SelectionState(models.TextChoices):
    """A proposal of whom to select, approved in the order of the call's stages, then published at once."""

    PROPOSED = "proposed", pgettext_lazy("selection", "Proposed")
    REJECTED = "rejected", pgettext_lazy("selection", "Sent back")
    PUBLISHED = "published", pgettext_lazy("selection", "Published")


S = SelectionState
SELECTION_STATES = StateMachine(field="state", moves={S.PROPOSED: frozenset({S.REJECTED, S.PUBLISHED})})


class Decision(models.TextChoices):
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Sent back")


class ObjectionState(models.TextChoices):
    OPEN = "open", pgettext_lazy("objection", "Open")
    UPHELD = "upheld", pgettext_lazy("objection", "Upheld")
    DISMISSED = "dismissed", pgettext_lazy("objection", "Dismissed")
    WITHDRAWN = "withdrawn", pgettext_lazy("objection", "Taken back")


OBJECTION_STATES = StateMachine(
    field="state",
    moves={ObjectionState.OPEN: frozenset({ObjectionState.UPHELD, ObjectionState.DISMISSED, ObjectionState.WITHDRAWN})},
)


class AgreementState(models.TextChoices):
    OFFERED = "offered", pgettext_lazy("agreement", "To be signed")
    SIGNED = "signed", pgettext_lazy("agreement", "Signed")
    LAPSED = "lapsed", pgettext_lazy("agreement", "Lapsed")
    WITHDRAWN = "withdrawn", pgettext_lazy("agreement", "Withdrawn")


AGREEMENT_STATES = StateMachine(
    field="state",
    moves={AgreementState.OFFERED: frozenset({AgreementState.SIGNED, AgreementState.LAPSED, AgreementState.WITHDRAWN})},
)
