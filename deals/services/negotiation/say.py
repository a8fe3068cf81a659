"""Words in the thread: messages, questions with answers, meetings."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from deals.enums.negotiation import EntryKind
from deals.models import Entry, Negotiation
from deals.notices import negotiation as notices
from deals.queries.seats import Seat, other
from deals.services.negotiation.asking import (
    lock_negotiation,
    refuse_reused_key,
    require_running,
    seat_of,
    text_in,
)
from deals.services.negotiation.thread import add_entry, asked, note_said, spoke
from marketplace.core.errors import DomainError

SPOKEN = (EntryKind.MESSAGE, EntryKind.QUESTION)
PLACE_LENGTH = 300
FARTHEST_MEETING = timedelta(days=366)


class Said(NamedTuple):
    """`is_new` is False when the same key had said the same already."""

    entry: Entry
    is_new: bool


@transaction.atomic
def say(*, negotiation: Negotiation, kind: str, text: str, by: User, at: datetime, key: UUID | None = None) -> Said:
    """A message, or a question that the other side has to answer by its day.

    `key` is that of the form as it was opened, or of a program: the same words again with it are said once.
    Raises `NotAllowed`, `NotPossibleNow` (over), `KeyReused`, `DomainError` naming the field.
    """
    locked, seat = _begin(negotiation, by, at)
    if kind not in SPOKEN:
        raise DomainError(_("Choose a message or a question."), field="kind")
    words = text_in(text, missing=_("Write something."))
    if earlier := _earlier(locked, by, key, kind=kind, text=words):
        return Said(earlier, False)
    require_running(locked)
    entry = add_entry(
        negotiation=locked, kind=EntryKind(kind), seat=seat, by=by, at=at, text=words, idempotency_key=key
    )
    asks = kind == EntryKind.QUESTION
    note_said(locked, at, **(asked(locked, seat.side, at) if asks else spoke(locked, seat.side, at)))
    notices.said(locked, entry, at)
    return Said(entry, True)


@transaction.atomic
def reply(*, question: Entry, text: str, by: User, at: datetime, key: UUID | None = None) -> Said:
    """The side that was asked answers a question. More than one answer is possible: nobody's words are lost.

    Raises as `say`.
    """
    locked = lock_negotiation(question.negotiation_id)
    if question.kind != EntryKind.QUESTION:
        raise DomainError(_("Only a question can be answered."), field="reply_to")
    seat = seat_of(locked, by, at, side=other(question.side))
    words = text_in(text, missing=_("Write the answer."))
    if earlier := _earlier(locked, by, key, kind=EntryKind.ANSWER, text=words, reply_to_id=question.pk):
        return Said(earlier, False)
    require_running(locked)
    entry = add_entry(
        negotiation=locked, kind=EntryKind.ANSWER, seat=seat, by=by, at=at, text=words, reply_to=question,
        idempotency_key=key,
    )  # fmt: skip
    note_said(locked, at, **spoke(locked, seat.side, at))
    notices.said(locked, entry, at)
    return Said(entry, True)


@transaction.atomic
def meet(
    *, negotiation: Negotiation, meets_at: datetime, place: str, text: str = "", by: User, at: datetime,
    key: UUID | None = None,
) -> Said:  # fmt: skip
    """Write down a meeting: when, and where or under which address of a call. Another time is another line.

    Raises as `say`.
    """
    locked, seat = _begin(negotiation, by, at)
    words = text_in(text)
    where = text_in(place, field="place", most=PLACE_LENGTH, missing=_("Say where, or give the address of the call."))
    if earlier := _earlier(locked, by, key, kind=EntryKind.MEETING, text=words, meets_at=meets_at, place=where):
        return Said(earlier, False)
    require_running(locked)
    if not at <= meets_at <= at + FARTHEST_MEETING:
        raise DomainError(_("Choose a time from now on, within a year."), field="meets_at")
    entry = add_entry(
        negotiation=locked, kind=EntryKind.MEETING, seat=seat, by=by, at=at, text=words, meets_at=meets_at,
        place=where, idempotency_key=key,
    )  # fmt: skip
    note_said(locked, at, **spoke(locked, seat.side, at))
    notices.said(locked, entry, at)
    return Said(entry, True)


def _begin(negotiation: Negotiation, by: User, at: datetime) -> tuple[Negotiation, Seat]:
    locked = lock_negotiation(negotiation)
    return locked, seat_of(locked, by, at)


def _earlier(negotiation: Negotiation, by: User, key: UUID | None, **content: object) -> Entry | None:
    """What this key said already. Raises `KeyReused` where it was something else."""
    if key is None:
        return None
    found = Entry.objects.filter(by=by, idempotency_key=key).first()
    if found is None:
        return None
    same = found.negotiation_id == negotiation.pk and all(getattr(found, k) == v for k, v in content.items())
    if not same:
        refuse_reused_key()
    return found
