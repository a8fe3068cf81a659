"""The neutral order: one rule, another order each day, the same for everybody and over all pages."""

import datetime
import hashlib
import random

import pytest
import time_machine
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokers.models import Registration
from brokers.queries.register import draw
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.register import agency, trader

pytestmark = pytest.mark.django_db
DAYS = st.dates(min_value=datetime.date(2026, 1, 1), max_value=datetime.date(2040, 12, 31))


def by_hand(numbers, day):
    """As the page explains it, written once more: the text, its sum, the smallest first."""
    return sorted(numbers, key=lambda n: (hashlib.md5(f"{day.isoformat()}|{n}".encode()).hexdigest(), n))


@pytest.fixture
def numbers():
    made = [agency().number for _ in range(12)] + [trader().number for _ in range(5)]
    assert len(set(made)) == 17
    return made


def sql_order(day):
    return list(Registration.objects.listed().in_neutral_order(day).values_list("number", flat=True))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=DAYS)
def test_sql_and_the_published_rule_agree_on_every_day(numbers, day):
    found = sql_order(day)
    assert sorted(found) == sorted(numbers)  # a permutation: nobody is lost, nobody stands twice
    assert found == by_hand(numbers, day)
    assert [draw(day, number) for number in found] == sorted(draw(day, number) for number in numbers)


def test_another_day_draws_anew_and_nobody_stays_first(numbers):
    days = [TODAY + datetime.timedelta(days=n) for n in range(60)]
    firsts = {sql_order(day)[0] for day in days}
    assert sql_order(days[0]) != sql_order(days[1])
    assert len(firsts) > 8  # of 17: with an even draw about 16.5 are expected


def test_it_does_not_depend_on_who_came_first(numbers):
    before = sql_order(TODAY)
    for pk in random.Random(3).sample(list(Registration.objects.values_list("pk", flat=True)), 17):
        Registration.objects.filter(pk=pk).update(speciality="x")  # moves the row on the disk
    assert sql_order(TODAY) == before


def test_all_pages_together_are_the_order_for_visitors_and_members_alike(client, monkeypatch, numbers):
    monkeypatch.setattr("brokers.views.register.PER_PAGE", 5)
    with time_machine.travel(NOW, tick=False):
        pages = [client.get(reverse("brokers:register"), {"page": n}).context["entries"] for n in (1, 2, 3, 4)]
        api = client.get(reverse("brokers-api:brokers"), {"limit": 100}).json()["results"]
        explained = client.get(reverse("brokers:register_order"))
    shown = [entry.registration.number for page in pages for entry in page]
    assert shown == by_hand(numbers, TODAY)
    assert [row["number"] for row in api] == shown
    assert [row["drawn"] for row in api] == [draw(TODAY, number) for number in shown]
    assert f"{TODAY.isoformat()}|" in explained.text
    assert [number for number, _name, _sum in explained.context["drawn"]] == shown[:5]


def test_the_day_is_that_of_korea(client, numbers):
    late = datetime.datetime(2026, 6, 10, 16, tzinfo=datetime.UTC)  # the 11th in Korea
    with time_machine.travel(late, tick=False):
        shown = [entry.registration.number for entry in client.get(reverse("brokers:register")).context["entries"]]
    assert shown == by_hand(numbers, datetime.date(2026, 6, 11))


def test_a_chosen_order_says_so_and_falls_back_to_the_day(client, numbers):
    with time_machine.travel(NOW, tick=False):
        neutral = client.get(reverse("brokers:register"))
        chosen = client.get(reverse("brokers:register"), {"sort": "answer"})
        wrong = client.get(reverse("brokers:register"), {"sort": "paid"})
    assert "drawn anew each day" in neutral.text
    assert "You chose this order" in chosen.text
    # Nobody has such a figure: all stand as the day drew them.
    assert [e.registration.number for e in chosen.context["entries"]] == by_hand(numbers, TODAY)
    assert wrong.status_code == 200
