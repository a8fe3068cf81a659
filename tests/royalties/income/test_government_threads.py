"""Declarations, licences and payments of one result at the same moment: they share one cap. With and without locks."""

import datetime
import threading
from types import SimpleNamespace

import pytest
from django.db.models import Sum

from marketplace.core.errors import NotPossibleNow
from royalties.models import AheadNotice, DirectUse, Distribution, GovernmentPayment
from royalties.queries.government import account_of, owed_so_far
from royalties.services.government import ahead as paying_ahead
from royalties.services.government import record as recording
from royalties.services.government.record import Used, lock_result, record_payment, record_use
from royalties.services.share import propose as proposing
from royalties.services.share.plan import Given
from royalties.services.share.propose import propose
from royalties.services.share.share import share
from tests.factories.accounts import OrganizationFactory
from tests.factories.royalties.income import (
    DAY,
    MILLION,
    NOW,
    TODAY,
    ahead,
    concluded,
    due,
    invoiced,
    manager,
    paid,
    planned,
    rules,
    staff,
)
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once, kinds, meet_in

pytestmark = pytest.mark.django_db(transaction=True)

CAP_WON = 30 * MILLION
TASK = {"agreed_on": datetime.date(2024, 12, 31), "task_ended_on": datetime.date(2025, 6, 30), "firm_size": "sme"}


def used(year, sales_won=1_000 * MILLION):
    days = {"sold_from": datetime.date(year, 1, 1), "sold_until": datetime.date(year, 6, 30)}
    return Used(**days, **TASK, sales_won=sales_won, research_won=300 * MILLION)


@pytest.fixture
def listing():
    rules()
    return ListingFactory(holder=OrganizationFactory(company=True))


def record(listing, by, year):
    return record_use(holder=listing.holder, listing=listing, used=used(year), by=by, at=NOW).use


def test_two_years_declared_at_once_do_not_pass_the_cap(listing, locked, monkeypatch):
    by = staff(listing.holder)
    meet_in(monkeypatch, recording, "owed", locked=locked)
    outcomes = at_once(*(lambda year=year: record(listing, by, year) for year in (2024, 2025)))
    assert kinds(outcomes) == ["done", "done"]
    owed_won = DirectUse.objects.aggregate(won=Sum("owed_won"))["won"]
    assert owed_won == (CAP_WON if locked else 50 * MILLION)


def test_the_same_days_declared_twice_at_once_are_one_record(listing, locked, monkeypatch):
    by = staff(listing.holder)
    meet_in(monkeypatch, recording, "owed", locked=locked)
    outcomes = at_once(*(lambda: record(listing, by, 2025) for _ in range(2)))
    # Without the lock the unique constraint is the last guard.
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    assert DirectUse.objects.count() == 1


def test_own_use_and_a_licence_at_once_share_the_cap(listing, locked, monkeypatch):
    contract = concluded(listing=listing, firm=OrganizationFactory())
    given = Given(government_won=300 * MILLION, total_won=400 * MILLION, **TASK)
    planned(contract, given)
    allocation = paid(invoiced(due(contract, amount_won=800 * MILLION)))
    keeper, decider = staff(listing.holder), manager(listing.holder)
    seen = propose(allocation, today=TODAY).digest
    meet_in(monkeypatch, recording, "owed", locked=locked)
    monkeypatch.setattr(proposing, "owed", recording.owed)
    outcomes = at_once(
        lambda: share(allocation=allocation, seen=seen, by=decider, at=NOW),
        lambda: record(listing, keeper, 2025),
    )
    owed_won = account_of(listing).owed_won
    if locked:
        # Whoever comes second counts on the first; a proposal that was another one before is told so.
        assert kinds(outcomes) in (["done", "done"], ["done", "told"])
        assert owed_won <= CAP_WON
        assert Distribution.objects.count() + DirectUse.objects.count() >= 1
    else:
        assert owed_won == 45 * MILLION


def test_two_payments_at_once_do_not_pay_more_than_is_owed(listing, locked, monkeypatch):
    by = staff(listing.holder)
    record(listing, by, 2025)
    read = SimpleNamespace(met=lambda account: account)
    meet_in(monkeypatch, read, "met", locked=locked)
    monkeypatch.setattr(recording, "account_of", lambda result: read.met(account_of(result)))  # both have read

    def pay(reference):
        said = {"paid_on": TODAY, "amount_won": 20 * MILLION, "reference": reference}
        return record_payment(holder=listing.holder, listing=listing, **said, by=by, at=NOW)

    outcomes = at_once(lambda: pay("N-1"), lambda: pay("N-2"))
    paid_won = GovernmentPayment.objects.aggregate(won=Sum("amount_won"))["won"]
    if locked:
        assert (kinds(outcomes), paid_won) == (["done", "told"], 20 * MILLION)
    else:
        assert (kinds(outcomes), paid_won) == (["done", "done"], 40 * MILLION)


def test_own_use_and_paying_ahead_at_once_share_the_cap(listing, locked, monkeypatch):
    by = staff(listing.holder)
    read = SimpleNamespace(met=lambda before: before)
    meet_in(monkeypatch, read, "met", locked=locked)
    for module in (recording, paying_ahead):
        monkeypatch.setattr(module, "owed_so_far", lambda *whose: read.met(owed_so_far(*whose)))  # both have read
    outcomes = at_once(lambda: record(listing, by, 2025), lambda: ahead(listing, by=by))
    assert kinds(outcomes) == ["done", "done"]
    assert account_of(listing).owed_won == (CAP_WON if locked else CAP_WON + 25 * MILLION)


def test_who_waited_for_the_lock_carries_the_later_time(listing, locked, monkeypatch):
    """The use read the clock a day before the notice, and comes when the notice holds the lock: it counts on it, so it
    is the newer one and the notice is not taken back under it.
    """
    by, entered, both_read = staff(listing.holder), threading.Event(), threading.Event()

    def read_of_notice(*whose):
        before = owed_so_far(*whose)
        entered.set()
        both_read.wait(0.3 if locked else 15)
        return before

    def lock_of_use(*whose):
        assert entered.wait(15)
        return lock_result(*whose)

    def read_of_use(*whose):
        before = owed_so_far(*whose)
        both_read.set()
        return before

    monkeypatch.setattr(paying_ahead, "owed_so_far", read_of_notice)
    monkeypatch.setattr(recording, "lock_result", lock_of_use)
    monkeypatch.setattr(recording, "owed_so_far", read_of_use)
    outcomes = at_once(lambda: record(listing, by, 2025), lambda: ahead(listing, by=by, at=NOW + DAY))
    assert kinds(outcomes) == ["done", "done"]
    use, notice = DirectUse.objects.get(), AheadNotice.objects.get()
    if locked:
        assert (use.owed_won, use.owed["limit"]) == (0, "paid")
        assert use.recorded_at > notice.recorded_at
        with pytest.raises(NotPossibleNow):
            paying_ahead.undo_ahead(notice=notice, reason="x", by=by, at=NOW + 2 * DAY)
    else:
        assert use.owed_won  # it counted on nothing, though the notice had come first


def test_told_twice_at_once_is_one_notice(listing, locked, monkeypatch):
    by = staff(listing.holder)
    read = SimpleNamespace(met=lambda before: before)
    meet_in(monkeypatch, read, "met", locked=locked)
    monkeypatch.setattr(paying_ahead, "owed_so_far", lambda *whose: read.met(owed_so_far(*whose)))
    outcomes = at_once(*(lambda: ahead(listing, by=by) for _ in range(2)))
    # Without the lock the unique constraint is the last guard.
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    assert AheadNotice.objects.count() == 1
