"""A plan of donated technology: written, refused, shared out, in the ledger, for programs; and kept by the database."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from marketplace.core.errors import DomainError, NotPossibleNow
from royalties.models import Distribution, LedgerEntry, SharePlan, SharingRule
from royalties.services.income.agree import disagreements
from royalties.services.share.plan import Given, Part
from royalties.services.share.propose import propose
from royalties.services.share.share import undo_sharing
from tests.brokers.conftest import api_of
from tests.factories.accounts import OrganizationFactory, UserFactory, sign_in
from tests.factories.royalties.brokered import brokered
from tests.factories.royalties.income import (
    MILLION,
    NOW,
    PLAN,
    TODAY,
    concluded,
    due,
    invoiced,
    manager,
    paid,
    planned,
    rules,
    shared,
)

PEOPLE = (
    Part("donor", "솔빛화학", "donor@example.org", 10_000),
    Part("developers", "Kim Haneul", "haneul@example.org", 7_000),
    Part("developers", "Lee Bada", "bada@example.org", 3_000),
)
SHARES = {"donor": 5_000, "developers": 1_000, "contributors": 500, "transfer": 1_500, "rest": 2_000}
DONATED = Given(shares_bp=SHARES, people=PEOPLE, is_donated=True)


def by_account():
    return {account: sum(won) for account, won in _grouped().items()}


def _grouped():
    found = {}
    for entry in LedgerEntry.objects.filter(posting__kind="shared").order_by("pk"):
        found.setdefault(entry.account, []).append(entry.amount_won)
    return found


def test_a_receipt_is_shared_with_donor_and_developers_to_the_won():
    made = shared(given=DONATED)
    assert (made.royalty_won, made.sharing_rule.law, made.plan.is_donated) == (100 * MILLION, "donation", True)
    assert made.amounts == {
        "donor": 60 * MILLION, "developers": 10 * MILLION, "contributors": 5 * MILLION, "transfer": 15 * MILLION,
        "rest": 10 * MILLION,
    }  # fmt: skip
    people = {share.payee.name: share.amount_won for share in made.people.select_related("payee").order_by("pk")}
    assert people == {"솔빛화학": 60 * MILLION, "Kim Haneul": 7 * MILLION, "Lee Bada": 3 * MILLION}
    assert by_account() == {
        "royalty": -100 * MILLION, "donor": 60 * MILLION, "developers": 10 * MILLION, "contributors": 5 * MILLION,
        "transfer": 15 * MILLION, "rest": 10 * MILLION,
    }  # fmt: skip
    assert list(disagreements()) == []
    undo_sharing(distribution=made, reason="x", by=manager(made.contract.holder), at=NOW)
    assert set(by_account().values()) == {0}


def test_a_broker_is_paid_out_of_the_institutes_parts_and_not_of_the_donors():
    contract, _quoter = brokered(firm=OrganizationFactory())
    made = shared(paid(invoiced(due(contract))), given=DONATED)
    assert made.fee_won
    accounts = by_account()
    assert (accounts["donor"], accounts["developers"]) == (60 * MILLION, 10 * MILLION)
    assert accounts["broker"] == made.fee_won
    assert sum(accounts.values()) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shares_bp": PLAN.shares_bp}, "shares"),
        ({"shares_bp": SHARES | {"rest": 1_999}}, "shares"),
        ({"is_donated": False}, "shares"),
        ({"people": PLAN.people}, "people"),
        ({"people": (*PEOPLE, Part("developers", "x", "x@example.org", 1))}, "people"),
    ],
)
def test_a_plan_of_another_kind_is_refused(changes, field):
    contract = concluded()
    with pytest.raises(DomainError) as refused:
        planned(contract, replace(DONATED, **changes))
    assert refused.value.field == field
    assert not SharePlan.objects.exists()


@pytest.mark.parametrize("people", [(), PEOPLE[:1], PEOPLE[1:]])
def test_nothing_is_shared_before_donor_and_developers_are_named(people):
    rules()
    allocation = paid()
    planned(allocation.invoice.contract, replace(DONATED, people=people))
    with pytest.raises(NotPossibleNow, match="donor and the developers"):
        propose(allocation, today=TODAY)


def test_what_was_shared_before_keeps_its_plan():
    first = shared(paid(amount_won=55 * MILLION))
    contract = first.contract
    planned(contract, DONATED)
    second = shared(paid(contract.invoices.get(), 11 * MILLION))
    assert [made.sharing_rule.law for made in (first, second)] == ["innovation_act", "donation"]
    assert second.amounts["donor"] == 6 * MILLION


def test_the_database_keeps_the_uses_apart_and_the_floors():
    contract = concluded()
    plan = planned(contract, DONATED)
    own = [f.attname for f in SharePlan._meta.concrete_fields if f.name not in ("id", "public_id")]
    row = {name: getattr(plan, name) for name in own}
    for changes in (
        {"is_donated": False},
        {"researchers_bp": 500, "rest_bp": 1_500},
        {"rest_bp": 1_999},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            SharePlan.objects.create(**row | {"serial": 2} | changes)
    made = shared(paid(invoiced(due(contract))))
    undo_sharing(distribution=made, reason="x", by=manager(contract.holder), at=NOW)
    fields = [f for f in Distribution._meta.concrete_fields if f.name not in ("id", "public_id", "number")]
    again = {f.attname: getattr(made, f.attname) for f in fields} | {"number": "D2026999999"}
    less = made.amounts | {"donor": made.amounts["donor"] - 1, "rest": made.amounts["rest"] + 1}
    others = SharingRule.objects.get(law="transfer_act")
    for changes, says in (({"amounts": less}, "less than the law asks"), ({"sharing_rule_id": others.pk}, "donated")):
        with pytest.raises(DatabaseError, match=says), transaction.atomic():
            _at_commit(again | changes)


def _at_commit(row):
    Distribution.objects.create(**row)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_on_pages(client):
    rules()
    allocation = paid()
    contract = allocation.invoice.contract
    sign_in(client, manager(contract.holder))
    page = reverse("royalties:plan", args=[contract.public_id])
    usual = client.get(page)
    assert "donated=yes" in usual.text
    assert "donor_bp" not in usual.text
    asked = client.get(page, {"donated": "yes"})
    assert "donated=no" in asked.text
    assert "researchers_bp" not in asked.text
    said = {"seen": "0", "is_donated": "True"} | {f"{pot}_bp": str(bp // 100) for pot, bp in SHARES.items()}
    for pot, row, name in (("donor", 0, "솔빛화학"), ("developers", 0, "Kim")):
        said |= {f"{pot}-{row}-name": name, f"{pot}-{row}-email": f"{pot}@example.org", f"{pot}-{row}-share": "100"}
    assert client.post(page, said | {"rest_bp": "19"}).status_code == 422
    assert client.post(page, said).status_code == 302
    plan = SharePlan.objects.get()
    assert (plan.is_donated, plan.donor_bp, plan.participants.count()) == (True, 5_000, 2)
    assert "donated=no" in client.get(page).text  # the plan in use tells which form
    shown = client.get(reverse("royalties:proposal", args=[allocation.public_id]))
    assert "60,000,000" in shown.text
    assert "(D1)" in shown.text
    made = shared(allocation)
    assert "솔빛화학" in client.get(reverse("royalties:distribution", args=[made.public_id])).text
    assert "60,000,000" in client.get(reverse("royalties:statements")).text
    payroll = client.get(reverse("royalties:payroll"))
    assert b"60000000" in b"".join(payroll.streaming_content)
    client.logout()
    sign_in(client, UserFactory(email="donor@example.org"))
    assert "60,000,000" in client.get(reverse("royalties:my_statement")).text


def test_by_programs():
    rules()
    contract = concluded()
    api = api_of(manager(contract.holder))
    url = reverse("royalties-api:share-plans", args=[contract.public_id])
    people = [part._asdict() for part in PEOPLE]
    body = {"seen": 0, "is_donated": True, "shares_bp": SHARES, "people": people}
    assert api.post(url, body | {"is_donated": False}, format="json").status_code == 400
    assert not SharePlan.objects.exists()
    made = api.post(url, body, format="json")
    assert (made.status_code, made.json()["is_donated"], made.json()["shares_bp"]) == (201, True, SHARES)
    assert {person["pot"] for person in made.json()["people"]} == {"donor", "developers"}
