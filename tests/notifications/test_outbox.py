import contextlib

import pytest
from django.core import mail
from django.db import transaction

from notifications.models import Notification
from notifications.outbox import notify
from notifications.queries import unread_count
from notifications.tasks import deliver_unsent
from tests.factories.accounts import OrganizationFactory, UserFactory
from tests.factories.notifications import MEMBERS_NEWS, NEWS


def tell(*users, key="k", **changes):
    notify(**({"users": users, "kind": NEWS, "dedupe_key": key, "params": {"name": "Gaon"}} | changes))


def test_one_matter_is_one_row_and_one_mail_however_often_it_is_told(django_capture_on_commit_callbacks):
    user = UserFactory()

    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(5):
            tell(user, user)
    with django_capture_on_commit_callbacks(execute=True):
        tell(user)

    assert (Notification.objects.count(), len(mail.outbox), unread_count(user)) == (1, 1, 1)
    assert deliver_unsent() == 0


def test_nothing_leaves_before_the_commit_and_nothing_after_a_rollback(django_capture_on_commit_callbacks):
    user = UserFactory()

    capture = django_capture_on_commit_callbacks(execute=True)
    with capture, contextlib.suppress(RuntimeError), transaction.atomic():
        tell(user)
        raise RuntimeError

    assert (Notification.objects.count(), len(mail.outbox)) == (0, 0)


def test_many_news_of_one_transaction_are_one_mail(django_capture_on_commit_callbacks):
    user = UserFactory()

    with django_capture_on_commit_callbacks(execute=True):
        for number in range(200):
            tell(user, key=f"k{number}")

    assert [m.subject for m in mail.outbox] == ["[기술이음] 200 new messages"]
    assert "180 more messages are in your inbox." in mail.outbox[0].body


def test_a_broker_that_is_down_costs_only_a_delay(django_capture_on_commit_callbacks, monkeypatch):
    def down(*args, **kwargs):
        raise ConnectionError

    user = UserFactory()
    monkeypatch.setattr("notifications.tasks.deliver_to.apply_async", down)

    with django_capture_on_commit_callbacks(execute=True):
        tell(user)

    assert (Notification.objects.count(), len(mail.outbox)) == (1, 0)
    assert (deliver_unsent(), deliver_unsent(), len(mail.outbox)) == (1, 0, 1)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kind": "never_registered"}, LookupError),
        ({"params": {}}, KeyError),
        ({"url": "https://elsewhere.example/"}, ValueError),
        ({"url": "//elsewhere.example/"}, ValueError),
        ({"kind": MEMBERS_NEWS}, ValueError),
    ],
)
def test_a_mistake_of_the_caller_is_told_to_the_caller(changes, error):
    with pytest.raises(error):
        tell(UserFactory(), **changes)
    assert Notification.objects.count() == 0


def test_text_is_made_in_the_language_of_whoever_reads_it(django_capture_on_commit_callbacks, monkeypatch):
    from django.utils import translation

    asked = []
    monkeypatch.setattr(
        "notifications.registry.Kind.text", lambda self, p: (asked.append(translation.get_language()), ("t", "b"))[1]
    )
    korean, chinese = UserFactory(language="ko"), UserFactory(language="zh-hans")

    with django_capture_on_commit_callbacks(execute=True), translation.override("en"):
        tell(korean, chinese)

    assert set(asked) == {"en", "ko", "zh-hans"}


def test_what_one_may_not_see_is_neither_counted_nor_kept_from_others():
    outsider = UserFactory()
    organization = OrganizationFactory()

    tell(outsider, kind=MEMBERS_NEWS, target=("accounts.organization", organization.public_id))

    assert (Notification.objects.count(), unread_count(outsider)) == (1, 0)
