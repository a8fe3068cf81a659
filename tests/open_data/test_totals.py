"""Totals say nothing of one firm."""

import pytest
from django.test import Client

from open_data.queries.totals import FEW
from programmes.enums.applications import APPLICATION_STATES, ApplicationState
from tests.factories.accounts import OrganizationFactory
from tests.factories.vouchers.money import agreement_row, application_row, call_row, issued
from vouchers.enums.vouchers import VOUCHER_STATES, VoucherState

pytestmark = pytest.mark.django_db


def vouchers_of(call):
    (found,) = [each for each in Client().get("/api/v1/totals/").json()["vouchers"] if each["call"] == call.number]
    return found


def test_of_few_firms_nothing_is_said_however_many_vouchers_they_have():
    call, firm = call_row(), OrganizationFactory()
    for _number in range(FEW):
        ended = issued(agreement_row(application_row(call, firm=firm)))
        VOUCHER_STATES.move(ended, VoucherState.EXPIRED)
        APPLICATION_STATES.move(ended.agreement.application, ApplicationState.LAPSED)
    nothing = {"vouchers": None, "face_won": None, "bound_won": None, "paid_won": None}
    assert vouchers_of(call) == {"call": call.number, **nothing}
    for _number in range(FEW - 2):
        issued(agreement_row(application_row(call)))
    assert vouchers_of(call)["vouchers"] is None
    last = issued(agreement_row(application_row(call)))
    said = vouchers_of(call)
    assert said["vouchers"] == 2 * FEW - 1
    assert said["face_won"] == said["vouchers"] * last.face_won
