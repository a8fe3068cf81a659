"""From rows to mails. Runs in the worker; every mail is a transaction of its own.

A crash after k of n mails therefore repeats none of the k, and one person's failure delays only that person.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.enums import MailRate
from accounts.models import User
from notifications import mails, registry
from notifications.enums import UNSENT, MailForm, MailState, WhyLeftOut
from notifications.models import Mail, Mailbox, Notification
from notifications.queries import mail_is_stopped

logger = structlog.get_logger(__name__)

DIGEST_HOUR = 9  # in Korea, on Mondays for the weekly one
# What waited longer (worker down, brake on) is in the inbox but is no longer worth a mail.
MAX_AGE = {
    MailRate.IMMEDIATE: timedelta(days=3),
    MailRate.DAILY: timedelta(days=7),
    MailRate.WEEKLY: timedelta(days=21),
}
LONGEST_PAUSE = timedelta(hours=6)


def last_slot(rate: str, at: datetime) -> datetime:
    """The latest moment up to `at` at which a digest of this rate was due."""
    local = timezone.localtime(at)
    slot = local.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    if slot > local:
        slot -= timedelta(days=1)
    if rate == MailRate.WEEKLY:
        slot -= timedelta(days=slot.weekday())
    return slot


def waiting_for_mail() -> QuerySet[Notification, int]:
    """Ids of people who get mail at once and have something unsent."""
    rows = Notification.objects.filter(mail_state=MailState.WAITING, recipient__mail_rate=MailRate.IMMEDIATE)
    return rows.order_by("recipient_id").values_list("recipient_id", flat=True).distinct()


def waiting_for_digest(at: datetime) -> QuerySet[Notification, int]:
    """Ids of people who have something that was there when their last digest was due; and of those who want none."""
    daily, weekly = last_slot(MailRate.DAILY, at), last_slot(MailRate.WEEKLY, at)
    due = (
        Q(recipient__mail_rate=MailRate.DAILY, created_at__lte=daily)
        | Q(recipient__mail_rate=MailRate.IMMEDIATE, mail_state=MailState.FOR_DIGEST, created_at__lte=daily)
        | Q(recipient__mail_rate=MailRate.WEEKLY, created_at__lte=weekly)
        | Q(recipient__mail_rate=MailRate.OFF)
    )
    rows = Notification.objects.unsent().filter(due)
    return rows.order_by("recipient_id").values_list("recipient_id", flat=True).distinct()


def deliver_all(user_ids: Iterable[int], at: datetime) -> int:
    """Send to each of them what is due. How many mails left. One person's failure is logged and tried again later."""
    if mail_is_stopped():
        return 0
    sent = 0
    for user_id in list(user_ids):
        try:
            sent += deliver(user_id=user_id, at=at)
        except Exception:  # whatever it is, the others must get theirs
            logger.exception("mail_failed", user_id=user_id)
            _postpone(user_id, at)
    return sent


@transaction.atomic
def deliver(*, user_id: int, at: datetime) -> bool:
    """Send what is due to one person as one mail. False: nothing was due, or another worker is at it."""
    free = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    locked = Mailbox.objects.filter(free, user_id=user_id).select_for_update(skip_locked=True).first()
    if locked is None or mail_is_stopped():
        return False
    user = User.objects.get(pk=user_id)
    _leave_out(user, at)
    unsent = list(Notification.objects.unsent().filter(recipient=user).for_list())
    due = _due(user, unsent, locked, at)
    if not due:
        return False
    as_digest = len(due) > 1 or user.mail_rate != MailRate.IMMEDIATE
    mails.send(user=user, notifications=due, as_digest=as_digest)
    scheduled = user.mail_rate != MailRate.IMMEDIATE or any(row.mail_state == MailState.FOR_DIGEST for row in due)
    _record(locked, due, as_digest=as_digest, scheduled=scheduled, at=at)
    return True


def _record(mailbox: Mailbox, due: list[Notification], *, as_digest: bool, scheduled: bool, at: datetime) -> None:
    mail = Mail.objects.create(
        recipient_id=mailbox.user_id, form=MailForm.DIGEST if as_digest else MailForm.SINGLE, sent_at=at
    )
    Notification.objects.filter(pk__in=[row.pk for row in due]).update(
        mail_state=MailState.SENT, mail=mail, mailed_at=at
    )
    mailbox.failures, mailbox.retry_at = 0, None
    if scheduled:
        mailbox.last_digest_at = at
    mailbox.save()


def _leave_out(user: User, at: datetime) -> None:
    """Close what need not or must not be mailed any more. Asked now, not when it was written (lessons F20)."""
    rows = Notification.objects.unsent().filter(recipient=user)

    def close(which: QuerySet[Notification], why: WhyLeftOut) -> None:
        which.update(mail_state=MailState.LEFT_OUT, left_out_why=why)

    if not user.is_active:
        return close(rows, WhyLeftOut.INACTIVE)
    if user.mail_rate == MailRate.OFF:
        return close(rows, WhyLeftOut.OFF)
    close(rows.filter(read_at__isnull=False), WhyLeftOut.READ)
    close(rows.filter(created_at__lt=at - MAX_AGE[MailRate(user.mail_rate)]), WhyLeftOut.TOO_OLD)
    close(rows.exclude(pk__in=rows.visible_to(user).values("pk")), WhyLeftOut.HIDDEN)
    hidden = [row.pk for row in rows if not registry.still_visible(user, row.kind, row.target_id)]
    return close(rows.filter(pk__in=hidden), WhyLeftOut.HIDDEN)


def _due(user: User, unsent: list[Notification], mailbox: Mailbox, at: datetime) -> list[Notification]:
    """Which of the unsent messages go into a mail now: none, or those that one mail shall carry."""
    at_once = [row for row in unsent if row.mail_state == MailState.WAITING]
    if user.mail_rate == MailRate.IMMEDIATE and at_once:
        day = Mail.objects.filter(recipient=user, sent_at__gt=at - timedelta(days=1)).count()
        if day < settings.MAIL_DAILY_CEILING:
            return at_once
        Notification.objects.filter(pk__in=[row.pk for row in at_once]).update(mail_state=MailState.FOR_DIGEST)
        for row in at_once:
            row.mail_state = MailState.FOR_DIGEST
    slot = last_slot(user.mail_rate, at)
    already = mailbox.last_digest_at is not None and mailbox.last_digest_at >= slot
    if already or not any(row.created_at <= slot for row in unsent):
        return []
    return unsent


def _postpone(user_id: int, at: datetime) -> None:
    """Wait 2, 4, 8 … minutes, six hours at most."""
    mailbox = Mailbox.objects.get(user_id=user_id)
    pause = min(timedelta(minutes=2 ** min(mailbox.failures + 1, 10)), LONGEST_PAUSE)
    Mailbox.objects.filter(pk=mailbox.pk).update(failures=F("failures") + 1, retry_at=at + pause)


def clear_unsent() -> int:
    """Nothing that waits now will be mailed; the inboxes keep it. How many messages that are."""
    return Notification.objects.filter(mail_state__in=UNSENT).update(
        mail_state=MailState.LEFT_OUT, left_out_why=WhyLeftOut.RESET
    )
