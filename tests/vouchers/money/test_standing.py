"""Who is excluded from programmes, or owes money that was asked back, gets nothing new, whatever was checked before."""

import uuid
from datetime import date

import pytest

from marketplace.core.errors import NotPossibleNow
from programmes.enums.applications import ApplicationState
from programmes.models import Agreement
from programmes.queries.ranking import REFUSED
from programmes.registry import FirmRefused
from programmes.services.review.agreements import sign
from programmes.services.review.reserves import nightly
from programmes.services.review.standing import Barred, Excluded, OwesMoney
from tests.factories.accounts import OrganizationFactory
from tests.factories.policy.figures import merged
from tests.factories.programmes import review
from tests.factories.vouchers.life import agree, pay_back, pay_in, signed
from tests.factories.vouchers.money import DAY, MILLION, NOW, application_row, call_row, issued, line_of, officer, spend
from tests.factories.vouchers.orders import asked, choice, given, placed, running, staff, submitted, voucher
from tests.factories.vouchers.recovery import accused, confirmed, imposed
from vouchers.enums.money import Verb
from vouchers.enums.vouchers import VoucherState
from vouchers.models import LedgerEntry, Order, ProviderChoice, Voucher
from vouchers.queries.life import next_step
from vouchers.services.claims.answer import accept_claim
from vouchers.services.life.over import expire, settle
from vouchers.services.life.reserve import reserve
from vouchers.services.life.sweep import nightly as vouchers_nightly
from vouchers.services.life.sweep import remind, sweep
from vouchers.services.orders.answer import accept_order
from vouchers.services.orders.place import place_order
from vouchers.services.recovery.sanctions import lift

S = ApplicationState


def excluded(firm, office, at):
    """Proposed, heard, and imposed the day before `at`."""
    sanction = accused(firm, office=office, at=at - 40 * DAY)
    return imposed(sanction, at=at - DAY)


# What programmes does


def test_who_is_excluded_is_not_ranked_among_those_that_get_money():
    call, made = review.ready(60, 50)
    excluded(made[0].organization, call.office, review.NOW)
    first, second = review.proposed(call=call).lines.order_by("rank")
    assert (first.application, first.outcome, first.reason) == (made[0], S.NOT_SELECTED, REFUSED)
    assert (second.application, second.outcome) == (made[1], S.SELECTED)


def test_whom_it_was_merged_into_is_ranked_like_it():
    call, made = review.ready(60)
    gone = OrganizationFactory(company=True)
    application_row(call_row(office=call.office), firm=gone, state=S.NOT_SELECTED, at=review.NOW)
    excluded(gone, call.office, review.NOW)
    merged(gone, made[0].organization)
    assert review.proposed(call=call).lines.get().reason == REFUSED


def test_who_is_excluded_after_the_proposal_stops_the_publishing():
    call, made = review.ready(60, 50)
    selection = review.proposed(call=call)
    excluded(made[0].organization, call.office, review.NOW)
    assert review.published(selection).stopped == "firm_excluded"
    assert [review.fresh(each).state for each in made] == [S.ELIGIBLE, S.ELIGIBLE]
    assert not LedgerEntry.objects.filter(verb=Verb.RESERVE).exists()


def test_the_reserve_list_passes_who_is_excluded():
    call, made = review.ready(60, 50, 40, 35)
    review.published(review.proposed(call=call))
    assert [review.fresh(each).state for each in made] == [S.SELECTED, S.SELECTED, S.RESERVE, S.RESERVE]
    night = review.NOW + 15 * DAY
    excluded(made[2].organization, call.office, night)
    assert nightly(at=night) == {"lapsed": 2, "taken_up": 1}
    assert [review.fresh(each).state for each in made[2:]] == [S.RESERVE, S.SELECTED]


def test_who_is_excluded_since_signs_nothing():
    call, [made] = review.ready(60)
    review.published(review.proposed(call=call))
    excluded(made.organization, call.office, review.NOW)
    agreement = Agreement.objects.get(application=made)
    with pytest.raises(Excluded):
        sign(agreement=agreement, digest=agreement.digest, by=made.boss, at=review.NOW)
    assert (review.fresh(agreement).state, review.fresh(made).state) == ("offered", S.SELECTED)
    assert not Voucher.objects.exists()


# What money does


def test_nothing_is_reserved_for_who_owes_money():
    call = call_row()
    line_of(call)
    debt = confirmed()
    late = NOW.replace(year=debt.pay_by.year, month=debt.pay_by.month, day=debt.pay_by.day) + DAY
    application = application_row(call, firm=debt.debtor)
    with pytest.raises(OwesMoney, match="asked back"):
        reserve(application=application, by=None, at=late)
    assert not LedgerEntry.objects.filter(line__call=call, verb=Verb.RESERVE).exists()
    assert reserve(application=application, by=None, at=late - DAY)


def test_who_was_barred_counts_by_the_day_it_applied():
    old = spend(issued(government_won=40 * MILLION, valid_until=date(2026, 11, 20)), MILLION)
    expire(voucher_id=old.pk, at=NOW + DAY)
    settle(voucher_id=old.pk, at=NOW + DAY)
    old.refresh_from_db()
    assert old.barred_from == date(2027, 1, 1)
    then = NOW.replace(year=2027)
    before, after = (application_row(call_row(), firm=old.holder, at=at, state="eligible") for at in (NOW, then))
    for application in (before, after):
        line_of(application.call)
    with pytest.raises(Barred):
        reserve(application=after, by=None, at=then)
    assert reserve(application=before, by=None, at=then)


@pytest.mark.parametrize("stays", [False, True], ids=["lifted", "stays"])
def test_a_voucher_is_not_issued_to_who_is_excluded(stays):
    made = signed(own_won=10 * MILLION)
    sanction = excluded(made.holder, made.line.call.office, NOW)
    pay_in(made, 10 * MILLION)
    made.refresh_from_db()
    assert (made.state, made.line.committed_won) == (VoucherState.WAITING, 0)
    assert "excluded" in next_step(made, NOW.date())
    assert remind(at=NOW + 12 * DAY) == 0
    if stays:
        vouchers_nightly(at=NOW + 30 * DAY)
        made.refresh_from_db()
        assert made.state == VoucherState.LAPSED
        pay_back(made, 10 * MILLION)
        assert "goes back" in next_step(made, NOW.date())
    else:
        lift(sanction=sanction, text="Proven wrong.", by=officer(sanction.office), at=NOW)
        assert sweep(at=NOW)["issued"] == 1
    agree()


def test_who_is_excluded_orders_nothing_more_and_what_runs_goes_on():
    made = voucher()
    claim = submitted(running(made))
    quotation, order = given(made, service="promotion"), placed(made, service="strategy")
    kept = ProviderChoice.objects.count()
    excluded(made.holder, made.line.call.office, NOW)
    for act in (
        lambda: choice(made, service="promotion"),
        lambda: asked(made, service="promotion"),
        lambda: place_order(quotation=quotation, why="x", key=uuid.uuid4(), by=staff(made.holder), at=NOW),
    ):
        with pytest.raises(FirmRefused, match="excluded"):
            act()
    with pytest.raises(NotPossibleNow) as refused:
        accept_order(order=order, by=staff(order.provider), at=NOW)
    assert "excluded" not in str(refused.value)
    assert (Order.objects.count(), ProviderChoice.objects.count()) == (2, kept)
    order.refresh_from_db()
    assert order.state == "placed"
    assert accept_claim(claim=claim, by=staff(made.holder), at=NOW).state == "accepted"
