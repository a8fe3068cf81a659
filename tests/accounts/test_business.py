"""Business details: who sees and edits them, what is refused, and who is told of another account."""

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import BusinessProfile
from accounts.services.profile import edit_profile
from marketplace.core.errors import DomainError, NotAllowed
from notifications.models import Notification
from tests.factories.accounts import (
    PASSWORD,
    BusinessProfileFactory,
    MembershipFactory,
    MergeProposalFactory,
    OrganizationFactory,
    OwnerFactory,
    UserFactory,
    sign_in,
)

NOW = timezone.now()
DETAILS = {
    "representatives": "김하나\n박둘",
    "address": "대전 유성구 1",
    "fiscal_month": "12",
    "industry_code": "c28202",
}
EMPTY = {f"{rows}-{name}": "0" for rows in ("owners", "years") for name in ("TOTAL_FORMS", "INITIAL_FORMS")}


def manager_of_firm():
    return MembershipFactory(company=True, manager=True)


def test_a_manager_fills_it_in(client):
    manager = manager_of_firm()
    sign_in(client, manager.user)
    rows = {
        "owners-TOTAL_FORMS": "2", "owners-0-name": "김하나", "owners-0-share": "60.5",
        "years-TOTAL_FORMS": "1", "years-0-ends_on": "2025-12-31", "years-0-sales_won": "100",
        "years-0-assets_won": "200", "years-0-employees": "3",
    }  # fmt: skip

    asked = client.post(
        f"/organizations/{manager.organization.public_id}/business/edit/",
        DETAILS | EMPTY | rows | {"bank_code": "004", "bank_account": "110-22"},
    )

    saved = client.post(asked.url, {"password": PASSWORD})
    assert saved.url == f"/organizations/{manager.organization.public_id}/business/"
    profile = manager.organization.business_profile
    assert (profile.representatives, profile.bank_account, profile.is_known) == (["김하나", "박둘"], "11022", True)
    assert profile.industry_code == "C28202"
    assert [(owner.name, owner.share_bp) for owner in profile.owners.all()] == [("김하나", 6050)]
    assert [(year.sales_won, year.employees) for year in profile.years.all()] == [(100, 3)]
    assert Notification.objects.filter(kind="account_changed", recipient=manager.user).count() == 1
    assert client.get(saved.url).status_code == 200


def test_without_a_fresh_sign_in_the_password_is_asked_again(client):
    manager = manager_of_firm()
    client.force_login(manager.user, backend="allauth.account.auth_backends.AuthenticationBackend")

    asked = client.post(f"/organizations/{manager.organization.public_id}/business/edit/", DETAILS | EMPTY)

    assert "reauthenticate" in asked.url
    assert not BusinessProfile.objects.exists()


@pytest.mark.parametrize(
    ("who", "status", "account"),
    [("manager", 200, "whole"), ("viewer", 200, "masked"), ("officer", 200, "whole"), ("stranger", 404, "")],
)
def test_who_sees_it(client, who, status, account):
    profile = BusinessProfileFactory(bank_account="1234567890")
    people = {
        "manager": lambda: MembershipFactory(organization=profile.organization, manager=True).user,
        "viewer": lambda: MembershipFactory(organization=profile.organization, role=Role.VIEWER).user,
        "officer": lambda: MembershipFactory(government=True, user=UserFactory(second_factor=True)).user,
        "stranger": lambda: manager_of_firm().user,
    }
    sign_in(client, people[who]())

    page = client.get(f"/organizations/{profile.organization.public_id}/business/")

    assert page.status_code == status
    assert ("1234567890" in page.text) is (account == "whole")
    assert ("••••••890" in page.text) is (account == "masked")


def state():
    return list(BusinessProfile.objects.values("address", "bank_account", "owners__share_bp", "years__ends_on"))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"changes": {"bank_account": "123"}}, "bank_code"),
        ({"changes": {"bank_account": "12a", "bank_code": "004"}}, "bank_account"),
        ({"changes": {"founded_on": NOW.date().replace(year=2999)}}, "founded_on"),
        ({"owners": [{"name": "김", "share_bp": 6000}, {"name": "이", "share_bp": 4001}]}, "owners"),
        ({"owners": [{"share_bp": 1}]}, "owners"),
        ({"owners": [{"name": "김", "business_number": "1208147522", "share_bp": 1}]}, "owners"),
    ],
)
def test_what_is_refused_changes_nothing(given, field):
    manager = manager_of_firm()
    OwnerFactory(profile__organization=manager.organization, profile__bank_code="", profile__bank_account="")
    before = state()

    with pytest.raises(DomainError) as refusal:
        edit_profile(organization=manager.organization, **{"changes": {}} | given, by=manager.user, at=NOW)

    assert refusal.value.field == field
    assert state() == before


@pytest.mark.parametrize("code", ["", "C", "28202", "C28202", "c28202"])
def test_an_industry_is_a_code_with_or_without_its_section(code):
    manager = manager_of_firm()
    edit_profile(organization=manager.organization, changes={"industry_code": code}, by=manager.user, at=timezone.now())
    assert BusinessProfile.objects.get().industry_code == code.upper()


def test_staff_may_not_edit():
    staff = MembershipFactory(company=True)
    with pytest.raises(NotAllowed):
        edit_profile(organization=staff.organization, changes={}, by=staff.user, at=NOW)
    assert not BusinessProfile.objects.exists()


def test_officers_propose_and_carry_out_on_pages(client):
    gone, into = OrganizationFactory(), OrganizationFactory()
    one, two = (
        MembershipFactory(government=True, manager=True, user=UserFactory(second_factor=True)).user for _ in range(2)
    )
    sign_in(client, one)
    numbers = {"gone": gone.business_number, "into": into.business_number}
    made = client.post("/officer/merges/new/", numbers | {"reason": "Registered twice."})
    page = client.get(made.url)
    client.post(f"{made.url}carry-out/", {"reason": "Mine."}, follow=True)
    gone.refresh_from_db()
    assert "What would happen" in page.text
    assert gone.merged_into is None

    sign_in(client, two)
    done = client.post(f"{made.url}carry-out/", {"reason": "Seen."}, follow=True)

    gone.refresh_from_db()
    assert done.status_code == 200
    assert gone.merged_into == into
    assert client.get("/officer/merges/").status_code == 200


def test_declining_and_taking_back_on_pages(client):
    proposal = MergeProposalFactory()
    officer = MembershipFactory(government=True, manager=True, user=UserFactory(second_factor=True)).user
    sign_in(client, officer)
    address = f"/officer/merges/{proposal.public_id}/"

    assert client.post(f"{address}withdraw/").status_code == 403
    client.post(f"{address}decline/", {"reason": ""})
    proposal.refresh_from_db()
    assert proposal.state == "proposed"
    client.post(f"{address}decline/", {"reason": "Two plants."})

    proposal.refresh_from_db()
    assert proposal.state == "declined"


def test_a_program_reads_and_changes_all_but_the_account(client):
    manager = manager_of_firm()
    sign_in(client, manager.user)
    address = f"/api/v1/organizations/{manager.organization.public_id}/business/"
    assert client.get(address).status_code == 404

    body = {"representatives": ["김하나"], "address": "대전 1", "owners": [{"name": "김하나", "share_bp": 5100}]}
    saved = client.patch(address, body, content_type="application/json")
    refused = client.patch(address, {"bank_account": "123"}, content_type="application/json")

    assert saved.status_code == 200
    assert client.get(address).json()["owners"] == [{"name": "김하나", "business_number": "", "share_bp": 5100}]
    assert refused.status_code == 400
    sign_in(client, MembershipFactory(organization=manager.organization).user)
    assert client.patch(address, body, content_type="application/json").status_code == 403
    sign_in(client, manager_of_firm().user)
    assert client.get(address).status_code == 404


def test_a_program_reads_merges(client):
    MergeProposalFactory()
    sign_in(client, MembershipFactory(government=True, user=UserFactory(second_factor=True)).user)
    assert [row["state"] for row in client.get("/api/v1/merges/").json()["results"]] == ["proposed"]
    sign_in(client, manager_of_firm().user)
    assert client.get("/api/v1/merges/").json()["results"] == []
