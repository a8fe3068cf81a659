"""Mandates of brokers and the deals that come of them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class Side(models.TextChoices):
    """Whom a broker acts for: who gives the technology, or who looks for it."""

    HOLDER = "holder", _("Holder of the technology")
    FIRM = "firm", _("Firm that takes it")


class OfferedBy(models.TextChoices):
    CLIENT = "client", pgettext_lazy("mandate", "Client")
    BROKER = "broker", pgettext_lazy("mandate", "Broker")


class MandateState(models.TextChoices):
    """That an offer has lapsed, or a term is over, is asked by the day and never stored."""

    OFFERED = "offered", pgettext_lazy("mandate", "Offered")
    ACCEPTED = "accepted", pgettext_lazy("mandate", "In force")
    DECLINED = "declined", pgettext_lazy("mandate", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("mandate", "Taken back")
    ENDED = "ended", pgettext_lazy("mandate", "Ended")


M = MandateState
MANDATE_STATES = StateMachine(
    field="state",
    moves={
        M.OFFERED: frozenset({M.ACCEPTED, M.DECLINED, M.WITHDRAWN}),
        M.ACCEPTED: frozenset({M.ENDED}),
    },
)


class PartnerState(models.TextChoices):
    """Where a broker stands in a mandate that several take together: each says yes for itself."""

    ASKED = "asked", pgettext_lazy("co-broker", "Asked")
    AGREED = "agreed", pgettext_lazy("co-broker", "Agreed")
    REFUSED = "refused", pgettext_lazy("co-broker", "Refused")


PARTNER_STATES = StateMachine(
    field="state", moves={PartnerState.ASKED: frozenset({PartnerState.AGREED, PartnerState.REFUSED})}
)

AGREED_UPON = (MandateState.ACCEPTED, MandateState.ENDED)
"""What came about: in force for its term, which an ended one has up to its last day."""

DAYS_AN_OFFER_HOLDS = 30
MOST_YEARS = 5
MOST_SUBJECTS = 50
MOST_PARTNERS = 5
OVER, REMIND_DAYS = -1, (30, 7)
"""Steps that the two sides are told of: so many days before the last day, and that it is over."""


class DealOrigin(models.TextChoices):
    """A deal made here, or one that a broker reports from elsewhere."""

    PLATFORM = "platform", _("Made here")
    REPORTED = "reported", _("Reported by the broker")
