"""What is asked for is completed and handed in again, and nothing else is changed."""

import datetime

import pytest

from brokers.enums.registration import ApplicationState, DocumentKind
from brokers.queries.registration import open_parts
from brokers.services.registration.documents import remove_document
from brokers.services.registration.draft import PartClosed
from brokers.services.registration.hand_in import hand_in
from notifications.models import Notification
from tests.brokers.registration.steps import save, traces
from tests.factories.brokers.fees import NOW, officer
from tests.factories.brokers.registration import (
    LESSON,
    WORK,
    application_in,
    document,
    handed_in,
    in_completion,
    moved,
    trader_draft,
)

S = ApplicationState
DAY = datetime.timedelta(days=1)


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
