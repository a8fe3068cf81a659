"""What the days bring: reminders, lapses and ends, each told once to both sides."""

import pytest

from brokers.enums.mandates import MandateState
from brokers.models import Mandate
from brokers.services.mandates.answer import take_back
from brokers.services.mandates.nightly import tell_of_days
from notifications.models import Notification
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.mandates import DAY, ended, in_force, manager_of, offered, registered

pytestmark = pytest.mark.django_db


def told(mandate, organization):
    rows = Notification.objects.filter(recipient=manager_of(organization), target_id=mandate.public_id)
    days = ("mandate_ending", "mandate_over", "mandate_lapsed")
    return list(rows.filter(kind__in=days).order_by("pk").values_list("kind", flat=True))


def test_both_sides_hear_30_and_7_days_before_and_when_it_is_over():
    broker, fellow = registered(), registered()
    held = in_force(broker=broker, shares={broker: 5_000, fellow: 5_000})
    last = held.ends_on - TODAY
    steps = {31: 0, 30: 1, 29: 1, 8: 1, 7: 2, 1: 2, 0: 2, -1: 3, -2: 3}
    for left, many in steps.items():
        tell_of_days(at=NOW + last - left * DAY)
        for side in (held.client, broker, fellow):
            assert len(told(held, side)) == many, left
    assert told(held, broker) == ["mandate_ending", "mandate_ending", "mandate_over"]
    held.refresh_from_db()
    assert held.state == MandateState.ACCEPTED


def test_a_missed_night_heals_and_a_short_term_skips_what_lay_before():
    held = in_force(ends_on=TODAY + 5 * DAY)
    assert tell_of_days(at=NOW) == 1
    assert tell_of_days(at=NOW) == 0
    assert told(held, held.client) == ["mandate_ending"]
    assert tell_of_days(at=NOW + 90 * DAY) == 1
    assert told(held, held.client) == ["mandate_ending", "mandate_over"]


def test_a_lapsed_offer_is_told_once_and_what_was_closed_never():
    made, back = offered(), offered()
    take_back(mandate=back, by=back.offered_by, at=NOW)
    over = ended()
    assert tell_of_days(at=NOW + 30 * DAY) == 0
    assert tell_of_days(at=NOW + 31 * DAY) == 1
    assert tell_of_days(at=NOW + 32 * DAY) == 0
    assert told(made, made.client) == told(made, made.broker) == ["mandate_lapsed"]
    assert told(back, back.client) == told(over, over.client) == []
    assert Mandate.objects.get(pk=made.pk).state == MandateState.OFFERED
