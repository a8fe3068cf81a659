"""Pages of vouchers: what each reads and may do, and what a refusal leaves."""

import csv
import io
import uuid

import pytest
import time_machine
from django.urls import reverse

from accounts.enums import Role
from accounts.models import BusinessProfile
from programmes.scheme import Service, Words
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.vouchers.life import pay_in
from tests.factories.vouchers.money import (
    MILLION,
    NOW,
    agreement_row,
    application_row,
    call_row,
    issued,
    officer,
    scheme,
    spend,
    waiting,
)
from tests.waiting import asks
from vouchers.enums.vouchers import ChangeKind, VoucherState
from vouchers.queries.life import changes_of
from vouchers.queries.waiting import waiting_kinds
from vouchers.services.life.changes import ask_change

waiting_on = asks(waiting_kinds)
CANARY = "CANARY-8141"
MENU = tuple(Service(key, Words(key), key) for key in ("plan", "test"))


@pytest.fixture(autouse=True)
def _then():
    with time_machine.travel(NOW, tick=False):
        yield


def who(voucher):
    """Everybody who could have to do with it."""
    office, firm = voucher.line.call.office, voucher.holder
    both = officer(office)
    MembershipFactory(user=both, organization=firm)
    return {
        "manager": MembershipFactory(organization=firm, manager=True).user,
        "staff": MembershipFactory(organization=firm, role=Role.STAFF).user,
        "viewer": MembershipFactory(organization=firm, role=Role.VIEWER).user,
        "officer": officer(office),
        "officer_viewer": officer(office, Role.VIEWER),
        "both": both,
        "other_office": officer(MembershipFactory(government=True).organization),
        "other_firm": MembershipFactory(company=True).user,
        "broker": MembershipFactory(broker=True).user,
        "root": MembershipFactory(user__is_superuser=True).user,
    }


PAYMENT = {"amount_won": "5", "received_on": "2026-11-20", "reference": "R", "key": str(uuid.uuid4())}
LONGER = {"kind": "extend", "valid_until": "2028-01-01", "text": "x"}
SEES = {"manager", "staff", "viewer", "officer", "officer_viewer", "both"}
ACTS = {
    "voucher_deposit": ({"officer"}, PAYMENT, "waiting"),
    "voucher_suspend": ({"officer"}, {"suspend-text": "x"}, "issued"),
    "voucher_resume": ({"officer"}, {"resume-text": "x"}, "suspended"),
    "voucher_end": ({"officer"}, {"end-text": "x"}, "issued"),
    "voucher_withdraw": ({"manager"}, {"withdraw-text": "x"}, "waiting"),
    "voucher_change": ({"manager", "staff", "both"}, LONGER, "issued"),
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_who_does_what(client, act):
    may, given, state = ACTS[act]
    voucher = waiting(own_won=10) if state == "waiting" else issued()
    if state == "suspended":
        voucher.state = VoucherState.SUSPENDED
        voucher.save()
    people = who(voucher)
    for name in sorted(people, key=lambda name: name in may):  # who may not first: it is left as it was
        sign_in(client, people[name])
        answer = client.post(reverse(f"vouchers:{act}", args=[voucher.public_id]), given)
        expected = 302 if name in may else 403 if name in SEES else 404
        assert answer.status_code == expected, (name, act)
        voucher.refresh_from_db()
        if name not in may:
            assert voucher.state == {"waiting": "waiting", "suspended": "suspended"}.get(state, "issued")
            assert not voucher.changes.exists()


def test_who_sees_it(client):
    voucher = issued()
    for name, person in who(voucher).items():
        sign_in(client, person)
        answer = client.get(reverse("vouchers:voucher", args=[voucher.public_id]))
        assert answer.status_code == (200 if name in SEES else 404), name


def test_the_firm_reads_where_its_money_is(client):
    voucher = spend(issued(government_won=40 * MILLION), 10 * MILLION)
    sign_in(client, voucher.agreement.application.submitted_by)
    page = client.get(reverse("vouchers:voucher", args=[voucher.public_id])).text
    assert "Choose providers and order services until" in page
    for figure in ("40,000,000", "30,000,000", "10,000,000"):
        assert figure in page
    assert "What the office can do" not in page
    assert 'class="money-paid" x="0.00" width="25.00"' in page


def test_an_officer_enters_the_own_share(client):
    voucher = waiting(own_won=10 * MILLION)
    sign_in(client, officer(voucher.line.call.office))
    page = reverse("vouchers:voucher", args=[voucher.public_id])
    assert "10,000,000" in client.get(page).text
    given = {**PAYMENT, "amount_won": "10,000,000"}
    for _time in range(2):  # a form that is sent twice is one payment
        answer = client.post(reverse("vouchers:voucher_deposit", args=[voucher.public_id]), given)
        assert answer.status_code == 302
    voucher.refresh_from_db()
    assert (voucher.state, voucher.deposits.count()) == (VoucherState.ISSUED, 1)
    answer = client.post(reverse("vouchers:voucher_deposit", args=[voucher.public_id]), {**given, "amount_won": "7"})
    assert answer.status_code == 409


def test_a_sum_above_what_is_missing_is_asked_once(client):
    voucher = waiting(own_won=12 * MILLION)
    sign_in(client, officer(voucher.line.call.office))
    page = reverse("vouchers:voucher", args=[voucher.public_id])
    assert 'name="confirmed"' not in client.get(page).text
    given, send = {**PAYMENT, "amount_won": "50,000,000"}, reverse("vouchers:voucher_deposit", args=[voucher.public_id])
    asked = client.post(send, given)
    assert asked.status_code == 422
    assert 'name="confirmed"' in asked.text
    assert 'value="50000000"' in asked.text or "50,000,000" in asked.text
    assert not voucher.deposits.exists()
    assert client.post(send, {**given, "confirmed": "on"}).status_code == 302
    voucher.refresh_from_db()
    assert (voucher.state, voucher.deposits.get().amount_won) == (VoucherState.ISSUED, 50 * MILLION)


def test_the_page_says_where_the_own_share_is_paid_in(client):
    voucher = waiting(own_won=10 * MILLION)
    page, office = reverse("vouchers:voucher", args=[voucher.public_id]), voucher.line.call.office
    clerk = officer(office)
    sign_in(client, voucher.agreement.application.submitted_by)
    assert "Ask it where to pay" in client.get(page).text
    sign_in(client, clerk)
    assert "Enter the account of your office" in client.get(page).text
    BusinessProfile.objects.create(organization=office, bank_code="011", bank_account="900012345678")
    for person in (clerk, voucher.agreement.application.submitted_by):
        sign_in(client, person)
        text = client.get(page).text
        assert "900012345678" in text
        assert office.name in text
        assert "Ask it where to pay" not in text
        assert "Enter the account of your office" not in text
    pay_in(voucher, 10 * MILLION)
    assert "900012345678" not in client.get(page).text


def test_a_manager_of_the_office_is_told_to_enter_its_account(client):
    voucher = waiting(own_won=10 * MILLION)
    office = voucher.line.call.office
    boss = officer(office, Role.MANAGER)
    asks_for_it = [each.title for each in waiting_on(boss, office, today=NOW.date())]
    assert "Enter the account of your office" in asks_for_it
    sign_in(client, boss)
    call = reverse("programmes:office_call", args=[voucher.line.call.public_id])
    assert "Enter the account of your office" in client.get(call).text
    BusinessProfile.objects.create(organization=office, bank_code="011", bank_account="900012345678")
    asks_for_it = [each.title for each in waiting_on(boss, office, today=NOW.date())]
    assert "Enter the account of your office" not in asks_for_it
    assert "Enter the account of your office" not in client.get(call).text


def test_more_than_may_go_back_is_said_beside_what_was_typed(client):
    voucher = waiting(own_won=10 * MILLION)
    pay_in(voucher, 12 * MILLION)
    sign_in(client, officer(voucher.line.call.office))
    given = {**PAYMENT, "amount_won": "3,000,000", "reference": "R-1", "key": uuid.uuid4()}
    more = {f"refund-{name}": value for name, value in given.items()}
    answer = client.post(reverse("vouchers:voucher_refund", args=[voucher.public_id]), more)
    assert answer.status_code == 422
    assert 'value="R-1"' in answer.text
    assert "are to go back to the firm" in answer.text
    assert voucher.deposits.count() == 1


def test_a_form_that_is_refused_stands_open_with_what_was_typed(client):
    voucher = waiting(own_won=10)
    sign_in(client, officer(voucher.line.call.office))
    given = {**PAYMENT, "received_on": "2026-12-24", "reference": "typed"}
    answer = client.post(reverse("vouchers:voucher_deposit", args=[voucher.public_id]), given)
    assert answer.status_code == 422
    assert "still to come" in answer.text
    assert 'value="typed"' in answer.text
    assert not voucher.deposits.exists()


def test_a_change_is_asked_and_decided_on_pages(client):
    voucher = issued(agreement_row(application_row(call_row(scheme=scheme(menu=MENU)))))
    boss = voucher.agreement.application.submitted_by
    sign_in(client, boss)
    form = reverse("vouchers:voucher_change", args=[voucher.public_id])
    assert "End early" in client.get(form).text
    assert client.post(form, {"kind": "plan", "text": "x"}).status_code == 422
    assert client.post(form, {"kind": "plan", "text": "x", "services": ["test"]}).status_code == 302
    change = voucher.changes.get()
    words = next(str(each.words) for each in MENU if each.key == "test")
    assert [named for _change, named, _until in changes_of(voucher)] == [[words]]
    sign_in(client, officer(voucher.line.call.office))
    shown = client.get(reverse("vouchers:voucher", args=[voucher.public_id])).text
    assert "Decide" in shown
    assert f">{words}</dd>" in shown.replace("\n", "").replace("  ", "")
    decide = reverse("vouchers:change_decide", args=[change.public_id])
    assert client.post(decide, {"decide-approve": "", "decide-text": "x"}).status_code == 422
    assert client.post(decide, {"decide-approve": "yes", "decide-text": "Fine."}).status_code == 302
    change.refresh_from_db()
    assert change.state == "approved"


def test_staff_of_the_firm_is_not_offered_the_end(client):
    voucher = issued()
    sign_in(client, MembershipFactory(organization=voucher.holder).user)
    form = reverse("vouchers:voucher_change", args=[voucher.public_id])
    assert "End early" not in client.get(form).text
    assert client.post(form, {"kind": "end", "text": "x"}).status_code == 422
    assert not voucher.changes.exists()


def test_a_request_is_taken_back(client):
    voucher = issued()
    boss = voucher.agreement.application.submitted_by
    change = ask_change(voucher=voucher, kind=ChangeKind.END, text="x", by=boss, at=NOW)
    sign_in(client, boss)
    assert client.post(reverse("vouchers:change_withdraw", args=[change.public_id])).status_code == 302
    change.refresh_from_db()
    assert change.state == "withdrawn"
    sign_in(client, MembershipFactory(company=True).user)
    assert client.post(reverse("vouchers:change_withdraw", args=[change.public_id])).status_code == 404


def test_the_list_shows_and_exports_what_one_may_see(client):
    mine = issued()
    other = issued(agreement_row(application_row(firm=MembershipFactory(organization__name=CANARY).organization)))
    clerk = officer(mine.line.call.office)
    sign_in(client, clerk)
    listed = reverse("vouchers:vouchers")
    assert mine.number in client.get(listed).text
    for address in (listed, reverse("vouchers:vouchers_export")):
        answer = client.get(address)
        body = answer.text if not answer.streaming else b"".join(answer.streaming_content).decode()
        assert CANARY not in body
        assert other.number not in body
    rows = list(csv.reader(io.StringIO(body.lstrip("﻿"))))
    assert rows[1][0] == mine.number
    assert "No voucher has all of this" in client.get(listed, {"state": "closed"}).text
    for query in ({"q": mine.number}, {"q": mine.holder.name}, {"state": "issued"}, {"ends_before": "2028-01-01"},
                  {"asked": "false"}, {"order": "open"}):  # fmt: skip
        assert mine.number in client.get(listed, query).text, query
    assert mine.number not in client.get(listed, {"asked": "true"}).text


def test_who_has_to_do_with_no_voucher(client):
    sign_in(client, MembershipFactory(institute=True).user)
    assert client.get(reverse("vouchers:vouchers")).status_code == 403
    sign_in(client, MembershipFactory(company=True).user)
    assert "No voucher yet" in client.get(reverse("vouchers:vouchers")).text


def test_reading_changes_nothing(client):
    voucher = waiting(own_won=0)
    sign_in(client, officer(voucher.line.call.office))
    for name in ("voucher_deposit", "voucher_suspend", "voucher_end"):
        assert client.get(reverse(f"vouchers:{name}", args=[voucher.public_id])).status_code == 302
    voucher.refresh_from_db()
    assert voucher.state == VoucherState.WAITING
