"""A fee that a side accepted goes with one contract: what one froze, no other one freezes."""

import pytest
from django.db import DatabaseError, transaction

from brokers.models import Quote
from deals.models import ContractVersion
from deals.services.contracts import versions
from deals.services.contracts.approve import cancel, refuse
from deals.services.contracts.draft import draft, redraft
from tests.deals.contracts.test_draft import accepted_fee
from tests.factories.accounts import OrganizationFactory
from tests.factories.brokers.mandates import in_force as mandate_in_force
from tests.factories.deals.agreements import AT, CLAUSES, about, agreed, brokered, manager_of
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once, kinds, meet_in


class Deals:
    """An institute whose broker acts in everything, and its negotiations, agreed."""

    def __init__(self):
        self.holder = OrganizationFactory(institute=True)
        self.mandate = mandate_in_force(client=self.holder, broker=OrganizationFactory(broker=True), at=AT)

    def agreed(self):
        negotiation = about(ListingFactory(holder=self.holder))
        brokered(negotiation, self.mandate)
        return agreed(negotiation=negotiation)

    def written(self, negotiation=None):
        return draft(negotiation=negotiation or self.agreed(), clauses=CLAUSES, by=manager_of(self.holder), at=AT)

    def again(self, contract):
        return redraft(contract=contract, clauses=CLAUSES, reason="Again", by=manager_of(self.holder), at=AT)


def fees_of(version):
    return [fee["quote"] for fee in version.rules["fees"]]


def test_a_fee_is_owed_with_one_contract_only():
    deals = Deals()
    first, second = deals.agreed(), deals.agreed()
    quote = accepted_fee(deals.mandate, AT)
    one, other = (deals.written(each).versions.get() for each in (first, second))
    assert (fees_of(one), one.fee_quote) == ([quote.number], quote)
    assert (fees_of(other), other.fee_quote) == ([], None)


def test_the_next_contract_takes_the_next_fee_and_another_document_of_the_first_keeps_its_own():
    deals = Deals()
    quote = accepted_fee(deals.mandate, AT)
    one = deals.written()
    refuse(version=one.versions.get(), text="No", by=manager_of(one.firm), at=AT)
    assert fees_of(deals.again(one)) == [quote.number]
    later = accepted_fee(deals.mandate, AT, subject="Another licence")
    assert fees_of(deals.written().versions.get()) == [later.number]


@pytest.mark.parametrize("how", ["cancelled", "refused"])
def test_what_came_to_nothing_frees_its_fee(how):
    deals = Deals()
    quote = accepted_fee(deals.mandate, AT)
    one = deals.written()
    if how == "cancelled":
        cancel(contract=one, text="No money", by=manager_of(one.firm), at=AT)
    else:
        refuse(version=one.versions.get(), text="No", by=manager_of(one.firm), at=AT)
    other = deals.written()
    assert fees_of(other.versions.get()) == [quote.number]
    if how == "refused":
        assert fees_of(deals.again(one)) == []


def test_the_database_freezes_it_once_too():
    deals = Deals()
    quote = accepted_fee(deals.mandate, AT)
    taken, other = deals.written().versions.get(), deals.written()
    refuse(version=other.versions.get(), text="No", by=manager_of(other.firm), at=AT)
    row = ContractVersion.objects.get(contract=other)
    row.pk, row._state.adding, row.serial, row.reason, row.state = None, True, 2, "x", "proposed"
    row.public_id = ContractVersion().public_id
    row.refused_at = row.refused_by = None
    row.refusal_text = ""
    for rules, fee_quote in ((taken.rules, None), (row.rules, quote)):
        row.rules, row.fee_quote = rules, fee_quote
        with pytest.raises(DatabaseError, match="goes with another contract"), transaction.atomic():
            row.save(force_insert=True)
    assert other.versions.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_contracts_are_written_anew_at_once(locked, monkeypatch):
    deals = Deals()
    pair = [deals.written(), deals.written()]
    for each in pair:
        refuse(version=each.versions.get(), text="No", by=manager_of(each.firm), at=AT)
    quote = accepted_fee(deals.mandate, AT)
    meet_in(monkeypatch, versions, "_frozen_elsewhere", locked=locked)
    outcomes = at_once(*[lambda each=each: deals.again(each) for each in pair])
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    frozen = [number for each in ContractVersion.objects.filter(serial=2) for number in fees_of(each)]
    assert frozen == [quote.number]
    assert Quote.objects.count() == 1
