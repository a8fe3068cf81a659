"""Two organizations become one: by two officers, completely or not at all."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.enums import LinkKind, MembershipState, MergeState, Role
from accounts.events import Fate
from accounts.middleware import current_organization
from accounts.models import BusinessProfile, Membership, MergeProposal, Organization
from accounts.relations import Link, family_of, related
from accounts.roles import Permission, has_permission, organizations_with, users_with_permission
from accounts.services import merge as service
from accounts.services.join import ask_to_join
from accounts.services.leave import change_role
from accounts.services.merge import (
    OWN_FIELDS,
    MergeBlocked,
    decline_merge,
    fields_naming_organizations,
    merge,
    propose_merge,
    summarise,
    survey,
    withdraw_merge,
)
from accounts.services.register import AlreadyRegistered, register_organization
from deals.models import TransferRequest
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from tests.factories.accounts import (
    InvitationFactory,
    MembershipFactory,
    MergeProposalFactory,
    OrganizationFactory,
    UserFactory,
)
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.matching import NeedFactory
from tests.threads import at_once

NOW = timezone.now()


def officer():
    return MembershipFactory(government=True, manager=True).user


def proposed(gone=None, into=None):
    return MergeProposalFactory(gone=gone or OrganizationFactory(), into=into or OrganizationFactory())


def carried_out(proposal, by=None):
    return merge(gone=proposal.gone, into=proposal.into, reason="Seen the register.", by=by or officer(), at=NOW)


def rows():
    models = (Organization, Membership, MergeProposal, BusinessProfile)
    return [list(model.objects.order_by("pk").values()) for model in models]


def at_commit():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def test_two_officers_make_one_of_two():
    gone, into = OrganizationFactory(), OrganizationFactory()
    proposal = propose_merge(gone=gone, into=into, reason=" Registered twice. ", by=officer(), at=NOW)
    second = officer()

    done = merge(gone=gone, into=into, reason="Yes.", by=second, at=NOW)
    at_commit()

    gone.refresh_from_db()
    assert (done.pk, done.state, done.decided_by) == (proposal.pk, MergeState.CARRIED_OUT, second)
    assert done.reason == "Registered twice."
    assert gone.merged_into == into
    assert family_of(gone) == family_of(into) == sorted([gone.pk, into.pk])
    assert related(gone, into) == [Link(LinkKind.SAME_FIRM, "")]
    assert list(Organization.objects.standing().filter(pk__in=[gone.pk, into.pk])) == [into]


def test_what_was_merged_before_follows_to_the_root():
    first = carried_out(proposed()).gone
    middle = Organization.objects.get(pk=first.merged_into_id)
    last = OrganizationFactory()

    carried_out(proposed(middle, last))
    at_commit()

    assert set(last.merged_from.all()) == {first, middle}
    assert family_of(first) == family_of(last) == sorted([first.pk, middle.pk, last.pk])


def test_every_field_that_names_an_organization_is_answered_for():
    answered = {part.field for part in survey(gone=OrganizationFactory(), into=OrganizationFactory())}

    assert set(fields_naming_organizations()) == answered | OWN_FIELDS


def test_a_field_that_nobody_answers_for_stops_the_merge(monkeypatch):
    request = TransferRequestFactory()
    proposal = proposed(request.requester)
    monkeypatch.setattr(
        service, "survey", lambda **kw: [p for p in survey(**kw) if p.field != "deals.TransferRequest.requester"]
    )
    second = officer()
    before = rows()

    with pytest.raises(MergeBlocked) as refusal:
        carried_out(proposal, second)

    assert refusal.value.reasons == ["deals.TransferRequest.requester"]
    assert rows() == before


def test_what_runs_has_to_be_ended_first():
    request = TransferRequestFactory()
    proposal = proposed(request.requester)

    summary = summarise(gone=proposal.gone, into=proposal.into)
    with pytest.raises(MergeBlocked, match="transfer requests without an answer"):
        carried_out(proposal)

    assert [(line.fate, line.count) for line in summary.lines if line.fate is Fate.STOPS] == [(Fate.STOPS, 1)]
    assert TransferRequest.objects.get().requester == request.requester
    assert not Organization.objects.filter(merged_into__isnull=False).exists()
    assert MergeProposal.objects.get().state == MergeState.PROPOSED


def test_an_open_need_goes_on_under_the_one_that_stands():
    need = NeedFactory()
    proposal = proposed(need.organization)

    carried_out(proposal)

    need.refresh_from_db()
    assert need.organization == proposal.into


def test_the_one_that_is_gone_acts_no_more():
    member = MembershipFactory(company=True, manager=True)
    MembershipFactory(organization=member.organization, requested=True)
    invitation = InvitationFactory(organization=member.organization, invited_by=member.user)
    proposal = proposed(member.organization)
    boss = MembershipFactory(organization=proposal.into, manager=True)

    carried_out(proposal)

    gone = Organization.objects.get(pk=member.organization_id)
    assert [p for p in Permission if has_permission(member.user, p, gone)] == [Permission.VIEW_ORGANIZATION]
    assert organizations_with(member.user, Permission.SEND_REQUESTS) == []
    assert not users_with_permission(gone, Permission.MANAGE_MEMBERS).exists()
    assert gone.memberships.get(user=boss.user).role == Role.VIEWER
    assert current_organization(boss.user, None) == proposal.into
    assert not gone.memberships.filter(state=MembershipState.REQUESTED).exists()
    invitation.refresh_from_db()
    assert invitation.state == "revoked"


WHO = {
    "who proposed it": (lambda p: p.proposed_by, NotAllowed),
    "a clerk of an office": (lambda p: MembershipFactory(government=True).user, NotAllowed),
    "a manager of one of the two": (lambda p: MembershipFactory(organization=p.into, manager=True).user, NotAllowed),
    "somebody else": (lambda p: MembershipFactory(company=True, manager=True).user, NotAllowed),
}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("what", [carried_out, lambda p, by: decline_merge(proposal=p, reason="No.", by=by, at=NOW)])
def test_who_may_not(who, what):
    proposal = proposed()
    find, refusal = WHO[who]
    by = find(proposal)
    before = rows()

    with pytest.raises(refusal):
        what(proposal, by)

    assert rows() == before


def test_an_officer_who_belongs_to_one_of_them_decides_nothing():
    proposal, by = proposed(), officer()
    MembershipFactory(user=by, organization=proposal.gone, role=Role.VIEWER)
    before = rows()

    with pytest.raises(NotAllowed):
        carried_out(proposal, by)
    with pytest.raises(NotAllowed):
        propose_merge(gone=proposal.gone, into=OrganizationFactory(), reason="x", by=by, at=NOW)

    assert rows()[2] == before[2]


@pytest.mark.parametrize(
    ("gone", "into"),
    [
        ({}, {"broker": True}),
        ({"government": True}, {"government": True}),
    ],
)
def test_only_the_same_kind_and_no_offices(gone, into):
    with pytest.raises(DomainError):
        propose_merge(
            gone=OrganizationFactory(**gone), into=OrganizationFactory(**into), reason="x", by=officer(), at=NOW
        )
    assert not MergeProposal.objects.exists()


def test_nothing_twice():
    proposal = proposed()
    with pytest.raises(NotPossibleNow):
        propose_merge(gone=proposal.gone, into=OrganizationFactory(), reason="x", by=officer(), at=NOW)
    with pytest.raises(DomainError):
        propose_merge(gone=proposal.into, into=proposal.into, reason="x", by=officer(), at=NOW)
    carried_out(proposal)
    with pytest.raises(NotPossibleNow):
        carried_out(proposal)
    with pytest.raises(NotPossibleNow):
        propose_merge(gone=OrganizationFactory(), into=proposal.gone, reason="x", by=officer(), at=NOW)


def test_declined_and_taken_back():
    declined, withdrawn = proposed(), proposed()

    decline_merge(proposal=declined, reason="Two plants.", by=officer(), at=NOW)
    with pytest.raises(NotAllowed):
        withdraw_merge(proposal=withdrawn, by=officer(), at=NOW)
    withdraw_merge(proposal=withdrawn, by=withdrawn.proposed_by, at=NOW)

    states = list(MergeProposal.objects.order_by("pk").values_list("state", flat=True))
    assert states == [MergeState.DECLINED, MergeState.WITHDRAWN]
    assert not Organization.objects.filter(merged_into__isnull=False).exists()


@pytest.mark.parametrize(
    "write",
    [
        lambda p: Organization.objects.filter(pk=p.gone_id).update(merged_into=p.into),  # nobody carried it out
        lambda p: MergeProposal.objects.filter(pk=p.pk).update(reason="another"),
        lambda p: MergeProposal.objects.filter(pk=p.pk).update(
            state="carried_out", decided_by=p.proposed_by, decided_at=NOW
        ),
        lambda p: MergeProposal.objects.filter(pk=p.pk).update(
            state="carried_out", decided_by=MembershipFactory().user, decided_at=NOW
        ),
        lambda p: OrganizationFactory(merged_into=p.into),
    ],
)
def test_the_database_says_so_too(write):
    proposal = proposed()

    @transaction.atomic
    def by_hand():
        write(proposal)
        at_commit()

    with pytest.raises(DatabaseError):
        by_hand()


@pytest.mark.parametrize("to", [None, "another"])
def test_a_merge_is_written_once(to):
    gone = carried_out(proposed()).gone
    another = OrganizationFactory() if to else None
    with pytest.raises(DatabaseError), transaction.atomic():
        Organization.objects.filter(pk=gone.pk).update(merged_into=another)


@pytest.mark.django_db(transaction=True)
def test_opposite_merges_at_once():
    """In both directions, fifty times: never a deadlock, never a loop, always exactly one."""
    first, second = officer(), officer()
    for _ in range(50):
        one, two = OrganizationFactory(), OrganizationFactory()
        MergeProposalFactory(gone=one, into=two, proposed_by=second)
        MergeProposalFactory(gone=two, into=one, proposed_by=first)

        outcomes = at_once(
            lambda one=one, two=two: merge(gone=one, into=two, reason="", by=first, at=NOW),
            lambda one=one, two=two: merge(gone=two, into=one, reason="", by=second, at=NOW),
        )

        assert {type(outcome).__name__ for outcome in outcomes} == {"MergeProposal", "NotPossibleNow"}
        assert Organization.objects.filter(pk__in=[one.pk, two.pk], merged_into__isnull=False).count() == 1


def test_lists_show_the_one_that_stands_and_joining_leads_there(client):
    proposal = proposed()
    carried_out(proposal)
    gone = Organization.objects.get(pk=proposal.gone_id)

    found = client.get("/api/v1/organizations/", {"q": gone.name}).json()["results"]
    page = client.get(f"/organizations/{gone.public_id}/").text

    assert gone.name not in [row["name"] for row in found]
    assert "was merged into" in page
    with pytest.raises(NotPossibleNow):
        ask_to_join(organization=gone, role=Role.STAFF, by=UserFactory())
    with pytest.raises(AlreadyRegistered) as refusal:
        register_organization(kind="company", name="또", business_number=gone.business_number, by=UserFactory(), at=NOW)
    assert refusal.value.organization == proposal.into


def test_who_becomes_a_manager_later_reads_the_history_too():
    proposal = proposed()
    boss = MembershipFactory(organization=proposal.into, manager=True).user
    later = MembershipFactory(organization=proposal.into)
    carried_out(proposal)
    assert not Membership.objects.filter(organization=proposal.gone, user=later.user).exists()

    change_role(membership=later, role=Role.MANAGER, by=boss)

    assert Membership.objects.get(organization=proposal.gone, user=later.user).role == Role.VIEWER
