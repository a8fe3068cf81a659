"""What this app tells people, and whom. A message says which quote; amounts stand on the page only."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind, Role
from accounts.models import Membership, User
from accounts.roles import Permission, permissions_of, users_with_permission
from brokers.models import BandRequest, FeeSchedule, Quote
from notifications import registry
from notifications.outbox import notify

QUOTE, SCHEDULE = "brokers.quote", "brokers.feeschedule"
OFFERED = "fee_offered"


def quotes_visible_to(user: User) -> QuerySet[Quote]:
    return Quote.objects.visible_to(user)


def schedules_visible_to(user: User) -> QuerySet[FeeSchedule]:
    return FeeSchedule.objects.visible_to(user)


def with_the_day_as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any, targets: registry.Targets) -> None:
    registry.register(kind, title=title, body=body, targets=targets, present=with_the_day_as_people_write_it)


_register(
    OFFERED,
    _("“%(broker)s” quotes a fee (%(number)s)"),
    _("Read how it comes about, and accept or decline it by %(day)s."),
    quotes_visible_to,
)
_register(
    "fee_accepted",
    _("Quote %(number)s was accepted"),
    _("“%(client)s” accepted your fee. It stays as it is, whatever the guideline says later."),
    quotes_visible_to,
)
_register(
    "fee_declined",
    _("Quote %(number)s was declined"),
    _("“%(client)s” declined your fee. You may quote another one."),
    quotes_visible_to,
)
_register(
    "fee_taken_back",
    _("Quote %(number)s was taken back"),
    _("“%(broker)s” took its fee back. Nothing has to be answered any more."),
    quotes_visible_to,
)
_register(
    "fee_outside_band",
    _("A fee outside the band waits for a decision (%(number)s)"),
    _("“%(broker)s” gives a reason for its fee. Please decide."),
    quotes_visible_to,
)
_register(
    "fee_band_granted",
    _("The fee outside the band was allowed (%(number)s)"),
    _("Your client can accept it until %(day)s."),
    quotes_visible_to,
)
_register(
    "fee_band_refused",
    _("The fee outside the band was refused (%(number)s)"),
    _("The reason stands with the quote. You may quote a fee inside the band."),
    quotes_visible_to,
)
_register(
    "fee_guideline_published",
    _("A new fee guideline holds from %(day)s"),
    _("Quotes made from that day on follow it. Those made before stay as they are."),
    schedules_visible_to,
)
_register(
    "fee_guideline_withdrawn",
    _("The fee guideline of %(day)s was withdrawn"),
    _("No quote can be made by it any more, and no open one accepted. The reason stands on its page."),
    schedules_visible_to,
)


def offered(quote: Quote, at: datetime) -> None:
    _of_quote(OFFERED, quote, users_with_permission(quote.client, Permission.ACCEPT_FEES), at)


def accepted(quote: Quote, at: datetime) -> None:
    _of_quote("fee_accepted", quote, _quoters(quote), at)


def declined(quote: Quote, at: datetime) -> None:
    _of_quote("fee_declined", quote, _quoters(quote), at)


def taken_back(quote: Quote, at: datetime) -> None:
    _of_quote("fee_taken_back", quote, users_with_permission(quote.client, Permission.ACCEPT_FEES), at)


def band_asked(request: BandRequest, at: datetime) -> None:
    _of_quote("fee_outside_band", request.quote, deciders(), at)


def band_granted(request: BandRequest, at: datetime) -> None:
    _of_quote("fee_band_granted", request.quote, _quoters(request.quote), at)


def band_refused(request: BandRequest, at: datetime) -> None:
    _of_quote("fee_band_refused", request.quote, _quoters(request.quote), at)


def guideline_published(schedule: FeeSchedule, at: datetime) -> None:
    _of_schedule("fee_guideline_published", schedule, at)


def guideline_withdrawn(schedule: FeeSchedule, at: datetime) -> None:
    _of_schedule("fee_guideline_withdrawn", schedule, at)


def deciders() -> QuerySet[User]:
    """Everybody who may decide what lies outside of the band, each once."""
    return everybody_with(Permission.GOVERN_FEES, OrganizationKind.GOVERNMENT)


def everybody_with(permission: Permission, kind: str) -> QuerySet[User]:
    roles = [role for role in Role.values if permission in permissions_of(kind, role)]
    members = Membership.objects.active().filter(organization__kind=kind, role__in=roles)
    return User.objects.filter(pk__in=members.values("user"))


def _quoters(quote: Quote) -> Iterable[User]:
    """Of the broker and of those who share the fee."""
    sides = [share.organization for share in quote.shares.select_related("organization")]
    return [user for side in sides for user in users_with_permission(side, Permission.QUOTE_FEES)]


def _of_quote(kind: str, quote: Quote, users: Iterable[User], at: datetime) -> None:
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{quote.public_id}",
        params={
            "number": quote.number,
            "broker": quote.broker.name,
            "client": quote.client.name,
            "day": quote.valid_until.isoformat(),
        },
        url=reverse("brokers:quote", args=[quote.public_id]),
        target=(QUOTE, quote.public_id),
        at=at,
    )


def _of_schedule(kind: str, schedule: FeeSchedule, at: datetime) -> None:
    notify(
        users=everybody_with(Permission.QUOTE_FEES, OrganizationKind.BROKER),
        kind=kind,
        dedupe_key=f"{kind}:{schedule.public_id}",
        params={"day": (schedule.valid_from or timezone.localdate(at)).isoformat()},
        url=reverse("brokers:schedule", args=[schedule.public_id]),
        target=(SCHEDULE, schedule.public_id),
        at=at,
    )
