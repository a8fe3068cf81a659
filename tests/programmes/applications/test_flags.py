"""Applicants that may be one and the same are flagged with what says so, and a person looks into each (F18, F67)."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import LinkKind
from accounts.models import BusinessProfile, Owner
from accounts.services.merge import MergeBlocked, merge
from marketplace.core.errors import NotPossibleNow
from programmes.models import Application, ApplicationFlag
from programmes.queries.facts import firm_on
from programmes.scheme import Caps
from programmes.services.applications.begin import AlreadyApplied, begin
from programmes.services.applications.flags import flag_call
from programmes.services.applications.submit import submit
from programmes.services.review.propose import propose
from tests.factories.accounts import MembershipFactory, MergeProposalFactory, OrganizationFactory, sign_in
from tests.factories.programmes import review
from tests.factories.programmes.applications import DAY, NOW, draft, firm, firm_of, known, open_call, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"


def flags(application):
    return [(each.kind, each.other_id, each.evidence) for each in application.flags.order_by("kind", "pk")]


def test_a_shared_representative_address_and_account_are_flagged_at_submission():
    call = open_call()
    said = {"representatives": ["Hana Kim"], "address": "Daejeon 1", "bank_code": "004", "bank_account": "12345678"}
    first = submitted(call, firm(**said))
    second = submitted(call, firm(**said))
    assert not first.flags.exists()
    found = flags(second)
    assert {kind for kind, _other, _evidence in found} == {"representative", "address", "bank_account"}
    assert {other for _kind, other, _evidence in found} == {first.pk}
    assert "12345678" not in str(found)
    assert "Hana Kim" in str(found)


def test_who_shares_nothing_or_applies_elsewhere_is_not_flagged():
    said = {"representatives": ["Hana Kim"], "address": "Daejeon 1"}
    submitted(open_call(), firm(**said))
    call = open_call()
    submitted(call, firm(representatives=["Somebody"], address="Elsewhere 2"))
    assert not submitted(call, firm(**said)).flags.exists()


def test_an_owner_in_common_and_one_that_owns_the_other():
    call = open_call()
    one, two, three = firm(), firm(), firm()
    for person in (one, two):
        Owner.objects.create(profile=firm_of(person).business_profile, name="Mina Lee", share_bp=9_000)
    number = firm_of(one).business_number
    Owner.objects.create(profile=firm_of(three).business_profile, business_number=number, share_bp=5_000)
    first = submitted(call, one)
    assert flags(submitted(call, two))[0][:2] == ("owner", first.pk)
    assert flags(submitted(call, three))[0][:2] == ("owns", first.pk)


def test_selection_looks_again_and_what_an_officer_cleared_stays_cleared():
    call = open_call()
    person = firm(representatives=["Hana Kim"])
    first, second = submitted(call, person), submitted(call, firm())
    assert flag_call(call=call, at=NOW) == 0
    firm_of(second.begun_by).business_profile.__class__.objects.filter(organization=second.organization).update(
        representatives=["Hana Kim"]
    )
    assert flag_call(call=call, at=NOW) == 1
    flag = ApplicationFlag.objects.get()
    assert (flag.application_id, flag.other_id, flag.kind) == (second.pk, first.pk, LinkKind.REPRESENTATIVE)
    flag.cleared_by, flag.cleared_at, flag.cleared_text = person, NOW, "Two people of one name."
    flag.save()
    assert flag_call(call=call, at=NOW) == 0
    flag.refresh_from_db()
    assert flag.cleared_text == "Two people of one name."


def test_whoever_was_submitted_first_is_the_other_of_all_who_follow_however_often_it_is_asked():
    call = open_call()
    one, two = draft(call, firm(representatives=["Hana Kim"])), draft(call, firm(representatives=["Hana Kim"]))
    for made, at in ((two, NOW), (one, NOW + DAY)):
        submit(application=made, revision=made.revision, declared=True, by=made.begun_by, at=at)
    assert flag_call(call=call, at=NOW + DAY) == 0
    flag = ApplicationFlag.objects.get()
    assert (flag.application_id, flag.other_id) == (one.pk, two.pk)


def test_a_proposal_looks_again_and_what_it_finds_waits_for_a_person():
    scheme = review.scheme(caps=Caps(50_000_000, 60_000_000), criteria=(), stages=review.scheme().stages[2:])
    call = review.call_row(budget_won=500_000_000, content=scheme)
    one, two = review.eligible(call), review.eligible(call)
    for each in (one, two):
        BusinessProfile.objects.filter(organization=each.organization).update(representatives=["Hana Kim"])
    with pytest.raises(NotPossibleNow):
        propose(call=call, why="By their time", by=review.officer(call), at=review.NOW)
    flag = ApplicationFlag.objects.get()
    assert (flag.application_id, flag.other_id, flag.kind) == (two.pk, one.pk, LinkKind.REPRESENTATIVE)
    assert flag.evidence == "Hana Kim"
    assert not call.selections.exists()


def test_an_officer_reads_that_nobody_knows_who_stands_behind_an_applicant(client):
    there = submitted()
    BusinessProfile.objects.filter(organization=there.organization).update(representatives=[])
    flag_call(call=there.call, at=NOW)
    sign_in(client, there.call.office.memberships.order_by("pk").first().user)
    page = client.get(reverse("programmes:review_application", args=[there.public_id]))
    assert page.status_code == 200
    assert "Nothing is known about who stands behind it" in page.content.decode()


def test_who_says_nothing_any_more_is_unknown_at_selection():
    there = submitted()
    profile = there.organization.business_profile
    profile.representatives = []
    profile.save()
    assert flag_call(call=there.call, at=NOW) == 1
    assert flag_call(call=there.call, at=NOW) == 0
    assert flags(there)[0][:2] == ("unknown", None)


def rows_of(call, many):
    """Applications as rows, all at one address."""
    made = []
    for _place in range(many):
        organization = OrganizationFactory()
        known(organization, address="One house for all")
        person = MembershipFactory(organization=organization).user
        made.append(
            Application(
                call=call, version=call.current, organization=organization, state="submitted", digest="0" * 64,
                number=f"PA2026{organization.pk % 1_000_000:06d}", begun_by=person, begun_at=NOW, submitted_by=person,
                submitted_at=NOW,
            )
        )  # fmt: skip
    Application.objects.bulk_create(made)


def test_the_number_of_questions_does_not_grow_with_the_applicants():
    asked = []
    for many in (3, 30):
        call = open_call()
        rows_of(call, many)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert flag_call(call=call, at=NOW) == many - 1
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert asked[0] <= 16


def merged(gone, into):
    proposal = MergeProposalFactory(gone=gone, into=into)
    officer = MembershipFactory(government=True, manager=True).user
    merge(gone=gone, into=into, reason="One.", by=officer, at=NOW)
    return proposal


def test_two_firms_with_an_application_each_are_not_merged():
    call = open_call()
    first, second = submitted(call, firm()), submitted(call, firm())
    with pytest.raises(MergeBlocked):
        merged(second.organization, first.organization)
    assert Application.objects.filter(call=call).count() == 2


def test_an_application_goes_on_under_the_survivor_which_does_not_apply_again():
    call = open_call()
    there, other = submitted(call, firm()), firm()
    merged(there.organization, firm_of(other))
    moved = Application.objects.get(pk=there.pk)
    assert moved.organization == firm_of(other)
    assert moved.digest == there.digest
    with pytest.raises(AlreadyApplied):
        begin(call=call, organization=firm_of(other), by=other, at=NOW)
    found = firm_on(firm_of(other), datetime.date(2026, 11, 21))
    assert found.facts.transfers == 2
    assert found.facts.awards == 0
