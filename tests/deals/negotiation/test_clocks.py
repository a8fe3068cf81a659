import pytest
import time_machine

from deals.queries.negotiation import waiting_kinds
from deals.services.negotiation import clocks
from deals.services.negotiation.close import close
from deals.services.negotiation.say import say
from deals.tasks import tend_negotiations
from notifications.models import Notification
from tech_listings.services.market import close as close_listing
from tech_listings.services.publish import withdraw as withdraw_listing
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.mandates import manager_of
from tests.factories.deals.negotiation import DAY, asked, brokered, offered, opened, staff_of
from tests.waiting import asks

waiting_on = asks(waiting_kinds)

pytestmark = pytest.mark.django_db


def told(kind):
    return set(Notification.objects.filter(kind=kind).values_list("recipient", flat=True))


def tend(at):
    day = TODAY + (at - NOW)
    return sum(clocks.tell(negotiation_id=pk, at=at) for pk in clocks.due_for_telling(day))


def test_reminded_then_late_then_its_managers_are_called():
    found = opened()
    firm, manager, holder = staff_of(found.firm), manager_of(found.firm), staff_of(found.holder)
    assert tend(NOW + 11 * DAY) == 0
    assert tend(NOW + 12 * DAY) == 1
    assert {firm.pk, manager.pk} <= told("negotiation_due_soon")
    assert holder.pk not in told("negotiation_due_soon")
    assert tend(NOW + 13 * DAY) == tend(NOW + 14 * DAY) == 0
    assert tend(NOW + 15 * DAY) == 1
    assert {firm.pk, manager.pk} <= told("negotiation_late")
    assert holder.pk in told("negotiation_answer_late")
    assert found.entries.filter(kind="late").count() == 1
    assert tend(NOW + 20 * DAY) == 0
    assert tend(NOW + 21 * DAY) == 1
    assert manager.pk in told("negotiation_escalated")
    assert firm.pk not in told("negotiation_escalated")
    assert tend(NOW + 40 * DAY) == 0
    found.refresh_from_db()
    assert found.is_late_on(TODAY + 15 * DAY)


def test_a_missed_round_says_late_and_calls_the_managers_at_once():
    found = opened()
    manager = manager_of(found.firm)
    assert tend(NOW + 30 * DAY) == 1
    assert manager.pk in told("negotiation_late")
    assert manager.pk in told("negotiation_escalated")
    assert told("negotiation_due_soon") == set()


def test_who_answered_is_not_reminded_and_a_new_turn_has_a_new_clock():
    found = opened()
    holder = staff_of(found.holder)
    say(negotiation=found, kind="message", text="Yes", by=staff_of(found.firm), at=NOW)
    assert clocks.due_for_telling(TODAY + 100 * DAY) == []
    asked(found, at=NOW + 20 * DAY)
    later = NOW + (20 + found.holder.answer_days + 1) * DAY
    assert tend(later) == 1
    assert holder.pk in told("negotiation_late")
    close(negotiation=found, outcome="price", by=staff_of(found.firm), at=later)
    assert clocks.due_for_telling(TODAY + 100 * DAY) == []
    assert not clocks.tell(negotiation_id=found.pk, at=later)


def test_the_task_lapses_lets_go_and_tells_in_office_hours_only():
    offer = offered()
    found = offer.negotiation
    part = brokered(found, ends_on=TODAY + 3 * DAY)
    with time_machine.travel((NOW + 31 * DAY).replace(hour=3), tick=False):
        assert tend_negotiations() == 1
    part.refresh_from_db()
    offer.refresh_from_db()
    assert (part.left_at is not None, offer.state) == (True, "offered")
    with time_machine.travel(NOW + 31 * DAY, tick=False):
        assert tend_negotiations() == 1
    offer.refresh_from_db()
    assert offer.state == "lapsed"


def test_home_says_what_waits_for_an_organization(at_now):
    found = opened()
    firm, holder = staff_of(found.firm), staff_of(found.holder)
    line = waiting_on(firm, found.firm)[0]
    assert found.number in line.title
    assert (line.url, line.due_on, line.is_overdue) == (
        f"/negotiations/{found.public_id}/", TODAY + 14 * DAY, False,
    )  # fmt: skip
    assert waiting_on(firm, found.firm, today=TODAY + 15 * DAY)[0].is_overdue
    assert waiting_on(holder, found.holder) == []
    viewer = MembershipFactory(organization=found.firm, role="viewer").user
    assert waiting_on(viewer, found.firm) == []
    part = brokered(found)
    assert [each.url for each in waiting_on(staff_of(part.organization), part.organization)] == [line.url]


def test_home_asks_about_what_rests(django_assert_num_queries, at_now):
    found = opened()
    firm = staff_of(found.firm)
    say(negotiation=found, kind="message", text="Yes", by=firm, at=NOW)
    assert waiting_on(firm, found.firm, today=TODAY + 30 * DAY) == []
    for side in (found.firm, found.holder):
        lines = waiting_on(staff_of(side), side, today=TODAY + 31 * DAY)
        assert ["Go on with" in line.title for line in lines] == [True]


@pytest.mark.parametrize("how", ["withdrawn", "closed"])
def test_the_firm_hears_when_the_technology_leaves_the_market(how):
    found = opened()
    firm, manager = staff_of(found.firm), manager_of(found.holder)
    listing = found.listing
    listing.refresh_from_db()
    if how == "withdrawn":
        withdraw_listing(listing=listing, reason="sold", by=manager, at=NOW)
    else:
        close_listing(listing=listing, outcome="not_traded", text="x", by=manager, at=NOW)
    assert firm.pk in told("negotiation_listing_gone")
    found.refresh_from_db()
    assert found.state == "open"
    close(negotiation=found, outcome="rights", by=firm, at=NOW)
    listing.refresh_from_db()
    assert listing.state == how
