"""Changes told to the office, and warnings: who, when, once, and what the database keeps."""

import datetime
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from brokers.models import BrokerWarning, ChangeNotice
from brokers.services.duties.changes import acknowledge_change, dismiss_change, file_change
from brokers.services.duties.warn import answer_warning, give_warning, lift_warning
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.files import NotTaken
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.brokers.duties import (
    NOW,
    TODAY,
    change_in,
    manager_of,
    suggested,
    told,
    warned,
    warning_in,
)
from tests.factories.brokers.fees import officer
from tests.factories.brokers.register import agency, trader
from tests.factories.brokers.standing import put_into

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def rows(model):
    return list(model.objects.order_by("pk").values())


def told_to(user, kind):
    return Notification.objects.filter(recipient=user, kind=f"broker_{kind}").count()


def test_a_change_is_told_once_and_acknowledged():
    governor = officer()
    notice = told()
    assert told(notice.registration).pk == notice.pk  # a double click
    assert told_to(governor, "change_filed") == 1
    acknowledge_change(notice=notice, by=governor, at=NOW)
    notice.refresh_from_db()
    assert (notice.state, notice.acknowledged_by) == ("acknowledged", governor)
    assert told_to(notice.filed_by, "change_acknowledged") == 1


@pytest.mark.parametrize(("days", "late"), [(29, False), (30, False), (31, True)])
def test_told_within_thirty_days_or_late(days, late):
    notice = told(happened_on=TODAY - days * DAY)
    assert notice.is_late_on(TODAY) == late
    assert ChangeNotice.objects.late_on(TODAY).exists() == late
    waiting = suggested(happened_on=TODAY - days * DAY)
    assert waiting.is_late_on(TODAY) == late
    assert ChangeNotice.objects.late_on(TODAY).suggested().exists() == late


@pytest.mark.parametrize(
    ("change", "field"),
    [({"kind": "weather"}, "kind"), ({"text": " "}, "text"), ({"happened_on": TODAY + DAY}, "happened_on")],
)
def test_a_change_that_cannot_be(change, field):
    with pytest.raises(DomainError) as refusal:
        told(**change)
    assert refusal.value.field == field
    assert not ChangeNotice.objects.exists()


def test_who_tells_it():
    broker, person = agency(), trader()
    for by in (UserFactory(), manager_of(agency().organization), officer()):
        with pytest.raises(NotAllowed):
            told(broker, by=by)
    with pytest.raises(NotAllowed):
        told(broker, by=MembershipFactory(organization=broker.organization, role="viewer").user)
    with pytest.raises(NotAllowed):
        told(person, by=UserFactory())
    assert not ChangeNotice.objects.exists()
    assert told(person, by=person.user).state == "filed"


def test_nothing_is_told_of_what_was_cancelled():
    broker = agency()
    put_into(broker, "cancelled", at=NOW)
    with pytest.raises(NotPossibleNow):
        told(broker)


def test_a_document_is_taken_for_what_it_is(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    broker = agency()
    given = {"registration": broker, "kind": "articles", "text": "New articles", "happened_on": TODAY, "at": NOW}
    by = manager_of(broker.organization)
    with pytest.raises(NotTaken):
        file_change(**given, evidence=io.BytesIO(b"MZ"), evidence_name="a.pdf", by=by)
    assert not ChangeNotice.objects.exists()
    sent = SimpleUploadedFile("정관.png", b"\x89PNG\r\n\x1a\n" + b"0" * 50)
    notice = file_change(**given, evidence=sent.file, evidence_name=sent.name, by=by)
    assert (notice.evidence_name, notice.evidence_type) == ("정관.png", "image/png")
    assert notice.evidence.name == f"changes/{notice.public_id}"


def test_what_was_suggested_is_told_or_dismissed_with_a_reason():
    first, second = suggested(), suggested()
    by = manager_of(first.registration.organization)
    given = {"kind": "name", "text": "“A” became “B”, entered in the register", "happened_on": TODAY}
    with pytest.raises(NotAllowed):
        file_change(registration=first.registration, suggestion=second, **given, by=by, at=NOW)
    done = file_change(registration=first.registration, suggestion=first, **given, by=by, at=NOW)
    assert (done.pk, done.state, done.text) == (first.pk, "filed", given["text"])
    with pytest.raises(NotPossibleNow):
        file_change(registration=first.registration, suggestion=first, **given, by=by, at=NOW)

    by = manager_of(second.registration.organization)
    with pytest.raises(DomainError) as refusal:
        dismiss_change(notice=second, text=" ", by=by, at=NOW)
    assert refusal.value.field == "text"
    with pytest.raises(NotAllowed):
        dismiss_change(notice=second, text="x", by=UserFactory(), at=NOW)
    assert dismiss_change(notice=second, text="A slip", by=by, at=NOW).state == "dismissed"


def test_acknowledged_by_an_officer_of_no_side_and_once():
    notice, governor = told(), officer()
    insider = officer()
    MembershipFactory(organization=notice.registration.organization, user=insider)
    for by in (notice.filed_by, UserFactory(), insider):
        with pytest.raises(NotAllowed):
            acknowledge_change(notice=notice, by=by, at=NOW)
        with pytest.raises(DatabaseError), transaction.atomic():
            ChangeNotice.objects.filter(pk=notice.pk).update(
                state="acknowledged", acknowledged_at=NOW, acknowledged_by=by
            )
    acknowledge_change(notice=notice, by=governor, at=NOW)
    with pytest.raises(NotPossibleNow, match=governor.name):
        acknowledge_change(notice=notice, by=officer(), at=NOW)


@pytest.mark.parametrize("state", ["filed", "acknowledged", "dismissed"])
def test_the_database_keeps_what_was_told(state):
    notice = change_in(state)
    before = rows(ChangeNotice)
    for change in ({"text": "x"}, {"kind": "staff"}, {"happened_on": TODAY - DAY}, {"registration": agency()}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ChangeNotice.objects.filter(pk=notice.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        ChangeNotice.objects.filter(pk=notice.pk).delete()
    assert rows(ChangeNotice) == before


def test_a_warning_is_given_answered_and_lifted():
    governor, other = officer(), officer()
    broker = agency()
    by = manager_of(broker.organization)
    first = warned(broker, by=governor)
    assert warned(broker, by=governor).pk == first.pk  # a double click
    second = warned(broker, by=governor, text="And another thing")
    broker.refresh_from_db()
    assert broker.state == "warned"
    assert told_to(by, "warning_given") == 2

    answer_warning(warning=first, text="They are sent.", by=by, at=NOW)
    assert told_to(governor, "warning_answered") == 1
    with pytest.raises(NotPossibleNow):
        answer_warning(warning=first, text="Again", by=by, at=NOW)
    lift_warning(warning=first, reason="All is there", by=other, at=NOW)
    broker.refresh_from_db()
    assert broker.state == "warned"
    lift_warning(warning=second, reason="All is there", by=other, at=NOW)
    broker.refresh_from_db()
    assert broker.state == "registered"
    with pytest.raises(NotPossibleNow, match=other.name):
        lift_warning(warning=second, reason="x", by=governor, at=NOW)


def test_who_warns_answers_and_lifts():
    broker = agency()
    by, insider = manager_of(broker.organization), officer()
    MembershipFactory(organization=broker.organization, user=insider)
    for person in (by, UserFactory(), insider):
        with pytest.raises(NotAllowed):
            warned(broker, by=person)
        with pytest.raises(DatabaseError), transaction.atomic():
            BrokerWarning.objects.create(registration=broker, ground="other", text="x", given_at=NOW, given_by=person)
    found = warned(broker)
    for person in (UserFactory(), officer()):
        with pytest.raises(NotAllowed):
            answer_warning(warning=found, text="x", by=person, at=NOW)
    for person in (by, insider):
        with pytest.raises(NotAllowed):
            lift_warning(warning=found, reason="x", by=person, at=NOW)
        with pytest.raises(DatabaseError), transaction.atomic():
            BrokerWarning.objects.filter(pk=found.pk).update(
                state="lifted", lifted_at=NOW, lifted_by=person, lift_reason="x"
            )
    found.refresh_from_db()
    assert found.state == "given"


@pytest.mark.parametrize(
    ("change", "field"), [({"ground": "mood"}, "ground"), ({"text": " "}, "text"), ({"text": "x" * 4001}, "text")]
)
def test_a_warning_that_cannot_be(change, field):
    broker = agency()
    with pytest.raises(DomainError) as refusal:
        give_warning(**({"registration": broker, "ground": "other", "text": "x"} | change), by=officer(), at=NOW)
    assert refusal.value.field == field
    broker.refresh_from_db()
    assert (broker.state, BrokerWarning.objects.count()) == ("registered", 0)


def test_nobody_is_warned_while_suspended_or_heard():
    broker = agency()
    put_into(broker, "hearing")
    with pytest.raises(NotPossibleNow):
        warned(broker)
    assert not BrokerWarning.objects.exists()


def test_lifting_during_a_hearing_leaves_the_hearing():
    found = warned()
    put_into(found.registration, "hearing")
    lift_warning(warning=found, reason="Settled", by=officer(), at=NOW)
    found.registration.refresh_from_db()
    assert found.registration.state == "hearing"


@pytest.mark.parametrize("state", ["given", "answered", "lifted"])
def test_the_database_keeps_a_warning_as_it_was_written(state):
    found = warning_in(state)
    before = rows(BrokerWarning)
    changes = [{"text": "x"}, {"ground": "other"}, {"given_by": officer()}, {"given_at": NOW - DAY}]
    if state != "given":
        changes.append({"answer_text": "x", "answered_at": NOW, "answered_by": UserFactory()})
    if state == "lifted":
        changes.append({"lift_reason": "x"})
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            BrokerWarning.objects.filter(pk=found.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        BrokerWarning.objects.filter(pk=found.pk).delete()
    assert rows(BrokerWarning) == before
