"""What people are told about hand-overs. Why the broker is closed to new work is no matter of its clients."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from brokers.models import HandOver, Mandate
from brokers.notices.people import officers
from notifications import registry
from notifications.outbox import notify

HAND_OVER = "brokers.handover"


def hand_overs_visible_to(user: User) -> QuerySet[HandOver]:
    return HandOver.objects.visible_to(user)


def as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any, targets: registry.Targets = hand_overs_visible_to) -> None:
    registry.register(kind, title=title, body=body, targets=targets, present=as_people_write_it)


_register(
    "hand_over_asked",
    _("“%(broker)s” takes no new work: what becomes of your mandate %(number)s?"),
    _("Choose by %(day)s: another broker, the end of the mandate, or, while the broker is only suspended, to keep it."),
)
_register(
    "hand_over_asked_again",
    _("“%(to)s” did not take over your mandate %(number)s"),
    _("Choose again by %(day)s."),
)
_register(
    "hand_over_reminder",
    _("Choose by %(day)s what becomes of your mandate %(number)s"),
    _("Its broker “%(broker)s” takes no new work. Afterwards an officer settles it."),
)
_register(
    "hand_over_left_open",
    _("A hand-over was left open: mandate %(number)s of “%(client)s”"),
    _("The client had until %(day)s. Please settle it."),
)
_register(
    "hand_over_settled",
    _("It is settled what becomes of mandate %(number)s"),
    _("The client is “%(client)s”, the broker was “%(broker)s”. How it was settled stands on its page."),
)


def asked(hand_over: HandOver, at: datetime, again: Mandate | None = None) -> None:
    clients = users_with_permission(hand_over.mandate.client, Permission.GIVE_MANDATES)
    if again is None:
        once = f"{hand_over.public_id}:{hand_over.case.public_id}"
        _tell("hand_over_asked", hand_over, clients, at, once=once)
    else:
        _tell("hand_over_asked_again", hand_over, clients, at, once=str(again.public_id), to=again.broker.name)


def reminded(hand_over: HandOver, at: datetime) -> None:
    clients = users_with_permission(hand_over.mandate.client, Permission.GIVE_MANDATES)
    _tell("hand_over_reminder", hand_over, clients, at, once=f"{hand_over.public_id}:{hand_over.until_on}")


def left_open(hand_over: HandOver, at: datetime) -> None:
    _tell("hand_over_left_open", hand_over, officers(), at, once=f"{hand_over.public_id}:{hand_over.until_on}")


def settled(hand_over: HandOver, at: datetime) -> None:
    """To both sides, who ended or kept something, but not to who just did it."""
    mandate = hand_over.mandate
    people = [
        *users_with_permission(mandate.client, Permission.GIVE_MANDATES),
        *users_with_permission(hand_over.from_broker, Permission.TAKE_MANDATES),
    ]
    _tell("hand_over_settled", hand_over, [user for user in people if user.pk != hand_over.chosen_by_id], at)


def _tell(
    kind: str, hand_over: HandOver, users: Iterable[User], at: datetime, *, once: str = "", **params: str
) -> None:
    mandate = hand_over.mandate
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{once or hand_over.public_id}",
        params={
            "number": mandate.number, "broker": hand_over.from_broker.name, "client": mandate.client.name,
            "day": hand_over.until_on.isoformat(), **params,
        },
        url=reverse("brokers:hand_over", args=[hand_over.public_id]),
        target=(HAND_OVER, hand_over.public_id),
        at=at,
    )  # fmt: skip
