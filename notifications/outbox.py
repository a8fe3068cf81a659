"""The one door for other apps: `notify(...)` inside the transaction that makes the news true."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone

from accounts.enums import MailRate
from accounts.models import User
from notifications import registry
from notifications.models import Mailbox, Notification, OutsideMail

DELIVER_TASK = "notifications.tasks.deliver_to"


@transaction.atomic
def notify(
    *,
    users: Iterable[User],
    kind: str,
    dedupe_key: str,
    params: Mapping[str, Any] | None = None,
    url: str = "",
    target: tuple[str, UUID] | None = None,
    at: datetime | None = None,
    scheduled: bool = False,
) -> None:
    """Tell each user once per `dedupe_key`: a row in the inbox, and mail at the user's own rate after commit.

    `params` are JSON values for the texts of `kind`; `url` is a path of this site; `target` is (model label,
    public_id) of what it is about. `scheduled`: the sender has chosen the moment, so mail goes at once to everybody who
    gets mail at all. Raises `LookupError` for an unknown kind, `KeyError` for a missing param,
    `ValueError` for a url that leaves the site, a target that is missing or a mail of its own that is not scheduled.
    """
    given = dict(params or {})
    known = registry.get(kind)
    known.text(given)
    if target is None and (known.targets or known.may_see):
        raise ValueError(f"{kind!r} asks who may see its target, so it needs one")
    if known.compose and not scheduled:
        raise ValueError(f"{kind!r} has a mail of its own, which no digest carries: its sender chooses the moment")
    if url and (not url.startswith("/") or url.startswith("//")):
        raise ValueError(f"{url!r} is not a path of this site")
    label, target_id = target or ("", None)
    # Sorted, so that two services telling the same people cannot wait for each other.
    people = sorted({user.pk: user for user in users}.values(), key=lambda user: user.pk)
    Mailbox.objects.bulk_create([Mailbox(user=user) for user in people], ignore_conflicts=True)
    Notification.objects.bulk_create(
        [
            Notification(
                recipient=user,
                kind=kind,
                params=given,
                url=url,
                target_label=label,
                target_id=target_id,
                dedupe_key=dedupe_key,
                created_at=at or timezone.now(),
                scheduled=scheduled,
            )
            for user in people
        ],
        ignore_conflicts=True,
    )
    at_once = [user.pk for user in people if scheduled or user.mail_rate == MailRate.IMMEDIATE]
    if at_once:
        wake_after_commit(at_once)


@transaction.atomic
def write_outside(*, address: str, language: str, kind: str, dedupe_key: str, target_id: UUID, at: datetime) -> None:
    """Mail to somebody without an account, once per `dedupe_key`; the sweep sends it. Part of the caller's transaction.

    Raises `LookupError` for an unknown kind.
    """
    registry.outside(kind)
    mail = OutsideMail(
        address=address, language=language, kind=kind, dedupe_key=dedupe_key, target_id=target_id, created_at=at
    )
    OutsideMail.objects.bulk_create([mail], ignore_conflicts=True)


def wake_after_commit(user_ids: list[int]) -> None:
    def wake() -> None:  # a named function: Django logs `__qualname__` of a robust hook that failed
        current_app.signature(DELIVER_TASK, kwargs={"user_ids": user_ids}).delay()

    # Robust: the rows are written, so a broker that is down delays the mail and breaks nothing else.
    transaction.on_commit(wake, robust=True)
