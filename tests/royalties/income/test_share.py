"""Sharing out: by the rule of the contract's day, to the won, with the broker's fee, and back again."""

import datetime
from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from royalties.models import Distribution, FeeShare, LedgerEntry, Payee, PersonShare, Posting, SharePlan
from royalties.services.income.agree import disagreements
from royalties.services.share.plan import Given, Part, write_plan
from royalties.services.share.propose import propose
from royalties.services.share.share import share, undo_sharing
from tests.factories.accounts import OrganizationFactory, UserFactory
from tests.factories.brokers.fees import TODAY as OF_FEES
from tests.factories.brokers.fees import organization_of, published
from tests.factories.royalties.brokered import brokered
from tests.factories.royalties.income import (
    DAY,
    MILLION,
    NOW,
    PEOPLE,
    PLAN,
    SHARES,
    TODAY,
    concluded,
    due,
    invoiced,
    manager,
    paid,
    planned,
    rules,
    shared,
    staff,
)

R2_FROM, R3_FROM = datetime.date(2024, 12, 31), datetime.date(2027, 1, 1)


def traces():
    models = (Distribution, PersonShare, FeeShare, Posting, LedgerEntry, SharePlan, Payee)
    return [list(model.objects.order_by("pk").values()) for model in models] + [Notification.objects.count()]


def got():
    """Won by person, of what stands."""
    rows = PersonShare.objects.filter(distribution__undone_at__isnull=True)
    return dict(rows.values_list("payee__name").annotate(won=Sum("amount_won")).order_by("payee__name"))


@pytest.fixture(autouse=True)
def _agrees():
    yield
    assert list(disagreements()) == []


def test_royalty_goes_to_persons_and_uses_and_they_are_told():
    inventor = UserFactory(email="haneul@example.org")
    made = shared()
    assert made.amounts == {
        "researchers": 55 * MILLION, "contributors": 10 * MILLION, "transfer": 15 * MILLION, "rest": 20 * MILLION,
    }  # fmt: skip
    assert got() == {"Kim Haneul": 33 * MILLION, "Lee Bada": 22 * MILLION, "Park Sol": 10 * MILLION}
    assert made.government_share_won == 80 * MILLION
    assert made.sharing_rule.label == "R2"
    told = Notification.objects.get(kind="royalty_shared")
    assert told.recipient == inventor
    assert "33" not in str(told.params)
    entries = LedgerEntry.objects.filter(posting__distribution=made)
    assert entries.aggregate(won=Sum("amount_won"))["won"] == 0
    assert entries.get(payee__name="Lee Bada").amount_won == 22 * MILLION


@pytest.mark.parametrize(
    ("signed_on", "label", "researchers", "contributors"),
    [
        (R2_FROM - DAY, "R1", 45, 8),
        (R2_FROM, "R2", 48, 8),
        (R3_FROM - DAY, "R2", 48, 8),
        (R3_FROM, "R3", 504, 56),
    ],
)
def test_the_same_receipt_under_contracts_of_a_day_before_and_after_each_change(
    signed_on, label, researchers, contributors
):
    given = replace(PLAN, shares_bp={"researchers": 4_500, "contributors": 500, "transfer": 2_000, "rest": 3_000})
    contract = concluded(signed_on=signed_on)
    at = max(NOW, datetime.datetime.combine(signed_on, NOW.time(), NOW.tzinfo))
    made = shared(paid(invoiced(due(contract), at=at), at=at), given=given, at=at)
    unit = 100_000 if label == "R3" else MILLION
    assert made.sharing_rule.label == label
    assert (made.amounts["researchers"], made.amounts["contributors"]) == (researchers * unit, contributors * unit)
    assert sum(made.amounts.values()) == 100 * MILLION


def test_what_was_shared_keeps_its_plan_and_a_new_one_counts_from_then_on():
    first = shared(paid(amount_won=11 * MILLION))
    contract = first.contract
    planned(contract, replace(PLAN, people=(Part("researchers", "Choi New", "new@example.org", 10_000),)))
    allocation = paid(contract.invoices.get(), 11 * MILLION)
    second = shared(allocation)
    assert (first.plan.serial, second.plan.serial) == (1, 2)
    assert list(second.people.values_list("payee__name", flat=True)) == ["Choi New"]
    assert list(first.people.values_list("payee__name", flat=True).order_by("pk")) == [
        "Park Sol", "Kim Haneul", "Lee Bada",
    ]  # fmt: skip
    # Nobody is named for contributors any more: their part stays with the institute.
    assert LedgerEntry.objects.get(posting__distribution=second, account="contributors").payee is None


def test_it_is_taken_back_by_a_reversal_and_shared_again():
    made = shared()
    by = manager(made.contract.holder)
    with pytest.raises(DomainError):
        undo_sharing(distribution=made, reason="", by=by, at=NOW)
    undo_sharing(distribution=made, reason="Wrong person", by=by, at=NOW)
    assert got() == {}
    with pytest.raises(NotPossibleNow):
        undo_sharing(distribution=made, reason="again", by=by, at=NOW)
    again = shared(made.allocation)
    assert again.number != made.number
    assert got()["Kim Haneul"] == 33 * MILLION
    assert Posting.objects.filter(kind="shared").count() == 3


def test_the_newest_of_a_contract_is_taken_back_first():
    first = shared(paid(amount_won=11 * MILLION))
    shared(paid(first.contract.invoices.get(), 11 * MILLION))
    before = traces()
    with pytest.raises(NotPossibleNow, match="later receipt"):
        undo_sharing(distribution=first, reason="x", by=manager(first.contract.holder), at=NOW)
    assert traces() == before


def test_what_keeps_it_from_being_shared():
    rules()
    allocation = paid()
    contract = allocation.invoice.contract
    by = manager(contract.holder)
    before = traces()
    with pytest.raises(NotPossibleNow, match="write down"):
        propose(allocation, today=TODAY)
    planned(contract, replace(PLAN, people=()))
    with pytest.raises(NotPossibleNow, match="inventors"):
        propose(allocation, today=TODAY)
    planned(contract)
    seen = propose(allocation, today=TODAY).digest
    for stranger in (staff(contract.holder), manager(contract.firm), manager(OrganizationFactory(institute=True))):
        with pytest.raises(NotAllowed):
            share(allocation=allocation, seen=seen, by=stranger, at=NOW)
    planned(contract, replace(PLAN, people=(PEOPLE[0]._replace(share_bp=10_000),)))
    with pytest.raises(ChangedMeanwhile):
        share(allocation=allocation, seen=seen, by=by, at=NOW)
    assert traces()[0] == before[0] == []
    made = share(allocation=allocation, seen=propose(allocation, today=TODAY).digest, by=by, at=NOW)
    with pytest.raises(NotPossibleNow, match="already"):
        share(allocation=allocation, seen=seen, by=by, at=NOW)
    assert Distribution.objects.get() == made


def test_without_rules_nothing_is_shared():
    allocation = paid()
    planned(allocation.invoice.contract)
    with pytest.raises(NotPossibleNow, match="load_royalty_rules"):
        propose(allocation, today=TODAY)


# --- plans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shares_bp": SHARES | {"rest": 1_999}}, "shares"),
        ({"government_won": 101 * MILLION}, "total_won"),
        ({"people": (PEOPLE[0],)}, "people"),
        ({"people": (*PEOPLE[:2], PEOPLE[1])}, "people"),
        ({"people": (PEOPLE[0]._replace(share_bp=10_000, email="nobody"),)}, "people"),
        ({"people": (PEOPLE[0]._replace(share_bp=10_000, name=" "),)}, "people"),
        ({"people": (PEOPLE[0]._replace(share_bp=10_000, pot="rest"),)}, "people"),
        ({"people": (PEOPLE[0]._replace(share_bp=10_000), PEOPLE[1]._replace(share_bp=0))}, "people"),
    ],
)
def test_what_a_plan_must_not_say(changes, field):
    contract = concluded()
    before = traces()
    with pytest.raises(DomainError) as refused:
        planned(contract, replace(PLAN, **changes))
    assert refused.value.field == field
    assert traces() == before


def test_who_changes_an_old_plan_is_told():
    contract = concluded()
    planned(contract)
    before = traces()
    with pytest.raises(ChangedMeanwhile):
        write_plan(contract=contract, given=PLAN, seen=0, by=manager(contract.holder), at=NOW)
    with pytest.raises(NotAllowed):
        write_plan(contract=contract, given=PLAN, seen=1, by=staff(contract.holder), at=NOW)
    assert traces() == before


def test_persons_of_a_pot_make_100_percent_whoever_writes():
    made = planned(concluded())
    payee = Payee.objects.first()
    later = SharePlan.objects.create(
        contract=made.contract, serial=2, written_at=NOW, written_by=made.written_by, rest_bp=10_000
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        _take_part(later, payee)
    assert not later.participants.exists()


def _take_part(plan, payee):
    plan.participants.create(payee=payee, pot="researchers", share_bp=9_999)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- companies --------------------------------------------------------------------------------------------------------

COMPANY = Given(
    government_won=500 * MILLION,
    total_won=600 * MILLION,
    agreed_on=R2_FROM,
    task_ended_on=datetime.date(2026, 1, 31),
    firm_size="sme",
)


def of_company(given=COMPANY, **also):
    contract = concluded(holder=OrganizationFactory(company=True))
    return shared(paid(invoiced(due(contract), **also), **also), given=given, **also)


def test_a_company_pays_the_government_by_the_day_of_its_agreement():
    """Facts §4.3: licence royalty 100 M, SME, government's money 500 M: 2.5 M, or 5 M a day before."""
    made = of_company()
    assert (made.government_won, made.government_rule.label, made.amounts) == (2_500_000, "R2", {})
    assert made.pay_government_by == TODAY + 90 * DAY
    accounts = LedgerEntry.objects.filter(posting__distribution=made).values_list("account", "amount_won")
    assert dict(accounts) == {"royalty": -100 * MILLION, "government": 2_500_000, "own": 97_500_000}
    before = of_company(replace(COMPANY, agreed_on=R2_FROM - DAY))
    assert (before.government_won, before.government_rule.label) == (5 * MILLION, "R1")


def test_the_cap_counts_what_was_owed_before():
    given = replace(COMPANY, government_won=40 * MILLION)  # the cap is 4 M
    first = of_company(given)
    contract = first.contract
    line = due(contract, key="second")
    second = shared(paid(invoiced(line)))
    third = shared(paid(invoiced(due(contract, key="third"))))
    assert [first.government_won, second.government_won, third.government_won] == [2_500_000, 1_500_000, 0]
    assert (second.government["limit"], third.government["limit"]) == ("cap", "paid")


def test_without_government_money_a_company_keeps_all_of_it():
    made = of_company(Given())
    assert (made.government_won, made.government_rule) == (0, None)
    with pytest.raises(DomainError) as refused:
        planned(made.contract, replace(COMPANY, firm_size=""))
    assert refused.value.field == "firm_size"


def test_after_the_years_nothing_is_owed():
    made = of_company(replace(COMPANY, task_ended_on=datetime.date(2019, 11, 19)))
    assert (made.government_won, made.government["limit"]) == (0, "over")


def test_many_receipts_in_any_parts_bring_every_won_to_somebody():
    contract = concluded()
    invoice = invoiced(due(contract, amount_won=1_234_567))
    parts = [1, 7, 333_333, 1_000_000]
    for amount in [*parts, invoice.total_won - sum(parts)]:
        allocation = paid(contract.invoices.get(), amount)
        if allocation.net_won:
            shared(allocation)
    totals = contract.distributions.aggregate(won=Sum("royalty_won"))
    assert totals["won"] == 1_234_567
    people = PersonShare.objects.aggregate(won=Sum("amount_won"))["won"]
    kept = sum(sum(made.amounts[pot] for pot in ("transfer", "rest")) for made in contract.distributions.all())
    assert people + kept == 1_234_567
    assert list(disagreements()) == []


# --- the broker's fee -------------------------------------------------------------------------------------------------


def test_the_brokers_fee_comes_with_each_receipt_by_the_quote_that_was_frozen():
    contract, by = brokered()
    quote = contract.versions.get().fee_quote
    first = shared(paid(invoiced(due(contract)), 55 * MILLION))
    second = shared(paid(contract.invoices.get(), 55 * MILLION))
    credited = quote.start_won if quote.schedule.retainer_credited else 0
    half = max(0, quote.fee_won // 2 - credited)
    fees = [sum(fee.net_won for fee in made.fees.all()) for made in (first, second)]
    assert fees == [half, quote.fee_won - credited - half]
    assert sum(fee.vat_won for fee in first.fees.all()) == half // 10
    assert {fee.broker for fee in first.fees.all()} == {organization_of(by)}
    assert Notification.objects.filter(kind="royalty_fee_earned", recipient=by).count() == 2

    # Persons get the same as without a broker: the fee comes out of transfer and IP costs.
    assert got() == {"Kim Haneul": 33 * MILLION, "Lee Bada": 22 * MILLION, "Park Sol": 10 * MILLION}
    entries = LedgerEntry.objects.filter(posting__distribution=first)
    assert entries.get(account="broker").amount_won == first.fee_won
    kept = entries.filter(account__in=["transfer", "rest"]).aggregate(won=Sum("amount_won"))["won"]
    assert kept + first.fee_won == first.amounts["transfer"] + first.amounts["rest"]


def test_a_fee_that_is_taken_back_is_owed_again_when_it_is_shared_anew():
    contract, by = brokered()
    first = shared(paid(invoiced(due(contract)), 55 * MILLION))
    undo_sharing(distribution=first, reason="x", by=manager(contract.holder), at=NOW)
    assert Notification.objects.filter(kind="royalty_fee_taken_back", recipient=by).count() == 1
    again = shared(first.allocation)
    assert again.fee_won == first.fee_won > 0


def test_a_newer_guideline_changes_nothing_of_a_fee_that_was_frozen():
    contract, _by = brokered()
    allocation = paid(invoiced(due(contract)), 55 * MILLION)
    planned(contract)
    rules()
    before = propose(allocation, today=TODAY).fee_won
    published(valid_from=OF_FEES + DAY)
    assert propose(allocation, today=TODAY).fee_won == before > 0
