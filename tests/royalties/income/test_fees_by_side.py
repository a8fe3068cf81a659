"""Each side pays what it accepted: the fee of its own broker, and nothing of the other's."""

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.urls import reverse

from notifications.models import Notification
from royalties.models import FeeShare, LedgerEntry
from royalties.services.income.agree import disagreements
from royalties.services.share.propose import propose
from royalties.services.share.share import undo_sharing
from tests.brokers.conftest import api_of
from tests.factories.accounts import OrganizationFactory, sign_in
from tests.factories.brokers.fees import broker_user, organization_of
from tests.factories.royalties.brokered import accepted, freezing
from tests.factories.royalties.income import (
    MILLION,
    NOW,
    TODAY,
    due,
    invoiced,
    manager,
    paid,
    planned,
    rules,
    shared,
    staff,
)


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield NOW


class Both:
    """A contract between an institute and a firm whose brokers' fees, `sides` of them, were accepted and frozen."""

    def __init__(self, *sides):
        self.holder, self.firm = OrganizationFactory(institute=True), OrganizationFactory()
        self.quoters = {side: broker_user() for side in sides}
        self.quotes = {side: accepted(getattr(self, side), by=by) for side, by in self.quoters.items()}
        self.contract = freezing(list(self.quotes.items()), holder=self.holder, firm=self.firm)

    def shared(self):
        return shared(paid(invoiced(due(self.contract)), 110 * MILLION))

    def success_won(self, side):
        quote = self.quotes[side]
        return quote.fee_won - (quote.start_won if quote.schedule.retainer_credited else 0)


def owed(made):
    return {(fee.payer, fee.broker, fee.net_won) for fee in made.fees.select_related("broker")}


def test_the_fee_that_only_the_firm_accepted_is_not_taken_from_the_holder():
    both = Both("firm")
    made = both.shared()
    assert both.quotes["firm"].terms["paid_by"] == "holder"
    assert owed(made) == {("firm", organization_of(both.quoters["firm"]), both.success_won("firm"))}
    assert made.fee_won == 0
    assert not LedgerEntry.objects.filter(posting__distribution=made, account="broker").exists()
    assert list(disagreements()) == []


def test_a_firm_hears_of_the_fee_that_it_owes_and_of_its_taking_back():
    both = Both("holder", "firm")
    payer, keeper = staff(both.firm), staff(both.holder)
    made = both.shared()
    undo_sharing(distribution=made, reason="x", by=manager(both.holder), at=NOW)
    told = Notification.objects.filter(kind__startswith="royalty_fee").order_by("kind")
    kinds = {user: list(told.filter(recipient=user).values_list("kind", flat=True)) for user in (payer, keeper)}
    assert kinds == {payer: ["royalty_fee_owed", "royalty_fee_taken_back"], keeper: []}
    for by in both.quoters.values():
        heard = told.filter(recipient=by).values_list("kind", flat=True)
        assert list(heard) == ["royalty_fee_earned", "royalty_fee_taken_back"]


def test_with_two_brokers_each_side_owes_its_own():
    both = Both("holder", "firm")
    made = both.shared()
    assert owed(made) == {
        (side, organization_of(both.quoters[side]), both.success_won(side)) for side in ("holder", "firm")
    }
    assert made.fee_won == made.fees.get(payer="holder").total_won > 0
    entries = LedgerEntry.objects.filter(posting__distribution=made, account="broker")
    assert [(entry.broker, entry.amount_won) for entry in entries] == [
        (organization_of(both.quoters["holder"]), made.fee_won)
    ]


def test_each_fee_counts_what_was_charged_by_its_own_quote():
    both = Both("holder", "firm")
    first = shared(paid(invoiced(due(both.contract)), 55 * MILLION))
    second = shared(paid(both.contract.invoices.get(), 55 * MILLION))
    for side in ("holder", "firm"):
        charged = [made.fees.get(payer=side).net_won for made in (first, second)]
        assert sum(charged) == both.success_won(side)
    undo_sharing(distribution=second, reason="x", by=manager(both.holder), at=NOW)
    again = shared(second.allocation)
    assert owed(again) == owed(second)


@pytest.mark.parametrize("wrong", ["side", "contract"])
def test_the_database_charges_no_side_that_did_not_accept(wrong):
    both, other = Both("firm"), Both("holder")
    made = both.shared()
    quote, payer = (both.quotes["firm"], "holder") if wrong == "side" else (other.quotes["holder"], "holder")
    with pytest.raises(DatabaseError, match="owed by the side that accepted"), transaction.atomic():
        FeeShare.objects.create(distribution=made, quote=quote, broker=quote.broker, payer=payer, net_won=1, vat_won=0)
    assert [fee.payer for fee in made.fees.all()] == ["firm"]


def test_the_other_sides_fee_is_on_no_page_export_or_answer_of_the_holder(client):
    both = Both("holder", "firm")
    allocation = paid(invoiced(due(both.contract)), 110 * MILLION)
    rules()
    planned(both.contract)
    others = organization_of(both.quoters["firm"])
    own = organization_of(both.quoters["holder"])
    keeper = manager(both.holder)
    sign_in(client, keeper)
    proposal = client.get(reverse("royalties:proposal", args=[allocation.public_id])).text
    api = api_of(keeper)
    answers = [api.get(reverse("royalties-api:proposal", args=[allocation.public_id])).json()["fees"]]
    made = shared(allocation, by=keeper)
    answers.append(api.get(reverse("royalties-api:distribution", args=[made.public_id])).json()["fees"])
    assert [[fee["payer"] for fee in fees] for fees in answers] == [["holder"], ["holder"]]
    pages = [
        proposal,
        client.get(reverse("royalties:distribution", args=[made.public_id])).text,
        client.get(reverse("royalties:fees")).text,
        b"".join(client.get(reverse("royalties:fees_export")).streaming_content).decode(),
    ]
    for text in pages:
        assert own.display_name in text
        assert others.display_name not in text
    assert [fee.payer for fee in FeeShare.objects.visible_to(manager(both.firm))] == ["firm"]
    assert [fee.payer for fee in FeeShare.objects.visible_to(keeper)] == ["holder"]


def test_the_proposal_says_who_pays_whom_before_anybody_agrees():
    both = Both("holder", "firm")
    allocation = paid(invoiced(due(both.contract)), 110 * MILLION)
    rules()
    planned(both.contract)
    made = propose(allocation, today=TODAY)
    assert {fee.payer for fee in made.fees} == {"holder", "firm"}
    assert [fee.payer for fee in made.fees_of_holder] == ["holder"]
    assert made.fee_won == sum(fee.total_won for fee in made.fees_of_holder)
