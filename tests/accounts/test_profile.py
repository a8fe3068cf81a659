import json

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.events import personal_data_requested
from accounts.models import ApiToken, Membership, User
from accounts.services.close import close_account
from accounts.services.members import LastManager
from tests.factories.accounts import (
    PASSWORD,
    ApiTokenFactory,
    MembershipFactory,
    UserFactory,
    sign_in,
    token_text,
)


def test_name_language_and_mail_rate_are_changed(client):
    user = UserFactory()
    sign_in(client, user)
    response = client.post(
        reverse("accounts:profile"), {"name": " 이  바람 ", "language": "ko", "mail_rate": "weekly", "email": "x@y.zz"}
    )
    assert response.url == reverse("accounts:profile")
    email = user.email
    user.refresh_from_db()
    assert (user.name, user.language, user.mail_rate, user.email) == ("이 바람", "ko", "weekly", email)
    assert client.cookies["django_language"].value == "ko"


@pytest.mark.parametrize("changes", [{"name": ""}, {"language": "fr"}, {"mail_rate": "hourly"}])
def test_mistakes_change_nothing(client, changes):
    user = UserFactory()
    sign_in(client, user)
    before = User.objects.values().get(pk=user.pk)
    page = client.post(reverse("accounts:profile"), {"name": "x", "language": "ko", "mail_rate": "off", **changes})
    assert page.status_code == 200
    assert list(page.context["form"].errors) == list(changes)
    assert {**User.objects.values().get(pk=user.pk), "last_login": None} == {**before, "last_login": None}


def test_the_language_switch_is_kept_in_the_account(client):
    user = UserFactory(language="en")
    sign_in(client, user)
    response = client.post(reverse("set_language"), {"language": "zh-hans", "next": "/organizations/?a=1"})
    assert response.url == "/organizations/?a=1"
    user.refresh_from_db()
    assert user.language == "zh-hans"
    client.post(reverse("set_language"), {"language": "fr"})
    user.refresh_from_db()
    assert user.language == "zh-hans"


def test_visitors_switch_the_language_too(client):
    response = client.post(reverse("set_language"), {"language": "ko", "next": "/organizations/roles/"})
    assert response.url == "/organizations/roles/"
    assert client.cookies["django_language"].value == "ko"
    assert client.get(reverse("set_language")).status_code == 302


def test_one_gets_what_is_kept_about_oneself_and_nobody_else(client):
    membership = MembershipFactory(institute=True)
    other = MembershipFactory(organization=membership.organization)
    ApiTokenFactory(user=membership.user, name="nightly")

    def keep(sender, user, **kwargs):
        return "requests", [user.name]

    personal_data_requested.connect(keep)
    sign_in(client, membership.user)
    response = client.get(reverse("accounts:data"))
    personal_data_requested.disconnect(keep)
    data = json.loads(response.content)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert data["account"]["email"] == membership.user.email
    assert data["memberships"][0]["organization"] == membership.organization.name
    assert data["api_tokens"][0]["name"] == "nightly"
    assert data["requests"] == [membership.user.name]
    assert other.user.email not in response.text
    assert "digest" not in response.text


def close(client, **form):
    asked = client.post(reverse("accounts:close"), form)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    return client.post(asked.url, {"password": PASSWORD})


def test_closing_ends_everything(client):
    membership = MembershipFactory()
    user = membership.user
    request = MembershipFactory(user=user, requested=True)
    ApiTokenFactory(user=user, serial=1)
    sign_in(client, user)
    other_device = sign_in(type(client)(), user)
    assert client.get(reverse("accounts:close")).status_code == 200

    response = close(client, sure="on")
    assert response.status_code == 302
    user.refresh_from_db()
    assert (user.is_active, user.closed_at is None) == (False, False)
    for row in (membership, request):
        row.refresh_from_db()
        assert row.state == "ended"
    assert ApiToken.objects.get().revoked_at is not None
    assert other_device.get(reverse("accounts:profile")).status_code == 302
    assert client.get("/api/v1/me/", headers={"Authorization": f"Token {token_text(1)}"}).status_code == 401
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_closing_must_be_meant(client):
    user = UserFactory()
    sign_in(client, user)
    page = close(client)
    assert page.context["form"].errors["sure"]
    user.refresh_from_db()
    assert user.is_active


def test_the_last_manager_does_not_close(client):
    first = MembershipFactory()
    last = MembershipFactory(user=first.user, manager=True)
    before = list(Membership.objects.order_by("pk").values())
    with pytest.raises(LastManager):
        close_account(by=first.user, at=timezone.now())
    sign_in(client, first.user)
    page = close(client, sure="on")
    assert last.organization.name in page.text
    assert list(Membership.objects.order_by("pk").values()) == before
    first.user.refresh_from_db()
    assert first.user.is_active


@pytest.mark.parametrize("name", ["profile", "organizations", "register", "join", "tokens", "close", "data"])
def test_pages_are_for_signed_in_people(client, name):
    page = reverse(f"accounts:{name}")
    assert client.get(page).url == f"{reverse('account_login')}?next={page}"
    sign_in(client, UserFactory())
    assert client.get(page).status_code == 200
