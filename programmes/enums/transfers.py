"""Technologies that firms took over: told by a contract concluded here, or by the firm itself."""

from django.db import models
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class TransferState(models.TextChoices):
    """A contract concluded here is known. What a firm enters itself is its word until an officer read the contract."""

    RECORDED = "recorded", pgettext_lazy("transfer", "Concluded here")
    DECLARED = "declared", pgettext_lazy("transfer", "Entered by the firm")
    CONFIRMED = "confirmed", pgettext_lazy("transfer", "Contract checked")
    REFUSED = "refused", pgettext_lazy("transfer", "Contract not accepted")


T = TransferState
TRANSFER_STATES = StateMachine(
    field="state",
    moves={
        T.DECLARED: frozenset({T.CONFIRMED, T.REFUSED}),
        T.CONFIRMED: frozenset({T.REFUSED}),
        T.REFUSED: frozenset({T.CONFIRMED}),
    },
)

SETTLED = (T.RECORDED, T.CONFIRMED)
"""What nobody has to look into any more."""
USABLE = (*SETTLED, T.DECLARED)
"""What a firm may apply with."""
CHECKED = (T.CONFIRMED, T.REFUSED)
