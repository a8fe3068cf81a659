import itertools
import smtplib
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import InternalError, connection, transaction

from accounts.enums import MailRate, MembershipState
from notifications import delivery
from notifications.delivery import deliver, deliver_all, last_slot, waiting_for_digest, waiting_for_mail
from notifications.enums import MAIL_STATES, MailState, WhyLeftOut
from notifications.models import Mail, Mailbox, Notification
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.notifications import MEMBERS_NEWS_ONE_BY_ONE, OWN, NotificationFactory

KST = ZoneInfo("Asia/Seoul")
TUESDAY = datetime(2026, 3, 10, 15, 0, tzinfo=KST)


def waiting(user, count=1, at=TUESDAY, **fields):
    Mailbox.objects.get_or_create(user=user)
    return [NotificationFactory(recipient=user, created_at=at, **fields) for _ in range(count)]


def sweep(at):
    return deliver_all(waiting_for_mail(), at)


def digests(at):
    return deliver_all(waiting_for_digest(at), at)


def states(user):
    return sorted(Notification.objects.filter(recipient=user).values_list("mail_state", "left_out_why"))


def test_a_message_is_mailed_once_and_says_how_to_leave():
    user = UserFactory()
    (row,) = waiting(user, url="/requests/")

    assert (sweep(TUESDAY), sweep(TUESDAY)) == (1, 0)

    (sent,) = mail.outbox
    row.refresh_from_db()
    assert (row.mail_state, row.mailed_at, row.mail.form) == (MailState.SENT, TUESDAY, "single")
    assert (sent.to, sent.subject) == ([user.email], "[기술이음] News of Gaon")
    assert "/requests/" in sent.body
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent.extra_headers["List-Unsubscribe"].startswith("<http")
    assert sent.extra_headers["Message-ID"].startswith("<")


def test_a_subject_cannot_carry_a_second_header():
    user = UserFactory()
    waiting(user, params={"name": "Gaon\r\nBcc: all@example.org"})

    sweep(TUESDAY)

    assert mail.outbox[0].subject == "[기술이음] News of Gaon Bcc: all@example.org"


def test_a_backlog_becomes_one_mail_and_what_is_too_old_none():
    user = UserFactory()
    waiting(user, 3)
    waiting(user, 2, at=TUESDAY - timedelta(days=4))

    assert sweep(TUESDAY + timedelta(hours=24)) == 1

    assert [m.subject for m in mail.outbox] == ["[기술이음] 3 new messages"]
    assert states(user) == [(MailState.LEFT_OUT, WhyLeftOut.TOO_OLD)] * 2 + [(MailState.SENT, "")] * 3


@pytest.mark.parametrize(
    ("rate", "first_due"),
    [
        (MailRate.DAILY, datetime(2026, 3, 11, 9, 0, tzinfo=KST)),
        (MailRate.WEEKLY, datetime(2026, 3, 16, 9, 0, tzinfo=KST)),
    ],
)
def test_a_digest_comes_at_its_hour_once_and_only_with_news(rate, first_due):
    user = UserFactory(mail_rate=rate)
    waiting(user, 2)

    assert (sweep(first_due), digests(TUESDAY), digests(first_due - timedelta(minutes=1))) == (0, 0, 0)
    assert (digests(first_due), digests(first_due + timedelta(minutes=10))) == (1, 0)
    assert digests(first_due + timedelta(days=14)) == 0
    assert [m.subject for m in mail.outbox] == ["[기술이음] 2 new messages"]


def test_a_digest_that_was_missed_is_sent_later_the_same_day_with_all_that_came_since():
    user = UserFactory(mail_rate=MailRate.DAILY)
    waiting(user)
    waiting(user, at=datetime(2026, 3, 11, 10, 0, tzinfo=KST))

    assert digests(datetime(2026, 3, 11, 12, 0, tzinfo=KST)) == 1
    waiting(user, at=datetime(2026, 3, 11, 12, 30, tzinfo=KST))
    assert digests(datetime(2026, 3, 11, 13, 0, tzinfo=KST)) == 0
    assert digests(datetime(2026, 3, 12, 9, 0, tzinfo=KST)) == 1


def test_the_weekly_slot_is_monday_in_korea():
    sunday_utc_evening = datetime(2026, 3, 15, 23, 30, tzinfo=ZoneInfo("UTC"))  # Monday 08:30 in Korea
    assert last_slot(MailRate.WEEKLY, sunday_utc_evening) == datetime(2026, 3, 9, 9, 0, tzinfo=KST)
    assert last_slot(MailRate.WEEKLY, sunday_utc_evening + timedelta(minutes=30)) == datetime(
        2026, 3, 16, 9, tzinfo=KST
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"mail_rate": MailRate.OFF}, WhyLeftOut.OFF),
        ({"is_active": False}, WhyLeftOut.INACTIVE),
    ],
)
def test_a_person_who_wants_or_may_have_no_mail_gets_none(change, why):
    user = UserFactory(**change)
    waiting(user, 2)

    assert sweep(TUESDAY) + digests(TUESDAY) == 0

    assert mail.outbox == []
    assert states(user) == [(MailState.LEFT_OUT, why)] * 2


def test_what_was_read_in_the_inbox_is_not_mailed():
    user = UserFactory()
    waiting(user, read=True)

    assert sweep(TUESDAY) == 0
    assert states(user) == [(MailState.LEFT_OUT, WhyLeftOut.READ)]


@pytest.mark.parametrize("kind", [None, MEMBERS_NEWS_ONE_BY_ONE])
def test_access_taken_away_before_sending_means_no_mail(kind):
    """Lessons F20: asked when the mail leaves. The neighbour in the same batch still gets the own one."""
    left, stays = MembershipFactory(), MembershipFactory()
    changes = {"kind": kind} if kind else {}
    waiting(left.user, about=left.organization, **changes)
    waiting(stays.user, about=stays.organization, **changes)
    left.state = MembershipState.ENDED
    left.save()

    assert sweep(TUESDAY) == 1

    assert [m.to for m in mail.outbox] == [[stays.user.email]]
    assert states(left.user) == [(MailState.LEFT_OUT, WhyLeftOut.HIDDEN)]


class FailingFor(EmailBackend):
    """A mail server that refuses one address and takes the others."""

    address = ""

    def send_messages(self, messages):
        if any(self.address in message.to for message in messages):
            raise smtplib.SMTPServerDisconnected("gone")
        return super().send_messages(messages)


def test_one_failing_address_stops_nobody_else_and_is_tried_again(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.FailingFor"
    users = [UserFactory() for _ in range(3)]
    for user in users:
        waiting(user)
    monkeypatch.setattr(FailingFor, "address", users[1].email)

    assert sweep(TUESDAY) == 2
    assert sorted(m.to[0] for m in mail.outbox) == sorted([users[0].email, users[2].email])
    assert states(users[1]) == [(MailState.WAITING, "")]

    monkeypatch.setattr(FailingFor, "address", "")
    assert sweep(TUESDAY + timedelta(seconds=30)) == 0
    assert sweep(TUESDAY + timedelta(minutes=2)) == 1
    assert Mailbox.objects.get(user=users[1]).failures == 0


def test_a_crash_after_some_mails_repeats_none_of_them(monkeypatch):
    users = [UserFactory() for _ in range(4)]
    for user in users:
        waiting(user)
    real = delivery.mails.send

    def crash_at_third(**given):
        if len(mail.outbox) == 2:
            raise SystemExit
        real(**given)

    with monkeypatch.context() as patch:
        patch.setattr("notifications.delivery.mails.send", crash_at_third)
        with pytest.raises(SystemExit):
            sweep(TUESDAY)
    assert sweep(TUESDAY) == 2

    assert sorted(m.to[0] for m in mail.outbox) == sorted(user.email for user in users)


def test_above_the_daily_ceiling_the_rest_waits_for_the_digest(settings):
    settings.MAIL_DAILY_CEILING = 2
    user = UserFactory()
    for minutes in range(5):
        waiting(user, at=TUESDAY + timedelta(minutes=minutes))
        sweep(TUESDAY + timedelta(minutes=minutes))

    assert (len(mail.outbox), Mail.objects.count()) == (2, 2)
    assert states(user) == [(MailState.FOR_DIGEST, "")] * 3 + [(MailState.SENT, "")] * 2
    assert digests(TUESDAY + timedelta(hours=1)) == 0

    assert digests(datetime(2026, 3, 11, 9, 0, tzinfo=KST)) == 1
    assert mail.outbox[-1].subject == "[기술이음] 3 new messages"


def test_the_brake_stops_everybody_and_letting_go_merges_what_waited(capsys):
    user, daily = UserFactory(), UserFactory(mail_rate=MailRate.DAILY)
    call_command("mail_brake", "on", reason="provider complains")
    waiting(user, 3)
    waiting(daily)
    assert sweep(TUESDAY) + digests(TUESDAY + timedelta(days=1)) == 0

    call_command("mail_brake", "status")
    assert "stopped" in capsys.readouterr().out
    call_command("mail_brake", "off")

    assert sweep(TUESDAY) + digests(TUESDAY + timedelta(days=1)) == 2
    assert sorted(len(m.body) > 0 for m in mail.outbox) == [True, True]


def test_reset_gives_up_what_waits_without_sending_and_keeps_the_inbox():
    user = UserFactory()
    waiting(user, 3)

    call_command("mail_brake", "reset")

    assert sweep(TUESDAY) == 0
    assert states(user) == [(MailState.LEFT_OUT, WhyLeftOut.RESET)] * 3
    assert Notification.objects.visible_to(user).unread().count() == 3


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(MailState, 2)))
def test_python_and_the_database_agree_on_every_move(before, after):
    fields = {"mail_state": before}
    if before == MailState.SENT:
        fields["mailed_at"] = TUESDAY
    if before == MailState.LEFT_OUT:
        fields["left_out_why"] = WhyLeftOut.OFF
    row = NotificationFactory(**fields)
    changes = {
        "mail_state": after,
        "mailed_at": TUESDAY if after == MailState.SENT else None,
        "left_out_why": WhyLeftOut.OFF if after == MailState.LEFT_OUT else "",
    }
    if MAIL_STATES.can(row, after):
        assert Notification.objects.filter(pk=row.pk).update(**changes) == 1
    else:
        with pytest.raises(InternalError), transaction.atomic():
            Notification.objects.filter(pk=row.pk).update(**changes)


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_send_once(monkeypatch):
    user = UserFactory()
    waiting(user, 2)
    gate, sent, real = threading.Barrier(2), [], delivery.mails.send

    def slow(**given):
        connection.cursor().execute("select pg_sleep(0.3)")
        real(**given)

    monkeypatch.setattr("notifications.delivery.mails.send", slow)

    def run():
        try:
            gate.wait(5)
            sent.append(deliver(user_id=user.pk, at=TUESDAY))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    [t.start() for t in threads]
    [t.join(10) for t in threads]
    assert (sorted(sent), len(mail.outbox)) == ([False, True], 1)


@pytest.mark.django_db(transaction=True)
def test_the_inbox_works_while_the_mail_server_is_slow(monkeypatch):
    """Sending holds the mailbox row, not the messages."""
    user = UserFactory()
    (row,) = waiting(user)
    sending, read = threading.Event(), threading.Event()

    def slow(**given):
        sending.set()
        read.wait(5)

    monkeypatch.setattr("notifications.delivery.mails.send", slow)

    def run():
        try:
            deliver(user_id=user.pk, at=TUESDAY)
        finally:
            connection.close()

    worker = threading.Thread(target=run)
    worker.start()
    assert sending.wait(5)
    assert Notification.objects.filter(pk=row.pk).update(read_at=TUESDAY) == 1
    read.set()
    worker.join(10)
    row.refresh_from_db()
    assert (row.mail_state, row.read_at) == (MailState.SENT, TUESDAY)


# --- what its sender has scheduled, and kinds with a mail of their own ----------------------------------------------


@pytest.mark.parametrize("rate", [MailRate.IMMEDIATE, MailRate.DAILY, MailRate.WEEKLY])
def test_what_is_scheduled_goes_at_once_whatever_the_rate_and_takes_nothing_else_along(rate):
    user = UserFactory(mail_rate=rate)
    waiting(user, params={"name": "Scheduled"}, scheduled=True)
    waiting(user, params={"name": "Other"})

    assert sweep(TUESDAY) == 1

    (sent,) = mail.outbox
    assert "Scheduled" in sent.body
    assert ("Other" in sent.body) == (rate == MailRate.IMMEDIATE)
    digest = datetime(2026, 3, 16, 9, 0, tzinfo=KST)
    assert digests(digest) == (0 if rate == MailRate.IMMEDIATE else 1)  # the digest of the rest is not used up by it
    assert states(user) == [(MailState.SENT, "")] * 2


def test_what_is_scheduled_respects_off_and_the_brake():
    user, off = UserFactory(), UserFactory(mail_rate=MailRate.OFF)
    for person in (user, off):
        waiting(person, scheduled=True)
    call_command("mail_brake", "on", reason="test")
    assert sweep(TUESDAY) == 0
    call_command("mail_brake", "off")
    assert sweep(TUESDAY) == 1
    assert states(off) == [(MailState.LEFT_OUT, WhyLeftOut.OFF)]


def test_what_is_scheduled_past_the_ceiling_comes_the_next_morning(settings):
    settings.MAIL_DAILY_CEILING = 1
    user = UserFactory(mail_rate=MailRate.WEEKLY)
    for minute in range(3):
        waiting(user, scheduled=True, kind=OWN, at=TUESDAY + timedelta(minutes=minute))
        sweep(TUESDAY + timedelta(minutes=minute))
    assert len(mail.outbox) == 1
    morning = datetime(2026, 3, 11, 9, 0, tzinfo=KST)
    assert (digests(morning - timedelta(minutes=1)), digests(morning), digests(morning)) == (0, 1, 0)
    assert mail.outbox[1].subject == "[기술이음] 2 of its own"


def test_a_kind_with_its_own_mail_is_mailed_apart_and_brings_its_own_way_out():
    user = UserFactory()
    waiting(user, 2, kind=OWN, scheduled=True)
    waiting(user)

    assert sweep(TUESDAY) == 2

    own, other = mail.outbox
    assert own.subject == "[기술이음] 2 of its own"
    assert own.extra_headers["List-Unsubscribe"].endswith("/leave/own/>")
    assert "/leave/own/" not in other.extra_headers["List-Unsubscribe"]
    assert other.subject == "[기술이음] News of Gaon"


def test_a_kind_with_its_own_mail_and_nothing_left_to_see_sends_none_and_holds_up_no_other():
    user = UserFactory()
    waiting(user, kind=OWN, scheduled=True, params={"name": "hidden"})
    waiting(user)
    assert sweep(TUESDAY) == 1
    assert [m.subject for m in mail.outbox] == ["[기술이음] News of Gaon"]
    assert states(user) == [(MailState.LEFT_OUT, WhyLeftOut.HIDDEN), (MailState.SENT, "")]


def test_the_second_mail_failing_does_not_repeat_the_first(monkeypatch):
    user = UserFactory()
    waiting(user, kind=OWN, scheduled=True)
    waiting(user)
    real = EmailBackend.send_messages

    def fails(self, messages):
        if "of its own" not in messages[0].subject:
            raise smtplib.SMTPServerDisconnected
        return real(self, messages)

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", fails)
        assert sweep(TUESDAY) == 1
    assert sweep(TUESDAY + timedelta(hours=1)) == 1
    assert [m.subject for m in mail.outbox] == ["[기술이음] 1 of its own", "[기술이음] News of Gaon"]


def test_a_mail_that_cannot_be_written_waits_alone_and_longer_each_time():
    user = UserFactory()
    (broken,) = waiting(user, kind=OWN, scheduled=True, params={"name": "broken"})
    waiting(user)
    assert sweep(TUESDAY) == 1
    assert [m.subject for m in mail.outbox] == ["[기술이음] News of Gaon"]
    assert Mailbox.objects.get(user=user).retry_at is None

    tried = []
    for minutes in range(40):
        before = Notification.objects.get(pk=broken.pk).retry_at
        sweep(TUESDAY + timedelta(minutes=minutes))
        tried += [minutes] * (Notification.objects.get(pk=broken.pk).retry_at != before)
    assert tried == [2, 4, 8, 16, 32]

    waiting(user, at=TUESDAY + timedelta(minutes=40))
    assert sweep(TUESDAY + timedelta(minutes=41)) == 1
    Notification.objects.filter(pk=broken.pk).update(params={"name": "mended"})
    assert sweep(TUESDAY + timedelta(minutes=64)) == 1
    assert mail.outbox[-1].subject == "[기술이음] 1 of its own"
    assert Notification.objects.get(pk=broken.pk).mail_state == MailState.SENT
