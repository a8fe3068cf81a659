"""A technology taken over by a contract concluded elsewhere: entered by the firm, checked by an officer."""

import datetime
import uuid

import pytest
import time_machine
from django.db import DatabaseError, transaction

from accounts.enums import Role
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.states import IllegalTransition
from notifications.models import Notification
from programmes.eligibility import Facts, Outcome, check
from programmes.enums.transfers import TRANSFER_STATES, TransferState
from programmes.models import Application, Transfer
from programmes.scheme import Condition, ConditionKind, Scheme, Words
from programmes.services.applications.acting import PartClosed
from programmes.services.applications.declared import TransferInUse, check_transfer, declare_transfer, remove_transfer
from programmes.services.applications.save import save
from programmes.services.applications.submit import NotComplete, submit
from programmes.services.review.check import find_eligible, find_ineligible, preview_many
from programmes.services.review.objections import answer_objection, raise_objection
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.programmes.applications import (
    NOW,
    draft,
    firm,
    firm_of,
    open_call,
    paper,
    submitted,
)
from tests.programmes.applications.test_access import api as api_of_officer
from tests.programmes.applications.test_pages import api, at, signed_in
from tests.threads import at_once, kinds, meet_in

pytestmark = pytest.mark.django_db
SAID = {"title": "Ceramic filter", "holder_name": "Gaon University", "signed_on": datetime.date(2025, 5, 2)}


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    with time_machine.travel(NOW, tick=False):
        yield


def declare(found, *, by=None, content="contract", **changes):
    given = {"application": found, "revision": found.revision, **SAID, "name": "contract.pdf", "at": NOW} | changes
    return declare_transfer(**given, file=paper(content), by=by or found.begun_by)


def with_contract(call=None, person=None):
    """Submitted with a contract that the firm entered."""
    found = draft(call, person or firm(transfer=False))
    declare(found)
    found.refresh_from_db()
    return submit(application=found, revision=found.revision, declared=True, by=found.begun_by, at=NOW).application


def officer_of(call, role=Role.STAFF):
    return call.office.memberships.filter(role=role).first().user


def state_of(found):
    return Transfer.objects.values_list("state", "check_text", "checked_by").get(pk=found.transfer_id)


def test_a_firm_enters_a_contract_which_is_chosen_and_unclear_until_an_officer_checked_it():
    found = with_contract()
    transfer = found.transfer
    assert transfer.reference == "PT2026000001"
    assert (transfer.title, transfer.holder_name, transfer.signed_on) == tuple(SAID.values())
    assert (transfer.state, transfer.organization) == ("declared", found.organization)
    with transfer.document.open() as kept:
        assert kept.read() == paper("contract").getvalue()
    assert {each["key"]: each["outcome"] for each in found.checked}["transfer"] == "unclear"
    assert found.facts["transfers_declared"] == 1


def test_the_condition_is_met_by_a_known_contract_unclear_by_an_entered_one_missing_by_none():
    scheme = Scheme(notice=Words(""), conditions=(Condition("transfer", ConditionKind.TRANSFER),))
    outcomes = [
        check(scheme, Facts(transfers=known, transfers_declared=entered), NOW.date())[0].outcome
        for known, entered in ((1, 0), (1, 1), (0, 1), (0, 0))
    ]
    assert outcomes == [Outcome.MET, Outcome.MET, Outcome.UNCLEAR, Outcome.MISSING]


def test_entered_twice_is_once_and_a_later_revision_is_told():
    found = draft(person=firm(transfer=False))
    first = declare(found)
    assert declare(found) == first  # the second click
    with pytest.raises(ChangedMeanwhile):
        declare(found, content="another one")
    assert Transfer.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"holder_name": ""}, "holder_name"),
        ({"signed_on": NOW.date() + datetime.timedelta(days=1)}, "signed_on"),
        ({"signed_on": datetime.date(1995, 12, 31)}, "signed_on"),
        ({"file": None}, "document"),
    ],
)
def test_what_is_wrong_names_its_field_and_nothing_is_kept(changes, field):
    found = draft(person=firm(transfer=False))
    given = {"application": found, "revision": found.revision, **SAID, "file": paper(), "name": "contract.pdf"}
    if "file" in changes:
        changes = {"file": paper("").__class__(b"MZ no document"), "name": "contract.exe"}
    with pytest.raises(DomainError) as error:
        declare_transfer(**given | changes, by=found.begun_by, at=NOW)
    assert error.value.field == field
    assert not Transfer.objects.exists()
    assert Application.objects.get(pk=found.pk).revision == found.revision


def test_nobody_else_enters_or_removes_and_not_after_submitting():
    found = draft(person=firm(transfer=False))
    for person in (UserFactory(is_superuser=True), firm(), officer_of(found.call)):
        with pytest.raises(NotAllowed):
            declare(found, by=person)
    there = with_contract(found.call)
    with pytest.raises(PartClosed):
        declare(there)
    with pytest.raises(PartClosed):
        remove_transfer(application=there, transfer=there.transfer, by=there.begun_by, at=NOW)
    assert Transfer.objects.filter(state="declared").count() == 1


def test_what_was_entered_by_mistake_goes_with_its_file_unless_something_rests_on_it():
    person = firm(transfer=False)
    found = draft(person=person)
    transfer = declare(found)
    place = transfer.document.path
    other = draft(open_call(), person)
    save(application=other, revision=other.revision, transfer=transfer, by=person, at=NOW)
    with pytest.raises(TransferInUse):
        remove_transfer(application=found, transfer=transfer, by=person, at=NOW)
    other.refresh_from_db()
    save(application=other, revision=other.revision, transfer=None, by=person, at=NOW)
    remove_transfer(application=found, transfer=transfer, by=person, at=NOW)
    assert not Transfer.objects.exists()
    found.refresh_from_db()
    assert found.transfer is None
    with pytest.raises(TransferInUse):
        remove_transfer(application=found, transfer=transfer, by=person, at=NOW)
    assert place


def test_an_application_is_eligible_once_its_contract_is_checked():
    found = with_contract()
    officer = officer_of(found.call)
    with pytest.raises(NotPossibleNow):
        find_eligible(application=found, by=officer, at=NOW)
    row = preview_many(call=found.call, applications=[found], act="eligible", by=officer)[0]
    assert row.why_not == "The firm entered the contract of its technology itself. Check it first."
    assert Application.objects.get(pk=found.pk).state == "submitted"

    check_transfer(application=found, accept=True, by=officer, at=NOW)
    check_transfer(application=found, accept=True, by=officer, at=NOW)  # the second click
    assert state_of(found) == ("confirmed", "", officer.pk)
    assert find_eligible(application=found, by=officer, at=NOW).state == "eligible"
    assert not Notification.objects.filter(kind="programme_contract_refused").exists()


def test_a_contract_that_is_not_accepted_says_why_is_told_and_submits_nothing():
    found = with_contract()
    officer = officer_of(found.call)
    with pytest.raises(DomainError) as error:
        check_transfer(application=found, accept=False, by=officer, at=NOW)
    assert error.value.field == "text"
    check_transfer(application=found, accept=False, text="It names another firm.", by=officer, at=NOW)
    assert state_of(found) == ("refused", "It names another firm.", officer.pk)
    assert {each.recipient for each in Notification.objects.filter(kind="programme_contract_refused")} == {
        found.begun_by
    }
    with pytest.raises(NotPossibleNow):
        find_eligible(application=found, by=officer, at=NOW)

    elsewhere = draft(open_call(), firm(transfer=False))
    transfer = found.transfer
    Application.objects.filter(pk=elsewhere.pk).update(transfer=transfer)
    with pytest.raises(NotComplete):
        submit(application=elsewhere, revision=elsewhere.revision, declared=True, by=elsewhere.begun_by, at=NOW)


def test_who_checks_is_an_officer_of_the_office_apart_from_the_firm_administrators_included():
    found = with_contract()
    both = officer_of(found.call)
    MembershipFactory(organization=found.organization, user=both)
    wrong = [
        both, found.begun_by, UserFactory(is_superuser=True), MembershipFactory(government=True).user,
        MembershipFactory(organization=found.call.office, role=Role.VIEWER).user,
    ]  # fmt: skip
    for person in wrong:
        with pytest.raises(NotAllowed):
            check_transfer(application=found, accept=True, by=person, at=NOW)
    assert state_of(found) == ("declared", "", None)


def test_what_the_check_said_can_be_changed_with_a_reason_and_a_known_contract_is_not_checked():
    found = with_contract()
    officer, boss = officer_of(found.call), officer_of(found.call, Role.MANAGER)
    check_transfer(application=found, accept=False, text="No signature.", by=officer, at=NOW)
    with pytest.raises(DomainError):
        check_transfer(application=found, accept=True, by=boss, at=NOW)
    check_transfer(application=found, accept=True, text="The signature is on page 9.", by=boss, at=NOW)
    assert state_of(found) == ("confirmed", "The signature is on page 9.", boss.pk)
    with pytest.raises(IllegalTransition):
        check_transfer(application=found, accept=True, text="Again.", by=officer, at=NOW)
    with pytest.raises(NotPossibleNow):
        check_transfer(application=submitted(found.call), accept=True, by=officer, at=NOW)


def test_an_objection_is_upheld_after_the_contract_was_checked():
    found = with_contract()
    officer, boss = officer_of(found.call), officer_of(found.call, Role.MANAGER)
    check_transfer(application=found, accept=False, text="Not readable.", by=officer, at=NOW)
    found = find_ineligible(application=found, text="No contract.", by=officer, at=NOW)
    speaker = MembershipFactory(organization=found.organization, role=Role.MANAGER).user
    objection = raise_objection(application=found, text="It is readable.", by=speaker, at=NOW)
    with pytest.raises(NotPossibleNow):
        answer_objection(objection=objection, uphold=True, answer="Right.", by=boss, at=NOW)
    check_transfer(application=found, accept=True, text="It is readable.", by=boss, at=NOW)
    answer_objection(objection=objection, uphold=True, answer="Right.", by=boss, at=NOW)
    assert Application.objects.get(pk=found.pk).state == "eligible"


@pytest.mark.parametrize("before", TransferState.values)
@pytest.mark.parametrize("after", TransferState.values)
def test_the_table_of_states_and_the_database_agree(before, after):
    found = with_contract()
    transfer, by = found.transfer, officer_of(found.call)
    checked = {"checked_by": by, "checked_at": NOW, "check_text": "x"}
    plain = {"checked_by": None, "checked_at": None, "check_text": ""}
    if before == "recorded":
        transfer = submitted(found.call).transfer
        Application.objects.filter(pk=found.pk)  # it rests on another one
    elif before != "declared":
        Transfer.objects.filter(pk=transfer.pk).update(state=before, **checked)
    if before == after:
        return
    may = TRANSFER_STATES.can(Transfer(state=before), after)
    given = checked if after in {"confirmed", "refused"} else plain
    if may:
        Transfer.objects.filter(pk=transfer.pk).update(state=after, **given)
    else:
        with pytest.raises(DatabaseError), transaction.atomic():
            Transfer.objects.filter(pk=transfer.pk).update(state=after, **given)


def test_the_database_keeps_what_was_entered_and_who_checks_it():
    found = with_contract()
    rows = Transfer.objects.filter(pk=found.transfer_id)
    officer = officer_of(found.call)
    said = {"checked_at": NOW, "check_text": "x"}
    both = officer_of(found.call, Role.MANAGER)
    MembershipFactory(organization=found.organization, user=both)
    for change in (
        {"title": "Another"}, {"sha256": "0" * 64}, {"document": "elsewhere"}, {"signed_on": NOW.date()},
        {"state": "confirmed", "checked_by": found.begun_by, **said},
        {"state": "confirmed", "checked_by": both, **said},
        {"state": "confirmed", "checked_by": MembershipFactory(government=True).user, **said},
        {"state": "refused", "checked_by": officer, "checked_at": NOW, "check_text": ""},
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Application.objects.filter(pk=found.pk).update(state="eligible", decided_by=officer, decided_at=NOW)
    rows.update(state="confirmed", checked_by=officer, **said)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()
    Application.objects.filter(pk=found.pk).update(state="eligible", decided_by=officer, decided_at=NOW)


# --- pages and API ---------------------------------------------------------------------------------------------------


def typed(found, **changes):
    given = {name: str(value) for name, value in SAID.items()} | {"revision": found.revision} | changes
    document = paper("contract")
    document.name = "contract.pdf"
    return given | {"document": document}


def test_entered_on_the_page_read_by_both_checked_on_the_officers_page():
    found = draft(person=firm(transfer=False))
    client = signed_in(found.begun_by)
    assert "Enter a contract concluded elsewhere" in client.get(at(found, "write/technology/")).content.decode()
    response = client.post(at(found, "transfers/new/"), typed(found))
    assert (response.status_code, response["Location"]) == (302, at(found, "write/technology/"))
    found.refresh_from_db()
    page = client.get(at(found, "write/technology/")).content.decode()
    assert "Entered by the firm" in page
    address = at(found, f"transfers/{found.transfer.public_id}/")
    assert b"".join(client.get(address)) == paper("contract").getvalue()
    client.post(at(found, "submit/"), {"revision": found.revision, "declared": "on", "key": uuid.uuid4()})
    found.refresh_from_db()
    assert found.state == "submitted"

    officer = signed_in(MembershipFactory(organization=found.call.office, user__second_factor=True).user)
    page = officer.get(f"/office/applications/{found.public_id}/", follow=True).content.decode()
    review = officer.post(at(found, "transfers/check/"), {"accept": "no", "text": ""})["Location"]
    assert state_of(found)[0] == "declared"
    page = officer.get(review).content.decode()
    assert "The contract shows the transfer" in page
    assert b"".join(officer.get(address)) == paper("contract").getvalue()
    officer.post(at(found, "transfers/check/"), {"accept": "yes", "text": ""})
    assert state_of(found)[0] == "confirmed"


def test_what_is_wrong_is_shown_and_what_was_typed_stays():
    found = draft(person=firm(transfer=False))
    client = signed_in(found.begun_by)
    response = client.post(at(found, "transfers/new/"), {"revision": found.revision, "title": "Kept words"})
    assert response.status_code == 422
    assert "Kept words" in response.content.decode()
    stale = client.post(at(found, "transfers/new/"), typed(found, revision=99))
    assert stale.status_code == 409
    assert "Ceramic filter" in stale.content.decode()
    assert not Transfer.objects.exists()


def test_who_reads_and_acts_on_a_contract():
    person = firm(transfer=False)
    found = with_contract(person=person)
    other = declare(draft(open_call(), person), content="of another call")
    people = {
        "anonymous": (None, 302, 302, 302), "stranger": (UserFactory(), 404, 404, 404),
        "administrator": (UserFactory(is_superuser=True), 404, 404, 404),
        "other_office": (MembershipFactory(government=True, user__second_factor=True).user, 404, 404, 404),
        "viewer": (MembershipFactory(organization=found.organization, role=Role.VIEWER).user, 200, 200, 403),
        "firm": (person, 200, 200, 403),
        "office": (officer_of(found.call), 200, 404, 302),
    }  # fmt: skip
    for name, (user, read, read_other, act) in people.items():
        client = signed_in(user)
        assert client.get(at(found, f"transfers/{found.transfer.public_id}/")).status_code == read, name
        assert client.get(at(found, f"transfers/{other.public_id}/")).status_code == read_other, name
        if name != "office":
            assert client.post(at(found, "transfers/check/"), {"accept": "yes"}).status_code == act, name
    assert state_of(found)[0] == "declared"


def test_the_same_by_the_api():
    person = firm(transfer=False)
    found = draft(person=person)
    client, base = api(person), f"/api/v1/applications/{found.public_id}/"
    made = client.post(f"{base}transfers/", typed(found), format="multipart")
    assert made.status_code == 201, made.content
    assert (made.data["state"], made.data["reference"]) == ("declared", "PT2026000001")
    again = client.post(f"{base}transfers/", typed(found), format="multipart")
    assert again.data == made.data
    assert [each["id"] for each in client.get(f"{base}transfers/").data] == [made.data["id"]]
    assert client.get(base).data["transfer"] == made.data["id"]
    assert client.post(f"{base}transfers/check/", {"accept": True}, format="json").status_code == 403
    client.delete(f"{base}transfers/{made.data['id']}/")
    assert not Transfer.objects.exists()

    there = with_contract()
    officer = api_of_officer(officer_of(there.call))
    there_base = f"/api/v1/applications/{there.public_id}/"
    refused = officer.post(f"{there_base}transfers/check/", {"accept": False}, format="json")
    assert refused.status_code == 400
    done = officer.post(f"{there_base}transfers/check/", {"accept": True}, format="json")
    assert (done.status_code, done.data["state"]) == (200, "confirmed")


# --- at the same moment ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_officers_check_one_contract(meeting, locked):
    found = with_contract()
    officer, boss = officer_of(found.call), officer_of(found.call, Role.MANAGER)
    outcomes = at_once(
        lambda: check_transfer(application=found, accept=True, seen="declared", by=officer, at=NOW),
        lambda: check_transfer(application=found, accept=False, seen="declared", text="Forged.", by=boss, at=NOW),
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["done", "done"])


@pytest.mark.django_db(transaction=True)
def test_a_contract_entered_twice_at_once_is_one(monkeypatch, locked):
    from programmes.services.applications import declared as module

    found = draft(person=firm(transfer=False))
    meet_in(monkeypatch, module, "check_revision", locked=locked)
    outcomes = at_once(lambda: declare(found), lambda: declare(found))
    assert Transfer.objects.count() == (1 if locked else 2)
    assert not locked or kinds(outcomes) == ["done", "done"]


def test_a_transfer_known_by_a_contract_here_needs_no_check():
    found = submitted()
    assert firm_of(found.begun_by).transfers_received.get().state == "recorded"
    assert find_eligible(application=found, by=officer_of(found.call), at=NOW).state == "eligible"
