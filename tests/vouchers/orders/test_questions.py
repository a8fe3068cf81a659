"""Lists and pages of vouchers ask the database as often for many rows as for few."""

import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.accounts import OrganizationFactory, sign_in
from tests.factories.vouchers.money import MILLION, NOW, call_row, officer
from tests.factories.vouchers.orders import (
    SCHEME,
    answered,
    approved,
    given,
    known,
    provider,
    running,
    sent,
    staff,
    voucher,
)

FIRM = ("/vouchers/", "/voucher-orders/", "/claims/", "/quotations/", "/api/v1/voucher-orders/", "/api/v1/vouchers/")
PROVIDER = ("/voucher-orders/", "/claims/", "/quotations/", "/provider-statement/", "/api/v1/voucher-claims/")
OFFICE = ("/vouchers/", "/voucher-orders/", "/claims/", "/payment-files/", "/api/v1/payment-files/")


def asked(client, address):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200, address
    return len(seen)


def test_as_often_for_nine_rows_as_for_three():
    firm, of = known(OrganizationFactory(company=True)), provider()
    office = OrganizationFactory(government=True)

    def grow(times):
        for _time in range(times):
            made = voucher(firm=firm, call=call_row(office=office, scheme=SCHEME))
            given(made, of=of, service="promotion")
            claim = approved(running(made, of=of, supply_won=4 * MILLION))
            approved(running(made, of=of, service="strategy", supply_won=4 * MILLION))
            answered(sent(claim))

    people = ((staff(firm), FIRM), (staff(of), PROVIDER), (officer(office), OFFICE))
    with time_machine.travel(NOW, tick=False):
        clients = [(sign_in(Client(), person), address) for person, addresses in people for address in addresses]
        grow(3)
        for client, address in clients:
            client.get(address)
        few = [asked(client, address) for client, address in clients]
        grow(6)
        many = [asked(client, address) for client, address in clients]
    assert {each[1]: pair for each, *pair in zip(clients, few, many, strict=True) if pair[1] > pair[0]} == {}
    assert max(many) <= 36
