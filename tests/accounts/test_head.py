"""Who answers for an institute: entered by its manager, shown to nobody outside."""

import pytest
from django.urls import reverse

from accounts.services.edit import edit_organization
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in

HEAD = {"head_name": "나기관", "head_email": "head@gaon.example"}


def test_the_manager_of_an_institute_enters_its_head(client):
    member = MembershipFactory(institute=True, manager=True)
    organization = member.organization
    sign_in(client, member.user)
    url = reverse("accounts:edit", args=[organization.public_id])
    form = client.get(url).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | HEAD
    assert client.post(url, sent).status_code == 302
    organization.refresh_from_db()
    assert (organization.head_name, organization.head_email) == ("나기관", "head@gaon.example")
    client.logout()
    public = client.get(reverse("accounts:organization", args=[organization.public_id])).text
    assert "나기관" not in public
    assert "head@gaon.example" not in public


@pytest.mark.parametrize("kind", ["company", "broker", "government"])
def test_other_organizations_have_none(kind):
    organization = OrganizationFactory(**{kind: True})
    manager = MembershipFactory(organization=organization, manager=True).user
    saved = edit_organization(organization=organization, changes={**HEAD, "phone": "02-0"}, by=manager)
    assert (saved.head_name, saved.head_email) == ("", "")


def test_a_wrong_address_is_said(client):
    member = MembershipFactory(institute=True, manager=True)
    sign_in(client, member.user)
    url = reverse("accounts:edit", args=[member.organization.public_id])
    form = client.get(url).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | {"head_email": "nobody"}
    assert list(client.post(url, sent).context["form"].errors) == ["head_email"]
