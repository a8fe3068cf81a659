"""The life of a voucher."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine

MOST_GOVERNMENT_WON = 50_000_000
"""What the government pays for one voucher at most (facts §5.1), whatever a call says."""


class VoucherState(models.TextChoices):
    """That its term is over is asked by the day; `expired` is what the night makes of it."""

    WAITING = "waiting", pgettext_lazy("voucher", "Own share to be paid in")
    LAPSED = "lapsed", pgettext_lazy("voucher", "Lapsed before issue")
    ISSUED = "issued", pgettext_lazy("voucher", "Issued")
    SUSPENDED = "suspended", pgettext_lazy("voucher", "Suspended")
    EXPIRED = "expired", pgettext_lazy("voucher", "Expired")
    ENDED = "ended", pgettext_lazy("voucher", "Ended early")
    CLOSED = "closed", pgettext_lazy("voucher", "Closed")


V = VoucherState
VOUCHER_STATES = StateMachine(
    field="state",
    moves={
        V.WAITING: frozenset({V.ISSUED, V.LAPSED}),
        V.ISSUED: frozenset({V.SUSPENDED, V.EXPIRED, V.ENDED, V.CLOSED}),
        V.SUSPENDED: frozenset({V.ISSUED, V.EXPIRED, V.ENDED}),
        V.EXPIRED: frozenset({V.CLOSED}),
        V.ENDED: frozenset({V.CLOSED}),
    },
)

ACTIVE = (V.WAITING, V.ISSUED, V.SUSPENDED)
OVER = (V.EXPIRED, V.ENDED)
"""What is ordered can still be delivered; then it is closed."""


class ChangeKind(models.TextChoices):
    EXTEND = "extend", _("Longer term")
    PLAN = "plan", _("Other services")
    END = "end", _("End early")


class ChangeState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("change request", "Asked for")
    APPROVED = "approved", pgettext_lazy("change request", "Approved")
    REFUSED = "refused", pgettext_lazy("change request", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("change request", "Taken back")


CHANGE_STATES = StateMachine(
    field="state",
    moves={ChangeState.ASKED: frozenset({ChangeState.APPROVED, ChangeState.REFUSED, ChangeState.WITHDRAWN})},
)
