"""Lists of recoveries and sanctions, the desk and the provider's page ask as often for nine rows as for three; what is
exported is what is shown."""

import csv
import io

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.accounts import OrganizationFactory, sign_in
from tests.factories.vouchers import orders
from tests.factories.vouchers.money import DAY, MILLION, call_row, officer
from tests.factories.vouchers.recovery import (
    LATER,
    accused,
    announced,
    confirmed,
    imposed,
    manager,
    paid_voucher,
    planned,
    proposed,
    received,
)

pytestmark = pytest.mark.django_db
OFFICE = (
    "/vouchers/recoveries/", "/vouchers/recoveries/export/", "/vouchers/recoveries/export/?format=xlsx",
    "/vouchers/sanctions/", "/vouchers/excluded/", "/vouchers/desk/", "/vouchers/desk/export/",
    "/vouchers/desk/export/?what=money", "/api/v1/vouchers/recoveries/", "/api/v1/vouchers/sanctions/",
)  # fmt: skip
FIRM = (
    "/vouchers/recoveries/", "/vouchers/sanctions/", "/api/v1/vouchers/recoveries/", "/api/v1/vouchers/sanctions/", "/",
)  # fmt: skip
PROVIDER = ("/vouchers/provider/", "/provider-statement/", "/provider-statement/export/", "/vouchers/recoveries/")


def grow(office, firm, provider, by):
    """A recovery announced, one in parts that is partly paid, a sanction of each kind, a claim paid and asked back."""
    call = call_row(office=office)
    announced(paid_voucher(call=call, firm=firm))
    kept = planned(confirmed(announced(paid_voucher(call=call_row(office=office), firm=firm))), count=4)
    received(kept, 1 * MILLION, reference=kept.number)
    imposed(proposed(kept, until_on=LATER.date() + 9 * DAY))
    accused(firm, office=office, until_on=LATER.date() + 9 * DAY, at=LATER - 60 * DAY) if by else None
    claim = orders.paid(orders.running(orders.voucher(call=call_row(office=office, scheme=orders.SCHEME)), of=provider))
    confirmed(announced(claim.order.voucher, debtor=provider, principal_won=1 * MILLION, ground="overpaid"))


def questions(client, where):
    with CaptureQueriesContext(connection) as asked:
        got = client.get(where)
        assert got.status_code == 200, where
        if got.streaming:
            list(got.streaming_content)
    return len(asked)


@time_machine.travel(LATER, tick=False)
def test_as_often_for_nine_as_for_three():
    office, firm = OrganizationFactory(government=True), orders.known(OrganizationFactory())
    provider = orders.provider()
    people = {
        officer(office): OFFICE, manager(firm): FIRM, orders.staff(provider): PROVIDER,
    }  # fmt: skip
    clients = {user: Client() for user in people}
    for user, client in clients.items():
        sign_in(client, user)
    counts = []
    for times in (3, 6):
        for serial in range(times):
            grow(office, firm, provider, by=serial == 0 and not counts)
        for user, pages in people.items():
            for where in pages:
                questions(clients[user], where)
        counts.append({(user.pk, where): questions(clients[user], where) for user in people for where in people[user]})
    few, many = counts
    assert {key: (few[key], many[key]) for key in few if many[key] > few[key]} == {}
    assert max(many.values()) <= 36


@time_machine.travel(LATER, tick=False)
def test_the_export_of_the_desk_is_what_the_desk_shows():
    office = OrganizationFactory(government=True)
    grow(office, orders.known(OrganizationFactory()), orders.provider(), by=True)
    client = Client()
    sign_in(client, officer(office))
    shown = client.get("/vouchers/desk/").context
    rows = list(csv.reader(io.StringIO(client.get("/vouchers/desk/export/").getvalue().decode("utf-8-sig"))))
    assert [row[1] for row in rows[1:]] == [task.number for task in shown["tasks"]]
    assert [row[2] for row in rows[1:]] == [task.due_on.isoformat() for task in shown["tasks"]]
    where = "/vouchers/desk/export/?what=money"
    rows = list(csv.reader(io.StringIO(client.get(where).getvalue().decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [line.call.number for line in shown["lines"]]
    assert sum(int(row[2]) for row in rows[1:]) == shown["money"].allocated_won
    assert sum(int(row[6]) for row in rows[1:]) == shown["money"].paid_won
    assert shown["chart"]["top_won"] == max(month.committed_won for month in shown["months"])
