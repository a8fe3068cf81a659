"""What each service does, refuses and tells; days at their edges. Pages and API are thin above them."""

import datetime
import io

import pytest

from brokers.enums.cases import CaseGround
from brokers.models import CancellationCase, CaseDocument, CaseStatement, ChangeNotice, Hearing, Registration
from brokers.queries.open_to_work import is_closed_to_work
from brokers.services.cases.hearing import notice_hearing, postpone_hearing, record_hearing
from brokers.services.cases.open_case import REST_DAYS, open_case, open_due_cases
from brokers.services.cases.statement import send_statement
from brokers.services.duties.changes import file_change
from marketplace.core.clamd import Verdict
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.files import NotTaken
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.cases import (
    DAY,
    DECIDED,
    HEARD,
    broker_person,
    cancelled,
    closed,
    decided,
    fresh,
    held,
    noticed,
    opened,
    stated,
)
from tests.factories.brokers.fees import NOW, officer
from tests.factories.brokers.register import agency, trader

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def told(kind, user=None):
    rows = Notification.objects.filter(kind=kind)
    return rows.filter(recipient=user).count() if user else rows.count()


def rows():
    return [list(model.objects.values().order_by("pk")) for model in (CancellationCase, Hearing, Registration)]


# --- opened -----------------------------------------------------------------------------------------------------------


def test_a_case_has_a_number_and_tells_broker_and_officers():
    registration, by, other = agency(), officer(), officer()
    case = open_case(registration=registration, ground="no_deal", text=" No  deal ", by=by, at=NOW)
    assert (case.number, case.text, case.state) == ("C2026000001", "No deal", "opened")
    assert [told("case_opened", user) for user in (broker_person(registration), other, by)] == [1, 1, 0]
    assert fresh(registration).state == "registered"


def test_opened_twice_is_one_case_for_the_house_and_a_refusal_for_people():
    case = opened()
    with pytest.raises(NotPossibleNow, match=case.number):
        opened(case.registration)
    again = open_case(registration=case.registration, ground=case.ground, text="x", by=None, at=HEARD)
    assert again == case
    assert CancellationCase.objects.count() == 1
    assert opened(case.registration, ground=CaseGround.NO_DEAL) != case


@pytest.mark.parametrize("ground", ["name_lending", "fraudulent_work", "", "weather"])
def test_a_ground_that_is_none_for_an_agency(ground):
    with pytest.raises(DomainError) as refusal:
        opened(ground=ground)
    assert refusal.value.field == "ground"
    assert not CancellationCase.objects.exists()


def test_who_belongs_to_the_broker_opens_nothing():
    by, registration = officer(), agency()
    MembershipFactory(user=by, organization=registration.organization)
    for person in (by, broker_person(registration)):
        with pytest.raises(NotAllowed):
            opened(registration, by=person)
    with pytest.raises(DomainError):
        opened(registration, text="  ")
    assert not CancellationCase.objects.exists()


def test_no_case_about_what_was_cancelled():
    registration = fresh(cancelled().registration)
    with pytest.raises(NotPossibleNow):
        opened(registration)


def test_the_house_opens_what_holds_today_once_and_not_again_for_half_a_year():
    one, two = agency(), agency()
    grounds = [(one, "missed_reports", "Three"), (one, "no_deal", "None"), (two, "below_standard", "Two people")]
    assert open_due_cases(grounds=grounds, at=NOW) == 3
    assert open_due_cases(grounds=grounds, at=NOW + DAY) == 0
    case = one.cases.get(ground="missed_reports")
    assert case.opened_by is None
    closed(case, at=NOW + DAY)
    assert open_due_cases(grounds=grounds, at=NOW + (1 + REST_DAYS) * DAY) == 1
    assert open_due_cases(grounds=[(fresh(cancelled().registration), "no_deal", "x")], at=DECIDED) == 0


@pytest.mark.parametrize("way", ["statement", "change"])
def test_what_the_scanner_refuses_is_kept_nowhere(settings, monkeypatch, way):
    """The scanner itself is a system outside; what it says is put in its place."""
    settings.CLAMD_ADDRESS = "scanner:3310"
    monkeypatch.setattr("marketplace.core.scanned.scan", lambda file, **given: Verdict("Eicar"))
    case = opened()
    registration, by, content = case.registration, broker_person(case.registration), io.BytesIO(b"%PDF-1.4 proof")
    change = {"kind": "address", "text": "x", "happened_on": NOW.date(), "evidence": content, "evidence_name": "a.pdf"}
    send = {
        "statement": lambda: stated(case, by=by, files=[(content, "proof.pdf")]),
        "change": lambda: file_change(registration=registration, by=by, at=NOW, **change),
    }[way]
    with pytest.raises(NotTaken):
        send()
    assert not CaseStatement.objects.exists()
    assert not ChangeNotice.objects.exists()


# --- notice -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_taken"), [(9, False), (10, True)])
def test_notice_is_ten_days_before(days, is_taken):
    case, before = opened(), None
    before = rows()
    if not is_taken:
        with pytest.raises(DomainError) as refusal:
            noticed(case, days=days)
        assert refusal.value.field == "starts_at"
        assert rows() == before
        return
    noticed(case, days=days)
    assert fresh(case.registration).state == "hearing"
    assert fresh(case).came_from == "registered"


def test_days_of_the_notice_are_those_of_korea():
    """23:30 in Korea on the day of the notice, 00:30 on the tenth day: 9 days and one hour, and it counts."""
    late, early = NOW.replace(hour=23, minute=30), (NOW + 10 * DAY).replace(hour=0, minute=30)
    notice_hearing(case=opened(), starts_at=early, place="x", chair=officer(), by=officer(), at=late)
    with pytest.raises(DomainError):
        notice_hearing(
            case=opened(), starts_at=early, place="x", chair=officer(), by=officer(),
            at=late + datetime.timedelta(minutes=30),
        )  # fmt: skip


def test_the_chair_is_an_officer_apart():
    case, of_broker = opened(), officer()
    MembershipFactory(user=of_broker, organization=case.registration.organization)
    for chair in (of_broker, broker_person(case.registration)):
        with pytest.raises(DomainError) as refusal:
            noticed(case, chair=chair)
        assert refusal.value.field == "chair"
    with pytest.raises(NotAllowed):
        noticed(case, by=of_broker)
    assert fresh(case).state == "opened"


def test_notice_tells_the_broker_and_the_chair():
    chair = officer()
    case = noticed(chair=chair)
    assert told("case_noticed", chair) == told("case_noticed", broker_person(case.registration)) == 1


def test_a_broker_before_its_hearing_goes_on_working():
    registration = noticed().registration
    assert Registration.objects.filter(pk=registration.pk).open_to_work().exists()
    assert not is_closed_to_work(registration.organization)


# --- postponed, held --------------------------------------------------------------------------------------------------


def postponed(case, *, days=10, at=HEARD, reason="Ill", **also):
    given = {"starts_at": at + days * DAY, "place": "y", "chair": officer(), "by": officer()} | also
    return postpone_hearing(case=case, reason=reason, at=at, **given)


def test_postponed_is_another_notice_of_ten_days():
    case = noticed()
    for given in ({"days": 9}, {"reason": " "}):
        with pytest.raises(DomainError):
            postponed(case, **given)
    assert case.hearings.count() == 1
    hearing = postponed(case)
    assert [row.state for row in case.hearings.order_by("pk")] == ["postponed", "noticed"]
    assert told("case_postponed", broker_person(case.registration)) == 1
    assert held(case).hearings.get(state="held") == hearing


def test_only_the_chair_signs_and_not_before_it_began():
    case = noticed()
    chair = case.hearings.get().chair
    record = {"case": case, "attendance": "stayed_away", "record_text": "Nobody came"}
    before = rows()
    with pytest.raises(NotPossibleNow):
        record_hearing(**record, by=chair, at=HEARD - datetime.timedelta(seconds=1))
    with pytest.raises(NotAllowed):
        record_hearing(**record, by=officer(), at=HEARD)
    for wrong in ({"attendance": "x"}, {"record_text": ""}, {"attendance": "appeared"}, {"appeared": "Kim"}):
        with pytest.raises(DomainError):
            record_hearing(**record | wrong, by=chair, at=HEARD)
    assert rows() == before
    record_hearing(**record, by=chair, at=HEARD)
    assert fresh(case).state == "held"
    with pytest.raises(NotPossibleNow):
        record_hearing(**record, by=chair, at=HEARD)


def test_after_the_hearing_others_are_asked_to_decide():
    case, other = opened(), officer()
    held(noticed(case))
    assert told("case_held", other) == 1
    assert told("case_held", case.opened_by) == told("case_held", case.hearings.get().chair) == 0
    assert told("case_recorded", broker_person(case.registration)) == 1


# --- statements -------------------------------------------------------------------------------------------------------


def test_a_statement_with_documents(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    case = opened()
    statement = stated(case, files=[(io.BytesIO(PDF), "보고서.pdf"), (io.BytesIO(PDF), "two.pdf")])
    assert [document.name for document in statement.documents.order_by("pk")] == ["보고서.pdf", "two.pdf"]
    assert statement.side == "broker"
    assert fresh(case).revision == case.revision + 1
    assert told("case_said", case.opened_by) == 1
    by_office = send_statement(case=case, text="Letter", by=officer(), at=NOW)
    assert by_office.side == "office"
    assert told("case_said", broker_person(case.registration)) == 1


def test_what_is_no_document_is_not_taken(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    case = opened()
    for files in ([(io.BytesIO(b"MZ\x90"), "report.pdf")], [(io.BytesIO(b""), "a.pdf")]):
        with pytest.raises(NotTaken):
            stated(case, files=files)
    with pytest.raises(DomainError):
        stated(case, files=[(io.BytesIO(PDF), "a.pdf")] * 11)
    with pytest.raises(DomainError):
        stated(case, text="")
    assert not CaseStatement.objects.exists()
    assert not CaseDocument.objects.exists()


def test_nothing_is_said_when_it_is_over():
    for case in (decided(), closed()):
        with pytest.raises(NotPossibleNow):
            stated(case)
    with pytest.raises(NotAllowed):
        stated(opened(), by=MembershipFactory(broker=True, manager=True).user)


def test_a_trader_speaks_for_themselves():
    person = trader(office=agency().organization)
    case = opened(person, ground=CaseGround.NAME_LENDING)
    assert stated(case, by=person.user).side == "broker"
    with pytest.raises(NotAllowed):
        stated(case, by=broker_person(agency()))
