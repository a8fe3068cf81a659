"""The broker answers a rating once, and the party replies to that once; both may mend their words for two weeks."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, require_member
from brokers.enums.register import TextKind
from brokers.models import Rating, RatingText
from brokers.models.ratings import RATING_TEXT
from brokers.notices import ratings as notices
from brokers.services.asking import is_member, text_of
from brokers.services.ratings.rate import locked_rating, refuse_if_frozen
from marketplace.core.errors import NotAllowed, NotPossibleNow


@transaction.atomic
def answer_rating(*, rating: Rating, text: str, by: User, at: datetime) -> RatingText:
    """The broker's answer; sent again within two weeks it takes the place of the first.

    Raises `NotAllowed`, `NotPossibleNow` (frozen, hidden, or replied to already), `DomainError`.
    """
    locked = locked_rating(rating)
    require_member(by, Permission.EDIT_REGISTER_ENTRY, locked.deal.broker)
    there = locked.texts.filter(kind=TextKind.ANSWER).first()
    if there and locked.texts.filter(kind=TextKind.REPLY).exists():
        raise NotPossibleNow(_("The client has replied to your answer. It stays as it is."))
    return _write(locked, there, TextKind.ANSWER, text, by, at)


@transaction.atomic
def reply_to_answer(*, rating: Rating, text: str, by: User, at: datetime) -> RatingText:
    """What the party says to the broker's answer. Raises as `answer_rating`."""
    locked = locked_rating(rating)
    require_member(by, Permission.RATE_BROKERS, locked.organization)
    if is_member(by, locked.deal.broker_id):
        raise NotAllowed(_("You belong to the broker: somebody else of your organization has to reply."))
    if not locked.texts.filter(kind=TextKind.ANSWER).exists():
        raise NotPossibleNow(_("The broker has not answered. You may still change your rating."))
    return _write(locked, locked.texts.filter(kind=TextKind.REPLY).first(), TextKind.REPLY, text, by, at)


def _write(rating: Rating, there: RatingText | None, kind: TextKind, text: str, by: User, at: datetime) -> RatingText:
    written = text_of(text, most=RATING_TEXT, field="text", missing=_("Write what you want to say."))
    if there:
        refuse_if_frozen(there, at)
        there.text, there.edited_at = written, at
        there.save()
        return there
    made = RatingText.objects.create(rating=rating, kind=kind, text=written, written_at=at, written_by=by)
    notices.responded(rating, kind, at)
    return made
