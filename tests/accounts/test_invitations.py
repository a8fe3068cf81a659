"""Invitations by e-mail and every way to misuse one (lessons F27, F28)."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.enums import InvitationState, Role
from accounts.models import Invitation, Membership
from accounts.services.invite import (
    MOST_PER_DAY,
    InvitationOver,
    TooManyInvitations,
    WrongAccount,
    accept_invitation,
    find_invitation,
    invite,
)
from accounts.services.members import AlreadyOpen
from tests.factories.accounts import (
    InvitationFactory,
    MembershipFactory,
    UserFactory,
    invitation_token,
    sign_in,
)


def link(serial):
    return reverse("accounts:invitation", args=[invitation_token(serial)])


def link_in(message):
    return re.search(r"https?://[^/\s]+(/invitations/\S+)", message.body).group(1)


@pytest.fixture
def manager():
    return MembershipFactory(institute=True, manager=True)


def test_from_invitation_to_membership(client, manager, django_capture_on_commit_callbacks):
    sign_in(client, manager.user)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("accounts:invite", args=[manager.organization.public_id]),
            {"email": "Guest@Example.org", "role": "staff"},
        )
    message = mail.outbox[0]
    assert message.to == ["guest@example.org"]
    client.logout()

    page = client.get(link_in(message))
    assert page.status_code == 200
    assert reverse("account_signup") in page.text
    guest = UserFactory(email="guest@example.org")
    sign_in(client, guest)
    assert client.get(link_in(message)).status_code == 200
    assert guest.memberships.exists() is False, "looking accepts nothing"
    response = client.post(link_in(message))
    assert response.url == reverse("accounts:organization", args=[manager.organization.public_id])
    membership = guest.memberships.get()
    assert (membership.state, membership.role, membership.decided_by) == ("active", "staff", manager.user)


def test_the_mail_waits_for_the_commit(manager, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        invite(
            organization=manager.organization, email="a@example.org", role="staff", by=manager.user, at=timezone.now()
        )
    assert mail.outbox == []
    assert len(callbacks) == 1


def test_a_broken_mail_server_breaks_no_page(client, manager, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_BACKEND = "tests.accounts.test_invitations.Broken"
    sign_in(client, manager.user)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(
            reverse("accounts:invite", args=[manager.organization.public_id]),
            {"email": "guest@example.org", "role": "staff"},
        )
    assert response.status_code == 302
    assert Invitation.objects.get().state == InvitationState.PENDING


class Broken:
    def __init__(self, *args, **kwargs):
        raise OSError("no mail server")


def test_the_token_is_nowhere_in_the_database(manager, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        sent = invite(
            organization=manager.organization, email="a@example.org", role="staff", by=manager.user, at=timezone.now()
        )
    token = link_in(mail.outbox[0]).split("/")[2]
    stored = " ".join(str(value) for value in Invitation.objects.values_list()[0])
    assert token not in stored
    assert find_invitation(token) == sent


@pytest.mark.parametrize("token", ["", "x", "None", "null", "0" * 64])
def test_empty_and_made_up_tokens_find_nothing(client, token):
    invitation = InvitationFactory()
    assert find_invitation(token) is None
    if token:
        assert client.get(f"/invitations/{token}/").status_code == 404
    assert client.get(f"/invitations/{invitation.token_digest}/").status_code == 404, "the digest is no token"


def test_the_wrong_account_is_told_so_and_gets_nothing(client):
    invitation = InvitationFactory(serial=1, email="guest@example.org")
    thief = UserFactory(email="thief@example.org")
    sign_in(client, thief)
    page = client.get(link(1))
    assert page.status_code == 200
    assert "This invitation is for another account" in page.text
    assert "Accept the invitation" not in page.text
    assert client.post(link(1)).status_code == 403
    assert thief.memberships.exists() is False
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.PENDING


def test_an_unconfirmed_address_does_not_count(client):
    """Who signs up with somebody else's address, or adds it to an account, has not shown that it is theirs."""
    invitation = InvitationFactory(serial=1, email="guest@example.org")
    claimed = UserFactory(email="guest@example.org", confirmed=False)
    EmailAddress.objects.create(user=claimed, email="guest@example.org", verified=False, primary=True)
    other = UserFactory(email="thief@example.org")
    EmailAddress.objects.create(user=other, email="guest@example.org", verified=False)
    for user in (claimed, other):
        with pytest.raises(WrongAccount):
            accept_invitation(invitation=invitation, by=user, at=timezone.now())
        assert user.memberships.exists() is False


def test_without_an_account_the_button_leads_to_the_login(client):
    InvitationFactory(serial=1)
    response = client.post(link(1))
    assert response.url == f"{reverse('account_login')}?next={link(1)}"
    assert Invitation.objects.get().state == InvitationState.PENDING


def test_it_works_once(client):
    invitation = InvitationFactory(serial=1, email="guest@example.org")
    guest = UserFactory(email="guest@example.org")
    membership = accept_invitation(invitation=invitation, by=guest, at=timezone.now())
    membership.state = "ended"
    membership.save()
    with pytest.raises(InvitationOver):
        accept_invitation(invitation=invitation, by=guest, at=timezone.now())
    sign_in(client, guest)
    page = client.post(link(1))
    assert page.status_code == 410
    assert "no longer works" in page.text
    assert guest.active_organizations().exists() is False


@pytest.mark.parametrize(("age", "works"), [(timedelta(days=7, seconds=-1), True), (timedelta(days=7), False)])
def test_it_lasts_seven_days(manager, age, works):
    at = timezone.now()
    sent = invite(organization=manager.organization, email="guest@example.org", role="staff", by=manager.user, at=at)
    guest = UserFactory(email="guest@example.org")
    if works:
        assert accept_invitation(invitation=sent, by=guest, at=at + age).user == guest
    else:
        with pytest.raises(InvitationOver):
            accept_invitation(invitation=sent, by=guest, at=at + age)
        assert guest.memberships.exists() is False


def test_taken_back_it_no_longer_works(client, manager):
    invitation = InvitationFactory(
        serial=1, organization=manager.organization, invited_by=manager.user, email="guest@example.org"
    )
    sign_in(client, manager.user)
    client.post(reverse("accounts:invitation_revoke", args=[invitation.public_id]))
    guest = UserFactory(email="guest@example.org")
    sign_in(client, guest)
    assert client.post(link(1)).status_code == 410
    assert guest.memberships.exists() is False


def test_a_second_invitation_replaces_the_first(manager):
    guest = UserFactory(email="guest@example.org")
    given = {"organization": manager.organization, "email": guest.email, "by": manager.user, "at": timezone.now()}
    first = invite(**given, role=Role.MANAGER)
    second = invite(**given, role=Role.VIEWER)
    with pytest.raises(InvitationOver):
        accept_invitation(invitation=first, by=guest, at=timezone.now())
    assert accept_invitation(invitation=second, by=guest, at=timezone.now()).role == Role.VIEWER


def test_a_waiting_request_becomes_the_membership():
    request = MembershipFactory(requested=True, role=Role.MANAGER)
    invitation = InvitationFactory(organization=request.organization, email=request.user.email, role=Role.VIEWER)
    membership = accept_invitation(invitation=invitation, by=request.user, at=timezone.now())
    assert (membership.pk, membership.state, membership.role) == (request.pk, "active", Role.VIEWER)


def test_a_member_keeps_the_role(manager):
    invitation = InvitationFactory(
        organization=manager.organization, invited_by=manager.user, email=manager.user.email, role=Role.VIEWER
    )
    accept_invitation(invitation=invitation, by=manager.user, at=timezone.now())
    assert list(Membership.objects.values_list("role", flat=True)) == [Role.MANAGER]


def test_members_are_not_invited(client, manager):
    member = MembershipFactory(organization=manager.organization)
    with pytest.raises(AlreadyOpen):
        invite(
            organization=manager.organization,
            email=member.user.email.upper(),
            role="staff",
            by=manager.user,
            at=timezone.now(),
        )
    sign_in(client, manager.user)
    page = client.post(
        reverse("accounts:invite", args=[manager.organization.public_id]),
        {"email": member.user.email, "role": "staff"},
    )
    assert "is a member already" in page.text
    assert Invitation.objects.exists() is False


def test_no_organization_floods_mailboxes(manager):
    InvitationFactory.create_batch(MOST_PER_DAY, organization=manager.organization, invited_by=manager.user)
    with pytest.raises(TooManyInvitations):
        invite(
            organization=manager.organization, email="x@example.org", role="staff", by=manager.user, at=timezone.now()
        )


def test_who_accepts_for_an_office_needs_a_second_factor_next(client):
    boss = MembershipFactory(government=True, manager=True)
    InvitationFactory(serial=1, organization=boss.organization, invited_by=boss.user, email="guest@example.org")
    sign_in(client, UserFactory(email="guest@example.org"))
    response = client.post(link(1))
    assert client.get(response.url).url == reverse("mfa_index")


@pytest.mark.parametrize(("language", "word"), [("ko", "ko"), ("en", "en")])
def test_the_mail_speaks_the_receivers_language(manager, language, word, monkeypatch):
    from accounts import mails

    spoken = []
    monkeypatch.setattr(mails, "send_invitation", lambda invitation, *, token, language: spoken.append(language))
    UserFactory(email="guest@example.org", language=language)
    invite(
        organization=manager.organization, email="guest@example.org", role="staff", by=manager.user, at=timezone.now()
    )
    assert spoken == [word]
