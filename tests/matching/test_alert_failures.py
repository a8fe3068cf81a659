"""Alerts while something fails or is late: lessons F36 to F42, each by its name."""

import smtplib
import threading
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse

from matching.models import AlertBox, Alerted, Match
from matching.services import alerts
from matching.services.alerts import gather, gather_all, people_due
from notifications.delivery import deliver_all, waiting_for_digest, waiting_for_mail
from notifications.enums import WhyLeftOut
from notifications.models import Notification
from tests.factories.accounts import UserFactory
from tests.factories.matching_searches import KST, TUESDAY, news, saved_search
from tests.factories.tech_listings import ListingFactory
from tests.matching.alerting import DAY, MINUTE, run, withdraw
from tests.threads import at_once

# --- F38: linked, not dropped; crashes and failures -------------------------------------------------------------------


def test_f38_hits_past_the_first_page_are_linked_not_dropped():
    search = saved_search("q=수소")
    for number in range(26):
        news(title_ko=f"수소 {number}", title_en=f"Hydrogen no{number:02d}")

    run(TUESDAY)

    (sent,) = mail.outbox
    assert "26 new technologies" in sent.subject
    assert sent.body.count("Hydrogen no") == 20
    assert "6 more are on the page of this search:" in sent.body
    assert reverse("matching:search_detail", args=[search.public_id]) in sent.body
    html = sent.alternatives[0].content
    assert "6 more on the page of this search" in html
    # The 26th is told: it does not come again.
    assert run(TUESDAY + DAY) == 0
    assert Alerted.objects.count() == 26


def test_f38_a_rare_search_is_not_crowded_out_by_a_common_one():
    user = UserFactory()
    saved_search("q=수소", by=user, name="Common")
    rare = saved_search("q=막", by=user, name="Rare")
    for number in range(30):
        news(title_ko=f"수소 {number}")
    news(title_ko="막 분리", title_en="Membrane")
    Match.objects.filter(saved_search=rare).update(score=1)

    run(TUESDAY)

    (sent,) = mail.outbox
    assert "## Rare" in sent.body
    assert "Membrane" in sent.body
    assert "11 more" in sent.body


def test_f38_a_crash_after_k_of_n_people_keeps_k_and_loses_none(monkeypatch):
    people = [UserFactory() for _ in range(4)]
    for user in people:
        saved_search("q=수소", by=user)
    news(title_ko="수소")
    real, seen = alerts.gather, []

    def dies(**given):
        if len(seen) == 2:
            raise SystemExit  # the worker is killed: nothing catches this
        seen.append(given["user_id"])
        return real(**given)

    with monkeypatch.context() as patch:
        patch.setattr(alerts, "gather", dies)
        with pytest.raises(SystemExit):
            gather_all(user_ids=people_due(TUESDAY), at=TUESDAY)
    assert set(Notification.objects.values_list("recipient", flat=True)) == set(seen)
    assert Match.objects.filter(alerted_at=None).count() == 2

    run(TUESDAY + MINUTE)

    assert sorted(m.to[0] for m in mail.outbox) == sorted(user.email for user in people)


def test_f38_one_persons_failure_while_gathering_is_only_theirs(monkeypatch):
    unlucky, lucky = UserFactory(), UserFactory()
    for user in (unlucky, lucky):
        saved_search("q=수소", by=user)
    news(title_ko="수소")
    real = alerts.alert_notices.found

    def fails(*, user, **given):
        if user == unlucky:
            raise RuntimeError
        real(user=user, **given)

    with monkeypatch.context() as patch:
        patch.setattr(alerts.alert_notices, "found", fails)
        run(TUESDAY)
    assert [m.to for m in mail.outbox] == [[lucky.email]]
    assert Alerted.objects.filter(user=unlucky).count() == 0

    run(TUESDAY + MINUTE)
    assert [m.to for m in mail.outbox] == [[lucky.email], [unlucky.email]]


def test_f38_a_mail_server_that_fails_for_one_person_delays_only_them_and_loses_nothing(monkeypatch):
    unlucky, lucky = UserFactory(), UserFactory()
    for user in (unlucky, lucky):
        saved_search("q=수소", by=user)
    news(title_ko="수소", title_en="First")
    real = EmailBackend.send_messages

    def fails(self, messages):
        if messages[0].to == [unlucky.email]:
            raise smtplib.SMTPServerDisconnected
        return real(self, messages)

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", fails)
        run(TUESDAY)
        news(title_ko="수소", title_en="Second", at=TUESDAY + MINUTE)
        run(TUESDAY + MINUTE)
    assert [m.to for m in mail.outbox] == [[lucky.email], [lucky.email]]

    run(TUESDAY + timedelta(hours=1))

    late = mail.outbox[2]
    assert late.to == [unlucky.email]
    assert "2 new technologies" in late.subject  # F36: what waited comes as one
    assert "First" in late.body
    assert "Second" in late.body


# --- F36, F37, F39, F40, F41, F42 -------------------------------------------------------------------------------------


def test_f36_a_worker_that_was_off_for_a_day_sends_one_mail():
    saved_search("q=수소")
    for hour in range(24):
        news(title_ko="수소", at=TUESDAY + timedelta(hours=hour))
    assert run(TUESDAY + DAY) == 1
    assert len(mail.outbox) == 1
    assert "24 new technologies" in mail.outbox[0].subject


def test_f36_mail_that_waited_too_long_is_left_to_the_inbox():
    user = UserFactory()
    saved_search("q=수소", by=user)
    news(title_ko="수소")
    gather(user_id=user.pk, at=TUESDAY)
    assert deliver_all(waiting_for_mail(), TUESDAY + 4 * DAY) == 0
    assert Notification.objects.get().left_out_why == WhyLeftOut.TOO_OLD


def test_f37_a_person_gets_no_more_than_the_ceiling_a_day_and_the_rest_in_one(settings):
    settings.MAIL_DAILY_CEILING = 3
    saved_search("q=수소")
    for minute in range(10):
        news(title_ko="수소", at=TUESDAY + minute * MINUTE)
        run(TUESDAY + minute * MINUTE)
    assert len(mail.outbox) == 3

    morning = datetime(2026, 3, 11, 9, 0, tzinfo=KST)
    assert deliver_all(waiting_for_digest(morning), morning) == 1
    assert len(mail.outbox) == 4
    assert "7 new technologies" in mail.outbox[3].subject
    assert deliver_all(waiting_for_digest(morning + MINUTE), morning + MINUTE) == 0


def test_f39_nothing_is_told_of_what_was_rolled_back(django_capture_on_commit_callbacks):
    user = UserFactory()
    saved_search("q=수소", by=user)

    def fails():
        with transaction.atomic():
            news(title_ko="수소")
            assert gather(user_id=user.pk, at=TUESDAY)
            raise ZeroDivisionError

    with django_capture_on_commit_callbacks(execute=True) as callbacks, pytest.raises(ZeroDivisionError):
        fails()
    assert (callbacks, run(TUESDAY), mail.outbox) == ([], 0, [])
    assert (Notification.objects.count(), Alerted.objects.count(), Match.objects.count()) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_f40_two_schedulers_at_once_write_one_message():
    user = UserFactory()
    saved_search("q=수소", by=user)
    news(title_ko="수소")

    written = at_once(*[lambda: gather(user_id=user.pk, at=TUESDAY)] * 3)

    assert sorted(map(str, written)).count("True") == 1
    assert (Notification.objects.count(), Alerted.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_f40_without_the_lock_only_the_database_would_stop_the_second(monkeypatch):
    """Proof that the test above tests the lock: both read before either writes."""
    user = UserFactory()
    saved_search("q=수소", by=user)
    news(title_ko="수소")
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    between = threading.Barrier(2)

    def both_have_looked(rows):
        found = set(rows)  # whom the person was told of: the last that is read before anything is written
        between.wait(5)
        return found

    monkeypatch.setattr(alerts, "set", both_have_looked, raising=False)
    monkeypatch.setattr(AlertBox, "save", lambda self: None)  # writing the box would be a lock of its own
    written = at_once(*[lambda: gather(user_id=user.pk, at=TUESDAY)] * 2)
    assert [type(outcome) for outcome in written if outcome is not True] == [IntegrityError]


def test_f41_a_batch_of_two_hundred_is_one_mail_per_person():
    people = [UserFactory(), UserFactory()]
    for user in people:
        saved_search("q=수소", by=user)
    holder = ListingFactory().holder
    for number in range(200):
        news(title_ko=f"수소 {number}", holder=holder)

    assert run(TUESDAY) == 2

    assert sorted(m.to[0] for m in mail.outbox) == sorted(user.email for user in people)
    assert all("200 new technologies" in m.subject for m in mail.outbox)
    assert Notification.objects.count() == 2


def test_f42_what_means_nothing_to_people_outside_is_not_mailed():
    """Drafts, withdrawals and changes of what was told already write no mail."""
    saved_search("q=수소")
    news(title_ko="수소", draft=True)
    news(title_ko="수소", withdrawn=True)
    listing = news(title_ko="수소")
    run(TUESDAY)
    withdraw(listing)
    assert run(TUESDAY + DAY) == 0
    assert len(mail.outbox) == 1
