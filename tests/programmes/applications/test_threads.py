"""Two at the same moment: with the locks one does it and the other is told; without, only the database stops it."""

import contextlib
import threading
import uuid

import pytest

from accounts.services import merge as merging
from accounts.services.merge import merge
from programmes.enums.applications import Part
from programmes.models import Application, Call, ReviewStep
from programmes.services.applications import begin as beginning
from programmes.services.applications.begin import begin
from programmes.services.applications.complete import complete
from programmes.services.applications.submit import submit
from programmes.services.applications.withdraw import discard, withdraw
from programmes.services.calls.end import cancel
from programmes.services.review.check import ask_completion
from tests.factories.accounts import MembershipFactory, MergeProposalFactory
from tests.factories.programmes.applications import DAY, NOW, draft, firm, firm_of, open_call, submitted
from tests.threads import AT_ONCE, at_once, kinds, meet_in

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


def test_submitted_and_cancelled(meeting, locked):
    """The call is cancelled while somebody submits: who comes second knows what the first did."""
    found = draft()
    officer = found.call.office.memberships.get(role="manager").user
    submitting, cancelling = at_once(
        send(found), lambda: cancel(call=found.call, reason="No budget this year.", by=officer, at=NOW)
    )
    made, call = Application.objects.get(pk=found.pk), Call.objects.get(pk=found.call_id)
    if locked:
        assert kinds([submitting, cancelling]) == ["done", "told"]
        assert (made.state == "submitted") == (call.state == "published")
    else:
        # Both are written, or the trigger stops the second.
        assert call.state != "published" or made.state == "submitted"


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
    if locked:
        assert kinds(outcomes) == ["done", "done"]
    else:  # the constraint of the database stands behind; who comes a moment later finds the first one's draft
        assert kinds(outcomes) in (["database", "done"], ["done", "done"])


def test_withdrawn_while_it_is_handed_in_again(meeting, locked):
    """What the office asked for is completed and the whole withdrawn: who comes second is told."""
    found = submitted()
    officer = found.call.office.memberships.order_by("pk").first().user
    found = ask_completion(application=found, parts={Part.SERVICES: "More, please."}, by=officer, at=NOW)
    given = {"application": found, "revision": found.revision, "by": found.begun_by, "at": NOW}
    outcomes = at_once(lambda: complete(declared=True, **given), lambda: withdraw(confirmed=True, **given))
    made = Application.objects.get(pk=found.pk)
    steps = set(ReviewStep.objects.filter(application=found).values_list("kind", flat=True))
    if locked:
        assert kinds(outcomes) == ["done", "told"]
        assert ("withdrawn" in steps) == (made.state == "withdrawn")
        assert ("completed" in steps) == (made.state == "submitted")
    else:
        assert kinds(outcomes) != ["done", "told"]


def proposed(gone, into):
    MergeProposalFactory(gone=gone, into=into)
    return MembershipFactory(government=True, manager=True).user


def met_between_reading_and_writing(monkeypatch, *, locked):
    """The beginning of an application and a merge meet when both have read what is there, and written nothing."""
    barrier = threading.Barrier(2)

    def meet():
        if threading.current_thread().name == AT_ONCE:
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(timeout=0.3 if locked else 15)

    looked, summed = beginning._draft, merging._summary

    def look(*given):
        meet()
        return looked(*given)

    def sum_up(*given):
        said = summed(*given)
        meet()
        return said

    monkeypatch.setattr(beginning, "_draft", look)
    monkeypatch.setattr(merging, "_summary", sum_up)


def test_merged_while_the_survivor_begins_an_application_of_its_own(monkeypatch, locked):
    """A firm never has two applications under a call because it was two a moment ago."""
    there, other = submitted(), firm()
    into, officer = firm_of(other), proposed(there.organization, firm_of(other))
    met_between_reading_and_writing(monkeypatch, locked=locked)
    outcomes = at_once(
        lambda: begin(call=there.call, organization=into, by=other, at=NOW),
        lambda: merge(gone=there.organization, into=into, reason="One.", by=officer, at=NOW),
    )
    many = Application.objects.filter(call=there.call, organization=into).count()
    if locked:
        assert kinds(outcomes) == ["done", "told"]
        assert many == 1
    else:
        assert kinds(outcomes) == ["done", "done"]
        assert many == 2


def test_merged_while_its_application_is_submitted(meeting, locked):
    """It is submitted before it goes over to the survivor, or not by somebody whose firm is gone.

    The same without the locks: the one writes the firm, the other all the rest.
    """
    there, other = draft(), firm()
    into, officer = firm_of(other), proposed(there.organization, firm_of(other))
    submitting, merged = at_once(
        send(there), lambda: merge(gone=there.organization, into=into, reason="One.", by=officer, at=NOW)
    )
    made = Application.objects.get(pk=there.pk)
    assert kinds([merged]) == ["done"]
    assert made.organization == into
    assert (made.state == "submitted") == bool(made.number) == (kinds([submitting]) == ["done"])
