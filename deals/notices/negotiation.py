"""What people are told of negotiations. A message says which negotiation; who, about what and for how much stands on
its page only, and is asked for again before a mail goes."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from brokers.notices.fees import with_the_day_as_people_write_it
from deals.enums.negotiation import EntryKind, Side
from deals.models import Entry, Negotiation, NegotiationBroker, Offer
from deals.queries.seats import brokers_on, other
from notifications import registry
from notifications.outbox import notify

TARGET = "deals.negotiation"


def negotiations_visible_to(user: User) -> QuerySet[Negotiation]:
    return Negotiation.objects.visible_to(user)


def _register(kind: str, title: Any, body: Any) -> None:
    registry.register(
        kind, title=title, body=body, targets=negotiations_visible_to, present=with_the_day_as_people_write_it
    )


_register(
    "negotiation_opened",
    _("Negotiation %(number)s has begun"),
    _("Read it, and say something by %(day)s."),
)
_register(
    "negotiation_message",
    _("Negotiation %(number)s: a new message"),
    _("It stands in the thread."),
)
_register(
    "negotiation_question",
    _("Negotiation %(number)s: a question"),
    _("Please answer it by %(day)s."),
)
_register(
    "negotiation_answer",
    _("Negotiation %(number)s: your question was answered"),
    _("The answer stands in the thread."),
)
_register(
    "negotiation_meeting",
    _("Negotiation %(number)s: a meeting"),
    _("When and where stands in the thread."),
)
_register(
    "negotiation_offered",
    _("Negotiation %(number)s: an offer"),
    _("Compare the ways to pay. It can be accepted until %(day)s."),
)
_register(
    "negotiation_countered",
    _("Negotiation %(number)s: a counter-offer"),
    _("Read what it changes. It can be accepted until %(day)s."),
)
_register(
    "negotiation_withdrawn",
    _("Negotiation %(number)s: the offer was withdrawn"),
    _("It needs no answer any more."),
)
_register(
    "negotiation_declined",
    _("Negotiation %(number)s: the offer was declined"),
    _("The reason stands in the thread. You may make another offer."),
)
_register(
    "negotiation_lapsed",
    _("Negotiation %(number)s: an offer has lapsed"),
    _("Its last day was %(day)s. A new offer can be made."),
)
_register(
    "negotiation_accepted",
    _("Negotiation %(number)s: terms are agreed"),
    _("The next step is the contract."),
)
_register(
    "negotiation_reopened",
    _("Negotiation %(number)s was taken up again"),
    _("What was agreed is set aside. The reason stands in the thread. Please answer by %(day)s."),
)
_register(
    "negotiation_closed",
    _("Negotiation %(number)s was closed"),
    _("The outcome stands on its page."),
)
_register(
    "negotiation_broker_joined",
    _("Negotiation %(number)s: a broker takes part"),
    _("Who it is stands on its page."),
)
_register(
    "negotiation_broker_left",
    _("Negotiation %(number)s: a broker does not take part any more"),
    _("Its mandate is not changed by that."),
)
_register(
    "negotiation_due_soon",
    _("Negotiation %(number)s: your answer is due on %(day)s"),
    _("The other side waits for it."),
)
_register(
    "negotiation_late",
    _("Negotiation %(number)s: your answer is late"),
    _("It was due on %(day)s. Answer, or close the negotiation."),
)
_register(
    "negotiation_answer_late",
    _("Negotiation %(number)s: the answer of the other side is late"),
    _("It was due on %(day)s. The other side has been reminded."),
)
_register(
    "negotiation_escalated",
    _("Negotiation %(number)s: your organization has not answered for a week"),
    _("The answer was due on %(day)s. As a manager, please see to it."),
)
_register(
    "negotiation_listing_gone",
    _("Negotiation %(number)s: the technology was taken off the market"),
    _("Nothing can be accepted now. Ask the other side, or close the negotiation."),
)

OF_SAYING = {
    EntryKind.MESSAGE: "negotiation_message",
    EntryKind.QUESTION: "negotiation_question",
    EntryKind.ANSWER: "negotiation_answer",
    EntryKind.MEETING: "negotiation_meeting",
}


def opened(negotiation: Negotiation, side: str, by: User, at: datetime) -> None:
    _tell("negotiation_opened", negotiation, _everybody(negotiation, at), at, but=by)


def said(negotiation: Negotiation, entry: Entry, at: datetime) -> None:
    kind = OF_SAYING[EntryKind(entry.kind)]
    _tell(kind, negotiation, _everybody(negotiation, at), at, but=entry.by, key=f"{kind}:{entry.public_id}")


def offered(negotiation: Negotiation, offer: Offer, at: datetime) -> None:
    kind = "negotiation_countered" if offer.counter_to_id else "negotiation_offered"
    _of_offer(kind, negotiation, offer, at, but=offer.offered_by)


def withdrawn(negotiation: Negotiation, offer: Offer, at: datetime) -> None:
    _of_offer("negotiation_withdrawn", negotiation, offer, at, but=offer.answered_by)


def declined(negotiation: Negotiation, offer: Offer, at: datetime) -> None:
    _of_offer("negotiation_declined", negotiation, offer, at, but=offer.answered_by)


def lapsed(negotiation: Negotiation, offer: Offer, at: datetime) -> None:
    _of_offer("negotiation_lapsed", negotiation, offer, at, but=None)


def accepted(negotiation: Negotiation, offer: Offer, at: datetime) -> None:
    _of_offer("negotiation_accepted", negotiation, offer, at, but=offer.answered_by)


def reopened(negotiation: Negotiation, by: User, at: datetime) -> None:
    key = f"negotiation_reopened:{negotiation.public_id}:{negotiation.revision}"
    _tell("negotiation_reopened", negotiation, _everybody(negotiation, at), at, but=by, key=key)


def closed(negotiation: Negotiation, by: User, at: datetime) -> None:
    _tell("negotiation_closed", negotiation, _everybody(negotiation, at), at, but=by)


def broker_joined(negotiation: Negotiation, part: NegotiationBroker, by: User, at: datetime) -> None:
    kind = "negotiation_broker_joined"
    _tell(kind, negotiation, _everybody(negotiation, at), at, but=by, key=f"{kind}:{part.public_id}")


def broker_left(negotiation: Negotiation, part: NegotiationBroker, by: User | None, at: datetime) -> None:
    """To the parties; the broker itself sees the negotiation no more, and reads it from its mandate."""
    kind = "negotiation_broker_left"
    people = [*_of_party(negotiation.holder), *_of_party(negotiation.firm)]
    _tell(kind, negotiation, people, at, but=by, key=f"{kind}:{part.public_id}")


def due_soon(negotiation: Negotiation, at: datetime) -> None:
    _of_clock("negotiation_due_soon", negotiation, of_side(negotiation, negotiation.turn, at), at)


def late(negotiation: Negotiation, at: datetime) -> None:
    _of_clock("negotiation_late", negotiation, of_side(negotiation, negotiation.turn, at), at)
    _of_clock("negotiation_answer_late", negotiation, of_side(negotiation, other(negotiation.turn), at), at)


def escalated(negotiation: Negotiation, at: datetime) -> None:
    """To those who can bind the side that is late."""
    party = negotiation.organization_of(negotiation.turn)
    _of_clock("negotiation_escalated", negotiation, users_with_permission(party, Permission.AGREE_TERMS), at)


def listing_gone(negotiation: Negotiation, at: datetime) -> None:
    key = f"negotiation_listing_gone:{negotiation.public_id}:{timezone.localdate(at)}"
    _tell("negotiation_listing_gone", negotiation, of_side(negotiation, Side.FIRM, at), at, but=None, key=key)


def of_side(negotiation: Negotiation, side: str, at: datetime) -> list[User]:
    """Who negotiates for a side: its own people, and those of its brokers."""
    brokers = brokers_on(negotiation, timezone.localdate(at))
    people = list(_of_party(negotiation.organization_of(side)))
    return people + [user for part in brokers if part.side == side for user in _of_party(part.organization)]


def _of_party(organization: Organization) -> QuerySet[User]:
    return users_with_permission(organization, Permission.NEGOTIATE)


def _everybody(negotiation: Negotiation, at: datetime) -> list[User]:
    return [*of_side(negotiation, Side.HOLDER, at), *of_side(negotiation, Side.FIRM, at)]


def _of_offer(kind: str, negotiation: Negotiation, offer: Offer, at: datetime, *, but: User | None) -> None:
    key = f"{kind}:{offer.public_id}"
    _tell(kind, negotiation, _everybody(negotiation, at), at, but=but, key=key, day=offer.valid_until)


def _of_clock(kind: str, negotiation: Negotiation, people: Iterable[User], at: datetime) -> None:
    """Once per day that is waited for."""
    key = f"{kind}:{negotiation.public_id}:{negotiation.turn}:{negotiation.answer_due_on}"
    _tell(kind, negotiation, people, at, but=None, key=key)


def _tell(
    kind: str, negotiation: Negotiation, people: Iterable[User], at: datetime, *, but: User | None, key: str = "",
    day: date | None = None,
) -> None:  # fmt: skip
    due = day or negotiation.answer_due_on or timezone.localdate(at)
    notify(
        users=[user for user in people if user != but],
        kind=kind,
        dedupe_key=key or f"{kind}:{negotiation.public_id}",
        params={"number": negotiation.number, "day": due.isoformat()},
        url=reverse("deals:negotiation", args=[negotiation.public_id]),
        target=(TARGET, negotiation.public_id),
        at=at,
    )
