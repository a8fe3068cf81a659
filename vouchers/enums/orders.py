"""Service orders, and how their provider was chosen."""

from django.db import models
from django.utils.translation import gettext, pgettext_lazy

from marketplace.core.states import StateMachine


class OrderState(models.TextChoices):
    """A placed order binds money once the provider accepts it."""

    PLACED = "placed", pgettext_lazy("order", "Placed")
    DECLINED = "declined", pgettext_lazy("order", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("order", "Taken back")
    RUNNING = "running", pgettext_lazy("order", "In work")
    DONE = "done", pgettext_lazy("order", "Done")
    CANCELLED = "cancelled", pgettext_lazy("order", "Cancelled")


TERM_OVER = "term_over"
"""Stands where a person would write a reason, when the end of a voucher ended an order or a claim."""


def reason_words(text: str) -> str:
    """A reason as people read it."""
    if text == TERM_OVER:
        return gettext("The voucher is over, and so is the time to accept, deliver and claim.")
    return text


S = OrderState
ORDER_STATES = StateMachine(
    field="state",
    moves={
        S.PLACED: frozenset({S.RUNNING, S.DECLINED, S.WITHDRAWN}),
        S.RUNNING: frozenset({S.DONE, S.CANCELLED}),
    },
)


class QuotationState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("quotation", "Asked for")
    GIVEN = "given", pgettext_lazy("quotation", "Given")
    DECLINED = "declined", pgettext_lazy("quotation", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("quotation", "Taken back")
    ORDERED = "ordered", pgettext_lazy("quotation", "Ordered")


Q = QuotationState
QUOTATION_STATES = StateMachine(
    field="state",
    moves={
        Q.ASKED: frozenset({Q.GIVEN, Q.DECLINED, Q.WITHDRAWN}),
        Q.GIVEN: frozenset({Q.ORDERED, Q.WITHDRAWN}),
    },
)
