"""What stands in the mail of an alert and how to leave it: lessons F20 and F28, each by its name."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.enums import MailRate
from matching.alert_notices import ALERT, leave_token
from matching.enums import AlertRate
from matching.models import Match, SavedSearch
from matching.services.alerts import gather
from matching.services.keep_search import change_search, pause, remove
from notifications.delivery import deliver_all, waiting_for_mail
from notifications.enums import MailState, WhyLeftOut
from notifications.models import Notification
from tech_listings.models import Listing
from tests.factories.accounts import UserFactory
from tests.factories.matching_searches import TUESDAY, news, saved_search
from tests.matching.alerting import DAY, run, way_out, withdraw

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
    same = Listing.objects.filter(pk=listing.pk)
    same.update(state="suspended", suspended_at=TUESDAY, suspended_for="dispute")
    assert run(TUESDAY) == 0
    same.update(state="published", suspended_at=None, suspended_for="")
    assert run(TUESDAY + DAY) == 1


# --- F28: the way out -------------------------------------------------------------------------------------------------


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
