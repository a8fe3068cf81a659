"""Words of a negotiation and its offers."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class NegotiationState(models.TextChoices):
    OPEN = "open", pgettext_lazy("negotiation", "Under way")
    AGREED = "agreed", pgettext_lazy("negotiation", "Terms agreed")
    CONTRACTED = "contracted", pgettext_lazy("negotiation", "Contract signed")
    CLOSED = "closed", pgettext_lazy("negotiation", "Closed without a contract")


N = NegotiationState
NEGOTIATION_STATES = StateMachine(
    field="state",
    moves={
        N.OPEN: frozenset({N.AGREED, N.CLOSED}),
        N.AGREED: frozenset({N.OPEN, N.CONTRACTED, N.CLOSED}),
    },
)
RUNNING = (N.OPEN, N.AGREED)

REMIND, LATE, ESCALATED = 2, -1, -7
"""Steps of the clock of an answer, in days before its last one: its side is reminded, both are told that it is late,
its managers are."""

RESTS_AFTER_DAYS = 30
"""So long after the last word both sides are asked whether a negotiation goes on in which nobody waits."""


class Side(models.TextChoices):
    """Whose words they are; a broker speaks for the side that gave it the mandate."""

    HOLDER = "holder", pgettext_lazy("negotiation", "Holder")
    FIRM = "firm", pgettext_lazy("negotiation", "Firm")


OTHER_SIDE = {Side.HOLDER: Side.FIRM, Side.FIRM: Side.HOLDER}


class Outcome(models.TextChoices):
    """Why a negotiation ended without a contract."""

    PRICE = "price", _("No agreement on what is paid")
    TERMS = "terms", _("No agreement on other terms")
    UNFIT = "unfit", _("The technology does not fit")
    NOT_READY = "not_ready", _("The technology needs more development first")
    FUNDING = "funding", _("The firm has no money for it now")
    OTHER_TAKER = "other_taker", _("Somebody else has taken it")
    RIGHTS = "rights", _("A problem with the rights")
    NO_ANSWER = "no_answer", _("The other side did not answer")
    OTHER = "other", _("Another reason")


class EntryKind(models.TextChoices):
    """A line of the thread: people's words first, then what the house notes."""

    MESSAGE = "message", pgettext_lazy("thread", "Message")
    QUESTION = "question", pgettext_lazy("thread", "Question")
    ANSWER = "answer", pgettext_lazy("thread", "Answer to a question")
    MEETING = "meeting", pgettext_lazy("thread", "Meeting")
    OPENED = "opened", _("Negotiation opened")
    BROKER_JOINED = "broker_joined", _("Broker takes part")
    BROKER_LEFT = "broker_left", _("Broker does not take part any more")
    OFFERED = "offered", _("Offer made")
    COUNTERED = "countered", _("Counter-offer made")
    WITHDRAWN = "withdrawn", _("Offer withdrawn")
    DECLINED = "declined", _("Offer declined")
    LAPSED = "lapsed", _("Offer lapsed")
    ACCEPTED = "accepted", _("Offer accepted")
    REOPENED = "reopened", _("Negotiation taken up again")
    LATE = "late", _("Answer is late")
    CONTRACTED = "contracted", _("Contract signed")
    CLOSED = "closed", _("Negotiation closed")


SAID = (EntryKind.MESSAGE, EntryKind.QUESTION, EntryKind.ANSWER, EntryKind.MEETING)


class OfferState(models.TextChoices):
    OFFERED = "offered", pgettext_lazy("offer", "Waits for an answer")
    ACCEPTED = "accepted", pgettext_lazy("offer", "Accepted")
    COUNTERED = "countered", pgettext_lazy("offer", "Answered with a counter-offer")
    DECLINED = "declined", pgettext_lazy("offer", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("offer", "Withdrawn")
    LAPSED = "lapsed", pgettext_lazy("offer", "Lapsed")
    SET_ASIDE = "set_aside", pgettext_lazy("offer", "Accepted, then set aside")


OFFER_STATES = StateMachine(
    field="state",
    moves={
        OfferState.OFFERED: frozenset(OfferState) - {OfferState.OFFERED, OfferState.SET_ASIDE},
        OfferState.ACCEPTED: frozenset({OfferState.SET_ASIDE}),
    },
)
ONCE_ACCEPTED = (OfferState.ACCEPTED, OfferState.SET_ASIDE)
