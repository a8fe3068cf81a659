"""What is told about ratings. A message names the broker; what was written stands on the page only."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind, Role
from accounts.models import Membership, User
from accounts.roles import Permission, permissions_of, users_with_permission
from brokers.enums.register import TextKind
from brokers.models import Rating, RatingReport, RatingText
from notifications import registry
from notifications.outbox import notify

RATING = "brokers.rating"


def ratings_visible_to(user: User) -> QuerySet[Rating]:
    return Rating.objects.visible_to(user)


def _register(kind: str, title: Any, body: Any) -> None:
    registry.register(kind, title=title, body=body, targets=ratings_visible_to)


_register(
    "broker_rated",
    _("A client rated “%(broker)s”"),
    _("Read it, and answer it if you like: once, beside the rating."),
)
_register(
    "rating_answered",
    _("“%(broker)s” answered your rating"),
    _("You may reply once. Both stand beside your rating."),
)
_register("rating_replied", _("A client replied to your answer"), _("Nothing more can be written about this rating."))
_register(
    "rating_text_hidden",
    _("An officer hid a text about “%(broker)s”"),
    _("The reason stands in its place. The stars stay."),
)
_register(
    "rating_text_reported",
    _("A text about “%(broker)s” was reported"),
    _("Hide it with a reason, or let it stand."),
)


def rated(rating: Rating, at: datetime) -> None:
    _tell("broker_rated", rating, _of_broker(rating), at)


def responded(rating: Rating, kind: TextKind, at: datetime) -> None:
    if kind == TextKind.ANSWER:
        _tell("rating_answered", rating, _of_party(rating), at)
    else:
        _tell("rating_replied", rating, _of_broker(rating), at)


def hidden(text: RatingText, at: datetime) -> None:
    """To whoever wrote it: the broker, or the party."""
    users = _of_broker(text.rating) if text.kind == TextKind.ANSWER else _of_party(text.rating)
    _tell("rating_text_hidden", text.rating, users, at, about=text.kind)


def reported(report: RatingReport, at: datetime) -> None:
    roles = [r for r in Role.values if Permission.GOVERN_BROKERS in permissions_of(OrganizationKind.GOVERNMENT, r)]
    members = Membership.objects.active().filter(organization__kind=OrganizationKind.GOVERNMENT, role__in=roles)
    users = User.objects.filter(pk__in=members.values("user"))
    _tell("rating_text_reported", report.text.rating, users, at, about=str(report.public_id))


def _of_broker(rating: Rating) -> Iterable[User]:
    return users_with_permission(rating.deal.broker, Permission.EDIT_REGISTER_ENTRY)


def _of_party(rating: Rating) -> Iterable[User]:
    return users_with_permission(rating.organization, Permission.RATE_BROKERS)


def _tell(kind: str, rating: Rating, users: Iterable[User], at: datetime, *, about: str = "") -> None:
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{rating.public_id}:{about}",
        params={"broker": rating.deal.broker.name},
        url=reverse("brokers:rating", args=[rating.public_id]),
        target=(RATING, rating.public_id),
        at=at,
    )
