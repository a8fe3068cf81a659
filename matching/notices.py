"""What needs tell people, and whom. Never who asks: a need may be anonymous (tests/matching/test_need_canary)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission, users_with_permission
from matching.enums import NeedOutcome
from matching.models import Need, NeedAnswer
from notifications import registry
from notifications.outbox import notify
from tech_listings.models import Listing

TARGET = "matching.need"
ANSWERED = "need_answered"
FITS = "need_fits"


def needs_visible_to(user: User) -> QuerySet[Need]:
    return Need.objects.visible_to(user)


def as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    shown = dict(params)
    if "due" in shown:
        shown["due"] = date_format(date.fromisoformat(shown["due"]), "SHORT_DATE_FORMAT")
    if "outcome" in shown:
        shown["outcome"] = NeedOutcome(shown["outcome"]).label
    return shown


def _register(kind: str, title: Any, body: Any) -> None:
    registry.register(kind, title=title, body=body, targets=needs_visible_to, present=as_people_write_it)


_register(
    "need_receipt",
    _("Your need %(number)s was posted"),
    _("Institutes and agencies can answer until %(due)s. Technologies that fit are matched at once and as they come."),
)
_register(
    FITS,
    _("One of your technologies may fit need %(number)s"),
    _("“%(title)s” is what a firm looks for. Technology %(listing)s may fit. Please answer by %(due)s."),
)
_register(
    ANSWERED,
    _("Need %(number)s has an answer"),
    _("An institute or agency has answered your need “%(title)s”."),
)
_register(
    "need_due_soon",
    _("Your need %(number)s is to be answered by %(due)s"),
    _("Look through answers and matches, move the day, or close the need and say how it ended."),
)
_register(
    "need_closed",
    _("Need %(number)s was closed"),
    _("“%(title)s”: %(outcome)s. Thank you for your answer."),
)
_register(
    "need_expired",
    _("Your need %(number)s has expired"),
    _("It was to be answered by %(due)s and is closed now. You can open it again with a new day."),
)


def receipt(need: Need) -> None:
    _tell([need.owner], "need_receipt", need, need.opened_at)


def who_may_answer(holder: Organization) -> list[User]:
    return list(users_with_permission(holder, Permission.ANSWER_NEEDS))


def fits(need: Need, listing: Listing, at: datetime, *, to: Iterable[User]) -> None:
    """Those who may answer for the holder, once per need however many of its technologies match."""
    once = f"{FITS}:{need.public_id}:{listing.holder.public_id}"
    _tell(to, FITS, need, at, once, listing=listing.number or "")


def answered(answer: NeedAnswer) -> None:
    _tell(owners(answer.need), ANSWERED, answer.need, answer.answered_at, f"{ANSWERED}:{answer.public_id}")


def due_soon(need: Need, at: datetime) -> None:
    _tell(owners(need), "need_due_soon", need, at, f"need_due_soon:{need.public_id}:{need.answer_by}")


def closed(need: Need, at: datetime) -> None:
    once = f"need_closed:{need.public_id}:{need.revision}"
    _tell(_answerers(need), "need_closed", need, at, once, outcome=need.outcome)


def expired(need: Need, at: datetime) -> None:
    closed(need, at)
    _tell(owners(need), "need_expired", need, at, f"need_expired:{need.public_id}:{need.answer_by}")


def owners(need: Need) -> list[User]:
    """Whoever posted it, or, where that person may no longer act for the firm, everybody who may."""
    if has_permission(need.owner, Permission.POST_NEEDS, need.organization):
        return [need.owner]
    return list(users_with_permission(need.organization, Permission.POST_NEEDS))


def _answerers(need: Need) -> list[User]:
    organizations = Organization.objects.filter(pk__in=need.answers.values("organization")).order_by("pk")
    return [user for each in organizations for user in users_with_permission(each, Permission.ANSWER_NEEDS)]


def _tell(users: Iterable[User], kind: str, need: Need, at: datetime, once: str = "", **more: str) -> None:
    notify(
        users=users,
        kind=kind,
        dedupe_key=once or f"{kind}:{need.public_id}",
        params={"number": need.number, "title": need.title, "due": need.answer_by.isoformat(), **more},
        url=reverse("matching:need", args=[need.public_id]),
        target=(TARGET, need.public_id),
        at=at,
    )
