"""Two at the same moment: one of them comes first, the other is told, and nothing happens twice."""

import pytest

from deals.enums.contracts import ContractState, VersionState
from deals.models import Contract, ContractApproval, ContractVersion, Negotiation, SignedCopy
from deals.services.contracts import approve as approving
from deals.services.contracts import sign as signing
from deals.services.contracts.approve import approve, refuse
from deals.services.contracts.draft import draft
from deals.services.contracts.room import NoRoom
from deals.services.contracts.sign import sign
from deals.services.negotiation.open import open_from_request
from tests.factories.accounts import MembershipFactory
from tests.factories.deals.agreements import (
    AT,
    CLAUSES,
    TODAY,
    about,
    agreed,
    approved,
    drafted,
    manager_of,
    signed_pdf,
)
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once, kinds, meet_in

pytestmark = pytest.mark.django_db(transaction=True)


def sign_it(contract, words, by):
    return lambda: sign(
        contract=contract, file=signed_pdf(words), name="signed.pdf", signed_on=TODAY, starts_on=TODAY, by=by, at=AT
    )


def test_two_managers_of_a_side_approve_at_once(locked, monkeypatch):
    contract = drafted()
    version = contract.versions.get()
    people = [manager_of(contract.holder), MembershipFactory(organization=contract.holder, manager=True).user]
    meet_in(monkeypatch, approving, "_require_waiting", locked=locked)
    given = {"version": version, "document_hash": version.document_hash, "at": AT}
    outcomes = at_once(*[lambda by=by: approve(by=by, **given) for by in people])
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert ContractApproval.objects.count() == 1


def test_both_sides_approve_at_once(locked, monkeypatch):
    """Without the locks each sees one approval, and nobody notices that both are there."""
    contract = drafted()
    version = contract.versions.get()
    meet_in(monkeypatch, approving, "_require_waiting", locked=locked)
    given = {"version": version, "document_hash": version.document_hash, "at": AT}
    people = [manager_of(contract.holder), manager_of(contract.firm)]
    outcomes = at_once(*[lambda by=by: approve(by=by, **given) for by in people])
    assert kinds(outcomes) == ["done", "done"]
    state = ContractVersion.objects.get().state
    assert ContractApproval.objects.count() == 2
    if locked:
        assert (state, Contract.objects.get().state) == (VersionState.APPROVED, ContractState.APPROVED)


def test_signed_and_refused_at_once(meeting, locked):
    contract = approved()
    version, firm = contract.versions.get(), manager_of(contract.firm)
    outcomes = at_once(
        sign_it(contract, "signed", manager_of(contract.holder)),
        lambda: refuse(version=version, text="No", by=firm, at=AT),
    )
    contract.refresh_from_db()
    version.refresh_from_db()
    if locked:
        assert kinds(outcomes) == ["done", "told"]
        assert (contract.state, version.state) in {
            (ContractState.IN_FORCE, VersionState.IN_FORCE), (ContractState.DRAFTED, VersionState.REFUSED),
        }  # fmt: skip
        assert SignedCopy.objects.count() == (1 if contract.state == ContractState.IN_FORCE else 0)
    else:
        assert "database" in kinds(outcomes)  # the guards of the database stop one of the two


def test_two_copies_are_sent_at_once(meeting, locked):
    contract = approved()
    outcomes = at_once(
        sign_it(contract, "one", manager_of(contract.holder)), sign_it(contract, "two", manager_of(contract.firm))
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert SignedCopy.objects.count() == 1
    assert contract.negotiation.entries.filter(kind="contracted").count() == 1


def test_two_exclusive_contracts_about_one_technology_are_signed_at_once(locked, monkeypatch):
    listing = ListingFactory(deal_kinds=["exclusive_licence"])
    kind = {"deal_kind": "exclusive_licence"}
    pair = [approved(negotiation=agreed(negotiation=about(listing, **kind), **kind)) for _each in range(2)]
    meet_in(monkeypatch, signing, "require_room", locked=locked)
    outcomes = at_once(*[sign_it(each, "signed", manager_of(each.firm)) for each in pair])
    assert Contract.objects.filter(state=ContractState.IN_FORCE).count() == 1
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])


def test_who_begins_to_negotiate_while_an_exclusive_licence_is_signed_is_closed_with_the_others(monkeypatch):
    """It begins after the negotiations were locked and before the technology was: the signing starts over."""
    kind = {"deal_kind": "exclusive_licence"}
    listing = ListingFactory(deal_kinds=["exclusive_licence", "non_exclusive_licence"])
    contract = approved(negotiation=agreed(negotiation=about(listing, **kind), **kind))
    late = TransferRequestFactory(talk=True, listing=listing)
    by, begun, first = manager_of(late.requester), [], signing._locked_negotiations

    def then_another_begins(which):
        found = first(which)
        if not begun:
            begun.extend(at_once(lambda: open_from_request(request=late, by=by, at=AT)))
        return found

    monkeypatch.setattr(signing, "_locked_negotiations", then_another_begins)
    assert sign_it(contract, "signed", manager_of(contract.firm))().state == ContractState.IN_FORCE
    late_one = begun[0].negotiation
    late_one.refresh_from_db()
    assert (late_one.state, late_one.outcome) == ("closed", "other_taker")
    with pytest.raises(NoRoom):
        open_from_request(
            request=TransferRequestFactory(talk=True, listing=listing), by=manager_of(listing.holder), at=AT
        )
    assert Negotiation.objects.running().count() == 0


def test_the_contract_is_written_twice_at_once(locked, monkeypatch):
    from deals.services.contracts import draft as drafting

    negotiation = agreed()
    meet_in(monkeypatch, drafting, "accepted_offer", locked=locked)
    people = [manager_of(negotiation.holder), manager_of(negotiation.firm)]
    outcomes = at_once(*[lambda by=by: draft(negotiation=negotiation, clauses=CLAUSES, by=by, at=AT) for by in people])
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    assert Contract.objects.count() == 1
