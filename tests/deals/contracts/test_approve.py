"""Each side's manager approves the very document, or refuses it; the service says so, and the database."""

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.urls import reverse

from deals.enums.contracts import ContractState, VersionState
from deals.models import Contract, ContractApproval, ContractVersion
from deals.services.contracts.approve import OtherDocument, approve, cancel, refuse
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.deals.agreements import AT, approved, approved_by, drafted, manager_of


def told(kind):
    return {each.recipient for each in Notification.objects.filter(kind=kind)}


def approving(contract, by, **also):
    version = contract.versions.order_by("-serial").first()
    return approve(**{"version": version, "document_hash": version.document_hash, "by": by, "at": AT} | also)


def test_the_second_approval_is_the_last():
    contract = drafted()
    holder, firm = manager_of(contract.holder), manager_of(contract.firm)
    approving(contract, firm)
    contract.refresh_from_db()
    assert contract.state == ContractState.DRAFTED
    assert told("contract_approved_by_one") == {holder}
    approving(contract, holder)
    contract.refresh_from_db()
    assert (contract.state, contract.versions.get().state) == (ContractState.APPROVED, VersionState.APPROVED)
    assert {holder, firm} <= told("contract_approved")


def test_a_click_more_is_the_same_approval_and_another_manager_of_the_side_is_told():
    contract = drafted()
    holder = manager_of(contract.holder)
    assert approving(contract, holder) == approving(contract, holder)
    second = MembershipFactory(organization=contract.holder, manager=True).user
    with pytest.raises(NotPossibleNow):
        approving(contract, second)
    assert ContractApproval.objects.count() == 1


def test_another_document_than_the_one_read_is_refused():
    contract = drafted()
    with pytest.raises(OtherDocument):
        approving(contract, manager_of(contract.holder), document_hash="0" * 64)
    assert not ContractApproval.objects.exists()


@pytest.mark.parametrize("document", ["\0", "\0" * 64, "x", ""])
def test_what_is_no_hash_is_another_document(client, document):
    with time_machine.travel(AT, tick=False):
        contract = drafted()
        sign_in(client, manager_of(contract.holder))
        url = reverse("deals:contract_approve", args=[contract.public_id])
        assert client.post(url, {"document": document}).status_code == 409
    assert not ContractApproval.objects.exists()


def test_only_managers_of_a_side_approve_and_nobody_of_both():
    contract = drafted()
    both = manager_of(contract.holder)
    MembershipFactory(organization=contract.firm, user=both, role="staff")
    staff = MembershipFactory(organization=contract.firm).user
    for by in (staff, both, UserFactory(), MembershipFactory(broker=True, manager=True).user):
        with pytest.raises(NotAllowed):
            approving(contract, by)
    assert not ContractApproval.objects.exists()


def test_a_side_refuses_with_a_reason_also_after_it_approved():
    contract = approved()
    version, firm = contract.versions.get(), manager_of(contract.firm)
    with pytest.raises(DomainError) as missing:
        refuse(version=version, text=" ", by=firm, at=AT)
    assert missing.value.field == "text"
    refuse(version=version, text="The court is missing", by=firm, at=AT)
    contract.refresh_from_db()
    version.refresh_from_db()
    assert (contract.state, version.state) == (ContractState.DRAFTED, VersionState.REFUSED)
    assert (version.refused_by, version.refusal_text) == (firm, "The court is missing")
    assert manager_of(contract.holder) in told("contract_refused")
    for each in Notification.objects.filter(kind="contract_refused"):
        assert "court" not in str(each.params)


def test_who_wrote_it_takes_it_back_until_somebody_approved():
    staff = MembershipFactory
    contract = drafted()
    writer = staff(organization=contract.holder).user
    ContractVersion.objects.filter(pk=contract.versions.get().pk)  # written by the manager: another one does not
    with pytest.raises(NotAllowed):
        refuse(version=contract.versions.get(), text="x", by=writer, at=AT)
    contract.refresh_from_db()
    assert contract.versions.get().state == VersionState.PROPOSED


def test_what_was_refused_is_not_approved_any_more():
    contract = drafted()
    refuse(version=contract.versions.get(), text="No", by=manager_of(contract.firm), at=AT)
    with pytest.raises(NotPossibleNow):
        approving(contract, manager_of(contract.holder))
    with pytest.raises(NotPossibleNow):
        refuse(version=contract.versions.get(), text="No", by=manager_of(contract.holder), at=AT)
    assert not ContractApproval.objects.exists()


def test_a_side_does_not_conclude_it():
    contract = approved()
    with pytest.raises(NotAllowed):
        cancel(contract=contract, text="x", by=MembershipFactory(organization=contract.firm).user, at=AT)
    found = cancel(contract=contract, text="No money this year", by=manager_of(contract.firm), at=AT)
    assert (found.state, found.cancel_text) == (ContractState.CANCELLED, "No money this year")
    assert found.versions.get().state == VersionState.REFUSED
    found.negotiation.refresh_from_db()
    assert found.negotiation.state == "agreed"
    with pytest.raises(NotPossibleNow):
        cancel(contract=contract, text="x", by=manager_of(contract.holder), at=AT)


# --- the database -----------------------------------------------------------------------------------------------------


def refused(act, words):
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        act()


def row(version, side, by, **also):
    given = {"version": version, "side": side, "document_hash": version.document_hash, "approved_at": AT,
             "approved_by": by} | also  # fmt: skip
    return ContractApproval.objects.create(**given)


def test_the_database_takes_an_approval_only_of_the_document_by_a_manager_of_the_side():
    contract = drafted()
    version, holder, firm = contract.versions.get(), manager_of(contract.holder), manager_of(contract.firm)
    refused(lambda: row(version, "holder", holder, document_hash="0" * 64), "another document")
    refused(lambda: row(version, "holder", firm), "only a manager")
    refused(lambda: row(version, "firm", MembershipFactory(organization=contract.firm).user), "only a manager")
    row(version, "holder", holder)
    ContractVersion.objects.filter(pk=version.pk).update(state="refused", refused_at=AT)
    refused(lambda: row(version, "firm", firm), "only a proposed")


def test_the_database_wants_both_approvals_before_a_version_is_approved():
    contract = drafted()
    version = contract.versions.get()
    move = ContractVersion.objects.filter(pk=version.pk)
    refused(lambda: move.update(state="approved"), "both sides")
    approved_by(contract, contract.holder)
    refused(lambda: move.update(state="approved"), "both sides")


def test_the_database_keeps_contracts_and_versions_from_beginning_elsewhere_and_from_going():
    contract = drafted()
    version = contract.versions.get()
    refused(lambda: version.delete(), "never deleted|foreign key")
    refused(lambda: ContractVersion.objects.filter(pk=version.pk).delete(), "never deleted")
    refused(
        lambda: ContractVersion.objects.create(
            contract=contract,
            serial=2,
            method="free",
            terms={},
            document_hash="0" * 64,
            proposed_at=AT,
            proposed_by=version.proposed_by,
            reason="x",
            state="in_force",
        ),
        "begins as a proposal",
    )
    values = {f.attname: getattr(contract, f.attname) for f in Contract._meta.concrete_fields if f.name != "id"}
    again = values | {"number": "C2026999999", "state": "approved"}
    again.pop("public_id")
    refused(lambda: Contract.objects.create(**again), "begins as a draft|unique")


@pytest.mark.parametrize("name", ["terms", "clauses", "rules", "documents", "reason", "document_hash", "holds_from"])
def test_what_was_proposed_never_changes(name):
    version = drafted().versions.get()
    value = {"document_hash": "1" * 64, "reason": "y", "holds_from": AT.date()}.get(name, {"x": 1})
    refused(lambda: ContractVersion.objects.filter(pk=version.pk).update(**{name: value}), "Cannot update")
