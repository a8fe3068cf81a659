"""Money that has to come back, and sanctions (Subsidy Act arts. 30 to 33-3, 36-2; facts §5.5)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class RecoveryGround(models.TextChoices):
    OTHER_USE = "other_use", _("Used for something else")
    BREACH = "breach", _("Law, condition or order broken")
    FALSE = "false", _("False application or claim")
    NOT_ELIGIBLE = "not_eligible", _("Was not eligible")
    OVERPAID = "overpaid", _("More was paid than was confirmed")


class RecoveryState(models.TextChoices):
    NOTICED = "noticed", pgettext_lazy("recovery", "Announced")
    OBJECTED = "objected", pgettext_lazy("recovery", "Objected to")
    CONFIRMED = "confirmed", pgettext_lazy("recovery", "To be paid back")
    DELINQUENT = "delinquent", pgettext_lazy("recovery", "Overdue, forced collection")
    PAID_BACK = "paid_back", pgettext_lazy("recovery", "Paid back")
    DROPPED = "dropped", pgettext_lazy("recovery", "Dropped")


R = RecoveryState
RECOVERY_STATES = StateMachine(
    field="state",
    moves={
        R.NOTICED: frozenset({R.OBJECTED, R.CONFIRMED, R.DROPPED}),
        R.OBJECTED: frozenset({R.CONFIRMED, R.DROPPED}),
        R.CONFIRMED: frozenset({R.PAID_BACK, R.DELINQUENT}),
        R.DELINQUENT: frozenset({R.PAID_BACK, R.CONFIRMED}),  # back: money had come in time and was entered late
    },
)


class SanctionKind(models.TextChoices):
    WARNING = "warning", pgettext_lazy("sanction", "Warning")
    EXCLUSION = "exclusion", pgettext_lazy("sanction", "Exclusion")


class SanctionGround(models.TextChoices):
    """What excludes without money that has to come back (facts §5.5: art. 31-2, one cancellation for fraud is enough,
    and contractors who were convicted)."""

    FALSE = "false", _("False application or claim, found before money was paid")
    CONVICTED = "convicted", _("Convicted of fraud in a subsidy contract")


class SanctionState(models.TextChoices):
    """That an exclusion is over is asked by the day."""

    PROPOSED = "proposed", pgettext_lazy("sanction", "Proposed")
    IMPOSED = "imposed", pgettext_lazy("sanction", "Imposed")
    DROPPED = "dropped", pgettext_lazy("sanction", "Dropped")
    LIFTED = "lifted", pgettext_lazy("sanction", "Lifted")


SANCTION_STATES = StateMachine(
    field="state",
    moves={
        SanctionState.PROPOSED: frozenset({SanctionState.IMPOSED, SanctionState.DROPPED}),
        SanctionState.IMPOSED: frozenset({SanctionState.LIFTED}),
    },
)
