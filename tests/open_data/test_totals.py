"""Totals say nothing of one firm, nor does what changed between two of them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.core.few import FEW
from open_data.models import CallTotal
from open_data.services import totals as service
from open_data.services.totals import NUMBERS, count_totals
from programmes.enums.applications import APPLICATION_STATES, ApplicationState
from tests.factories.accounts import OrganizationFactory
from tests.factories.policy.figures import merged
from tests.factories.vouchers.money import agreement_row, application_row, call_row, issued
from vouchers.enums.vouchers import VOUCHER_STATES, VoucherState

pytestmark = pytest.mark.django_db
NOTHING = dict.fromkeys(NUMBERS)


def said_of(call):
    """As everybody reads it after the next night."""
    count_totals(at=timezone.now())
    (found,) = [each for each in Client().get("/api/v1/totals/").json()["vouchers"] if each["call"] == call.number]
    return {name: found[name] for name in NUMBERS}


def vouchers_of_firms(call, many):
    return [issued(agreement_row(application_row(call))) for _number in range(many)]


def test_of_few_firms_nothing_is_said_however_many_vouchers_they_have():
    call, firm = call_row(), OrganizationFactory()
    for _number in range(FEW):
        ended = issued(agreement_row(application_row(call, firm=firm)))
        VOUCHER_STATES.move(ended, VoucherState.EXPIRED)
        APPLICATION_STATES.move(ended.agreement.application, ApplicationState.LAPSED)
    assert said_of(call) == NOTHING
    vouchers_of_firms(call, FEW - 2)
    assert said_of(call) == NOTHING
    vouchers_of_firms(call, 1)
    assert said_of(call)["vouchers"] == 2 * FEW - 1


def test_one_day_taken_from_the_next_says_nothing_of_one_firm():
    call = call_row()
    vouchers_of_firms(call, FEW)
    before = said_of(call)
    late = vouchers_of_firms(call, FEW - 1)
    assert said_of(call) == before
    late += vouchers_of_firms(call, 1)
    after = said_of(call)
    assert after["vouchers"] - before["vouchers"] == len(late)


def counted(monkeypatch, call):
    """What the next nights will find each firm to have."""
    now = {}
    monkeypatch.setattr(service, "_of_firms", lambda: {call.pk: {"vouchers": dict(now)}})
    return now


def test_what_was_said_goes_on_being_compared_with(monkeypatch):
    call = call_row()
    now = counted(monkeypatch, call)
    now |= {"1": 1, "2": 2}
    assert said_of(call) == NOTHING
    now["4"] = 7  # the third firm
    assert said_of(call)["vouchers"] == 10
    # One firm more is one firm, and so is one that has less.
    now["3"] = 5
    del now["1"]
    assert said_of(call)["vouchers"] == 10
    now["2"] = 3
    assert said_of(call)["vouchers"] == 15


def test_a_number_that_shrank_to_one_firm_is_not_said(monkeypatch):
    """Three firms went out of it at once, and what is left is another one's alone."""
    call = call_row()
    now = counted(monkeypatch, call)
    now |= {"1": 1, "2": 2, "3": 3}
    assert said_of(call)["vouchers"] == 6
    now.clear()
    now["4"] = 7
    assert said_of(call)["vouchers"] == 6
    now.clear()
    assert said_of(call)["vouchers"] == 0  # of nobody anything can be said


def test_a_merger_is_no_change():
    """Two of three firms become one: with that alone, and one new firm beside it, nothing new is said."""
    call = call_row()
    made = vouchers_of_firms(call, FEW + 1)
    before = said_of(call)
    kept = CallTotal.objects.get()
    merged(made[0].holder, made[1].holder)
    assert said_of(call) == before
    assert CallTotal.objects.get().counted_at == kept.counted_at
    vouchers_of_firms(call, 2)
    assert said_of(call) == before
    vouchers_of_firms(call, 1)
    assert said_of(call)["vouchers"] == before["vouchers"] + FEW


def test_no_won_is_told_beside_the_months_of_the_figures():
    call = call_row()
    made = vouchers_of_firms(call, FEW)
    said_of(call)
    body = Client().get("/api/v1/totals/").content.decode()
    assert "won" not in body
    assert str(sum(each.face_won for each in made)) not in body


def test_the_time_beside_it_is_that_of_what_is_said():
    call, first = call_row(), timezone.now()
    vouchers_of_firms(call, FEW)
    assert count_totals(at=first) == 1
    assert count_totals(at=first + timedelta(days=1)) == 0
    assert CallTotal.objects.get().counted_at == first
    (said,) = Client().get("/api/v1/totals/").json()["vouchers"]
    assert set(said) == {"call", "counted_at", *NUMBERS}
