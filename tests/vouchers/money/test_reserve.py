"""A published call has its money, and who is selected under it has some reserved, within the caps."""

from datetime import timedelta

import pytest

from programmes import events
from programmes.enums.applications import ApplicationState
from programmes.models import ApplicationFlag, Call
from programmes.scheme import Caps
from tests.factories.accounts import BusinessProfileFactory, OrganizationFactory, OwnerFactory
from tests.factories.vouchers.life import agree, select
from tests.factories.vouchers.money import (
    MILLION,
    NOW,
    agreement_row,
    application_row,
    call_row,
    issued,
    line_of,
    officer,
    scheme,
    waiting,
)
from vouchers.enums.money import Verb
from vouchers.models import BudgetLine, LedgerEntry, Voucher
from vouchers.services.life import over
from vouchers.services.life.budget import BudgetPromised, follow_call
from vouchers.services.life.caps import CapReached, FirmUnknown, OneAlready
from vouchers.services.life.reserve import NoBudget, release, reserve
from vouchers.services.life.sweep import sweep
from vouchers.services.money.post import NotEnough


def publish(call):
    events.call_published.send(Call, call=call, version=call.current, by=None, at=NOW)


def test_a_published_call_has_its_money_once():
    call = call_row(budget_won=500)
    publish(call)
    publish(call)
    line = BudgetLine.objects.get(call=call)
    assert (line.available_won, line.entries.count()) == (500, 1)
    call.budget_won = 700
    call.save()
    publish(call)
    line.refresh_from_db()
    assert (line.available_won, line.allocated_won) == (700, 700)
    call.budget_won = 300  # what programmes allows of no published call is a cut here all the same
    follow_call(call=call, version=call.current, by=None, at=NOW)
    line.refresh_from_db()
    assert (line.available_won, line.allocated_won) == (300, 300)
    agree()


def test_a_budget_is_not_cut_below_what_is_promised():
    call = call_row(budget_won=100 * MILLION)
    waiting(agreement_row(application_row(call)))
    call.budget_won = 40 * MILLION
    with pytest.raises(BudgetPromised, match="promised or paid"):
        follow_call(call=call, version=call.current, by=None, at=NOW)
    assert BudgetLine.objects.get(call=call).allocated_won == 100 * MILLION
    agree()


def test_a_rehearsal_moves_no_money():
    call = call_row(rehearsal=True)
    publish(call)
    application = application_row(call)
    events.application_selected.send(Call, application=application, by=None, at=NOW)
    agreement = agreement_row(application, signed=False)  # nobody signs in a rehearsal; told all the same
    events.agreement_signed.send(Call, agreement=agreement, by=None, at=NOW)
    assert not BudgetLine.objects.exists()
    assert not Voucher.objects.exists()
    assert not LedgerEntry.objects.exists()
    assert sweep(at=NOW) == {"founded": 0, "released": 0, "issued": 0, "settled": 0}


def undo(application, state=ApplicationState.LAPSED):
    application.state = state
    application.save()
    events.selection_undone.send(Call, application=application, at=NOW)


def test_selected_reserves_once_and_undone_releases_once():
    call = call_row(budget_won=80 * MILLION)
    line = line_of(call)
    application = application_row(call)
    select(application)
    select(application)
    line.refresh_from_db()
    assert (line.available_won, line.reserved_won) == (30 * MILLION, 50 * MILLION)
    undo(application)
    events.selection_undone.send(Call, application=application, at=NOW)
    line.refresh_from_db()
    assert (line.available_won, line.reserved_won) == (80 * MILLION, 0)
    agree()


def test_without_money_nobody_is_selected():
    call = call_row(budget_won=60 * MILLION)
    line_of(call)
    select(application_row(call))
    with pytest.raises(NotEnough):
        select(application_row(call))
    assert LedgerEntry.objects.filter(verb=Verb.RESERVE).count() == 1
    with pytest.raises(NoBudget):
        reserve(application=application_row(), by=None, at=NOW)


def test_releasing_what_is_somebody_elses_moves_nothing():
    call = call_row(budget_won=100 * MILLION)
    line = line_of(call)
    winner, loser = application_row(call), application_row(call, state="reserve")
    select(winner)
    assert release(application=loser, by=None, at=NOW) is None
    line.refresh_from_db()
    assert line.reserved_won == 50 * MILLION


def test_the_law_and_the_call_cap_one_award():
    call = call_row(scheme=scheme(caps=Caps(award_won=30 * MILLION)))
    line_of(call)
    with pytest.raises(CapReached):
        select(application_row(call, government_won=30 * MILLION + 1))
    generous = call_row(scheme=scheme(caps=Caps(award_won=90 * MILLION)))
    line_of(generous)
    with pytest.raises(CapReached, match="KRW 50,000,000"):
        select(application_row(generous, government_won=50 * MILLION + 1))
    assert not LedgerEntry.objects.filter(verb=Verb.RESERVE).exists()


CAPPED = scheme(caps=Caps(award_won=50 * MILLION, firm_won=80 * MILLION, firm_years=5))


def capped_call():
    call = call_row(scheme=CAPPED)
    line_of(call)
    return call


def known(**also):
    return BusinessProfileFactory(**also).organization


def test_the_company_cap_counts_other_programmes_and_years():
    firm = known()
    select(application_row(capped_call(), firm=firm))
    refused = application_row(capped_call(), firm=firm)
    with pytest.raises(CapReached, match="had KRW 50,000,000"):
        select(refused)
    refused.state = ApplicationState.WITHDRAWN
    refused.save()
    select(application_row(capped_call(), firm=firm, government_won=30 * MILLION))
    early = known()
    application_row(capped_call(), firm=early, submitted_at=NOW - timedelta(days=6 * 366))
    select(application_row(capped_call(), firm=early))


def test_what_was_returned_does_not_count():
    firm = known()
    voucher = issued(agreement_row(application_row(capped_call(), firm=firm)))
    over.end_early(voucher=voucher, text="No need.", by=officer(voucher.line.call.office), at=NOW)
    select(application_row(capped_call(), firm=firm))


def test_relatives_and_merged_firms_count_together():
    firm = known()
    sister = known(bank_account=firm.business_profile.bank_account)
    daughter = known()
    OwnerFactory(profile=daughter.business_profile, name=firm.name, business_number=firm.business_number)
    application_row(capped_call(), firm=sister, government_won=40 * MILLION)
    with pytest.raises(CapReached):
        select(application_row(capped_call(), firm=firm))
    application_row(capped_call(), firm=firm, government_won=40 * MILLION)
    of_the_daughter = application_row(capped_call(), firm=daughter)
    with pytest.raises(CapReached):
        select(of_the_daughter)


def test_a_name_in_common_counts_until_an_officer_says_that_they_are_two():
    firm = known(representatives=["김같은"])
    other = known(representatives=["김같은"])
    had = application_row(capped_call(), firm=other)
    asked = application_row(capped_call(), firm=firm)
    with pytest.raises(CapReached):
        select(asked)
    ApplicationFlag.objects.create(
        application=asked, other=had, kind="representative", evidence="김같은", found_at=NOW,
        cleared_by=officer(asked.call.office), cleared_at=NOW, cleared_text="Two people of one name.",
    )  # fmt: skip
    select(asked)


def test_who_has_not_said_who_stands_behind_it_gets_nothing_under_a_company_cap():
    with pytest.raises(FirmUnknown):
        select(application_row(capped_call()))
    assert not LedgerEntry.objects.filter(verb=Verb.RESERVE).exists()


def test_one_active_voucher_of_a_call():
    voucher = issued()
    call = voucher.line.call
    gone = OrganizationFactory(merged_into=None)
    again = application_row(call, firm=voucher.holder, state="not_selected")
    again.state = "selected"
    with pytest.raises(OneAlready):
        reserve(application=again, by=None, at=NOW)
    select(application_row(call, firm=gone))
