"""Totals say nothing of one firm, nor does what changed between two of them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from open_data.models import CallTotal
from open_data.services import totals as service
from open_data.services.totals import FEW, NUMBERS, count_totals
from programmes.enums.applications import APPLICATION_STATES, ApplicationState
from tests.factories.accounts import OrganizationFactory
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
    (last,) = vouchers_of_firms(call, 1)
    said = said_of(call)
    assert said["vouchers"] == 2 * FEW - 1
    assert said["face_won"] == said["vouchers"] * last.face_won
    assert said["paid_won"] is None


def test_one_day_taken_from_the_next_says_nothing_of_one_firm():
    call = call_row()
    vouchers_of_firms(call, FEW)
    before = said_of(call)
    late = vouchers_of_firms(call, FEW - 1)
    assert said_of(call) == before
    late += vouchers_of_firms(call, 1)
    after = said_of(call)
    assert after["face_won"] - before["face_won"] == sum(each.face_won for each in late)


def test_each_amount_waits_for_firms_of_its_own(monkeypatch):
    call, paid = call_row(), {}
    of_firms = {**{key: {} for key in NUMBERS}, "face_won": {"1": 9_000, "2": 9_000, "3": 9_000, "4": 9_000}}
    monkeypatch.setattr(service, "_of_firms", lambda: {call.pk: of_firms | {"paid_won": dict(paid)}})
    before = said_of(call)
    assert before == NOTHING | {"face_won": 36_000}
    paid |= {"1": 1_000, "2": 2_000}
    assert said_of(call) == before
    paid["4"] = 7_000  # the third firm
    assert said_of(call) == before | {"paid_won": 10_000}
    # What was said goes on being compared with: one firm more is one firm, and so is one that has less.
    paid["3"] = 5_000
    del paid["1"]
    assert said_of(call)["paid_won"] == 10_000
    paid["2"] = 3_000
    assert said_of(call)["paid_won"] == 15_000


def test_the_time_beside_it_is_that_of_what_is_said():
    call, first = call_row(), timezone.now()
    vouchers_of_firms(call, FEW)
    assert count_totals(at=first) == 1
    assert count_totals(at=first + timedelta(days=1)) == 0
    assert CallTotal.objects.get().counted_at == first
    (said,) = Client().get("/api/v1/totals/").json()["vouchers"]
    assert set(said) == {"call", "counted_at", *NUMBERS}
