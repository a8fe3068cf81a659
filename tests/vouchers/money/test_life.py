"""From the published call to the closed voucher, by the services and the signals that lead to them."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.enums import Role
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.states import IllegalTransition
from programmes import events
from programmes.enums.applications import ApplicationState
from programmes.models import ApplicationFlag, Call
from programmes.registry import standing_of
from programmes.scheme import Caps, Service, Words
from tests.factories.accounts import BusinessProfileFactory, MembershipFactory, OrganizationFactory, OwnerFactory
from tests.factories.vouchers.money import (
    DAY,
    MILLION,
    NOW,
    TODAY,
    agreement_row,
    application_row,
    call_row,
    issued,
    line_of,
    officer,
    scheme,
    spend,
    waiting,
)
from vouchers.enums.money import Verb
from vouchers.enums.vouchers import ChangeKind, VoucherState
from vouchers.models import BudgetLine, Deposit, LedgerEntry, Voucher
from vouchers.services.life import changes, deposits, halt, over
from vouchers.services.life.budget import BudgetPromised, follow_call
from vouchers.services.life.caps import CapReached, FirmUnknown, OneAlready
from vouchers.services.life.found import found
from vouchers.services.life.lapse import lapse
from vouchers.services.life.reserve import NoBudget, release, reserve
from vouchers.services.life.sweep import nightly, remind, sweep
from vouchers.services.money.balance import out_of_balance
from vouchers.services.money.post import NotEnough


def agree():
    found = list(out_of_balance())
    assert not found, found


def pay_in(voucher, won, *, reference="T-1", by=None, at=NOW, key=None, day=TODAY):
    return deposits.enter_deposit(
        voucher=voucher, amount_won=won, received_on=day, reference=reference, key=key or uuid.uuid4(),
        by=by or officer(voucher.line.call.office), at=at,
    )  # fmt: skip


def pay_back(voucher, won, *, reference="B-1", at=NOW):
    return deposits.enter_refund(
        voucher=voucher, amount_won=won, received_on=TODAY, reference=reference, key=uuid.uuid4(),
        by=officer(voucher.line.call.office), at=at,
    )  # fmt: skip


# The call's budget


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
    agreement = agreement_row(application)
    events.agreement_signed.send(Call, agreement=agreement, by=None, at=NOW)
    assert not BudgetLine.objects.exists()
    assert not Voucher.objects.exists()
    assert not LedgerEntry.objects.exists()
    assert sweep(at=NOW) == {"founded": 0, "released": 0, "issued": 0, "settled": 0}


# Reserve and release


def select(application):
    events.application_selected.send(Call, application=application, by=None, at=NOW)


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


# Agreement, own share, issue


def signed(**also):
    """By the signals, as programmes sends them."""
    call = also.pop("call", None) or call_row()
    line_of(call)
    application = application_row(call, **also)
    select(application)
    agreement = agreement_row(application)
    application.state = ApplicationState.AGREED
    application.save()
    events.agreement_signed.send(Call, agreement=agreement, by=application.submitted_by, at=NOW)
    return Voucher.objects.get(agreement=agreement)


def test_a_signed_agreement_is_a_voucher_once():
    voucher = signed(government_won=30 * MILLION, own_won=10 * MILLION)
    assert (voucher.state, voucher.deposit_by) == (VoucherState.WAITING, TODAY + 14 * DAY)
    assert found(agreement=voucher.agreement, by=None, at=NOW) == voucher
    assert Voucher.objects.count() == 1
    assert voucher.line.reserved_won == 30 * MILLION
    agree()


def test_without_an_own_share_it_is_issued_at_once():
    voucher = signed(own_won=0)
    assert (voucher.state, voucher.open_won) == (VoucherState.ISSUED, 50 * MILLION)


def test_the_own_share_in_parts():
    voucher = signed(government_won=30 * MILLION, own_won=10 * MILLION)
    pay_in(voucher, 4 * MILLION, reference="A")
    voucher.refresh_from_db()
    assert voucher.state == VoucherState.WAITING
    pay_in(voucher, 6 * MILLION, reference="B")
    voucher.refresh_from_db()
    assert (voucher.state, voucher.open_won, voucher.valid_from) == (VoucherState.ISSUED, 30 * MILLION, TODAY)
    assert voucher.valid_until == date(2027, 11, 20)
    assert voucher.line.committed_won == 30 * MILLION
    agree()


def test_too_much_is_owed_back_and_no_more_than_that():
    voucher = signed(own_won=10 * MILLION)
    pay_in(voucher, 12 * MILLION)
    with pytest.raises(Conflict, match="KRW 2,000,000"):
        pay_back(voucher, 2 * MILLION + 1)
    pay_back(voucher, 2 * MILLION)
    voucher.refresh_from_db()
    assert voucher.own_refunded_won == 0
    with pytest.raises(Conflict):
        pay_back(voucher, 1, reference="B-2")


def test_a_reference_counts_once_and_a_key_too():
    voucher, key = signed(own_won=10 * MILLION), uuid.uuid4()
    clerk = officer(voucher.line.call.office)
    first = pay_in(voucher, 1, key=key, by=clerk)
    assert pay_in(voucher, 1, key=key, by=clerk) == first
    with pytest.raises(Conflict) as refusal:
        pay_in(voucher, 2, key=key, by=clerk)
    assert refusal.value.code == "idempotency_key_reused"
    with pytest.raises(Conflict) as refusal:
        pay_in(voucher, 1, reference=" T-1 ", by=clerk)
    assert refusal.value.code == "reference_used"
    assert Deposit.objects.count() == 1


@pytest.mark.parametrize(("won", "day", "reference"), [(0, TODAY, "x"), (1, TODAY + DAY, "x"), (1, TODAY, " ")])
def test_payments_that_cannot_be(won, day, reference):
    voucher = signed(own_won=10)
    with pytest.raises(DomainError):
        pay_in(voucher, won, day=day, reference=reference)
    assert not Deposit.objects.exists()


def test_who_may_enter_payments():
    voucher = signed(own_won=10)
    both = officer(voucher.line.call.office)
    MembershipFactory(user=both, organization=voucher.holder)
    viewer = MembershipFactory(organization=voucher.line.call.office, role=Role.VIEWER).user
    root = MembershipFactory(user__is_superuser=True).user
    firm = voucher.agreement.application.submitted_by
    for person in (both, viewer, root, firm, MembershipFactory(government=True).user):
        with pytest.raises(NotAllowed):
            pay_in(voucher, 10, by=person)
    assert not Deposit.objects.exists()


def test_a_voucher_lapses_after_its_day_and_the_money_is_back():
    voucher = signed(own_won=10 * MILLION)
    pay_in(voucher, 4 * MILLION)
    on = NOW + 14 * DAY
    assert not lapse(voucher_id=voucher.pk, at=on)
    assert nightly(at=on + DAY)["lapsed"] == 1
    assert not lapse(voucher_id=voucher.pk, at=on + DAY)
    voucher.refresh_from_db()
    voucher.line.refresh_from_db()
    assert (voucher.state, voucher.line.reserved_won) == (VoucherState.LAPSED, 0)
    with pytest.raises(Conflict):
        pay_in(voucher, 6 * MILLION, reference="late")
    pay_back(voucher, 4 * MILLION)
    agree()


# Halt, change, end


def test_suspended_and_resumed_with_a_reason():
    voucher = issued()
    clerk = officer(voucher.line.call.office)
    with pytest.raises(DomainError):
        halt.suspend(voucher=voucher, text=" ", by=clerk, at=NOW)
    halted = halt.suspend(voucher=voucher, text="A tip.", by=clerk, at=NOW)
    assert (halted.state, halted.is_usable_on(TODAY)) == (VoucherState.SUSPENDED, False)
    with pytest.raises(IllegalTransition):
        halt.suspend(voucher=voucher, text="Again.", by=clerk, at=NOW)
    with pytest.raises(NotAllowed):
        halt.resume(voucher=voucher, text="Nothing.", by=voucher.agreement.application.submitted_by, at=NOW)
    assert halt.resume(voucher=voucher, text="Nothing found.", by=clerk, at=NOW).state == VoucherState.ISSUED
    assert [step.text for step in voucher.steps.order_by("pk")] == ["A tip.", "Nothing found."]


def test_resuming_is_not_issuing():
    voucher = waiting()
    with pytest.raises(IllegalTransition):
        halt.resume(voucher=voucher, text="x", by=officer(voucher.line.call.office), at=NOW)


def ask(voucher, kind, *, text="Because.", by=None, **also):
    return changes.ask_change(
        voucher=voucher, kind=kind, text=text, by=by or voucher.agreement.application.submitted_by, at=NOW, **also
    )


def decide(change, approve, *, by=None, at=NOW):
    return changes.decide_change(
        change=change, approve=approve, text="So.", by=by or officer(change.voucher.line.call.office), at=at
    )


def test_a_longer_term():
    voucher = issued(valid_until=date(2027, 11, 20))
    for day in (None, date(2027, 11, 20), date(2028, 5, 21)):
        with pytest.raises(DomainError):
            ask(voucher, ChangeKind.EXTEND, valid_until=day)
    change = ask(voucher, ChangeKind.EXTEND, valid_until=date(2028, 5, 20))
    assert ask(voucher, ChangeKind.EXTEND, valid_until=date(2028, 5, 20)) == change
    with pytest.raises(Conflict):
        ask(voucher, ChangeKind.EXTEND, valid_until=date(2028, 5, 19))
    decide(change, True)
    voucher.refresh_from_db()
    assert voucher.valid_until == date(2028, 5, 20)
    with pytest.raises(IllegalTransition):
        decide(change, False)


def test_other_services():
    menu = tuple(Service(key, Words(key), area) for key, area in (("plan", "a"), ("test", "b"), ("market", "b")))
    voucher = issued(agreement_row(application_row(call_row(scheme=scheme(menu=menu)))))
    for chosen in ([], ["nothing"], ["test", "market"]):
        with pytest.raises(DomainError):
            ask(voucher, ChangeKind.PLAN, services=chosen)
    assert changes.services_agreed(voucher) is None
    decide(ask(voucher, ChangeKind.PLAN, services=["plan", "market"]), True)
    assert changes.services_agreed(voucher) == ["plan", "market"]


def test_a_firm_ends_early_by_its_manager():
    voucher = issued()
    staff = MembershipFactory(organization=voucher.holder).user
    with pytest.raises(NotAllowed):
        ask(voucher, ChangeKind.END, by=staff)
    decide(ask(voucher, ChangeKind.END), True)
    voucher.refresh_from_db()
    assert (voucher.state, voucher.open_won, voucher.returned_won) == (VoucherState.ENDED, 0, 50 * MILLION)
    assert voucher.line.available_won == 1_000 * MILLION
    agree()


def test_a_change_is_refused_or_taken_back():
    voucher = issued()
    change = ask(voucher, ChangeKind.END)
    decide(change, False)
    voucher.refresh_from_db()
    assert voucher.state == VoucherState.ISSUED
    other = ask(voucher, ChangeKind.END)
    with pytest.raises(NotAllowed):
        changes.withdraw_change(change=other, by=officer(voucher.line.call.office), at=NOW)
    changes.withdraw_change(change=other, by=voucher.agreement.application.submitted_by, at=NOW)
    with pytest.raises(IllegalTransition):
        decide(other, True)


def test_who_asks_does_not_decide():
    voucher = issued()
    change = ask(voucher, ChangeKind.END)
    both = voucher.agreement.application.submitted_by
    MembershipFactory(user=both, organization=voucher.line.call.office)
    for person in (both, MembershipFactory(government=True).user, MembershipFactory(user__is_superuser=True).user):
        with pytest.raises(NotAllowed):
            decide(change, True, by=person)
    voucher.refresh_from_db()
    assert voucher.state == VoucherState.ISSUED


# Over and closed


def test_the_term_ends_and_what_is_left_goes_back():
    voucher = spend(issued(government_won=40 * MILLION, valid_until=TODAY), 30 * MILLION)
    assert nightly(at=NOW)["expired"] == 0
    assert nightly(at=NOW + DAY)["expired"] == 1
    voucher.refresh_from_db()
    assert (voucher.state, voucher.returned_won, voucher.unused_bp) == (VoucherState.CLOSED, 10 * MILLION, 2_500)
    assert voucher.barred_until is None
    voucher.line.refresh_from_db()
    assert voucher.line.available_won == 970 * MILLION
    agree()


def test_too_much_left_unused_bars_the_firm_next_year():
    voucher = spend(issued(government_won=40 * MILLION, valid_until=TODAY), 20 * MILLION)
    nightly(at=NOW + DAY)
    voucher.refresh_from_db()
    assert (voucher.unused_bp, voucher.barred_from, voucher.barred_until) == (
        5_000, date(2027, 1, 1), date(2027, 12, 31),
    )  # fmt: skip
    for day, excluded in ((date(2026, 12, 31), False), (date(2027, 6, 1), True), (date(2028, 1, 1), False)):
        assert standing_of([voucher.holder_id], day).is_excluded is excluded


def test_exactly_the_rate_bars_nobody():
    voucher = spend(issued(government_won=40 * MILLION, valid_until=TODAY), 28 * MILLION)
    nightly(at=NOW + DAY)
    voucher.refresh_from_db()
    assert (voucher.unused_bp, voucher.barred_until) == (3_000, None)


def test_what_is_used_up_is_closed():
    voucher = spend(issued(), 50 * MILLION)
    assert nightly(at=NOW)["closed"] == 1
    voucher.refresh_from_db()
    assert (voucher.state, voucher.unused_bp) == (VoucherState.CLOSED, 0)


def test_own_share_goes_back_when_it_is_over():
    voucher = issued(own_won=10 * MILLION)
    over.end_early(voucher=voucher, text="Closed down.", by=officer(voucher.line.call.office), at=NOW)
    pay_back(voucher, 10 * MILLION)
    voucher.refresh_from_db()
    assert voucher.own_refunded_won == 10 * MILLION
    with pytest.raises(Conflict):
        pay_back(voucher, 1, reference="B-2")


def test_an_old_version_keeps_its_terms():
    content = scheme().to_json()
    del content["barred_years"], content["days"]["grace"], content["days"]["extension_months"]
    again = type(scheme()).from_json(content)
    assert again == replace(scheme())


def test_people_are_told_once(django_capture_on_commit_callbacks):
    voucher = waiting(own_won=10)
    ending = issued(valid_until=TODAY + 20 * DAY)
    at = NOW + 10 * DAY
    assert remind(at=at) == 2
    assert remind(at=at) == 2
    people = [voucher.agreement.application.submitted_by, ending.agreement.application.submitted_by]
    for person in people:
        told = person.notifications.filter(kind__in=["voucher_own_share_missing", "voucher_term_ends"])
        assert told.count() == 1
        assert "KRW" not in str(told.get().params)
