"""What becomes of applications and drafts when two rows of one firm are merged: nothing is in the way for ever."""

import pytest

from accounts.relations import family_of
from accounts.services.merge import MergeBlocked, merge, summarise
from programmes.models import Application, ApplicationDocument
from programmes.services.applications.begin import AlreadyApplied, begin
from tests.factories.accounts import MembershipFactory, MergeProposalFactory
from tests.factories.programmes.applications import NOW, draft, firm, firm_of, open_call, submitted
from tests.factories.vouchers.money import DAY, agreement_row, application_row, call_row, issued
from vouchers.services.life.over import expire

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"


def merged(gone, into):
    if not gone.merges_from.filter(into=into).exists():
        MergeProposalFactory(gone=gone, into=into)
    by = MembershipFactory(government=True, manager=True).user
    merge(gone=gone, into=into, reason="One.", by=by, at=NOW)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def lines(gone, into):
    return {(line.what, str(line.fate)): line.count for line in summarise(gone=gone, into=into).lines}


def test_what_was_agreed_by_both_is_in_the_way_until_the_voucher_is_over():
    call = call_row()
    gone, into = (issued(agreement_row(application_row(call, firm=firm_of(firm())))) for _firm in range(2))
    with pytest.raises(MergeBlocked, match="applications under calls where the other one applies too"):
        merged(gone.holder, into.holder)
    assert expire(voucher_id=gone.pk, at=NOW + 500 * DAY)

    merged(gone.holder, into.holder)

    kept = gone.agreement.application
    assert (fresh(kept).organization, fresh(kept).state) == (gone.holder, "agreed")
    assert fresh(gone).holder == into.holder
    assert fresh(into.agreement.application).organization == into.holder
    assert set(family_of(into.holder)) == {gone.holder.pk, into.holder.pk}


def test_what_runs_does_not_go_beside_what_is_over():
    call = call_row()
    over = issued(agreement_row(application_row(call, firm=firm_of(firm()))))
    running = application_row(call, firm=firm_of(firm()))
    expire(voucher_id=over.pk, at=NOW + 500 * DAY)
    with pytest.raises(MergeBlocked):
        merged(running.organization, over.holder)
    assert fresh(running).organization == running.organization


@pytest.mark.parametrize("theirs", [draft, submitted])
def test_a_draft_beside_one_of_the_other_is_thrown_away(theirs):
    """Of a firm that nobody belongs to any more nobody could throw it away."""
    call = open_call()
    left, there = draft(call, firm()), theirs(call, firm())
    gone, into = left.organization, there.organization
    gone.memberships.update(state="ended")
    assert lines(gone, into)["drafts beside an application of the other one, thrown away", "kept"] == 1
    assert not any(fate == "stops" for _what, fate in lines(gone, into))

    merged(gone, into)

    found = fresh(left)
    assert (found.organization, found.state, found.plan, found.transfer) == (gone, "discarded", {}, None)
    assert not ApplicationDocument.objects.filter(application=left).exists()
    assert fresh(there).state == there.state
    assert Application.objects.filter(call=call, organization=into).count() == 1


def test_a_draft_beside_nothing_goes_on_and_one_of_the_survivor_is_thrown_away_by_itself_first():
    left, other = draft(open_call(), firm()), firm()
    merged(left.organization, firm_of(other))
    assert (fresh(left).organization, fresh(left).state) == (firm_of(other), "draft")

    call = open_call()
    running, writing = submitted(call, firm()), draft(call, firm())
    with pytest.raises(MergeBlocked):
        merged(running.organization, writing.organization)
    assert fresh(writing).state == "draft"
    with pytest.raises(AlreadyApplied):
        begin(call=call, organization=running.organization, by=running.begun_by, at=NOW)
