"""From rows to mails. Runs in the worker; every mail is a transaction of its own.

A crash after k of n mails therefore repeats none of the k, and one person's failure delays only that person.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation

from accounts.enums import MailRate
from accounts.models import User
from notifications import mails, registry
from notifications.enums import MAIL_STATES, UNSENT, MailForm, MailState, WhyLeftOut
from notifications.models import Mail, Mailbox, Notification, OutsideMail
from notifications.queries import mail_is_stopped

logger = structlog.get_logger(__name__)

DIGEST_HOUR = 9  # in Korea, on Mondays for the weekly one
# What waited longer (worker down, brake on) is in the inbox but is no longer worth a mail.
MAX_AGE = {
    MailRate.IMMEDIATE: timedelta(days=3),
    MailRate.DAILY: timedelta(days=7),
    MailRate.WEEKLY: timedelta(days=21),
}
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=6)


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
    """Ids of people who have something unsent that goes at once: by their rate, or because its sender says so."""
    at_once = Q(recipient__mail_rate=MailRate.IMMEDIATE) | Q(scheduled=True)
    rows = Notification.objects.filter(at_once, mail_state=MailState.WAITING)
    return rows.order_by("recipient_id").values_list("recipient_id", flat=True).distinct()


def waiting_for_digest(at: datetime) -> QuerySet[Notification, int]:
    """Ids of people who have something that was there when their last digest was due; and of those who want none."""
    daily, weekly = last_slot(MailRate.DAILY, at), last_slot(MailRate.WEEKLY, at)
    due = (
        Q(recipient__mail_rate=MailRate.DAILY, created_at__lte=daily)
        | Q(recipient__mail_rate=MailRate.IMMEDIATE, mail_state=MailState.FOR_DIGEST, created_at__lte=daily)
        | Q(scheduled=True, mail_state=MailState.FOR_DIGEST, created_at__lte=daily)
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
            while deliver(user_id=user_id, at=at):
                sent += 1
        except Exception:  # whatever it is, the others must get theirs
            logger.exception("mail_failed", user_id=user_id)
            _postpone(user_id, at)
    return sent


def deliver_outside(at: datetime) -> int:
    """Mails to addresses without an account: each in a transaction of its own, so that none waits for another's fault.

    How many left. What failed is tried again after 2, 4, 8 … minutes, six hours at most.
    """
    if mail_is_stopped():
        return 0
    free = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    waiting = OutsideMail.objects.filter(free, mail_state=MailState.WAITING)
    sent = 0
    for pk in list(waiting.order_by("created_at", "pk").values_list("pk", flat=True)):
        try:
            sent += _deliver_outside(pk, at)
        except Exception:  # whatever it is, the others must go
            logger.exception("outside_mail_failed", mail=pk)
            failures = OutsideMail.objects.values_list("failures", flat=True).get(pk=pk)
            OutsideMail.objects.filter(pk=pk).update(failures=failures + 1, retry_at=at + _pause_after(failures))
    return sent


@transaction.atomic
def _deliver_outside(pk: int, at: datetime) -> bool:
    rows = OutsideMail.objects.filter(pk=pk, mail_state=MailState.WAITING)
    mail = rows.select_for_update(skip_locked=True).first()
    if mail is None or mail_is_stopped():
        return False
    if mail.created_at < at - MAX_AGE[MailRate.WEEKLY]:
        MAIL_STATES.move(mail, MailState.LEFT_OUT, left_out_why=WhyLeftOut.TOO_OLD)
        return False
    with translation.override(mail.language):
        own = registry.outside(mail.kind)(mail.target_id)
        if own is None:
            MAIL_STATES.move(mail, MailState.LEFT_OUT, left_out_why=WhyLeftOut.HIDDEN)
            return False
        mails.write_outside(mail=mail, own=own).send()
    MAIL_STATES.move(mail, MailState.SENT, mailed_at=at)
    return True


@transaction.atomic
def deliver(*, user_id: int, at: datetime) -> bool:
    """Send one mail with what is due to one person; more may be due. False: nothing was, or another worker is at it.

    One mail is one transaction: what failed or was killed takes none of the others with it.
    """
    free = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    locked = Mailbox.objects.filter(free, user_id=user_id).select_for_update(skip_locked=True).first()
    if locked is None or mail_is_stopped():
        return False
    user = User.objects.get(pk=user_id)
    user.remember_memberships()  # each kind of message asks for them
    _leave_out(user, at)
    unsent = list(Notification.objects.unsent().filter(free, recipient=user).for_list())
    unsent = _put_off_past_the_ceiling(user, unsent, at)
    for batch in _batches(user, unsent, locked, at):
        try:
            own = _own_mail(user, batch)
        except Exception:  # whatever it was: the other mails of this person are not to wait for it
            logger.exception("own_mail_failed", user_id=user_id, kind=batch.rows[0].kind)
            _put_off(batch.rows, at)
            continue
        if batch.compose and own is None:  # nothing is left that the person may see (lessons F20)
            _close(batch.rows, WhyLeftOut.HIDDEN)
            continue
        if own is not None:
            own.send()
        else:
            mails.send(user=user, notifications=batch.rows, as_digest=batch.as_digest)
        _record(locked, batch, at=at)
        return True
    return False


@dataclass(frozen=True)
class Batch:
    """What one mail carries. `in_slot`: it is the digest of the person's rate, which comes once per period."""

    rows: list[Notification]
    as_digest: bool
    in_slot: bool = False
    compose: registry.Compose | None = None


@transaction.atomic
def _own_mail(user: User, batch: Batch) -> EmailMessage | None:
    """The mail of a kind that writes its own; None where it has nothing to say, and for all other kinds."""
    if batch.compose is None:
        return None
    with translation.override(user.language):
        own = batch.compose(user, batch.rows)
    return None if own is None else mails.write_own(user=user, notifications=batch.rows, own=own)


def _put_off(rows: list[Notification], at: datetime) -> None:
    """The longer these wait already, the longer until they are tried again: 2 minutes to six hours."""
    waited = at - min(row.created_at for row in rows)
    pause = min(max(waited, SHORTEST_PAUSE), LONGEST_PAUSE)
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(retry_at=at + pause)


def _record(mailbox: Mailbox, batch: Batch, *, at: datetime) -> None:
    form = MailForm.DIGEST if batch.as_digest else MailForm.SINGLE
    mail = Mail.objects.create(recipient_id=mailbox.user_id, form=form, sent_at=at)
    Notification.objects.filter(pk__in=[row.pk for row in batch.rows]).update(
        mail_state=MailState.SENT, mail=mail, mailed_at=at
    )
    mailbox.failures, mailbox.retry_at = 0, None
    if batch.in_slot:
        mailbox.last_digest_at = at
    mailbox.save()


def _close(rows: list[Notification], why: WhyLeftOut) -> None:
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mail_state=MailState.LEFT_OUT, left_out_why=why)


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


def _goes_at_once(user: User, row: Notification) -> bool:
    return row.mail_state == MailState.WAITING and (row.scheduled or user.mail_rate == MailRate.IMMEDIATE)


def _put_off_past_the_ceiling(user: User, unsent: list[Notification], at: datetime) -> list[Notification]:
    """Who had enough mails today gets the rest with the next digest."""
    at_once = [row for row in unsent if _goes_at_once(user, row)]
    if not at_once:
        return unsent
    if Mail.objects.filter(recipient=user, sent_at__gt=at - timedelta(days=1)).count() < settings.MAIL_DAILY_CEILING:
        return unsent
    Notification.objects.filter(pk__in=[row.pk for row in at_once]).update(mail_state=MailState.FOR_DIGEST)
    for row in at_once:
        row.mail_state = MailState.FOR_DIGEST
    return unsent


def _batches(user: User, unsent: list[Notification], mailbox: Mailbox, at: datetime) -> Iterator[Batch]:
    """The mails that are due now, in their order: kinds with a mail of their own, what goes at once, the digest."""
    own = {kind.name: kind.compose for kind in registry.kinds_with_own_mail()}
    morning = last_slot(MailRate.DAILY, at)
    for name, compose in own.items():
        rows = [row for row in unsent if row.kind == name]
        ready = [row for row in rows if _goes_at_once(user, row)]
        # Once the morning has come for one of those that were put off, one mail carries all.
        if any(row.mail_state == MailState.FOR_DIGEST and row.created_at <= morning for row in rows):
            ready = rows
        if ready:
            yield Batch(ready, as_digest=len(ready) > 1, compose=compose)
    rest = [row for row in unsent if row.kind not in own]
    if at_once := [row for row in rest if _goes_at_once(user, row)]:
        yield Batch(at_once, as_digest=len(at_once) > 1)
        return
    slot = last_slot(user.mail_rate, at)
    already = mailbox.last_digest_at is not None and mailbox.last_digest_at >= slot
    if not already and any(row.created_at <= slot for row in rest):
        in_slot = user.mail_rate != MailRate.IMMEDIATE or any(row.mail_state == MailState.FOR_DIGEST for row in rest)
        yield Batch(rest, as_digest=len(rest) > 1 or user.mail_rate != MailRate.IMMEDIATE, in_slot=in_slot)


def _postpone(user_id: int, at: datetime) -> None:
    """Wait 2, 4, 8 … minutes, six hours at most."""
    mailbox = Mailbox.objects.get(user_id=user_id)
    Mailbox.objects.filter(pk=mailbox.pk).update(
        failures=F("failures") + 1, retry_at=at + _pause_after(mailbox.failures)
    )


def _pause_after(failures: int) -> timedelta:
    return min(timedelta(minutes=2 ** min(failures + 1, 10)), LONGEST_PAUSE)


def clear_unsent() -> int:
    """Nothing that waits now will be mailed; the inboxes keep it. How many messages that are."""
    outside = OutsideMail.objects.filter(mail_state=MailState.WAITING)
    unsent = Notification.objects.filter(mail_state__in=UNSENT)
    return sum(rows.update(mail_state=MailState.LEFT_OUT, left_out_why=WhyLeftOut.RESET) for rows in (outside, unsent))
