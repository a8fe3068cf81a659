"""Cases that may end a registration: grounds, states, decisions (domain-facts.md §2; Act art. 10(3), 14 and 37)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from brokers.enums.registration import RegistrationKind
from marketplace.core.states import StateMachine

NOTICE_DAYS = 10
"""Days between notice and hearing (Administrative Procedures Act art. 21). Not in our facts: an assumption."""
HAND_OVER_DAYS = 30
"""Days in which a client says what becomes of a running mandate. An assumption."""
REMIND_DAYS = 7
"""So many days before its end a client is reminded of an open hand-over."""
OBJECTION_DAYS = 90
"""Days in which a decision can be appealed (Administrative Appeals Act art. 27). Not in our facts: an assumption."""
REAPPLY_MONTHS = 6
"""Months after a cancellation in which nobody applies anew (Act art. 10, decree art. 16)."""


class CaseGround(models.TextChoices):
    FRAUD = "fraud", _("Registered by fraud")
    OWN_WISH = "own_wish", _("Own wish")
    CLOSURE = "closure", _("Business was closed")
    NO_DEAL = "no_deal", _("No deal in two years")
    MISSED_REPORTS = "missed_reports", _("Three reports missed")
    BELOW_STANDARD = "below_standard", _("Below the required standard")
    FRAUDULENT_WORK = "fraudulent_work", _("Fraud in the work of a trader")
    NAME_LENDING = "name_lending", _("Lent the name to others")


G = CaseGround
MUST_CANCEL = (G.FRAUD, G.OWN_WISH, G.CLOSURE)
"""Where one of these is proven, the registration is cancelled and nothing else is possible."""
GROUNDS_OF = {
    RegistrationKind.AGENCY: (G.FRAUD, G.OWN_WISH, G.CLOSURE, G.NO_DEAL, G.MISSED_REPORTS, G.BELOW_STANDARD),
    RegistrationKind.TRADER: (G.FRAUD, G.FRAUDULENT_WORK, G.NAME_LENDING),
}


class CaseState(models.TextChoices):
    OPENED = "opened", pgettext_lazy("case", "Opened")
    NOTICED = "noticed", _("Hearing is fixed")
    HELD = "held", _("Hearing was held")
    DECIDED = "decided", pgettext_lazy("case", "Decided")
    CLOSED = "closed", _("Closed without a decision")


C = CaseState
# After a hearing a case is closed only where another one has cancelled the registration.
CASE_STATES = StateMachine(
    field="state",
    moves={
        C.OPENED: frozenset({C.NOTICED, C.CLOSED}),
        C.NOTICED: frozenset({C.HELD, C.CLOSED}),
        C.HELD: frozenset({C.DECIDED, C.CLOSED}),
    },
)
OPEN_CASES = (C.OPENED, C.NOTICED, C.HELD)
BEFORE_THE_HEARING = (C.OPENED, C.NOTICED)
AT_THE_HEARING = (C.NOTICED, C.HELD)
"""While a case is one of these, its registration stands at `hearing`."""


class Decision(models.TextChoices):
    CANCELLED = "cancelled", _("Registration is cancelled")
    NOT_PROVEN = "not_proven", _("Ground is not proven")
    MAINTAINED = "maintained", _("Registration is maintained")
    SUSPENDED = "suspended", _("Registration is suspended")
    WARNED = "warned", _("Broker is warned")


def decisions_on(ground: str) -> tuple[Decision, ...]:
    """What may be decided where a case was opened for `ground`."""
    if ground in MUST_CANCEL:
        return (Decision.CANCELLED, Decision.NOT_PROVEN)
    return (Decision.MAINTAINED, Decision.WARNED, Decision.SUSPENDED, Decision.CANCELLED)


class HearingState(models.TextChoices):
    NOTICED = "noticed", pgettext_lazy("hearing", "Ahead")
    POSTPONED = "postponed", pgettext_lazy("hearing", "Postponed")
    CALLED_OFF = "called_off", pgettext_lazy("hearing", "Called off")
    HELD = "held", pgettext_lazy("hearing", "Held")


H = HearingState
HEARING_STATES = StateMachine(field="state", moves={H.NOTICED: frozenset({H.POSTPONED, H.CALLED_OFF, H.HELD})})


class Attendance(models.TextChoices):
    APPEARED = "appeared", _("The broker appeared")
    STAYED_AWAY = "stayed_away", _("The broker stayed away after due notice")


class StatementSide(models.TextChoices):
    BROKER = "broker", pgettext_lazy("statement", "Broker")
    OFFICE = "office", pgettext_lazy("statement", "Office")


class HandOverState(models.TextChoices):
    OPEN = "open", _("The client has to choose")
    OFFERED = "offered", _("Offered to another broker")
    KEPT = "kept", _("Stays with the broker")
    MOVED = "moved", _("Taken over by another broker")
    ENDED = "ended", _("Mandate ended")


HO = HandOverState
HAND_OVER_STATES = StateMachine(
    field="state",
    moves={
        HO.OPEN: frozenset({HO.OFFERED, HO.KEPT, HO.ENDED}),
        HO.OFFERED: frozenset({HO.OPEN, HO.MOVED, HO.ENDED}),
    },
)
OPEN_HAND_OVERS = (HO.OPEN, HO.OFFERED)


class HandOverChoice(models.TextChoices):
    KEEP = "keep", _("Keep the mandate with this broker")
    MOVE = "move", _("Give it to another broker")
    END = "end", _("End the mandate")
