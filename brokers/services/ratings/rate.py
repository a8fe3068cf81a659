"""A party of a closed deal rates the broker, once; for two weeks it may change what it said."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from brokers.enums.register import DAYS_TO_EDIT, TextKind
from brokers.models import BrokeredDeal, Rating, RatingText
from brokers.models.ratings import RATING_TEXT
from brokers.notices import ratings as notices
from brokers.services.asking import is_member, text_of
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed, NotPossibleNow

STARS = range(1, 6)


class AlreadyRated(Conflict):
    code = "already_rated"


@transaction.atomic
def rate(
    *,
    deal: BrokeredDeal,
    organization: Organization,
    stars: int,
    text: str,
    names_rater: bool = False,
    by: User,
    at: datetime,
) -> Rating:
    """`organization` rates the broker of `deal` with 1 to 5 stars and a text that says why.

    The deal's row lets one pass at a time. Raises `NotAllowed`, `NotPossibleNow` (not closed), `AlreadyRated`, and
    `DomainError` naming the field.
    """
    locked = BrokeredDeal.objects.select_for_update(of=["self"]).select_related("mandate").get(pk=deal.pk)
    require_member(by, Permission.RATE_BROKERS, organization)
    if organization.pk not in parties_of(locked):
        raise NotAllowed(_("Only the parties of the deal rate its broker."))
    _refuse_the_broker(by, locked)
    if locked.closed_on is None:
        raise NotPossibleNow(_("A broker is rated when the deal is closed."))
    if locked.ratings.filter(organization=organization).exists():
        raise AlreadyRated(_("Your organization has rated this deal already. Reload the page to see it."))
    written = _text(text)
    made = Rating.objects.create(
        deal=locked, organization=organization, stars=_stars(stars), names_rater=names_rater, rated_at=at, rated_by=by
    )
    RatingText.objects.create(rating=made, kind=TextKind.RATING, text=written, written_at=at, written_by=by)
    notices.rated(made, at)
    return made


@transaction.atomic
def edit_rating(
    *, rating: Rating, stars: int, text: str, names_rater: bool, revision: int, by: User, at: datetime
) -> Rating:
    """Change a rating within `DAYS_TO_EDIT` days. Raises as `rate`, and `ChangedMeanwhile`."""
    locked = locked_rating(rating)
    require_member(by, Permission.RATE_BROKERS, locked.organization)
    _refuse_the_broker(by, locked.deal)
    written = locked.texts.get(kind=TextKind.RATING)
    refuse_if_frozen(written, at)
    if locked.revision != revision:
        raise ChangedMeanwhile(_("A colleague changed this rating while you had it open. Look at it again."))
    written.text = _text(text)
    locked.stars, locked.names_rater = _stars(stars), names_rater
    locked.revision += 1
    locked.edited_at = written.edited_at = at
    locked.save()
    written.save()
    return locked


def parties_of(deal: BrokeredDeal) -> set[int]:
    """Primary keys of the organizations that may rate the deal: those with an account, but the broker."""
    found = {deal.holder_id, deal.taker_id, deal.mandate.client_id if deal.mandate else None}
    return {pk for pk in found if pk is not None} - {deal.broker_id}


def rating_organizations(deal: BrokeredDeal, mine: Iterable[Organization]) -> list[Organization]:
    """Those of `mine` that may still rate the deal."""
    done = set(deal.ratings.values_list("organization", flat=True))
    return [organization for organization in mine if organization.pk in parties_of(deal) - done]


def locked_rating(rating: Rating) -> Rating:
    """The row under its lock, with the deal and both sides."""
    rows = Rating.objects.select_for_update(of=["self"]).select_related("deal__broker", "organization")
    return rows.get(pk=rating.pk)


def is_frozen(text: RatingText, at: datetime) -> bool:
    return text.is_hidden or at > text.written_at + timedelta(days=DAYS_TO_EDIT)


def frozen_from(text: RatingText) -> date:
    """The day on which it can no longer be changed all day long."""
    return timezone.localdate(text.written_at + timedelta(days=DAYS_TO_EDIT))


def refuse_if_frozen(text: RatingText, at: datetime) -> None:
    """Raise `NotPossibleNow` where two weeks have passed or an officer has hidden the text."""
    if text.is_hidden:
        raise NotPossibleNow(_("An officer has hidden this text. It can no longer be changed."))
    if is_frozen(text, at):
        raise NotPossibleNow(
            _("What was written can be changed for %(days)d days. They have passed.") % {"days": DAYS_TO_EDIT}
        )


def _refuse_the_broker(by: User, deal: BrokeredDeal) -> None:
    if is_member(by, deal.broker_id):
        raise NotAllowed(_("You belong to the broker: somebody else of your organization has to rate it."))


def _stars(given: int) -> int:
    if given not in STARS:
        raise DomainError(_("Give 1 to 5 stars."), field="stars")
    return given


def _text(given: str) -> str:
    return text_of(given, most=RATING_TEXT, field="text", missing=_("Say in a sentence why."))
