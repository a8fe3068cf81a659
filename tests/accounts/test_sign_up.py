"""From sign-up to the first page through the real pages, and what strangers may not learn (lessons F28, F29)."""

import re

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import User
from tests.factories.accounts import PASSWORD, UserFactory, sign_in

FORM = {
    "name": "김하늘",
    "email": "Sky@Example.org",
    "language": "ko",
    "password1": "river-stone-42",
    "password2": "river-stone-42",
}


def link_in(message):
    return re.search(r"https?://[^/\s]+(/\S+)", message.body).group(1)


def sign_up(client, **changes):
    return client.post(reverse("account_signup"), {**FORM, **changes})


def log_in(client, email="sky@example.org", password="river-stone-42"):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_from_sign_up_to_the_first_page(client):
    assert client.get(reverse("account_signup")).status_code == 200
    response = sign_up(client)
    assert response.url == reverse("account_email_verification_sent")
    assert client.get(response.url).status_code == 200
    user = User.objects.get()
    assert (user.email, user.name, user.language) == ("sky@example.org", "김하늘", "ko")
    assert [message.to for message in mail.outbox] == [["sky@example.org"]]

    assert log_in(client).url == reverse("account_email_verification_sent")
    assert "_auth_user_id" not in client.session

    link = link_in(mail.outbox[0])
    assert client.get(link).status_code == 200
    assert EmailAddress.objects.get().verified is False, "a mail scanner that follows links confirms nothing"
    client.post(link)
    assert EmailAddress.objects.get().verified is True

    client.logout()
    response = log_in(client, email="SKY@example.org")
    assert response.url == reverse("portal:home")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.cookies["django_language"].value == "ko"


def test_a_confirmation_link_works_once(client):
    sign_up(client)
    link = link_in(mail.outbox[0])
    client.post(link)
    confirmed = list(EmailAddress.objects.values())
    client.post(link)
    assert list(EmailAddress.objects.values()) == confirmed


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"language": "fr"}, "language"),
        ({"email": "no address"}, "email"),
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"password2": "other-stone-42"}, "password2"),
        ({"password1": "password123", "password2": "password123"}, "password1"),
    ],
)
def test_mistakes_are_named_and_nothing_is_made(client, changes, field):
    response = sign_up(client, **changes)
    assert field in response.context["form"].errors
    assert User.objects.exists() is False
    assert mail.outbox == []


def test_signing_up_does_not_tell_who_has_an_account(client):
    unknown = sign_up(client, email="new@example.org")
    client.logout()
    UserFactory(email="known@example.org")
    before = User.objects.count()
    known = sign_up(client, email="known@example.org")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert User.objects.count() == before
    assert [message.to for message in mail.outbox] == [["new@example.org"], ["known@example.org"]]
    assert "already" in mail.outbox[1].body


def test_the_reset_does_not_tell_who_has_an_account(client):
    UserFactory(email="known@example.org")
    answers = [
        client.post(reverse("account_reset_password"), {"email": email})
        for email in ("known@example.org", "unknown@example.org")
    ]
    assert len({(answer.status_code, answer.url) for answer in answers}) == 1


def test_the_login_does_not_tell_who_has_an_account(client):
    UserFactory(email="known@example.org")
    says = {
        str(log_in(client, email=email, password="wrong-stone-42").context["form"].errors)
        for email in ("known@example.org", "unknown@example.org")
    }
    assert len(says) == 1


def test_a_reset_link_works_once_and_signs_nobody_in(client):
    UserFactory(email="known@example.org")
    client.post(reverse("account_reset_password"), {"email": "known@example.org"})
    link = link_in(mail.outbox[0])
    form = client.get(link, follow=True)
    new = {"password1": "new-stone-43", "password2": "new-stone-43"}
    client.post(form.request["PATH_INFO"], new)
    assert "_auth_user_id" not in client.session
    assert log_in(client, "known@example.org", "new-stone-43").status_code == 302
    client.logout()
    again = client.get(link, follow=True)
    assert "password1" not in again.text


def test_a_reset_link_is_valid_for_hours_not_days(client, time_machine):
    UserFactory(email="known@example.org")
    time_machine.move_to(timezone.now())
    client.post(reverse("account_reset_password"), {"email": "known@example.org"})
    link = link_in(mail.outbox[0])
    time_machine.shift(60 * 60 * 3 + 60)
    assert "password1" not in client.get(link, follow=True).text


def test_changing_the_address_needs_the_password_again_and_the_new_one_confirmed(client):
    user = UserFactory(email="old@example.org")
    sign_in(client, user)
    change = {"action_add": "", "email": "new@example.org"}
    asked = client.post(reverse("account_email"), change)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert EmailAddress.objects.filter(email="new@example.org").exists() is False

    client.post(asked.url, {"password": PASSWORD})
    client.post(reverse("account_email"), change)
    user.refresh_from_db()
    assert user.email == "old@example.org"
    client.post(link_in(next(m for m in mail.outbox if m.to == ["new@example.org"])))
    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert [address.email for address in EmailAddress.objects.all()] == ["new@example.org"]
    assert any(m.to == ["old@example.org"] for m in mail.outbox), "the old address hears of it"


def test_a_wrong_password_changes_no_address(client):
    sign_in(client, UserFactory())
    asked = client.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    client.post(asked.url, {"password": "wrong-stone-42"})
    again = client.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    assert again.url.startswith(reverse("account_reauthenticate"))
    assert EmailAddress.objects.filter(email="new@example.org").exists() is False


@pytest.mark.parametrize("language", ["ko", "en", "zh-hans"])
def test_mail_is_in_the_language_of_the_receiver(client, language, monkeypatch):
    spoken, render = [], DefaultAccountAdapter.render_mail

    def listen(self, *args, **kwargs):
        spoken.append(translation.get_language())
        return render(self, *args, **kwargs)

    monkeypatch.setattr(DefaultAccountAdapter, "render_mail", listen)
    UserFactory(email="known@example.org", language=language)
    client.post(reverse("account_reset_password"), {"email": "known@example.org"}, headers={"Accept-Language": "en"})
    assert spoken == [language]


def test_links_in_mails_stand_alone(client):
    """Nothing of the sentence may stick to the link: mail programs would take it along."""
    UserFactory(email="known@example.org", language="ko")
    client.post(reverse("account_reset_password"), {"email": "known@example.org"})
    sign_up(client, email="known@example.org")
    sign_up(client)
    assert len(mail.outbox) == 3
    for message in mail.outbox:
        for line in message.body.splitlines():
            assert "://" not in line or re.fullmatch(r"https?://[!-~]+", line)


def test_logging_in_takes_the_language_of_the_account(client):
    UserFactory(email="sky@example.org", language="zh-hans", password="river-stone-42")
    client.cookies["django_language"] = "en"
    log_in(client)
    assert client.cookies["django_language"].value == "zh-hans"


def test_logging_out_needs_a_post(client):
    sign_in(client, UserFactory())
    client.get(reverse("account_logout"))
    assert "_auth_user_id" in client.session
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


class TestRateLimits:
    @pytest.fixture(autouse=True)
    def limits(self, settings):
        settings.ACCOUNT_RATE_LIMITS = {}

    def test_guessing_passwords_ends(self, client):
        UserFactory(email="known@example.org")
        for _attempt in range(5):
            log_in(client, "known@example.org", "wrong-stone-42")
        last = log_in(client, "known@example.org", PASSWORD)
        assert "Too many failed login attempts" in str(last.context["form"].errors)
        assert "_auth_user_id" not in client.session

    def test_mails_for_one_address_end(self, client):
        UserFactory(email="known@example.org")
        statuses = [
            client.post(reverse("account_reset_password"), {"email": "known@example.org"}).status_code
            for _attempt in range(8)
        ]
        assert statuses[-1] == 429
        assert len(mail.outbox) == 5

    def test_signing_up_in_bulk_ends(self, client):
        statuses = []
        for number in range(22):
            statuses.append(sign_up(client, email=f"bulk{number}@example.org").status_code)
            client.logout()
        assert statuses[-1] == 429
        assert User.objects.count() == 20


def test_a_mail_server_that_is_away_is_said_not_crashed(client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    response = client.post(reverse("account_reset_password"), {"email": UserFactory().email}, follow=True)
    assert response.status_code == 200
    assert "could not be sent" in response.text
