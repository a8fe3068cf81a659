from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken
from accounts.services.tokens import MOST_TOKENS, TooManyTokens, create_token
from marketplace.core.errors import DomainError
from tests.factories.accounts import (
    PASSWORD,
    ApiTokenFactory,
    MembershipFactory,
    UserFactory,
    sign_in,
    token_text,
)


def call(client, text, **headers):
    return client.get("/api/v1/me/", headers={"Authorization": f"Token {text}", **headers})


def make_token(client, user):
    """Through the page: sign in, confirm the password, ask."""
    sign_in(client, user)
    asked = client.post(reverse("accounts:tokens"), {"name": "nightly job", "days": "90"})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    return client.post(asked.url, {"password": PASSWORD})


def test_made_shown_once_used_revoked(client, django_user_model):
    user = UserFactory()
    page = make_token(client, user)
    text, token = page.context["text"], ApiToken.objects.get()
    assert text in page.text
    assert "no-store" in page.headers["Cache-Control"]
    later = client.get(reverse("accounts:tokens")).text
    assert text not in later
    assert token.hint in later
    assert text not in " ".join(str(value) for value in ApiToken.objects.values_list()[0])
    client.logout()

    assert call(client, text).json()["email"] == user.email
    token.refresh_from_db()
    assert token.last_used_at is not None

    sign_in(client, user)
    client.post(reverse("accounts:token_revoke", args=[token.public_id]))
    client.logout()
    refused = call(client, text)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    assert refused.headers["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize(
    "fields",
    [
        {"revoked_at": timezone.now()},
        {"created_at": timezone.now() - timedelta(days=9), "expires_at": timezone.now() - timedelta(seconds=1)},
        {"user__is_active": False},
    ],
    ids=["revoked", "expired", "account closed"],
)
def test_refused(client, fields):
    ApiTokenFactory(serial=1, **fields)
    assert call(client, token_text(1)).status_code == 401


@pytest.mark.parametrize("text", ["", "x", "ieum_", "None", "é", "a b"])
def test_made_up_tokens_are_refused(client, text):
    token = ApiTokenFactory()
    assert call(client, text).status_code == 401
    assert call(client, token.digest).status_code == 401, "the digest is no token"


def test_a_token_of_somebody_else_is_not_there(client):
    token = ApiTokenFactory()
    sign_in(client, UserFactory())
    assert client.post(reverse("accounts:token_revoke", args=[token.public_id])).status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_the_use_is_noted_without_a_write_per_call(client, django_assert_num_queries):
    ApiTokenFactory(serial=1)
    call(client, token_text(1))
    with django_assert_num_queries(2):
        call(client, token_text(1))


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_token_ends_within_a_year(days):
    with pytest.raises(DomainError):
        create_token(name="x", days=days, second_factor=False, by=UserFactory(), at=timezone.now())
    assert ApiToken.objects.exists() is False


def test_there_is_a_most():
    user = UserFactory()
    ApiTokenFactory.create_batch(MOST_TOKENS, user=user)
    with pytest.raises(TooManyTokens):
        create_token(name="x", days=1, second_factor=False, by=user, at=timezone.now())


def test_a_program_says_for_which_organization_it_acts(client):
    user = UserFactory()
    first = MembershipFactory(user=user, organization__name="가").organization
    second = MembershipFactory(user=user, organization__name="나", institute=True).organization
    ApiTokenFactory(serial=1, user=user)
    assert call(client, token_text(1)).json()["organization"]["id"] == str(first.public_id)
    named = call(client, token_text(1), **{"X-Organization": f" {second.public_id} ".upper()})
    assert named.json()["organization"]["id"] == str(second.public_id)


@pytest.mark.parametrize("name", ["of another", "no id"])
def test_it_cannot_act_for_others(client, name):
    other = MembershipFactory(institute=True).organization
    ApiTokenFactory(serial=1, user=MembershipFactory().user)
    wanted = str(other.public_id) if name == "of another" else "nonsense"
    response = call(client, token_text(1), **{"X-Organization": wanted})
    assert (response.status_code, response.json()["code"]) == (403, "organization_not_yours")


def test_a_session_without_a_csrf_token_writes_nothing(user_client_with_csrf):
    client, user = user_client_with_csrf
    response = client.patch("/api/v1/me/", {"name": "x"}, content_type="application/json")
    assert response.status_code == 403
    name = user.name
    user.refresh_from_db()
    assert user.name == name


@pytest.fixture
def user_client_with_csrf():
    from django.test import Client

    user = UserFactory()
    return sign_in(Client(enforce_csrf_checks=True), user), user
