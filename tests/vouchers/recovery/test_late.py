"""The addition for late payment (Subsidy Act art. 33-2): to the won, on the last day and the days around it."""

import pytest
import time_machine
from django.db import Error, transaction
from django.test import Client
from django.urls import reverse

from marketplace.core.errors import NotPossibleNow
from notifications.models import Notification
from tests.factories.accounts import sign_in
from tests.factories.vouchers.money import DAY, MILLION
from tests.factories.vouchers.recovery import LATER, confirmed, manager, office_of, officer, planned, received
from vouchers.models import Recovery
from vouchers.queries.recovery import left_of
from vouchers.services.life.sweep import nightly
from vouchers.services.money.balance import out_of_balance
from vouchers.services.recovery.asking import owed_of

pytestmark = pytest.mark.django_db
LAST = LATER + 30 * DAY
# 10,000,000 at 3 % for 51 days, 20 November to 10 January: 41,917.8. Due that day: 10,041,917; 3 % of it: 301,257.5.
DUE, ADDED = 10_041_917, 301_257


def fresh(recovery):
    return Recovery.objects.get(pk=recovery.pk)


@pytest.mark.parametrize(("days", "added"), [(-1, 0), (0, 0), (1, ADDED), (2, ADDED), (200, ADDED)])
def test_nothing_until_the_last_day_and_the_same_ever_after(days, added):
    recovery = confirmed()
    at = LAST + days * DAY
    nightly(at=at)
    now = fresh(recovery)
    assert (now.state == "delinquent", now.late_won, owed_of(now, at.date()).late_won) == (days > 0, added, added)
    if added:
        assert (now.late_from, now.late_due_won) == ((LAST + DAY).date(), DUE)
        nightly(at=at + DAY)
        assert fresh(recovery).late_won == added


@pytest.mark.parametrize(("days", "added"), [(0, 0), (1, ADDED), (9, ADDED)])
def test_paid_on_the_day_and_the_day_after_without_a_night_between(days, added):
    """A night that did not run changes nothing: entering the receipt asks the days itself."""
    recovery, at = confirmed(), LAST + days * DAY
    interest = 10 * MILLION * 300 * (51 + days) // (10_000 * 365)
    made = received(recovery, 10 * MILLION + interest + added, at=at)
    assert (made.interest_won, made.principal_won, made.late_won) == (interest, 10 * MILLION, added)
    assert (fresh(recovery).state, fresh(recovery).late_won) == ("paid_back", added)
    assert not list(out_of_balance())


def test_what_came_in_time_and_is_entered_late_takes_it_back():
    recovery = confirmed()
    boss = manager(recovery.debtor)
    nightly(at=LAST + 3 * DAY)
    assert fresh(recovery).late_won == ADDED
    received(recovery, 4 * MILLION, on=LAST.date(), at=LAST + 4 * DAY)
    now = fresh(recovery)
    assert (now.state, now.late_due_won, now.late_won) == ("delinquent", DUE - 4 * MILLION, 181_257)
    received(recovery, DUE - 4 * MILLION, on=LAST.date(), at=LAST + 4 * DAY, reference="T-2")
    now = fresh(recovery)
    assert (now.state, now.late_from, now.late_won) == ("paid_back", None, 0)
    assert Notification.objects.filter(kind="recovery_in_time", recipient=boss).count() == 1
    assert not list(out_of_balance())


def test_of_a_plan_only_the_part_that_was_missed():
    recovery = planned(count=3)
    boss = manager(recovery.debtor)
    first, second, _third = recovery.instalments.order_by("serial")
    at = LATER + (first.due_on - LATER.date())
    received(recovery, first.amount_won - 100, at=at)
    nightly(at=at + DAY)
    now = fresh(recovery)
    assert (now.state, now.late_due_won, now.late_won) == ("delinquent", 100, 3)
    received(recovery, 100, on=at.date(), at=at + 2 * DAY, reference="T-2")
    assert (fresh(recovery).state, fresh(recovery).late_won) == ("confirmed", 0)
    nightly(at=LATER + (second.due_on - LATER.date()) + DAY)
    assert (fresh(recovery).late_from, fresh(recovery).late_due_won) == (second.due_on + DAY, second.amount_won)
    told = Notification.objects.filter(kind="recovery_delinquent", recipient=boss).order_by("pk")
    assert [each.params["day"] for each in told] == [each.due_on.isoformat() for each in (first, second)]


def test_all_of_it_came_with_the_first_part_and_is_entered_after_the_last():
    """Less interest was owed than the plan reckoned with: its later parts are not missed."""
    recovery = planned(count=3)
    first, _second, third = recovery.instalments.order_by("serial")
    at = LATER + (third.due_on - LATER.date()) + DAY
    nightly(at=at)
    assert fresh(recovery).late_due_won == first.amount_won
    whole = owed_of(fresh(recovery), first.due_on).total_won
    assert whole < sum(part.amount_won for part in recovery.instalments.all())
    received(recovery, whole, on=first.due_on, at=at)
    assert (fresh(recovery).state, fresh(recovery).late_from, fresh(recovery).late_won) == ("paid_back", None, 0)
    assert not list(out_of_balance())


def test_no_plan_for_what_is_overdue_though_the_night_has_not_come():
    recovery = confirmed()
    with pytest.raises(NotPossibleNow):
        planned(recovery, at=LAST + DAY)
    assert not recovery.instalments.exists()


def test_the_database_takes_no_addition_above_the_law_nor_on_what_is_not_overdue():
    early, late = confirmed(), confirmed()
    Recovery.objects.filter(pk=early.pk).update(pay_by=(LAST + 99 * DAY).date())
    nightly(at=LAST + DAY)
    late.refresh_from_db()
    for row, values in (
        (early, {"late_from": LAST.date(), "late_due_won": 100, "late_won": 5}),
        (late, {"late_won": late.late_due_won * 5 // 100 + 1}),
        (late, {"late_from": None}),
    ):
        with pytest.raises(Error), transaction.atomic():
            Recovery.objects.filter(pk=row.pk).update(**values)
    assert (fresh(early).late_won, fresh(late).late_won) == (0, late.late_won)


def test_the_page_says_it_to_both_sides_and_in_the_api():
    recovery = confirmed()
    debtor, clerk = manager(recovery.debtor), officer(office_of(recovery))
    nightly(at=LAST + DAY)
    with time_machine.travel(LAST + DAY, tick=False):
        for user in (debtor, clerk):
            client = Client(headers={"accept-language": "en"})
            sign_in(client, user)
            text = client.get(reverse("vouchers:recovery", args=[recovery.public_id])).content.decode()
            assert "Addition for late payment" in text
            assert "301,257" in text
            assert "of 10,041,917 won that were due" in text  # and not “KRW … won”
            said = client.get(f"/api/v1/vouchers/recoveries/{recovery.public_id}/").json()
            assert (said["late_won"], said["late_from"]) == (ADDED, "2027-01-11")
            assert said["left_won"] == left_of(fresh(recovery), (LAST + DAY).date()).total_won
