"""Who may do what to an organization and its members, as one table; and that a refusal changes nothing."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from accounts.enums import InstituteKind, OrganizationKind, Role
from accounts.models import Invitation, Membership, Organization
from accounts.roles import Permission, has_permission, permissions_of, users_with_permission
from tests.factories.accounts import (
    InvitationFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
    sign_in,
)


class Scene:
    """An institute with a manager, two members, a request and an invitation, and the people around it."""

    def __init__(self):
        self.organization = OrganizationFactory(institute=True)
        self.manager = MembershipFactory(organization=self.organization, manager=True).user
        self.target = MembershipFactory(organization=self.organization, role=Role.VIEWER)
        self.request = MembershipFactory(organization=self.organization, requested=True)
        self.invitation = InvitationFactory(organization=self.organization, invited_by=self.manager)
        self.people = {
            "anonymous": None,
            "stranger": UserFactory(),
            "manager elsewhere": MembershipFactory(company=True, manager=True).user,
            "asker": self.request.user,
            "ended": MembershipFactory(organization=self.organization, manager=True, state="ended").user,
            "viewer": MembershipFactory(organization=self.organization, role=Role.VIEWER).user,
            "staff": MembershipFactory(organization=self.organization, role=Role.STAFF).user,
            "manager": self.manager,
        }

    def rows(self):
        return [list(model.objects.order_by("pk").values()) for model in (Organization, Membership, Invitation)]

    def do(self, client, action):
        one = self.organization.public_id
        forms = {
            "edit": ("edit", one, {"institute_kind": InstituteKind.OTHER, "name": "새 이름", "answer_days": 10}),
            "invite": ("invite", one, {"email": "new@example.org", "role": "staff"}),
            "grant": ("grant", self.request.public_id, {"role": "staff"}),
            "decline": ("decline", self.request.public_id, {}),
            "withdraw": ("withdraw", self.request.public_id, {}),
            "end": ("end", self.target.public_id, {}),
            "role": ("role", self.target.public_id, {"role": "staff"}),
            "revoke": ("invitation_revoke", self.invitation.public_id, {}),
        }
        name, argument, data = forms[action]
        return client.post(reverse(f"accounts:{name}", args=[argument]), data)


WHO = ["anonymous", "stranger", "manager elsewhere", "asker", "ended", "viewer", "staff", "manager"]
IN = "in"  # to the login page
TABLE = {
    #            anonymous, stranger, elsewhere, asker, ended, viewer, staff, manager
    "edit": [IN, 403, 403, 403, 403, 403, 403, 302],
    "invite": [IN, 403, 403, 403, 403, 403, 403, 302],
    "grant": [IN, 404, 404, 403, 404, 404, 404, 302],
    "decline": [IN, 404, 404, 403, 404, 404, 404, 302],
    "withdraw": [IN, 404, 404, 302, 404, 404, 404, 403],
    "end": [IN, 404, 404, 404, 404, 403, 403, 302],
    "role": [IN, 404, 404, 404, 404, 403, 403, 302],
    "revoke": [IN, 404, 404, 404, 404, 404, 404, 302],
}


@pytest.mark.parametrize(
    ("action", "who", "expected"),
    [(action, who, status) for action, row in TABLE.items() for who, status in zip(WHO, row, strict=True)],
)
def test_access(client, action, who, expected):
    scene = Scene()
    if scene.people[who]:
        sign_in(client, scene.people[who])
    before = scene.rows()
    response = scene.do(client, action)
    if expected == IN:
        assert response.url.startswith(reverse("account_login"))
    else:
        assert response.status_code == expected
    assert (scene.rows() != before) is (expected == 302)


@pytest.mark.parametrize("action", TABLE)
def test_looking_changes_nothing(client, action):
    scene = Scene()
    sign_in(client, scene.manager)
    before = scene.rows()
    name = {"revoke": "invitation_revoke"}.get(action, action)
    target = {"edit": scene.organization, "invite": scene.organization, "revoke": scene.invitation}.get(
        action, scene.target
    )
    response = client.get(reverse(f"accounts:{name}", args=[target.public_id]))
    assert response.status_code == (200 if action == "edit" else 302)
    assert scene.rows() == before


@pytest.mark.parametrize(
    ("who", "members", "emails", "requests", "number"),
    [
        ("anonymous", False, False, False, False),
        ("stranger", False, False, False, False),
        ("manager elsewhere", False, False, False, False),
        ("asker", False, False, False, False),
        ("ended", False, False, False, False),
        ("viewer", True, False, False, True),
        ("staff", True, False, False, True),
        ("manager", True, True, True, True),
    ],
)
def test_what_the_organization_page_shows(client, who, members, emails, requests, number):
    scene = Scene()
    if scene.people[who]:
        sign_in(client, scene.people[who])
    page = client.get(reverse("accounts:organization", args=[scene.organization.public_id]))
    main = page.text.split('<main id="main"')[1]
    assert page.status_code == 200
    assert scene.organization.name in main
    assert (scene.target.user.name in main) is members
    assert (scene.target.user.email in main) is emails
    assert (scene.request.user.email in main) is requests
    assert (scene.invitation.email in main) is requests
    assert (scene.organization.business_number_text in main) is number


@pytest.mark.parametrize("kind", OrganizationKind.values)
@pytest.mark.parametrize("role", Role.values)
def test_roles_are_asked_of_the_organization_one_belongs_to(kind, role):
    member = MembershipFactory(role=role, **{f"organization__{kind}": True})
    elsewhere = OrganizationFactory(institute=True)
    for permission in Permission:
        allowed = permission in permissions_of(kind, role)
        assert has_permission(member.user, permission, member.organization) is allowed
        assert users_with_permission(member.organization, permission).filter(pk=member.user.pk).exists() is allowed
        assert has_permission(member.user, permission, elsewhere) is False
        assert has_permission(AnonymousUser(), permission, member.organization) is False
        assert has_permission(member.user, permission, None) is False


def test_the_table_of_roles():
    """Written out once more by hand: a change of rights must be meant."""
    run = {"view_organization", "edit_organization", "manage_members", "manage_keys"}
    hold = {"edit_listings", "publish_listings", "import_listings", "answer_requests", "answer_needs"}
    hold |= {"view_results", "edit_results", "import_projects", "ask_exemptions"}
    govern = {"edit_synonyms", "verify_obligations", "decide_exemptions", "see_compliance", "import_projects"}
    govern |= {"review_listings", "govern_fees", "govern_brokers"}
    mediate = {"send_requests", "post_needs", "answer_needs", "quote_fees", "edit_register_entry", "report_to_office"}
    hold |= {"rate_brokers", "negotiate", "keep_royalties"}
    ask = {"send_requests", "post_needs", "rate_brokers", "negotiate", "report_sales", "keep_royalties"}
    mediate |= {"negotiate"}
    govern |= {"govern_royalties"}
    ask |= {"apply_programmes", "use_vouchers"}
    mediate |= {"provide_services"}
    govern |= {
        "run_calls",
        "review_applications",
        "decide_selections",
        "check_claims",
        "pay_claims",
        "recover_money",
        "run_vouchers",
        "oversee_keys",
    }
    govern |= {"see_figures", "govern_figures"}
    hold |= {"answer_survey"}
    govern |= {"govern_survey"}
    bind = {"accept_fees", "give_mandates", "agree_terms", "share_royalties"}
    expected = {
        ("institute", "manager"): run | hold | bind,
        ("institute", "staff"): {"view_organization"} | hold,
        ("company", "manager"): run | ask | bind | {"accept_nda", "sign_agreements"},
        ("company", "staff"): {"view_organization"} | ask,
        ("broker", "manager"): run
        | mediate
        | {"accept_nda", "apply_registration", "name_staff", "take_mandates", "sign_agreements"},
        ("broker", "staff"): {"view_organization"} | mediate,
        ("government", "manager"): run | govern | {"register_offices", "merge_organizations"},
        ("government", "staff"): {"view_organization"} | govern,
    }
    for kind in OrganizationKind.values:
        expected[(kind, "viewer")] = {"view_organization"}
        for role in Role.values:
            assert set(permissions_of(kind, role)) == expected[(kind, role)]


@pytest.mark.parametrize("state", ["requested", "declined", "ended"])
def test_only_active_memberships_give_rights(state):
    member = MembershipFactory(manager=True, state=state)
    assert not has_permission(member.user, Permission.VIEW_ORGANIZATION, member.organization)
    assert not users_with_permission(member.organization, Permission.VIEW_ORGANIZATION).exists()


def test_a_closed_account_has_no_rights():
    member = MembershipFactory(manager=True, user__is_active=False)
    assert not has_permission(member.user, Permission.VIEW_ORGANIZATION, member.organization)
    assert not users_with_permission(member.organization, Permission.VIEW_ORGANIZATION).exists()


def test_the_page_of_roles_is_open_to_all_and_shows_every_permission(client):
    page = client.get(reverse("accounts:roles"))
    assert page.status_code == 200
    for permission in Permission:
        assert str(permission.label).replace("'", "&#x27;") in page.text
