"""Mail about new matches: lesson F35, rates, and needs beside searches."""

from datetime import datetime

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import MailRate
from matching.alert_notices import ALERT
from matching.enums import AlertRate
from matching.models import Alerted, Match, Need
from matching.services.alerts import forget_what_is_not_wanted, gather, last_slot
from matching.services.keep_search import change_search, pause, remove, resume
from matching.tasks import compile_searches, send_alerts
from notifications.delivery import deliver_all, waiting_for_mail
from notifications.enums import MailState, WhyLeftOut
from notifications.models import Notification
from notifications.tasks import deliver_unsent
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.matching import NeedFactory, NeedMatchFactory
from tests.factories.matching_searches import KST, TUESDAY, match_of, news, saved_search
from tests.factories.tech_listings import ListingFactory
from tests.matching.alerting import DAY, MINUTE, run, way_out

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
