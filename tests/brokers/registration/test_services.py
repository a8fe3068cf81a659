"""Saving at any incompleteness, documents, handing in once, withdrawing, objecting; and what is refused."""

import datetime
import io

import pytest
from django.utils.formats import date_format

from accounts.models import Organization
from brokers.enums.registration import ApplicationState, CareerRoute, DocumentKind, RegistrationKind
from brokers.models import Application, ApplicationDocument, CareerEntry, RequirementVersion, TrainingEntry
from brokers.queries.registration import check_application, next_step, objection_until, open_parts, waiting_on
from brokers.services.documents import ScannerAway
from brokers.services.registration.documents import add_document, remove_document
from brokers.services.registration.draft import PartClosed, save_application, start_application
from brokers.services.registration.hand_in import NotComplete, hand_in
from brokers.services.registration.load_requirements import (
    RequirementsPublished,
    load_requirements,
    read_product,
)
from brokers.services.registration.withdraw import TooLate, object_to_refusal, withdraw_application
from marketplace.core.clamd import Unanswered, Verdict
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.files import NotTaken, private_storage
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.fees import NOW, TODAY, officer
from tests.factories.brokers.register import agency, trader
from tests.factories.brokers.registration import (
    LESSON,
    WORK,
    agency_draft,
    application_in,
    cancelled,
    document,
    handed_in,
    in_completion,
    leaves,
    manager,
    moved,
    paper,
    refused,
    shipped_requirements,
    staff,
    trader_draft,
)

S = ApplicationState
DAY = datetime.timedelta(days=1)


def traces():
    return [
        list(model.objects.values().order_by("pk"))
        for model in (Application, ApplicationDocument, CareerEntry, TrainingEntry, Notification)
    ]


def save(application, *, by=None, revision=None, content=None, **rows):
    application.refresh_from_db()
    return save_application(
        application=application, revision=revision or application.revision, content=content or {}, **rows,
        by=by or application.applicant, at=NOW,
    )  # fmt: skip


# --- requirements that come with the product --------------------------------------------------------------------------


def test_loading_twice_adds_nothing_and_a_published_version_is_never_changed():
    assert load_requirements(versions=read_product(), at=NOW) == (2, 0)
    assert load_requirements(versions=read_product(), at=NOW) == (0, 2)
    assert RequirementVersion.objects.published().count() == 2

    changed = read_product()
    changed[0]["requirements"][1]["least"] = 2
    with pytest.raises(RequirementsPublished):
        load_requirements(versions=changed, at=NOW)
    agencies = RequirementVersion.objects.get(kind="agency")
    assert agencies.requirements.get(key="qualified_staff").least == 3


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_only_managers_of_a_broker_begin_for_an_agency_and_everybody_for_themselves():
    broker = OrganizationFactory(broker=True)
    refused_people = [
        MembershipFactory(organization=broker).user, UserFactory(), MembershipFactory(institute=True, manager=True).user
    ]  # fmt: skip
    for person in refused_people:
        with pytest.raises(NotAllowed):
            start_application(kind=RegistrationKind.AGENCY, organization=broker, by=person, at=NOW)
    for kind, organization in ((RegistrationKind.AGENCY, None), (RegistrationKind.TRADER, broker)):
        with pytest.raises(NotAllowed):
            start_application(kind=kind, organization=organization, by=manager(broker), at=NOW)
    assert Application.objects.count() == 0

    made = start_application(kind=RegistrationKind.TRADER, organization=None, by=refused_people[1], at=NOW)
    assert (made.state, made.number, made.requirements) == (S.DRAFT, "", None)


def test_beginning_again_gives_the_one_that_is_under_way():
    first = agency_draft()
    again = start_application(
        kind=RegistrationKind.AGENCY, organization=first.organization, by=manager(first.organization), at=NOW
    )
    assert again == first
    sent = handed_in(agency_draft(complete=True))
    given = {"kind": RegistrationKind.AGENCY, "organization": sent.organization, "by": sent.applicant, "at": NOW}
    assert start_application(**given) == sent


def test_who_is_registered_does_not_begin():
    registered = agency()
    by = registered.organization.memberships.first().user
    with pytest.raises(NotPossibleNow, match=registered.number):
        start_application(kind=RegistrationKind.AGENCY, organization=registered.organization, by=by, at=NOW)
    person = trader()
    with pytest.raises(NotPossibleNow):
        start_application(kind=RegistrationKind.TRADER, organization=None, by=person.user, at=NOW)


def test_a_draft_is_saved_as_incomplete_as_it_is():
    made = trader_draft()
    half = {"employer": "", "position": "Researcher", "from_on": None, "to_on": None}
    saved = save(made, career=[half, WORK], training=[{"subject": "law"}], content={"career_route": "researcher"})
    assert saved.revision == 3
    assert saved.career.filter(position="Researcher").count() == 2
    assert saved.training.get().hours is None
    again = save(saved, career=[WORK])
    assert again.career.count() == 1
    assert again.training.count() == 1


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ({"career": [WORK | {"from_on": TODAY + DAY}]}, "career"),
        ({"career": [WORK | {"to_on": TODAY + DAY}]}, "career"),
        ({"career": [WORK | {"to_on": datetime.date(2019, 12, 31)}]}, "career"),
        ({"career": [WORK | {"from_on": datetime.date(202, 1, 1)}]}, "career"),
        ({"career": [WORK | {"employer": "x" * 201}]}, "career"),
        ({"career": [WORK] * 31}, "career"),
        ({"training": [LESSON | {"finished_on": TODAY + DAY}]}, "training"),
        ({"training": [LESSON | {"hours": 0}]}, "training"),
        ({"training": [LESSON | {"subject": "magic"}]}, "training"),
        ({"content": {"career_route": "magic"}}, "career_route"),
        ({"content": {"speciality": "x" * 301}}, "speciality"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changed(rows, field):
    made = trader_draft(complete=True)
    before = traces()
    with pytest.raises(DomainError) as refusal:
        save(made, **rows)
    assert refusal.value.field == field
    assert traces() == before


def test_today_is_no_day_to_come():
    made = trader_draft()
    saved = save(made, career=[WORK | {"from_on": TODAY, "to_on": TODAY}], training=[LESSON | {"finished_on": TODAY}])
    assert saved.career.get().to_on == TODAY


def test_who_saves_an_old_page_is_told():
    made = agency_draft()
    save(made, content={"speciality": "First"})
    before = traces()
    with pytest.raises(ChangedMeanwhile):
        save_application(application=made, revision=2, content={"speciality": "Second"}, by=made.applicant, at=NOW)
    assert traces() == before


# --- documents --------------------------------------------------------------------------------------------------------


def test_a_document_is_kept_privately_once_and_removed_for_good(django_capture_on_commit_callbacks):
    made = agency_draft()
    first = document(made, DocumentKind.ARTICLES, name="C:\\정관.exe")
    assert (first.name, first.type) == ("정관.exe.pdf", "application/pdf")
    assert first.file.name == f"registrations/{first.public_id}"
    assert document(made, DocumentKind.ARTICLES) == first
    with django_capture_on_commit_callbacks(execute=True):
        remove_document(document=first, by=made.applicant, at=NOW)
    assert not private_storage().exists(first.file.name)
    with pytest.raises(Conflict):
        remove_document(document=first, by=made.applicant, at=NOW)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"), (b"MZ\x90 a program", "Send a PDF"), (b"%PDF-1.7 broken", "does not open"),
        (b"\xff\xd8\xff" + b"0" * (20 * 1024 * 1024), "At most 20 MB"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_not_taken(content, words):
    made = agency_draft()
    before = traces()
    given = {"kind": DocumentKind.ARTICLES, "file": io.BytesIO(content), "name": "a.pdf"}
    with pytest.raises(NotTaken, match=words):
        add_document(application=made, **given, by=made.applicant, at=NOW)
    assert traces() == before


def test_a_kind_that_does_not_belong_to_it_and_too_many(monkeypatch):
    made = agency_draft()
    with pytest.raises(DomainError):
        document(made, DocumentKind.CAREER)
    monkeypatch.setattr("brokers.services.registration.documents.MOST_DOCUMENTS", 1)
    document(made, DocumentKind.ARTICLES)
    with pytest.raises(Conflict, match="At most 1 files"):
        document(made, DocumentKind.GUIDELINE)
    assert made.documents.count() == 1


@pytest.mark.parametrize(("said", "error"), [(Verdict("Eicar"), NotTaken), (Unanswered("away"), ScannerAway)])
def test_where_a_scanner_is_set_up_nothing_unclean_is_kept(settings, monkeypatch, said, error, tmp_path):
    """The scanner itself is a system outside; what it says is put in its place."""
    made = agency_draft()
    settings.CLAMD_ADDRESS = "scanner:3310"

    def scan(file, **given):
        assert file.read() == paper("proof articles")
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr("brokers.services.documents.scan", scan)
    with pytest.raises(error):
        document(made, DocumentKind.ARTICLES)
    assert ApplicationDocument.objects.count() == 0
    assert not list(tmp_path.rglob("*.*"))
    monkeypatch.setattr("brokers.services.documents.scan", lambda file, **given: Verdict(""))
    with document(made, DocumentKind.ARTICLES).file.open("rb") as kept:
        assert kept.read() == paper("proof articles")


# --- handing in -------------------------------------------------------------------------------------------------------


def test_handed_in_once_with_number_day_and_version():
    made, watcher = agency_draft(complete=True), officer()
    first = hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=NOW)
    found = first.application
    assert first.is_new
    assert (found.number, found.state, found.applied_at) == ("A2026000001", S.APPLIED, NOW)
    assert (found.declared_at, found.declared_by) == (NOW, made.applicant)
    assert found.requirements == RequirementVersion.objects.get(kind="agency")
    kinds = Notification.objects.values_list("kind", "recipient")
    assert ("application_receipt", made.applicant.pk) in kinds
    assert ("application_arrived", watcher.pk) in kinds

    before = traces()
    again = hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=NOW + DAY)
    assert (again.is_new, again.application.number) == (False, "A2026000001")
    assert traces() == before


def test_numbers_of_agencies_and_traders_run_by_year():
    assert [handed_in(trader_draft(complete=True)).number for _place in range(2)] == ["T2026000001", "T2026000002"]
    assert handed_in().number == "A2026000001"
    new_year = datetime.datetime(2026, 12, 31, 15, 0, tzinfo=datetime.UTC)  # midnight in Korea
    assert handed_in(trader_draft(complete=True), at=new_year).number == "T2027000001"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: save(a, content={"representative": ""}), "Representative"),
        (lambda a: save(a, content={"speciality": ""}), "Speciality"),
        (lambda a: save(a, content={"network_text": ""}), "collects"),
        (lambda a: a.documents.get(kind="guideline").delete(), "Working guideline"),
        (lambda a: leaves(a.organization), "2 of 3"),
        (lambda a: Organization.objects.update(corporate_number=""), "corporate registration number"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_handed_in(change, words):
    made = agency_draft(complete=True)
    change(made)
    made.refresh_from_db()
    before = traces()
    with pytest.raises(NotComplete, match=words):
        hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=NOW)
    assert traces() == before


@pytest.mark.parametrize(
    ("paper_of", "state", "outcome"),
    [(None, None, "missing"), (None, "registered", "met"), ("trader", None, "met"), ("trader", "cancelled", "missing"),
     ("lawyer", "cancelled", "met")],
)  # fmt: skip
def test_a_trader_registered_here_counts_as_staff_until_the_registration_is_cancelled(paper_of, state, outcome):
    made = agency_draft()
    person = staff(made.organization, licence=paper_of).user
    staff(made.organization)
    staff(made.organization)
    if state:
        trader(person, state=state, at=NOW - 30 * DAY)
    findings = check_application(made, day=TODAY).findings
    assert next(each.outcome for each in findings if each.key == "qualified_staff") == outcome


def test_undeclared_old_and_strange_hand_ins_are_refused():
    made = agency_draft(complete=True)
    before = traces()
    for error, given in (
        (NotComplete, {"revision": made.revision, "declared": False, "by": made.applicant}),
        (ChangedMeanwhile, {"revision": 1, "declared": True, "by": made.applicant}),
        (NotAllowed, {"revision": made.revision, "declared": True, "by": officer()}),
    ):
        with pytest.raises(error):
            hand_in(application=made, at=NOW, **given)
    assert traces()[:4] == before[:4]
    for state in (S.COMMITTEE, S.TRAINING, S.DESIGNATED, S.WITHDRAWN):
        other = application_in(state)
        with pytest.raises(Conflict):
            hand_in(application=other, revision=other.revision, declared=True, by=other.applicant, at=NOW)


def test_a_trader_hands_in_before_the_training_is_finished_but_not_with_half_an_entry():
    made = trader_draft(complete=True)
    save(made, training=[LESSON | {"provider": ""}])
    made.refresh_from_db()
    with pytest.raises(NotComplete, match="training is not complete"):
        hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=NOW)
    save(made, training=[LESSON | {"hours": 10}])
    made.refresh_from_db()
    assert hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=NOW).is_new


def test_what_is_unclear_may_be_handed_in():
    made = agency_draft(complete=True)
    leaves(made.organization)
    staff(made.organization, verified=False)
    assert check_application(made, day=TODAY).met == 6
    assert handed_in(made).state == S.APPLIED


@pytest.mark.parametrize("route", list(CareerRoute))
def test_each_route_is_checked_with_what_is_stored(route):
    made = trader_draft(complete=True, route=route)
    found = {each.key: str(each.outcome) for each in check_application(made, day=TODAY).findings}
    expected = {"licensed": "missing", "equivalent": "unclear"}.get(route, "met")
    assert found == {"career": expected, "training": "met", "since_cancellation": "met"}


def test_without_a_published_version_nothing_is_handed_in():
    by = manager()
    made = start_application(
        kind=RegistrationKind.AGENCY, organization=by.active_organizations().first(), by=by, at=NOW
    )
    with pytest.raises(NotPossibleNow, match="No requirements"):
        hand_in(application=made, revision=1, declared=True, by=by, at=NOW)


def test_an_application_keeps_its_version_when_a_new_one_comes():
    found = handed_in()
    stricter = read_product()[0] | {"version": 2, "valid_from": TODAY + DAY}
    stricter["requirements"] = [
        line | {"least": 5} if line["key"] == "qualified_staff" else line for line in stricter["requirements"]
    ]
    load_requirements(versions=[stricter], at=NOW)
    seen = check_application(found, day=TODAY + DAY)
    assert (seen.version.version, seen.newer.version, seen.met) == (1, 2, 7)
    other = agency_draft(complete=True)
    draft = check_application(other, day=TODAY + DAY)
    assert (draft.version.version, draft.newer, draft.met) == (2, None, 6)
    with pytest.raises(NotComplete):
        hand_in(application=other, revision=other.revision, declared=True, by=other.applicant, at=NOW + DAY)
    assert check_application(found, day=TODAY).newer is None


@pytest.mark.parametrize("kind", ["agency", "trader"])
def test_again_only_six_months_after_a_cancellation(kind):
    shipped_requirements()
    if kind == "agency":
        registered = agency(OrganizationFactory(broker=True, corporate_number="1101110062432"))
        by = registered.organization.memberships.first().user
        cancelled(registered)
        made = agency_draft(by, complete=True)
    else:
        registered = trader()
        cancelled(registered)
        made = trader_draft(registered.user, complete=True)
    for at in (NOW, datetime.datetime(2026, 12, 10, 14, 59, tzinfo=datetime.UTC)):
        with pytest.raises(NotComplete, match=date_format(datetime.date(2026, 12, 11), "SHORT_DATE_FORMAT")):
            hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=at)
    first = datetime.datetime(2026, 12, 10, 15, 0, tzinfo=datetime.UTC)  # 11 December begins in Korea
    assert hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=first).is_new


# --- completion and training ------------------------------------------------------------------------------------------


def test_only_what_is_named_is_completed_and_handed_in_again():
    found = in_completion()
    assert open_parts(found) == {"network", "documents"}
    before = traces()
    with pytest.raises(PartClosed, match="Representative and speciality"):
        save(found, content={"speciality": "Something else"})
    assert traces() == before

    saved = save(found, content={"network_text": "Kept by two people.", "speciality": found.speciality})
    proof = document(saved, DocumentKind.NETWORK)
    again = hand_in(application=saved, revision=saved.revision, declared=True, by=saved.applicant, at=NOW + DAY)
    done = again.application
    assert (done.state, done.number, done.applied_at) == (S.DOC_CHECK, found.number, NOW)
    assert (done.completion_due_on, done.completion_parts, done.declared_at) == (None, {}, NOW + DAY)
    assert Notification.objects.filter(kind="application_completed").count() == len(
        set(Notification.objects.filter(kind="application_arrived").values_list("recipient", flat=True))
    )
    with pytest.raises(PartClosed):
        remove_document(document=proof, by=saved.applicant, at=NOW)


def test_where_nothing_is_named_everything_is_open():
    found = in_completion(trader_draft(complete=True), parts={})
    assert open_parts(found) == {"basics", "route", "training", "documents"}
    other = in_completion(trader_draft(complete=True), parts={"other": "A clearer speciality", "career": "Proofs"})
    assert open_parts(other) == {"basics", "route", "documents"}
    with pytest.raises(PartClosed):
        save(other, training=[LESSON])


def test_while_training_is_to_be_finished_only_training_is_added_and_officers_hear_once():
    watcher = officer()
    made = trader_draft(complete=True)
    save(made, training=[LESSON | {"hours": 10}])
    made.refresh_from_db()
    found = moved(handed_in(made), S.DOC_CHECK, S.ADVICE, S.COMMITTEE, S.TRAINING)
    heard = Notification.objects.filter(kind="application_training_finished", recipient=watcher)
    for given in ({"career": [WORK]}, {"content": {"speciality": "Else"}}):
        with pytest.raises(PartClosed):
            save(found, **given)
    with pytest.raises(PartClosed):
        document(found, DocumentKind.CAREER, words="another")
    save(found, training=[LESSON | {"hours": 39}])
    assert heard.count() == 0
    save(found, training=[LESSON | {"hours": 39}, LESSON | {"hours": 1, "subject": "practice"}])
    document(found, DocumentKind.TRAINING, words="another")
    assert heard.count() == 1


@pytest.mark.parametrize("state", [S.APPLIED, S.DOC_CHECK, S.ADVICE, S.DESIGNATED, S.REFUSED, S.OBJECTED, S.WITHDRAWN])
def test_what_lies_with_the_office_is_not_changed(state):
    found = application_in(state)
    before = traces()
    with pytest.raises(PartClosed):
        save(found, content={"speciality": "Else"})
    with pytest.raises(PartClosed):
        document(found, DocumentKind.OTHER)
    assert traces() == before


# --- withdrawing, objecting, what waits -------------------------------------------------------------------------------


def test_a_draft_that_is_thrown_away_leaves_no_files(django_capture_on_commit_callbacks):
    made = trader_draft(complete=True)
    names = [each.file.name for each in made.documents.all()]
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_application(application=made, revision=made.revision, by=made.applicant, at=NOW)
    made.refresh_from_db()
    assert (made.state, made.documents.count(), made.career.count(), made.training.count()) == (S.WITHDRAWN, 0, 0, 0)
    assert len(names) == 2
    assert not any(private_storage().exists(name) for name in names)
    assert Notification.objects.count() == 0
    assert trader_draft(made.applicant) != made


def test_withdrawn_after_handing_in_stays_and_officers_hear():
    watcher, found = officer(), handed_in()
    withdraw_application(application=found, revision=found.revision, by=found.applicant, at=NOW)
    found.refresh_from_db()
    assert (found.state, found.documents.count()) == (S.WITHDRAWN, 3)
    assert Notification.objects.filter(kind="application_withdrawn", recipient=watcher).count() == 1
    with pytest.raises(Conflict):
        withdraw_application(application=found, revision=found.revision, by=found.applicant, at=NOW)


@pytest.mark.parametrize("state", [S.DESIGNATED, S.REFUSED, S.OBJECTED, S.REJECTED])
def test_what_is_decided_is_not_withdrawn(state):
    found = application_in(state)
    with pytest.raises(Conflict):
        withdraw_application(application=found, revision=found.revision, by=found.applicant, at=NOW)
    found.refresh_from_db()
    assert found.state == state


def test_an_objection_within_thirty_days():
    found = refused()
    assert objection_until(found) == TODAY + 30 * DAY
    last = datetime.datetime(2026, 7, 10, 14, 59, tzinfo=datetime.UTC)
    for error, at, text, by in (
        (TooLate, last + datetime.timedelta(minutes=1), "No", found.applicant),
        (DomainError, NOW, "   ", found.applicant),
        (NotAllowed, NOW, "No", officer()),
    ):
        with pytest.raises(error):
            object_to_refusal(application=found, text=text, by=by, at=at)
    found.refresh_from_db()
    assert found.state == S.REFUSED
    watcher = officer()
    done = object_to_refusal(application=found, text="They do", by=found.applicant, at=last)
    assert (done.state, done.objection_text, done.objected_at) == (S.OBJECTED, "They do", last)
    assert Notification.objects.filter(kind="application_objected", recipient=watcher).count() == 1


@pytest.mark.parametrize("state", [state for state in S if state != S.REFUSED])
def test_only_a_refusal_is_objected_to(state):
    found = application_in(state)
    with pytest.raises(Conflict):
        object_to_refusal(application=found, text="No", by=found.applicant, at=NOW)


@pytest.mark.parametrize("state", list(S))
def test_every_state_says_what_it_waits_for(state):
    step = next_step(application_in(state), day=TODAY)
    assert step.text
    on = {"draft": "applicant", "completion": "applicant", "training": "applicant", "refused": "applicant"}
    nobody = {S.DESIGNATED, S.REJECTED, S.WITHDRAWN}
    assert step.on == ("nobody" if state in nobody else on.get(state, "office"))
    assert (step.due_on is not None) == (state in {S.COMPLETION, S.REFUSED})


def test_what_waits_on_the_applicant_stands_on_the_home_page():
    found, person = in_completion(), UserFactory()
    draft = trader_draft(person)
    [line] = waiting_on(found.applicant, found.organization, today=TODAY)
    assert (line.title, line.due_on, line.is_overdue) == (
        f"Complete application {found.number}",
        TODAY + 14 * DAY,
        False,
    )
    [late] = waiting_on(found.applicant, found.organization, today=TODAY + 15 * DAY)
    assert late.is_overdue
    [own] = waiting_on(person, None, today=TODAY)
    assert str(draft.public_id) in own.url
    assert waiting_on(found.applicant, None, today=TODAY) == []
    assert waiting_on(UserFactory(), found.organization, today=TODAY) == []
