"""What a company is told of royalty for the government: by when, never a sum nor the name of its result."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from brokers.notices.fees import with_the_day_as_people_write_it
from notifications import registry
from notifications.outbox import notify
from royalties.queries.government import company_listings
from tech_listings.models import Listing

TARGET = "royalties.result"


def _register(kind: str, title: Any, body: Any) -> None:
    registry.register(kind, title=title, body=body, targets=company_listings, present=with_the_day_as_people_write_it)


_register(
    "government_pay_soon",
    _("Royalty for the government is to be paid by %(day)s"),
    _("The account of your result shows how much is still owed. Record the payment there."),
)
_register(
    "government_pay_overdue",
    _("Royalty for the government is overdue"),
    _("It was to be paid by %(day)s. The account of your result shows how much is still owed."),
)
_register(
    "government_sales_soon",
    _("Sales with your own result are to be reported by %(day)s"),
    _("Record what was sold with it last year, also where it was nothing."),
)
_register(
    "government_sales_overdue",
    _("Sales with your own result were not reported"),
    _("They were to be reported by %(day)s. Record what was sold with it last year."),
)


def pay(listing: Listing, day: date, step: int, users: Iterable[User], at: datetime) -> None:
    _tell("government_pay", listing, day, step, users, at)


def sales(listing: Listing, day: date, step: int, users: Iterable[User], at: datetime) -> None:
    _tell("government_sales", listing, day, step, users, at)


def keepers(listing: Listing) -> list[User]:
    return list(users_with_permission(listing.holder, Permission.KEEP_ROYALTIES))


def managers(listing: Listing) -> list[User]:
    return list(users_with_permission(listing.holder, Permission.AGREE_TERMS))


def _tell(what: str, listing: Listing, day: date, step: int, users: Iterable[User], at: datetime) -> None:
    kind = f"{what}_soon" if step < 0 else f"{what}_overdue"
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{listing.public_id}:{day}:{step}",
        params={"day": day.isoformat()},
        url=reverse("royalties:government_result", args=[listing.public_id]),
        target=(TARGET, listing.public_id),
        at=at,
    )
