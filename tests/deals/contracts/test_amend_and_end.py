"""Amendments as new versions from a day on, and the end: by the term, by agreement, as one side declares."""

import json
from dataclasses import replace
from datetime import datetime, time

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from deals.enums.contracts import ContractState, EndingState, VersionState
from deals.events import contract_amended, contract_ended
from deals.models import Contract, ContractVersion, Ending
from deals.services.contracts import nightly
from deals.services.contracts.amend import amend
from deals.services.contracts.approve import refuse
from deals.services.contracts.end import answer_end, propose_end, settle_breach, take_back_end
from deals.services.contracts.nightly import look_after_contracts
from deals.terms import Instalment, Terms
from deals.wording.contracts import differences
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tech_listings.enums import DealKind, ListingState
from tech_listings.models import Listing
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.deals.agreements import (
    AT,
    CLAUSES,
    DAY,
    RUNNING,
    TODAY,
    approved,
    approved_by,
    manager_of,
    signed,
)

LATER = AT + 10 * DAY
LONGER = replace(CLAUSES, term_months=60)


@pytest.fixture
def heard():
    found = []

    def hear(sender, **given):
        found.append(given)

    for signal in (contract_amended, contract_ended):
        signal.connect(hear)
    yield found
    for signal in (contract_amended, contract_ended):
        signal.disconnect(hear)


def amending(contract, **also):
    given = {"contract": contract, "terms": replace(RUNNING, running_bp=250), "clauses": LONGER,
             "reason": "Longer, for less", "holds_from": TODAY + 10 * DAY, "by": manager_of(contract.firm),
             "at": AT} | also  # fmt: skip
    return amend(**given)


def test_an_amendment_both_approved_takes_over_on_its_day(heard):
    contract = signed()
    first, ends_on = contract.versions.get(), contract.ends_on
    second = amending(contract)
    assert (second.serial, second.reason, second.rules) == (2, "Longer, for less", first.rules)
    assert contract.number in str(second.documents["en"])
    assert "Amendment" in second.documents["en"][0][1]
    shown = {each.label: (each.before, each.after) for each in differences(first, second)}
    assert ("36 months", "60 months") in shown.values()
    assert any("3 %" in before and "2.5 %" in after for before, after in shown.values())

    approved_by(contract, contract.holder, contract.firm)
    second.refresh_from_db()
    assert second.state == VersionState.APPROVED
    assert look_after_contracts(at=AT + 9 * DAY)["amended"] == 0
    assert look_after_contracts(at=LATER)["amended"] == 1
    assert look_after_contracts(at=LATER)["amended"] == 0
    states = list(ContractVersion.objects.order_by("serial").values_list("state", flat=True))
    assert states == [VersionState.REPLACED, VersionState.IN_FORCE]
    contract.refresh_from_db()
    assert contract.ends_on > ends_on
    assert [(each["version"], each["before"]) for each in heard] == [(second, first)]
    told = Notification.objects.filter(kind="contract_amended")
    assert {manager_of(contract.holder), manager_of(contract.firm)} <= {each.recipient for each in told}


def test_an_amendment_for_today_holds_with_the_second_approval(heard):
    contract = signed()
    second = amending(contract, holds_from=TODAY)
    approved_by(contract, contract.holder)
    second.refresh_from_db()
    assert second.state == VersionState.PROPOSED
    approved_by(contract, contract.firm)
    second.refresh_from_db()
    assert (second.state, len(heard)) == (VersionState.IN_FORCE, 1)


def test_a_refused_amendment_leaves_the_version_in_force():
    contract = signed()
    second = amending(contract)
    refuse(version=second, text="No", by=manager_of(contract.holder), at=AT)
    contract.refresh_from_db()
    assert contract.state == ContractState.IN_FORCE
    assert contract.versions.get(state="in_force").serial == 1
    assert amending(contract).serial == 3


def test_an_amendment_that_both_approved_binds_until_another_one():
    contract = signed()
    second = amending(contract)
    approved_by(contract, contract.holder, contract.firm)
    before = list(ContractVersion.objects.order_by("pk").values())
    for organization in (contract.holder, contract.firm):
        with pytest.raises(NotPossibleNow, match="Approved by both"):
            refuse(version=second, text="No", by=manager_of(organization), at=AT)
    assert list(ContractVersion.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"holds_from": TODAY + 367 * DAY}, "holds_from"),
        ({"holds_from": TODAY - DAY}, "holds_from"),
        ({"holds_from": TODAY + 3000 * DAY}, "holds_from"),
        ({"terms": RUNNING, "clauses": CLAUSES}, None),
        ({"terms": replace(RUNNING, running_bp=10_001)}, "running_bp"),
        ({"clauses": replace(CLAUSES, territory="")}, "territory"),
        ({"clauses": replace(CLAUSES, term_months=1), "holds_from": TODAY + 40 * DAY}, "term_months"),
    ],
)
def test_amendments_that_cannot_be_are_refused(given, field):
    contract = signed()
    with pytest.raises(DomainError) as refused:
        amending(contract, **given)
    assert refused.value.field == field
    assert contract.versions.count() == 1


def test_one_amendment_at_a_time_of_a_contract_in_force_that_did_not_change_meanwhile():
    contract = signed()
    with pytest.raises(ChangedMeanwhile):
        amending(contract, seen_revision=contract.revision - 1)
    by, seen = manager_of(contract.holder), contract.revision
    first = amending(contract, by=by, seen_revision=seen)
    assert amending(contract, by=by, seen_revision=seen).pk == first.pk  # clicked twice
    for other in ({"by": by, "reason": "Another one"}, {"by": manager_of(contract.firm)}):
        with pytest.raises(NotPossibleNow):
            amending(contract, **other)
    with pytest.raises(NotAllowed):
        amending(contract, by=MembershipFactory(company=True).user)
    with pytest.raises(NotPossibleNow):
        amending(approved())
    assert contract.versions.count() == 2


# --- the end ----------------------------------------------------------------------------------------------------------


def ending(contract, *, side="holder", **also):
    by = manager_of(contract.holder if side == "holder" else contract.firm)
    given = {"contract": contract, "reason": "agreed", "last_day": TODAY + 5 * DAY, "text": "We stop", "by": by,
             "at": AT} | also  # fmt: skip
    return propose_end(**given)


def test_the_term_is_over_on_the_day_after_its_last(heard):
    contract = signed()
    last = datetime.combine(contract.ends_on, time(12), AT.tzinfo)
    assert look_after_contracts(at=last)["ended"] == 0
    assert look_after_contracts(at=last + DAY)["ended"] == 1
    assert look_after_contracts(at=last + DAY)["ended"] == 0
    contract.refresh_from_db()
    assert (contract.state, contract.end_reason, contract.ended_on) == (
        ContractState.ENDED, "term", contract.ends_on,
    )  # fmt: skip
    assert [each["contract"] for each in heard] == [contract]


def test_both_sides_are_reminded_of_the_end_of_the_term_once_per_step():
    contract = signed()
    for days in (91, 90, 89, 31, 30, 29, 0):
        at = datetime.combine(contract.ends_on - days * DAY, time(12), AT.tzinfo)
        look_after_contracts(at=at)
    told = Notification.objects.filter(kind="contract_ending_soon", recipient=manager_of(contract.firm))
    assert told.count() == 2


def test_an_end_by_agreement_needs_the_other_side(heard):
    contract = signed()
    proposed = ending(contract)
    assert proposed.state == EndingState.PROPOSED
    assert {n.recipient for n in Notification.objects.filter(kind="contract_end_proposed")} == {
        manager_of(contract.firm)
    }
    with pytest.raises(NotAllowed):
        answer_end(ending=proposed, agree=True, by=manager_of(contract.holder), at=AT)
    answer_end(ending=proposed, agree=True, by=manager_of(contract.firm), at=AT)
    contract.refresh_from_db()
    assert contract.state == ContractState.IN_FORCE
    assert look_after_contracts(at=AT + 5 * DAY)["ended"] == 0
    assert look_after_contracts(at=AT + 6 * DAY)["ended"] == 1
    contract.refresh_from_db()
    assert (contract.state, contract.ended_on, contract.end_reason, contract.end_text) == (
        ContractState.ENDED, TODAY + 5 * DAY, "agreed", "We stop",
    )  # fmt: skip
    assert len(heard) == 1


def test_declined_and_taken_back_and_lapsed():
    contract = signed()
    with pytest.raises(DomainError):
        answer_end(ending=ending(contract), agree=False, by=manager_of(contract.firm), at=AT)
    proposed = Ending.objects.get()
    answer_end(ending=proposed, agree=False, text="Not yet", by=manager_of(contract.firm), at=AT)
    second = ending(contract)
    with pytest.raises(NotAllowed):
        take_back_end(ending=second, by=manager_of(contract.firm), at=AT)
    take_back_end(ending=second, by=manager_of(contract.holder), at=AT)
    with pytest.raises(NotPossibleNow):
        answer_end(ending=second, agree=True, by=manager_of(contract.firm), at=AT)
    third = ending(contract)
    with pytest.raises(NotPossibleNow):
        answer_end(ending=third, agree=True, by=manager_of(contract.firm), at=AT + 6 * DAY)
    assert look_after_contracts(at=AT + 6 * DAY) == {
        "amended": 0, "settled": 0, "ended": 0, "lapsed": 1, "reminded": 0,
    }  # fmt: skip
    assert list(Ending.objects.order_by("pk").values_list("state", flat=True)) == ["declined", "withdrawn", "lapsed"]
    contract.refresh_from_db()
    assert contract.state == ContractState.IN_FORCE


def test_the_firm_alone_gives_up_and_that_holds_at_once():
    contract = signed()
    with pytest.raises(DomainError) as refused:
        ending(contract, reason="abandoned")
    assert refused.value.field == "reason"
    found = ending(contract, side="firm", reason="abandoned", last_day=TODAY)
    assert found.state == EndingState.SETTLED
    with pytest.raises(NotPossibleNow):
        ending(contract, reason="breach")
    look_after_contracts(at=AT + DAY)
    contract.refresh_from_db()
    assert (contract.end_reason, contract.ended_on, contract.ended_by) == (
        "abandoned", TODAY, manager_of(contract.firm),
    )  # fmt: skip


def test_a_breach_ends_the_contract_only_after_the_days_to_mend_it():
    """The clauses give 30 days."""
    contract = signed()
    with pytest.raises(DomainError) as refused:
        ending(contract, reason="breach", last_day=TODAY + 29 * DAY)
    assert (refused.value.field, Ending.objects.count()) == ("last_day", 0)
    found = ending(contract, reason="breach", last_day=TODAY + 30 * DAY)
    assert (found.state, found.mend_by, found.answered_at) == (EndingState.CURING, TODAY + 30 * DAY, None)
    other = Notification.objects.filter(kind="contract_breach_declared").values_list("recipient", flat=True)
    assert list(other) == [manager_of(contract.firm).pk]
    with pytest.raises(NotPossibleNow):
        ending(contract)
    with pytest.raises(NotPossibleNow):
        answer_end(ending=found, agree=True, by=manager_of(contract.firm), at=AT)

    done = look_after_contracts(at=AT + 30 * DAY)
    assert (done["settled"], done["ended"]) == (0, 0)
    assert Contract.objects.get(pk=contract.pk).state == ContractState.IN_FORCE
    assert (settle_breach(ending=found, at=AT + 30 * DAY), Ending.objects.get().state) == (False, EndingState.CURING)
    done = look_after_contracts(at=AT + 31 * DAY)
    assert (done["settled"], done["ended"]) == (1, 1)
    over = Contract.objects.get(pk=contract.pk)
    assert (over.state, over.end_reason, over.ended_on) == (ContractState.ENDED, "breach", TODAY + 30 * DAY)
    assert look_after_contracts(at=AT + 31 * DAY)["settled"] == 0


def test_a_breach_that_was_mended_is_taken_back_by_who_declared_it():
    contract = signed()
    found = ending(contract, reason="breach", last_day=TODAY + 40 * DAY)
    with pytest.raises(NotAllowed):
        take_back_end(ending=found, by=manager_of(contract.firm), at=AT + DAY)
    take_back_end(ending=found, by=manager_of(contract.holder), at=AT + 5 * DAY)
    look_after_contracts(at=AT + 60 * DAY)
    assert Contract.objects.get(pk=contract.pk).state == ContractState.IN_FORCE
    assert Ending.objects.get().state == EndingState.WITHDRAWN


def test_once_its_days_are_over_a_breach_is_not_taken_back():
    contract = signed()
    found = ending(contract, reason="breach", last_day=TODAY + 100 * DAY)
    assert look_after_contracts(at=AT + 31 * DAY)["settled"] == 1
    with pytest.raises(NotPossibleNow):
        take_back_end(ending=found, by=manager_of(contract.holder), at=AT + 32 * DAY)
    look_after_contracts(at=AT + 101 * DAY)
    assert Contract.objects.get(pk=contract.pk).ended_on == TODAY + 100 * DAY


def test_without_days_to_mend_it_a_breach_holds_at_once():
    found = ending(signed(clauses=replace(CLAUSES, cure_days=0)), reason="breach", last_day=TODAY)
    assert (found.state, found.mend_by) == (EndingState.SETTLED, TODAY)


def test_the_database_lets_no_breach_be_settled_before_its_days_are_over():
    contract = signed()
    found = ending(contract, reason="breach", last_day=TODAY + 40 * DAY)
    for changes in (
        {"state": "settled", "answered_at": AT + 30 * DAY},
        {"state": "settled", "answered_at": None},
        {"state": "declined", "answered_at": AT},
        {"mend_by": TODAY},
        {"mend_by": None},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Ending.objects.filter(pk=found.pk).update(**changes)
    assert Ending.objects.get().state == EndingState.CURING
    Ending.objects.filter(pk=found.pk).update(state="settled", answered_at=AT + 31 * DAY)


def test_on_its_page_a_breach_says_until_when_and_is_taken_back_there(client):
    with time_machine.travel(AT, tick=False):
        contract = signed()
        sign_in(client, manager_of(contract.holder))
        page = reverse("deals:contract_end", args=[contract.public_id])
        said = {"reason": "breach", "last_day": str(TODAY), "text": "Nothing was paid"}
        early = client.post(page, said)
        assert (early.status_code, Ending.objects.count()) == (422, 0)
        assert "30 days to mend" in early.text
        assert client.post(page, said | {"last_day": str(TODAY + 30 * DAY)}).status_code == 302
        shown = reverse("deals:contract", args=[contract.public_id])
        assert "It was mended: take it back" in client.get(shown).text
        other = Client()
        sign_in(other, manager_of(contract.firm))
        told = other.get(shown).text
        assert "To be mended by" in told
        assert "take it back" not in told
        assert client.post(reverse("deals:contract_end_take_back", args=[contract.public_id])).status_code == 302
        assert Ending.objects.get().state == EndingState.WITHDRAWN


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"last_day": TODAY - DAY}, "last_day"),
        ({"last_day": TODAY + 400 * DAY}, "last_day"),
        ({"text": " "}, "text"),
        ({"reason": "term"}, "reason"),
        ({"reason": "whim"}, "reason"),
    ],
)
def test_ends_that_cannot_be_are_refused(given, field):
    contract = signed()
    with pytest.raises(DomainError) as refused:
        ending(contract, **given)
    assert refused.value.field == field
    assert not Ending.objects.exists()


def test_with_the_end_of_an_exclusive_licence_the_technology_is_on_offer_again():
    contract = signed(deal_kind=DealKind.EXCLUSIVE_LICENCE)
    ending(contract, side="firm", reason="abandoned", last_day=TODAY)
    amendment = amending(contract, holds_from=TODAY + DAY)
    look_after_contracts(at=AT + DAY)
    assert Listing.objects.get(pk=contract.listing_id).state == ListingState.PUBLISHED
    amendment.refresh_from_db()
    assert amendment.state == VersionState.REFUSED
    assert Contract.objects.get(pk=contract.pk).state == ContractState.ENDED


TYPED = {
    "holds_from": str(TODAY + 10 * DAY), "reason": "Later instalments", "territory": "Republic of Korea",
    "field_of_use": "Pump housings", "term_months": "36", "sublicence": "consent", "improvements": "notified",
    "confidential_years": "5", "cure_days": "30",
}  # fmt: skip
RATES = {"pay-template": "running", "pay-upfront_won": "10,000,000", "pay-running_bp": "2", "pay-cap_won": "80,000,000"}


def page_of(contract):
    return reverse("deals:contract_amend", args=[contract.public_id])


def test_the_page_of_an_amendment_asks_as_the_form_of_an_offer_does(client):
    terms = Terms("lump_sum", upfront_won=1_000_000, instalments=(Instalment(12, 5_000_000), Instalment(24, 6_000_000)))
    with time_machine.travel(AT, tick=False):
        contract = signed(terms=terms)
        sign_in(client, manager_of(contract.firm))
        form = client.get(page_of(contract))
        assert 'name="pay-instalments_1_won" value="6,000,000"' in form.text
        assert form.text.count('name="pay-instalments_') == 2 * 4
        rows = {
            "pay-template": "instalments", "pay-upfront_won": "1,000,000", "pay-instalments_0_months": "18",
            "pay-instalments_0_won": "5,000,000", "pay-instalments_1_won": "6,000,000",
        }  # fmt: skip
        wrong = client.post(page_of(contract), TYPED | rows | {"reason": ""})
        assert wrong.status_code == 422
        assert {"reason"} == set(wrong.context["form"].errors)
        assert list(wrong.context["payment"].errors) == ["instalments_1_months"]
        assert contract.versions.count() == 1
        client.post(page_of(contract), TYPED | rows | {"pay-instalments_1_months": "30"})
    made = contract.versions.get(serial=2)
    assert Terms.from_json(made.terms).instalments == (Instalment(18, 5_000_000), Instalment(30, 6_000_000))


@pytest.mark.parametrize("words", ["a\x00b", "a\ud800b"])
def test_what_the_database_cannot_keep_is_refused_at_its_field(words):
    with time_machine.travel(AT, tick=False):
        contract = signed()
        milestone = {"key": "a", "words": words, "won": 1, "month": 1}
        body = {
            "terms": RUNNING.to_json() | {"milestones": [milestone]}, "reason": "x",
            "clauses": {name: value for name, value in LONGER.to_json().items() if name != "version"},
            "holds_from": str(TODAY + DAY),
        }  # fmt: skip
        url = reverse("deals-api:contract-amend", args=[contract.public_id])
        got = api_of(manager_of(contract.firm)).post(url, json.dumps(body), content_type="application/json")
    assert got.status_code == 400, got.text
    assert [error["field"] for error in got.json()["errors"]] == ["milestones.0.words"]
    assert contract.versions.count() == 1


def test_who_amends_what_was_amended_meanwhile_is_told_and_keeps_the_words(client):
    with time_machine.travel(AT, tick=False):
        contract = signed()
        sign_in(client, manager_of(contract.firm))
        seen = client.get(page_of(contract)).context["form"]["seen_revision"].value()
        amending(contract, holds_from=TODAY)
        approved_by(contract, contract.holder, contract.firm)
        told = client.post(page_of(contract), TYPED | RATES | {"seen_revision": seen})
        assert told.status_code == 409
        assert "changed after you opened this page" in told.text
        assert "Later instalments" in told.text
        assert contract.versions.count() == 2
        again = told.context["form"]["seen_revision"].value()
        assert client.post(page_of(contract), TYPED | RATES | {"seen_revision": again}).status_code == 302
    assert contract.versions.count() == 3


def test_a_contract_that_cannot_be_looked_after_keeps_no_other_waiting(monkeypatch):
    bad, good = signed(), signed(words="another")
    for contract in (bad, good):
        amending(contract)
        approved_by(contract, contract.holder, contract.firm)
    put_in_force = nightly.put_in_force

    def fails_for_one(*, contract, **given):
        if contract.pk == bad.pk:
            raise RuntimeError("cannot be read")
        put_in_force(contract=contract, **given)

    monkeypatch.setattr(nightly, "put_in_force", fails_for_one)
    assert look_after_contracts(at=LATER)["amended"] == 1
    monkeypatch.undo()
    assert look_after_contracts(at=LATER)["amended"] == 1
