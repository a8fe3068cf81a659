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
    """A proposal of whom to select, approved in the order of the call's stages, then published by a worker."""

    PROPOSED = "proposed", pgettext_lazy("selection", "Proposed")
    REJECTED = "rejected", pgettext_lazy("selection", "Sent back")
    TAKEN_BACK = "taken_back", pgettext_lazy("selection", "Taken back")
    PUBLISHING = "publishing", pgettext_lazy("selection", "Being published")
    PUBLISHED = "published", pgettext_lazy("selection", "Published")


S = SelectionState
SELECTION_STATES = StateMachine(
    field="state",
    moves={
        S.PROPOSED: frozenset({S.REJECTED, S.TAKEN_BACK, S.PUBLISHING}),
        S.PUBLISHING: frozenset({S.PUBLISHED}),
    },
)
UNDER_WAY = (S.PROPOSED, S.PUBLISHING)
"""The one selection of a call that others have to wait for."""
GIVEN_OUT = (S.PUBLISHING, S.PUBLISHED)
"""What it says is carried out, for some of its applications or for all."""


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


class StepKind(models.TextChoices):
    """What was done with an application, for its history."""

    SUBMITTED = "submitted", pgettext_lazy("step", "Submitted")
    COMPLETED = "completed", pgettext_lazy("step", "Completed by the applicant")
    WITHDRAWN = "withdrawn", pgettext_lazy("step", "Withdrawn by the applicant")
    COMPLETION_ASKED = "completion_asked", pgettext_lazy("step", "Completion asked")
    ELIGIBLE = "eligible", pgettext_lazy("step", "Found eligible")
    INELIGIBLE = "ineligible", pgettext_lazy("step", "Found not eligible")
    FLAG_CLEARED = "flag_cleared", pgettext_lazy("step", "A possible tie was looked into")
    SELECTED = "selected", pgettext_lazy("step", "Selected")
    RESERVE = "reserve", pgettext_lazy("step", "Put on the reserve list")
    NOT_SELECTED = "not_selected", pgettext_lazy("step", "Not selected")
    TAKEN_UP = "taken_up", pgettext_lazy("step", "Taken up from the reserve list")
    OBJECTED = "objected", pgettext_lazy("step", "Objection raised")
    OBJECTION_WITHDRAWN = "objection_withdrawn", pgettext_lazy("step", "Objection taken back")
    UPHELD = "upheld", pgettext_lazy("step", "Objection upheld")
    DISMISSED = "dismissed", pgettext_lazy("step", "Objection dismissed")
    OFFERED = "offered", pgettext_lazy("step", "Agreement offered")
    SIGNED = "signed", pgettext_lazy("step", "Agreement signed")
    LAPSED = "lapsed", pgettext_lazy("step", "Lapsed: the agreement was not signed in time")
    UNPAID = "unpaid", pgettext_lazy("step", "Lapsed: the own share was not paid in time")
