"""Two at the same moment: with the locks one does it and the other is told; without, only the database stops it."""

import uuid

import pytest

from programmes.enums.calls import CALL_STATES, CallState
from programmes.models import Application, Call, ReviewStep
from programmes.services.applications.begin import begin
from programmes.services.applications.submit import submit
from programmes.services.applications.withdraw import discard, withdraw
from tests.factories.programmes.applications import DAY, NOW, draft, firm, firm_of, open_call, submitted
from tests.threads import at_once, kinds, meet_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"


def send(found, **also):
    given = {"application": found, "revision": found.revision, "declared": True, "by": found.begun_by, "at": NOW}
    return lambda: submit(**given | also)


def test_submitted_twice_at_once(meeting, locked):
    found = draft()
    outcomes = at_once(send(found), send(found))
    made = Application.objects.get(pk=found.pk)
    if locked:
        assert kinds(outcomes) == ["done", "done"]
        assert sorted(each.is_new for each in outcomes) == [False, True]
        assert {each.application.number for each in outcomes} == {made.number}
        assert ReviewStep.objects.filter(application=found).count() == 1
    else:
        assert kinds(outcomes) != ["done", "done"] or sum(each.is_new for each in outcomes) == 2


def test_submitted_twice_with_two_keys(meeting, locked):
    found = draft()
    outcomes = at_once(send(found, key=uuid.uuid4()), send(found, key=uuid.uuid4()))
    if locked:
        assert kinds(outcomes) == ["done", "told"]
    else:
        assert kinds(outcomes) != ["done", "told"]


def test_submitted_and_thrown_away(meeting, locked):
    found = draft()
    outcomes = at_once(
        send(found), lambda: discard(application=found, revision=found.revision, by=found.begun_by, at=NOW)
    )
    made = Application.objects.get(pk=found.pk)
    if locked:
        assert kinds(outcomes) == ["done", "told"]
        assert (made.state == "submitted") == bool(made.number)
    else:
        assert kinds(outcomes) != ["done", "told"]


def test_submitted_and_closed(monkeypatch, locked):
    """The call is cancelled while somebody submits: who comes second knows what the first did."""
    found = draft()

    def cancel():
        from django.db import transaction

        with transaction.atomic():
            call = Call.objects.select_for_update().get(pk=found.call_id)
            CALL_STATES.check(call, CallState.CANCELLED)
            waiting = Application.objects.filter(call=call, state="submitted").count()
            CALL_STATES.move(call, CallState.CANCELLED)
            return waiting

    meet_in(monkeypatch, CALL_STATES.__class__, "check", locked=locked)
    submitting, waiting = at_once(send(found), cancel)
    made = Application.objects.get(pk=found.pk)
    if locked:
        # Either it was submitted first and the cancelling saw it, or it was told that the call is over.
        assert (made.state == "submitted") == (waiting == 1)
        assert (made.state == "draft") == (getattr(submitting, "code", "") == "call_closed")
    else:
        assert made.state == "submitted"
        assert waiting == 0


def test_withdrawn_twice_at_once(meeting, locked):
    found = submitted()
    key = uuid.uuid4()
    given = {"application": found, "revision": found.revision, "confirmed": True, "key": key, "by": found.begun_by}
    outcomes = at_once(lambda: withdraw(**given, at=NOW), lambda: withdraw(**given, at=NOW))
    if locked:
        assert kinds(outcomes) == ["done", "done"]
        assert sorted(each.is_new for each in outcomes) == [False, True]
        assert ReviewStep.objects.filter(application=found, kind="withdrawn").count() == 1
    else:
        assert kinds(outcomes) != ["done", "done"] or sum(each.is_new for each in outcomes) == 2


def test_begun_twice_at_once(monkeypatch, locked):
    from programmes.services.applications import begin as module

    call, person = open_call(), firm()
    meet_in(monkeypatch, module, "_draft", locked=locked)
    given = {"call": call, "organization": firm_of(person), "by": person, "at": NOW + DAY}
    outcomes = at_once(lambda: begin(**given), lambda: begin(**given))
    assert Application.objects.filter(call=call).count() == 1
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
