"""Mail about new matches: lessons F20, F28 and F35 to F42, each by its name."""

import smtplib
import threading
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import MailRate
from matching.alert_notices import ALERT, leave_token
from matching.enums import AlertRate
from matching.models import AlertBox, Alerted, Match, Need, SavedSearch
from matching.services import alerts
from matching.services.alerts import forget_what_is_not_wanted, gather, gather_all, last_slot, people_due
from matching.services.keep_search import change_search, pause, remove, resume
from matching.tasks import compile_searches, send_alerts
from notifications.delivery import deliver_all, waiting_for_digest, waiting_for_mail
from notifications.enums import MailState, WhyLeftOut
from notifications.models import Notification
from notifications.tasks import deliver_unsent
from tech_listings.models import Listing
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.matching import NeedFactory, NeedMatchFactory
from tests.factories.matching_searches import KST, TUESDAY, match_of, news, saved_search
from tests.factories.tech_listings import REGISTERED, ListingFactory
from tests.threads import at_once

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def run(at):
    """What beat does: gather, then mail. How many messages were written."""
    written = gather_all(user_ids=people_due(at), at=at)
    deliver_all(waiting_for_mail(), at)
    return written


def withdraw(listing):
    Listing.objects.filter(pk=listing.pk).update(state="withdrawn", withdrawn_at=REGISTERED)


# --- F35: an item once, and nothing when there is nothing -------------------------------------------------------------


def test_f35_an_item_of_five_searches_is_one_mail_and_one_line():
    user = UserFactory()
    for words in ("수소", "탱크", "수소 탱크", "저장", "trl:5"):
        saved_search(f"q={words}", by=user)
    news(title_ko="수소 저장 탱크", title_en="Hydrogen tank", trl=5)
    assert Match.objects.count() == 5

    assert run(TUESDAY) == 1

    (sent,) = mail.outbox
    assert sent.body.count("Hydrogen tank") == 1
    assert sent.subject == "[기술이음] 1 new technology for your searches"
    assert Alerted.objects.count() == 1
    assert Match.objects.filter(alerted_at=None).count() == 0


def test_f35_the_same_day_again_sends_nothing_and_nothing_new_sends_nothing():
    user = UserFactory()
    saved_search("q=수소", by=user)
    assert run(TUESDAY) == 0
    news(title_ko="수소")
    assert [run(TUESDAY), run(TUESDAY + MINUTE), run(TUESDAY + DAY)] == [1, 0, 0]
    assert (len(mail.outbox), Notification.objects.count()) == (1, 1)


def test_f35_what_was_told_by_one_search_is_not_told_by_another_later():
    user = UserFactory()
    saved_search("q=수소", by=user)
    saved_search("q=탱크", by=user, rate=AlertRate.WEEKLY)
    news(title_ko="수소 탱크")
    run(TUESDAY)

    assert run(datetime(2026, 3, 16, 9, 0, tzinfo=KST)) == 0
    assert len(mail.outbox) == 1
    assert Match.objects.filter(alerted_at=None).count() == 0

    news(title_ko="물 탱크", at=TUESDAY + 8 * DAY)
    assert run(datetime(2026, 3, 23, 9, 0, tzinfo=KST)) == 1
    assert "1 new technology" in mail.outbox[1].subject


def test_f35_a_listing_that_changes_after_it_was_told_is_not_told_again():
    search = saved_search("q=수소")
    listing = news(title_ko="수소")
    run(TUESDAY)
    remove(search=search, by=search.owner)
    again = saved_search("q=수소", by=search.owner)
    match_of(again, listing=listing, at=TUESDAY + DAY)  # found once more, by a search saved anew

    assert run(TUESDAY + DAY) == 0
    assert len(mail.outbox) == 1


# --- rates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "first_due"),
    [
        (AlertRate.AT_ONCE, TUESDAY),
        (AlertRate.DAILY, datetime(2026, 3, 11, 9, 0, tzinfo=KST)),
        (AlertRate.WEEKLY, datetime(2026, 3, 16, 9, 0, tzinfo=KST)),
        (AlertRate.MONTHLY, datetime(2026, 4, 1, 9, 0, tzinfo=KST)),
    ],
)
def test_comes_at_the_rate_of_the_search(rate, first_due):
    saved_search("q=수소", rate=rate)
    news(title_ko="수소")

    if rate != AlertRate.AT_ONCE:
        assert (run(TUESDAY), run(first_due - MINUTE)) == (0, 0)
    assert (run(first_due), run(first_due + MINUTE)) == (1, 0)
    assert len(mail.outbox) == 1


def test_slots_are_those_of_korea():
    before_nine = datetime(2026, 4, 1, 8, 59, tzinfo=KST)
    assert last_slot(AlertRate.MONTHLY, before_nine) == datetime(2026, 3, 1, 9, tzinfo=KST)
    assert last_slot(AlertRate.MONTHLY, before_nine + MINUTE) == datetime(2026, 4, 1, 9, tzinfo=KST)
    assert last_slot(AlertRate.WEEKLY, datetime(2026, 3, 15, 23, 30, tzinfo=KST)) == datetime(2026, 3, 9, 9, tzinfo=KST)
    assert last_slot(AlertRate.DAILY, before_nine) == datetime(2026, 3, 31, 9, tzinfo=KST)


@pytest.mark.parametrize("person", [MailRate.IMMEDIATE, MailRate.DAILY, MailRate.WEEKLY])
def test_the_rate_of_the_search_counts_and_not_that_of_the_person(person):
    saved_search("q=수소", by=UserFactory(mail_rate=person))
    news(title_ko="수소")
    assert run(TUESDAY) == 1
    assert len(mail.outbox) == 1


def test_a_person_who_wants_no_mail_at_all_gets_none_and_the_inbox_keeps_it():
    user = UserFactory(mail_rate=MailRate.OFF)
    saved_search("q=수소", by=user)
    news(title_ko="수소")
    run(TUESDAY)
    assert mail.outbox == []
    row = Notification.objects.get(recipient=user)
    assert (row.mail_state, row.left_out_why) == (MailState.LEFT_OUT, WhyLeftOut.OFF)


def test_one_mail_per_period_over_all_searches_and_rates():
    """On a Monday daily, weekly and at-once searches speak with one voice."""
    user = UserFactory()
    for words, rate in (("수소", AlertRate.DAILY), ("탱크", AlertRate.WEEKLY)):
        saved_search(f"q={words}", by=user, rate=rate)
    sunday, monday = datetime(2026, 3, 15, 20, tzinfo=KST), datetime(2026, 3, 16, 9, tzinfo=KST)
    news(title_ko="수소", title_en="Hydrogen A", at=sunday)
    news(title_ko="탱크", title_en="Tank B", at=sunday)
    assert run(sunday) == 0

    assert (run(monday), run(monday + MINUTE)) == (1, 0)

    (sent,) = mail.outbox
    assert "2 new technologies" in sent.subject
    assert "Hydrogen A" in sent.body
    assert "Tank B" in sent.body
    # What is committed late belongs to the next period, not to a second mail of this one.
    news(title_ko="수소", at=sunday)
    assert run(monday + 2 * MINUTE) == 0
    assert run(monday + DAY) == 1


def test_off_means_matches_on_the_page_and_no_mail_also_not_later_all_at_once():
    search = saved_search("q=수소", rate=AlertRate.OFF)
    news(title_ko="수소")
    assert run(TUESDAY) == 0
    assert Match.objects.visible_to(search.owner).count() == 1

    change_search(search=search, rate=AlertRate.AT_ONCE, by=search.owner, at=TUESDAY + DAY)

    assert run(TUESDAY + DAY) == 0
    news(title_ko="수소 둘", at=TUESDAY + DAY)
    assert run(TUESDAY + DAY) == 1


def test_what_silent_searches_found_does_not_pile_up_as_unannounced():
    search = saved_search("q=수소", rate=AlertRate.OFF)
    news(title_ko="수소")
    assert (forget_what_is_not_wanted(TUESDAY), forget_what_is_not_wanted(TUESDAY)) == (1, 0)
    assert Match.objects.get(saved_search=search).is_news is False


def test_a_paused_search_neither_catches_nor_tells_and_begins_anew():
    search = saved_search("q=수소")
    news(title_ko="수소")
    pause(search=search, by=search.owner, at=TUESDAY)
    news(title_ko="수소 둘")
    assert (run(TUESDAY), Match.objects.count()) == (0, 1)

    resume(search=search, by=search.owner, at=TUESDAY + DAY)
    assert run(TUESDAY + DAY) == 0
    news(title_ko="수소 셋", at=TUESDAY + DAY)
    assert run(TUESDAY + DAY) == 1


def test_what_was_judged_not_to_fit_is_not_told():
    search = saved_search("q=수소")
    news(title_ko="수소")
    Match.objects.update(why_not="other_field", judged_at=TUESDAY)
    assert run(TUESDAY) == 0
    assert search.matches.count() == 1


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


# --- F20: asked again at sending --------------------------------------------------------------------------------------


def test_f20_what_is_withdrawn_between_gathering_and_sending_is_not_in_the_mail():
    user = UserFactory()
    saved_search("q=수소", by=user)
    gone = news(title_ko="수소", title_en="Gone")
    news(title_ko="수소", title_en="Still there")
    gather(user_id=user.pk, at=TUESDAY)
    withdraw(gone)

    deliver_all(waiting_for_mail(), TUESDAY)

    (sent,) = mail.outbox
    assert "1 new technology" in sent.subject
    assert "Still there" in sent.body
    assert "Gone" not in sent.body + sent.alternatives[0].content


@pytest.mark.parametrize("what", ["withdrawn", "deleted", "off", "paused", "judged"])
def test_f20_nothing_left_means_no_mail(what):
    user = UserFactory()
    search = saved_search("q=수소", by=user)
    listing = news(title_ko="수소")
    gather(user_id=user.pk, at=TUESDAY)
    {
        "withdrawn": lambda: withdraw(listing),
        "deleted": lambda: remove(search=search, by=user),
        "off": lambda: change_search(search=search, rate=AlertRate.OFF, by=user, at=TUESDAY),
        "paused": lambda: pause(search=search, by=user, at=TUESDAY),
        "judged": lambda: Match.objects.update(why_not="known", judged_at=TUESDAY),
    }[what]()

    assert deliver_all(waiting_for_mail(), TUESDAY) == 0

    assert mail.outbox == []
    row = Notification.objects.get()
    assert (row.mail_state, row.left_out_why) == (MailState.LEFT_OUT, WhyLeftOut.HIDDEN)


def test_f20_two_people_in_one_run_get_each_their_own():
    a, b = UserFactory(), UserFactory()
    saved_search("q=수소", by=a, name="Only of A")
    saved_search("q=배터리", by=b, name="Only of B")
    news(title_ko="수소", title_en="Hydrogen")
    news(title_ko="배터리", title_en="Battery")
    run(TUESDAY)
    bodies = {m.to[0]: m.body for m in mail.outbox}
    assert "Battery" not in bodies[a.email]
    assert "Only of B" not in bodies[a.email]
    assert "Hydrogen" not in bodies[b.email]


def test_f20_a_confidential_part_is_not_in_the_mail():
    saved_search("q=수소")
    news(title_ko="수소", confidential_text="kanarienvogel", confidential_reason="know-how")
    run(TUESDAY)
    assert "kanarienvogel" not in mail.outbox[0].body + mail.outbox[0].alternatives[0].content


def test_what_is_not_public_now_waits_and_is_told_when_it_is_again():
    saved_search("q=수소")
    listing = news(title_ko="수소")
    withdraw(listing)
    assert run(TUESDAY) == 0
    Listing.objects.filter(pk=listing.pk).update(state="published", withdrawn_at=None)
    assert run(TUESDAY + DAY) == 1


# --- F28: the way out -------------------------------------------------------------------------------------------------


def way_out(message):
    header = message.extra_headers["List-Unsubscribe"]
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return "/" + header.strip("<>").split("/", 3)[3]


def test_f28_one_click_stops_exactly_the_searches_in_the_mail_and_looking_stops_nothing():
    user = UserFactory()
    told = saved_search("q=수소", by=user, name="Told")
    silent = saved_search("q=배터리", by=user, name="Silent")
    elses = saved_search("q=배터리")
    news(title_ko="수소")
    run(TUESDAY)
    path = way_out(mail.outbox[0])
    assert path in mail.outbox[0].body
    visitor = Client(enforce_csrf_checks=True)

    page = visitor.get(path)
    assert page.status_code == 200
    assert "Told" in page.text
    assert "Silent" not in page.text
    assert set(SavedSearch.objects.values_list("rate", flat=True)) == {AlertRate.AT_ONCE}

    assert visitor.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert visitor.post(path).status_code == 200  # twice is once

    rates = dict(SavedSearch.objects.values_list("name", "rate"))
    assert rates == {"Told": AlertRate.OFF, "Silent": AlertRate.AT_ONCE, elses.name: AlertRate.AT_ONCE}
    assert silent.matches.count() == 0
    assert told.matches.count() == 1
    user.refresh_from_db()
    assert user.mail_rate == MailRate.IMMEDIATE


def test_f28_a_token_that_is_not_ours_is_unknown_and_one_person_stops_only_their_own(client):
    search = saved_search("q=수소")
    other = UserFactory()
    assert client.post(reverse("matching:alerts_off", args=["nonsense"])).status_code == 404
    stolen = leave_token(other, [search])
    assert client.post(reverse("matching:alerts_off", args=[stolen])).status_code == 200
    search.refresh_from_db()
    assert search.rate == AlertRate.AT_ONCE


def test_the_way_out_fits_into_one_line_of_a_header():
    user = UserFactory()
    for number in range(30):
        saved_search(f"q=수소 {number}&match=any", by=user)
    for _ in range(30):
        news(title_ko="수소 " + " ".join(map(str, range(30))))
    run(TUESDAY)
    assert len(way_out(mail.outbox[0])) < 900


# --- what it says -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "subject"), [("ko", "수소 기술"), ("en", "Hydrogen technology"), ("zh-hans", "氢技术")]
)
def test_speaks_the_language_of_the_receiver(language, subject):
    saved_search("q=수소", by=UserFactory(language=language))
    news(title_ko="수소 기술", title_en="Hydrogen technology", title_zh="氢技术")
    run(TUESDAY)
    assert subject in mail.outbox[0].body


def test_the_inbox_says_for_which_searches_and_never_which_technologies(client):
    user = UserFactory()
    search = saved_search("q=수소", by=user, name="100 % hydrogen")
    news(title_ko="수소", title_en="Canary")
    run(TUESDAY)
    row = Notification.objects.get(kind=ALERT)
    assert row.title == "1 new technology for your searches"
    assert row.body == "100 % hydrogen (1)"
    assert row.url == reverse("matching:search_detail", args=[search.public_id])
    assert "Canary" not in str(row.params)

    client.force_login(user)
    client.get(row.url)
    row.refresh_from_db()
    assert row.read_at is not None


def test_an_account_that_is_closed_is_told_nothing():
    user = UserFactory()
    saved_search("q=수소", by=user)
    news(title_ko="수소")
    user.is_active = False
    user.save()
    run(TUESDAY)
    assert mail.outbox == []


# --- needs ------------------------------------------------------------------------------------------------------------


def test_a_need_and_a_search_of_one_person_share_a_mail_and_an_item():
    need = NeedFactory(rate=AlertRate.AT_ONCE, title="Metal hydride")
    saved_search("q=수소", by=need.owner, name="Hydrogen")
    both = news(title_ko="수소 저장", title_en="For both")
    NeedMatchFactory(need=need, listing=both, score=60, found_at=TUESDAY)
    NeedMatchFactory(need=need, listing=ListingFactory(title_en="For the need"), found_at=TUESDAY)

    run(TUESDAY)

    (sent,) = mail.outbox
    assert "2 new technologies" in sent.subject
    assert sent.body.count("For both") == 1
    assert "## Metal hydride" in sent.body
    assert reverse("matching:need", args=[need.public_id]) in sent.body

    Client().post(way_out(sent))
    need.refresh_from_db()
    assert need.rate == AlertRate.OFF


@pytest.mark.parametrize("change", ["closed", "left", "colleague"])
def test_f20_a_need_tells_its_owner_alone_while_it_is_open_and_theirs(change):
    need = NeedFactory(rate=AlertRate.AT_ONCE)
    MembershipFactory(organization=need.organization, manager=True)
    NeedMatchFactory(need=need, found_at=TUESDAY)
    if change == "closed":
        Need.objects.update(state="closed", outcome="found", closed_at=TUESDAY, closed_by=need.owner)
    if change == "left":
        need.owner.memberships.update(state="ended")
    run(TUESDAY)
    assert [m.to for m in mail.outbox] == ([[need.owner.email]] if change == "colleague" else [])


def test_f20_who_leaves_the_firm_between_gathering_and_sending_gets_no_mail():
    need = NeedFactory(rate=AlertRate.AT_ONCE)
    NeedMatchFactory(need=need, found_at=TUESDAY)
    gather(user_id=need.owner_id, at=TUESDAY)
    need.owner.memberships.update(state="ended")
    deliver_all(waiting_for_mail(), TUESDAY)
    assert mail.outbox == []
    assert Notification.objects.get(kind=ALERT).left_out_why == WhyLeftOut.HIDDEN


def test_beat_knows_the_tasks_and_one_run_after_the_other_is_one_mail(settings):
    planned = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    mine = {f"matching.tasks.{name}" for name in ("send_alerts", "look_after_searches", "compile_searches")}
    assert mine <= planned
    saved_search("q=수소", at=timezone.now())
    news(title_ko="수소", at=timezone.now())
    assert [send_alerts(), send_alerts(), compile_searches()] == [1, 0, 0]
    deliver_unsent()
    assert len(mail.outbox) == 1
