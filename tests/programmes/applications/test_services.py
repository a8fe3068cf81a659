"""An application from its beginning to its receipt, and back."""

import uuid
from io import BytesIO

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.translation import override

from accounts.enums import Role
from accounts.models import FinancialYear
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed
from marketplace.core.idempotency import KeyReused
from marketplace.core.states import IllegalTransition
from notifications.models import Notification
from programmes.eligibility import in_readers_words
from programmes.enums.applications import ApplicationState, Part
from programmes.enums.review import StepKind
from programmes.events import selection_undone
from programmes.models import Agreement, Application, ApplicationDocument, ReviewStep, Transfer
from programmes.queries.sections import sheet_of
from programmes.services.applications.acting import CallChanged, CallClosed, NotOpenYet, PartClosed, TooLate
from programmes.services.applications.begin import AlreadyApplied, begin
from programmes.services.applications.complete import complete
from programmes.services.applications.documents import add_document, remove_document
from programmes.services.applications.save import save
from programmes.services.applications.submit import AlreadySubmitted, NotComplete, submit
from programmes.services.applications.transfers import record_transfer
from programmes.services.applications.withdraw import discard, withdraw
from programmes.services.calls.end import cancel
from programmes.services.review.check import ask_completion
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.programmes.applications import (
    DAY,
    MILLION,
    NOW,
    SERVICES,
    TEXTS,
    changed,
    draft,
    firm,
    firm_of,
    known,
    open_call,
    paper,
    submitted,
    taken_over,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"


def rows():
    """Everything that an act on applications may change."""
    models = (Application, ApplicationDocument, ReviewStep, Notification, Agreement)
    return [list(model.objects.order_by("pk").values()) for model in models]


def refused(error, act, **given):
    before = rows()
    with pytest.raises(error) as caught:
        act(**given)
    assert rows() == before
    return caught.value


def send(application, **also):
    given = {"revision": application.revision, "declared": True, "by": application.begun_by, "at": NOW} | also
    return submit(application=application, **given)


def officer(call):
    return call.office.memberships.order_by("pk").first().user


# --- begin ------------------------------------------------------------------------------------------------------------


def test_a_draft_is_taken_up_again_instead_of_a_second_one():
    call, person = open_call(), firm()
    first = begin(call=call, organization=firm_of(person), by=person, at=NOW)
    colleague = MembershipFactory(organization=firm_of(person), role=Role.STAFF).user
    assert begin(call=call, organization=firm_of(person), by=colleague, at=NOW + DAY).pk == first.pk
    assert first.transfer is not None  # the only one there is
    with pytest.raises(DatabaseError), transaction.atomic():
        Application.objects.create(
            call=call, version=call.current, organization=firm_of(person), begun_by=person, begun_at=NOW
        )


def test_who_may_not_begin():
    call, person = open_call(), firm()
    viewer = MembershipFactory(organization=firm_of(person), role=Role.VIEWER).user
    for other in (viewer, UserFactory(), UserFactory(is_superuser=True), officer(call)):
        refused(NotAllowed, begin, call=call, organization=firm_of(person), by=other, at=NOW)


def test_the_window_is_the_clock_of_korea():
    call, person = open_call(), firm()
    given = {"call": call, "organization": firm_of(person), "by": person}
    refused(NotOpenYet, begin, **given, at=call.opens_at - DAY / 86400)
    assert "KST" in str(refused(CallClosed, begin, **given, at=call.closes_at))
    assert begin(**given, at=call.opens_at).state == ApplicationState.DRAFT


def test_who_has_applied_begins_no_second_one():
    there = submitted()
    given = {"call": there.call, "organization": there.organization, "by": there.begun_by, "at": NOW}
    assert there.number in str(refused(AlreadyApplied, begin, **given))


def test_an_earlier_application_fills_the_new_one():
    there = submitted()
    made = begin(call=open_call(), organization=there.organization, filled_from=there, by=there.begun_by, at=NOW)
    assert made.plan["texts"] == TEXTS
    assert [each["key"] for each in made.plan["services"]] == ["proto", "market"]
    assert "declared" not in made.plan
    assert not made.documents.exists()
    stranger = firm()
    other = begin(call=open_call(), organization=firm_of(stranger), filled_from=there, by=stranger, at=NOW)
    assert other.plan == {}
    assert other.filled_from is None


# --- save -------------------------------------------------------------------------------------------------------------


def test_sections_are_saved_one_by_one():
    found = draft(complete=False)
    saved = save(application=found, revision=1, texts={"product": "  A pump.  "}, by=found.begun_by, at=NOW)
    saved = save(application=saved, revision=2, services=SERVICES[:1], by=found.begun_by, at=NOW)
    assert saved.plan == {"texts": {"product": "A pump."}, "services": [dict(SERVICES[0])]}
    assert saved.revision == 3


def test_who_saves_over_what_another_saved_is_told():
    found = draft()
    refused(ChangedMeanwhile, save, application=found, revision=1, texts=TEXTS, by=found.begun_by, at=NOW)


@pytest.mark.parametrize(
    "content",
    [
        {"services": [{"key": "nothing", "what": "", "supply_won": 1}]},
        {"services": [{"key": "proto", "what": "", "supply_won": -1}]},
        {"services": [{"key": "proto", "what": "x" * 301, "supply_won": 1}]},
        {"texts": {"nothing": "x"}},
        {"texts": {"product": "x" * 3_001}},
    ],
)
def test_what_cannot_be_saved(content):
    found = draft()
    refused(DomainError, save, application=found, revision=found.revision, **content, by=found.begun_by, at=NOW)


def test_only_a_technology_of_ones_own_is_chosen():
    found, other = draft(), taken_over(OrganizationFactory())
    over = taken_over(found.organization, reference="C2020000001", ended_on=(NOW - DAY).date())
    for transfer in (other, over):
        given = {"application": found, "revision": found.revision, "transfer": transfer}
        refused(DomainError, save, **given, by=found.begun_by, at=NOW)


# --- papers -----------------------------------------------------------------------------------------------------------


def test_a_later_paper_takes_the_place_of_the_one_before():
    found = draft()
    first = found.documents.get()
    given = {"application": found, "key": "plan", "by": found.begun_by, "at": NOW}
    assert add_document(**given, file=paper(), name="again.pdf").pk == first.pk
    second = add_document(**given, file=paper("other"), name="other.pdf")
    assert list(found.documents.all()) == [second]
    remove_document(document=second, by=found.begun_by, at=NOW)
    assert not found.documents.exists()


def test_papers_nobody_asked_for_and_files_of_no_kind_are_refused():
    found = draft()
    given = {"application": found, "by": found.begun_by, "at": NOW, "name": "a.pdf"}
    refused(DomainError, add_document, **given, key="nothing", file=paper())
    refused(DomainError, add_document, **given, key="plan", file=BytesIO(b"#!/bin/sh"))


# --- submit -----------------------------------------------------------------------------------------------------------


def test_submitting_freezes_what_was_known_and_gives_a_receipt(django_capture_on_commit_callbacks):
    found = draft()
    colleague = MembershipFactory(organization=found.organization, role=Role.STAFF).user
    done = send(found, key=uuid.uuid4())
    made = Application.objects.get(pk=found.pk)
    assert done.is_new
    assert made.number.startswith("PA2026")
    assert made.submitted_at == NOW
    # 10 % own share: 18,000,000 of 20,000,000; 9,000,000.9 of 10,000,001 is rounded down.
    assert (made.government_won, made.own_won) == (27 * MILLION, 3 * MILLION + 1)
    assert made.facts["average_sales_won"] == 250 * MILLION
    assert made.facts["transfers"] == 1
    assert {each["key"]: each["outcome"] for each in made.checked} == {
        "transfer": "met", "age": "met", "honest": "met", "bands": "met",
    }  # fmt: skip
    assert len(made.digest) == 64
    said = {}
    for language, _name in settings.LANGUAGES:  # officers read another language than who submitted
        with override(language):
            said[language] = [each["why"] for each in map(in_readers_words, made.checked)]
    assert "Founded on" in str(said["en"])
    assert all(len(set(texts)) == len(said) for texts in zip(*said.values(), strict=True))
    told = Notification.objects.filter(kind="programme_submitted")
    assert {each.recipient for each in told} == {found.begun_by, colleague}
    assert not Notification.objects.exclude(kind="programme_submitted").exists()
    assert "27" not in str(told[0].params)


def test_the_same_key_gives_the_first_answer_and_another_body_is_a_conflict():
    found, key = draft(), uuid.uuid4()
    first = send(found, key=key)
    again = send(found, key=key)
    assert not again.is_new
    assert again.application.number == first.application.number
    refused(KeyReused, send, application=found, key=key, revision=found.revision + 5)
    refused(AlreadySubmitted, send, application=found, key=uuid.uuid4())
    assert send(found).is_new is False


def test_a_form_opened_before_the_end_is_not_accepted_after_it():
    found = draft()
    error = refused(CallClosed, send, application=found, at=found.call.closes_at)
    assert "not accepted after it" in str(error)
    assert send(found, at=found.call.closes_at - DAY / 86400).is_new


def test_nothing_is_submitted_to_a_call_that_was_cancelled():
    found = draft()
    cancel(call=found.call, reason="No budget this year.", by=officer(found.call), at=NOW)
    refused(CallClosed, send, application=found)


def test_a_call_that_changed_is_read_first():
    found = draft()
    changed(found.call, pass_points=70)
    refused(CallChanged, send, application=found)
    again = begin(call=found.call, organization=found.organization, by=found.begun_by, at=NOW)
    assert again.pk == found.pk
    assert again.version.serial == 2
    assert again.plan["declared"] == []


@pytest.mark.parametrize(
    "content",
    [
        {"transfer": None},
        {"services": []},
        {"services": [SERVICES[0], {"key": "test", "what": "same field", "supply_won": 1}]},
        {"services": [{"key": "proto", "what": "", "supply_won": 0}]},
        {"texts": {"market": "short"}},
        {"declared": []},
    ],
)
def test_what_is_missing_is_named(content):
    found = draft()
    saved = save(application=found, revision=found.revision, **content, by=found.begun_by, at=NOW)
    refused(NotComplete, send, application=saved)


def test_without_a_profile_nothing_is_submitted():
    person = MembershipFactory(company=True).user
    taken_over(firm_of(person))
    found = draft(person=person)
    assert "represents" in str(refused(NotComplete, send, application=found))


def test_a_condition_that_is_not_met_stops_it_with_the_reason():
    person = firm(founded_on=NOW.date().replace(year=1990))
    assert "young enough" in str(refused(NotComplete, send, application=draft(person=person)))


def test_a_required_paper_and_the_declaration_are_needed():
    found = draft()
    error = refused(NotComplete, send, application=found, declared=False)
    assert error.field == "declared"
    remove_document(document=found.documents.get(), by=found.begun_by, at=NOW)
    assert "Business plan" in str(refused(NotComplete, send, application=found))


def test_what_was_submitted_is_never_changed_whoever_writes():
    found = submitted()
    refused(PartClosed, save, application=found, revision=found.revision, texts=TEXTS, by=found.begun_by, at=NOW)
    for change in ({"plan": {}}, {"facts": {}}, {"digest": "0" * 64}, {"number": "PA2026999999"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Application.objects.filter(pk=found.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        found.documents.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        found.delete()


def test_the_caps_of_a_service_and_of_the_call_hold():
    found = draft()
    services = [
        {"key": "proto", "what": "", "supply_won": 90 * MILLION},
        {"key": "market", "what": "", "supply_won": 60 * MILLION},
    ]
    saved = save(application=found, revision=found.revision, services=services, by=found.begun_by, at=NOW)
    sums = sheet_of(saved, NOW.date()).sums
    assert [line.government_won for line in sums.lines] == [30 * MILLION, 54 * MILLION]
    assert (sums.government_won, sums.own_won) == (50 * MILLION, 100 * MILLION)


# --- complete ---------------------------------------------------------------------------------------------------------


def asked(found, *parts, at=NOW):
    return ask_completion(application=found, parts=dict.fromkeys(parts, "More, please."), by=officer(found.call), at=at)


def test_only_what_was_asked_for_is_completed_until_the_day():
    found = submitted()
    back = asked(found, Part.SERVICES)
    given = {"application": back, "revision": back.revision, "by": found.begun_by}
    refused(PartClosed, save, **given, texts=TEXTS, at=NOW)
    refused(PartClosed, add_document, application=back, key="plan", file=paper("x"), name="x.pdf",
            by=found.begun_by, at=NOW)  # fmt: skip
    late = NOW + 30 * DAY
    refused(TooLate, save, **given, services=SERVICES, at=late)
    refused(TooLate, complete, **given, declared=True, at=late)
    saved = save(**given, services=SERVICES[:1], at=NOW)
    done = complete(application=saved, revision=saved.revision, declared=True, by=found.begun_by, at=NOW + DAY)
    again = complete(application=saved, revision=saved.revision, declared=True, by=found.begun_by, at=NOW + DAY)
    made = Application.objects.get(pk=found.pk)
    assert (done.is_new, again.is_new) == (True, False)
    assert (made.state, made.number, made.submitted_at) == ("submitted", found.number, NOW)
    assert made.digest != found.digest
    assert made.facts == found.facts
    assert made.complete_by is None
    assert (made.government_won, made.own_won) == (18 * MILLION, 2 * MILLION)
    assert made.steps.filter(kind=StepKind.COMPLETED).count() == 1
    assert Notification.objects.filter(kind="programme_completed_office").exists()


def test_who_completes_the_facts_has_the_own_share_of_the_sales_that_are_kept():
    found = submitted()
    FinancialYear.objects.filter(profile__organization=found.organization).update(sales_won=900 * MILLION)
    back = asked(found, Part.FACTS)
    done = complete(application=back, revision=back.revision, declared=True, by=found.begun_by, at=NOW).application
    assert done.facts["average_sales_won"] == 900 * MILLION
    assert (done.government_won, done.own_won) == (24 * MILLION, 6 * MILLION + 1)


def test_a_paper_that_was_submitted_stays_when_a_later_one_comes():
    found = submitted()
    back = asked(found, "plan")
    add_document(application=back, key="plan", file=paper("new"), name="new.pdf", by=found.begun_by, at=NOW)
    assert found.documents.count() == 2
    assert found.documents.current().get().name == "new.pdf"
    refused(PartClosed, add_document, application=back, key="extra", file=paper("x"), name="x.pdf",
            by=found.begun_by, at=NOW)  # fmt: skip


# --- withdraw, discard ------------------------------------------------------------------------------------------------


def take_back(application, **also):
    found = Application.objects.get(pk=application.pk)
    given = {"revision": found.revision, "confirmed": True, "by": application.begun_by, "at": NOW} | also
    return withdraw(application=found, **given)


def test_withdrawing_is_confirmed_and_done_once():
    found, key = submitted(), uuid.uuid4()
    assert refused(DomainError, take_back, application=found, confirmed=False).field == "confirmed"
    refused(NotAllowed, take_back, application=found, by=officer(found.call))
    done = take_back(found, text="We found a buyer.", key=key)
    again = take_back(found, text="We found a buyer.", key=key)
    assert (done.is_new, again.is_new) == (True, False)
    refused(KeyReused, take_back, application=found, text="Another reason.", key=key)
    assert found.steps.filter(kind=StepKind.WITHDRAWN).count() == 1
    # The place is free again: the firm may begin anew.
    assert begin(call=found.call, organization=found.organization, by=found.begun_by, at=NOW).pk != found.pk


def test_a_selection_is_undone_exactly_once():
    found, heard = submitted(), []
    with transaction.atomic():
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("set local session_replication_role = replica")
        Application.objects.filter(pk=found.pk).update(state=ApplicationState.SELECTED)
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("set local session_replication_role = origin")
    agreement = Agreement.objects.create(
        application=found, government_won=found.government_won, own_won=found.own_won, content={}, digest="0" * 64,
        offered_at=NOW, sign_by=(NOW + DAY).date(),
    )  # fmt: skip

    def hear(sender, application, at, **kwargs):
        heard.append(application.pk)

    selection_undone.connect(hear)
    try:
        take_back(found)
        take_back(found)
    finally:
        selection_undone.disconnect(hear)
    agreement.refresh_from_db()
    assert heard == [found.pk]
    assert agreement.state == "withdrawn"


def test_a_draft_is_thrown_away_with_its_papers():
    found = draft()
    gone = discard(application=found, revision=found.revision, by=found.begun_by, at=NOW)
    assert gone.state == "discarded"
    assert not found.documents.exists()
    assert gone.plan == {}
    assert discard(application=found, revision=1, by=found.begun_by, at=NOW).revision == gone.revision
    there = submitted()
    refused(IllegalTransition, discard, application=there, revision=there.revision, by=there.begun_by, at=NOW)


def test_a_transfer_told_twice_is_one():
    organization = OrganizationFactory()
    given = {"organization": organization, "reference": "C2026000001", "holder_name": "H", "signed_on": NOW.date()}
    first = record_transfer(title="A", **given)
    second = record_transfer(title="B", ended_on=NOW.date(), **given)
    assert first.pk == second.pk
    assert Transfer.objects.get().title == "B"


def test_a_firm_whose_sales_nobody_knows_has_no_sums():
    person = MembershipFactory(company=True).user
    known(firm_of(person), sales_won=())
    found = draft(person=person)
    assert sheet_of(found, NOW.date()).sums.government_won is None
