"""Before and after the day to pay the government, and the day to report own sales (facts §1.5, §4.3)."""

import datetime

import pytest
import time_machine

from accounts.enums import Role
from notifications.models import Notification
from royalties.services.calendar.remind import STEPS
from royalties.services.government.record import Used, record_payment, record_use
from royalties.services.government.remind import remind_of_government
from royalties.tasks import remind_of_dues
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.royalties.income import DAY, MILLION, NOW, TODAY, ahead, rules
from tests.factories.tech_listings import ListingFactory

KOREA = datetime.timezone(datetime.timedelta(hours=9))


@pytest.fixture
def firm():
    return OrganizationFactory(company=True)


@pytest.fixture
def people(firm):
    """Who keeps its royalties, and who binds it."""
    roles = {"staff": Role.STAFF, "manager": Role.MANAGER, "viewer": Role.VIEWER}
    return {name: MembershipFactory(organization=firm, role=role).user for name, role in roles.items()}


@pytest.fixture
def listing(firm, people):
    rules()
    return ListingFactory(holder=firm)


def use(listing, people, year, sales_won=1_000 * MILLION):
    used = Used(
        sold_from=datetime.date(year, 1, 1), sold_until=datetime.date(year, 12, 31), sales_won=sales_won,
        agreed_on=datetime.date(2024, 12, 31), task_ended_on=datetime.date(2025, 6, 30), firm_size="sme",
        research_won=300 * MILLION,
    )  # fmt: skip
    return record_use(holder=listing.holder, listing=listing, used=used, by=people["staff"], at=NOW).use


def morning(day):
    return datetime.datetime.combine(day, datetime.time(9), KOREA)


def told(day):
    """Kinds and people of what is told on the morning of `day`."""
    before = set(Notification.objects.values_list("pk", flat=True))
    remind_of_government(at=morning(day))
    rows = Notification.objects.exclude(pk__in=before).select_related("recipient")
    return {(row.kind, row.recipient) for row in rows}


def test_steps_before_and_after_the_day_to_pay(listing, people):
    made = use(listing, people, 2025)
    day = made.pay_by
    keepers = {people["staff"], people["manager"]}
    assert told(day + (STEPS[0] - 1) * DAY) == set()
    for step in STEPS:
        kind = "government_pay_soon" if step < 0 else "government_pay_overdue"
        assert told(day + step * DAY) == {(kind, who) for who in keepers}
        assert told(day + step * DAY) == set()  # once more
    assert told(day + (STEPS[-1] + 1) * DAY) == set()


def test_a_missed_morning_is_told_the_next_day_and_only_the_latest_step(listing, people):
    made = use(listing, people, 2025)
    found = told(made.pay_by + 20 * DAY)
    assert {kind for kind, _who in found} == {"government_pay_overdue"}
    assert len(found) == 2


def test_nothing_once_it_is_paid(listing, people):
    made = use(listing, people, 2025)
    record_payment(
        holder=listing.holder, listing=listing, paid_on=TODAY, amount_won=made.owed_won, reference="N-1",
        by=people["staff"], at=NOW,
    )  # fmt: skip
    for step in STEPS:
        assert told(made.pay_by + step * DAY) == set()


def test_a_message_carries_neither_sum_nor_name(listing, people):
    made = use(listing, people, 2025)
    told(made.pay_by + DAY)
    note = Notification.objects.filter(recipient=people["staff"]).get()
    assert note.params == {"day": made.pay_by.isoformat()}
    assert str(listing.public_id) in note.url


def test_sales_are_asked_for_around_the_end_of_june(listing, people):
    use(listing, people, 2025, sales_won=0)
    day = datetime.date(2027, 6, 30)
    assert told(day + (STEPS[0] - 1) * DAY) == set()
    for step in STEPS:
        kind = "government_sales_soon" if step < 0 else "government_sales_overdue"
        assert {found for found, _who in told(day + step * DAY)} == {kind}
    with time_machine.travel(morning(datetime.date(2028, 6, 20)), tick=False):
        assert remind_of_dues()  # the task of the calendar's reminders asks here too
    assert told(datetime.date(2033, 6, 30)) == set()  # its five years are over


def test_no_sales_are_asked_for_that_are_recorded_or_paid_ahead(listing, people):
    use(listing, people, 2025, sales_won=0)
    assert told(datetime.date(2026, 7, 1)) == set()
    notice = ahead(listing, by=people["staff"], at=NOW + DAY)
    record_payment(
        holder=listing.holder, listing=listing, paid_on=notice.told_on, amount_won=notice.owed_won, reference="N-1",
        by=people["staff"], at=NOW + 2 * DAY,
    )  # fmt: skip
    assert told(datetime.date(2027, 7, 1)) == set()
