"""Who may do what with messages, on pages and through the API."""

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.enums import MailRate, MembershipState
from notifications.mails import unsubscribe_token
from notifications.models import Notification
from notifications.queries import unread_count
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.notifications import MEMBERS_NEWS_ONE_BY_ONE, NotificationFactory

INBOX = "/inbox/"


def read_state():
    return list(Notification.objects.order_by("pk").values_list("pk", "read_at"))


@pytest.mark.parametrize(
    ("who", "page", "opening", "reading_by_api"),
    [("anonymous", 302, 302, 403), ("other", 200, 404, 404), ("recipient", 200, 302, 200)],
)
def test_a_message_is_its_recipients_alone(client, who, page, opening, reading_by_api):
    row = NotificationFactory(params={"name": "Canary"})
    user = {"anonymous": None, "other": UserFactory(), "recipient": row.recipient}[who]
    api = APIClient()
    if user:
        sign_in(client, user)
        api.force_authenticate(user)
    before = read_state()

    shown = client.get(INBOX)
    assert shown.status_code == page
    assert ("Canary" in shown.text) == (who == "recipient")
    assert client.get(reverse("notifications:open", args=[row.public_id])).status_code == 302
    assert read_state() == before
    assert api.post(reverse("notifications-api:read", args=[row.public_id])).status_code in {reading_by_api, 401}
    Notification.objects.update(read_at=None)
    assert client.post(reverse("notifications:open", args=[row.public_id])).status_code == opening
    assert (read_state() != before) == (who == "recipient")


@pytest.mark.parametrize("kind", [None, MEMBERS_NEWS_ONE_BY_ONE])
def test_what_one_may_no_longer_see_leaves_inbox_count_and_api(client, kind):
    membership = MembershipFactory()
    changes = {"kind": kind} if kind else {}
    row = NotificationFactory(
        recipient=membership.user, about=membership.organization, params={"name": "Canary"}, **changes
    )
    sign_in(client, membership.user)
    api = APIClient()
    api.force_authenticate(membership.user)
    assert "Canary" in client.get(INBOX).text

    membership.state = MembershipState.ENDED
    membership.save()

    assert "Canary" not in client.get(INBOX).text
    assert "Canary" not in api.get(reverse("notifications-api:list")).text
    assert client.post(reverse("notifications:open", args=[row.public_id])).status_code == 404
    if kind is None:
        assert unread_count(membership.user) == 0


def test_a_kind_no_app_knows_any_more_is_not_shown(client):
    row = NotificationFactory(kind="long_gone")
    sign_in(client, row.recipient)
    assert client.get(INBOX).status_code == 200
    assert unread_count(row.recipient) == 0


def test_one_row_that_no_longer_fits_its_text_leaves_the_inbox_readable(client):
    row = NotificationFactory(params={})
    NotificationFactory(recipient=row.recipient, params={"name": "Fine"})
    sign_in(client, row.recipient)
    text = client.get(INBOX).text
    assert "News of Fine" in text
    assert "A message that cannot be shown any more" in text


def test_opening_marks_it_read_and_goes_where_it_points(client):
    row = NotificationFactory(url="/inbox/?show=unread")
    sign_in(client, row.recipient)
    response = client.post(reverse("notifications:open", args=[row.public_id]))
    row.refresh_from_db()
    assert (response.url, row.read_at is not None) == ("/inbox/?show=unread", True)


def test_a_stored_address_elsewhere_is_not_followed(client):
    row = NotificationFactory(url="//elsewhere.example/")
    sign_in(client, row.recipient)
    assert client.post(reverse("notifications:open", args=[row.public_id])).url == INBOX


def test_unread_filter_and_marking_all(client):
    user = UserFactory()
    NotificationFactory(recipient=user, params={"name": "Old"}, read=True)
    NotificationFactory(recipient=user, params={"name": "Fresh"})
    other = NotificationFactory()
    sign_in(client, user)

    unread = client.get(INBOX, {"show": "unread"}).text
    assert ("News of Fresh" in unread, "News of Old" in unread) == (True, False)
    assert client.post(reverse("notifications:read_all")).status_code == 302

    other.refresh_from_db()
    assert (unread_count(user), other.read_at) == (0, None)
    assert "Nothing unread" in client.get(INBOX, {"show": "unread"}).text


def test_the_swapped_part_is_no_page_and_back_gets_the_whole_page(client):
    user = UserFactory()
    sign_in(client, user)
    part = client.get(INBOX, headers={"HX-Request": "true"})
    back = client.get(INBOX, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert ("<html" in part.text, "<html" in back.text) == (False, True)
    assert "HX-Request" in part["Vary"]


def test_as_many_queries_for_one_message_as_for_twenty(client, django_assert_max_num_queries):
    membership = MembershipFactory()
    sign_in(client, membership.user)
    counts = []
    for more in (1, 19):
        for _ in range(more):
            NotificationFactory(recipient=membership.user, about=membership.organization)
        with django_assert_max_num_queries(12) as queries:
            client.get(INBOX)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_long_inboxes_have_pages(client):
    user = UserFactory()
    NotificationFactory.create_batch(25, recipient=user)
    sign_in(client, user)
    assert len(client.get(INBOX, {"page": 2}).context["rows"]) == 5


def test_api_lists_marks_and_refuses_what_it_does_not_know():
    user = UserFactory()
    rows = NotificationFactory.create_batch(3, recipient=user)
    api = APIClient()
    api.force_authenticate(user)
    url = reverse("notifications-api:list")

    assert api.get(url).json()["count"] == 3
    assert api.post(reverse("notifications-api:read", args=[rows[0].public_id])).json() == {"marked": 1}
    assert api.post(reverse("notifications-api:read", args=[rows[0].public_id])).json() == {"marked": 0}
    assert api.get(url, {"show": "unread"}).json()["count"] == 2
    assert api.post(reverse("notifications-api:read_all")).json() == {"marked": 2}
    assert api.get(url, {"sort": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("posted", "rate"),
    [
        ({"List-Unsubscribe": "One-Click"}, MailRate.OFF),
        ({"rate": "weekly"}, MailRate.WEEKLY),
        ({"rate": "immediate"}, MailRate.OFF),
        ({"rate": "nonsense"}, MailRate.OFF),
    ],
)
def test_one_click_leaves_without_login_and_without_a_csrf_token(posted, rate):
    from django.test import Client

    user = UserFactory()
    strict = Client(enforce_csrf_checks=True)
    address = reverse("notifications:unsubscribe", args=[unsubscribe_token(user)])

    assert strict.get(address).status_code == 200
    user.refresh_from_db()
    assert user.mail_rate == MailRate.IMMEDIATE

    assert strict.post(address, posted).status_code == 200
    user.refresh_from_db()
    assert user.mail_rate == rate


def test_a_forged_unsubscribe_token_is_nothing(client):
    user = UserFactory()
    token = unsubscribe_token(user)
    assert client.post(reverse("notifications:unsubscribe", args=[token[:-2] + "xx"])).status_code == 404
    assert client.post(reverse("notifications:unsubscribe", args=[str(user.public_id)])).status_code == 404
    user.refresh_from_db()
    assert user.mail_rate == MailRate.IMMEDIATE


def test_beat_runs_the_sweep_and_the_digests():
    from marketplace.celery import app

    planned = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}
    assert {"notifications.tasks.deliver_unsent", "notifications.tasks.send_digests"} <= planned & set(app.tasks)


def test_messages_that_arrive_while_all_are_marked_stay_unread():
    from notifications.services.read import mark_all_read

    row = NotificationFactory()
    assert mark_all_read(by=row.recipient, at=row.created_at - timezone.timedelta(seconds=1)) == 0
