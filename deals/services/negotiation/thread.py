"""Lines of the thread, and whose answer is waited for. The caller holds the negotiation's lock."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from accounts.models import User
from deals.enums.negotiation import EntryKind, Side
from deals.models import Entry, Negotiation
from deals.queries.seats import Seat, other
from deals.services.negotiation.asking import refuse_reused_key

KEY_CONSTRAINT = "entry_once_per_key"


def add_entry(
    *, negotiation: Negotiation, kind: EntryKind, seat: Seat | None, by: User | None, at: datetime, **content: Any
) -> Entry:
    """The next line. `seat` None: the house says it. Raises `KeyReused` where a key meets its twin elsewhere."""
    last = negotiation.entries.aggregate(last=Max("serial"))["last"] or 0
    entry = Entry(
        negotiation=negotiation, serial=last + 1, kind=kind, side=seat.side if seat else "",
        organization=seat.organization if seat else None, by=by, at=at, **content,
    )  # fmt: skip
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError as error:
        if KEY_CONSTRAINT not in str(error):
            raise
        refuse_reused_key()
    return entry


def answer_days(negotiation: Negotiation, side: str) -> int:
    """Days that a side has: what the holder has promised; of a firm, a figure of the house."""
    return negotiation.holder.answer_days if side == Side.HOLDER else settings.NEGOTIATION_FIRM_ANSWER_DAYS


def answer_by(negotiation: Negotiation, side: str, at: datetime) -> date:
    return timezone.localdate(at) + timedelta(days=answer_days(negotiation, side))


def open_questions(negotiation: Negotiation) -> Any:
    """Questions that nobody has answered, oldest first."""
    answered = Entry.objects.filter(reply_to=OuterRef("pk"))
    rows = negotiation.entries.filter(kind=EntryKind.QUESTION)
    return rows.filter(~Exists(answered)).order_by("serial")


def owes(negotiation: Negotiation, side: str) -> bool:
    """Whether an offer or a question of the other side waits for this one."""
    asking = other(side)
    return negotiation.offers.waiting().filter(side=asking).exists() or (
        open_questions(negotiation).filter(side=asking).exists()
    )


def note_said(negotiation: Negotiation, at: datetime, **also: Any) -> None:
    """Write what came of it, and that something was said."""
    changes = {"last_said_at": at, "updated_at": timezone.now(), **also}
    for name, value in changes.items():
        setattr(negotiation, name, value)
    negotiation.save(update_fields=list(changes))


def to_answer(negotiation: Negotiation, side: str, at: datetime) -> dict[str, Any]:
    """That `side` has to answer from now on."""
    return {"turn": str(side), "answer_due_on": answer_by(negotiation, side, at), "told_of": None}


NOBODY: dict[str, Any] = {"turn": "", "answer_due_on": None, "told_of": None}


def asked(negotiation: Negotiation, side: str, at: datetime, *, anew: bool = False) -> dict[str, Any]:
    """`side` asked: the other one has to answer. Who is asked again keeps its day, unless `anew` (an offer)."""
    asked_side = other(side)
    if negotiation.turn == asked_side and not anew:
        return {}
    return to_answer(negotiation, asked_side, at)


def released(negotiation: Negotiation, at: datetime) -> dict[str, Any]:
    """Whose turn it is after something that waited is gone: the same side's while more waits for it, else the other's
    if something waits for that one, else nobody's."""
    if not negotiation.turn or owes(negotiation, negotiation.turn):
        return {}
    rest = other(negotiation.turn)
    return to_answer(negotiation, rest, at) if owes(negotiation, rest) else NOBODY


def spoke(negotiation: Negotiation, side: str, at: datetime) -> dict[str, Any]:
    """`side` said or did something that asks for nothing: if it was its turn, it has answered by that."""
    return released(negotiation, at) if negotiation.turn == side else {}
