"""Claims for delivered work, and their payment."""

from django.db import models
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class ClaimState(models.TextChoices):
    """The firm accepts, a first officer checks, a second approves, the treasury pays."""

    DRAFT = "draft", pgettext_lazy("claim", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("claim", "Submitted")
    OBJECTED = "objected", pgettext_lazy("claim", "Objected to by the firm")
    ACCEPTED = "accepted", pgettext_lazy("claim", "Accepted by the firm")
    CHECKED = "checked", pgettext_lazy("claim", "Checked")
    APPROVED = "approved", pgettext_lazy("claim", "Approved")
    PAYING = "paying", pgettext_lazy("claim", "At the treasury")
    PAID = "paid", pgettext_lazy("claim", "Paid")
    CORRECTION = "correction", pgettext_lazy("claim", "To be corrected")
    DISALLOWED = "disallowed", pgettext_lazy("claim", "Not allowed")
    WITHDRAWN = "withdrawn", pgettext_lazy("claim", "Taken back")


C = ClaimState
CLAIM_STATES = StateMachine(
    field="state",
    moves={
        C.DRAFT: frozenset({C.SUBMITTED, C.WITHDRAWN}),
        C.SUBMITTED: frozenset({C.ACCEPTED, C.OBJECTED, C.WITHDRAWN}),
        C.OBJECTED: frozenset({C.SUBMITTED, C.ACCEPTED, C.DISALLOWED, C.WITHDRAWN}),
        C.ACCEPTED: frozenset({C.CHECKED, C.CORRECTION, C.DISALLOWED}),
        C.CHECKED: frozenset({C.APPROVED, C.CORRECTION, C.DISALLOWED}),
        C.CORRECTION: frozenset({C.SUBMITTED, C.WITHDRAWN, C.DISALLOWED}),
        C.APPROVED: frozenset({C.PAYING, C.DISALLOWED}),  # found out, or unpayable, before the file was made
        C.PAYING: frozenset({C.PAID, C.APPROVED}),  # a payment that failed waits for the next file
        C.PAID: frozenset({C.APPROVED}),  # the bank sent it back afterwards
    },
)

HOLDS_MONEY = (C.SUBMITTED, C.OBJECTED, C.ACCEPTED, C.CHECKED, C.CORRECTION, C.APPROVED, C.PAYING, C.PAID)


class BatchState(models.TextChoices):
    PREPARED = "prepared", pgettext_lazy("payment file", "Prepared")
    SENT = "sent", pgettext_lazy("payment file", "With the treasury")
    SETTLED = "settled", pgettext_lazy("payment file", "Settled")
    CANCELLED = "cancelled", pgettext_lazy("payment file", "Cancelled")


B = BatchState
BATCH_STATES = StateMachine(
    field="state", moves={B.PREPARED: frozenset({B.SENT, B.CANCELLED}), B.SENT: frozenset({B.SETTLED})}
)


class PaymentState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("payment", "Waiting")
    PAID = "paid", pgettext_lazy("payment", "Paid")
    FAILED = "failed", pgettext_lazy("payment", "Failed")
    RETURNED = "returned", pgettext_lazy("payment", "Sent back")
    CANCELLED = "cancelled", pgettext_lazy("payment", "Cancelled")


Y = PaymentState
PAYMENT_STATES = StateMachine(
    field="state",
    moves={Y.WAITING: frozenset({Y.PAID, Y.FAILED, Y.CANCELLED}), Y.PAID: frozenset({Y.RETURNED})},
)
