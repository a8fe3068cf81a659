"""Members of government offices work with a second factor or not at all."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.services.decide import grant_membership
from tests.factories.accounts import (
    PASSWORD,
    ApiTokenFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
    sign_in,
    token_text,
)

SET_UP = reverse("mfa_index")
PAGES = ["accounts:profile", "accounts:organizations", "accounts:register", "accounts:tokens", "accounts:data"]


def code_for(user):
    return code_of(decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"]))


def code_of(secret):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def officer(**kwargs):
    return MembershipFactory(government=True, **kwargs).user


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("page", PAGES)
def test_without_a_factor_every_page_leads_to_the_set_up_page(client, role, page):
    sign_in(client, officer(role=role))
    response = client.get(reverse(page))
    assert (response.status_code, response.url) == (302, SET_UP)
    page = client.get(SET_UP)
    assert page.status_code == 200
    assert "Government work needs a second factor" in page.text


def test_the_explanation_is_said_once(client):
    sign_in(client, officer())
    for _time in range(3):
        client.get(reverse("accounts:profile"))
    assert client.get(SET_UP).text.count("Government work needs a second factor") == 1


@pytest.mark.parametrize(
    "name", ["mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "account_email", "account_reauthenticate"]
)
def test_what_leads_to_a_factor_stays_open(client, name):
    sign_in(client, officer())
    response = client.get(reverse(name))
    assert response.status_code == 200 or response.url.startswith(reverse("account_reauthenticate"))


def test_they_may_sign_out_and_change_the_language(client):
    sign_in(client, officer())
    assert client.post(reverse("set_language"), {"language": "ko", "next": SET_UP}).url == SET_UP
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_a_write_is_refused_and_writes_nothing(client):
    user = officer(role=Role.MANAGER)
    sign_in(client, user)
    response = client.post(reverse("accounts:profile"), {"name": "x", "language": "ko", "mail_rate": "off"})
    assert response.url == SET_UP
    name = user.name
    user.refresh_from_db()
    assert user.name == name


def test_htmx_is_sent_to_the_page_not_given_it(client):
    sign_in(client, officer())
    response = client.get(reverse("accounts:profile"), headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (200, SET_UP)


def test_the_api_answers_403_with_a_code(client):
    sign_in(client, officer())
    response = client.get("/api/v1/me/")
    assert response.status_code == 403
    assert (response.json()["code"], response.json()["errors"]) == ("second_factor_required", [])


def test_the_public_api_is_no_way_round(client):
    sign_in(client, officer())
    assert client.get("/api/v1/organizations/").json()["code"] == "second_factor_required"


@pytest.mark.parametrize(
    ("has_factor", "made_with_one", "status"),
    [(False, False, 403), (False, True, 403), (True, False, 403), (True, True, 200)],
)
def test_tokens_are_no_way_round(client, has_factor, made_with_one, status):
    user = officer(user__second_factor=has_factor)
    token = ApiTokenFactory(user=user, serial=7, second_factor=made_with_one)
    response = client.get("/api/v1/me/", headers={"Authorization": f"Token {token_text(7)}"})
    assert response.status_code == status
    if status == 403:
        assert response.json()["code"] == "second_factor_required"
    assert token.user == user


def test_another_organization_is_no_way_round(client):
    user = officer()
    company = MembershipFactory(user=user, company=True).organization
    session = sign_in(client, user).session
    session["organization"] = str(company.public_id)
    session.save()
    assert client.post(reverse("accounts:switch"), {"organization": str(company.public_id)}).url == SET_UP
    assert client.get(reverse("accounts:organizations")).url == SET_UP
    ApiTokenFactory(user=user, serial=8, second_factor=True)
    headers = {"Authorization": f"Token {token_text(8)}", "X-Organization": str(company.public_id)}
    assert Client().get("/api/v1/me/", headers=headers).json()["code"] == "second_factor_required"


def test_recovery_codes_alone_are_no_factor(client):
    user = officer()
    RecoveryCodes.activate(user)
    sign_in(client, user)
    assert client.get(reverse("accounts:profile")).url == SET_UP


@pytest.mark.django_db(transaction=True)
def test_setting_one_up_opens_the_door(client):
    user = officer()
    sign_in(client, user)
    page = reverse("mfa_activate_totp")
    asked = client.get(page)
    client.post(asked.url, {"password": PASSWORD})
    form = client.get(page)
    response = client.post(page, {"code": code_of(form.context["form"].secret)})
    assert response.status_code == 302
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert client.get("/api/v1/me/").status_code == 200


def test_removing_it_leads_back_to_the_set_up_page(client):
    user = officer(user__second_factor=True)
    sign_in(client, user)
    assert client.get(reverse("accounts:profile")).status_code == 200
    page = reverse("mfa_deactivate_totp")
    asked = client.get(page)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert Authenticator.objects.filter(user=user).exists(), "switching it off needs the password again"
    client.post(asked.url, {"password": PASSWORD})
    client.post(page)
    assert Authenticator.objects.filter(user=user).exists() is False
    assert client.get(reverse("accounts:profile")).url == SET_UP


def test_a_session_that_never_showed_the_factor_must_show_it(client):
    """Signed in by password before; the factor was set up on another device."""
    user = officer(user__second_factor=True)
    sign_in(client, user, second_factor=False)
    response = client.get(reverse("accounts:profile"))
    assert response.url == f"{reverse('mfa_reauthenticate')}?next=%2Fme%2F"
    back = client.post(response.url, {"code": code_for(user)})
    assert back.url == "/me/"
    assert client.get(back.url).status_code == 200


def test_the_password_alone_does_not_stand_in_for_the_factor(client):
    user = officer(user__second_factor=True)
    sign_in(client, user, second_factor=False)
    client.post(f"{reverse('account_reauthenticate')}?next=/me/", {"password": PASSWORD})
    assert client.get("/me/").url.startswith(reverse("mfa_reauthenticate"))


def test_logging_in_asks_for_the_factor(client):
    user = officer(user__second_factor=True)
    form = {"login": user.email, "password": PASSWORD}
    assert client.post(reverse("account_login"), form).url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "_auth_user_id" not in client.session
    client.post(reverse("mfa_authenticate"), {"code": code_for(user)})
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_who_becomes_an_officer_is_caught_by_the_next_request(client):
    request = MembershipFactory(government=True, requested=True)
    manager = MembershipFactory(organization=request.organization, manager=True).user
    sign_in(client, request.user)
    assert client.get(reverse("accounts:profile")).status_code == 200
    grant_membership(membership=request, role=Role.STAFF, by=manager, at=timezone.now())
    assert client.get(reverse("accounts:profile")).url == SET_UP


@pytest.mark.parametrize("state", ["requested", "declined", "ended"])
def test_who_is_no_member_of_an_office_needs_none(client, state):
    sign_in(client, officer(state=state))
    assert client.get(reverse("accounts:profile")).status_code == 200


@pytest.mark.parametrize("kind", ["institute", "company", "broker"])
def test_others_need_none(client, kind):
    sign_in(client, MembershipFactory(**{kind: True}).user)
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_an_office_in_the_name_of_an_ordinary_person_makes_no_officer():
    assert UserFactory().is_officer is False
    assert MembershipFactory(organization=OrganizationFactory(company=True)).user.is_officer is False
