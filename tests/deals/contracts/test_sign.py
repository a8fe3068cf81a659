"""The signed copy puts the contract in force, and everything that follows from it happens at once, or nothing does."""

import io
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from brokers.enums.mandates import DealOrigin
from brokers.models import BrokeredDeal
from deals.enums.contracts import ContractState, VersionState
from deals.enums.negotiation import NegotiationState, OfferState, Outcome
from deals.events import contract_signed
from deals.models import Contract, Negotiation, Offer, SignedCopy
from deals.services.contracts.approve import OtherDocument
from deals.services.contracts.draft import draft
from deals.services.contracts.room import NoRoom, require_room
from deals.services.contracts.sign import sign
from deals.services.requests.send import NotOffered, send
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.files import NotTaken
from notifications.models import Notification
from tech_listings.enums import DealKind, ListingState
from tech_listings.models import Listing
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.brokers.mandates import in_force as mandate_in_force
from tests.factories.deals.agreements import (
    AT,
    CLAUSES,
    DAY,
    TODAY,
    about,
    agreed,
    approved,
    brokered,
    drafted,
    manager_of,
    signed,
    signed_pdf,
)
from tests.factories.deals.contracts import negotiation_row
from tests.factories.deals.negotiation import offered
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.disclosures import picture
from tests.factories.tech_listings import ListingFactory

EXCLUSIVE, ASSIGNED, OPEN = DealKind.EXCLUSIVE_LICENCE, DealKind.ASSIGNMENT, DealKind.NON_EXCLUSIVE_LICENCE


def signing(contract, **also):
    given = {"contract": contract, "file": signed_pdf(), "name": "계약서.pdf", "signed_on": TODAY, "starts_on": TODAY,
             "by": manager_of(contract.firm), "at": AT} | also  # fmt: skip
    return sign(**given)


def state_of(listing):
    return Listing.objects.get(pk=listing.pk).state


def test_signing_puts_the_contract_in_force():
    heard = []
    contract = approved()

    def hear(sender, **given):
        heard.append(given)

    contract_signed.connect(hear)
    try:
        found = signing(contract, starts_on=TODAY + 2 * DAY)
    finally:
        contract_signed.disconnect(hear)
    version = found.versions.get()
    assert (found.state, version.state) == (ContractState.IN_FORCE, VersionState.IN_FORCE)
    assert (found.signed_on, found.starts_on) == (TODAY, TODAY + 2 * DAY)
    assert found.ends_on == date(2029, 3, 31)  # 36 months from 1 April 2026, both days included
    assert found.negotiation.state == NegotiationState.CONTRACTED
    assert found.negotiation.entries.order_by("serial").last().kind == "contracted"
    copy = version.signed_copy
    assert (copy.name, copy.type, copy.sent_by) == ("계약서.pdf", "application/pdf", manager_of(contract.firm))
    assert str(settings.PRIVATE_ROOT) in copy.file.path
    assert [each["contract"] for each in heard] == [found]
    assert {manager_of(contract.holder), manager_of(contract.firm)} <= {
        each.recipient for each in Notification.objects.filter(kind="contract_signed")
    }


def test_an_assignment_has_no_last_day_and_closes_the_listing():
    found = signed(deal_kind=ASSIGNED, clauses=CLAUSES.__class__(**{**CLAUSES.__dict__, "term_months": 0}))
    assert found.ends_on is None
    listing = Listing.objects.get(pk=found.listing_id)
    assert (listing.state, listing.outcome, listing.outcome_on) == (ListingState.CLOSED, "assigned", TODAY)
    assert found.number in listing.outcome_text


def test_a_technology_is_on_offer_again_after_a_non_exclusive_licence_and_stays_under_negotiation_with_others():
    found = signed()
    assert state_of(found.listing) == ListingState.PUBLISHED
    other = about(found.listing)
    assert state_of(found.listing) == ListingState.UNDER_NEGOTIATION
    second = signed(negotiation=agreed(negotiation=about(found.listing)))
    assert state_of(found.listing) == ListingState.UNDER_NEGOTIATION
    other.refresh_from_db()
    assert other.state == NegotiationState.OPEN
    assert Notification.objects.filter(kind="negotiation_other_contract", target_id=other.public_id).exists()
    assert not [
        n for n in Notification.objects.filter(kind="negotiation_other_contract") if second.number in str(n.params)
    ]


def test_an_exclusive_licence_takes_the_technology_off_and_closes_what_others_negotiate():
    contract = approved(deal_kind=EXCLUSIVE)
    agreed_other = agreed(negotiation=about(contract.listing))
    draft_of_other = drafted(negotiation=agreed_other)
    talking = about(contract.listing)
    manager_of(talking.firm)
    offer = offered(talking, at=AT, by=manager_of(talking.holder))
    signing(contract)

    assert state_of(contract.listing) == ListingState.CONTRACTED
    for other in (agreed_other, talking):
        other.refresh_from_db()
        assert (other.state, other.outcome, other.closed_by) == (
            NegotiationState.CLOSED, Outcome.OTHER_TAKER, None,
        )  # fmt: skip
        assert other.entries.order_by("serial").last().kind == "closed"
        people = {each.recipient for each in Notification.objects.filter(target_id=other.public_id)}
        assert manager_of(other.firm) in people
    offer.refresh_from_db()
    draft_of_other.refresh_from_db()
    assert (offer.state, draft_of_other.state) == (OfferState.LAPSED, ContractState.CANCELLED)
    told = str(list(Notification.objects.filter(recipient=manager_of(talking.firm)).values_list("params", flat=True)))
    assert contract.number not in told
    assert contract.firm.name not in told


def test_nobody_asks_for_what_is_licensed_exclusively():
    contract = signed(deal_kind=EXCLUSIVE)
    asker = MembershipFactory(company=True)
    with pytest.raises(NotOffered):
        send(
            listing=Listing.objects.get(pk=contract.listing_id), requester=asker.organization, deal_kind=OPEN,
            intended_use="Pumps", by=asker.user, at=AT,
        )  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [(EXCLUSIVE, OPEN), (EXCLUSIVE, EXCLUSIVE), (OPEN, EXCLUSIVE)])
def test_an_exclusive_licence_leaves_no_room(first, second):
    listing = ListingFactory(deal_kinds=list(DealKind.values))
    waiting = approved(negotiation=agreed(negotiation=about(listing, deal_kind=second), deal_kind=second))
    done = approved(negotiation=agreed(negotiation=about(listing, deal_kind=first), deal_kind=first))
    signing(done)
    if first == EXCLUSIVE:  # what others prepared was given up with it
        waiting.refresh_from_db()
        assert waiting.state == ContractState.CANCELLED
        return
    with pytest.raises(NoRoom):
        signing(waiting)
    waiting.refresh_from_db()
    assert (waiting.state, SignedCopy.objects.count()) == (ContractState.APPROVED, 1)


def test_no_contract_is_written_beside_an_exclusive_one():
    listing = ListingFactory(deal_kinds=list(DealKind.values))
    negotiation = agreed(negotiation=about(listing))
    done = signed(negotiation=agreed(negotiation=about(listing, deal_kind=EXCLUSIVE), deal_kind=EXCLUSIVE))
    assert done.deal_kind == EXCLUSIVE
    with pytest.raises(NotPossibleNow):
        draft(negotiation=negotiation, clauses=CLAUSES, by=manager_of(negotiation.holder), at=AT)
    with pytest.raises(NoRoom):
        require_room(listing=listing, deal_kind=OPEN)
    assert Contract.objects.count() == 1


@pytest.mark.parametrize("state", [ListingState.WITHDRAWN, ListingState.SUSPENDED])
def test_a_technology_off_the_market_stays_there(state):
    contract = approved()
    also = {"withdrawn": True} if state == ListingState.WITHDRAWN else {"suspended": True}
    model = ListingFactory.build(**also, holder=contract.holder)
    names = ("state", "withdrawn_at", "withdrawn_reason", "suspended_at", "suspended_for", "suspended_text")
    Listing.objects.filter(pk=contract.listing_id).update(**{name: getattr(model, name) for name in names})
    found = signing(contract)
    assert (found.state, state_of(contract.listing)) == (ContractState.IN_FORCE, state)


def test_each_broker_who_takes_part_has_its_deal_once():
    negotiation = agreed()
    holders = mandate_in_force(client=negotiation.holder, broker=OrganizationFactory(broker=True), at=AT)
    firms = mandate_in_force(client=negotiation.firm, broker=OrganizationFactory(broker=True), at=AT)
    gone = mandate_in_force(client=negotiation.firm, broker=OrganizationFactory(broker=True), at=AT)
    brokered(negotiation, holders)
    brokered(negotiation, firms, side="firm")
    left = brokered(negotiation, gone, side="firm")
    left.left_at, left.left_by = AT, left.joined_by
    left.save()
    contract = signed(negotiation=negotiation)
    deals = {deal.broker: deal for deal in BrokeredDeal.objects.all()}
    assert deals.keys() == {holders.broker, firms.broker}
    for mandate in (holders, firms):
        deal = deals[mandate.broker]
        assert (deal.origin, deal.reference, deal.mandate) == (DealOrigin.PLATFORM, contract.number, mandate)
        assert (deal.holder, deal.taker, deal.listing) == (contract.holder, contract.firm, contract.listing)
        assert (deal.value_won, deal.signed_on, deal.term_until) == (10_000_000, contract.signed_on, contract.ends_on)
        assert "3 %" in deal.royalty_text


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"signed_on": TODAY + DAY, "starts_on": TODAY + DAY}, "signed_on"),
        ({"signed_on": TODAY - DAY, "starts_on": TODAY}, "signed_on"),
        ({"starts_on": TODAY - DAY}, "starts_on"),
        ({"starts_on": TODAY + 367 * DAY}, "starts_on"),
        ({"signed_on": date(1900, 1, 1)}, "signed_on"),
    ],
)
def test_days_that_cannot_be_are_refused(given, field):
    contract = approved()
    with pytest.raises(DomainError) as refused:
        signing(contract, **given)
    assert refused.value.field == field
    contract.refresh_from_db()
    assert (contract.state, SignedCopy.objects.count()) == (ContractState.APPROVED, 0)


@pytest.mark.parametrize(
    "file", [b"", b"MZ not a pdf", picture(), b"%PDF-1.7 damaged"], ids=["empty", "program", "picture", "damaged"]
)
def test_only_a_pdf_that_opens_is_taken(file):
    contract = approved()
    with pytest.raises(NotTaken) as refused:
        signing(contract, file=io.BytesIO(file))
    assert refused.value.field == "signed_copy"
    contract.refresh_from_db()
    assert contract.state == ContractState.APPROVED


def test_before_both_approved_nothing_is_signed():
    contract = drafted()
    with pytest.raises(NotPossibleNow):
        signing(contract)
    with pytest.raises(NotAllowed):
        signing(contract, by=MembershipFactory(organization=contract.firm).user)
    assert not SignedCopy.objects.exists()


def test_a_closed_negotiation_is_not_signed():
    contract = approved()
    Offer.objects.filter(negotiation=contract.negotiation_id).update(state="set_aside")
    Negotiation.objects.filter(pk=contract.negotiation_id).update(state="closed", outcome="price", closed_at=AT)
    with pytest.raises(NotPossibleNow):
        signing(contract)
    contract.refresh_from_db()
    assert contract.state == ContractState.APPROVED


def test_the_same_copy_twice_is_one_signing_and_another_one_is_told():
    contract = approved()
    first = signing(contract)
    again = signing(contract)
    assert first == again
    with pytest.raises(NotPossibleNow):
        signing(contract, file=signed_pdf("another"))
    assert SignedCopy.objects.count() == 1
    assert Negotiation.objects.get(pk=contract.negotiation_id).entries.filter(kind="contracted").count() == 1


def test_the_database_wants_ground_signature_and_room():
    contract = approved()
    days = {"signed_on": TODAY, "starts_on": TODAY}

    def force(found):
        with transaction.atomic():
            Contract.objects.filter(pk=found.pk).update(state="in_force", **days)

    with pytest.raises(DatabaseError, match="signed version"):
        force(contract)
    exclusive = approved(deal_kind=EXCLUSIVE)
    Contract.objects.filter(pk=exclusive.pk).update(exclusive_ground=None)
    with pytest.raises(DatabaseError, match="needs its ground"):
        force(exclusive)
    done = signed(deal_kind=EXCLUSIVE)
    negotiation = negotiation_row(request=TransferRequestFactory(talk=True, listing=done.listing))
    second = Contract.objects.create(
        number="C2026900001", negotiation=negotiation, listing=done.listing, holder=done.holder, firm=negotiation.firm,
        deal_kind=OPEN, drafted_at=AT, drafted_by=manager_of(done.holder),
    )  # fmt: skip
    Contract.objects.filter(pk=second.pk).update(state="approved")
    with pytest.raises(DatabaseError, match="no room"):
        force(second)
    with pytest.raises(DatabaseError, match="stays so"), transaction.atomic():
        Contract.objects.filter(pk=done.pk).update(signed_on=TODAY - DAY)
    assert timezone.localdate(AT) == TODAY


def test_who_signs_says_which_document_was_read(client):
    contract = approved()
    by = manager_of(contract.firm)
    read = contract.versions.get()
    with pytest.raises(OtherDocument):
        sign(
            contract=contract, file=signed_pdf(), name="signed.pdf", signed_on=TODAY, starts_on=TODAY,
            document_hash="0" * 64, by=by, at=AT,
        )  # fmt: skip
    with time_machine.travel(AT, tick=False):
        sign_in(client, by)
        address = reverse("deals:contract_sign", args=[contract.public_id])
        page = client.get(address).text
        for words in (read.document_hash, "3 % of net sales", "KRW 10,000,000", "36 months"):
            assert words in page
        given = {"signed_on": str(TODAY), "starts_on": str(TODAY), "document": read.document_hash}
        unsure = client.post(address, given | {"signed_copy": named(signed_pdf())})
        assert (unsure.status_code, set(unsure.context["form"].errors)) == (422, {"is_read"})
        other = client.post(
            address, given | {"document": "0" * 64, "is_read": "on", "signed_copy": named(signed_pdf())}
        )
        assert other.status_code == 409
    contract.refresh_from_db()
    assert (contract.state, SignedCopy.objects.count()) == (ContractState.APPROVED, 0)


def named(copy):
    copy.name = "signed.pdf"
    return copy


def test_a_copy_goes_when_its_signing_is_rolled_back_and_stays_when_it_is_not():
    stored = []

    def refuse(sender, version, **given):
        stored.append(Path(SignedCopy.objects.get(version=version).file.path))
        assert stored[0].is_file()
        raise DomainError("no")

    contract = approved()
    contract_signed.connect(refuse)
    try:
        with pytest.raises(DomainError, match="no"):
            signing(contract)
    finally:
        contract_signed.disconnect(refuse)
    assert (len(stored), stored[0].exists(), SignedCopy.objects.count()) == (1, False, 0)
    assert Contract.objects.get(pk=contract.pk).state == ContractState.APPROVED
    signing(contract)
    signing(contract)  # sent twice: one copy
    assert Path(SignedCopy.objects.get().file.path).is_file()
