"""Vouchers for programs: the same rules as the pages."""

import uuid

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import BusinessProfile
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.vouchers.life import pay_in
from tests.factories.vouchers.money import MILLION, NOW, issued, officer, waiting
from vouchers.enums.vouchers import VoucherState

API = "/api/v1/vouchers/"
PAYMENT = {"amount_won": 10 * MILLION, "received_on": "2026-11-20", "reference": "R"}


@pytest.fixture(autouse=True)
def _then():
    with time_machine.travel(NOW, tick=False):
        yield


def of(person):
    client = APIClient()
    sign_in(client, person)
    return client


def test_a_firm_reads_its_vouchers_and_no_others():
    voucher, other = issued(), issued()
    client = of(voucher.agreement.application.submitted_by)
    found = client.get(API).json()["results"]
    assert [row["number"] for row in found] == [voucher.number]
    assert found[0]["open_won"] == 50 * MILLION
    assert client.get(f"{API}{voucher.public_id}/").json()["state"] == "issued"
    assert client.get(f"{API}{other.public_id}/").status_code == 404
    assert client.get(API, {"nonsense": 1}).status_code == 400
    assert of(MembershipFactory(institute=True).user).get(API).status_code == 403


def test_the_same_key_gives_the_first_answer_and_another_body_is_refused():
    voucher = waiting(own_won=10 * MILLION)
    client, key = of(officer(voucher.line.call.office)), str(uuid.uuid4())
    address = f"{API}{voucher.public_id}/deposit/"
    first = client.post(address, PAYMENT, format="json", headers={"Idempotency-Key": key})
    again = client.post(address, PAYMENT, format="json", headers={"Idempotency-Key": key})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = client.post(address, PAYMENT | {"amount_won": 1}, format="json", headers={"Idempotency-Key": key})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    voucher.refresh_from_db()
    assert (voucher.state, voucher.deposits.count()) == (VoucherState.ISSUED, 1)


def test_more_than_is_missing_has_to_be_confirmed():
    voucher = waiting(own_won=12 * MILLION)
    client, address = of(officer(voucher.line.call.office)), f"{API}{voucher.public_id}/deposit/"
    body, headers = PAYMENT | {"amount_won": 50 * MILLION}, {"Idempotency-Key": str(uuid.uuid4())}
    asked = client.post(address, body, format="json", headers=headers)
    assert (asked.status_code, asked.json()["code"]) == (409, "more_than_is_missing")
    assert not voucher.deposits.exists()
    assert client.post(address, body | {"confirmed": True}, format="json", headers=headers).status_code == 201


def test_where_the_own_share_is_paid_in():
    voucher = waiting(own_won=10 * MILLION)
    client, address = of(voucher.agreement.application.submitted_by), f"{API}{voucher.public_id}/"
    assert client.get(address).json()["pay_into"] is None
    office = voucher.line.call.office
    BusinessProfile.objects.create(organization=office, bank_code="011", bank_account="900012345678")
    assert client.get(address).json()["pay_into"] == {
        "bank": "NH NongHyup Bank", "account": "900012345678", "holder": office.name, "reference": voucher.number,
    }  # fmt: skip
    pay_in(voucher, 10 * MILLION)
    assert client.get(address).json()["pay_into"] is None


def test_who_may_act():
    voucher = issued()
    boss = voucher.agreement.application.submitted_by
    clerk = officer(voucher.line.call.office)
    for act in ("suspend", "resume", "end"):
        for person, expected in ((boss, 403), (MembershipFactory(company=True).user, 404)):
            answer = of(person).post(f"{API}{voucher.public_id}/{act}/", {"text": "x"}, format="json")
            assert answer.status_code == expected
    assert of(clerk).post(f"{API}{voucher.public_id}/suspend/", {"text": "x"}, format="json").status_code == 200
    assert of(clerk).post(f"{API}{voucher.public_id}/suspend/", {"text": "x"}, format="json").status_code == 409
    assert of(clerk).post(f"{API}{voucher.public_id}/end/", {}, format="json").status_code == 400


def test_a_change_is_asked_and_decided():
    voucher = issued()
    firm, clerk = of(voucher.agreement.application.submitted_by), of(officer(voucher.line.call.office))
    address = f"{API}{voucher.public_id}/changes/"
    body = {"kind": "extend", "text": "x", "valid_until": "2028-01-01"}
    first, again = (firm.post(address, body, format="json") for _time in range(2))
    assert first.status_code == 201
    assert first.json() == again.json()
    assert clerk.post(address, body, format="json").status_code == 403
    change = f"{API}changes/{first.json()['id']}/"
    assert firm.post(f"{change}decide/", {"approve": True, "text": "x"}, format="json").status_code == 403
    assert clerk.post(f"{change}withdraw/").status_code == 403
    assert clerk.post(f"{change}decide/", {"approve": True, "text": "x"}, format="json").json()["state"] == "approved"
    voucher.refresh_from_db()
    assert voucher.valid_until.isoformat() == "2028-01-01"
