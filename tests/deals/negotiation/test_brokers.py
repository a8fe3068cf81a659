import pytest
import time_machine
from django.urls import reverse

from deals.models import Negotiation, NegotiationBroker
from deals.queries.seats import invitable
from deals.services.negotiation import clocks
from deals.services.negotiation.brokers import bring_in, let_go
from deals.services.negotiation.say import say
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.factories.accounts import sign_in
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.mandates import ended, in_force, manager_of, offered, registered
from tests.factories.deals.negotiation import DAY, brokered, opened, staff_of
from tests.factories.tech_listings import ListingFactory

pytestmark = pytest.mark.django_db


def test_brought_in_under_the_mandate_it_reads_and_speaks_for_its_side(at_now):
    found = opened()
    part = brokered(found, side="firm")
    broker = staff_of(part.organization)
    assert list(Negotiation.objects.visible_to(broker)) == [found]
    said = say(negotiation=found, kind="question", text="For our client: how long?", by=broker, at=NOW).entry
    assert (said.side, said.organization) == ("firm", part.organization)
    found.refresh_from_db()
    assert found.turn == "holder"
    assert Notification.objects.filter(
        kind="negotiation_broker_joined", recipient=manager_of(part.organization)
    ).exists()


def test_the_same_again_is_the_same_part():
    found = opened()
    part = brokered(found)
    by = manager_of(found.firm)
    assert bring_in(negotiation=found, mandate=part.mandate, broker=part.organization, by=by, at=NOW) == part
    assert found.brokers.count() == 1


def test_a_second_click_leads_to_the_page_as_the_first_did(client, at_now):
    found = opened()
    mandate = in_force(client=found.holder)
    sign_in(client, staff_of(found.holder))
    page = reverse("deals:negotiation", args=[found.public_id])
    for _ in range(2):
        answer = client.post(
            reverse("deals:negotiation_bring_in", args=[found.public_id]), {"broker": str(mandate.broker.public_id)}
        )
        assert answer.url == page
    assert found.brokers.count() == 1


@pytest.mark.parametrize("which", ["of another client", "ended", "only offered", "not begun", "another technology"])
def test_only_under_a_mandate_of_the_side_in_force_about_this(which):
    found = opened()
    by = manager_of(found.holder)
    mandate = {
        "of another client": lambda: in_force(),
        "ended": lambda: ended(client=found.holder, at=NOW - 5 * DAY),
        "only offered": lambda: offered(client=found.holder),
        "not begun": lambda: in_force(client=found.holder, starts_on=TODAY + DAY),
        "another technology": lambda: in_force(client=found.holder, listings=[ListingFactory(holder=found.holder)]),
    }[which]()
    with pytest.raises(DomainError) as refused:
        bring_in(negotiation=found, mandate=mandate, broker=mandate.broker, by=by, at=NOW)
    assert refused.value.field == "mandate"
    assert not found.brokers.exists()
    assert invitable(found, "holder", TODAY) == []


def test_a_mandate_about_the_technology_does_and_each_agreed_partner_may_come():
    found = opened()
    broker, fellow = registered(), registered()
    mandate = in_force(
        client=found.holder, broker=broker, listings=[found.listing], shares={broker: 6_000, fellow: 4_000}
    )
    assert {each.organization for each in invitable(found, "holder", TODAY)} == {broker, fellow}
    bring_in(negotiation=found, mandate=mandate, broker=fellow, by=staff_of(found.holder), at=NOW)
    assert [each.organization for each in invitable(found, "holder", TODAY)] == [broker]
    with pytest.raises(DomainError):
        bring_in(negotiation=found, mandate=mandate, broker=registered(), by=staff_of(found.holder), at=NOW)


def test_the_other_side_brings_in_nobody_for_this_one():
    found = opened()
    mandate = in_force(client=found.holder)
    for by in (manager_of(found.firm), manager_of(mandate.broker)):
        with pytest.raises(NotAllowed):
            bring_in(negotiation=found, mandate=mandate, broker=mandate.broker, by=by, at=NOW)
    assert not found.brokers.exists()


def test_nobody_sits_on_both_sides():
    found = opened()
    part = brokered(found, side="holder")
    # The technology was not found for a need of the firm, so that the mandate asks about no conflict.
    of_firm = in_force(client=found.firm, broker=part.organization)
    with pytest.raises(NotPossibleNow, match="other side"):
        bring_in(negotiation=found, mandate=of_firm, broker=part.organization, by=manager_of(found.firm), at=NOW)
    assert found.brokers.count() == 1


def test_sent_out_or_gone_it_sees_nothing_and_may_come_again(at_now):
    found = opened()
    part = brokered(found)
    broker = staff_of(part.organization)
    with pytest.raises(NotAllowed):
        let_go(part=part, by=staff_of(found.holder), at=NOW)
    let_go(part=part, by=broker, at=NOW)
    let_go(part=part, by=staff_of(found.firm), at=NOW)
    assert found.entries.filter(kind="broker_left").count() == 1
    assert not Negotiation.objects.visible_to(broker).exists()
    with pytest.raises(NotAllowed):
        say(negotiation=found, kind="message", text="x", by=broker, at=NOW)
    bring_in(negotiation=found, mandate=part.mandate, broker=part.organization, by=manager_of(found.firm), at=NOW)
    assert Negotiation.objects.visible_to(broker).exists()


def test_with_the_mandate_it_leaves_the_moment_the_day_is_over():
    found = opened()
    part = brokered(found, ends_on=TODAY + 3 * DAY)
    broker = staff_of(part.organization)
    with time_machine.travel(NOW + 3 * DAY, tick=False):
        assert Negotiation.objects.visible_to(broker).exists()
        assert clocks.due_to_leave(TODAY + 3 * DAY) == []
    after = NOW + 4 * DAY
    with time_machine.travel(after, tick=False):
        assert not Negotiation.objects.visible_to(broker).exists()
    with pytest.raises(NotAllowed):
        say(negotiation=found, kind="message", text="x", by=broker, at=after)
    assert clocks.due_to_leave(TODAY + 4 * DAY) == [found.pk]
    assert clocks.leave(negotiation_id=found.pk, at=after) == 1
    assert clocks.leave(negotiation_id=found.pk, at=after) == 0
    part.refresh_from_db()
    assert (part.left_at, part.left_by) == (after, None)
    assert found.entries.filter(kind="broker_left").count() == 1
    assert NegotiationBroker.objects.filter(left_at__isnull=True).count() == 0
