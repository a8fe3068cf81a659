"""Pages of recoveries, the desk and the provider: who sees what, what each act does, how many questions."""

import uuid

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.enums import OrganizationKind
from accounts.models import BusinessProfile
from marketplace.core.money import won
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.vouchers.money import DAY, MILLION, NOW, officer
from tests.factories.vouchers.recovery import (
    LATER,
    announced,
    confirmed,
    imposed,
    manager,
    office_of,
    paid_voucher,
    planned,
    proposed,
    received,
)
from vouchers.models import Recovery, RecoveryReceipt, Sanction

pytestmark = pytest.mark.django_db


def browser(user):
    client = Client()
    sign_in(client, user)
    return client


API, SANCTIONS = "/api/v1/vouchers/recoveries/", "/api/v1/vouchers/sanctions/"


def token_client(user):
    """A program that has signed in as a person."""
    api = APIClient()
    sign_in(api, user)
    return api


def page(name, *given):
    return reverse(f"vouchers:{name}", args=[each.public_id for each in given])


@time_machine.travel(NOW, tick=False)
def test_an_officer_announces_on_the_page():
    voucher = paid_voucher()
    client = browser(officer(voucher.line.call.office))
    where = page("recovery_new", voucher)
    assert client.get(where).status_code == 200
    given = {
        "debtor": voucher.holder.public_id, "ground": "false", "principal_won": "10,000,000", "surcharge_won": "0",
        "interest_from": NOW.date().isoformat(), "text": "Copied.", "key": uuid.uuid4(),
    }  # fmt: skip
    assert client.post(where, {**given, "principal_won": "30,000,000"}).status_code == 422
    assert client.post(where, given).status_code == 302
    assert client.post(where, given).status_code == 302
    assert Recovery.objects.get().principal_won == 10 * MILLION


def test_who_sees_a_recovery_and_who_may_do_what():
    with time_machine.travel(NOW, tick=False):
        recovery = announced()
        office = office_of(recovery)
        people = {
            "announcer": (recovery.noticed_by, 200, 403, 403),
            "colleague": (officer(office), 200, 403, 302),
            "manager": (manager(recovery.debtor), 200, 302, 403),
            "clerk": (MembershipFactory(organization=recovery.debtor).user, 200, 403, 403),
            "stranger": (manager(OrganizationFactory()), 404, 404, 404),
            "other office": (officer(OrganizationFactory(government=True)), 404, 404, 404),
        }
        for name, (user, sees, objects, decides) in people.items():
            client = browser(user)
            assert client.get(page("recovery", recovery)).status_code == sees, name
            if name == "colleague":
                continue
            before = Recovery.objects.values("state", "decided_by").get()
            data = {"decide-confirm": "no", "decide-text": "x"}
            assert client.post(page("recovery_decide", recovery), data).status_code == decides, name
            assert Recovery.objects.values("state", "decided_by").get() == before
            answer = client.post(page("recovery_object", recovery), {"object-text": "We did it ourselves."})
            assert answer.status_code == objects, name
        assert Recovery.objects.get().state == "objected"
        colleague = browser(people["colleague"][0])
        data = {"decide-confirm": "yes", "decide-text": "Found."}
        assert colleague.post(page("recovery_decide", recovery), data).status_code == 302
    assert Recovery.objects.get().state == "confirmed"


@time_machine.travel(LATER, tick=False)
def test_plan_receipt_and_sanction_on_the_page():
    recovery = confirmed()
    client = browser(officer(office_of(recovery)))
    plan = {"plan-first_on": (LATER + 10 * DAY).date().isoformat(), "plan-count": "3"}
    assert client.post(page("recovery_plan", recovery), plan).status_code == 302
    boss, first = browser(manager(recovery.debtor)), recovery.instalments.get(serial=1)
    told = boss.get(page("recovery", recovery)).text
    assert f"Pay {won(first.amount_won)}, the next part, by" in told
    assert "ask the office for monthly parts" not in told
    receipt = {"amount_won": "1,000,000", "received_on": LATER.date().isoformat(), "reference": "B-1",
               "key": uuid.uuid4()}  # fmt: skip
    assert client.post(page("recovery_receipt", recovery), receipt).status_code == 302
    assert client.post(page("recovery_receipt", recovery), receipt).status_code == 302
    assert RecoveryReceipt.objects.count() == 1
    assert client.post(page("recovery_receipt", recovery), {**receipt, "amount_won": "2"}).status_code == 409
    again = client.post(page("recovery_receipt", recovery), {**receipt, "amount_won": "2", "key": uuid.uuid4()})
    assert again.status_code == 422
    assert "A payment of that day with this reference is entered already" in again.text
    data = {"sanction-kind": "exclusion", "sanction-until_on": "2027-11-20", "sanction-reason": "Copied.",
            "sanction-key": uuid.uuid4()}  # fmt: skip
    assert client.post(page("recovery_sanction", recovery), data).status_code == 302
    assert client.post(page("recovery_sanction", recovery), data).status_code == 302
    assert client.post(page("recovery_sanction", recovery), data | {"sanction-kind": "warning"}).status_code == 409
    sanction = recovery.sanctions.get()
    act = {"impose-impose": "yes", "impose-text": "So."}
    assert client.post(page("sanction_decide", sanction), act).status_code == 403
    other = browser(officer(office_of(recovery)))
    assert other.post(page("sanction_decide", sanction), act).status_code == 302
    shown = other.get(page("recovery", recovery))
    assert shown.status_code == 200
    public = Client().get(page("excluded")).content.decode()
    name = sanction.organization.name_in("en")
    assert name in public
    assert other.post(page("sanction_lift", sanction), {"lift-text": "Another firm."}).status_code == 302
    assert name not in Client().get(page("excluded")).content.decode()


def test_the_debtor_reads_where_to_pay():
    with time_machine.travel(LATER, tick=False):
        recovery, asked = confirmed(), announced()
        office, boss = office_of(recovery), manager(recovery.debtor)
        assert "Ask it where to pay" in browser(boss).get(page("recovery", recovery)).text
        assert token_client(boss).get(f"{API}{recovery.public_id}/").json()["pay_into"] is None
        BusinessProfile.objects.create(organization=office, bank_code="011", bank_account="900012345678")
        assert "900012345678" in browser(boss).get(page("recovery", recovery)).text
        found = token_client(boss).get(f"{API}{recovery.public_id}/").json()["pay_into"]
        assert (found["account"], found["reference"]) == ("900012345678", recovery.number)
        assert "Where to pay" not in browser(manager(asked.debtor)).get(page("recovery", asked)).text


@time_machine.travel(LATER, tick=False)
def test_list_and_exports_show_ones_own():
    recovery = planned()
    received(recovery, 1 * MILLION)
    announced()
    client = browser(manager(recovery.debtor))
    shown = client.get(page("recoveries"))
    assert [row.number for row, *_ in shown.context["rows"]] == [recovery.number]
    for form in ("", "?format=xlsx"):
        assert client.get(page("recoveries_export") + form).status_code == 200
    lines = client.get(page("recoveries_export")).getvalue().decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert client.get(page("recoveries") + "?state=dropped").status_code == 200


def questions(client, where):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(where).status_code == 200
    return len(asked)


@time_machine.travel(LATER, tick=False)
def test_the_desk_shows_what_waits_and_asks_as_often_for_more():
    recovery = announced()
    office = office_of(recovery)
    client = browser(recovery.noticed_by)
    proposed(confirmed(announced(paid_voucher(call=recovery.voucher.line.call))), by=officer(office))
    client.get(page("desk"))
    few = questions(client, page("desk"))
    for _ in range(3):
        announced(paid_voucher(call=recovery.voucher.line.call))
    assert questions(client, page("desk")) == few
    shown = client.get(page("desk"))
    mine = [task for task in shown.context["tasks"] if task.is_mine]
    assert [task.number for task in mine] == [recovery.number]
    line = recovery.voucher.line
    line.refresh_from_db()
    money = shown.context["money"]
    assert (money.allocated_won, money.paid_won, money.recovered_won) == (line.allocated_won, line.paid_won, 0)
    assert shown.context["months"][-1].paid_won == line.paid_won
    for query in ("", "?format=xlsx", "?what=money", "?what=money&format=xlsx"):
        assert client.get(page("desk_export") + query).status_code == 200
    rows = client.get(page("desk_export")).getvalue().decode("utf-8-sig").splitlines()
    assert len(rows) == len(shown.context["tasks"]) + 1


def test_the_desk_is_for_officers_and_the_providers_page_for_providers():
    firm, broker = OrganizationFactory(), OrganizationFactory(kind=OrganizationKind.BROKER)
    office = OrganizationFactory(government=True)
    for user, desk, provider in (
        (manager(firm), 403, 403), (manager(broker), 403, 200), (officer(office), 200, 403),
    ):  # fmt: skip
        client = browser(user)
        assert (client.get(page("desk")).status_code, client.get(page("provider")).status_code) == (desk, provider)


@time_machine.travel(NOW, tick=False)
def test_what_waits_stands_on_the_home_page():
    recovery = announced()
    assert recovery.number in browser(manager(recovery.debtor)).get("/").content.decode()
    assert recovery.number in browser(officer(office_of(recovery))).get("/").content.decode()
    assert recovery.number not in browser(recovery.noticed_by).get("/").content.decode()
    assert recovery.number not in browser(manager(OrganizationFactory())).get("/").content.decode()


@time_machine.travel(LATER, tick=False)
def test_a_sanction_is_seen_by_the_firm_once_it_is_imposed():
    sanction = proposed()
    client = browser(manager(sanction.organization))
    where = page("recovery", sanction.recovery)
    assert client.get(where).context["sanctions"] == []
    assert client.get(page("sanction", sanction)).status_code == 404
    assert list(client.get(page("sanctions")).context["page"]) == []
    imposed(sanction)
    assert [row.kind for row in client.get(where).context["sanctions"]] == ["exclusion"]
    assert client.get(page("sanction", sanction)).status_code == 200
    assert list(client.get(page("sanctions")).context["page"]) == [sanction]


def test_a_sanction_without_recovery_on_the_pages_from_proposal_to_the_public_list():
    with time_machine.travel(NOW, tick=False):
        voucher = paid_voucher()
        office, boss = voucher.line.call.office, manager(voucher.holder)
        first, second, firm = (browser(user) for user in (officer(office), officer(office), boss))
        given = {
            "business_number": voucher.holder.business_number_text, "ground": "false", "evidence": "Decision 17",
            "kind": "exclusion", "until_on": "2027-11-20", "reason": "The contract was forged.", "key": uuid.uuid4(),
        }  # fmt: skip
        where = page("sanction_new")
        assert first.get(where).status_code == 200
        assert first.post(where, {**given, "business_number": "999-99-99999"}).status_code == 422
        assert first.post(where, {**given, "until_on": ""}).status_code == 422
        assert firm.post(where, given).status_code == 403
        assert not Sanction.objects.exists()
        assert first.post(where, given).status_code == 302
        assert first.post(where, given).status_code == 302
        sanction = Sanction.objects.get()
        assert "You may answer until" in firm.get(page("sanction", sanction)).content.decode()
        yes = {"impose-impose": "yes", "impose-text": "So."}
        assert second.post(page("sanction_decide", sanction), yes).status_code == 409
        assert second.post(page("sanction_answer", sanction), {"answer-text": "x"}).status_code == 403
        assert firm.post(page("sanction_answer", sanction), {"answer-text": "It is not ours."}).status_code == 302
        assert first.post(page("sanction_decide", sanction), yes).status_code == 403
        assert Sanction.objects.get().state == "proposed"
        assert second.post(page("sanction_decide", sanction), yes).status_code == 302
        assert voucher.holder.name_in("en") in Client().get(page("excluded")).content.decode()
        assert sanction.reason not in Client().get(page("excluded")).content.decode()
    with time_machine.travel(NOW.replace(year=2027) + DAY, tick=False):
        assert voucher.holder.name_in("en") not in Client().get(page("excluded")).content.decode()


def test_the_api_of_sanctions_does_the_same():
    with time_machine.travel(LATER, tick=False):
        recovery = confirmed()
        office, boss = office_of(recovery), manager(recovery.debtor)
        one, other, firm = (token_client(user) for user in (recovery.noticed_by, officer(office), boss))
        stranger = token_client(manager(OrganizationFactory()))
        where = f"{API}{recovery.public_id}/sanctions/"
        body = {"kind": "exclusion", "until_on": "2027-11-20", "reason": "Copied."}
        key = {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
        assert [who.post(where, body, format="json", **key).status_code for who in (firm, stranger)] == [403, 404]
        made = one.post(where, body, format="json", **key)
        assert (made.status_code, made.json()["recovery"], made.json()["ground"]) == (201, recovery.number, "")
        assert one.post(where, body, format="json", **key).json() == made.json()
        assert one.post(where, body | {"kind": "warning"}, format="json", **key).status_code == 409
        own = f"{SANCTIONS}{made.json()['id']}/"
        assert [who.get(own).status_code for who in (one, firm, stranger)] == [200, 404, 404]
        yes = {"impose": True, "text": "So."}
        assert one.post(f"{own}decide/", yes, format="json").status_code == 403
        assert other.post(f"{own}decide/", yes, format="json").json()["state"] == "imposed"
        assert firm.get(own).json()["is_public"] is True
        assert [row["id"] for row in firm.get(SANCTIONS).json()["results"]] == [made.json()["id"]]
        assert stranger.get(SANCTIONS).json()["results"] == []
        assert firm.post(f"{own}lift/", {"text": "Please."}, format="json").status_code == 403
        assert other.post(f"{own}lift/", {"text": "Another firm."}, format="json").json()["state"] == "lifted"
        fraud = {**body, "organization": str(recovery.debtor.public_id), "ground": "convicted", "evidence": "J-1"}
        assert firm.post(SANCTIONS, fraud, format="json").status_code == 403
        assert one.post(SANCTIONS, fraud, format="json").status_code == 400
        heard = one.post(SANCTIONS, fraud, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid.uuid4())).json()
        own = f"{SANCTIONS}{heard['id']}/"
        assert other.post(f"{own}decide/", yes, format="json").status_code == 409
        assert other.post(f"{own}answer/", {"text": "x"}, format="json").status_code == 403
        assert firm.post(f"{own}answer/", {"text": "Not us."}, format="json").json()["answer"] == "Not us."
        assert other.post(f"{own}decide/", yes, format="json").json()["state"] == "imposed"


def test_the_api_does_the_same():
    with time_machine.travel(NOW, tick=False):
        voucher = paid_voucher()
        office = voucher.line.call.office
        by, boss = officer(office), manager(voucher.holder)
        one, other, debtor = (token_client(user) for user in (by, officer(office), boss))
        body = {
            "voucher": str(voucher.public_id), "debtor": str(voucher.holder.public_id), "ground": "false",
            "principal_won": 10 * MILLION, "interest_from": NOW.date().isoformat(), "text": "Copied.",
        }  # fmt: skip
        key = {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
        made = one.post(API, body, format="json", **key)
        assert (made.status_code, one.post(API, body, format="json", **key).json()["id"]) == (201, made.json()["id"])
        assert one.post(API, body | {"principal_won": 1}, format="json", **key).status_code == 409
        where = f"{API}{made.json()['id']}/"
        assert debtor.post(f"{where}object/", {"text": "We did it."}, format="json").status_code == 200
        decision = {"confirm": True, "text": "Found."}
        assert one.post(f"{where}decide/", decision, format="json").status_code == 403
        assert other.post(f"{where}decide/", decision, format="json").json()["state"] == "confirmed"
        owed = debtor.get(where).json()["left_won"]
        receipt = {"amount_won": owed, "received_on": NOW.date().isoformat(), "reference": "A-1"}
        assert debtor.post(f"{where}receipts/", receipt, format="json").status_code == 403
        paid = one.post(f"{where}receipts/", receipt, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid.uuid4()))
        assert (paid.json()["state"], paid.json()["left_won"]) == ("paid_back", 0)
        stranger = token_client(manager(OrganizationFactory()))
        assert stranger.get(where).status_code == 404
        assert stranger.get(API).json()["results"] == []
